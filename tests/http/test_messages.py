"""What people are told: the mails and notifications of a stay's life. Threats T18, T20; I7."""

import concurrent.futures
import datetime
import re
import secrets

import icalendar
import psycopg
import pytest
from psycopg.rows import dict_row

from support.mails import Kept
from support.make import Make
from support.messages import settled, told, wait_told
from support.processes import wait_until


def named(api, name, host=False, **more):
    """Somebody new who is called so."""
    person = api.new_host("named") if host else api.new_guest("named")
    person.patch("/users/me/", {"display_name": name, **more}).expect(200)
    return person


# The life of a stay


def test_an_instant_booking_is_confirmed_to_both_with_a_calendar_file(api, make, mails):
    host, guest = named(api, "Hugo", host=True), named(api, "Ann")
    listing = make.listing(host, title="Sea view", payment_mode="on_arrival", time_zone="Europe/Paris",
                           nightly_price={"amount": 123450, "currency": "EUR"})
    booking = make.booking(listing, guest)
    mine, theirs = mails.wait(guest.email, "Your stay at Sea view is confirmed"), mails.wait(host.email, "Ann is coming to Sea view")
    first = datetime.date.fromisoformat(booking["check_in"])
    for mail in (mine, theirs):
        assert f"{first:%A}, {first.day} {first:%B} {first.year}, from 15:00" in mail["text"]
        assert booking["id"] in mail["text"] and mail["unsubscribe"] == ""
        [stay] = mail["attachments"]
        [event] = icalendar.Calendar.from_ical(stay["content"]).walk("VEVENT")
        assert event["DTSTART"].dt == datetime.datetime.fromisoformat(booking["starts_at"])
        assert event["DTEND"].dt == datetime.datetime.fromisoformat(booking["ends_at"])
        assert event["UID"].startswith(booking["id"]) and stay["name"] == "stay.ics"
    total, payout = booking["price"]["total"]["amount"], booking["price"]["host_payout"]["amount"]
    assert f"EUR {total // 100:,}.{total % 100:02}" in mine["text"] and f"EUR {payout // 100:,}.{payout % 100:02}" in theirs["text"]
    assert "Hugo" in mine["text"] and guest.email not in theirs["text"] and guest.username not in theirs["text"]
    [n] = wait_told(guest, "booking_confirmed")
    assert (n["title"], n["subject_id"], n["read_at"]) == ("Your stay at Sea view is confirmed", booking["id"], None)


def test_a_request_is_told_answered_and_told_again(api, make, mails):
    host, guest = named(api, "Hugo", host=True), named(api, "Ann")
    listing = make.listing(host, title="Loft", booking_mode="request")
    booking = make.booking(listing, guest)
    assert mails.wait(guest.email, "Your request for Loft was sent")["attachments"] == []
    assert "Ann" in mails.wait(host.email, "Ann asks to stay at Loft")["text"]
    host.post(f"/bookings/{booking['id']}/accept/").expect(200)
    accepted = mails.wait(guest.email, "Hugo accepted your request for Loft")
    assert "is confirmed" in accepted["text"] and len(accepted["attachments"]) == 1 and "Quai de Jemmapes" in accepted["text"]
    mails.wait(host.email, "Ann is coming to Loft")

    second = make.booking(listing, guest, check_in=60)
    host.post(f"/bookings/{second['id']}/decline/", {"reason": "We are away."}).expect(200)
    assert "We are away." in mails.wait(guest.email, "Hugo cannot take your request")["text"]


def test_an_accepted_request_that_is_paid_online_asks_for_the_payment(api, make, mails):
    host, guest = api.new_host(), api.new_guest()
    booking = make.booking(make.listing(host, title="Barn", booking_mode="request", payment_mode="online"), guest)
    host.post(f"/bookings/{booking['id']}/accept/").expect(200)
    mail = mails.wait(guest.email, "accepted your request for Barn")
    assert "Please pay before" in mail["text"] and "(Europe/Paris)" in mail["text"] and mail["attachments"] == []


def test_requests_and_unpaid_bookings_that_expire_are_told(api, make, mails, clock):
    host, guest = api.new_host(), api.new_guest()
    make.booking(make.listing(host, title="Mill", booking_mode="request"), guest)
    make.booking(make.listing(host, title="Hut", payment_mode="online"), guest)
    clock.advance(hours=25)
    mails.wait(guest.email, "Your request for Mill has expired")
    mails.wait(host.email, "A request for Mill has expired")
    mails.wait(guest.email, "Your booking of Hut was not paid in time")


def test_a_cancellation_is_told_with_what_it_gives_back(api, make, mails):
    host, guest = named(api, "Hugo", host=True), named(api, "Ann")
    booking = make.booking(make.listing(host, title="Villa", cancellation_policy="flexible"), guest)
    done = guest.post(f"/bookings/{booking['id']}/cancel/", {"reason": "Our plans changed."}).expect(200)
    mine, theirs = mails.wait(guest.email, "Your stay at Villa was cancelled"), mails.wait(host.email, "The stay of Ann at Villa was cancelled")
    assert "You cancelled your stay" in mine["text"] and "Ann cancelled the stay" in theirs["text"]
    assert "Our plans changed." in theirs["text"]
    back = done["refund"]["total"]["amount"]
    assert f"EUR {back // 100:,}.{back % 100:02}" in mine["text"]


def test_the_day_before_both_are_reminded_and_afterwards_asked_for_a_review(api, make, mails, clock):
    host, guest = named(api, "Hugo", host=True), named(api, "Ann")
    cabin = make.listing(host, title="Cabin")
    booking = make.booking(cabin, guest, check_in=10, nights=2)
    # Of the stays to come; this one keeps the clock it was booked by.
    host.patch(f"/properties/{cabin['id']}/", {"time_zone": "Pacific/Pago_Pago", "check_in_time": "10:00"}).expect(200)
    cancelled = make.booking(make.listing(host, title="Tent"), guest, check_in=10, nights=2)
    mails.wait(guest.email, "Your stay at Tent is confirmed")
    guest.post(f"/bookings/{cancelled['id']}/cancel/", {}).expect(200)
    starts, ends = (datetime.datetime.fromisoformat(booking[k]) for k in ("starts_at", "ends_at"))
    clock.set(starts - datetime.timedelta(hours=23, minutes=59))
    reminder = mails.wait(guest.email, "Your stay at Cabin begins soon")
    assert ", from 15:00" in reminder["text"]
    assert "Quai de Jemmapes" in reminder["text"] and "/unsubscribe?t=" in reminder["unsubscribe"]
    mails.wait(host.email, "Ann arrives soon")
    clock.set(ends + datetime.timedelta(minutes=1))
    invitation = mails.wait(guest.email, "How was your stay at Cabin?")
    until = ends.date() + datetime.timedelta(days=15)
    assert f"{until:%A}, {until.day} {until:%B} {until.year}, 00:00 (Europe/Paris)" in invitation["text"]
    assert f"/reviews/new?booking={booking['id']}" in invitation["text"]
    mails.wait(host.email, "How was Ann as a guest?")
    assert not [s for s in mails.subjects(guest.email) + mails.subjects(host.email) if "Tent" in s and "begins" in s]
    assert [n["kind"] for n in told(guest, "check_in_reminder")] == ["check_in_reminder"]


def test_everybody_is_told_in_their_language(api, make, mails):
    host, guest = named(api, "Hugo", host=True, locale="de"), named(api, "Ann", locale="fr-CA")
    listing = make.listing(host, title="Chalet", nightly_price={"amount": 1234500, "currency": "KWD"})
    booking = make.booking(listing, guest)
    mail = mails.wait(guest.email, "Votre séjour à Chalet est confirmé")
    first = datetime.date.fromisoformat(booking["check_in"])
    days = "lundi mardi mercredi jeudi vendredi samedi dimanche".split()
    months = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()
    assert f"{days[first.weekday()]} {first.day} {months[first.month - 1]} {first.year}" in mail["text"]
    total = booking["price"]["total"]["amount"]
    assert f"{total // 1000:,},{total % 1000:03} KWD".replace(",", "\u202f", 1) in mail["text"]
    assert '<html lang="fr">' in mail["html"] and mail["text"].startswith("Bonjour Ann,")
    mails.wait(host.email, "Ann is coming to Chalet")  # a language we do not have is English


def test_yen_have_no_decimals(api, make, mails):
    guest = api.new_guest()
    booking = make.booking(make.listing(api.new_host(), title="Ryokan", nightly_price={"amount": 15000, "currency": "JPY"}), guest)
    assert f"JPY {booking['price']['total']['amount']:,}\n" in mails.wait(guest.email, "Your stay at Ryokan")["text"]


def test_what_other_features_tell_reaches_the_right_side(api, make, mails, db):
    """Events as the calendars of other platforms and changes of bookings write them."""
    host, guest = named(api, "Hugo", host=True), named(api, "Ann")
    booking = make.booking(make.listing(host, title="Quay"), guest)
    event = "insert into outbox_event (kind, subject_id, payload, at) values (%s, %s, %s::jsonb, now())"
    conflict = f'{{"property_id": "{booking["property_id"]}", "feed": "Their <b>calendar", "from": "2027-03-05", "to": "2027-03-09"}}'
    db.execute(event, ["feed.conflict", booking["id"], conflict])
    db.execute(event, ["booking.alteration_proposed", booking["id"], '{"proposed_by": "guest", "alteration_id": "x"}'])
    db.execute(event, ["booking.alteration_declined", booking["id"], '{"proposed_by": "guest"}'])
    db.execute(event, ["booking.altered", booking["id"], '{"status": "confirmed", "total": 1}'])
    mail = mails.wait(host.email, "A calendar conflict at Quay")
    assert "Their <b>calendar" in mail["text"] and "<b>calendar" not in mail["html"]
    assert "Friday, 5 March 2027 – Tuesday, 9 March 2027" in mail["text"] and mail["unsubscribe"]
    mails.wait(host.email, "Ann asks to change the stay at Quay")
    mails.wait(guest.email, "Your stay at Quay stays as it is")
    assert len(mails.wait(guest.email, "Your stay at Quay has changed")["attachments"]) == 1
    mails.wait(host.email, "The stay of Ann at Quay has changed")
    assert not [s for s in mails.subjects(guest.email) if "conflict" in s or "asks to change" in s]


# What people write


HOSTILE = [
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "Ann\r\nBcc: victim@example.com\r\n\r\nHello", "Ann\nX: y",
    "\u202egnp.exe", "مريم العربية", "🏠" * 30, "{link} {?reason}", "=?utf-8?q?forged?=", 'Ann" <victim@example.com>', "a" * 80,
    "日本語の長い名前" * 8, "&lt;b&gt;&amp;", "' or 1=1 --"]


@pytest.mark.parametrize("name", HOSTILE, ids=lambda n: n[:16].encode("unicode_escape").decode())
def test_names_and_words_change_nothing_but_their_own_place(api, make, mails, name):
    host, guest = api.new_host(), api.new_guest()
    refused = guest.patch("/users/me/", {"display_name": name})
    if refused.status != 200:
        refused.expect(422)
        return
    listing = make.listing(host, title=(name * 3)[:100], booking_mode="request")
    quote = make.quote(listing, guest)
    guest.post("/bookings/", {"quote_id": quote["id"], "message": name + "\r\n.\r\nQUIT\r\n" + name},
               headers={"Idempotency-Key": secrets.token_hex(16)}).expect(201)
    mail = mails.wait(host.email, " asks to stay at ")
    for bad in ("\r", "\n", "\u202e"):
        assert bad not in mail["subject"]
    assert "<script" not in mail["html"] and "<img" not in mail["html"] and "\u202e" not in mail["html"] + mail["text"]
    assert "\nBcc:" not in mail["text"] and "\nQUIT" not in mail["text"]
    shown = " ".join(name.replace("\u202e", "").split())
    assert shown in mail["text"], "what was written is still there to be read"
    [n] = wait_told(host, "request_received")
    assert shown in n["title"] and "\n" not in n["title"] + n["text"]


# Exactly once, and never stuck


def test_each_event_makes_its_messages_once_whoever_dispatches(two_servers):
    apis = two_servers
    host = apis[0].new_host()
    listing = Make(apis[0]).listing(host, time_zone="UTC")
    guests = [apis[i % 2].new_guest() for i in range(12)]
    quotes = [Make(apis[i % 2]).quote(listing, g, check_in=10 + 4 * i) for i, g in enumerate(guests)]
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda i: Make(apis[i % 2]).booking(listing, guests[i], quote=quotes[i]), range(12)))
    wait_told(host, "booking_confirmed", 12)
    box = Kept(apis[0].server)
    wait_until(lambda: len([s for s in box.subjects(host.email) if "is coming to" in s]) >= 12, what="12 mails")
    with psycopg.connect(apis[0].server.environment["ROOST_DATABASE_URL"], row_factory=dict_row, autocommit=True) as c:
        settled(c)
        twice = c.execute("select user_id, kind, subject_id from notification group by 1, 2, 3 having count(*) > 1").fetchall()
        events = c.execute("select count(*) as n from outbox_event where kind = 'booking.created'").fetchone()["n"]
    assert twice == [] and events == 12
    assert len(told(host)) == 12 and len({m["message_id"] for m in box.to(host.email)}) == len(box.to(host.email)) == 13


def test_an_event_that_cannot_be_told_holds_up_no_other(server, api, make, mails, db):
    server.expect_errors("an event could not be told")
    guest = api.new_guest()
    booking = make.booking(make.listing(title="Castle"), guest)
    mails.wait(guest.email, "Your stay at Castle is confirmed")
    bad = """insert into outbox_event (kind, subject_id, payload, at)
             values ('booking.cancelled_by_guest', %s, '{"status": "cancelled_by_guest", "refund": {"total": {"amount": "much"}}}', now())
             returning id"""
    poison = db.execute(bad, [booking["id"]]).fetchone()["id"]
    unknown = db.execute("""insert into outbox_event (kind, subject_id, payload, at)
                            values ('weather.changed', %s, '[1, 2]', now()) returning id""", [booking["id"]]).fetchone()["id"]
    make.booking(make.listing(title="Tower"), guest)
    mails.wait(guest.email, "Your stay at Tower is confirmed")
    state = "select dispatched_at is not null as over, dispatch_failures from outbox_event where id = %s"
    wait_until(lambda: db.execute(state, [poison]).fetchone()["over"], what="the poison being passed over")
    assert db.execute(state, [poison]).fetchone()["dispatch_failures"] == 5
    assert db.execute(state, [unknown]).fetchone() == {"over": True, "dispatch_failures": 0}


# Where mails are kept


def test_kept_mails_are_shown_in_a_sandbox_and_never_in_production(server, api, mails, start_server, new_database, new_redis):
    eve = api.new_guest()
    eve.patch("/users/me/", {"display_name": "<b>Eve</b>"}).expect(200)
    eve.post("/auth/verify-email/resend/").expect(204)
    mail = mails.wait(eve.email, "Confirm your e-mail address", 2)[0]
    which = mail["message_id"].split("@")[0]
    page = server.get(f"/dev/mail?id={which}")
    assert page.status == 200 and "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert b'<iframe sandbox="allow-popups allow-popups-to-escape-sandbox"' in page.body and b"<b>Eve" not in page.body
    html = server.get(f"/dev/mail/html?id={which}")
    assert html.headers["Content-Security-Policy"].startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'") and b"&lt;b&gt;Eve" in html.body
    assert server.get("/dev/mail?id=%3Cscript%3E").status == 200
    assert server.get("/dev/mail.json?to='%20or%201=1%20--").json == {"results": []}

    production = start_server(new_database(), new_redis(), ROOST_ENVIRONMENT="production")
    for path in ("/dev/mail", "/dev/mail.json", "/dev/mail/html", "/dev/clock"):
        assert production.get(path).status == 404


LINKS = ["/bookings/.", r"/reviews/new\?", "/reviews/[0-9a-f]{8}-", "/properties/.+/calendar", "/account/sessions", "/account/password-reset",
         "/account/payouts", "/verify-email", "/reset-password", "/unsubscribe"]


def test_every_link_in_a_mail_leads_somewhere_but_for_a_site_of_its_own_in_production(
        server, api, make, mails, db, stayed, start_server, new_database, new_redis):
    guest, host, listing, booking = stayed()
    for person in (guest, host):
        person.post("/reviews/", {"booking_id": booking["id"], "rating": 5}).expect(201)
    event = "insert into outbox_event (kind, subject_id, payload, at) values (%s, %s, %s::jsonb, now())"
    db.execute(event, ["feed.conflict", listing["id"], '{"feed": "theirs"}'])
    db.execute(event, ["booking.completed", booking["id"], '{"status": "completed"}'])
    payout = db.execute("""insert into payout (id, host_id, currency, amount, provider, destination, day, status, created_at, updated_at)
                           values (gen_random_uuid(), %s, 'EUR', 100, 'sandbox', 'x', '2020-01-01', 'failed', now(), now())
                           returning id""", [host.id]).fetchone()  # fmt: skip
    db.execute(event, ["payout.failed", payout["id"], "{}"])
    for kind in ("account.reset_asked", "account.password_changed", "account.signed_in"):
        db.execute(event, [kind, guest.id, "{}"])
    settled(db)
    links = set()
    for mail in mails.to(guest.email) + mails.to(host.email):
        links |= set(re.findall(r"https?://[^/\s]+(/[^\s#]*)", mail["text"]))
    assert [link for link in LINKS if not any(re.match(link, there) for there in links)] == []
    assert {link: server.get(link).status for link in links} == dict.fromkeys(links, 200)

    production = start_server(new_database(), new_redis(), ROOST_ENVIRONMENT="production")
    ours = {link for link in links if not link.startswith("/unsubscribe")}
    assert {link: production.get(link).status for link in ours} == dict.fromkeys(ours, 404)
