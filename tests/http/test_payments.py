"""Guests pay online: the provider says whether, and the booking follows (T8, I4)."""

import os
import secrets
import subprocess

import pytest

from support.client import Client
from support.payments import assert_sound, becomes, begin, booking_becomes, choose, entries, events, page_of, pay, state_of
from support.stays import history, money


@pytest.fixture
def stay(api, make):
    """stay(…) → (guest, host, booking): of a place that is paid online."""

    def make_one(guest=None, **changes):
        host, guest = api.new_host(), guest or api.new_guest()
        return guest, host, make.booking(make.listing(host, payment_mode="online", **changes), guest)

    return make_one


@pytest.mark.parametrize("mode", ["instant", "request"])
def test_a_stay_that_costs_nothing_waits_for_no_payment(api, make, db, mode):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, payment_mode="online", booking_mode=mode)
    free = {"length_discounts": [{"min_nights": 7, "basis_points": 10_000}]}
    host.put(f"/properties/{listing['id']}/pricing/", free).expect(200)
    booking = make.booking(listing, guest, nights=7)
    assert booking["price"]["total"] == money(0)
    begin(guest, booking).expect(409, "wrong_state")
    if mode == "request":
        host.post(f"/bookings/{booking['id']}/accept/").expect(200)
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "confirmed"
    assert make.booking(listing, guest, check_in=50)["status"] == {"instant": "awaiting_payment", "request": "requested"}[mode]


def test_a_payment_that_goes_through_confirms_the_booking(api, stay, db):
    guest, host, booking = stay(tax_basis_points=550, cleaning_fee=money(3000))
    assert (booking["status"], booking["amount_due"]) == ("awaiting_payment", booking["price"]["total"])
    payment = begin(guest, booking).expect(201)
    assert (payment["status"], payment["amount"], payment["purpose"]) == ("requires_action", booking["price"]["total"], "booking")
    assert (payment["capture"], payment["captured"]) == ("automatic", money(0))
    assert state_of(choose(api, payment, "approve")) == "succeeded"

    paid = becomes(guest, payment, "succeeded")
    assert paid["captured"] == paid["amount"] and "next_action" not in paid or paid["next_action"] is None
    confirmed = guest.get(f"/bookings/{booking['id']}/").expect(200)
    assert (confirmed["status"], confirmed["paid"], confirmed["amount_due"]) == ("confirmed", paid["amount"], money(0))
    assert history(guest, booking)[-1] == ("awaiting_payment", "confirmed", "system")
    assert events(db, payment) == ["payment.succeeded"]
    assert db.execute("select kind from stay_block where booking_id = %s", [booking["id"]]).fetchone()["kind"] == "booking"

    price, total = booking["price"], paid["amount"]["amount"]
    fee = (total + 50) // 100
    tax = sum(line["amount"]["amount"] for line in price["lines"] if line["kind"] == "tax")
    payout = price["host_payout"]["amount"]
    assert entries(db, booking) == {"gateway_cash": total - fee, "gateway_fee": fee, "host_payable": -payout,
                                    "tax_payable": -tax, "platform_revenue": -(total - payout - tax)}
    assert_sound(db, settled=True)


def test_a_declined_payment_fails_and_another_may_follow(api, stay, db):
    guest, _, booking = stay()
    first = begin(guest, booking).expect(201)
    choose(api, first, "decline")
    failed = becomes(guest, first, "failed")
    assert failed["failure_reason"] == "declined" and failed["captured"] == money(0)
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "awaiting_payment"
    assert events(db, first) == ["payment.failed"]
    second = pay(api, guest, booking)
    assert booking_becomes(guest, booking, "confirmed")["paid"] == second["amount"]
    listed = guest.get(f"/bookings/{booking['id']}/payments/").expect(200)["results"]
    assert [(p["id"], p["status"]) for p in listed] == [(second["id"], "succeeded"), (first["id"], "failed")]
    assert_sound(db, settled=True)


@pytest.mark.parametrize("choices,status,reason", [
    (["second_step", "approve"], "succeeded", None),
    (["second_step", "decline"], "failed", "authentication_failed"),
    (["time_out"], "failed", "timed_out"),
    (["later", "arrive"], "succeeded", None),
    (["later", "fail"], "failed", "not_received"),
])  # fmt: skip
def test_whatever_the_guest_does_at_the_provider_the_payment_follows(api, stay, choices, status, reason):
    guest, _, booking = stay()
    payment = begin(guest, booking).expect(201)
    choose(api, payment, *choices)
    ended = becomes(guest, payment, "succeeded", "failed")
    assert (ended["status"], ended.get("failure_reason")) == (status, reason)
    expected = "confirmed" if status == "succeeded" else "awaiting_payment"
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == expected


def test_the_page_of_a_payment_that_is_decided_takes_no_more_decisions(api, stay):
    guest, _, booking = stay()
    payment = begin(guest, booking).expect(201)
    assert state_of(choose(api, payment, "decline")) == "failed"
    browser, form = Client(api.port), {"Content-Type": "application/x-www-form-urlencoded"}
    browser.post(page_of(payment), body=b"choice=approve", headers=form).expect(422)
    browser.post(page_of(payment) + "x", body=b"choice=approve", headers=form).expect(404)
    browser.put(page_of(payment), body=b"choice=approve", headers=form).expect(405)
    shown = browser.get(page_of(payment))
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
    assert "<script" not in shown.body.decode() and "<button" not in shown.body.decode()


def test_the_amount_is_what_is_due_and_nobody_sets_it(stay):
    guest, _, booking = stay()
    for more in ({"amount": money(1)}, {"currency": "EUR"}, {"status": "succeeded"}, {"captured": money(1)}):
        begin(guest, booking, **more).expect(422)
    assert begin(guest, booking).expect(201)["amount"] == booking["price"]["total"]


def test_only_the_guest_of_a_booking_that_is_paid_online_pays_once(api, make, stay):
    guest, host, booking = stay()
    begin(host, booking).expect(403, "not_allowed")
    begin(api.as_admin(), booking).expect(403, "not_allowed")
    assert begin(api.new_guest(), booking).expect(422).keys() >= {"errors"}
    assert begin(guest, booking, provider="stripe").pointers == ["/provider"], "only what is set up is offered"
    pay(api, guest, booking)
    begin(guest, booking).expect(409, "wrong_state")
    begin(guest, make.booking(make.listing(host), guest)).expect(409, "wrong_state")


def test_nobody_but_the_guest_sees_what_the_guest_has_to_do(api, stay):
    guest, host, booking = stay()
    payment = begin(guest, booking).expect(201)
    for person in (host, api.as_admin()):
        assert person.get(f"/payments/{payment['id']}/").expect(200).get("next_action") is None
        (listed,) = person.get(f"/bookings/{booking['id']}/payments/").expect(200)["results"]
        assert listed.get("next_action") is None
    assert page_of(guest.get(f"/payments/{payment['id']}/").expect(200)) == page_of(payment)


def test_a_payment_that_is_given_up_is_cancelled_at_the_provider(api, stay):
    guest, host, booking = stay()
    payment = begin(guest, booking).expect(201)
    host.post(f"/payments/{payment['id']}/cancel/").expect(403)
    guest.post(f"/payments/{payment['id']}/cancel/").expect(200)
    becomes(guest, payment, "cancelled")
    assert state_of(Client(api.port).get(page_of(payment))) == "cancelled"
    guest.post(f"/payments/{payment['id']}/cancel/").expect(409, "wrong_state")
    pay(api, guest, booking)


def test_what_is_not_paid_in_time_is_cancelled_at_the_provider(api, stay, clock):
    guest, _, booking = stay()
    payment = begin(guest, booking).expect(201)
    clock.advance(minutes=16)
    booking_becomes(guest, booking, "expired")
    becomes(guest, payment, "cancelled")
    assert state_of(Client(api.port).get(page_of(payment))) == "cancelled"


def test_a_payment_that_nobody_tells_of_is_asked_for(api, stay, db):
    """V2: the callback never comes."""
    guest, _, booking = stay()
    payment = begin(guest, booking).expect(201)
    db.execute("""update sandbox_charge set state = 'succeeded', captured = amount
                  where id::text = (select provider_reference from payment where id = %s)""", [payment["id"]])
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")


def test_payments_are_listed_for_guest_and_host(api, make):
    guest, host = api.new_guest(), api.new_host()
    listing = make.listing(host, payment_mode="online")
    made = []
    for n in range(3):
        booking = make.booking(listing, guest, check_in=10 + 5 * n, nights=2)
        made.insert(0, begin(guest, booking).expect(201)["id"])
    for person, role in ((guest, "guest"), (host, "host")):
        first = person.get(f"/payments/?role={role}&limit=2&count=true").expect(200)
        assert ([p["id"] for p in first["results"]], first["count"], first["previous"]) == (made[:2], 3, None)
        rest = person.get(first["next"].removeprefix("/api/v1")).expect(200)
        assert ([p["id"] for p in rest["results"]], rest["next"]) == (made[2:], None)
        back = person.get(rest["previous"].removeprefix("/api/v1")).expect(200)
        assert [p["id"] for p in back["results"]] == made[:2]
        assert person.get(f"/payments/?role={role}&status=succeeded").expect(200)["results"] == []
    assert guest.get("/payments/?role=host").expect(200)["results"] == []


def test_another_amount_than_was_asked_for_confirms_nothing_and_goes_back(api, stay, db, server):
    server.expect_errors("another amount was taken")
    guest, _, booking = stay()
    payment = begin(guest, booking).expect(201)
    db.execute("""update sandbox_charge set amount = amount - 1
                  where id::text = (select provider_reference from payment where id = %s)""", [payment["id"]])
    choose(api, payment, "approve")
    gone = becomes(guest, payment, "refunded")
    assert gone["refunded"]["amount"] == gone["amount"]["amount"] - 1
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "awaiting_payment"
    assert events(db, payment) == ["payment.orphaned", "payment.refunded"]
    assert_sound(db, settled=True)


def test_another_currency_than_was_asked_for_is_a_failure(api, stay, db, server):
    server.expect_errors("in another currency")
    guest, _, booking = stay()
    payment = begin(guest, booking).expect(201)
    db.execute("""update sandbox_charge set currency = 'JPY'
                  where id::text = (select provider_reference from payment where id = %s)""", [payment["id"]])
    choose(api, payment, "approve")
    assert becomes(guest, payment, "failed")["failure_reason"] == "wrong_currency"
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["paid"] == money(0)
    # What the provider says stays what it says: put right, so that later tests find its books agreeing with ours.
    db.execute("""update sandbox_charge set captured = 0
                  where id::text = (select provider_reference from payment where id = %s)""", [payment["id"]])


def test_the_sandbox_is_refused_in_production(binary, database):
    environment = {**os.environ, "ROOST_ENVIRONMENT": "production", "ROOST_DATABASE_URL": database}
    for providers, said in (("sandbox", "moves no money"), ("cheques", "cheques cannot take payments")):
        done = subprocess.run([binary, "serve"], env={**environment, "ROOST_PAYMENTS_PROVIDERS": providers},
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and "ROOST_PAYMENTS_PROVIDERS" in done.stderr and said in done.stderr, done


def test_where_nobody_takes_payments_there_is_no_page_and_no_inbox(start_server, new_database, new_redis, api_of):
    server = start_server(new_database(), new_redis(), ROOST_PAYMENTS_PROVIDERS="none")
    assert server.get("/sandbox/pay/x").status == 404
    assert server.post("/api/v1/webhooks/sandbox/", {}).status == 404
    guest = api_of(server).new_guest()
    body = {"booking_id": "0193e0a0-0000-7000-8000-00000000abcd", "provider": "sandbox", "method": "card"}
    reply = guest.post("/payments/", body, headers={"Idempotency-Key": secrets.token_hex(8)})
    reply.expect(422)
    assert reply.pointers == ["/provider"]
    server.close()


def test_in_production_there_is_no_page_of_the_sandbox(api, stay, server, start_server, new_redis):
    """Beside the same payment's page elsewhere, which is there."""
    guest, _, booking = stay()
    page = page_of(begin(guest, booking).expect(201))
    production = start_server(server.environment["ROOST_DATABASE_URL"], new_redis(), ROOST_ENVIRONMENT="production")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert Client(production.port).get(page).status == 404
    assert Client(production.port).post(page, body=b"choice=approve", headers=form).status == 404
    production.close()
    assert state_of(Client(api.port).get(page)) == "open"
