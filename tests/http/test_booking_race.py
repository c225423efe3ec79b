"""No night is sold twice, whoever wants it at the same moment (T1), and the losers are told so."""

import collections
import contextlib
import itertools
import json
import secrets

import psycopg

from support.ring import DOUBLE_BLOCKED, OVERLAPPING, PEOPLE, Ring, day
from support.volley import Volley

CLIENTS = 64
ATTEMPTS = 25_088  # 392 volleys
WINDOW = 16  # days between the first nights of two volleys at one property

# The nights each of the 64 wants, as (first, after last) within the window. In all but `touching` and `staggered`
# every two of them overlap.
PATTERNS = {
    "equal": [(0, 3)] * CLIENTS,
    "nested": [(i % 7, 15 - i % 7) for i in range(CLIENTS)],
    "touching": [(3 * (i % 5), 3 * (i % 5) + 3) for i in range(CLIENTS)],
    "staggered": [(i % 12, i % 12 + 3) for i in range(CLIENTS)],
}


def won_and_lost(answers):
    """How many got the nights; everybody else must have been told that they are taken."""
    outcome = collections.Counter(status for status, _ in answers)
    strange = [body for status, body in answers if status not in (201, 409)]
    assert not strange, (outcome, strange[:3])
    assert all(json.loads(body)["code"] == "dates_taken" for status, body in answers if status == 409)
    return outcome[201]


def race(ring, volley, attempts):
    """Volleys on fresh nights, pattern after pattern; gives the number of attempts."""
    rounds = list(itertools.islice(
        ((listing, 2 + WINDOW * window, name)
         for window in itertools.count() for listing in ring.listings for name in [list(PATTERNS)[window % len(PATTERNS)]]),
        attempts // CLIENTS))
    people = itertools.cycle(ring.people)
    wanted = [(listing, next(people), day(at + first), day(at + last))
              for listing, at, name in rounds for first, last in PATTERNS[name]]
    requests = [ring.booking_request(person, quote) for (_, person, *_), quote in zip(wanted, ring.quotes(wanted))]
    for n, (listing, at, name) in enumerate(rounds):
        mine = slice(n * CLIENTS, (n + 1) * CLIENTS)
        answers = volley.fire(requests[mine])
        yield name, wanted[mine], answers


@contextlib.contextmanager
def ring_of(api, database, properties=8, **listing):
    ring = Ring(api, database, properties, **listing)
    with Volley(api.port, CLIENTS) as volley:
        yield ring, volley
    ring.close()


def test_no_night_is_sold_twice(api, database):
    with ring_of(api, database) as (ring, volley):
        made = 0
        for name, wanted, answers in race(ring, volley, ATTEMPTS):
            made += len(answers)
            winners = [w[2:] for w, (status, _) in zip(wanted, answers) if status == 201]
            assert won_and_lost(answers) == len(winners)
            if name in ("equal", "nested"):
                assert len(winners) == 1, (name, winners)
            if name == "touching":
                assert sorted(winners) == sorted(set(w[2:] for w in wanted)), "every one of the touching stays has one winner"
            # Whoever lost lost against somebody: no nights stay free that a loser wanted.
            for (_, _, first, last), (status, _) in zip(wanted, answers):
                assert status == 201 or any(first < b and a < last for a, b in winners), (name, first, last, winners)
        assert made >= 25_000
        assert ring.count(OVERLAPPING) == 0
        assert ring.count(DOUBLE_BLOCKED) == 0
        ids = [listing["id"] for listing in ring.listings]
        kept = ring.db.execute("""select count(*) as bookings, count(s.id) as blocks, count(h.id) as histories
                                  from booking b left join stay_block s on s.booking_id = b.id
                                  left join booking_history h on h.booking_id = b.id
                                  where b.property_id = any(%s)""", [ids]).fetchone()
        assert kept["bookings"] == kept["blocks"] == kept["histories"] > 0


def test_hosts_who_close_nights_and_holds_that_expire_take_part(api, database, clock):
    """Bookers, holds past their time and the host's own closing on the same nights."""
    with ring_of(api, database, properties=4, payment_mode="online") as (ring, volley):
        people = ring.people
        for n, listing in enumerate(ring.listings * 2):
            at = 2 + WINDOW * (n // 4)
            held = [(listing, people[i % PEOPLE], day(at + 3 * i), day(at + 3 * i + 2)) for i in range(5)]
            for (_, person, *_), quote in zip(held, ring.quotes(held)):
                person.post("/bookings/", {"quote_id": quote}, headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)
            clock.advance(minutes=16)  # the nights are free again from now on, swept or not
            ring.templates.clear()
            wanted = [(listing, people[i % PEOPLE], day(at + i % 12), day(at + i % 12 + 2)) for i in range(CLIENTS - 8)]
            requests = [ring.booking_request(p, q) for (_, p, *_), q in zip(wanted, ring.quotes(wanted))]
            closings = [ring.close_request(listing, day(at + 2 * i), day(at + 2 * i + 1)) for i in range(8)]
            mixed = [r for pair in itertools.zip_longest(requests[::7], closings) for r in pair if r]
            mixed += [r for i, r in enumerate(requests) if i % 7]
            assert won_and_lost(volley.fire(mixed)) >= 1
            for booking in ring.db.execute("select id, guest_id from booking where property_id = %s and status = 'awaiting_payment'",
                                           [listing["id"]]).fetchall():  # so that nobody runs into the cap on holds
                person = next(p for p in people if p.id == str(booking["guest_id"]))
                person.post(f"/bookings/{booking['id']}/cancel/", {})
        assert ring.count(DOUBLE_BLOCKED) == 0
        assert ring.count(OVERLAPPING) == 0


def test_without_the_constraint_nights_are_sold_twice(start_server, new_database, new_redis, api_of):
    """The control: the same race must find overlaps once the database does not forbid them."""
    database = new_database()
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("alter table stay_block drop constraint stay_block_no_overlap")
        admin.execute("""alter table stay_block add constraint stay_block_no_overlap
                         exclude using gist (property_id with =, blocked with &&) where (kind = 'nothing')""")
    server = start_server(database, new_redis())
    with ring_of(api_of(server), database, properties=2) as (ring, volley):
        winners = [won_and_lost(answers) for name, _, answers in race(ring, volley, 4 * CLIENTS) if name == "equal"]
        assert max(winners) > 1
        assert ring.count(OVERLAPPING) > 0
    server.close()
