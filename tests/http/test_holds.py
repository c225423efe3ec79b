"""What waits for payment or an answer keeps nights from others: so much and no more (T22), and whoever frees nights is not in its way."""

import collections
import json
import secrets

import pytest

from support.make import Make
from support.ring import Ring, day
from support.stays import ask, book
from support.volley import Volley, encode
from support.waiting import queue_behind

CLIENTS = 32


def fire(api, requests):
    """How many of each status; everybody else was told of the cap."""
    with Volley(api.port, len(requests)) as volley:
        answers = volley.fire(requests)
    assert all(json.loads(body)["code"] == "too_many_requests" for status, body in answers if status == 429)
    return collections.Counter(status for status, _ in answers)


def ask_for(guest, quote):
    return encode("POST", "/api/v1/bookings/", {"quote_id": quote},
                  {"Authorization": f"Bearer {guest.token}", "Idempotency-Key": secrets.token_hex(8)})


@pytest.mark.parametrize("cap", [10, 20])
def test_one_guest_cannot_hoard_holds(start_server, new_database, new_redis, api_of, cap):
    """Also who asks 32 times at once gets so many, by the setting and nothing else; what expires frees it."""
    server = start_server(new_database(), new_redis(), ROOST_MARKET_HOLDS_PER_GUEST=str(cap))
    api = api_of(server)
    make, guest = Make(api), api.new_guest()
    listing = make.listing(api.new_host(), booking_mode="request")
    quotes = [make.quote(listing, guest, check_in=5 + 3 * n, nights=2)["id"] for n in range(CLIENTS)]
    assert fire(api, [ask_for(guest, quote) for quote in quotes]) == {201: cap, 429: CLIENTS - cap}
    api.clock.advance(hours=24, seconds=1)
    make.booking(listing, guest, check_in=5, nights=2)
    server.close()


@pytest.mark.parametrize("cap", [5, 20])
def test_no_listing_is_kept_from_everybody(start_server, new_database, new_redis, api_of, cap):
    """Eight guests want 32 stays that do not touch: the listing gives so many holds, by the setting and nothing else."""
    database = new_database()
    server = start_server(database, new_redis(), ROOST_MARKET_HOLDS_PER_PROPERTY=str(cap))
    api = api_of(server)
    ring = Ring(api, database, 1, payment_mode="online")
    wanted = [(ring.listings[0], ring.people[n % len(ring.people)], day(5 + 3 * n), day(7 + 3 * n)) for n in range(CLIENTS)]
    requests = [ask_for(w[1], quote) for w, quote in zip(wanted, ring.quotes(wanted))]
    assert fire(api, requests) == {201: cap, 429: CLIENTS - cap}
    ring.close()
    server.close()


def test_a_hold_and_whoever_frees_its_nights_do_not_wait_for_each_other(api, make, db, database):
    """Where a feed is read, freeing nights ends with a lock of its own: not the one of those who ask for holds."""
    host, guest, rival = api.new_host(), api.new_guest(), api.new_guest()
    listing = make.listing(host)
    firm = make.booking(listing, guest)
    first, last = firm["check_in"], firm["check_out"]
    host.patch(f"/properties/{listing['id']}/", {"payment_mode": "online"}).expect(200)
    quote = make.quote(listing, rival, check_in=40)["id"]
    db.execute("""insert into feed (id, property_id, name, url, next_fetch_at, created_at, updated_at)
                  values (gen_random_uuid(), %s, 'theirs', 'https://calendar.example/x', now() + interval '1 year', now(), now())""",
               [listing["id"]])
    db.execute("update quote set check_in = %s, check_out = %s where id = %s", [first, last, quote])
    with queue_behind(db, database, "delete from stay_block where booking_id = %s", firm["id"]) as queue:
        queue.holding.execute("update booking set status = 'cancelled_by_guest' where id = %s", [firm["id"]])
        queue.holding.execute("set deadlock_timeout = '50ms'")
        held = queue.add(book, rival, {"id": quote})
        queue.holding.commit()
        assert held.result().expect(201)["status"] == "awaiting_payment"
    ask(guest, listing, first, last).expect(409, "dates_taken")
