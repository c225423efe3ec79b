"""./dev bench: the service on the New York data, each figure beside a ceiling measured in the same run.

The ceilings: pgbench running the same statements on the same server, a bare Beast handler sending the same bytes, and the
rate at which this machine verifies passwords. Load generator, service and PostgreSQL share the machine; runs alternate
and medians are shown.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

import psycopg

import graph
import jobs
import paying
import statements

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
BUILD = pathlib.Path(os.environ["ROOST_BUILD_DIR"])
PASSWORD = "correct-horse-battery"
ONE = "01000001-0000-7000-8000-000000000001"


def say(text):
    print(text, file=sys.stderr, flush=True)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def roost(url, *words):
    return subprocess.run([os.environ["ROOST_BIN"], *words], check=True, text=True, stdout=subprocess.PIPE,
                          env={**os.environ, "ROOST_DATABASE_URL": url}, timeout=600).stdout


def prepare():
    """A database with 48,895 properties, ten stays and three reviews each; the ids of a guest and of a host."""
    admin = os.environ["ROOST_TEST_PG"]
    with psycopg.connect(admin, autocommit=True) as c:
        c.execute("drop database if exists roost_bench")
        c.execute("create database roost_bench")
    url = psycopg.conninfo.make_conninfo(admin, dbname="roost_bench")
    roost(url, "migrate", "up")
    say("importing New York")
    roost(url, "import", "inside-airbnb", str(ROOT / "tests/data/import/ab-nyc-2019.csv.gz"), "--currency", "USD",
          "--city", "New York", "--country", "US", "--time-zone", "America/New_York")
    guest = roost(url, "user", "create", "--username", "bench", "--password", PASSWORD).split()[0]
    say("making ten stays and three reviews for each property")
    with psycopg.connect(url, autocommit=True) as c:
        for part in (HERE / "prepare.sql").read_text().split(";\n"):
            if part.strip():
                c.execute(part)
        host = c.execute("select host_id from property limit 1").fetchone()[0]
        counts = c.execute("select (select count(*) from property), (select count(*) from booking)").fetchone()
    say("%d properties, %d bookings" % counts)
    return url, guest, host


def forget_bookings(url):
    """What was booked of the quotes, and paid, so that they can be booked again; no night was sold twice."""
    with psycopg.connect(url, autocommit=True) as c:
        overlaps = c.execute("select count(*) from stay_block a join stay_block b on a.property_id = b.property_id"
                             " and a.blocked && b.blocked and a.id < b.id").fetchone()[0]
        assert overlaps == 0, "nights were sold twice"
        c.execute("set session_replication_role = replica")  # the ledger lets nobody else delete
        c.execute("truncate payment, ledger_balance, host_earning, receipt_year, sandbox_charge, webhook_event, idempotency cascade")
        c.execute("create temp table gone as select id from booking where quote_id::text like '%-7000-9000-000000000001'")
        for table, column in (("stay_block", "booking_id"), ("booking_history", "booking_id"), ("booking", "id")):
            c.execute(f"delete from {table} where {column} in (select id from gone)")
        c.execute("vacuum analyze booking, stay_block, booking_history")


@contextlib.contextmanager
def process(*words, env=None, ready):
    p = subprocess.Popen([str(w) for w in words], env={**os.environ, **(env or {})}, stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(ready, timeout=1).read()
                break
            time.sleep(0.05)
        else:
            raise RuntimeError(f"{words[0]} did not answer at {ready}")
        yield
    finally:
        p.send_signal(signal.SIGTERM)
        p.wait(30)


class Bench:
    def __init__(self, url, guest, host, seconds):
        self.url, self.guest, self.host, self.seconds = url, guest, host, seconds
        self.port, self.bare_port = free_port(), free_port()
        self.base = f"http://127.0.0.1:{self.port}"

    def wrk(self, script, address, *args, connections=32, threads=1):
        out = subprocess.run(["wrk", f"-t{threads}", f"-c{connections}", f"-d{self.seconds}s", "--timeout", "30s", "-s",
                              str(HERE / "load" / f"{script}.lua"), address, "--", *map(str, args)], cwd=ROOT,
                             check=True, text=True, capture_output=True, timeout=self.seconds + 60).stdout
        rate, p50, p99, done, bad = re.search(r"RESULT (\S+) (\S+) (\S+) (\d+) (\d+)", out).groups()
        if int(bad):
            say(f"  {script}: {bad} of {done} were refused or failed")
        return float(rate), float(p50), float(p99), int(done)

    def pgbench(self, script, *extra, clients=16):
        with tempfile.NamedTemporaryFile("w", suffix=".sql") as f:
            f.write(script)
            f.flush()
            out = subprocess.run(["pgbench", "-n", "-M", "prepared", f"-c{clients}", "-j1", f"-T{self.seconds}", "-f",
                                  f.name, *extra, self.url], text=True, capture_output=True, timeout=self.seconds + 60)
        if out.returncode:
            raise RuntimeError(out.stderr[:1000])
        self.wait_for_pgbench()
        return float(re.search(r"tps = ([0-9.]+)", out.stdout).group(1))

    def wait_for_pgbench(self):
        """It ends while its sessions still commit what they were at."""
        with psycopg.connect(self.url, autocommit=True) as c:
            for _ in range(200):
                if not c.execute("select 1 from pg_stat_activity where application_name = 'pgbench'").fetchone():
                    return
                time.sleep(0.05)
        raise RuntimeError("pgbench's sessions do not end")

    def login(self):
        body = json.dumps({"username": "bench", "password": PASSWORD}).encode()
        ask = urllib.request.Request(f"{self.base}/api/v1/auth/login/", body, {"Content-Type": "application/json"})
        return json.load(urllib.request.urlopen(ask, timeout=30))["access_token"]

    # Each gives the service's figures and its ceiling's rate.

    def read(self):
        return self.wrk("read", self.base), self.pgbench(statements.read())

    def cached(self):
        one = self.wrk("same", f"{self.base}/api/v1/properties/{ONE}/")
        return one, self.wrk("same", f"http://127.0.0.1:{self.bare_port}/")[0]

    def search(self):
        return self.wrk("search", self.base, int(time.time())), self.pgbench(statements.search())

    def quote(self):
        ours = self.wrk("quote", self.base, int(time.time()), self.login(), connections=16)
        return ours, self.pgbench(statements.quote(self.guest))

    def calendar(self):
        return self.wrk("calendar", self.base, int(time.time())), self.pgbench(statements.calendar())

    def book(self):
        ours = self.wrk("book", self.base, self.login(), connections=16)
        forget_bookings(self.url)
        ceiling = self.pgbench(statements.book(self.guest, self.host), "-Di=0")
        forget_bookings(self.url)
        return ours, ceiling

    def pay(self):
        return paying.pay(self, forget_bookings)

    def graphql(self):
        return graph.page(self)

    def graphql_one(self):
        return graph.one(self, ONE)

    def sign_in(self):
        ours = self.wrk("login", self.base, PASSWORD, connections=4)
        out = subprocess.run([BUILD / "tests/hash_rate", "2", str(self.seconds)], check=True, text=True,
                             capture_output=True, timeout=self.seconds + 60).stdout
        return ours, float(out)

    def enqueue(self):
        return jobs.enqueue(self)

    def drain(self):
        return jobs.drain(self)


CASES = [
    ("one property, uncached", "read", "pgbench, same statement", 0.6),
    ("one property, cached", "cached", "bare Beast, same bytes", 0.8),
    ("dated map search, 20 of a page", "search", "pgbench, plainest SQL", 1.0),
    ("quote", "quote", "pgbench, same statements", None),
    ("a month of a calendar", "calendar", "pgbench, same statements", None),
    ("booking", "book", "pgbench, same statements", 0.6),
    ("booking, paid and confirmed", "pay", "pgbench, same statements", None),
    ("20 properties, their hosts, 3 reviews of each by GraphQL", "graphql", "pgbench, the 3 statements", 0.5),
    ("one property by GraphQL", "graphql_one", "the same over REST", 0.85),
    ("sign-in", "sign_in", "Argon2id on two threads", None),
    ("jobs enqueued, each by a transaction", "enqueue", "pgbench, plain insert", 0.6),
    ("jobs done, backlog of 100,000", "drain", "pgbench, plain take and delete", 1.0),
]
HTTP = ("read", "cached", "search", "quote", "calendar", "book", "pay", "graphql", "graphql_one", "sign_in")


def table(results):
    head = ["", "a second", "p50 ms", "p99 ms", "ceiling", "ceiling/s", "ratio", "aim"]
    rows = []
    for (title, name, ceiling, aim) in CASES:
        if name not in results:
            continue
        ours = [statistics.median(r[0][i] for r in results[name]) for i in range(3 if name in HTTP else 1)]
        top = statistics.median(r[1] for r in results[name])
        ratio = statistics.median(r[0][0] / r[1] for r in results[name])
        rows.append([title, f"{ours[0]:,.0f}", *([f"{t:.2f}" for t in ours[1:]] or ["", ""]), ceiling, f"{top:,.0f}",
                     f"{ratio:.2f}", f"≥ {aim}" if aim else ""])
    print("| " + " | ".join(head) + " |\n|" + "|".join(["---"] + ["---:"] * 3 + ["---"] + ["---:"] * 3) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def main():
    words = argparse.ArgumentParser(prog="./dev bench", description="Measure the service beside its ceilings.",
                                    epilog="./dev bench floods: what documents made to keep the server busy cost it.")
    words.add_argument("cases", nargs="*", choices=[[], *[c[1] for c in CASES]], help="only these")
    words.add_argument("--seconds", type=int, default=5, help="of one measurement")
    words.add_argument("--rules", action="store_true", help="give every property a weekend, a season, a discount and a tax")
    words.add_argument("--runs", type=int, default=3, help="of each; the median is shown")
    how = words.parse_args()

    url, guest, host = prepare()
    if how.rules:
        with psycopg.connect(url, autocommit=True) as c:
            for part in (HERE / "rules.sql").read_text().split(";\n"):
                if part.strip():
                    c.execute(part)
    bench = Bench(url, guest, host, how.seconds)
    # One guest books everything, and takes part in every measurement.
    server = {"ROOST_ENVIRONMENT": "test", "ROOST_DATABASE_URL": url, "ROOST_REDIS_URL": os.environ["ROOST_TEST_REDIS"],
              "ROOST_HTTP_PORT": str(bench.port), "ROOST_HTTP_ACCESS_LOG": "false", "ROOST_LOG_LEVEL": "error",
              "ROOST_LIMITS_LOGIN_ACCOUNT": "0", "ROOST_LIMITS_LOGIN_ACCOUNT_NETWORK": "0", "ROOST_LIMITS_LOGIN_NETWORK": "0",
              "ROOST_LIMITS_LOGIN_ALL": "0", "ROOST_MARKET_HOLDS_PER_GUEST": "1000"}
    results = {}
    with tempfile.NamedTemporaryFile("wb") as body, process(os.environ["ROOST_BIN"], "serve", env=server,
                                                            ready=f"{bench.base}/readyz"):
        body.write(urllib.request.urlopen(f"{bench.base}/api/v1/properties/{ONE}/").read())
        body.flush()
        with process(BUILD / "tests/bare_beast", bench.bare_port, 2, body.name,
                     ready=f"http://127.0.0.1:{bench.bare_port}/"):
            for _, name, _, _ in CASES:
                if how.cases and name not in how.cases:
                    continue
                for i in range(how.runs):
                    say(f"{name}: run {i + 1} of {how.runs}")
                    results.setdefault(name, []).append(getattr(bench, name)())
    table(results)
    for (_, early, late), _ in results.get("drain", []):
        print(f"Memory of who drains: {early:.1f} MiB after a tenth of it, {late:.1f} MiB at the end.")


main()
