"""Changes of bookings that meet each other, a cancellation or other guests at the same moment."""

import collections
import json
import secrets

import pytest

from support.alterations import Stay, alterations, answer
from support.stays import ask, free, money
from support.volley import Volley, encode
from support.waiting import queue_behind


@pytest.fixture
def stay(api, make):
    return Stay(api, make, time_zone="Europe/Paris", cleaning_fee=money(4000))


def shot(person, path, body=None):
    return encode("POST", "/api/v1" + path, {} if body is None else body,
                  {"Authorization": f"Bearer {person.token}", "Idempotency-Key": secrets.token_hex(8)})


def bare(person, path, body=None):
    """Without a key: each is a request of its own."""
    return encode("POST", "/api/v1" + path, body, {"Authorization": f"Bearer {person.token}"})


def outcome(answers):
    return collections.Counter(status for status, _ in answers)


def test_of_many_proposals_at_once_one_is_open(api, stay, db):
    with Volley(api.port, 16) as volley:
        wishes = [shot((stay.guest, stay.host)[n % 2], alterations(stay.booking), {"check_out": stay.day(5 + n % 3)})
                  for n in range(16)]
        assert outcome(volley.fire(wishes)) == {201: 1, 409: 15}
    count = "select count(*) from booking_alteration where booking_id = %s and status = 'open'"
    assert db.execute(count, [stay.booking["id"]]).fetchone()["count"] == 1


def test_an_answer_is_given_once(api, make, db):
    stays = [Stay(api, make) for _ in range(6)]
    with Volley(api.port, 12) as volley:
        for stay in stays:
            offer = stay.move(stay.guest, 2, 7).expect(201)
            path = f"{alterations(stay.booking)}{offer['id']}/"
            shots = [bare(stay.host, path + "accept/"), bare(stay.guest, path + "cancel/"), bare(stay.host, path + "decline/", {})] * 4
            answers = volley.fire(shots)
            assert outcome(answers) == {200: 1, 409: 11}
            won = next(n for n, (status, _) in enumerate(answers) if status == 200) % 3
            [listed] = stay.guest.get(alterations(stay.booking)).expect(200)["results"]
            assert listed["status"] == ("accepted", "cancelled", "declined")[won]
            assert stay.seen()["check_in"] == stay.day(2 if won == 0 else 0)
            assert stay.seen()["version"] == (2 if won == 0 else 1)


def test_accepting_and_cancelling_the_booking_at_once_leave_one_story(api, make, db):
    for n in range(8):
        stay = Stay(api, make)
        offer = stay.move(stay.host, 2, 7).expect(201)
        shots = [bare(stay.guest, f"{alterations(stay.booking)}{offer['id']}/accept/"),
                 shot(stay.host, f"/bookings/{stay.booking['id']}/cancel/")]
        with Volley(api.port, 2) as volley:
            answers = volley.fire(shots if n % 2 else shots[::-1])
        accepted, cancelled = (answers if n % 2 else answers[::-1])
        assert cancelled[0] == 200 and accepted[0] in (200, 409), answers
        assert free(api, stay.listing, stay.day(0), stay.day(9)) == [(stay.day(0), stay.day(9))]
        seen = stay.seen()
        assert json.loads(cancelled[1])["refund"] == seen["refund"]
        assert seen["refund"]["total"] == seen["price"]["total"], "everything, of whichever price it was by then"
        rows = stay.guest.get(f"/bookings/{stay.booking['id']}/history/").expect(200)["results"]
        assert len(rows) == stay.seen()["version"] == (3 if accepted[0] == 200 else 2)


def test_a_cancellation_that_waits_for_a_change_gives_back_the_new_price(api, stay, db, database):
    offer = stay.move(stay.host, 2, 7).expect(201)
    cancel = f"/bookings/{stay.booking['id']}/cancel/"
    with queue_behind(db, database, "select from booking where id = %s for update", stay.booking["id"]) as queue:
        accepted = queue.add(answer, stay.guest, offer, "accept")
        cancelled = queue.add(stay.host.post, cancel, {})
        queue.holding.commit()
        accepted.result().expect(200)
        refund = cancelled.result().expect(200)["refund"]
    assert refund["total"] == stay.seen()["price"]["total"] == offer["after"]["price"]["total"]
    assert refund["total"] != offer["before"]["price"]["total"]


def test_the_nights_of_a_change_are_sold_once(api, make, db):
    """Accepting a change against guests who book the very nights: one of them has them, all of them."""
    won = collections.Counter()
    rivals = [api.new_guest() for _ in range(3)]
    for n in range(12):
        stay = Stay(api, make)
        offer = stay.move(stay.guest, 3, 8).expect(201)
        quotes = [ask(r, stay.listing, stay.day(5), stay.day(7)).expect(201)["id"] for r in rivals]
        shots = [shot(r, "/bookings/", {"quote_id": q}) for r, q in zip(rivals, quotes)]
        shots.insert(n % 4, bare(stay.host, f"{alterations(stay.booking)}{offer['id']}/accept/"))
        with Volley(api.port, 4) as volley:
            answers = volley.fire(shots)
        statuses = outcome(answers)
        assert set(statuses) <= {200, 201, 409} and statuses[200] + statuses[201] == 1, answers
        mine = stay.seen()
        assert mine["check_in"] == stay.day(3 if statuses[200] else 0)
        won["change" if statuses[200] else "booking"] += 1
        taken = db.execute("""select count(*) from stay_block a join stay_block b on a.property_id = b.property_id and a.id < b.id
                              where a.property_id = %s and a.blocked && b.blocked""", [stay.listing["id"]]).fetchone()["count"]
        assert taken == 0
    assert sum(won.values()) == 12
