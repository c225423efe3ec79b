"""Stays begin, end and lapse by the property's own clock, whatever it does (domain rules, 4.7; C2)."""

import datetime
import zoneinfo

import pytest

from support.clock import local
from support.stays import ask, becomes, book, history

SECOND = datetime.timedelta(seconds=1)
SHORTLY = datetime.timedelta(seconds=120)  # before: time goes on while a test looks


def last_sunday(year, month):
    last = datetime.date(year, month, 31)
    return last - datetime.timedelta(days=(last.weekday() + 1) % 7)


def moment(text):
    return datetime.datetime.fromisoformat(text)


# zone, a function of next year to the day of check-in, nights, check-in time, check-out time, hours the stay lasts
CASES = {
    "the night Paris loses an hour": ("Europe/Paris", lambda y: last_sunday(y, 3) - datetime.timedelta(days=1), 2, "15:00", "11:00", 43),
    "the night Paris gains an hour": ("Europe/Paris", lambda y: last_sunday(y, 10) - datetime.timedelta(days=1), 2, "15:00", "11:00", 45),
    "a check-in at an hour that is skipped": ("Europe/Paris", lambda y: last_sunday(y, 3), 1, "02:30", "11:00", 32),
    "a check-in at an hour that comes twice": ("Europe/Paris", lambda y: last_sunday(y, 10), 1, "02:30", "11:00", 33.5),
    "a check-out at an hour that is skipped": ("Europe/Paris", lambda y: last_sunday(y, 3) - datetime.timedelta(days=1), 1, "15:00", "02:30", 11),
    "fourteen hours ahead": ("Pacific/Kiritimati", lambda y: datetime.date(y, 5, 1), 3, "14:00", "10:00", 68),
    "eleven hours behind": ("Pacific/Pago_Pago", lambda y: datetime.date(y, 5, 1), 3, "14:00", "10:00", 68),
    "a quarter of an hour off": ("Asia/Kathmandu", lambda y: datetime.date(y, 2, 27), 3, "12:15", "11:45", 71.5),
    "three hours ahead, all year": ("Africa/Nairobi", lambda y: datetime.date(y, 3, 27), 3, "14:00", "10:00", 68),
    "the day that most years do not have": ("Europe/Paris", lambda y: datetime.date(2028, 2, 28), 2, "15:00", "11:00", 44),
}


@pytest.mark.parametrize("case", CASES)
def test_a_stay_begins_and_ends_at_the_propertys_instants(api, make, clock, case):
    zone, first, nights, check_in_time, check_out_time, hours = CASES[case]
    check_in = first(clock.now().year + 1)
    check_out = check_in + datetime.timedelta(days=nights)
    starts, ends = local(zone, check_in, check_in_time), local(zone, check_out, check_out_time)
    assert (ends - starts).total_seconds() == hours * 3600, "the oracle itself"
    clock.set(starts - datetime.timedelta(days=20))
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, time_zone=zone, check_in_time=check_in_time, check_out_time=check_out_time)
    booking = book(guest, ask(guest, listing, str(check_in), str(check_out)).expect(201)).expect(201)
    assert (moment(booking["starts_at"]), moment(booking["ends_at"]), booking["nights"]) == (starts, ends, nights)

    for at, before, after in ((starts, "confirmed", "in_stay"), (ends, "in_stay", "completed")):
        clock.set(at - SHORTLY)
        assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == before
        clock.set(at + SECOND)
        becomes(guest, booking, after)
    assert history(guest, booking) == [(None, "confirmed", "guest"), ("confirmed", "in_stay", "system"),
                                       ("in_stay", "completed", "system")]


def test_days_of_24_hours_would_be_noticed():
    """The control: who counts a night as 24 hours ends just the stays elsewhere that meet a change of the clocks."""
    for name, (zone, first, nights, check_in_time, check_out_time, _) in CASES.items():
        check_in = first(2027)
        arrives, leaves = (datetime.datetime.strptime(time, "%H:%M") for time in (check_in_time, check_out_time))
        counted = local(zone, check_in, check_in_time) + datetime.timedelta(days=nights) + (leaves - arrives)
        ends = local(zone, check_in + datetime.timedelta(days=nights), check_out_time)
        assert (counted != ends) == any(word in name for word in ("loses", "gains", "skipped", "twice")), name


def test_a_change_of_a_stay_moves_its_end_across_a_change_of_the_clocks(api, make, clock):
    zone, check_in = "Europe/Paris", last_sunday(clock.now().year + 1, 3) - datetime.timedelta(days=2)
    before, after = (check_in + datetime.timedelta(days=n) for n in (1, 3))
    clock.set(local(zone, check_in, "15:00") - datetime.timedelta(days=20))
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, time_zone=zone, check_in_time="15:00", check_out_time="11:00")
    booking = book(guest, ask(guest, listing, str(check_in), str(before)).expect(201)).expect(201)
    assert moment(booking["ends_at"]) == local(zone, before, "11:00")
    path = f"/bookings/{booking['id']}/"
    offer = guest.post(path + "alterations/", {"check_out": str(after)}).expect(201)
    host.post(f"{path}alterations/{offer['id']}/accept/").expect(200)
    ends = local(zone, after, "11:00")
    changed = guest.get(path).expect(200)
    assert moment(changed["ends_at"]) == ends == moment(booking["ends_at"]) + datetime.timedelta(hours=47)
    clock.set(ends - SHORTLY)
    becomes(guest, booking, "in_stay")
    clock.set(ends + SECOND)
    becomes(guest, booking, "completed")


@pytest.mark.parametrize("zone", ["Europe/Paris", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kathmandu"])
@pytest.mark.parametrize("month", [3, 10])
def test_cutoffs_are_local_calendar_days(api, make, clock, zone, month):
    """Moderate, five local days before 15:00, over the days on which Europe changes its clocks."""
    check_in = last_sunday(clock.now().year + 1, month) + datetime.timedelta(days=2)
    cutoff = local(zone, check_in - datetime.timedelta(days=5), "15:00")
    clock.set(cutoff - datetime.timedelta(days=20))
    guest = api.new_guest()
    listing = make.listing(time_zone=zone, cancellation_policy="moderate", check_in_time="15:00")
    last = str(check_in + datetime.timedelta(days=4))
    booking = book(guest, ask(guest, listing, str(check_in), last).expect(201)).expect(201)
    path = f"/bookings/{booking['id']}/"

    def given_back():
        return guest.get(path + "cancellation-preview/").expect(200)["now"]["accommodation"]["amount"]

    clock.set(cutoff - SHORTLY)
    assert given_back() == 40000
    clock.set(cutoff + SECOND)
    assert given_back() == 15000, "one night and half of the other three are kept"
    assert guest.post(path + "cancel/", {}).expect(200)["refund"]["accommodation"]["amount"] == 15000


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_today_begins_and_ends_there(api, make, clock, zone):
    tz = zoneinfo.ZoneInfo(zone)
    midnight = datetime.datetime.combine(clock.now().astimezone(tz).date() + datetime.timedelta(days=2), datetime.time(), tz)
    listing, guest = make.listing(time_zone=zone, check_in_time="15:00"), api.new_guest()
    yesterday, today, tomorrow = (str(midnight.date() + datetime.timedelta(days=n)) for n in (-1, 0, 1))
    clock.set(midnight - SHORTLY)
    ask(guest, listing, yesterday, today).expect(201)
    clock.set(midnight + SECOND)
    assert ask(guest, listing, yesterday, today).pointers == ["/check_in"]
    ask(guest, listing, today, tomorrow).expect(201)


@pytest.mark.parametrize("month", [3, 10])
def test_a_request_can_be_found_and_asked_for_until_check_in(api, make, clock, month):
    """At an hour that is skipped or comes twice: a quote, search and the calendar mean the same moment."""
    zone, today = "Europe/Paris", last_sunday(clock.now().year + 1, month)
    starts = local(zone, today, "02:30")
    tomorrow = str(today + datetime.timedelta(days=1))
    clock.set(starts - datetime.timedelta(days=2))
    host, guest = api.new_host(), api.new_guest()
    terms = {"time_zone": zone, "check_in_time": "02:30"}
    waits, instant = make.listing(host, booking_mode="request", **terms), make.listing(host, **terms)

    def told(listing):
        found = api.anonymous.get(f"/properties/?host={host.id}&check_in={today}&check_out={tomorrow}").expect(200)["results"]
        [night] = api.anonymous.get(
            f"/properties/{listing['id']}/calendar/?from={today}&to={tomorrow}").expect(200)["nights"]
        assert night["reason"] in (None, "notice")
        return {ask(guest, listing, str(today), tomorrow).status == 201, listing["id"] in [r["id"] for r in found],
                night["available"]}

    for minutes, taken in ((-100, True), (-1, True), (1, False), (45, False), (100, False), (600, False)):
        clock.set(starts + datetime.timedelta(minutes=minutes))
        assert told(waits) == {taken}, minutes
        assert told(instant) == {True}, minutes
