"""Callers who claim codes and create pools, and what must be true of it afterwards."""

import http.client
import itertools
import json
import threading
import time

POOLS = "/beta/deviceManagement/embeddedSIMActivationCodePools"
CODES_A_CREATE = 5
REFILL = 20_000


def luhn(digits):
    total = 0
    for place, digit in enumerate(reversed(digits + "0")):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


class Caller:
    """One connection to one of several servers."""

    def __init__(self, ports, token, timeout=100):
        self.ports, self.timeout = itertools.cycle(ports), timeout
        self.headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self.connection = None

    def send(self, method, path, body=None, **headers):
        """The status and the body of an answer; 0 if there was none. Then the next server is asked."""
        try:
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", next(self.ports), timeout=self.timeout)
            self.connection.request(method, path, json.dumps(body) if body is not None else None, self.headers | headers)
            answer = self.connection.getresponse()
            content = answer.read()
            if answer.will_close:
                self.connection = None
            return answer.status, json.loads(content) if content else None
        except (OSError, http.client.HTTPException, ValueError):
            self.close()
            return 0, None

    def close(self):
        if self.connection:
            self.connection.close()
        self.connection = None


class Load:
    """Callers who claim a code for one new device after another, create a pool now and then, and repeat what
    was not acknowledged."""

    def __init__(self, ports, token, callers):
        self.ports, self.token = list(ports), token
        self.lock, self.refilling, self.ended = threading.Lock(), threading.Lock(), threading.Event()
        self.numbers = itertools.count(1)
        self.claimed, self.created, self.statuses = {}, {}, {}
        self.last, self.longest = time.monotonic(), 0.0
        status, pool = Caller(self.ports, token).send("POST", POOLS, {"displayName": "Trial"})
        assert status == 201, pool
        self.pool = f"{POOLS}/{pool['id']}"
        self.refill(Caller(self.ports, token))
        self.threads = [threading.Thread(target=self.call, args=(number,)) for number in range(callers)]
        for thread in self.threads:
            thread.start()

    def codes(self, count):
        with self.lock:
            numbers = [next(self.numbers) for _ in range(count)]
        return [{"integratedCircuitCardIdentifier": luhn(f"8949{number:014d}"), "matchingIdentifier": f"M-{number}",
                 "smdpPlusServerAddress": "smdp.example.com"} for number in numbers]

    def refill(self, caller):
        if self.refilling.acquire(blocking=False):
            try:
                caller.send("PATCH", self.pool, {"activationCodes": self.codes(REFILL)})
            finally:
                self.refilling.release()
        else:
            time.sleep(0.05)

    def call(self, number):
        # Each begins with another of the servers.
        caller = Caller(self.ports[number % len(self.ports):] + self.ports[:number % len(self.ports)], self.token)
        for step in itertools.count():
            name = f"{number}-{step}"
            done = self.create(caller, name) if step % 20 == 19 else self.claim(caller, name)
            if not done:
                return

    def claim(self, caller, name):
        while not self.ended.is_set():
            status, body = caller.send("POST", f"{self.pool}/esimpool.claim", {"deviceName": name})
            if self.count(status):
                self.claimed[name] = body["activationCode"]["integratedCircuitCardIdentifier"]
                return True
            if status == 409:
                self.refill(caller)
        return False

    def create(self, caller, name):
        body = {"displayName": name, "activationCodes": self.codes(CODES_A_CREATE)}
        while not self.ended.is_set():
            status, pool = caller.send("POST", POOLS, body, **{"Idempotency-Key": f"trial-{name}"})
            if self.count(status):
                self.created[name] = pool["id"]
                return True
        return False

    def count(self, status):
        """Whether it was acknowledged. A moment passes if it was not."""
        done = status in (200, 201)
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            if done:
                now = time.monotonic()
                self.longest, self.last = max(self.longest, now - self.last), now
        if not done:
            time.sleep(0.02)
        return done

    def acknowledged(self):
        return self.statuses.get(200, 0) + self.statuses.get(201, 0)

    def end(self):
        self.ended.set()
        for thread in self.threads:
            thread.join()


def verdict(load, database):
    """What was lost, and what is there that must not be."""
    rows = database.ask("select device || ' ' || iccid from handouts where outcome in (2, 3)").splitlines()
    stored = dict(row.rsplit(" ", 1) for row in rows)
    lost = [name for name, iccid in load.claimed.items() if stored.get(f"name:{name}") != iccid]
    pools = set(database.ask("select display_name from pools").splitlines())
    lost += [name for name in load.created if name not in pools]
    half = database.ask(
        "select count(*) from pools where code_count <> (select count(*) from activation_codes as code "
        "where code.tenant_id = pools.tenant_id and code.pool_id = pools.id)")
    repeated = database.ask("select count(*) - count(distinct display_name) from pools")
    unaudited = len(rows) - int(database.ask("select count(*) from audit_events where activity = 'claim'"))
    made = int(database.ask("select count(*) from pools"))
    unaudited += made - int(database.ask("select count(*) from audit_events where activity = 'createPool'"))
    return {
        "acknowledged": len(load.claimed) + len(load.created),
        "lost": len(lost),
        "half": int(half),
        "twice": len(rows) - len(set(stored.values())) + int(repeated),
        "unaudited": unaudited,
    }
