"""What a fault of PostgreSQL or Redis may do to a caller, and what it may not: threats-and-faults R1–R4, P1, P3, P4, P6."""

import datetime
import itertools
import os
import random
import secrets
import signal
import socket
import threading
import time

import psycopg
import pytest
import redis as redis_client

from support.load import Load
from support.make import Make
from support.processes import Databases, ReservedPort, wait_until

# ---------------------------------------------------------------------------------------------------------- Redis


@pytest.fixture
def on_redis(private_redis, start_server, new_database, api_of):
    """An API whose server uses the private Redis."""
    server = start_server(new_database(), private_redis.url)
    yield api_of(server)
    private_redis.kill()
    server.close()


def assert_all_works(api):
    """Everything a guest and a host do, exact to the last value."""
    make = Make(api)
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    path = f"/properties/{listing['id']}/"
    for title in ("First title of this place", "Second title of this place"):
        host.patch(path, {"title": title}).expect(200)
        assert api.anonymous.get(path).expect(200)["title"] == title
    quote = make.quote(listing, guest)
    key = secrets.token_hex(16)
    first = guest.post("/bookings/", {"quote_id": quote["id"]}, headers={"Idempotency-Key": key})
    again = guest.post("/bookings/", {"quote_id": quote["id"]}, headers={"Idempotency-Key": key})
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    rival = api.new_guest()
    stay = {"check_in": quote["check_in"], "check_out": quote["check_out"], "guests": 1}
    refused = rival.post(f"/properties/{listing['id']}/quote/", stay)
    if refused.status == 201:
        refused = rival.post("/bookings/", {"quote_id": refused.json["id"]}, headers={"Idempotency-Key": secrets.token_hex(16)})
    refused.expect(409, "dates_taken")
    session = guest.sign_in()
    api.anonymous.post("/auth/refresh/", {"refresh_token": session["refresh_token"]}).expect(200)


def about_redis(server):
    """What the log says of it at more than info level: its going away, not its coming back."""
    return [line for line in server.log() if "redis" in line["message"].lower() and line["level"] != "info"]


def redis_state(server):
    return server.get("/readyz").json["redis"]


def assert_notices(server, state):
    wait_until(lambda: redis_state(server) == state, 20, f"/readyz saying that Redis is {state}")


def test_redis_may_be_absent_from_the_start(start_server, new_database, api_of):
    port = ReservedPort()
    server = start_server(new_database(), f"redis://127.0.0.1:{port.number}")
    assert_all_works(api_of(server))
    assert_notices(server, "unavailable")
    assert server.get("/readyz").status == 200
    assert len(about_redis(server)) == 1, about_redis(server)
    server.close()
    port.close()


def test_redis_may_die_and_come_back(on_redis, private_redis):
    server = on_redis.server
    assert_all_works(on_redis)
    private_redis.kill()
    assert_all_works(on_redis)
    assert_notices(server, "unavailable")
    assert len(about_redis(server)) == 1, about_redis(server)
    private_redis.start()
    assert_notices(server, "ok")
    assert_all_works(on_redis)
    assert len(about_redis(server)) == 1, about_redis(server)


@pytest.mark.parametrize("fault", ["stopped", "paused"])
def test_redis_may_hang(on_redis, private_redis, fault):
    if fault == "stopped":
        private_redis.signal(signal.SIGSTOP)
    else:
        private_redis.client().execute_command("CLIENT", "PAUSE", 600_000, "ALL")
    for _ in range(3):
        assert_all_works(on_redis)
    assert_notices(on_redis.server, "unavailable")
    assert len(about_redis(on_redis.server)) == 1, about_redis(on_redis.server)
    if fault == "stopped":
        private_redis.signal(signal.SIGCONT)
    else:
        private_redis.kill()
        private_redis.start()
    assert_notices(on_redis.server, "ok")
    assert_all_works(on_redis)


def test_redis_may_forget_everything_at_any_time(on_redis, private_redis):
    with private_redis.client() as redis:
        stop = threading.Event()

        def flush():
            while not stop.wait(0.005):
                redis.flushall()

        thread = threading.Thread(target=flush)
        thread.start()
        try:
            for _ in range(3):
                assert_all_works(on_redis)
        finally:
            stop.set()
            thread.join()


def test_redis_may_hold_wrong_types_and_nonsense(on_redis, private_redis):
    assert_all_works(on_redis)
    with private_redis.client() as redis:
        stop = threading.Event()

        spoiled = []

        def spoil():
            while not stop.wait(0.005):
                for number, key in enumerate(redis.scan_iter(count=1000)):
                    spoiled.append(redis.delete(key))
                    if number % 2:
                        redis.sadd(key, "not", "yours")
                    else:
                        redis.set(key, b"\0\xffnonsense")

        thread = threading.Thread(target=spoil)
        thread.start()
        try:
            for _ in range(3):
                assert_all_works(on_redis)
        finally:
            stop.set()
            thread.join()
        assert spoiled, "nothing was kept in Redis, so this proves nothing"


def test_redis_may_be_full(on_redis, private_redis):
    with private_redis.client() as redis:
        redis.config_set("maxmemory-policy", "noeviction")
        redis.config_set("maxmemory", 1)
        with pytest.raises(redis_client.RedisError):
            redis.set("control", "x")
        for _ in range(2):
            assert_all_works(on_redis)


def test_redis_may_evict_everything(on_redis, private_redis):
    with private_redis.client() as redis:
        redis.config_set("maxmemory-policy", "allkeys-random")
        redis.config_set("maxmemory", redis.info("memory")["used_memory"] - 1)
        for _ in range(2):
            assert_all_works(on_redis)


# ----------------------------------------------------------------------------------------------------- PostgreSQL


@pytest.fixture(scope="module")
def private_databases(private_postgres, binary):
    return Databases(private_postgres.url(), binary)


@pytest.fixture
def on_postgres(private_databases, start_server, new_redis, api_of):
    """An API whose server uses the private PostgreSQL."""
    server = start_server(private_databases.create(), new_redis(), ROOST_DATABASE_WAIT_MS="500",
                          ROOST_DATABASE_LOCK_MS="500", ROOST_DATABASE_STATEMENT_MS="2000")
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
        stay = {"check_in": first.isoformat(), "check_out": (first + datetime.timedelta(days=1)).isoformat(), "guests": 1}
        quoted = self.guest.post(f"/properties/{self.listings[night % len(self.listings)]}/quote/", stay)
        if quoted.status != 201:
            return quoted
        booked = self.guest.post("/bookings/", {"quote_id": quoted.json["id"]}, headers={"Idempotency-Key": secrets.token_hex(16)})
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
            wait_until(lambda seen=len(load.replies): any(r.status < 300 for r in load.replies[seen:]), 30, "success after the restart")
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
    finally:
        private_postgres.start()
    assert_heals(on_postgres)


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
    hoard = []
    with psycopg.connect(private_postgres.url(), autocommit=True) as admin:
        admin.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'roost%'")
    try:
        while True:
            hoard.append(psycopg.connect(private_postgres.url()))
    except psycopg.OperationalError:
        pass  # all slots are taken
    try:
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
            pids = [r[0] for r in admin.execute("select pid from pg_stat_activity where datname like 'roost_test%'").fetchall()]
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
        with Load(lambda turn: traffic.host.patch(f"/properties/{traffic.listings[0]}/", {"title": f"Title number {turn}"}), threads=30) as load:
            wait_until(lambda: len(load.replies) >= 30, 90, "an answer for everybody")
        assert set(load.statuses()) == {503}
        assert_only_honest_answers(load)
    assert_heals(on_postgres)


# ---------------------------------------------------------------------------------------------------------- drain


def test_a_server_asked_to_end_finishes_what_runs_and_takes_nothing_new(start_server, new_database, new_redis, api_of):
    database = new_database()
    server = start_server(database, new_redis())
    api = api_of(server)
    guest = api.new_guest()
    guest.token
    answers = []
    with psycopg.connect(database) as holder:
        holder.execute("select 1 from app_user where id = %s for update", [guest.id])
        asking = threading.Thread(target=lambda: answers.append(guest.patch("/users/me/", {"bio": "finished in time"})))
        asking.start()
        with psycopg.connect(database, autocommit=True) as watcher:
            blocked = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            wait_until(lambda: watcher.execute(blocked).fetchone(), 10, "the request waiting for the lock")
        server.signal(signal.SIGTERM)
        wait_until(lambda: refuses_connections(server.port), 10, "the server refusing new connections")
        assert server.running() and not answers
    asking.join(30)
    assert answers[0].expect(200)["bio"] == "finished in time"
    assert server.wait(30) == 0


def test_idle_connections_do_not_hold_up_the_end(start_server, new_database, new_redis):
    server = start_server(new_database(), new_redis(), ROOST_HTTP_HEADER_TIMEOUT_MS="500")
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(20)]
    idle[0].sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
    assert idle[0].recv(4096).startswith(b"HTTP/1.1 200")
    idle[1].sendall(b"POST /api/v1/users/ HTTP/1.1\r\nHost: x\r\nContent-Le")
    assert server.stop(40) == 0
    for connection in idle:
        connection.close()


def refuses_connections(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return True
    return False


def test_a_second_signal_or_a_signal_at_the_start_ends_it_too(start_server, new_database, new_redis):
    server = start_server(new_database(), new_redis(), ready=False)
    wait_until(lambda: not refuses_connections(server.port), 60, "the server listening")
    server.signal(signal.SIGTERM)
    try:
        os.kill(server.process.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    assert server.wait(40) == 0
