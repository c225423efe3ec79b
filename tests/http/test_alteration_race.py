"""Changes of bookings, new bookings and the host's closing want the same nights at the same moment: nobody shares one (T1)."""

import collections
import contextlib
import json
import secrets

import psycopg

from support.ring import DOUBLE_BLOCKED, OVERLAPPING, Ring, day
from support.volley import Volley, encode

CLIENTS = 64
STAYS = 4  # of two nights, with two free nights before and after each
STRAYED = """
    select count(*) from booking b join stay_block s on s.booking_id = b.id
    where b.property_id = any(%s) and s.blocked <> daterange(b.check_in, b.check_out)"""


def shot(person, path, body=None, **headers):
    return encode("POST", "/api/v1" + path, body, {"Authorization": f"Bearer {person.token}", **headers})


class Contest:
    """Stays on one property whose changes want the free nights beside them, and everybody else who wants those nights."""

    def __init__(self, ring, listing, at):
        self.ring, self.listing, self.at = ring, listing, at
        self.offers = [self.offer(n) for n in range(STAYS)]

    def offer(self, n):
        """Even stays want to stay longer, odd ones to come earlier: two and two contest the same nights."""
        person, first = self.ring.people[n], self.at + 4 * n + 2
        [quote] = self.ring.quotes([(self.listing, person, day(first), day(first + 2))])
        booking = person.post("/bookings/", {"quote_id": quote}, headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)
        wish = {"check_in": str(day(first - 2))} if n % 2 else {"check_out": str(day(first + 4))}
        return person.post(f"/bookings/{booking['id']}/alterations/", wish).expect(201)

    def requests(self):
        accepts = [shot(self.ring.host, f"/bookings/{o['booking_id']}/alterations/{o['id']}/accept/") for o in self.offers] * 3
        gaps = [self.at + 4 * n for n in range(STAYS + 1)]
        closings = [self.ring.close_request(self.listing, day(g + n), day(g + n + 1)) for g in gaps for n in range(2)]
        wanted = [(self.listing, self.ring.people[n % len(self.ring.people)], day(gaps[n % 5] + n % 2), day(gaps[n % 5] + 2))
                  for n in range(CLIENTS - len(accepts) - len(closings))]
        bookings = [self.ring.booking_request(w[1], q) for w, q in zip(wanted, self.ring.quotes(wanted))]
        mixed = [None] * CLIENTS
        # Spread evenly, and begun by another kind in every contest.
        for n, request in enumerate(accepts + closings + bookings):
            mixed[(n * 23 + self.at) % CLIENTS] = request
        return mixed


@contextlib.contextmanager
def ring_of(api, database, properties):
    ring = Ring(api, database, properties)
    with Volley(api.port, CLIENTS) as volley:
        yield ring, volley
    ring.close()


def fight(ring, volley, rounds):
    """How many of each answer; everybody who lost was told so and nothing broke."""
    seen = collections.Counter()
    for n in range(rounds):
        contest = Contest(ring, ring.listings[n % len(ring.listings)], 3 + 22 * (n // len(ring.listings)))
        answers = volley.fire(contest.requests())
        strange = [a for a in answers if a[0] not in (200, 201, 409)]
        assert not strange, strange[:3]
        assert {json.loads(body)["code"] for status, body in answers if status == 409} <= {"dates_taken", "wrong_state"}
        seen.update(status for status, _ in answers)
    return seen


def test_changes_bookings_and_closings_never_share_a_night(api, database):
    with ring_of(api, database, properties=4) as (ring, volley):
        seen = fight(ring, volley, 24)
        assert seen[200] > 0 and seen[201] > 0, f"changes win and others win: {seen}"
        assert ring.count(OVERLAPPING) == 0
        assert ring.count(DOUBLE_BLOCKED) == 0
        ids = [listing["id"] for listing in ring.listings]
        assert ring.db.execute(STRAYED, [ids]).fetchone()["count"] == 0
        ended = ring.db.execute("""select a.status, b.version, count(*) from booking_alteration a join booking b on b.id = a.booking_id
                                   where b.property_id = any(%s) group by 1, 2""", [ids]).fetchall()
        assert {(row["status"], row["version"]) for row in ended} == {("accepted", 2), ("open", 1)}, ended


def test_without_the_constraint_changes_share_nights(start_server, new_database, new_redis, api_of):
    """The control: the same contest finds nights sold twice once the database does not forbid it."""
    database = new_database()
    with psycopg.connect(database, autocommit=True) as admin:
        admin.execute("alter table stay_block drop constraint stay_block_no_overlap")
        admin.execute("""alter table stay_block add constraint stay_block_no_overlap
                         exclude using gist (property_id with =, blocked with &&) where (kind = 'nothing')""")
    server = start_server(database, new_redis())
    with ring_of(api_of(server), database, properties=2) as (ring, volley):
        fight(ring, volley, 4)
        assert ring.count(OVERLAPPING) > 0
    server.close()
