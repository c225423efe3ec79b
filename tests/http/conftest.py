"""Black-box tests: the real binary, real PostgreSQL, real Redis. What the fixtures give: docs/TESTING.md."""

import itertools
import os

import psycopg
import pytest
import redis as redis_client
from psycopg.rows import dict_row

from support.clock import Clock
from support.contract import Contract
from support.mails import Kept
from support.make import Make
from support.people import Api
from support.other_platform import Platform
from support.processes import Databases, PrivatePostgres, PrivateRedis, Server, redis_database, server_environment
from support.job_queue import Queue
from support.refusals import Caller
from support.stays import over
from support import wrong_clock as wrong_clocks


def setting(name):
    if value := os.environ.get(name):
        return value
    pytest.exit(
        f"{name} is not set: run `./dev test http`, which starts private servers and sets it "
        "(ROOST_BIN, ROOST_TEST_PG and ROOST_TEST_REDIS)",
        returncode=2,
    )


@pytest.fixture(scope="session")
def binary():
    return setting("ROOST_BIN")


@pytest.fixture(scope="session")
def postgres_url():
    return setting("ROOST_TEST_PG")


@pytest.fixture(scope="session")
def new_database(binary, postgres_url):
    """new_database() → the URL of a fresh migrated database; dropped at the end of the run."""
    databases = Databases(postgres_url, binary)
    yield databases.create
    databases.drop_all()


@pytest.fixture(scope="session")
def new_redis():
    """new_redis() → the URL of an empty Redis database of its own."""
    url = setting("ROOST_TEST_REDIS")
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    # Of the server's 1024, sixteen for each worker of the run; losing what is in one must not matter.
    numbers = itertools.cycle(range(16 * worker + 1, 16 * worker + 16))

    def create():
        mine = redis_database(url, next(numbers))
        with redis_client.Redis.from_url(mine) as r:
            r.flushdb()
        return mine

    return create


@pytest.fixture(scope="session")
def wrong_clock(tmp_path_factory):
    """start_server(…, **wrong_clock(900)): a process on a machine that is a quarter of an hour ahead."""
    return wrong_clocks.build(tmp_path_factory.mktemp("clock"))


@pytest.fixture(scope="session")
def start_server(binary, tmp_path_factory):
    """start_server(database, redis, **environment) → a running Server, ended at the end of the run."""
    servers = []

    def start(database, redis, ready=True, command="serve", **environment):
        folder = tmp_path_factory.mktemp(command)
        server = Server(binary, folder, server_environment(database, redis, **environment), command)
        servers.append(server)
        return server.start(ready)

    start.all = servers
    yield start
    codes = []
    for server in servers:
        server.close()
        codes += server.exit_codes
    assert not any(codes), f"servers ended with {codes}"
    assert not (found := [s for server in servers for s in server.surprises()]), "\n".join(found)


@pytest.fixture(scope="module", autouse=True)
def servers_of_the_module(start_server, server):
    """What a module started ends with it: even an idle server looks for jobs five times a second."""
    known = {id(s) for s in start_server.all}
    yield
    for started in start_server.all:
        if id(started) not in known:
            started.close()


@pytest.fixture(autouse=True)
def no_surprises(start_server):
    """After every test: no error in any server's log, no sanitizer report, nobody died unasked."""
    yield
    found = [s for server in start_server.all for s in server.surprises()]
    assert not found, "in the server's log:\n" + "\n".join(found)


@pytest.fixture(scope="session")
def database(new_database):
    """URL of the database that `server` uses."""
    return new_database()


@pytest.fixture
def queue(new_database):
    """A Queue in a database of its own, without a process."""
    q = Queue(new_database())
    yield q
    q.db.close()


@pytest.fixture(scope="session")
def redis_url(new_redis):
    return new_redis()


@pytest.fixture(scope="session")
def server(start_server, database, redis_url):
    """The server most tests share: keep to people and things of your own."""
    return start_server(database, redis_url)


@pytest.fixture(scope="session")
def mails(server):
    return Kept(server)


@pytest.fixture(scope="session")
def _clock(server):
    return Clock(server)


@pytest.fixture
def clock(_clock):
    """The server's clock; back to the real time after the test."""
    yield _clock
    _clock.reset()


@pytest.fixture(scope="session")
def api_of():
    """api_of(server) → an Api for a server that a test started itself."""

    def wrap(server, clock=None):
        def make_admin(person):
            with psycopg.connect(server.environment["ROOST_DATABASE_URL"]) as connection:
                connection.execute("update app_user set is_admin = true where id = %s", [person.id])

        return Api(server, clock or Clock(server), make_admin)

    return wrap


@pytest.fixture(scope="session")
def api(server, _clock, api_of):
    return api_of(server, _clock)


@pytest.fixture(scope="session")
def make(api):
    return Make(api)


@pytest.fixture(scope="session")
def contract(server):
    """The OpenAPI document that the server serves, with ways to walk it."""
    return Contract(server.get("/openapi.json").expect(200))


@pytest.fixture(scope="module")
def caller(api, make):
    return Caller(api, make)


@pytest.fixture
def db(database):
    """A connection for oracles, beside the server; rows are dicts, every statement commits."""
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as connection:
        yield connection


@pytest.fixture
def stayed(api, make, clock, db):
    """stayed(…) → (guest, host, listing, booking): a stay that ended yesterday."""

    def make_one(listing=None, guest=None, host=None, days_ago=1, **changes):
        host = host or api.new_host()
        guest = guest or api.new_guest()
        listing = listing or make.listing(host, **changes)
        booking = make.booking(listing, guest, check_in=20, nights=2)
        over(db, booking, clock.now(), days_ago)
        return guest, host, listing, booking

    return make_one


@pytest.fixture(scope="module")
def two_servers(start_server, new_database, new_redis, api_of):
    """Two processes over one database and Redis, as [api, api]; a database of their own."""
    database, redis = new_database(), new_redis()
    pair = [start_server(database, redis) for _ in range(2)]
    clock = Clock(*pair)
    yield [api_of(s, clock) for s in pair]
    for server in pair:
        server.close()


@pytest.fixture(scope="module")
def _platform(start_server, new_database, new_redis, api_of):
    open_guard = {f"ROOST_OUTBOUND_{name}": "true" for name in ("PLAIN_HTTP", "PRIVATE_ADDRESSES")}
    platform = Platform(server := start_server(new_database(), new_redis(), **open_guard), api_of(server))
    yield platform
    platform.close()


@pytest.fixture
def platform(_platform):
    """A server that may read calendars of this machine, beside another platform that serves them."""
    yield _platform
    _platform.clock.reset()


@pytest.fixture
def mailing(start_server, new_database, new_redis, api_of):
    """mailing(smtp, **settings) → (server, api, connection for oracles): a server that sends its mails there."""
    connections, servers = [], []

    def start(smtp, **settings):
        settings = {"ROOST_MAIL_TLS": "false", "ROOST_MAIL_FROM": "stays@roost.example", **settings}
        server = start_server(new_database(), new_redis(), ROOST_MAIL_URL=f"smtp://127.0.0.1:{smtp.port}/roost.example", **settings)
        servers.append(server)
        connections.append(psycopg.connect(server.environment["ROOST_DATABASE_URL"], autocommit=True, row_factory=dict_row))
        return server, api_of(server), connections[-1]

    yield start
    for c in connections:
        c.close()
    for server in servers:
        server.close()


@pytest.fixture
def private_redis(tmp_path):
    """A Redis of the test's own, running."""
    redis = PrivateRedis(tmp_path / "redis").start()
    yield redis
    redis.kill()


@pytest.fixture(scope="module")
def private_postgres(tmp_path_factory):
    """A PostgreSQL of the module's own, running, without databases: `hurt_database` in the test makes them."""
    postgres = PrivatePostgres(tmp_path_factory.mktemp("postgres"))
    postgres.start()
    yield postgres
    postgres.stop("immediate")
