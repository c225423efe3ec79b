"""From a price to the end of a stay: quotes, bookings, answers, cancellations, and what time does to them."""

import datetime

import pytest

from support.make import Make
from support.stays import ask, becomes, book, free, history, money

# --------------------------------------------------------------------------------------------------------- quotes


def test_a_quote_explains_every_line(api, make):
    listing = make.listing(nightly_price=money(10050), cleaning_fee=money(4000), tax_basis_points=725)
    guest = api.new_guest()
    quote = make.quote(listing, guest, check_in=40, nights=4, guests=3)
    lines = {line["kind"]: line for line in quote["price"]["lines"]}
    assert lines["nights"] == {"kind": "nights", "description": "Nights at the usual price", "name": None, "rule": "base",
                               "quantity": 4, "unit_price": money(10050), "rate_basis_points": None, "base": None,
                               "amount": money(40200), "refundable": True}
    assert lines["cleaning"]["amount"] == money(4000)
    assert (lines["guest_fee"]["rate_basis_points"], lines["guest_fee"]["amount"]) == (1200, money(5304))
    assert lines["guest_fee"]["base"] == money(44200)
    # 442.00 at 7.25 % is 32.045: half up
    assert (lines["tax"]["rate_basis_points"], lines["tax"]["amount"]) == (725, money(3205))
    assert quote["price"]["total"] == money(40200 + 4000 + 5304 + 3205)
    assert quote["price"]["host_fee"] == money(1326)
    assert quote["price"]["host_payout"] == money(44200 - 1326)
    assert sum(line["amount"]["amount"] for line in lines.values()) == quote["price"]["total"]["amount"]
    assert (quote["nights"], quote["guests"]) == (4, 3)
    assert guest.get(f"/quotes/{quote['id']}/").expect(200) == quote


def test_a_quote_is_nobody_elses_business(api, make):
    ann, bob = api.new_guest("ann"), api.new_guest("bob")
    quote = make.quote(make.listing(), ann)
    absent = bob.get("/quotes/01890000-0000-7000-8000-000000000000/").expect(404)
    foreign = bob.get(f"/quotes/{quote['id']}/").expect(404)
    assert {k: v for k, v in foreign.items() if k not in ("instance", "request_id")} == {
        k: v for k, v in absent.items() if k not in ("instance", "request_id")}
    assert book(bob, quote).expect(422)["errors"][0]["pointer"] == "/quote_id"


def test_every_broken_rule_is_reported_at_once(api, make, clock):
    listing = make.listing(time_zone="UTC", capacity=2, stay_rules={"min_nights": 3, "advance_notice_days": 5, "booking_window_days": 90})
    guest = api.new_guest()
    problem = ask(guest, listing, clock.today(1), clock.today(2), guests=5)
    problem.expect(422, "invalid_input")
    assert problem.pointers == ["/check_in", "/check_out", "/guests"]
    assert ask(guest, listing, clock.today(91), clock.today(95)).pointers == ["/check_in"]
    ask(guest, listing, clock.today(90), clock.today(95)).expect(201)
    assert ask(guest, listing, clock.today(-3), clock.today(9)).pointers == ["/check_in"]
    assert ask(guest, listing, clock.today(9), clock.today(9)).pointers == ["/check_out"]


def test_today_is_the_propertys_today(api, make, clock):
    """At 23:30 UTC it is tomorrow in Tokyo and today in New York."""
    tokyo = make.listing(time_zone="Asia/Tokyo", stay_rules={})
    new_york = make.listing(time_zone="America/New_York", stay_rules={})
    tomorrow = clock.now().replace(hour=23, minute=30) + datetime.timedelta(days=1)
    clock.set(tomorrow)
    guest = api.new_guest()
    first, second = tomorrow.date().isoformat(), (tomorrow.date() + datetime.timedelta(days=1)).isoformat()
    assert ask(guest, tokyo, first, second).pointers == ["/check_in"]
    ask(guest, new_york, first, second).expect(201)


def test_nobody_books_the_own_place(api, make, clock):
    host = api.new_host()
    listing = make.listing(host)
    ask(host, listing, clock.today(5), clock.today(7)).expect(403, "not_allowed")


def test_only_listed_places_are_quoted(api, make, clock):
    host = api.new_host()
    draft = make.draft(host)
    ask(api.new_guest(), draft, clock.today(5), clock.today(7)).expect(404, "not_found")


# -------------------------------------------------------------------------------------------------------- booking


def test_instant_and_paid_on_arrival_is_confirmed_at_once(api, make, db):
    guest, host = api.new_guest(), api.new_host()
    listing = make.listing(host)
    quote = make.quote(listing, guest)
    reply = book(guest, quote, message="We come by train.")
    booking = reply.expect(201)
    assert booking["status"] == "confirmed" and booking["expires_at"] is None
    assert (booking["price"], booking["message"]) == (quote["price"], "We come by train.")
    assert (booking["guest_id"], booking["host_id"], booking["property_id"]) == (guest.id, host.id, listing["id"])
    assert reply.headers["Location"] == f"/api/v1/bookings/{booking['id']}/"
    for person in (guest, host):
        assert person.get(f"/bookings/{booking['id']}/").expect(200) == booking
    assert history(guest, booking) == [(None, "confirmed", "guest")]
    event = db.execute("select kind, payload from outbox_event where subject_id = %s", [booking["id"]]).fetchone()
    assert event["kind"] == "booking.created" and event["payload"]["guest_id"] == guest.id
    ask(api.new_guest(), listing, quote["check_in"], quote["check_out"]).expect(409, "dates_taken")


def test_strangers_see_nothing(api, make):
    booking = make.booking(guest=api.new_guest())
    stranger, path = api.new_guest(), f"/bookings/{booking['id']}/"
    for reply in (stranger.get(path), stranger.get(path + "history/"), stranger.get(path + "cancellation-preview/"),
                  stranger.post(path + "accept/"), stranger.post(path + "decline/", {}), stranger.post(path + "cancel/", {})):
        reply.expect(404, "not_found")
    assert stranger.get("/bookings/").expect(200)["results"] == []
    api.anonymous.get(path).expect(401)


def test_one_night_is_one_booking_and_departure_days_are_free(api, make, clock):
    listing, guest = make.listing(), api.new_guest()
    days = [clock.today(n) for n in range(60)]
    before, middle, after = (ask(guest, listing, days[a], days[b]).expect(201) for a, b in ((30, 33), (33, 36), (36, 38)))
    across = ask(guest, listing, days[32], days[34]).expect(201)
    for quote in (middle, before, after):
        book(guest, quote).expect(201)
    book(guest, across).expect(409, "dates_taken")
    assert free(api, listing, days[28], days[40]) == [(days[28], days[30]), (days[38], days[40])]


def test_nights_of_preparation_follow_every_stay(api, make, clock):
    listing, guest = make.listing(stay_rules={"preparation_nights": 2}), api.new_guest()
    days = [clock.today(n) for n in range(60)]
    book(guest, ask(guest, listing, days[30], days[33]).expect(201)).expect(201)
    ask(guest, listing, days[34], days[36]).expect(409, "dates_taken")
    ask(guest, listing, days[27], days[29]).expect(409, "dates_taken")  # its own preparation would reach into the stay
    ask(guest, listing, days[35], days[37]).expect(201)
    ask(guest, listing, days[26], days[28]).expect(201)


def test_a_quote_holds_for_a_quarter_of_an_hour(api, make, clock):
    guest = api.new_guest()
    quote, other = make.quote(make.listing(), guest), make.quote(make.listing(), guest)
    clock.advance(minutes=13)
    book(guest, quote).expect(201)
    clock.advance(minutes=2, seconds=1)
    book(guest, other).expect(410, "quote_expired")


@pytest.mark.parametrize("change", [{"nightly_price": money(12000)}, {"cleaning_fee": money(1)}, {"tax_basis_points": 100},
                                    {"status": "unlisted"}, {"stay_rules": {"min_nights": 5}}])
def test_a_quote_ends_when_the_host_changes_the_terms(api, make, change):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    quote = make.quote(listing, guest)
    host.patch(f"/properties/{listing['id']}/", change).expect(200)
    book(guest, quote).expect(410, "quote_expired")


def test_another_title_does_not_end_a_quote(api, make):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    quote = make.quote(listing, guest)
    host.patch(f"/properties/{listing['id']}/", {"title": "The same flat, better named"}).expect(200)
    book(guest, quote).expect(201)


def test_an_unpaid_booking_holds_its_nights_for_a_quarter_of_an_hour(api, make, clock):
    listing, guest, rival = make.listing(payment_mode="online"), api.new_guest(), api.new_guest("rival")
    booking = make.booking(listing, guest)
    assert booking["status"] == "awaiting_payment" and booking["expires_at"] is not None
    nights = booking["check_in"], booking["check_out"]
    ask(rival, listing, *nights).expect(409, "dates_taken")
    assert free(api, listing, *nights) == []
    clock.advance(minutes=15, seconds=1)
    assert free(api, listing, *nights) == [nights], "free at once, whether swept or not"
    second = book(rival, ask(rival, listing, *nights).expect(201)).expect(201)
    assert second["status"] == "awaiting_payment"
    becomes(guest, booking, "expired")
    assert history(guest, booking) == [(None, "awaiting_payment", "guest"), ("awaiting_payment", "expired", "system")]
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(409, "wrong_state")
    assert free(api, listing, *nights) == [], "expiring the first does not free the nights of the second"


# ------------------------------------------------------------------------------------------------------- requests


def test_a_request_is_answered_once_by_its_host(api, make):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, booking_mode="request")
    booking = make.booking(listing, guest)
    path = f"/bookings/{booking['id']}/"
    assert booking["status"] == "requested"
    ask(api.new_guest("rival"), listing, booking["check_in"], booking["check_out"]).expect(409, "dates_taken")
    guest.post(path + "accept/").expect(403, "not_allowed")
    assert host.post(path + "accept/").expect(200)["status"] == "confirmed"
    host.post(path + "accept/").expect(409, "wrong_state")
    host.post(path + "decline/", {}).expect(409, "wrong_state")
    assert history(host, booking) == [(None, "requested", "guest"), ("requested", "confirmed", "host")]
    ask(api.new_guest("rival"), listing, booking["check_in"], booking["check_out"]).expect(409, "dates_taken")


def test_a_declined_request_frees_its_nights(api, make):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, booking_mode="request")
    booking = make.booking(listing, guest)
    declined = host.post(f"/bookings/{booking['id']}/decline/", {"reason": "Repairs that week."}).expect(200)
    assert declined["status"] == "declined" and declined["version"] == booking["version"] + 1
    rows = guest.get(f"/bookings/{booking['id']}/history/").expect(200)["results"]
    assert rows[-1]["reason"] == "Repairs that week."
    ask(guest, listing, booking["check_in"], booking["check_out"]).expect(201)


def test_a_request_waits_a_day_and_never_past_check_in(api, make, clock):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, booking_mode="request", time_zone="Europe/Paris", check_in_time="15:00")
    clock.set((clock.now() + datetime.timedelta(days=1)).replace(hour=9, minute=0, second=0, microsecond=0))
    near, far = make.booking(listing, guest, check_in=0, nights=1), make.booking(listing, guest, check_in=9, nights=1)
    assert near["expires_at"] == near["starts_at"]
    clock.advance(hours=23)
    becomes(guest, near, "expired")
    assert guest.get(f"/bookings/{far['id']}/").expect(200)["status"] == "requested"
    clock.advance(hours=1, seconds=1)
    host.post(f"/bookings/{far['id']}/accept/").expect(409, "wrong_state")
    becomes(guest, far, "expired")


def test_an_accepted_request_that_is_paid_online_waits_for_the_payment(api, make, clock):
    host, guest = api.new_host(), api.new_guest()
    booking = make.booking(make.listing(host, booking_mode="request", payment_mode="online"), guest)
    accepted = host.post(f"/bookings/{booking['id']}/accept/").expect(200)
    assert accepted["status"] == "awaiting_payment" and accepted["expires_at"]
    clock.advance(hours=24, seconds=1)
    becomes(guest, booking, "expired")


# --------------------------------------------------------------------------------------------------- cancellation


@pytest.mark.parametrize("policy,days_before,accommodation", [
    ("flexible", 10, 40000), ("moderate", 10, 40000), ("moderate", 3, 15000), ("firm", 10, 20000), ("limited", 10, 20000),
    ("strict", 10, 20000), ("strict", 3, 0), ("non_refundable", 10, 0)])
def test_a_guest_gets_back_what_the_policy_gives(api, make, clock, policy, days_before, accommodation):
    """4 nights of 100.00, cancelled more than a day after booking."""
    guest = api.new_guest()
    booking = make.booking(make.listing(cancellation_policy=policy), guest, check_in=40, nights=4)
    check_in = datetime.datetime.fromisoformat(booking["starts_at"])
    clock.set(check_in - datetime.timedelta(days=days_before, minutes=30))
    path = f"/bookings/{booking['id']}/"
    preview = guest.get(path + "cancellation-preview/").expect(200)
    cancelled = guest.post(path + "cancel/", {"reason": "Ill."}).expect(200)
    assert cancelled["refund"] == preview["now"]
    preview = preview["now"]
    assert preview["accommodation"] == money(accommodation)
    assert preview["guest_fee"] == money(4800 if accommodation == 40000 else 0)
    assert preview["due"] == money(0), "nothing was paid"
    assert cancelled["booking"]["status"] == "cancelled_by_guest"
    guest.post(path + "cancel/", {}).expect(409, "wrong_state")
    guest.get(path + "cancellation-preview/").expect(409, "wrong_state")


def test_when_the_host_cancels_everything_goes_back(api, make):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, cancellation_policy="non_refundable")
    booking = make.booking(listing, guest)
    cancelled = host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    assert cancelled["booking"]["status"] == "cancelled_by_host"
    assert cancelled["refund"]["total"] == booking["price"]["total"]
    ask(guest, listing, booking["check_in"], booking["check_out"]).expect(201)


def test_an_admin_may_cancel_anything(api, make):
    booking = make.booking(make.listing(), api.new_guest())
    cancelled = api.as_admin().post(f"/bookings/{booking['id']}/cancel/", {"reason": "Fraud."}).expect(200)
    assert cancelled["booking"]["status"] == "cancelled_by_admin"


def test_cancelling_during_the_stay_frees_only_what_is_left(api, make, clock):
    guest = api.new_guest()
    listing = make.listing(time_zone="Europe/Paris", stay_rules={"preparation_nights": 1})
    booking = make.booking(listing, guest, check_in=10, nights=5)
    clock.set(datetime.datetime.fromisoformat(booking["starts_at"]) + datetime.timedelta(days=1, hours=2))
    becomes(guest, booking, "in_stay")
    cancelled = guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    assert cancelled["refund"]["accommodation"] == money(20000), "two nights begun and one more are kept"
    first = datetime.date.fromisoformat(booking["check_in"])
    day = [(first + datetime.timedelta(days=n)).isoformat() for n in range(9)]
    assert free(api, listing, day[1], day[8]) == [(day[3], day[8])], "the nights begun and the preparation after them"


def test_cancelling_what_was_never_paid_frees_the_night_that_has_begun_too(api, make, clock):
    """Booked and taken back in the afternoon of the first night, when a stay that is firm keeps it."""
    clock.set((clock.now() + datetime.timedelta(days=1)).replace(hour=17, minute=0))
    first, last = clock.today(), clock.today(2)
    for mode, left in (("online", [(first, last)]), ("on_arrival", [(clock.today(1), last)])):
        guest, listing = api.new_guest(), make.listing(payment_mode=mode)
        booking = book(guest, ask(guest, listing, first, last).expect(201)).expect(201)
        guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
        assert free(api, listing, first, last) == left, mode


# ----------------------------------------------------------------------------------------------------------- time


def test_a_stay_begins_and_ends_by_the_propertys_clock(api, make, clock):
    host, guest = api.new_host(), api.new_guest()
    booking = make.booking(make.listing(host, time_zone="America/New_York"), guest, check_in=5, nights=2)
    starts, ends = (datetime.datetime.fromisoformat(booking[k]) for k in ("starts_at", "ends_at"))
    assert starts.astimezone(datetime.timezone.utc).hour in (19, 20), "15:00 in New York"
    clock.set(starts - datetime.timedelta(minutes=1))
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "confirmed"
    clock.set(starts + datetime.timedelta(seconds=1))
    becomes(guest, booking, "in_stay")
    clock.set(ends + datetime.timedelta(seconds=1))
    becomes(host, booking, "completed")
    host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(409, "wrong_state")
    assert history(guest, booking) == [(None, "confirmed", "guest"), ("confirmed", "in_stay", "system"),
                                       ("in_stay", "completed", "system")]


def test_two_processes_sweep_without_doing_anything_twice(two_servers):
    one, other = two_servers
    make = Make(one)
    listing = make.listing(one.new_host(), payment_mode="online")
    held = [(guest, make.booking(listing, guest, check_in=3 + 2 * (10 * k + n), nights=2))
            for k, guest in enumerate([one.new_guest(), one.new_guest()]) for n in range(10)]
    one.clock.advance(minutes=16)  # moves both
    for guest, booking in held:
        becomes(guest, booking, "expired")
        assert history(guest, booking) == [(None, "awaiting_payment", "guest"), ("awaiting_payment", "expired", "system")]
    one.clock.reset()


# ---------------------------------------------------------------------------------------------------------- lists


def test_lists_are_filtered_and_paged_both_ways(api, make):
    host, guest = api.new_host(), api.new_guest()
    places = [make.listing(host), make.listing(host)]
    made = [make.booking(places[n % 2], guest, check_in=10 + 5 * n, nights=2)["id"] for n in range(7)]
    guest.post(f"/bookings/{made[3]}/cancel/", {}).expect(200)
    newest_first = made[::-1]

    def ids(person, query):
        return [b["id"] for b in person.get(f"/bookings/?{query}").expect(200)["results"]]

    assert ids(guest, "") == newest_first
    assert ids(guest, "role=host") == [] and ids(host, "role=host") == newest_first
    assert ids(guest, "status=cancelled_by_guest,expired") == [made[3]]
    assert ids(host, f"role=host&property={places[1]['id']}") == [m for m in newest_first if made.index(m) % 2]
    day = api.clock.today
    assert ids(guest, f"from={day(16)}&to={day(21)}") == [made[2], made[1]], "nights on or after from and before to"

    def walk(person, path, link):
        while path:
            page = person.get(path.removeprefix("/api/v1")).expect(200)
            yield [b["id"] for b in page["results"]], page
            path = page[link]

    for person, query in ((guest, "limit=3&count=true"), (host, "limit=3&count=true&role=host")):
        pages = list(walk(person, f"/bookings/?{query}", "next"))
        assert [i for chunk, _ in pages for i in chunk] == newest_first
        assert pages[0][1]["count"] == 7 and pages[0][1]["previous"] is None
        back = list(walk(person, pages[-1][1]["previous"], "previous"))
        assert [i for chunk, _ in reversed(back) for i in chunk] == newest_first[:6]
    guest.get("/bookings/?cursor=nonsense").expect(422)
    guest.get("/bookings/?role=landlord&limit=0").expect(422)


def test_a_place_with_guests_to_come_cannot_be_deleted(api, make):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    booking = make.booking(listing, guest)
    host.delete(f"/properties/{listing['id']}/").expect(409, "has_live_bookings")
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    host.delete(f"/properties/{listing['id']}/").expect(204)
