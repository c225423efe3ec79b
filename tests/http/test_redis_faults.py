"""What a fault of Redis may do to a caller: nothing (faults R1–R4)."""

import concurrent.futures
import secrets
import signal
import threading
import time

import psycopg
import pytest
import redis as redis_client

from support.processes import ReservedPort, wait_until
from support.works import assert_all_works


@pytest.fixture
def on_redis(private_redis, start_server, new_database, api_of):
    """An API whose server uses the private Redis."""
    server = start_server(new_database(), private_redis.url)
    yield api_of(server)
    private_redis.kill()
    server.close()


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


def test_no_transaction_waits_for_redis(start_server, new_database, private_redis, api_of):
    """A connection that waited with its transaction open would be one fewer for everybody."""
    database = new_database()
    server = start_server(database, private_redis.url, ROOST_LIMITS_VERIFY_ACCOUNT="5", ROOST_REDIS_BUDGET_MS="4000")
    ann = api_of(server).new_guest("ann")
    ann.sign_in()
    waiting = """select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
                 and state = 'idle in transaction' and now() - state_change > %s * interval '1 s'"""
    private_redis.signal(signal.SIGSTOP)
    with concurrent.futures.ThreadPoolExecutor(1) as pool, psycopg.connect(database, autocommit=True) as oracle:
        asked = pool.submit(ann.post, "/auth/verify-email/resend/", headers={"Idempotency-Key": secrets.token_hex(8)})
        while not asked.done():
            assert oracle.execute(waiting, [2]).fetchone() == (0,)
            time.sleep(0.1)
        asked.result().expect(204)
        with psycopg.connect(database) as idle:
            idle.execute("select 1")
            assert oracle.execute(waiting, [0]).fetchone() == (1,), "control"
    private_redis.signal(signal.SIGCONT)
    server.close()


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
