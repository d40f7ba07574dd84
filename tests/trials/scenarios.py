"""What is broken, and how. Each returns what a round of it is called."""

import os
import pathlib
import random
import signal
import subprocess
import sys
import time

from network import Proxy
from servers import Postgres, Service, Sqlite, free_port, listens, wait_for

ALL = {}


def scenario(rounds, engines=("postgres",)):
    def register(function):
        function.rounds, function.engines = rounds, engines
        ALL[function.__name__.replace("_", "-")] = function
        return function
    return register


def url(*servers, port=None):
    if port:
        return f"postgres://postgres@127.0.0.1:{port}/postgres"
    return f"postgres://postgres@{','.join(server.host for server in servers)}/postgres"


def data_folder(trial):
    folder = trial.folder / "data"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def one_service(trial):
    """A database, and a service over it."""
    folder = data_folder(trial)
    if trial.options.engine == "sqlite":
        database, address = Sqlite(folder / "esimpool.db"), f"sqlite://{folder}/esimpool.db"
    else:
        database = trial.opening(Postgres(trial.folder / "postgres")).create()
        address = url(database)
    service = trial.opening(Service(trial.program, folder, address))
    trial.start_load(database, [service])
    return database, service


@scenario(2000, ("postgres", "sqlite"))
def kill_service(trial):
    """The service is killed and started again."""
    _, service = one_service(trial)
    for _ in trial.rounds():
        trial.some_answers()
        service.kill()
        service.start()
    trial.some_answers()
    return "kills"


@scenario(500)
def crash_postgres(trial):
    """All processes of PostgreSQL are killed, or one of them, which ends the others."""
    database, _ = one_service(trial)
    for number in trial.rounds():
        trial.some_answers()
        if number % 2:
            database.kill()
            database.start()
        else:
            backends = "select pid from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()"
            os.kill(int(random.choice(database.ask(backends).split())), signal.SIGKILL)
    trial.some_answers()
    return "crashes"


@scenario(20)
def stall_postgres(trial):
    """All processes of PostgreSQL stand still for 1 to 70 seconds."""
    database, _ = one_service(trial)
    for number in trial.rounds():
        trial.some_answers()
        database.pause(signal.SIGSTOP)
        time.sleep([1, 5, 12, 30, 70][number % 5])
        database.pause(signal.SIGCONT)
    trial.some_answers()
    return "stalls"


@scenario(50)
def failover(trial):
    """The leader of two synchronously replicated servers is killed and the standby promoted."""
    one, two = (trial.opening(Postgres(trial.folder / name)) for name in ("one", "two"))
    one.create()
    two.replicate(one)
    leader, standby = one, two
    service = trial.opening(Service(trial.program, data_folder(trial), url(one, two)))
    trial.start_load(one, [service])
    for _ in trial.rounds():
        leader.set_standbys("*")
        synchronous = "select count(*) from pg_stat_replication where sync_state = 'sync'"
        wait_for(lambda: leader.ask(synchronous) == "1", "the standby to be synchronous")
        trial.some_answers(200)
        leader.kill()
        standby.ask("alter system set synchronous_standby_names = ''")
        standby.tool("pg_ctl", "promote", "-w", "-D", standby.folder / "data")
        standby.set_standbys("")
        trial.some_answers()
        leader.replicate(standby)
        leader, standby = standby, leader
        trial.database = leader
    return "failovers"


@scenario(100)
def network(trial):
    """Between service and database: delays, connections cut, half closed, answers swallowed, silence."""
    database = trial.opening(Postgres(trial.folder / "postgres")).create()
    proxy = trial.opening(Proxy(str(database.folder / ".s.PGSQL.5432")))
    service = trial.opening(Service(trial.program, data_folder(trial), url(port=proxy.port)))
    trial.start_load(database, [service])
    faults = [proxy.delay, proxy.cut, proxy.half_close, proxy.swallow_answers, proxy.silence]
    for number in trial.rounds():
        trial.some_answers()
        fault = faults[number % len(faults)]
        fault()
        time.sleep(random.uniform(0.2, 3))
        proxy.mend()
    trial.some_answers()
    return "faults"


@scenario(10)
def full_disk(trial):
    """The disk of PostgreSQL is full for some seconds. Needs root, to mount a small one."""
    if os.getuid() != 0:
        sys.exit("full-disk mounts a file system, which needs root")
    disk = trial.opening(SmallDisk(trial.folder / "disk"))
    database = trial.opening(Postgres(disk.folder / "postgres")).create()
    service = trial.opening(Service(trial.program, data_folder(trial), url(database)))
    trial.start_load(database, [service])
    for _ in trial.rounds():
        trial.some_answers()
        disk.fill()
        time.sleep(3)
        disk.free()
        if database.process.poll() is not None:
            database.start()
        wait_for(lambda: database.ask("select 1") == "1", "the database")
    trial.some_answers()
    return "full disks"


class SmallDisk:
    def __init__(self, folder):
        self.folder, self.filler = folder, folder / "filler"
        folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=600m,mode=755", "tmpfs", folder], check=True)

    def fill(self):
        with open(self.filler, "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(1 << 20))
            except OSError:
                pass

    def free(self):
        self.filler.unlink(missing_ok=True)

    def stop(self):
        subprocess.run(["umount", "-l", self.folder], check=False)


@scenario(30)
def rolling_restart(trial):
    """Of three servers behind a balancer without retries one is stopped and started in turn. Needs haproxy."""
    database = trial.opening(Postgres(trial.folder / "postgres")).create()
    folder = data_folder(trial)
    settings = {"ESIMPOOL__SERVER__DRAIN": "3"}
    services = [trial.opening(Service(trial.program, folder, url(database), **settings)) for _ in range(3)]
    balancer = trial.opening(Balancer(trial.folder, services))
    trial.start_load(database, [balancer])
    for number in trial.rounds():
        trial.some_answers()
        service = services[number % 3]
        service.terminate()
        service.start()
        # Until the balancer has seen it.
        time.sleep(2)
    return "restarts"


class Balancer:
    """haproxy as it comes, with the service's own probe."""

    def __init__(self, folder, services):
        self.port, self.token = free_port(), services[0].token
        lines = ["defaults", " mode http", " timeout connect 2s", " timeout client 90s", " timeout server 90s", " retries 0",
                 "frontend in", f" bind 127.0.0.1:{self.port}", " default_backend servers", "backend servers",
                 " option httpchk", " http-check send meth GET uri /readyz ver HTTP/1.1 hdr Host localhost", " default-server inter 500ms fall 1 rise 1"]
        lines += [f" server s{it.port} 127.0.0.1:{it.port} check" for it in services]
        file = folder / "haproxy.cfg"
        file.write_text("\n".join(lines) + "\n")
        self.process = subprocess.Popen(["haproxy", "-q", "-db", "-f", file])
        wait_for(lambda: listens(self.port), "the balancer")
        time.sleep(2)

    def stop(self):
        self.process.terminate()
        self.process.wait()


@scenario(1, ("postgres", "sqlite"))
def soak(trial):
    """Nothing is broken: for as long as --minutes says. Prints the memory of the service."""
    _, service = one_service(trial)
    trial.some_answers()
    first, most = service.resident(), 0
    for _ in trial.rounds():
        while time.monotonic() < trial.until:
            time.sleep(1)
            most = max(most, service.resident())
            if trial.options.minutes is None:
                break
    print(f"memory: {first / 1e6:.0f} MB at the start, at most {most / 1e6:.0f} MB", file=sys.stderr)
    return "runs"


@scenario(20)
def clock_jumps(trial):
    """The clock of the service jumps by up to a day, forwards and back. Needs Debian's faketime."""
    library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        sys.exit("clock-jumps needs Debian's package faketime")
    database = trial.opening(Postgres(trial.folder / "postgres")).create()
    clock = trial.folder / "clock"
    clock.write_text("+0")
    settings = {"LD_PRELOAD": str(library), "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    service = trial.opening(Service(trial.program, data_folder(trial), url(database), **settings))
    trial.start_load(database, [service])
    for _ in trial.rounds():
        trial.some_answers()
        clock.write_text(f"{random.randint(-3600, 86_400):+d}")
        time.sleep(1)
        clock.write_text("+0")
    trial.some_answers()
    return "jumps"
