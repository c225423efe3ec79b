"""What a host says of days, weekdays, seasons and lengths of stay, and what guests then see, pay and may book."""

import concurrent.futures
import datetime

import psycopg
import pytest

from support.processes import wait_until
from support.stays import ask, book, money, over

PRICING = {"weekend": ["friday", "saturday"], "weekend_price": money(14000), "length_discounts": [
    {"min_nights": 7, "basis_points": 1000}, {"min_nights": 28, "basis_points": 3000}],
    "included_guests": 2, "extra_guest_fee": money(1500),
    "taxes": [{"name": "City tax", "per_person_night": money(200), "exempt_under_age": 12, "max_nights": 5}]}


def friday(clock, after=30):
    day = datetime.date.fromisoformat(clock.today(after))
    return day + datetime.timedelta(days=(4 - day.weekday()) % 7)


def days(first, *offsets):
    return [str(first + datetime.timedelta(days=n)) for n in offsets]


def path(listing, rest=""):
    return f"/properties/{listing['id']}/{rest}"


def edit(host, listing, *edits, status=200):
    return host.patch(path(listing, "calendar/"), {"edits": edits}).expect(status)


def nights(api, listing, first, last):
    return api.anonymous.get(path(listing, f"calendar/?from={first}&to={last}")).expect(200)["nights"]


def lines(quote):
    return [(line["kind"], line["description"], line["amount"]["amount"]) for line in quote["price"]["lines"]]


def test_a_quote_names_the_rule_behind_each_line(api, make, clock):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, cleaning_fee=money(3000))
    first = friday(clock)
    host.put(path(listing, "pricing/"), PRICING).expect(200)
    host.post(path(listing, "seasons/"), {"name": "Summer", "from": days(first, 3)[0], "to": days(first, 5)[0],
                                          "price": money(20000)}).expect(201)
    edit(host, listing, {"from": days(first, 4)[0], "to": days(first, 5)[0], "price": money(30000)})
    body = {"check_in": str(first), "check_out": days(first, 7)[0], "guests": 4, "child_ages": [3, 13]}
    quote = guest.post(path(listing, "quote/"), body).expect(201)
    assert lines(quote) == [
        ("nights", "Nights of the weekend", 28000), ("nights", "Nights at the usual price", 30000),
        ("nights", "Season Summer", 20000), ("nights", "Nights with a price of their own", 30000),
        ("length_discount", "10% off stays of 7 nights or more", -10800),
        ("extra_guests", "2 guests beyond 2, 7 nights", 21000), ("cleaning", "Cleaning, once", 3000),
        ("guest_fee", "Service fee, 12%", 14544), ("tax", "City tax, 3 persons, first 5 nights", 3000)]
    assert quote["price"]["total"] == money(121200 + 14544 + 3000)
    booking = book(guest, quote).expect(201)
    assert booking["price"] == quote["price"] and booking["child_ages"] == [3, 13]
    seen = nights(api, listing, first, days(first, 7)[0])
    assert [n["price"]["amount"] for n in seen] == [14000, 14000, 10000, 20000, 30000, 10000, 10000]
    assert [n["rule"] for n in seen] == ["weekend", "weekend", "base", "season", "date", "base", "base"]


def test_the_calendar_says_why_a_night_cannot_be_had_but_not_whose_it_is(api, make, clock, db):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, time_zone="Atlantic/Reykjavik",  # where it is as late as in UTC
                           stay_rules={"preparation_nights": 1, "advance_notice_days": 2, "booking_window_days": 40})
    booking = make.booking(listing, guest, check_in=10, nights=2)
    host.post(path(listing, "blocks/"), {"from": clock.today(20), "to": clock.today(22)}).expect(201)
    db.execute("""insert into stay_block (id, property_id, blocked, kind, created_at)
                  values (gen_random_uuid(), %s, daterange(%s, %s), 'imported', now())""",
               [listing["id"], clock.today(25), clock.today(26)])
    seen = {n["date"]: n for n in nights(api, listing, clock.today(-1), clock.today(45))}
    reasons = {i: seen[clock.today(i)]["reason"] for i in range(-1, 45) if not seen[clock.today(i)]["available"]}
    assert reasons == {-1: "past", 0: "notice", 1: "notice", 9: "preparation", 10: "booked", 11: "booked",
                       12: "preparation", 19: "preparation", 20: "closed", 21: "closed", 24: "preparation",
                       25: "imported", 41: "window", 42: "window", 43: "window", 44: "window"}
    assert not any(n["booking_id"] for n in seen.values())
    own = host.get(path(listing, f"calendar/?from={clock.today(9)}&to={clock.today(13)}")).expect(200)["nights"]
    assert [n["booking_id"] for n in own] == [None, booking["id"], booking["id"], None]
    for day in (9, 12, 19, 24):  # what the calendar says is what a quote finds
        ask(guest, listing, clock.today(day), clock.today(day + 1)).expect(409, "dates_taken")
    ask(guest, listing, clock.today(13), clock.today(14)).expect(201)
    api.anonymous.get(path(listing, f"calendar/?from={clock.today()}&to={clock.today(371)}")).expect(422)


def test_a_held_night_is_held_until_the_hold_is_over(api, make, clock):
    listing = make.listing(payment_mode="online")
    make.booking(listing, api.new_guest(), check_in=5, nights=1)
    assert [n["reason"] for n in nights(api, listing, clock.today(5), clock.today(6))] == ["held"]
    clock.advance(minutes=16)
    assert nights(api, listing, clock.today(5), clock.today(6))[0]["available"]


def test_lengths_and_days_follow_the_day_before_the_season_before_the_weekday(api, make, clock):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    first = friday(clock)
    host.put(path(listing, "pricing/"), {"weekday_rules": [{"weekday": "friday", "min_nights": 3}]}).expect(200)
    refused = ask(guest, listing, str(first), days(first, 2)[0])
    assert refused.expect(422) and refused.pointers == ["/check_out"]
    ask(guest, listing, days(first, 1)[0], days(first, 2)[0]).expect(201)
    host.post(path(listing, "seasons/"), {"name": "Fair", "from": str(first), "to": days(first, 14)[0], "min_nights": 5,
                                          "closed_to_departure": ["wednesday"]}).expect(201)
    ask(guest, listing, str(first), days(first, 4)[0]).expect(422)
    assert ask(guest, listing, str(first), days(first, 5)[0]).pointers == ["/check_out"]  # a Wednesday
    edit(host, listing, {"from": str(first), "to": days(first, 1)[0], "min_nights": 1},
         {"from": days(first, 5)[0], "to": days(first, 6)[0], "closed_to_departure": False, "closed_to_arrival": True})
    ask(guest, listing, str(first), days(first, 1)[0]).expect(201)
    ask(guest, listing, str(first), days(first, 5)[0]).expect(201)
    assert ask(guest, listing, days(first, 5)[0], days(first, 10)[0]).pointers == ["/check_in"]
    host.put(path(listing, "pricing/"), {"min_stay_through": True}).expect(200)
    ask(guest, listing, str(first), days(first, 1)[0]).expect(201)
    ask(guest, listing, str(first), days(first, 2)[0]).expect(422)  # the season's night after wants five
    edit(host, listing, {"from": str(first), "to": days(first, 14)[0], "min_nights": None, "closed_to_arrival": None,
                         "closed_to_departure": None})
    ask(guest, listing, str(first), days(first, 1)[0]).expect(422)


def test_a_stay_of_centuries_is_refused_by_its_length(api, make, clock):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    host.put(path(listing, "pricing/"), {"min_stay_through": True}).expect(200)
    host.post(path(listing, "seasons/"), {"name": "Fair", "from": clock.today(10), "to": clock.today(20),
                                          "min_nights": 5}).expect(201)
    assert "/check_out" in ask(guest, listing, clock.today(1), "2999-12-31").pointers
    assert "/check_out" in ask(guest, listing, clock.today(1), clock.today(732)).pointers


def test_one_call_edits_days_spans_and_weekdays_or_nothing(api, make, clock):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    first = friday(clock)
    made = edit(host, listing, {"from": str(first), "to": days(first, 28)[0], "weekdays": ["saturday", "sunday"],
                                "price": money(20000), "closed": True},
                {"from": days(first, 8)[0], "to": days(first, 9)[0], "price": money(25000), "closed": False})
    assert made["nights"] == 9
    seen = nights(api, listing, first, days(first, 14)[0])
    assert [n["price"]["amount"] // 1000 for n in seen] == [10, 20, 20, 10, 10, 10, 10, 10, 25, 20, 10, 10, 10, 10]
    assert [i for i, n in enumerate(seen) if n["reason"] == "closed"] == [1, 2, 9]
    make.booking(listing, guest, check_in=days(first, 3)[0], nights=days(first, 4)[0])
    edit(host, listing, {"from": str(first), "to": days(first, 1)[0], "price": money(1)},
         {"from": days(first, 3)[0], "to": days(first, 4)[0], "closed": True}, status=409)
    assert nights(api, listing, first, days(first, 1)[0])[0]["price"] == money(10000)


@pytest.mark.parametrize("call, body, pointers", [
    ("pricing", {"weekend_price": money(1, "USD"), "weekend": ["monday"]}, ["/weekend_price/currency"]),
    ("pricing", {"weekend_price": money(1)}, ["/weekend"]),
    ("pricing", {"taxes": [{"name": "a"}, {"name": "b", "basis_points": 1, "per_person_night": money(1)},
                           {"name": "c", "basis_points": 1, "exempt_under_age": 3}]},
     ["/taxes/0/basis_points", "/taxes/1/basis_points", "/taxes/2/exempt_under_age"]),
    ("pricing", {"length_discounts": [{"min_nights": 7, "basis_points": 1}, {"min_nights": 7, "basis_points": 2}]},
     ["/length_discounts/1/min_nights"]),
    ("pricing", {"weekday_rules": [{"weekday": "monday", "min_nights": 5, "max_nights": 4}, {"weekday": "monday"}]},
     ["/weekday_rules/0/max_nights", "/weekday_rules/1/weekday"]),
    ("pricing", {"extra_guest_fee": money(10**9 + 1)}, ["/extra_guest_fee/amount"]),
    ("calendar", {"edits": [{"from": 3, "to": 3, "price": money(1)}]}, ["/edits/0/to"]),
    ("calendar", {"edits": [{"from": -2, "to": 3}]}, ["/edits/0/from", "/edits/0"]),
    ("calendar", {"edits": [{"from": 3, "to": 5, "price": money(1, "JPY"), "min_nights": 3, "max_nights": 2}]},
     ["/edits/0/price/currency", "/edits/0/max_nights"]),
    ("calendar", {"edits": [{"from": 3, "to": 1800, "closed": True}] * 2}, ["/edits"]),
    ("calendar", {"edits": [{"from": 3, "to": 2000, "closed": True}]}, ["/edits/0/to"]),
    ("calendar", {"edits": []}, ["/edits"]),
    ("seasons", {"name": "x", "from": 9, "to": 9}, ["/to"]),
    ("seasons", {"name": "x", "from": 9, "to": 10, "price": money(1, "USD"), "min_nights": 4, "max_nights": 3},
     ["/price/currency", "/max_nights"]),
])
def test_rules_that_make_no_sense_are_refused_where_they_stand(api, make, clock, call, body, pointers):
    def dated(value):
        if isinstance(value, list):
            return [dated(v) for v in value]
        if isinstance(value, dict):
            return {k: clock.today(v) if k in ("from", "to") else dated(v) for k, v in value.items()}
        return value

    host = api.as_host("ruler")
    listing = make.listing(host)
    reply = {"pricing": host.put, "calendar": host.patch, "seasons": host.post}[call](path(listing, call + "/"), dated(body))
    reply.expect(422)
    assert sorted(reply.pointers) == sorted(pointers)


def test_seasons_do_not_overlap(api, make, clock):
    host = api.new_host()
    listing = make.listing(host)

    def put(name, first, last):
        return host.post(path(listing, "seasons/"), {"name": name, "from": clock.today(first), "to": clock.today(last)})

    spring = put("Spring", 10, 20).expect(201)
    assert put("Summer", 19, 30).pointers == ["/from"]
    put("Summer", 20, 30).expect(201)
    moved = {"name": "Spring", "from": clock.today(10), "to": clock.today(25)}
    where = path(listing, f"seasons/{spring['id']}/")
    assert host.put(where, moved).pointers == ["/from"]
    host.put(where, {**moved, "to": clock.today(15)}).expect(200)
    assert [s["name"] for s in api.anonymous.get(path(listing, "seasons/")).expect(200)["results"]] == ["Spring", "Summer"]
    host.delete(where).expect(204)
    host.delete(where).expect(404)


def test_prices_are_guarded_by_their_version(api, make):
    host = api.new_host()
    listing = make.listing(host)
    seen = host.get(path(listing, "pricing/"))
    tag = seen.headers["ETag"]
    host.put(path(listing, "pricing/"), PRICING, headers={"If-Match": tag}).expect(200)
    host.put(path(listing, "pricing/"), {}, headers={"If-Match": tag}).expect(412, "version_mismatch")
    shown = host.get(path(listing, "pricing/")).expect(200)
    assert shown["rules"]["weekend_price"] == money(14000) and shown["rules"]["included_guests"] == 2


def test_the_currency_cannot_change_under_rules(api, make):
    host = api.new_host()
    listing = make.listing(host)
    host.put(path(listing, "pricing/"), PRICING).expect(200)
    host.patch(path(listing), {"nightly_price": money(11000)}).expect(200)
    refused = host.patch(path(listing), {"nightly_price": money(11000, "USD")})
    assert refused.expect(422) and refused.pointers == ["/nightly_price/currency"]


@pytest.mark.parametrize("change", [
    lambda host, listing, day: host.put(path(listing, "pricing/"), PRICING),
    lambda host, listing, day: host.patch(path(listing, "calendar/"), {"edits": [
        {"from": day(30), "to": day(31), "price": money(1)}]}),
    lambda host, listing, day: host.post(path(listing, "seasons/"), {"name": "x", "from": day(1), "to": day(90)}),
])
def test_a_change_of_rules_ends_quotes(api, make, clock, change):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    quote = make.quote(listing, guest)
    assert change(host, listing, clock.today).status in (200, 201)
    book(guest, quote).expect(410, "quote_expired")
    book(guest, make.quote(listing, guest)).expect(201)


@pytest.mark.parametrize("goes_through, status", [(True, 410), (False, 201)])
def test_a_booking_waits_for_a_change_of_rules_and_is_refused_by_it(api, make, clock, db, database, goes_through, status):
    """The host's transaction is open while the guest books; the control takes it back."""
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    host.put(path(listing, "pricing/"), PRICING).expect(200)
    quote = make.quote(listing, guest)
    with psycopg.connect(database) as change, concurrent.futures.ThreadPoolExecutor() as pool:
        change.execute("select from property where id = %s for no key update", [listing["id"]])
        change.execute("insert into property_day (property_id, day, price) values (%s, %s, 1)", [listing["id"], quote["check_in"]])
        change.execute("update property set rules_version = rules_version + 1 where id = %s", [listing["id"]])
        booking = pool.submit(book, guest, quote)
        waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        wait_until(lambda: db.execute(waits).fetchone()["count"], 10, "the booking waits")
        change.commit() if goes_through else change.rollback()
        assert booking.result().status == status


def test_days_long_over_are_forgotten_but_not_those_of_a_stay_that_may_still_be_changed(api, make, clock, db):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    day0 = datetime.date.fromisoformat(clock.today(0))
    edit(host, listing, {"from": clock.today(20), "to": clock.today(22), "price": money(7700)})
    booking = make.booking(listing, guest, check_in=20, nights=2)
    db.execute("""insert into property_day (property_id, day, price)
                  select %s, %s::date - n, 100 from generate_series(300, 2900) n""", [listing["id"], day0])
    db.execute("update stay_block set blocked = daterange(%s::date - 500, %s::date - 490) where booking_id = %s",
               [day0, day0, booking["id"]])

    def kept():
        rows = db.execute("select day from property_day where property_id = %s", [listing["id"]]).fetchall()
        return {(r["day"] - day0).days for r in rows}

    def a_year():
        oldest = (datetime.date.fromisoformat(clock.today(0)) - day0).days - 366
        return set(range(oldest, -299)) | {20, 21}

    assert len(kept()) == 2603
    clock.advance(hours=25)
    wait_until(lambda: len(kept()) < 100, what="the oldest days being forgotten")
    assert kept() == a_year() | set(range(-500, -490))
    over(db, booking, clock.now())
    clock.advance(hours=25)
    wait_until(lambda: kept() == a_year(), what="those of the stay being forgotten")
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["price"] == booking["price"], "it keeps its own lines"
