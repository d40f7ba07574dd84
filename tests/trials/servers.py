"""Databases and services as processes of their own, for the trials."""

import os
import pathlib
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time

UNPRIVILEGED = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.getuid() == 0 else []


def wait_for(condition, what, seconds=90):
    """What the condition returns once it is true."""
    end = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > end:
            sys.exit(f"waited in vain for {what}")
        time.sleep(0.02)
    return found


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


def binaries():
    folders = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda it: float(it.parent.name))
    return folders[-1]


class Postgres:
    """A PostgreSQL with its data and its socket in one folder."""

    def __init__(self, folder):
        self.folder, self.process = folder, None
        folder.mkdir()
        if os.getuid() == 0:
            shutil.chown(folder, "nobody", "nogroup")

    @property
    def host(self):
        return str(self.folder).replace("/", "%2F")

    def tool(self, name, *options):
        subprocess.run([*UNPRIVILEGED, binaries() / name, *options], check=True, stdout=subprocess.DEVNULL)

    def create(self):
        self.tool("initdb", "--username=postgres", "--auth=trust", "--encoding=UTF8", "-D", self.folder / "data")
        self.start()
        return self

    def start(self):
        log = open(self.folder / "log", "ab")
        command = [*UNPRIVILEGED, binaries() / "postgres", "-D", self.folder / "data", "-k", self.folder,
                   "-c", "listen_addresses=", "-c", "max_connections=300"]

        def answers():
            # What a killed one has left takes a moment to end; meanwhile the next one does not start.
            if self.process is None or self.process.poll() is not None:
                self.process = subprocess.Popen(command, stdout=log, stderr=log)
            return self.ask("select 1") == "1"
        self.process = None
        wait_for(answers, "a database")

    def ask(self, sql):
        """What one statement returns, as text; None while there is no answer."""
        done = subprocess.run([binaries() / "psql", "-h", self.folder, "-U", "postgres", "-d", "postgres", "-tAc", sql],
                              capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else None

    def processes(self):
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True)
        return [self.process.pid, *map(int, listed.stdout.split())]

    def kill(self):
        """As a crash of the machine would: nothing of it goes on."""
        # It starts no more processes.
        self.process.send_signal(signal.SIGSTOP)
        for process in self.processes():
            try:
                os.kill(process, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait()

    def pause(self, how):
        for process in self.processes():
            try:
                os.kill(process, how)
            except ProcessLookupError:
                pass

    def replicate(self, leader):
        """Becomes a standby of another server, from nothing."""
        shutil.rmtree(self.folder / "data", ignore_errors=True)
        for left in self.folder.glob(".s.PGSQL*"):
            left.unlink()
        self.tool("pg_basebackup", "-h", leader.folder, "-U", "postgres", "-D", self.folder / "data", "-R", "-c", "fast")
        self.start()

    def set_standbys(self, names):
        self.ask(f"alter system set synchronous_standby_names = '{names}'")
        self.ask("select pg_reload_conf()")

    def stop(self):
        if self.process and self.process.poll() is None:
            self.pause(signal.SIGCONT)
            self.process.send_signal(signal.SIGINT)
            self.process.wait()


class Sqlite:
    """The file of an SQLite database."""

    def __init__(self, file):
        self.file = file

    def ask(self, sql):
        connection = sqlite3.connect(f"file:{self.file}?mode=ro", uri=True)
        try:
            rows = connection.execute(sql).fetchall()
        finally:
            connection.close()
        return "\n".join("|".join(map(str, row)) for row in rows)

    def stop(self):
        pass


class Service:
    """A server of esimpool, with a data folder that it may share with others."""

    def __init__(self, program, folder, url, **settings):
        self.program, self.folder, self.port, self.admin = program, folder, free_port(), free_port()
        self.environment = {name: value for name, value in os.environ.items() if not name.startswith("ESIMPOOL")}
        self.environment |= {
            "ESIMPOOL__SERVER__LISTEN": f"127.0.0.1:{self.port}", "ESIMPOOL__ADMIN__LISTEN": f"127.0.0.1:{self.admin}",
            "ESIMPOOL__SERVER__DRAIN": "0", "ESIMPOOL__DATA_DIR": str(folder), "DATABASE_URL": url, **settings}
        self.process = None
        self.start()

    def start(self):
        log = open(self.folder / f"service-{self.port}.log", "ab")
        self.process = subprocess.Popen([self.program, "serve"], env=self.environment, stdout=log, stderr=log)
        wait_for(self.listens, "the service")

    def listens(self):
        if self.process.poll() is not None:
            sys.exit(f"the service ended with {self.process.returncode}: see {self.folder}")
        return listens(self.port)

    def token(self):
        permissions = ["DeviceManagementConfiguration.ReadWrite.All", "EmbeddedSIMActivationCode.Claim.All"]
        options = [part for permission in permissions for part in ("--permission", permission)]
        done = subprocess.run([self.program, "token", "--ttl", "7d", *options], env=self.environment,
                              capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def resident(self):
        """Its memory in bytes."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmRSS:")[1].split()[0]) * 1024

    def kill(self):
        self.process.kill()
        self.process.wait()

    def terminate(self):
        """Ends it in good order. Returns its exit code."""
        self.process.terminate()
        return self.process.wait()

    def stop(self):
        if self.process.poll() is None:
            self.terminate()
