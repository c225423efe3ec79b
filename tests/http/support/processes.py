"""The processes a test drives: the server under test, and PostgreSQL and Redis servers that a test may hurt."""

import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse

import psycopg

from .client import Client

PG_BIN = pathlib.Path("/usr/lib/postgresql/17/bin")
SANITIZER = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|: runtime error: ")


def wait_until(condition, seconds=30, what="the condition", every=0.02):
    """What `condition` gave as soon as it gives something true; it may raise OSError meanwhile."""
    last = None
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if found := condition():
                return found
        except OSError as e:
            last = e
        time.sleep(every)
    raise AssertionError(f"{what}: not within {seconds} s ({last})")


def without_settings():
    """The environment without the settings of whoever runs the tests: these servers have their own."""
    return {name: value for name, value in os.environ.items() if not name.startswith("ROOST_")}


class Databases:
    """Fresh migrated databases on the PostgreSQL server whose superuser's URL is given, until `drop_all`."""

    def __init__(self, server_url, binary):
        self.server_url = server_url
        self._made = []
        self._template = self._create()
        done = subprocess.run(
            [binary, "migrate", "up"],
            env={**without_settings(), "ROOST_DATABASE_URL": self.url_of(self._template)},
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
        )
        if done.returncode != 0:
            self.drop_all()
            raise AssertionError(f"roost migrate failed:\n{done.stdout}")

    def _create(self, options=""):
        name = f"roost_test_{secrets.token_hex(4)}"
        self._run(f"create database {name} {options}")
        self._made.append(name)
        return name

    def url_of(self, name):
        return urllib.parse.urlunsplit(urllib.parse.urlsplit(self.server_url)._replace(path=f"/{name}"))

    def create(self):
        """The URL of one more."""
        return self.url_of(self._create(f"template {self._template}"))

    def drop_all(self):
        for name in self._made:
            self._run(f"drop database if exists {name} with (force)")

    def _run(self, statement):
        with psycopg.connect(self.server_url, autocommit=True) as admin:
            admin.execute(statement)


def redis_database(server_url, number):
    """The URL of one of a Redis server's databases."""
    return f"{server_url}?db={number}" if server_url.startswith("unix:") else f"{server_url.rstrip('/')}/{number}"


LIMITS = (
    "login_account",
    "login_account_network",
    "login_network",
    "login_all",
    "register_network",
    "register_all",
    "password_account",
    "reset_account",
    "reset_network",
    "reset_all",
    "verify_account",
    "token_network",
)


def server_environment(database, redis, **more):
    """Tests come from one address and sign in a lot, so nothing is limited unless `more` says so."""
    return {
        **{f"ROOST_LIMITS_{name.upper()}": "0" for name in LIMITS},
        "ROOST_ENVIRONMENT": "test",
        "ROOST_DATABASE_URL": database,
        "ROOST_REDIS_URL": redis,
        "ROOST_HTTP_ADDRESS": "127.0.0.1",
        "ROOST_HTTP_THREADS": "2",
        "ROOST_JOBS_POLL_MS": "200",
        "ROOST_JOBS_FIRST_PAUSE_MS": "200",
        **more,
    }


class ReservedPort:
    """A port on which nobody listens while this lives."""

    def __init__(self):
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.number = self._socket.getsockname()[1]

    def close(self):
        self._socket.close()


class Server(Client):
    """`roost serve` (or `worker`) on a free port that it keeps when it is started again. Its log is read by `log()`."""

    def __init__(self, binary, folder, environment, command="serve"):
        super().__init__(0)
        self.command = command
        self.binary = binary
        self.log_path = pathlib.Path(folder) / "server.log"
        self.environment = environment
        self.process = None
        self.starts = 0
        self.exit_codes = []
        self._expected = []
        self._checked = 0  # bytes of the log that were looked at for errors

    def start(self, ready=True):
        sanitizers = {
            "ASAN_OPTIONS": "detect_stack_use_after_return=1",
            "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        }
        self.process = subprocess.Popen(
            [self.binary, self.command],
            env={
                **sanitizers,
                **without_settings(),
                **self.environment,
                "ROOST_HTTP_PORT": str(self.port),
                "ROOST_JOBS_PORT": str(self.port),
            },
            stdin=subprocess.DEVNULL,
            stdout=self.log_path.open("ab"),
            stderr=subprocess.STDOUT,
        )
        self.starts += 1
        self.port = wait_until(self._port, 60, "the server listening")
        if ready:
            self.wait_ready()
        return self

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _port(self):
        assert self.running(), f"the server ended by itself:\n{self.log_text()[-4000:]}"
        serving = [line["port"] for line in self.log() if line.get("message") == "serving"]
        return serving[-1] if len(serving) == self.starts else None

    def wait_ready(self, seconds=60):
        def ready():
            assert self.running(), f"the server ended by itself:\n{self.log_text()[-4000:]}"
            return self.get("/readyz").status == 200

        wait_until(ready, seconds, "/readyz answering 200")

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self, seconds=45):
        """SIGTERM, then waits for the drain. Gives the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait(seconds)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.process.wait()

    def wait(self, seconds=45):
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"the server did not end within {seconds} s:\n{self.log_text()[-4000:]}") from None
        self.exit_codes.append(code)
        return code

    def running(self):
        return self.process is not None and self.process.poll() is None

    def close(self):
        if self.running():
            self.stop()
        elif self.process and self.process.returncode != -signal.SIGKILL:  # unless a test did that, it died by itself
            self.exit_codes.append(self.process.returncode)

    def log_text(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log(self):
        """The log's JSON lines as dicts."""
        lines = []
        for line in self.log_text().splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                lines.append({"level": "unstructured", "message": line})
        return lines

    def expect_errors(self, pattern):
        """From here on, error lines that match are not a surprise."""
        self._expected.append(re.compile(pattern))

    def surprises(self):
        """Error lines and sanitizer reports since the last call."""
        if not self.log_path.exists() or self.log_path.stat().st_size == self._checked:
            return []
        with self.log_path.open("rb") as log:  # only what is new: it is asked after every test, and logs grow long
            log.seek(self._checked)
            new = log.read()
        self._checked += len(new)
        new = new.decode(errors="replace")
        found = []
        for line in new.splitlines():
            if SANITIZER.search(line):
                found.append(line + "\n" + new[new.index(line) :][:4000])
            elif is_error(line) and not any(p.search(line) for p in self._expected):
                found.append(line)
        return found


def is_error(line):
    try:
        entry = json.loads(line)
    except ValueError:
        return False
    return isinstance(entry, dict) and str(entry.get("level", "")).lower() in ("error", "critical", "fatal")


class PrivateRedis:
    """A Redis server that a test may stop, freeze and fill."""

    def __init__(self, folder, *options):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        reserved = ReservedPort()
        self.port = reserved.number
        reserved.close()
        self.url = f"redis://127.0.0.1:{self.port}"
        self.options = options
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [
                "redis-server",
                "--port",
                str(self.port),
                "--bind",
                "127.0.0.1",
                "--save",
                "",
                "--appendonly",
                "no",
                "--dir",
                str(self.folder),
                *self.options,
            ],
            stdin=subprocess.DEVNULL,
            stdout=(self.folder / "redis.log").open("ab"),
            stderr=subprocess.STDOUT,
        )
        wait_until(lambda: socket.create_connection(("127.0.0.1", self.port), 1).close() or True, 10, "Redis listening")
        return self

    def client(self):
        import redis

        return redis.Redis(port=self.port)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()


class PrivatePostgres:
    """A PostgreSQL server that a test may stop, freeze and kill. It runs as `postgres` when we are root."""

    def __init__(self, folder, **settings):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.data = self.folder / "data"
        reserved = ReservedPort()
        self.port = reserved.number
        reserved.close()
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
            for parent in self.folder.parents:  # pytest makes its folders for their owner only
                if parent.stat().st_uid == 0 and str(parent).startswith("/tmp/"):
                    parent.chmod(parent.stat().st_mode | 0o011)
        self.run(
            "initdb",
            "-D",
            str(self.data),
            "-U",
            "postgres",
            "--auth=trust",
            "--no-sync",
            "-E",
            "UTF8",
            "--locale=C.UTF-8",
        )
        settings = {
            "listen_addresses": "'127.0.0.1'",
            "port": self.port,
            "unix_socket_directories": f"'{self.folder}'",
            "shared_buffers": "'64MB'",
            "fsync": "off",
            **settings,
        }  # a killed process loses no page of the system
        with (self.data / "postgresql.conf").open("a") as f:
            f.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def run(self, program, *arguments, check=True):
        command = [str(PG_BIN / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        with (self.folder / "commands.log").open("ab") as log:
            return subprocess.run(
                command, cwd="/", check=check, stdin=subprocess.DEVNULL, stdout=log, stderr=log, timeout=120
            )

    def url(self, database="postgres"):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def start(self):
        self.run("pg_ctl", "-D", str(self.data), "-w", "-t", "60", "-l", str(self.folder / "postgres.log"), "start")
        return self

    def stop(self, mode="fast"):
        self.run("pg_ctl", "-D", str(self.data), "-w", "-t", "60", "-m", mode, "stop", check=False)

    def restart(self, mode="fast"):
        self.stop(mode)
        self.start()

    def pids(self):
        """The postmaster first, then its children."""
        main = int((self.data / "postmaster.pid").read_text().split()[0])
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(main)], capture_output=True, text=True)
        return [main, *map(int, children.stdout.split())]

    def signal_all(self, number):
        for pid in self.pids():
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass

    def kill(self):
        """SIGKILL to every process, as a power cut; `start` recovers."""
        main = self.pids()[0]
        os.kill(main, signal.SIGSTOP)  # or it makes a child that nobody kills, and whoever starts next finds its memory in use
        all_of_them = self.pids()
        self.signal_all(signal.SIGKILL)
        wait_until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in all_of_them), 20, "every killed process gone")
