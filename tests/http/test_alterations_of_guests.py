"""Where only the guests of a booking change, nothing of its nights or times does (domain rules, 4.1)."""

import datetime

import pytest

from support.alterations import Stay, answer, moment, propose
from support.stays import ask, becomes, book, free

TIMES = ("check_in", "check_out", "starts_at", "ends_at", "status")
MOVED = {"check_in_time": "11:00", "check_out_time": "10:00", "time_zone": "Pacific/Auckland"}


def schedule(stay):
    return stay.guest.get(f"/bookings/{stay.booking['id']}/cancellation-preview/").expect(200)["schedule"]


def three_instead_of_two(stay):
    offer = propose(stay.guest, stay.booking, guests=3).expect(201)
    answer(stay.host, offer, "accept").expect(200)
    seen = stay.seen()
    assert seen["guests"] == 3 and [seen[k] for k in TIMES] == [stay.booking[k] for k in TIMES]
    return offer


def test_new_nights_of_preparation_do_not_stand_in_the_way(api, make):
    """Between two stays that touch there is no room for what the host asks for since; another night would need it."""
    stay, rival = Stay(api, make), api.new_guest()
    book(rival, ask(rival, stay.listing, stay.day(4), stay.day(6)).expect(201)).expect(201)
    stay.host.patch(f"/properties/{stay.listing['id']}/", {"stay_rules": {"preparation_nights": 1}}).expect(200)
    stay.move(stay.guest, 1, 4).expect(409, "dates_taken")
    three_instead_of_two(stay)
    assert free(api, stay.listing, stay.day(-1), stay.day(7)) == [(stay.day(-1), stay.day(0)), (stay.day(6), stay.day(7))]


def test_the_cutoffs_stay_where_they_are(api, make, clock):
    stay = Stay(api, make, cancellation_policy="limited", time_zone="Europe/Paris")
    clock.advance(hours=30)  # the grace after booking is over
    before = [s["until"] for s in schedule(stay)]
    stay.host.patch(f"/properties/{stay.listing['id']}/", MOVED).expect(200)
    three_instead_of_two(stay)
    assert [s["until"] for s in schedule(stay)] == before
    stay.booking = stay.seen()
    answer(stay.host, stay.move(stay.guest, 1, 5).expect(201), "accept").expect(200)
    assert [s["until"] for s in schedule(stay)] != [
        (moment(u) + datetime.timedelta(days=1)).isoformat().replace("+00:00", "Z") for u in before], "other nights: the new clock"


def test_it_is_possible_until_the_stay_itself_begins(api, make, clock):
    """Also where the host has moved check-in to an earlier hour, which is past."""
    stay = Stay(api, make, check_in=5, time_zone="Europe/Paris")
    stay.host.patch(f"/properties/{stay.listing['id']}/", MOVED).expect(200)
    clock.set(moment(stay.booking["starts_at"]) - datetime.timedelta(minutes=5))
    offer = three_instead_of_two(stay)
    assert offer["expires_at"] == stay.booking["starts_at"]


@pytest.mark.parametrize("nights", [4, 5])
def test_a_stay_that_has_begun_ends_by_the_clock_it_began_by(api, make, clock, nights):
    stay = Stay(api, make, check_in=5, nights=4, time_zone="Pacific/Pago_Pago")
    clock.set(moment(stay.booking["starts_at"]) + datetime.timedelta(hours=1))
    becomes(stay.guest, stay.booking, "in_stay")
    stay.booking = stay.seen()
    stay.host.patch(f"/properties/{stay.listing['id']}/", {"time_zone": "Pacific/Auckland"}).expect(200)
    if nights == 4:
        three_instead_of_two(stay)
    else:
        answer(stay.host, stay.move(stay.guest, 0, 5).expect(201), "accept").expect(200)
        seen = stay.seen()
        assert seen["starts_at"] == stay.booking["starts_at"]
        assert moment(seen["ends_at"]) == moment(stay.booking["ends_at"]) + datetime.timedelta(days=1)
