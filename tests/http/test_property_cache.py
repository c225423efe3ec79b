"""Nobody sees the version before, once the host's write was answered: two processes, with and without Redis."""

import signal
import threading
import time

import psycopg
import pytest

from support.clock import Clock
from support.make import Make


class Readers:
    """Threads that read one property from the servers without pause and note what they saw after `floor` was raised."""

    def __init__(self, apis, path, per_server=2):
        self.path, self.floor, self.reads, self.stale, self.failures = path, 0, 0, [], []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._read, args=(api,)) for api in apis for _ in range(per_server)]

    def _read(self, api):
        while not self._stop.is_set():
            before = self.floor  # what had been answered before this request began
            reply = api.anonymous.get(self.path)
            self.reads += 1
            if reply.status != 200:
                self.failures.append(repr(reply))
            elif reply.json["version"] < before:
                self.stale.append((reply.json["version"], before))

    def __enter__(self):
        for t in self._threads:
            t.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for t in self._threads:
            t.join()


@pytest.fixture
def host_of():
    """The same host, speaking to another server."""

    def there(person, api):
        twin = object.__new__(type(person))
        twin.__dict__.update(person.__dict__)
        twin.port, twin.api, twin._local = api.port, api, threading.local()
        return twin

    return there


def hammer(apis, host_of, writes):
    host = apis[0].new_host()
    hosts = [host, host_of(host, apis[1])]
    listed = Make(apis[0]).listing(host)
    path = f"/properties/{listed['id']}/"
    with Readers(apis, path) as readers:
        time.sleep(0.1)
        for n in range(writes):
            changed = hosts[n % 2].patch(path, {"beds": n % 9}).expect(200)
            readers.floor = changed["version"]
            for api in apis:
                assert api.anonymous.get(path).expect(200)["version"] == changed["version"]
        time.sleep(0.1)
    assert not readers.failures, readers.failures[:3]
    assert not readers.stale, readers.stale[:10]
    assert readers.reads > writes * 10, "too few reads to prove anything"
    return path, hosts


def test_no_process_serves_the_version_before(two_servers, host_of):
    path, hosts = hammer(two_servers, host_of, writes=30)
    hosts[0].patch(path, {"status": "unlisted"}).expect(200)
    for api in two_servers:
        for _ in range(20):
            api.anonymous.get(path).expect(404)


def test_nor_while_redis_is_frozen_and_then_gone(start_server, new_database, private_redis, api_of, host_of):
    database = new_database()
    pair = [start_server(database, private_redis.url) for _ in range(2)]
    for server in pair:
        server.expect_errors("redis|Redis")
    clock = Clock(*pair)
    apis = [api_of(server, clock) for server in pair]
    hammer(apis, host_of, writes=5)
    private_redis.signal(signal.SIGSTOP)
    hammer(apis, host_of, writes=8)
    private_redis.kill()
    hammer(apis, host_of, writes=8)
    for server in pair:
        server.close()


def test_copies_are_really_served(two_servers):
    """The control: a change that goes past the service, straight into the database, waits for nobody, and somebody who
    has just read does not see it until the lease is over."""
    api = two_servers[0]
    listed = Make(api).listing(api.new_host())
    path = f"/properties/{listed['id']}/"
    with psycopg.connect(api.server.environment["ROOST_DATABASE_URL"], autocommit=True) as db:
        seen_old = 0
        for _ in range(300):  # on a slow machine the lease is often over before the next reading
            api.anonymous.get(path)
            before = api.anonymous.get(path).expect(200)["version"]
            db.execute("update property set version = version + 1 where id = %s", [listed["id"]])
            seen_old += api.anonymous.get(path).expect(200)["version"] == before
            time.sleep(0.12)
            assert api.anonymous.get(path).expect(200)["version"] == before + 1
            if seen_old == 10:
                return
    raise AssertionError(f"the version before was seen {seen_old} times")
