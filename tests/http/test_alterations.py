"""Other nights or guests for a booking: one side proposes, the other answers (domain rules, 4.1)."""

import datetime

import pytest

from support.alterations import Stay, alterations, answer, moment, propose
from support.processes import wait_until
from support.stays import ask, becomes, book, free, money


@pytest.fixture
def stay(api, make):
    return Stay(api, make, time_zone="Europe/Paris", cleaning_fee=money(4000))


def test_a_change_is_shown_with_both_prices_and_happens_when_the_other_side_agrees(api, stay, db):
    before = stay.booking
    offer = stay.move(stay.guest, 2, 7, guests=3, reason="A later train.").expect(201)
    assert (offer["status"], offer["proposed_by"], offer["reason"]) == ("open", "guest", "A later train.")
    assert offer["before"] == {"check_in": stay.day(0), "check_out": stay.day(4), "guests": 2, "child_ages": [],
                               "price": before["price"]}
    assert (offer["after"]["check_in"], offer["after"]["check_out"], offer["after"]["guests"]) == (stay.day(2), stay.day(7), 3)
    new = offer["after"]["price"]
    assert offer["difference"]["amount"] == new["total"]["amount"] - before["price"]["total"]["amount"] == 11200
    assert sum(line["amount"]["amount"] for line in new["lines"]) == new["total"]["amount"]
    assert stay.seen() == before, "nothing happens yet"
    assert free(api, stay.listing, stay.day(0), stay.day(9)) == [(stay.day(4), stay.day(9))]

    accepted = answer(stay.host, offer, "accept").expect(200)
    assert (accepted["status"], accepted["answered_by"]) == ("accepted", "host")
    after = stay.seen()
    assert (after["check_in"], after["check_out"], after["nights"], after["guests"]) == (stay.day(2), stay.day(7), 5, 3)
    assert (after["price"], after["status"], after["version"]) == (new, "confirmed", before["version"] + 1)
    assert after["cancellation_terms"] == before["cancellation_terms"]
    assert moment(after["starts_at"]).date() == stay.first + datetime.timedelta(days=2)
    assert free(api, stay.listing, stay.day(0), stay.day(9)) == [(stay.day(0), stay.day(2)), (stay.day(7), stay.day(9))]
    rows = stay.guest.get(f"/bookings/{before['id']}/history/").expect(200)["results"]
    assert (rows[-1]["from_status"], rows[-1]["to_status"], rows[-1]["actor"], rows[-1]["reason"], rows[-1]["alteration_id"]) == (
        "confirmed", "confirmed", "host", "A later train.", offer["id"])
    kinds = db.execute("select kind, payload from outbox_event where subject_id = %s order by id", [before["id"]]).fetchall()
    assert [k["kind"] for k in kinds] == ["booking.created", "booking.alteration_proposed", "booking.altered"]
    assert kinds[-1]["payload"]["total"] - kinds[-1]["payload"]["from_total"] == 11200
    assert stay.host.get(alterations(before)).expect(200)["results"] == [accepted]


def test_a_proposal_shows_which_children_it_means(api, make, stay):
    tax = {"name": "City tax", "per_person_night": money(200), "exempt_under_age": 12}
    stay.host.put(f"/properties/{stay.listing['id']}/pricing/", {"taxes": [tax]}).expect(200)
    offer = propose(stay.guest, stay.booking, guests=3, child_ages=[7]).expect(201)
    assert (offer["before"]["child_ages"], offer["after"]["child_ages"]) == ([], [7])
    assert sum(line["amount"]["amount"] for line in offer["after"]["price"]["lines"] if line["kind"] == "tax") == 2 * 4 * 200
    [listed] = stay.host.get(alterations(stay.booking)).expect(200)["results"]
    assert listed == offer and stay.seen()["child_ages"] == []
    accepted = answer(stay.host, offer, "accept").expect(200)
    assert accepted["after"] == offer["after"] and stay.seen()["child_ages"] == [7]
    # Not mentioned: they stay as they are. Taken back: nothing but that changes.
    kept = stay.move(stay.guest, 1, 4).expect(201)
    assert (kept["before"]["child_ages"], kept["after"]["child_ages"]) == ([7], [7])
    answer(stay.guest, kept, "cancel").expect(200)
    grown = propose(stay.guest, stay.booking, child_ages=[]).expect(201)
    assert (grown["before"]["child_ages"], grown["after"]["child_ages"]) == ([7], [])
    assert grown["difference"]["amount"] == 4 * 200
    answer(stay.host, grown, "accept").expect(200)
    assert stay.seen()["child_ages"] == [] and stay.seen()["guests"] == 3


def test_only_the_other_side_answers_and_only_the_proposer_takes_back(api, stay):
    stranger, admin = api.new_guest(), api.as_admin()
    offer = stay.move(stay.host, 1, 4).expect(201)
    assert offer["proposed_by"] == "host"
    for verb in ("accept", "decline"):
        answer(stay.host, offer, verb).expect(403, "not_allowed")
        answer(admin, offer, verb).expect(403, "not_allowed")
        answer(stranger, offer, verb).expect(404, "not_found")
    answer(stay.guest, offer, "cancel").expect(403, "not_allowed")
    stay.move(admin, 1, 3).expect(403, "not_allowed")
    stay.move(stranger, 1, 3).expect(404, "not_found")
    stranger.get(alterations(stay.booking)).expect(404, "not_found")
    assert admin.get(alterations(stay.booking)).expect(200)["results"] == [offer]
    other = offer | {"booking_id": "01890000-0000-7000-8000-000000000000"}
    answer(stay.guest, other, "accept").expect(404, "not_found")
    assert answer(stay.host, offer, "cancel").expect(200)["status"] == "cancelled"
    answer(stay.guest, offer, "accept").expect(409, "wrong_state")


def test_a_proposal_belongs_to_its_booking(api, make, stay):
    other = Stay(api, make)
    offer = stay.move(stay.guest, 1, 4).expect(201)
    path = f"/bookings/{other.booking['id']}/alterations/{offer['id']}/"
    other.host.post(path + "accept/").expect(404, "not_found")
    stay.host.post(path + "accept/").expect(404, "not_found")


def test_a_declined_change_changes_nothing_and_another_may_be_proposed(stay):
    offer = stay.move(stay.guest, 1, 4).expect(201)
    stay.move(stay.guest, 1, 5).expect(409, "wrong_state")
    stay.move(stay.host, 1, 5).expect(409, "wrong_state")
    path = f"{alterations(stay.booking)}{offer['id']}/decline/"
    declined = stay.host.post(path, {"reason": "We are away."}).expect(200)
    assert (declined["status"], declined["answer"], declined["answered_by"]) == ("declined", "We are away.", "host")
    answer(stay.host, offer, "accept").expect(409, "wrong_state")
    assert stay.seen() == stay.booking
    stay.move(stay.host, 1, 5).expect(201)


def test_every_stay_rule_is_checked(api, make):
    stay = Stay(api, make, capacity=3, stay_rules={"min_nights": 3, "max_nights": 6, "booking_window_days": 60})
    reply = stay.move(stay.guest, 0, 2, guests=4)
    reply.expect(422, "invalid_input")
    assert reply.pointers == ["/check_out", "/guests"]
    assert stay.move(stay.guest, 0, 7).pointers == ["/check_out"]
    assert stay.move(stay.guest, 40, 44).pointers == ["/check_in"]
    assert stay.move(stay.guest, -40, 4).pointers == ["/check_in"]
    assert stay.move(stay.guest, 3, 3).pointers == ["/check_out"]
    assert propose(stay.guest, stay.booking, check_out=stay.day(-2)).pointers == ["/check_out"]
    assert propose(stay.guest, stay.booking).pointers == ["/check_out"], "nothing would change"
    assert propose(stay.guest, stay.booking, guests=2).pointers == ["/check_out"]
    assert propose(stay.guest, stay.booking, guests=0).pointers == ["/guests"]
    stay.host.patch(f"/properties/{stay.listing['id']}/", {"stay_rules": {"advance_notice_days": 50}}).expect(200)
    assert stay.move(stay.guest, 1, 5).pointers == ["/check_in"]
    stay.move(stay.guest, 0, 5).expect(201)  # the arrival stays, so its rules are not asked again


def test_prices_and_rules_are_those_of_the_day_it_is_proposed(stay):
    stay.host.patch(f"/properties/{stay.listing['id']}/", {"nightly_price": money(20000)}).expect(200)
    offer = propose(stay.guest, stay.booking, guests=1).expect(201)
    assert offer["after"]["price"]["total"]["amount"] == round((4 * 20000 + 4000) * 1.12)
    stay.host.patch(f"/properties/{stay.listing['id']}/", {"nightly_price": money(30000)}).expect(200)
    answer(stay.host, offer, "accept").expect(200)
    assert stay.seen()["price"] == offer["after"]["price"], "what was shown is what is owed"


def test_a_price_in_another_currency_cannot_be_taken(stay):
    stay.host.patch(f"/properties/{stay.listing['id']}/", {"nightly_price": money(20000, "USD"), "cleaning_fee": None}).expect(200)
    stay.move(stay.guest, 0, 5).expect(409, "wrong_state")


def test_taken_nights_are_refused_when_proposed_and_when_accepted(api, stay):
    rival = api.new_guest()
    book(rival, ask(rival, stay.listing, stay.day(6), stay.day(8)).expect(201)).expect(201)
    stay.move(stay.guest, 2, 7).expect(409, "dates_taken")
    offer = stay.move(stay.guest, 2, 6).expect(201)
    stay.host.post(f"/properties/{stay.listing['id']}/blocks/", {"from": stay.day(5), "to": stay.day(6)}).expect(201)
    answer(stay.host, offer, "accept").expect(409, "dates_taken")
    assert stay.seen() == stay.booking, "nothing changed"
    assert stay.guest.get(alterations(stay.booking)).expect(200)["results"][0]["status"] == "open"
    assert free(api, stay.listing, stay.day(0), stay.day(9)) == [(stay.day(4), stay.day(5)), (stay.day(8), stay.day(9))]


def test_nights_of_a_hold_past_its_time_are_free_for_a_change(api, make, clock):
    stay = Stay(api, make, payment_mode="online")
    rival = api.new_guest()
    # Only what is paid on arrival is confirmed here.
    stay.host.patch(f"/properties/{stay.listing['id']}/", {"payment_mode": "on_arrival"}).expect(200)
    stay.booking = book(stay.guest, ask(stay.guest, stay.listing, stay.day(10), stay.day(12)).expect(201)).expect(201)
    stay.host.patch(f"/properties/{stay.listing['id']}/", {"payment_mode": "online"}).expect(200)
    book(rival, ask(rival, stay.listing, stay.day(12), stay.day(14)).expect(201)).expect(201)
    stay.move(stay.guest, 10, 13).expect(409, "dates_taken")
    clock.advance(minutes=15, seconds=1)
    answer(stay.host, stay.move(stay.guest, 10, 13).expect(201), "accept").expect(200)


def test_preparation_nights_move_with_the_stay(api, make):
    stay = Stay(api, make, stay_rules={"preparation_nights": 1})
    answer(stay.host, stay.move(stay.guest, 1, 6).expect(201), "accept").expect(200)
    assert free(api, stay.listing, stay.day(-1), stay.day(9)) == [(stay.day(-1), stay.day(1)), (stay.day(7), stay.day(9))]


def test_nobody_answers_within_a_day(api, stay, clock, db):
    offer = stay.move(stay.guest, 1, 5).expect(201)
    clock.advance(hours=24, seconds=1)
    answer(stay.host, offer, "accept").expect(409, "wrong_state")
    answer(stay.guest, offer, "cancel").expect(409, "wrong_state")
    second = stay.move(stay.host, 1, 6).expect(201)
    listed = stay.guest.get(alterations(stay.booking)).expect(200)["results"]
    assert [(a["id"], a["status"]) for a in listed] == [(second["id"], "open"), (offer["id"], "expired")]
    kinds = db.execute("select kind from outbox_event where subject_id = %s order by id", [stay.booking["id"]]).fetchall()
    assert [k["kind"] for k in kinds][-2:] == ["booking.alteration_expired", "booking.alteration_proposed"]


def test_what_nobody_answered_expires_by_itself(api, stay, clock):
    offer = stay.move(stay.guest, 1, 5).expect(201)
    clock.advance(hours=24, seconds=1)
    wait_until(lambda: stay.guest.get(alterations(stay.booking)).expect(200)["results"][0]["status"] == "expired", 15,
               f"alteration {offer['id']} expires")


def test_a_proposal_ends_with_check_in(api, make, clock):
    stay = Stay(api, make, check_in=3, nights=3, time_zone="Asia/Kathmandu")
    clock.set(moment(stay.booking["starts_at"]) - datetime.timedelta(hours=5))
    offer = stay.move(stay.guest, 0, 2).expect(201)
    assert offer["expires_at"] == stay.booking["starts_at"]
    clock.set(moment(stay.booking["starts_at"]) + datetime.timedelta(seconds=1))
    answer(stay.host, offer, "accept").expect(409, "wrong_state")


def test_a_cancelled_booking_takes_its_proposal_with_it(stay, db):
    offer = stay.move(stay.guest, 1, 5).expect(201)
    stay.guest.post(f"/bookings/{stay.booking['id']}/cancel/", {}).expect(200)
    answer(stay.host, offer, "accept").expect(409, "wrong_state")
    assert stay.guest.get(alterations(stay.booking)).expect(200)["results"][0]["status"] == "cancelled"
    told = "select payload ->> 'alteration_id' as id from outbox_event where subject_id = %s and kind = 'booking.alteration_cancelled'"
    assert db.execute(told, [stay.booking["id"]]).fetchall() == [{"id": offer["id"]}]
    stay.move(stay.guest, 1, 5).expect(409, "wrong_state")


@pytest.mark.parametrize("mode", [{"booking_mode": "request"}, {"payment_mode": "online"}])
def test_what_is_not_confirmed_is_not_changed(api, make, mode):
    stay = Stay(api, make, **mode)
    stay.move(stay.guest, 1, 5).expect(409, "wrong_state")


def test_during_the_stay_only_its_end_and_the_guests_change(api, make, clock):
    stay = Stay(api, make, check_in=5, nights=5, time_zone="Pacific/Pago_Pago", stay_rules={"advance_notice_days": 3})
    clock.set(moment(stay.booking["starts_at"]) + datetime.timedelta(days=1, hours=1))  # two nights have begun
    becomes(stay.guest, stay.booking, "in_stay")
    assert stay.move(stay.guest, 1, 5).pointers == ["/check_in"]
    assert stay.move(stay.guest, 0, 1).pointers == ["/check_out"]
    shorter = stay.move(stay.host, 0, 2).expect(201)
    assert shorter["difference"]["amount"] < 0
    assert answer(stay.guest, shorter, "accept").expect(200)["status"] == "accepted"
    seen = stay.seen()
    assert (seen["status"], seen["nights"], seen["starts_at"]) == ("in_stay", 2, stay.booking["starts_at"])
    assert free(api, stay.listing, stay.day(1), stay.day(6)) == [(stay.day(2), stay.day(6))]
    longer = stay.move(stay.guest, 0, 3, guests=3).expect(201)
    answer(stay.host, longer, "accept").expect(200)
    ends = moment(stay.seen()["ends_at"])
    clock.set(ends - datetime.timedelta(seconds=30))
    assert stay.seen()["status"] == "in_stay"
    clock.set(ends + datetime.timedelta(seconds=1))
    becomes(stay.guest, stay.booking, "completed")
    stay.move(stay.guest, 0, 4).expect(409, "wrong_state")


def test_the_stay_begins_at_its_new_time(api, stay, clock):
    answer(stay.host, stay.move(stay.guest, -5, -2).expect(201), "accept").expect(200)
    starts, ends = (moment(stay.seen()[k]) for k in ("starts_at", "ends_at"))
    clock.set(starts - datetime.timedelta(seconds=30))
    assert stay.seen()["status"] == "confirmed"
    clock.set(starts + datetime.timedelta(seconds=1))
    becomes(stay.guest, stay.booking, "in_stay")
    clock.set(ends + datetime.timedelta(seconds=1))
    becomes(stay.guest, stay.booking, "completed")


def test_the_policys_clock_moves_with_the_check_in(api, make, clock):
    """Flexible: a day before the new check-in counts, not a day before the old one. No second grace."""
    stay = Stay(api, make, cancellation_policy="limited", time_zone="UTC")
    clock.advance(hours=30)
    until = lambda: [(s["until"], s["refund"]["accommodation"]["amount"]) for s in stay.guest.get(  # noqa: E731
        f"/bookings/{stay.booking['id']}/cancellation-preview/").expect(200)["schedule"]]
    old = until()
    answer(stay.host, stay.move(stay.guest, 2, 6).expect(201), "accept").expect(200)
    shifted = [((moment(t) + datetime.timedelta(days=2)).isoformat().replace("+00:00", "Z"), amount) for t, amount in old]
    assert until() == shifted


def test_a_lower_price_leaves_more_paid_than_owed(api, stay, db):
    total = stay.booking["price"]["total"]["amount"]
    db.execute("update booking set paid = total where id = %s", [stay.booking["id"]])
    offer = stay.move(stay.guest, 0, 2).expect(201)
    answer(stay.host, offer, "accept").expect(200)
    payload = db.execute("select payload from outbox_event where subject_id = %s order by id desc limit 1",
                         [stay.booking["id"]]).fetchone()["payload"]
    assert payload["refund_due"] == total - offer["after"]["price"]["total"]["amount"] > 0
    seen = stay.guest.post(f"/bookings/{stay.booking['id']}/cancel/", {}).expect(200)
    assert seen["refund"]["due"]["amount"] == total, "within the grace everything paid goes back"


def test_a_price_shown_for_a_change_cannot_be_booked(stay, db):
    stay.move(stay.guest, 10, 12).expect(201)
    quote = db.execute("select id from quote where alters = %s", [stay.booking["id"]]).fetchone()["id"]
    stay.guest.get(f"/quotes/{quote}/").expect(404, "not_found")
    book(stay.guest, {"id": str(quote)}).expect(422, "invalid_input")


def test_a_booking_has_so_many_proposals_and_no_more(stay):
    for n in range(50):
        answer(stay.guest, stay.move(stay.guest, 1, 5).expect(201), "cancel").expect(200)
    stay.move(stay.guest, 1, 5).expect(429, "too_many_requests")
    assert len(stay.guest.get(alterations(stay.booking)).expect(200)["results"]) == 50
