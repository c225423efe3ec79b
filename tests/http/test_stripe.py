"""Guests pay by way of Stripe: intents, secrets, the host's acceptance, refunds, late money (4.8, I3, I4, V2)."""

import os
import subprocess

import pytest

from support.payments import BUSY, becomes, booking_becomes, entries, events, refunds
from support.processes import wait_until
from support.simulator import status
from support.stays import history, money
from support.stripe_place import StripePlace


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of):
    place = StripePlace(start_server, new_database(), new_redis(), api_of)
    yield place
    place.close()


@pytest.fixture
def place(_place):
    yield _place
    _place.after_a_test()


def test_a_payment_that_goes_through_confirms_the_booking(place):
    guest, host, booking, payment = place.begun(tax_basis_points=550)
    total = booking["price"]["total"]["amount"]
    action, intent = payment["next_action"], place.intent(payment)
    assert action == {"kind": "client_secret", "client_secret": intent["client_secret"], "redirect_url": None, "instruction": None}
    assert host.get(f"/payments/{payment['id']}/").expect(200).get("next_action") is None
    assert (intent["amount"], intent["currency"], intent["capture_method"]) == (total, "eur", "automatic")
    assert intent["payment_method_types"] == ["card"] and booking["id"] in intent["description"]
    assert intent["metadata"] == {"roost_payment": payment["id"], "roost_booking": booking["id"]}

    assert place.pay(payment) == "succeeded"
    paid = becomes(guest, payment, "succeeded")
    assert paid["captured"] == paid["amount"] and paid.get("next_action") is None
    assert booking_becomes(guest, booking, "confirmed")["paid"] == paid["amount"]
    assert events(place.db, payment) == ["payment.succeeded"]
    fee = total * 29 // 1000 + 30
    kept = entries(place.db, booking)
    assert (kept["gateway_fee"], kept["gateway_cash"]) == (fee, total - fee), "what Stripe says that it keeps"
    place.assert_sound()


def test_money_is_held_until_the_host_accepts(place):
    guest, host, booking, payment = place.begun(booking_mode="request")
    assert (payment["capture"], place.intent(payment)["capture_method"]) == ("manual", "manual")
    assert place.pay(payment) == "requires_capture"
    assert becomes(guest, payment, "authorized")["captured"] == money(0)
    assert place.stripe.captured(place.intent(payment)["id"]) == []
    host.post(f"/bookings/{booking['id']}/accept/").expect(200)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    assert len(place.stripe.asked(f"POST /v1/payment_intents/{place.intent(payment)['id']}/capture", served=True)) == 1
    place.assert_sound()


@pytest.mark.parametrize("how", ["declined", "expired", "cancelled"])
def test_money_that_is_held_is_let_go_when_the_booking_ends(place, how):
    guest, host, booking, payment = place.begun(booking_mode="request")
    place.pay(payment)
    becomes(guest, payment, "authorized")
    if how == "declined":
        host.post(f"/bookings/{booking['id']}/decline/", {}).expect(200)
    elif how == "cancelled":
        guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    else:
        place.clock.advance(hours=25)
    becomes(guest, payment, "cancelled")
    assert place.intent(payment)["status"] == "canceled"
    place.assert_sound()


def test_a_declined_card_leaves_the_payment_open_for_another(place):
    """Whoever has the secret may try again: an intent that was declined is as open as before."""
    guest, _, booking, payment = place.begun()
    for card in ("pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds"):
        assert place.pay(payment, card) == "requires_payment_method"
    place.wait_idle(payment)
    still = guest.get(f"/payments/{payment['id']}/").expect(200)
    assert (still["status"], still["next_action"]) == ("requires_action", payment["next_action"])
    assert booking_becomes(guest, booking, "awaiting_payment")
    assert place.pay(payment) == "succeeded"
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    assert events(place.db, payment) == ["payment.succeeded"]
    place.assert_sound()


def test_after_declined_cards_another_attempt_may_be_begun(place):
    guest, _, booking, first = place.begun()
    place.pay(first, "pm_card_chargeDeclined")
    second = place.begin(guest, booking).expect(201)
    place.pay(second)
    becomes(guest, second, "succeeded")
    becomes(guest, first, "cancelled")
    assert place.intent(first)["status"] == "canceled", "so that nobody pays by it any more"
    place.assert_sound()


@pytest.mark.parametrize("well", [True, False])
def test_the_bank_asks_the_payer(place, well):
    guest, _, booking, payment = place.begun()
    assert place.pay(payment, "pm_card_authenticationRequired") == "requires_action"
    place.wait_idle(payment)
    assert guest.get(f"/payments/{payment['id']}/").expect(200)["next_action"] == payment["next_action"]
    place.stripe.decide(payment["next_action"]["client_secret"], well)
    if well:
        becomes(guest, payment, "succeeded")
        booking_becomes(guest, booking, "confirmed")
    else:
        place.wait_idle(payment)
        place.clock.advance(minutes=16)
        booking_becomes(guest, booking, "expired")
        becomes(guest, payment, "cancelled")
    place.assert_sound()


def test_money_that_arrives_after_the_booking_expired_still_pays(place):
    guest, _, booking, payment = place.begun()
    assert place.pay(payment, "pm_slow") == "processing"
    becomes(guest, payment, "pending")
    place.clock.advance(minutes=16)
    booking_becomes(guest, booking, "expired")
    cancels = f"POST /v1/payment_intents/{place.intent(payment)['id']}/cancel"
    wait_until(lambda: place.stripe.asked(cancels), 60, "the attempt to cancel it")
    assert {r.status for r in place.stripe.asked(cancels)} == {400}, "it is too late for that"
    place.stripe.decide(payment["next_action"]["client_secret"])
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    assert history(guest, booking)[-1] == ("expired", "confirmed", "system")
    place.assert_sound()


def test_money_for_nights_that_have_gone_is_given_back(place):
    host, guest = place.api.new_host(), place.api.new_guest()
    listing = place.make.listing(host, payment_mode="online")
    booking = place.make.booking(listing, guest)
    payment = place.begin(guest, booking).expect(201)
    place.pay(payment, "pm_slow")
    place.clock.advance(minutes=16)
    booking_becomes(guest, booking, "expired")
    place.make.booking(listing, place.api.new_guest())
    place.stripe.decide(payment["next_action"]["client_secret"])
    assert becomes(guest, payment, "refunded")["refunded"] == payment["amount"]
    assert events(place.db, payment) == ["payment.orphaned", "payment.refunded"]
    place.assert_sound()


def test_a_payment_that_is_given_up_is_cancelled(place):
    guest, _, _, payment = place.begun()
    guest.post(f"/payments/{payment['id']}/cancel/").expect(200)
    becomes(guest, payment, "cancelled")
    assert place.intent(payment)["status"] == "canceled"
    place.assert_sound()


def test_who_is_faster_than_giving_up_has_paid(place):
    """Cancelling answers "too late", and what then stands there counts."""
    guest, _, booking, payment = place.begun()
    place.wait_idle(payment)  # Stripe tells of the beginning too, and who hears of it asks how the payment stands
    place.stripe.telling = False
    place.pay(payment)
    guest.post(f"/payments/{payment['id']}/cancel/").expect(200)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


def test_a_held_payment_that_the_bank_takes_back_fails_and_another_follows(place):
    guest, host, booking, payment = place.begun(booking_mode="request")
    place.pay(payment)
    becomes(guest, payment, "authorized")
    place.stripe.capture_declines = "expired_card"
    host.post(f"/bookings/{booking['id']}/accept/").expect(200)
    # Whoever hears of the event first may find it cancelled before it is known why.
    assert becomes(guest, payment, "failed", "cancelled")["failure_reason"] in ("expired_card", None)
    assert place.intent(payment)["status"] == "canceled", "nobody pays by it while another is begun"
    second = place.begin(guest, booking).expect(201)
    place.pay(second)
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


def test_what_is_cancelled_is_refunded_and_an_admin_gives_a_part_back(place):
    guest, host, booking, payment = place.paid(stay={"check_in": 40})
    admin = place.api.as_admin()
    part = {"amount": money(1234), "reason": "The heating was broken."}
    admin.post(f"/payments/{payment['id']}/refunds/", part, headers={"Idempotency-Key": payment["id"]}).expect(201)
    assert becomes(guest, payment, "partially_refunded")["refunded"] == money(1234)
    host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    becomes(guest, payment, "refunded")
    (intent,) = place.intents(payment)
    assert [r["amount"] for r in place.stripe.refunds.values() if r["payment_intent"] == intent["id"]][0] == 1234
    ids = {r["metadata"]["roost_refund"] for r in place.stripe.refunds.values() if r["payment_intent"] == intent["id"]}
    assert ids == {r["id"] for r in refunds(guest, payment)}
    place.assert_sound()


def test_a_refund_that_takes_days_is_done_once_it_is(place):
    guest, host, booking, payment = place.paid(stay={"check_in": 40})
    place.stripe.refunds_begin = "pending"
    host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    refund = wait_until(lambda: [r for r in place.stripe.refunds.values() if r["payment_intent"] == place.intent(payment)["id"]], 60)
    assert [r["status"] for r in refunds(guest, payment)] == ["pending"]
    place.stripe.end_refund(refund[0], "succeeded")
    becomes(guest, payment, "refunded")
    place.assert_sound()


def test_a_refund_that_fails_is_told_and_stays_owed(place):
    place.server.expect_errors("a provider refuses to give money back")
    guest, host, booking, payment = place.paid(stay={"check_in": 40})
    place.stripe.refunds_begin = "pending"
    host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    refund = wait_until(lambda: [r for r in place.stripe.refunds.values() if r["payment_intent"] == place.intent(payment)["id"]], 60)
    place.stripe.end_refund(refund[0], "failed")
    wait_until(lambda: [r["status"] for r in refunds(guest, payment)] == ["failed"], 60)
    assert refunds(guest, payment)[0]["failure_reason"] == "expired_or_canceled_card"
    assert entries(place.db, booking)["guest_receivable"] == -payment["amount"]["amount"]
    place.assert_sound()


@pytest.mark.parametrize("part", [None, money(1_234)], ids=["all of it", "beside a part that stays"])
def test_a_refund_that_comes_back_is_owed_again_until_an_admin_repeats_it(place, binary, part):
    """Stripe calls it succeeded at once, and days later the payer's bank sends it back."""
    place.server.expect_errors("a provider refuses to give money back")
    guest, host, booking, payment = place.paid(stay={"check_in": 40})
    if part:
        place.give_back(payment, part)
        becomes(guest, payment, "partially_refunded")
    host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    becomes(guest, payment, "refunded")
    place.wait_idle(payment)
    refund = [r for r in place.stripe.refunds.values() if r["payment_intent"] == place.intent(payment)["id"]][-1]
    place.stripe.fail(f"GET /v1/refunds/{refund['id']}", status(500))
    place.stripe.end_refund(refund, "failed")
    stays = part or money(0)
    assert becomes(guest, payment, "partially_refunded" if part else "succeeded")["refunded"] == stays
    assert place.stripe.failing() == 0, "what was not known was asked for again"
    assert entries(place.db, booking)["guest_receivable"] == stays["amount"] - payment["amount"]["amount"] == -refund["amount"]
    assert events(place.db, payment)[-1] == "payment.refund_failed"
    assert place.intent(payment)["id"] not in place.reconcile(binary).stdout
    place.assert_sound()

    admin = place.api.as_admin()
    (failed,) = [r for r in admin.get("/admin/refunds/?limit=100").expect(200)["results"] if r["payment_id"] == payment["id"]]
    assert (failed["amount"]["amount"], failed["failure_reason"]) == (refund["amount"], "expired_or_canceled_card")
    admin.post(f"/admin/refunds/{failed['id']}/retry/", {"reason": "The guest has another card."}).expect(201)
    assert becomes(guest, payment, "refunded")["refunded"] == payment["amount"]
    assert [r["status"] for r in refunds(guest, payment)][:2] == ["succeeded", "failed"]
    assert place.intent(payment)["id"] not in place.reconcile(binary).stdout
    place.assert_sound()


@pytest.mark.parametrize("currency,nightly,written", [("JPY", 10_000, 10_000), ("KWD", 10_000, 10_000), ("UGX", 10_000, 1_000_000),
                                                      ("ISK", 10_000, 1_000_000), ("MGA", 10_000, 100), ("HUF", 10_000, 10_000)])  # fmt: skip
def test_amounts_are_written_in_stripes_units(place, currency, nightly, written):
    guest, host, booking, payment = place.begun(nightly_price=money(nightly, currency), stay={"nights": 1})
    total = booking["price"]["total"]["amount"]
    assert place.intent(payment)["amount"] * nightly == total * written
    place.pay(payment)
    assert becomes(guest, payment, "succeeded")["captured"] == money(total, currency)
    host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    wait_until(lambda: {r["status"] for r in refunds(guest, payment)} == {"succeeded"}, 60)


def test_an_amount_that_stripe_cannot_have_fails_at_once(place):
    guest, _, booking = place.stay(nightly_price=money(10_001, "KWD"), stay={"nights": 1})
    assert booking["price"]["total"]["amount"] % 10 != 0
    payment = place.begin(guest, booking).expect(201)
    assert (payment["status"], payment["failure_reason"]) == ("failed", "amount_not_supported")
    assert place.intents(payment) == []


def test_a_last_digit_that_stripe_cannot_send_keeps_nobody_from_the_rest(place):
    """Half of an odd price: the card networks have two of the three digits, and one stays owed."""
    place.server.expect_errors("a provider refuses to give money back")
    guest, _, booking, payment = place.paid(stay={"check_in": 20, "nights": 1}, nightly_price=money(10_009, "KWD"), cancellation_policy="firm")
    admin = place.api.as_admin()
    body = {"reason": "Cold.", "amount": money(1_001, "KWD")}
    reply = admin.post(f"/payments/{payment['id']}/refunds/", body, headers={"Idempotency-Key": payment["id"]})
    assert reply.status == 422 and reply.pointers == ["/amount/amount"], reply
    place.clock.advance(hours=25)  # until then everything would go back
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    becomes(guest, payment, "partially_refunded")
    wait_until(lambda: "pending" not in [r["status"] for r in refunds(guest, payment)], BUSY, "both are decided")
    amounts = sorted((r["amount"]["amount"], r["status"]) for r in refunds(guest, payment))
    assert [how for _, how in amounts] == ["failed", "succeeded"]
    assert 0 < amounts[0][0] < 10 and amounts[1][0] % 10 == 0, amounts
    assert entries(place.db, booking)["guest_receivable"] == -amounts[0][0]
    place.assert_sound()


def test_what_stripe_refuses_fails_with_its_reason(place):
    guest, _, booking = place.stay(nightly_price=money(10, "EUR"), stay={"nights": 1})
    payment = place.begin(guest, booking).expect(201)
    assert (payment["status"], payment["failure_reason"]) == ("failed", "amount_too_small")
    assert [said for _, said in place.stripe.improper] == ["Amount must be at least 50 cents"]
    place.stripe.improper.clear()


def test_only_what_stripe_takes_here_is_offered(place):
    guest, _, booking = place.stay()
    for method in ("mobile_money", "bank_transfer"):
        assert place.begin(guest, booking, method=method).expect(422) and place.begin(guest, booking, method=method).pointers == ["/method"]
    assert place.begin(guest, booking, provider="sandbox").pointers == ["/provider"]
    assert place.intent(place.begin(guest, booking, method="paypal").expect(201))["payment_method_types"] == ["paypal"]
    guest, _, booking = place.stay(nightly_price=money(10_000, "IQD"))
    assert place.begin(guest, booking).pointers == ["/method"], "of a currency whose unit at Stripe is not known"


def test_a_fee_in_the_accounts_currency_is_taken_at_the_rate_of_the_payment(place):
    place.stripe.settles_in = ("usd", 1.25)
    guest, _, booking, payment = place.paid()
    total = payment["amount"]["amount"]
    exact = total * 29 // 1000 + 30
    assert abs(entries(place.db, booking)["gateway_fee"] - exact) <= 1
    place.assert_sound()


def test_no_secret_is_kept_in_jobs_events_or_logs(place):
    """T20"""
    guest, _, booking, payment = place.begun()
    place.pay(payment)
    becomes(guest, payment, "succeeded")
    log = place.server.log_text()
    for secret in (payment["next_action"]["client_secret"], place.stripe.key, place.stripe.secret):
        assert secret not in log
        for table in ("job", "outbox_event", "webhook_event"):
            assert not place.db.execute(f"select 1 from {table} t where t::text like %s", [f"%{secret}%"]).fetchone(), table


def test_a_server_without_its_keys_says_what_lacks(binary, new_database):
    environment = {**os.environ, "ROOST_DATABASE_URL": new_database(), "ROOST_PAYMENTS_PROVIDERS": "stripe"}
    key = {"ROOST_STRIPE_SECRET_KEY": "sk_test_x"}
    for given, said in (({}, "ROOST_STRIPE_SECRET_KEY"), ({"ROOST_STRIPE_SECRET_KEY": "pk_test_x"}, "ROOST_STRIPE_SECRET_KEY"),
                        (key, "ROOST_STRIPE_WEBHOOK_SECRETS")):  # fmt: skip
        done = subprocess.run([binary, "serve"], env={**environment, **given}, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and said in done.stderr and "test_x" not in done.stderr, done
