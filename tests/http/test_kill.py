"""What was acknowledged stays, and nothing happens twice, whatever is killed at whatever moment (S1–S4, S8–S10, P1)."""

import contextlib
import json
import random
import secrets
import tempfile
import threading
import time

import pytest

from support.processes import Databases, PrivatePostgres, wait_until
from support.ring import DOUBLE_BLOCKED, OVERLAPPING, Ring, day
from support.volley import Volley

CLIENTS = 16
LISTINGS = 24
ATTEMPTS = 24_000
SERVER_KILLS = 50
POSTGRES_FAULTS = 10


class Bookers:
    """Clients that book and, when an answer is lost, ask again with the same key, as good clients do. Every two want
    the same nights. Their journal is kept here, outside of what is killed."""

    def __init__(self, ring, port):
        self.acknowledged = {}  # key → (quote, the booking as it was told)
        self.refused = self.lost = 0
        wanted = [(ring.listings[n // 2 % LISTINGS], ring.people[n % len(ring.people)],
                   day(2 + 2 * (n // 2 // LISTINGS)), day(4 + 2 * (n // 2 // LISTINGS))) for n in range(ATTEMPTS)]
        self._todo = []
        for (_, person, *_), quote in zip(wanted, ring.quotes(wanted)):
            key = secrets.token_hex(8)
            self._todo.append((key, quote, ring.booking_request(person, quote, key)))
        self._todo.reverse()
        self._again = []
        self._port = port
        self._stop = threading.Event()
        self._error = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            with Volley(self._port, CLIENTS) as volley:
                while self._again or not self._stop.is_set():
                    batch, self._again = self._again[:CLIENTS], self._again[CLIENTS:]
                    while len(batch) < CLIENTS and not self._stop.is_set():
                        batch.append(self._todo.pop())
                    answers = volley.fire([asked[2] for asked in batch])
                    self._again += [asked for asked, answer in zip(batch, answers) if not self._settled(asked, *answer)]
                    time.sleep(0.01)
        except BaseException as e:  # raised where the test waits
            self._error = e

    def _settled(self, asked, status, body):
        """Notes the answer; whether there is nothing more to ask."""
        key, quote, _ = asked
        if status == 201:
            self.acknowledged[key] = (quote, json.loads(body))
            return True
        code = status and json.loads(body)["code"]
        if code == "dates_taken":
            self.refused += 1
            return True
        assert status is None or code in ("unavailable", "overloaded", "request_in_progress"), (status, body)
        self.lost += 1
        return False

    def go_on(self, answers=50):
        """Returns once that many more have been answered."""

        def more():
            if self._error:
                raise self._error
            return len(self.acknowledged) + self.refused >= seen + answers

        seen = len(self.acknowledged) + self.refused
        wait_until(more, 60, "answers after a fault", every=0.005)

    def finish(self):
        """Asks until every question has its answer."""
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive()
        if self._error:
            raise self._error


def assert_kept(ring, bookers):
    """Every acknowledged booking is there as it was told, none is there twice, and nothing is half done."""
    rows = ring.db.execute("""
        select b.id::text, b.quote_id::text, b.status, b.total, s.kind as nights,
               (select count(*) from booking_history h where h.booking_id = b.id) as steps,
               (select count(*) from outbox_event e where e.subject_id = b.id) as events
        from booking b left join stay_block s on s.booking_id = b.id""").fetchall()
    kept = {row["id"]: row for row in rows}
    told = [(quote, booking) for quote, booking in bookers.acknowledged.values()]
    gone = [booking["id"] for _, booking in told if booking["id"] not in kept]
    assert not gone, f"{len(gone)} of {len(told)} acknowledged and gone"
    for quote, booking in told:
        row = kept[booking["id"]]
        assert (row["quote_id"], row["status"], row["total"]) == (quote, "confirmed", booking["price"]["total"]["amount"])
    assert len(rows) == len(told), "every booking was acknowledged to somebody in the end"
    assert len({row["quote_id"] for row in rows}) == len(rows), "a quote was booked twice"
    assert all((row["nights"], row["steps"], row["events"]) == ("booking", 1, 1) for row in rows)
    assert ring.count(OVERLAPPING) == ring.count(DOUBLE_BLOCKED) == 0
    keys = ring.db.execute("select count(*) from idempotency where operation = 'POST /bookings/'").fetchone()["count"]
    assert keys == len(rows), "a reply is kept exactly where there is a booking"


@pytest.fixture
def under_load(start_server, new_redis, api_of, binary):
    """`with under_load() as (server, postgres, bookers)`: bookings go on inside and are answered for afterwards."""

    @contextlib.contextmanager
    def run(**settings):
        # Not below pytest's own folder: another run takes away the right to pass through it.
        folder = tempfile.TemporaryDirectory(prefix="roost-postgres-", ignore_cleanup_errors=True)
        postgres = PrivatePostgres(folder.name, fsync="on", full_page_writes="on", **settings)
        postgres.start()
        server = None
        try:
            server = start_server(Databases(postgres.url(), binary).create(), new_redis())
            server.expect_errors("(?i)postgres|database|57P0|08006|unavailable")
            ring = Ring(api_of(server), server.environment["ROOST_DATABASE_URL"], LISTINGS)
            bookers = Bookers(ring, server.port)
            ring.db.execute("checkpoint")  # only bookings can be lost
            ring.close()
            bookers.go_on()
            yield server, postgres, bookers
            bookers.go_on()
            bookers.finish()
            ring.connect()
            assert_kept(ring, bookers)
            ring.close()
        finally:
            if server:
                server.close()
            postgres.stop("immediate")
            folder.cleanup()

    return run


def test_the_server_may_be_killed_at_any_moment(under_load):
    moments = random.Random(5)
    with under_load() as (server, _, bookers):
        for _ in range(SERVER_KILLS):
            time.sleep(moments.uniform(0, 0.15))
            server.kill()
            server.start()
            bookers.go_on()
        assert bookers.lost >= SERVER_KILLS, "answers were under way when it was killed"
    assert len(bookers.acknowledged) > 1_000 and bookers.refused > 500


def test_postgres_may_be_restarted_and_killed_under_a_server_that_goes_on(under_load):
    def kill_and_start(postgres):
        postgres.kill()
        postgres.start()

    faults = [lambda p: p.restart("fast"), lambda p: p.restart("immediate"), kill_and_start]
    moments = random.Random(6)
    with under_load() as (server, postgres, bookers):
        process = server.process.pid
        done = 0
        while done < POSTGRES_FAULTS or len(bookers.acknowledged) <= 500:  # of 50 answers about half are bookings
            time.sleep(moments.uniform(0, 0.3))
            faults[done % len(faults)](postgres)
            bookers.go_on()
            done += 1
        assert server.running() and server.process.pid == process, "it came back by itself"
        assert bookers.lost >= POSTGRES_FAULTS


def test_a_database_that_does_not_wait_for_the_disk_is_found_out(under_load):
    """The control: with promises made before the write, the same kill loses bookings and the same checks see it."""
    with pytest.raises(AssertionError, match="acknowledged and gone"):
        with under_load(synchronous_commit="off", wal_writer_delay="'10s'") as (_, postgres, bookers):
            for _ in range(5):  # the log may have been written just before one of them
                bookers.go_on(100)
                postgres.kill()
                postgres.start()
