"""Guests pay by PayPal: they approve an order there, we take it, and the booking follows (T8, I3, I4, domain rules 4.8)."""

import os
import subprocess

import pytest

from support.payments import BUSY, becomes, booking_becomes, entries, events, refunds
from support.paypal import SITE, minor
from support.paypal_place import PayPalPlace
from support.processes import wait_until
from support.stays import money


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of, tmp_path_factory):
    place = PayPalPlace(tmp_path_factory.mktemp("paypal"), start_server, new_database(), new_redis(), api_of)
    yield place
    place.close()


@pytest.fixture
def place(_place):
    yield _place
    _place.after_a_test()


@pytest.mark.parametrize("method,page", [("paypal", "LOGIN"), ("card", "GUEST_CHECKOUT")])
def test_what_the_guest_approves_is_taken_and_confirms_the_booking(place, method, page):
    guest, host, booking = place.stay(tax_basis_points=550)
    payment = place.begin(guest, booking, method=method).expect(201)
    order = place.order(payment)
    assert payment["status"] == "requires_action"
    action = {"kind": "redirect", "redirect_url": place.paypal.page(order["id"]), "client_secret": None, "instruction": None}
    assert payment["next_action"] == action
    assert host.get(f"/payments/{payment['id']}/").expect(200).get("next_action") is None
    back = f"{SITE}/bookings/{booking['id']}"
    how = order["experience"]
    assert (how["landing_page"], how["return_url"], how["cancel_url"]) == (page, back, back)
    unit = order["purchase_units"][0]
    assert (unit["custom_id"], unit["invoice_id"]) == (payment["id"], payment["id"])
    assert minor(unit["amount"]) == payment["amount"]["amount"]

    place.pay(payment)
    paid = becomes(guest, payment, "succeeded")
    assert paid["captured"] == paid["amount"] and paid.get("next_action") is None
    assert booking_becomes(guest, booking, "confirmed")["paid"] == paid["amount"]
    assert events(place.db, payment) == ["payment.succeeded"]
    fee = minor(place.capture(payment)["seller_receivable_breakdown"]["paypal_fee"])
    assert entries(place.db, booking)["gateway_fee"] == fee > 0, "what PayPal says that it keeps"
    assert len(place.tries(payment)) == 1
    place.assert_sound()


@pytest.mark.parametrize("currency,amount", [("JPY", 15_001), ("HUF", 2_000_000), ("TWD", 300_000), ("USD", 12_345)])
def test_amounts_are_written_as_paypal_counts(place, currency, amount):
    """The simulator refuses decimals of JPY, HUF and TWD, and misses those of USD."""
    guest, _, _, payment = place.begun(nightly_price=money(amount, currency))
    assert minor(place.order(payment)["purchase_units"][0]["amount"]) == payment["amount"]["amount"]
    place.pay(payment)
    assert becomes(guest, payment, "succeeded")["captured"] == payment["amount"]
    place.give_back(payment, money(100 if currency != "JPY" else 1, currency))
    becomes(guest, payment, "partially_refunded")
    place.assert_sound()


def test_only_what_paypal_takes_is_offered(place):
    guest, _, booking = place.stay(nightly_price=money(1_000_000, "KES"))
    assert place.begin(guest, booking).pointers == ["/method"]
    guest, _, booking = place.stay()
    assert place.begin(guest, booking, method="mobile_money").pointers == ["/method"]


def test_an_amount_that_paypal_does_not_have_fails_before_anything_is_asked(place):
    guest, _, booking = place.stay(nightly_price=money(1_000_050, "HUF"), stay={"nights": 1})
    before = len(place.paypal.journal)
    failed = place.begin(guest, booking).expect(201)
    assert (failed["status"], failed["failure_reason"]) == ("failed", "amount_not_supported")
    assert len(place.paypal.journal) == before


def test_a_fee_in_another_currency_is_not_known(place):
    guest, _, booking, payment = place.begun()
    place.pay(payment, "slow")
    becomes(guest, payment, "pending")
    with place.paypal.lock:
        place.paypal.arrive(place.capture(payment))
        place.capture(payment)["seller_receivable_breakdown"]["paypal_fee"]["currency_code"] = "USD"
    becomes(guest, payment, "succeeded")
    assert "gateway_fee" not in entries(place.db, booking)
    place.assert_sound()


def test_a_repetition_gets_the_same_order(place):
    guest, _, booking = place.stay()
    first = place.begin(guest, booking, key="again").expect(201)
    assert place.begin(guest, booking, key="again").expect(201) == first
    assert len(place.paypal.orders_of(first)) == 1


def test_after_a_decline_the_guest_chooses_another_way_to_pay(place):
    guest, _, booking, payment = place.begun()
    place.pay(payment, "declined")
    wait_until(lambda: place.tries(payment), BUSY, "an attempt")
    place.wait_idle(payment)
    again = guest.get(f"/payments/{payment['id']}/").expect(200)
    assert (again["status"], again["next_action"]) == ("requires_action", payment["next_action"])
    place.pay(payment)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    assert len(set(place.tries(payment))) == 2, "one for each time that the guest has approved"
    place.assert_sound()


def test_a_declined_instrument_is_tried_once_however_often_we_look(place):
    """PayPal answers the same request as before."""
    guest, _, _, payment = place.begun()
    place.pay(payment, "declined")
    for n in range(2, 5):
        wait_until(lambda n=n: len(place.tries(payment)) >= n - 1, BUSY, "an attempt")
        place.wait_idle(payment)
        place.clock.advance(minutes=1)
    assert len(set(place.tries(payment))) == 1
    assert place.status(guest, payment) == "requires_action"


@pytest.mark.parametrize("issue", ["TRANSACTION_REFUSED", "PAYER_CANNOT_PAY", "COMPLIANCE_VIOLATION", "PAYEE_ACCOUNT_RESTRICTED"])
def test_a_refusal_that_is_final_fails_the_payment_and_another_may_follow(place, binary, issue):
    guest, _, booking, payment = place.begun()
    place.paypal.refuse("capture", issue)
    place.pay(payment)
    assert becomes(guest, payment, "failed")["failure_reason"] == issue.lower()
    second = place.begin(guest, booking).expect(201)
    place.pay(second)
    becomes(guest, second, "succeeded")
    booking_becomes(guest, booking, "confirmed")

    place.paypal.telling = False
    place.pay(payment)  # approved again, for nobody
    place.reconcile(binary)
    assert len(place.tries(payment)) == 1, "by whoever compares the books"
    place.paypal.tell(place.paypal.events[-1]).expect(200)
    place.wait_idle(payment)
    assert place.status(guest, payment) == "failed" and len(place.tries(payment)) == 1, "by whoever hears of it"
    place.assert_sound()


@pytest.mark.parametrize("issue", ["SOMETHING_NEW", "DUPLICATE_INVOICE_ID", "ORDER_ALREADY_CAPTURED"])
def test_a_refusal_that_says_nothing_of_the_order_fails_nothing(place, issue):
    guest, _, booking, payment = place.begun()
    place.paypal.refuse("capture", issue)
    place.pay(payment)
    wait_until(lambda: place.tries(payment), BUSY, "an attempt")
    place.wait_idle(payment)
    assert place.status(guest, payment) == "requires_action"
    place.pay(payment)
    becomes(guest, payment, "succeeded")
    place.assert_sound()


@pytest.mark.parametrize("arrives", [True, False])
def test_money_that_is_slow_is_waited_for(place, arrives):
    guest, _, booking, payment = place.begun()
    place.pay(payment, "slow")
    becomes(guest, payment, "pending")
    taken = wait_until(lambda: "payments" in place.order(payment)["purchase_units"][0] and place.capture(payment), BUSY)
    (place.paypal.arrive if arrives else place.paypal.deny)(taken)
    ended = becomes(guest, payment, "succeeded", "failed")
    assert (ended["status"], ended.get("failure_reason")) == (("succeeded", None) if arrives else ("failed", "declined"))
    assert booking_becomes(guest, booking, "confirmed" if arrives else "awaiting_payment")
    place.assert_sound()


def test_what_is_not_told_is_asked_for(place):
    place.paypal.telling = False
    guest, _, booking, payment = place.begun()
    place.pay(payment)
    place.later()
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


# Requests

def test_what_is_held_is_taken_when_the_host_accepts(place):
    guest, host, booking, payment = place.held()
    assert payment["capture"] == "manual" and place.order(payment)["intent"] == "AUTHORIZE"
    assert payment["id"] not in place.paypal.books(), "held is not taken"
    host.post(f"/bookings/{booking['id']}/accept/").expect(200)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


@pytest.mark.parametrize("how", ["decline", "cancel", "expire"])
def test_what_is_held_is_let_go_when_it_comes_to_nothing(place, how):
    guest, host, booking, payment = place.held()
    if how == "expire":
        place.clock.advance(hours=25)
    else:
        (host if how == "decline" else guest).post(f"/bookings/{booking['id']}/{how}/", {}).expect(200)
    becomes(guest, payment, "cancelled")
    assert place.paypal.authorization_of(payment)["status"] == "VOIDED"
    place.assert_sound()


def test_what_paypal_refuses_to_give_us_is_not_kept_from_the_guest(place):
    guest, host, booking, payment = place.held()
    place.paypal.refuse("capture", "TRANSACTION_REFUSED")
    host.post(f"/bookings/{booking['id']}/accept/").expect(200)
    # That it was let go may be heard first.
    ended = becomes(guest, payment, "failed", "cancelled")
    assert (ended["status"], ended.get("failure_reason")) in (("failed", "transaction_refused"), ("cancelled", None))
    assert place.paypal.authorization_of(payment)["status"] == "VOIDED"
    assert booking_becomes(guest, booking, "awaiting_payment"), "another may pay it"
    place.assert_sound()


# Money that nobody waits for

def lapses(place, guest, payment):
    """The order was not taken, and PayPal forgets it."""
    place.wait_idle(payment)
    order = place.order(payment)
    assert order["status"] == "APPROVED" and not place.tries(payment)
    place.paypal.lapse(order)
    place.clock.advance(hours=1, minutes=1)
    becomes(guest, payment, "cancelled")


def test_an_order_that_was_given_up_is_not_taken_and_lapses(place):
    """PayPal cannot be told to forget it, so the payment stays what it is until it has."""
    guest, _, _, payment = place.begun()
    guest.post(f"/payments/{payment['id']}/cancel/").expect(200)
    place.pay(payment)
    becomes(guest, payment, "pending")
    lapses(place, guest, payment)
    place.assert_sound()


def test_an_approval_after_the_booking_has_expired_takes_nothing(place):
    guest, _, booking, payment = place.begun()
    place.clock.advance(minutes=16)
    booking_becomes(guest, booking, "expired")
    place.pay(payment)
    becomes(guest, payment, "pending")
    lapses(place, guest, payment)
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["paid"] == money(0)
    place.assert_sound()


@pytest.mark.parametrize("nights_free", [True, False])
def test_slow_money_that_arrives_after_the_booking_has_expired_is_used_or_goes_back(place, nights_free):
    guest, host, booking, payment = place.begun()
    place.pay(payment, "slow")
    becomes(guest, payment, "pending")
    place.clock.advance(minutes=16)
    booking_becomes(guest, booking, "expired")
    if not nights_free:
        place.make.booking({"id": booking["property_id"]}, place.api.new_guest())
    place.paypal.arrive(place.capture(payment))
    becomes(guest, payment, "succeeded" if nights_free else "refunded")
    assert booking_becomes(guest, booking, "confirmed" if nights_free else "expired")
    place.assert_sound()


def test_of_two_orders_that_are_approved_one_is_taken(place):
    guest, _, booking, first = place.begun()
    second = place.begin(guest, booking).expect(201)
    place.pay(first)
    becomes(guest, first, "succeeded")
    place.pay(second)
    becomes(guest, second, "pending")
    assert booking_becomes(guest, booking, "confirmed")["paid"] == first["amount"]
    lapses(place, guest, second)
    place.assert_sound()


# Refunds

def test_a_cancellation_gives_the_money_back(place):
    guest, host, booking, payment = place.paid()
    host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    assert becomes(guest, payment, "refunded")["refunded"] == payment["amount"]
    (made,) = refunds(guest, payment)
    (there,) = [r for r in place.paypal.refunds.values() if r["custom_id"] == made["id"]]
    assert minor(there["amount"]) == made["amount"]["amount"] and there["invoice_id"] == made["id"]
    place.assert_sound()


def test_a_payment_is_given_back_in_parts(place):
    guest, _, _, payment = place.paid()
    for amount in (1_000, 2_345):
        place.give_back(payment, money(amount))
    wait_until(lambda: {r["status"] for r in refunds(guest, payment)} == {"succeeded"}, BUSY, "both")
    assert becomes(guest, payment, "partially_refunded")["refunded"] == money(3_345)
    place.assert_sound()


@pytest.mark.parametrize("status,ends", [("COMPLETED", "succeeded"), ("FAILED", "failed"), ("CANCELLED", "failed")])
def test_a_refund_that_is_not_decided_is_asked_for_until_it_is(place, status, ends):
    place.server.expect_errors("refuses to give money back")
    guest, _, _, payment = place.paid()
    place.paypal.refunds_begin = "PENDING"
    made = place.give_back(payment, money(1_000))
    there = wait_until(lambda: next((r for r in list(place.paypal.refunds.values()) if r["custom_id"] == made["id"]), None), BUSY)
    assert refunds(guest, payment)[0]["status"] == "pending"
    place.paypal.end_refund(there, status)
    wait_until(lambda: refunds(guest, payment)[0]["status"] == ends, BUSY, f"the refund {ends}")
    assert len(place.paypal.tries("refund", place.capture(payment))) == 1


def test_a_refund_that_paypal_refuses_stays_owed(place):
    place.server.expect_errors("refuses to give money back")
    guest, _, booking, payment = place.paid()
    place.paypal.refuse("refund", "REFUND_TIME_LIMIT_EXCEEDED")
    place.give_back(payment, money(1_000))
    wait_until(lambda: refunds(guest, payment)[0]["status"] == "failed", BUSY, "the refusal")
    assert refunds(guest, payment)[0]["failure_reason"] == "refund_time_limit_exceeded"
    assert entries(place.db, booking)["guest_receivable"] == -1_000
    place.assert_sound()


# Reconciling

def test_reconciling_finds_nothing_where_nothing_went_wrong_and_finds_what_differs(place, binary):
    guest, _, _, payment = place.paid()
    place.give_back(payment, money(1_000))
    becomes(guest, payment, "partially_refunded")
    done = place.reconcile(binary)
    assert payment["id"] not in done.stdout, done

    order = place.order(payment)
    (back,) = order["purchase_units"][0]["payments"]["refunds"]
    back["amount"]["value"] = "10.77"
    done = place.reconcile(binary)
    assert done.returncode == 1 and f"refunded      {order['id']}  1000 here, 1077 there" in done.stdout, done
    back["amount"]["value"] = "10.00"
    del place.paypal.orders[order["id"]]
    done = place.reconcile(binary)
    assert done.returncode == 1 and f"captured      {order['id']}  {payment['captured']['amount']} here, 0 there" in done.stdout, done
    place.paypal.orders[order["id"]] = order
    place.assert_sound()


def test_reconciling_takes_no_order_that_was_not_taken(place, binary):
    guest, _, booking, payment = place.begun()
    guest.post(f"/payments/{payment['id']}/cancel/").expect(200)
    place.pay(payment)
    becomes(guest, payment, "pending")
    place.reconcile(binary)
    assert not place.tries(payment)
    lapses(place, guest, payment)


# Settings and secrets

def test_no_secret_is_kept_in_jobs_events_or_logs(place):
    """T20"""
    place.paid()
    secrets = [place.paypal.secret, *place.paypal.tokens]
    shown = place.server.log_text() + place.server.get("/metrics").body.decode()
    assert not [s for s in secrets if s in shown] and 'to="paypal"' in shown
    for table in ("job", "webhook_event"):
        like = [[f"%{s}%" for s in secrets]]
        assert not place.db.execute(f"select 1 from {table} t where t::text like any (%s)", like).fetchone(), table


def test_a_server_without_a_setting_says_what_lacks(binary, new_database):
    environment = {**os.environ, "ROOST_DATABASE_URL": new_database(), "ROOST_PAYMENTS_PROVIDERS": "paypal"}
    for name in ("CLIENT_ID", "CLIENT_SECRET", "WEBHOOK_ID"):
        done = subprocess.run([binary, "serve"], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and f"ROOST_PAYPAL_{name}" in done.stderr, done
        environment[f"ROOST_PAYPAL_{name}"] = "given"
