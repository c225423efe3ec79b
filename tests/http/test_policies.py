"""Cancellation policies are data: the shipped ones, hosts' own, and what bookings remember of them (domain rules, 4.3)."""

import datetime

import pytest

from support.stays import ask, becomes, book, free, money

UTC = datetime.timezone.utc
HALF = {"tiers": [{"days_before": 10, "refund_basis_points": 10000}, {"days_before": 3, "refund_basis_points": 5000}],
        "grace": None, "late": {"kept_nights": 0, "kept_rest_basis_points": 10000}, "guest_fee": "in_proportion"}


def moment(text):
    return datetime.datetime.fromisoformat(text)


def new_policy(host, terms=HALF, name="Summer house"):
    return host.post("/cancellation-policies/", {"name": name, "terms": terms}).expect(201)


def preview(person, booking):
    return person.get(f"/bookings/{booking['id']}/cancellation-preview/").expect(200)


def test_the_shipped_policies_are_there_for_everybody(api):
    shipped = api.anonymous.get("/cancellation-policies/").expect(200)["results"]
    assert [p["code"] for p in shipped] == ["flexible", "moderate", "limited", "firm", "strict", "non_refundable"]
    assert not any(p["own"] for p in shipped)
    firm = shipped[3]
    assert firm["terms"]["tiers"] == [{"days_before": 30, "refund_basis_points": 10000}, {"days_before": 7, "refund_basis_points": 5000}]
    assert api.anonymous.get(f"/cancellation-policies/{firm['id']}/").expect(200) == firm
    api.new_host().patch(f"/cancellation-policies/{firm['id']}/", {"name": "Mine"}).expect(403, "not_allowed")
    api.as_admin().delete(f"/cancellation-policies/{firm['id']}/").expect(403, "not_allowed")


def test_a_host_writes_a_policy_and_gives_it_to_a_property(api, make):
    host, other, guest = api.new_host(), api.new_host(), api.new_guest()
    policy = new_policy(host)
    path = f"/cancellation-policies/{policy['id']}/"
    assert (policy["code"], policy["own"], policy["terms"]) == ("custom", True, HALF)
    assert policy in host.get("/cancellation-policies/").expect(200)["results"]
    assert policy["id"] not in [p["id"] for p in other.get("/cancellation-policies/").expect(200)["results"]]
    guest.get(path).expect(404, "not_found")
    other.patch(path, {"name": "Mine now"}).expect(404, "not_found")

    listing = make.listing(host, cancellation_policy_id=policy["id"])
    assert (listing["cancellation_policy"], listing["cancellation_policy_id"]) == ("custom", policy["id"])
    assert guest.get(path).expect(200)["terms"] == HALF, "the terms of a listed property are public"
    other.patch(path, {"name": "Mine now"}).expect(403, "not_allowed")
    host.delete(path).expect(409, "wrong_state")
    listing = host.patch(f"/properties/{listing['id']}/", {"cancellation_policy": "firm"}).expect(200)
    assert (listing["cancellation_policy"], listing["cancellation_policy_id"]) == ("firm", None)
    host.delete(path).expect(204)
    host.get(path).expect(404)
    assert host.patch(f"/properties/{listing['id']}/", {"cancellation_policy_id": policy["id"]}).pointers == ["/cancellation_policy_id"]


def test_a_property_takes_only_its_hosts_policies(api, make):
    host, other = api.new_host(), api.new_host()
    theirs = new_policy(other)["id"]
    shipped = api.anonymous.get("/cancellation-policies/").expect(200)["results"][0]["id"]
    listing = make.listing(host)
    for body in ({"cancellation_policy_id": theirs}, {"cancellation_policy_id": shipped}, {"cancellation_policy": "custom"},
                 {"cancellation_policy": "firm", "cancellation_policy_id": new_policy(host)["id"]}):
        reply = host.patch(f"/properties/{listing['id']}/", body)
        reply.expect(422, "invalid_input")
        assert reply.pointers == ["/cancellation_policy_id"], body


@pytest.mark.parametrize("change,pointer", [
    ({"tiers": [{"days_before": 3, "refund_basis_points": 5000}, {"days_before": 10, "refund_basis_points": 5000}]}, "/terms/tiers/1/days_before"),
    ({"tiers": [{"days_before": 9, "refund_basis_points": 5000}, {"days_before": 1, "refund_basis_points": 6000}]}, "/terms/tiers/1/refund_basis_points"),
    ({"tiers": [{"days_before": 9, "refund_basis_points": 10001}]}, "/terms/tiers/0/refund_basis_points"),
    ({"tiers": [{"days_before": -1, "refund_basis_points": 1}]}, "/terms/tiers/0/days_before"),
    ({"tiers": [{"days_before": n, "refund_basis_points": 1} for n in range(11, 0, -1)]}, "/terms/tiers"),
    ({"late": {"kept_nights": 1, "kept_rest_basis_points": 0}}, "/terms/late/kept_rest_basis_points"),
    ({"grace": {"hours": 0, "days_before": 1}}, "/terms/grace/hours"),
    ({"guest_fee": "sometimes"}, "/terms/guest_fee"),
])
def test_terms_under_which_waiting_pays_are_refused(api, change, pointer):
    reply = api.as_host().post("/cancellation-policies/", {"name": "Odd", "terms": HALF | change})
    reply.expect(422, "invalid_input")
    assert reply.pointers == [pointer]


def test_a_host_has_so_many_policies_and_no_more(api, db):
    host = api.new_host()
    new_policy(host)
    db.execute("""insert into cancellation_policy (id, host_id, code, name, terms, created_at, updated_at)
                  select gen_random_uuid(), host_id, code, 'Number ' || n, terms, created_at, updated_at
                  from cancellation_policy, generate_series(2, 199) n where host_id = %s""", [host.id])
    new_policy(host)
    host.post("/cancellation-policies/", {"name": "One more", "terms": HALF}).expect(409, "wrong_state")


def test_if_match_guards_a_policy(api):
    host = api.new_host()
    path = f"/cancellation-policies/{new_policy(host)['id']}/"
    etag = host.get(path).headers["ETag"]
    host.patch(path, {"name": "First"}, headers={"If-Match": etag}).expect(200)
    host.patch(path, {"name": "Second"}, headers={"If-Match": etag}).expect(412, "version_mismatch")
    host.delete(path, headers={"If-Match": etag}).expect(412, "version_mismatch")
    assert host.get(path).expect(200)["name"] == "First"


def test_a_booking_keeps_the_terms_it_was_made_under(api, make):
    host, guest = api.new_host(), api.new_guest()
    policy = new_policy(host)
    listing = make.listing(host, cancellation_policy_id=policy["id"])
    booking = make.booking(listing, guest, check_in=40, nights=4)
    assert (booking["cancellation_policy"], booking["cancellation_terms"]) == ("custom", HALF)
    before = preview(guest, booking)
    host.patch(f"/cancellation-policies/{policy['id']}/", {"terms": HALF | {"tiers": []}}).expect(200)
    host.patch(f"/properties/{listing['id']}/", {"check_in_time": "06:00", "time_zone": "Asia/Tokyo"}).expect(200)
    assert preview(guest, booking) == before
    host.patch(f"/properties/{listing['id']}/", {"cancellation_policy": "non_refundable"}).expect(200)
    cancelled = guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    assert cancelled["refund"]["total"] == booking["price"]["total"]
    assert cancelled["booking"]["refund"] == cancelled["refund"] == before["now"]
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["refund"] == before["now"]


KEPT = {"kept_nights": 0, "kept_rest_basis_points": 10000}


@pytest.mark.parametrize("terms,stay,fee", [
    (HALF, True, True), (HALF | {"guest_fee": "never"}, True, False), (HALF | {"tiers": [], "late": KEPT}, False, False),
    ({"tiers": [{"days_before": 3, "refund_basis_points": 5000}], "grace": None, "late": KEPT, "guest_fee": "with_everything"}, True, False)])
def test_lines_say_what_comes_back_under_the_hosts_own_terms_and_a_booking_keeps_them(api, make, terms, stay, fee):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, cancellation_policy_id=new_policy(host, terms)["id"], cleaning_fee=money(1000))

    def said_of(price):
        return {line["kind"]: line["refundable"] for line in price["lines"]}

    expected = {"nights": stay, "cleaning": stay, "guest_fee": fee}
    quote = make.quote(listing, guest, check_in=40, nights=4)
    assert said_of(quote["price"]) == expected
    booking = make.booking(quote=quote, guest=guest)
    host.patch(f"/properties/{listing['id']}/", {"cancellation_policy": "firm" if not stay else "non_refundable"}).expect(200)
    assert said_of(make.quote(listing, guest, check_in=50)["price"]) == dict.fromkeys(expected, not stay)
    change = guest.post(f"/bookings/{booking['id']}/alterations/", {"guests": 3}).expect(201)
    assert said_of(change["after"]["price"]) == expected, "by the booking's terms"


def test_other_terms_end_a_quote(api, make):
    host, guest = api.new_host(), api.new_guest()
    policy = new_policy(host)
    listing = make.listing(host, cancellation_policy_id=policy["id"])
    quote, second = make.quote(listing, guest), make.quote(listing, guest)
    assert quote["cancellation_terms"] == HALF
    host.patch(f"/cancellation-policies/{policy['id']}/", {"name": "Only another name"}).expect(200)
    book(guest, quote).expect(201)
    host.patch(f"/cancellation-policies/{policy['id']}/", {"terms": HALF | {"guest_fee": "never"}}).expect(200)
    book(guest, second).expect(410, "quote_expired")


# ---------------------------------------------------------------------------------------------------- the preview


def test_the_preview_shows_every_later_threshold_and_keeps_its_word(api, make, clock):
    """Firm over the end of summer time: cutoffs are local calendar days before the local check-in."""
    year = clock.now().year + 1
    october = datetime.date(year, 10, 31)
    change = october - datetime.timedelta(days=(october.weekday() + 1) % 7)  # the last Sunday: clocks in Paris go back
    check_in = change + datetime.timedelta(days=2)
    clock.set(datetime.datetime(year, 9, 1, 12, tzinfo=UTC))
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, cancellation_policy="firm", time_zone="Europe/Paris", check_in_time="15:00")
    asked = ask(guest, listing, str(check_in), str(check_in + datetime.timedelta(days=4)))
    booking = book(guest, asked.expect(201)).expect(201)
    booked_at = moment(booking["created_at"])
    clock.advance(hours=25)
    seen = preview(guest, booking)
    amounts = [(moment(s["until"]), s["refund"]["accommodation"]["amount"], s["refund"]["rule"]) for s in seen["schedule"]]
    # Thirty and seven local days before 15:00: both before the clocks go back, so 13:00 UTC.
    thirty, seven = (datetime.datetime.combine(check_in - datetime.timedelta(days=n), datetime.time(13), UTC) for n in (30, 7))
    assert amounts == [(thirty, 40000, "notice"), (seven, 20000, "notice"), (moment(booking["ends_at"]), 0, "late")]
    assert moment(booking["starts_at"]).hour == 14 and seen["now"] == seen["schedule"][0]["refund"]
    assert booked_at < clock.now() - datetime.timedelta(hours=24)
    clock.set(seven - datetime.timedelta(seconds=30))
    assert preview(guest, booking)["now"] == seen["schedule"][1]["refund"]
    clock.set(seven + datetime.timedelta(seconds=1))
    assert preview(guest, booking)["now"] == seen["schedule"][2]["refund"]
    assert guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)["refund"] == seen["schedule"][2]["refund"]


def test_the_preview_of_a_host_and_of_what_waits_is_everything(api, make):
    host, guest = api.new_host(), api.new_guest()
    booking = make.booking(make.listing(host, cancellation_policy="strict"), guest)
    seen = preview(host, booking)
    assert seen["now"]["rule"] == "other_side" and seen["now"]["total"] == booking["price"]["total"]
    assert [s["until"] for s in seen["schedule"]] == [booking["ends_at"]]
    waiting = make.booking(make.listing(host, cancellation_policy="strict", booking_mode="request"), guest)
    seen = preview(guest, waiting)
    assert seen["now"]["rule"] == "never_confirmed" and seen["now"]["total"] == waiting["price"]["total"]
    assert [s["until"] for s in seen["schedule"]] == [waiting["expires_at"]]


@pytest.mark.parametrize("paid_share", [0, 0.4, 1])
def test_what_is_due_is_what_was_paid_beyond_what_stays_owed(api, make, db, paid_share):
    guest = api.new_guest()
    booking = make.booking(make.listing(cancellation_policy="limited"), guest, check_in=12, nights=4)
    db.execute("update booking set created_at = created_at - interval '2 days' where id = %s", [booking["id"]])
    total = booking["price"]["total"]["amount"]
    paid = round(total * paid_share)
    db.execute("update booking set paid = %s where id = %s", [paid, booking["id"]])
    for step in preview(guest, booking)["schedule"]:
        refund = {k: v["amount"] for k, v in step["refund"].items() if k != "rule"}
        assert refund["total"] == refund["accommodation"] + refund["guest_fee"] + refund["tax"]
        assert refund["due"] == max(0, paid - (total - refund["total"])) <= paid


# -------------------------------------------------------------------------------------------------------- no-show


def arrived(clock, booking, **later):
    clock.set(moment(booking["starts_at"]) + datetime.timedelta(**later))


def test_a_day_after_check_in_a_host_may_say_that_nobody_came(api, make, clock):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, time_zone="Pacific/Auckland")
    booking = make.booking(listing, guest, check_in=10, nights=5)
    path = f"/bookings/{booking['id']}/no-show/"
    host.post(path, {}).expect(409, "wrong_state")
    arrived(clock, booking, hours=23, minutes=59)
    becomes(guest, booking, "in_stay")
    host.post(path, {}).expect(409, "wrong_state")
    arrived(clock, booking, hours=24, seconds=1)
    guest.post(path, {}).expect(403, "not_allowed")
    api.new_guest().post(path, {}).expect(404, "not_found")
    done = host.post(path, {"reason": "Nobody at the door."}).expect(200)
    assert done["booking"]["status"] == "no_show"
    assert done["refund"]["rule"] == "no_show"
    assert done["refund"]["accommodation"] == money(40000), "flexible: the host keeps the first night"
    rows = guest.get(f"/bookings/{booking['id']}/history/").expect(200)["results"]
    assert (rows[-1]["to_status"], rows[-1]["actor"], rows[-1]["reason"]) == ("no_show", "host", "Nobody at the door.")
    first = datetime.date.fromisoformat(booking["check_in"])
    day = [str(first + datetime.timedelta(days=n)) for n in range(8)]
    assert free(api, listing, day[0], day[6])[-1] == (day[2], day[6]), "two nights have begun, the others are free"
    host.post(path, {}).expect(409, "wrong_state")


def test_a_stay_of_one_night_can_be_a_no_show_too(api, make, clock):
    host, guest = api.new_host(), api.new_guest()
    booking = make.booking(make.listing(host, time_zone="UTC"), guest, check_in=10, nights=1)
    arrived(clock, booking, hours=13, minutes=59)
    becomes(guest, booking, "in_stay")
    path = f"/bookings/{booking['id']}/no-show/"
    host.post(path, {}).expect(409, "wrong_state")
    arrived(clock, booking, hours=14, seconds=1)
    assert api.as_admin().post(path, {}).expect(200)["booking"]["status"] == "no_show"


# --------------------------------------------------------------------------------- requests that keep no nights


def test_a_request_keeps_its_nights_or_not_as_the_host_chose(api, make):
    host, ann, bob = api.new_host(), api.new_guest("ann"), api.new_guest("bob")
    listing = make.listing(host, booking_mode="request", request_holds=False)
    first = make.booking(listing, ann)
    nights = first["check_in"], first["check_out"]
    second = book(bob, ask(bob, listing, *nights).expect(201)).expect(201)
    assert (first["status"], second["status"]) == ("requested", "requested")
    assert free(api, listing, *nights) == [nights]
    host.delete(f"/properties/{listing['id']}/").expect(409, "has_live_bookings")
    assert host.post(f"/bookings/{second['id']}/accept/").expect(200)["status"] == "confirmed"
    host.post(f"/bookings/{first['id']}/accept/").expect(409, "dates_taken")
    assert ann.get(f"/bookings/{first['id']}/").expect(200)["status"] == "requested"
    assert free(api, listing, *nights) == []
    third = api.new_guest("cleo")
    ask(third, listing, *nights).expect(409, "dates_taken")
    bob.post(f"/bookings/{second['id']}/cancel/", {}).expect(200)
    assert host.post(f"/bookings/{first['id']}/accept/").expect(200)["status"] == "confirmed"
    assert free(api, listing, *nights) == []


def test_a_request_without_nights_that_is_paid_online_takes_them_when_accepted(api, make, clock):
    host, guest, rival = api.new_host(), api.new_guest(), api.new_guest()
    listing = make.listing(host, booking_mode="request", request_holds=False, payment_mode="online")
    booking = make.booking(listing, guest)
    nights = booking["check_in"], booking["check_out"]
    assert host.post(f"/bookings/{booking['id']}/accept/").expect(200)["status"] == "awaiting_payment"
    ask(rival, listing, *nights).expect(409, "dates_taken")
    clock.advance(hours=24, seconds=1)
    ask(rival, listing, *nights).expect(201)


# ------------------------------------------------------------------------------------------------------------ caps


def test_a_property_is_not_kept_from_everybody(api, make):
    """T22: only so many unpaid bookings keep nights of one property, however many guests make them."""
    listing = make.listing(api.new_host(), booking_mode="request", stay_rules={"booking_window_days": 300})
    guests = [api.new_guest() for _ in range(4)]
    held = [make.booking(listing, guests[n // 10], check_in=5 + 2 * n, nights=1) for n in range(30)]
    late = make.quote(listing, guests[3], check_in=200, nights=1)
    book(guests[3], late).expect(429, "too_many_requests")
    guests[0].post(f"/bookings/{held[0]['id']}/cancel/", {}).expect(200)
    book(guests[3], late).expect(201)


def test_a_thousand_tries_hold_no_more_than_the_cap(api, make, clock, db):
    """T22: one guest, a thousand holds wanted: ten at a time, and all of them free again when their time is over."""
    guest, listing = api.new_guest(), make.listing(api.new_host(), payment_mode="online")
    statuses = []
    quotes = [make.quote(listing, guest, check_in=5 + 2 * n, nights=1) for n in range(20)]
    for n in range(1000):
        statuses.append(book(guest, quotes[n % 20]).status)
    assert statuses.count(201) == 10 and statuses.count(429) == 990
    held = "select count(*) from stay_block where property_id = %s and expires_at > %s"
    assert db.execute(held, [listing["id"], clock.now()]).fetchone()["count"] == 10
    clock.advance(minutes=15, seconds=1)
    make.booking(listing, guest, check_in=5, nights=1)
