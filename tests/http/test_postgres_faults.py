"""What a fault of PostgreSQL may do to a caller: a refusal that says so (faults P1, P3–P6)."""

import contextlib
import datetime
import itertools
import random
import secrets
import shutil
import signal
import subprocess
import time
import uuid

import psycopg
import pytest

from support.load import Load
from support.make import Make, new_property
from support.processes import Databases, wait_until
from support.works import assert_all_works


@pytest.fixture(scope="module")
def private_databases(private_postgres, binary):
    return Databases(private_postgres.url(), binary)


@pytest.fixture
def on_postgres(private_databases, start_server, new_redis, api_of):
    """An API whose server uses the private PostgreSQL."""
    server = start_server(
        private_databases.create(),
        new_redis(),
        ROOST_DATABASE_WAIT_MS="500",
        ROOST_DATABASE_LOCK_MS="500",
        ROOST_DATABASE_STATEMENT_MS="2000",
    )
    server.expect_errors("(?i)postgres|database|57P0|08006|unavailable")  # that it went away is an error worth a line
    yield api_of(server)
    server.close()


class Traffic:
    """Reads, writes and bookings of one far stay each, from one guest; remembers what was acknowledged."""

    def __init__(self, api):
        make = Make(api)
        self.host = api.new_host()
        self.guest = api.new_guest()
        self.listings = [make.listing(self.host, stay_rules={"booking_window_days": 1095})["id"] for _ in range(4)]
        self.quotes = []
        self.stays = itertools.count()
        self.acknowledged = []
        self.tokens = (self.host.token, self.guest.token)  # signed in before anything breaks

    def ask(self, turn):
        listing = self.listings[turn % len(self.listings)]
        if turn % 3 == 0:
            return self.guest.get(f"/properties/{listing}/")
        if turn % 3 == 1:
            return self.host.patch(f"/properties/{listing}/", {"title": f"Title number {turn} of this place"})
        night = next(self.stays)
        first = datetime.date.today() + datetime.timedelta(days=10 + night // len(self.listings))
        stay = {
            "check_in": first.isoformat(),
            "check_out": (first + datetime.timedelta(days=1)).isoformat(),
            "guests": 1,
        }
        quoted = self.guest.post(f"/properties/{self.listings[night % len(self.listings)]}/quote/", stay)
        if quoted.status != 201:
            return quoted
        booked = self.guest.post(
            "/bookings/", {"quote_id": quoted.json["id"]}, headers={"Idempotency-Key": secrets.token_hex(16)}
        )
        if booked.status == 201:
            self.acknowledged.append(booked.json["id"])
        return booked

    def assert_kept(self):
        assert self.acknowledged
        for booking in self.acknowledged:
            assert self.guest.get(f"/bookings/{booking}/").expect(200)["id"] == booking


def assert_only_honest_answers(load):
    """Success, a conflict, or 503 with Retry-After: nothing else, and no connection dropped."""
    assert load.broken == 0
    for reply in load.replies:
        if reply.status == 503:
            assert int(reply.headers["Retry-After"]) >= 1, reply
            assert reply.code in ("unavailable", "overloaded"), reply
        else:
            assert reply.status in (200, 201, 409, 422), reply


def assert_heals(api):
    wait_until(lambda: api.server.get("/readyz").status == 200, 30, "/readyz answering 200 again")
    wait_until(lambda: api.anonymous.get("/properties/").status == 200, 30, "searches answering again")
    assert_all_works(api)


def restart_fast(postgres):
    postgres.restart("fast")


def restart_immediate(postgres):
    postgres.restart("immediate")


def kill_and_start(postgres):
    postgres.kill()
    postgres.start()


@pytest.mark.parametrize("fault", [restart_fast, restart_immediate, kill_and_start])
def test_postgres_may_restart_under_load(on_postgres, private_postgres, fault):
    traffic = Traffic(on_postgres)
    pid = on_postgres.server.process.pid
    with Load(traffic.ask) as load:
        for _ in range(2):
            wait_until(lambda seen=len(load.replies): len(load.replies) > seen + 40, 30, "traffic")
            fault(private_postgres)
            wait_until(
                lambda seen=len(load.replies): any(r.status < 300 for r in load.replies[seen:]),
                30,
                "success after the restart",
            )
    assert_only_honest_answers(load)
    assert_heals(on_postgres)
    traffic.assert_kept()
    assert on_postgres.server.running() and on_postgres.server.process.pid == pid


def test_postgres_may_be_away_for_long(on_postgres, private_postgres):
    traffic = Traffic(on_postgres)
    private_postgres.stop("immediate")
    try:
        assert on_postgres.server.get("/healthz").status == 200, "the process itself is well"
        wait_until(lambda: on_postgres.server.get("/readyz").status == 503, 20, "/readyz answering 503")
        with Load(traffic.ask) as load:
            wait_until(lambda: len(load.replies) >= 20, 60, "twenty refusals")
        assert set(load.statuses()) == {503}
        assert_only_honest_answers(load)
        assert_honest_without_keys(on_postgres.server)
    finally:
        private_postgres.start()
    assert_heals(on_postgres)


def assert_honest_without_keys(server):
    """What is outside of the contract refuses as well, also in a process that has never seen its database."""
    server.stop()
    before = len(server.log())
    server.start(ready=False)
    for path in ("/.well-known/jwks.json", f"/unsubscribe?t={'A' * 44}", f"/ical/{uuid.uuid4()}.ics?s=secret"):
        refused = server.get(path)
        refused.expect(503, "unavailable")
        assert int(refused.headers["Retry-After"]) >= 1
    said = [e for e in server.log()[before:] if "signing keys" in e["message"]]
    assert len(said) == 1, said


def test_the_disk_may_be_full(private_postgres, private_databases, start_server, new_redis, api_of):
    disk = private_postgres.folder / "small"
    disk.mkdir()
    # In a container it takes --privileged.
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=200m,mode=0777", "tmpfs", str(disk)], check=True)
    filler = disk / "filler"
    try:
        (disk / "tables").mkdir()
        shutil.chown(disk / "tables", "postgres", "postgres")
        private_databases._run(f"create tablespace small location '{disk}/tables'")
        url = private_databases.url_of(private_databases._create(f"template {private_databases._template} tablespace small"))
        server = start_server(url, new_redis())
        server.expect_errors("No space left on device")
        api = api_of(server)
        host, make = api.new_host(), Make(api)
        listing = make.listing(host)

        def draft():
            return host.post("/properties/", new_property(description=secrets.token_hex(4_000)))

        draft().expect(201)
        with filler.open("wb", buffering=0) as out, contextlib.suppress(OSError):
            while True:
                out.write(bytes(4096))
        replies = [draft() for _ in range(20)]
        assert {r.status for r in replies} <= {201, 503} and replies[-1].status == 503
        assert replies[-1].code == "unavailable" and int(replies[-1].headers["Retry-After"]) >= 1
        api.anonymous.get(f"/properties/{listing['id']}/").expect(200)
        filler.unlink()
        wait_until(lambda: draft().status == 201, 30, "drafts being kept again")
        server.close()
        private_databases._run(f"drop database {url.rsplit('/', 1)[1]} with (force)")
        private_databases._run("drop tablespace small")
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_frozen_postgres_gets_bounded_refusals(on_postgres, private_postgres):
    traffic = Traffic(on_postgres)
    private_postgres.signal_all(signal.SIGSTOP)
    try:
        with Load(traffic.ask, threads=16) as load:
            wait_until(lambda: len(load.replies) >= 16, 60, "an answer for everybody")
            assert on_postgres.server.get("/healthz").status == 200
        assert_only_honest_answers(load)
        assert load.statuses()[503] > 0
    finally:
        private_postgres.signal_all(signal.SIGCONT)
    assert_heals(on_postgres)


def test_connections_may_run_out(on_postgres, private_postgres):
    traffic = Traffic(on_postgres)
    hoard = [psycopg.connect(private_postgres.url(), autocommit=True)]

    def take_all():
        """Every slot; true once none is the server's, which opens its connections again while we take them."""
        ours = "from pg_stat_activity where application_name like 'roost%'"
        hoard[0].execute(f"select pg_terminate_backend(pid) {ours}")
        try:
            while True:
                hoard.append(psycopg.connect(private_postgres.url()))
        except psycopg.OperationalError:
            return hoard[0].execute(f"select count(*) {ours}").fetchone()[0] == 0

    try:
        wait_until(take_all, 30, "all connections are taken")
        with Load(traffic.ask, threads=8) as load:
            wait_until(lambda: len(load.replies) >= 20, 60, "twenty answers")
            assert on_postgres.server.get("/healthz").status == 200
        assert_only_honest_answers(load)
    finally:
        for connection in hoard:
            connection.close()
    assert load.statuses()[503] > 0
    assert_heals(on_postgres)


def test_connections_may_be_ended_at_random(on_postgres, private_postgres):
    traffic = Traffic(on_postgres)
    with Load(traffic.ask) as load, psycopg.connect(private_postgres.url(), autocommit=True) as admin:
        for _ in range(30):
            pids = [
                r[0]
                for r in admin.execute("select pid from pg_stat_activity where datname like 'roost_test%'").fetchall()
            ]
            admin.execute("select pg_terminate_backend(%s)", [random.choice(pids)] if pids else [0])
            time.sleep(0.05)
    assert_only_honest_answers(load)
    assert sum(load.statuses()[s] for s in (200, 201)) > 0
    assert_heals(on_postgres)
    traffic.assert_kept()


def test_a_lock_held_too_long_is_a_refusal_and_not_a_pile_up(on_postgres, private_postgres):
    traffic = Traffic(on_postgres)
    with psycopg.connect(on_postgres.server.environment["ROOST_DATABASE_URL"]) as holder:
        holder.execute("select 1 from property where id = any(%s) for update", [traffic.listings])
        with Load(
            lambda turn: traffic.host.patch(f"/properties/{traffic.listings[0]}/", {"title": f"Title number {turn}"}),
            threads=30,
        ) as load:
            wait_until(lambda: len(load.replies) >= 30, 90, "an answer for everybody")
        assert set(load.statuses()) == {503}
        assert_only_honest_answers(load)
    assert_heals(on_postgres)
