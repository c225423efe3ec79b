"""Guests pay by way of Paystack: its page, late money, refunds, payouts, disputes, its list (4.8, I3, I4, V2)."""

import os
import re
import subprocess

import pytest

from support.payments import BUSY, becomes, booking_becomes, entries, events, refunds
from support.paystack_place import PaystackPlace
from support.processes import wait_until
from support.stays import history, money


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of):
    place = PaystackPlace(start_server, new_database(), new_redis(), api_of, ROOST_MAIL_SITE="https://stays.example.com")
    yield place
    place.close()


@pytest.fixture
def place(_place):
    yield _place
    _place.after_a_test()


def test_a_payment_that_goes_through_confirms_the_booking(place):
    guest, host, booking, payment = place.begun(tax_basis_points=550)
    total = booking["price"]["total"]["amount"]
    transaction = place.transaction(payment)
    action = payment["next_action"]
    assert re.fullmatch(r"https://checkout\.paystack\.com/\w+", action["redirect_url"])
    assert action == {"kind": "redirect", "redirect_url": action["redirect_url"], "client_secret": None, "instruction": None}
    assert host.get(f"/payments/{payment['id']}/").expect(200).get("next_action") is None
    email = place.db.execute("select payer_email from payment where id = %s", [payment["id"]]).fetchone()["payer_email"]
    assert transaction["_asked"] == {
        "email": email, "amount": total, "currency": "NGN", "reference": payment["id"], "channels": ["card"],
        "callback_url": f"https://stays.example.com/bookings/{booking['id']}",
        "metadata": {"roost_payment": payment["id"], "roost_booking": booking["id"]},
    }  # fmt: skip

    place.pay(payment)
    paid = becomes(guest, payment, "succeeded")
    assert paid["captured"] == paid["amount"] and paid.get("next_action") is None
    assert booking_becomes(guest, booking, "confirmed")["paid"] == paid["amount"]
    assert events(place.db, payment) == ["payment.succeeded"]
    fee, kept = transaction["fees"], entries(place.db, booking)
    assert fee > 0 and (kept["gateway_fee"], kept["gateway_cash"]) == (fee, total - fee), "what Paystack says that it keeps"
    place.assert_sound()


@pytest.mark.parametrize("currency,method,offered", [
    ("NGN", "card", True), ("GHS", "card", True), ("ZAR", "card", True), ("KES", "card", True), ("USD", "card", True),
    ("XOF", "card", True), ("EUR", "card", False), ("NGN", "bank_transfer", True), ("GHS", "bank_transfer", False),
    ("GHS", "mobile_money", True), ("KES", "mobile_money", True), ("XOF", "mobile_money", True), ("NGN", "mobile_money", False),
    ("USD", "paypal", False),
])  # fmt: skip
def test_only_what_paystack_takes_is_offered(place, currency, method, offered):
    guest, _, booking = place.stay(currency=currency)
    reply = place.begin(guest, booking, method=method)
    if not offered:
        assert reply.expect(422) and reply.pointers == ["/method"]
        return
    payment = reply.expect(201)
    transaction = place.transaction(payment)
    assert (transaction["currency"], transaction["_asked"]["channels"]) == (currency, [method])
    place.pay(payment)
    becomes(guest, payment, "succeeded")
    place.assert_sound()


def test_francs_are_written_in_hundredths(place):
    guest, _, booking, payment = place.begun(currency="XOF", nightly_price=money(12_345, "XOF"), stay={"nights": 1})
    total = booking["price"]["total"]["amount"]
    transaction = place.transaction(payment)
    assert transaction["amount"] == total * 100
    place.pay(payment)
    assert becomes(guest, payment, "succeeded")["captured"] == money(total, "XOF")
    assert transaction["fees"] % 100 != 0, "the case that is meant"
    assert entries(place.db, booking)["gateway_fee"] == (transaction["fees"] + 50) // 100
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    becomes(guest, payment, "refunded", "partially_refunded")
    place.assert_sound()


def test_a_request_is_paid_once_the_host_has_accepted(place):
    """Paystack holds nothing."""
    guest, host, booking = place.stay(booking_mode="request")
    assert place.begin(guest, booking).status == 409
    host.post(f"/bookings/{booking['id']}/accept/").expect(200)
    payment = place.begin(guest, booking).expect(201)
    assert payment["capture"] == "automatic"
    place.pay(payment)
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


def test_what_paystack_refuses_fails_with_its_reason(place):
    guest, _, booking = place.stay(nightly_price=money(20, "NGN"), stay={"nights": 1})
    payment = place.begin(guest, booking).expect(201)
    assert (payment["status"], payment["failure_reason"]) == ("failed", "invalid_amount")
    assert place.transactions(payment) == []


def test_a_repetition_gets_the_same_page(place):
    guest, _, booking = place.stay()
    first = place.begin(guest, booking, key="again").expect(201)
    assert place.begin(guest, booking, key="again").expect(201) == first
    assert len(place.transactions(first)) == 1


def test_a_declined_card_fails_and_another_card_on_the_same_page_still_pays(place):
    guest, _, booking, payment = place.begun()
    assert place.pay(payment, "declined") == "failed"
    place.later()
    failed = becomes(guest, payment, "failed")
    assert failed["failure_reason"] == "insufficient_funds"
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "awaiting_payment"
    place.pay(payment)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    assert events(place.db, payment) == ["payment.failed", "payment.succeeded"]
    place.assert_sound()


@pytest.mark.parametrize("how", ["abandoned", "ongoing", "pending"])
def test_while_the_page_is_open_the_guest_keeps_it(place, how):
    guest, _, booking, payment = place.begun()
    place.pay(payment, how)
    place.later()
    wait_until(lambda: place.paystack.asked(f"GET /transaction/verify/{payment['id']}"), BUSY, "it being asked for")
    place.wait_idle(payment)
    assert guest.get(f"/payments/{payment['id']}/").expect(200)["next_action"] == payment["next_action"]
    place.pay(payment)
    becomes(guest, payment, "succeeded")
    place.assert_sound()


def test_what_is_not_told_is_asked_for(place):
    place.paystack.telling = False
    guest, _, booking, payment = place.begun()
    place.pay(payment)
    place.later()
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


# Money that nobody waits for

def expired(place):
    guest, host, booking, payment = place.begun()
    place.clock.advance(minutes=16)
    booking_becomes(guest, booking, "expired")
    becomes(guest, payment, "cancelled")
    return guest, host, booking, payment


def test_a_page_that_is_paid_after_the_booking_expired_still_pays(place):
    guest, _, booking, payment = expired(place)
    place.pay(payment)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    assert history(guest, booking)[-1] == ("expired", "confirmed", "system")
    place.assert_sound()


def test_a_page_that_is_paid_when_the_nights_have_gone_is_given_back(place):
    guest, _, booking, payment = expired(place)
    place.make.booking({"id": booking["property_id"]}, place.api.new_guest())
    place.pay(payment)
    assert becomes(guest, payment, "refunded")["refunded"] == payment["amount"]
    assert events(place.db, payment) == ["payment.orphaned", "payment.refunded"]
    place.assert_sound()


def test_a_page_that_was_given_up_may_be_paid_beside_another(place):
    """One of them pays, the other is given back."""
    guest, _, booking, first = place.begun()
    guest.post(f"/payments/{first['id']}/cancel/").expect(200)
    becomes(guest, first, "cancelled")
    second = place.begin(guest, booking).expect(201)
    place.pay(second)
    becomes(guest, second, "succeeded")
    place.pay(first)
    becomes(guest, first, "refunded")
    assert booking_becomes(guest, booking, "confirmed")["paid"] == second["amount"]
    place.assert_sound()


@pytest.mark.parametrize("how", ["ongoing", "pending"])
def test_a_page_that_is_in_use_is_not_cancelled(place, how):
    guest, _, booking, payment = place.begun()
    place.pay(payment, how)
    guest.post(f"/payments/{payment['id']}/cancel/").expect(200)
    wait_until(lambda: place.paystack.asked(f"GET /transaction/verify/{payment['id']}"), BUSY, "it being asked for")
    place.wait_idle(payment)
    assert place.status(guest, payment) == "requires_action"
    place.pay(payment, "abandoned")
    place.later()
    becomes(guest, payment, "cancelled")
    place.assert_sound()


def test_late_money_that_nobody_tells_of_is_found_when_reconciling(place, binary):
    place.paystack.telling = False
    guest, _, booking, payment = expired(place)
    place.pay(payment)
    done = place.reconcile(binary)
    assert done.returncode != 0 and payment["id"] in done.stdout, done
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


# Refunds

def test_a_cancelled_stay_is_given_back(place):
    guest, _, booking, payment = place.paid(stay={"check_in": 40})
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    assert becomes(guest, payment, "refunded")["refunded"] == payment["amount"]
    (refund,) = refunds(guest, payment)
    (asked,) = [r.json for r in place.paystack.asked("POST /refund") if r.json["transaction"] == payment["id"]]
    assert asked == {"transaction": payment["id"], "amount": payment["amount"]["amount"], "currency": "NGN",
                     "merchant_note": f"Roost refund {refund['id']}"}  # fmt: skip
    place.assert_sound()


def test_parts_of_a_payment_are_given_back_one_by_one(place):
    guest, _, _, payment = place.paid()
    for n in (1, 2):  # the same amount twice: told of alike
        place.give_back(payment, money(1_000, "NGN"))
        wait_until(lambda n=n: place.paystack.returned(payment["id"]) == n * 1_000, BUSY)
    wait_until(lambda: {r["status"] for r in refunds(guest, payment)} == {"succeeded"}, BUSY, "both")
    assert becomes(guest, payment, "partially_refunded")["refunded"] == money(2_000, "NGN")
    place.assert_sound()


@pytest.mark.parametrize("told", [True, False])
def test_a_refund_takes_days(place, told):
    guest, _, booking, payment = place.paid(stay={"check_in": 40})
    place.paystack.refunds_end = None
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    wait_until(lambda: place.refunds(payment), BUSY, "the refund")
    (refund,) = place.refunds(payment)
    for status in ("processing", "needs-attention"):
        place.paystack.process(refund, status)
    wait_until(place.paystack.all_told, BUSY)
    assert [r["status"] for r in refunds(guest, payment)] == ["pending"]
    assert entries(place.db, booking)["guest_receivable"] == -payment["amount"]["amount"]
    place.paystack.telling = told
    place.paystack.process(refund, "processed")
    becomes(guest, payment, "refunded")
    assert len(place.refunds(payment)) == 1
    place.assert_sound()


def test_a_refund_that_fails_stays_owed(place):
    place.server.expect_errors("a provider refuses to give money back")
    guest, _, booking, payment = place.paid(stay={"check_in": 40})
    place.paystack.refunds_end = "failed"
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    wait_until(lambda: [r["status"] for r in refunds(guest, payment)] == ["failed"], BUSY, "the refusal")
    assert entries(place.db, booking)["guest_receivable"] == -payment["amount"]["amount"]
    place.assert_sound()


def test_a_refund_that_comes_back_is_owed_again(place):
    """What tells of it does not name it: of two that have gone through, one fails."""
    place.server.expect_errors("a provider refuses to give money back")
    guest, _, booking, payment = place.paid()
    for amount in (700, 1_300):
        place.give_back(payment, money(amount, "NGN"))
    wait_until(lambda: [r["status"] for r in refunds(guest, payment)] == ["succeeded"] * 2, BUSY, "both")
    place.wait_idle(payment)
    place.paystack.process(next(r for r in place.refunds(payment) if r["amount"] == 700), "failed")
    wait_until(lambda: [r["status"] for r in refunds(guest, payment)] == ["succeeded", "failed"], BUSY, "its return")
    assert becomes(guest, payment, "partially_refunded")["refunded"] == money(1_300, "NGN")
    assert entries(place.db, booking)["guest_receivable"] == -700
    place.assert_sound()


def test_a_refund_waits_for_a_balance(place):
    guest, _, booking, payment = place.paid(stay={"check_in": 40})
    place.paystack.balance = False
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    wait_until(lambda: place.paystack.asked("POST /refund")[-1].status == 400, BUSY, "a refusal")
    assert [r["status"] for r in refunds(guest, payment)] == ["pending"]
    place.paystack.balance = True
    becomes(guest, payment, "refunded")
    place.assert_sound()


# Reconciling

def test_nothing_differs_where_nothing_went_wrong(place, binary):
    """Over more than one page, with what others do in the same account."""
    place.paid()
    guest, _, _, payment = place.paid()
    place.give_back(payment, money(700, "NGN"))
    wait_until(lambda: [r["status"] for r in refunds(guest, payment)] == ["succeeded"], BUSY)
    sample = place.transaction(payment)
    others = {f"shop-{n}": {**sample, "id": n + 1, "reference": f"shop-{n}", "metadata": ""} for n in range(250)}
    kept = dict(place.paystack.transactions)
    place.paystack.transactions |= others
    before = len(place.paystack.asked("GET /transaction"))
    done = place.reconcile(binary)
    place.paystack.transactions = kept
    ours = [line for line in done.stdout.splitlines() if payment["id"] in line]
    assert ours == [] and "shop-" not in done.stdout, done
    pages = [dict(r.query)["page"] for r in place.paystack.asked("GET /transaction")[before:]]
    assert pages == [str(n + 1) for n in range(len(pages))] and len(pages) > 2


def test_no_secret_is_kept_in_jobs_events_or_logs(place):
    """T20"""
    guest, _, booking, payment = place.paid()
    code = place.transaction(payment)["_page"]
    log = place.server.log_text()
    assert place.transaction(payment)["customer"]["email"] not in log
    for secret in (place.paystack.key, code):
        assert secret not in log
        for table in ("job", "webhook_event"):
            assert not place.db.execute(f"select 1 from {table} t where t::text like %s", [f"%{secret}%"]).fetchone(), table


def test_a_server_without_its_key_says_what_lacks(binary, new_database):
    environment = {**os.environ, "ROOST_DATABASE_URL": new_database(), "ROOST_PAYMENTS_PROVIDERS": "paystack"}
    for given in ({}, {"ROOST_PAYSTACK_SECRET_KEY": "pk_test_x"}):
        done = subprocess.run([binary, "serve"], env={**environment, **given}, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and "ROOST_PAYSTACK_SECRET_KEY" in done.stderr and "test_x" not in done.stderr, done
