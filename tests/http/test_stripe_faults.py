"""Stripe fails in every way it can: nothing is taken twice, nothing is lost, nothing is made up (V1-V3, T23, I3, I6, S5-S7)."""

import json

import pytest

from support.payments import becomes, booking_becomes
from support.processes import wait_until
from support.simulator import changed, cut, hang, partial, says, status
from support.stripe_place import StripePlace


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of):
    place = StripePlace(start_server, new_database(), new_redis(), api_of, ROOST_PAYMENTS_TIMEOUT_MS="2000")
    yield place
    place.close()


@pytest.fixture
def place(_place):
    yield _place
    assert _place.stripe.failing() == 0, "the control: every fault was met"
    _place.after_a_test()


def refusal(code, type):
    return json.dumps({"error": {"type": type, "message": "No."}}).encode(), code


FAULTS = {
    "hangs before": hang(), "hangs after": hang(after=True), "cut before": cut(), "cut after": cut(after=True),
    "half a reply": partial(), "500 before": status(500), "500 after": status(500, after=True),
    "503 with a page": status(503, after=True, body=b"<html>"), "429": status(429, Retry_After="1"),
    "409": status(409, body=refusal(409, "idempotency_error")[0]),
    "key reused": status(400, body=refusal(400, "idempotency_error")[0]),
    "an API error": status(402, after=True, body=refusal(402, "api_error")[0]),
    "no JSON": says(b"OK"), "nothing": says(b""), "not UTF-8": says(b'{"id":"\xff\xfe"}'), "null": says(b"null"),
    "200 with an error": says(refusal(200, "api_error")[0]), "a list": says(b"[]"),
    "too deep": says(b'{"id":' + b"[" * 4000), "5 MB": says(b'{"id":"' + b"x" * 5_000_000 + b'"}'),
    "a redirect": status(302, after=True, Location="/elsewhere"),
    "floats": changed(lambda o: {**o, "amount_received": 12.5, "amount_capturable": 0.1}),
    "text for a number": changed(lambda o: {**o, "amount_received": str(o["amount_received"])}),
    "an endless number": changed(lambda o: json.dumps(o).replace(f'"amount_received": {o["amount_received"]}',
                                                                  '"amount_received": 1e999').encode()),
    "a negative amount": changed(lambda o: {**o, "amount_received": -1, "amount_capturable": -1}),
    "no such currency": changed(lambda o: {**o, "currency": "xxx", "status": "succeeded"}),
    "no status": changed(lambda o: {**o, "status": None}), "a new status": changed(lambda o: {**o, "status": "requires_patience"}),
    "no secret": changed(lambda o: {**o, "client_secret": None, "status": "requires_payment_method"}),
}  # fmt: skip

# What an answer about an intent may be, against what a refund's may.
OF_INTENTS = {"floats", "text for a number", "an endless number", "a negative amount", "no such currency", "no status", "a new status",
              "no secret"}  # fmt: skip
every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
every_plain_fault = pytest.mark.parametrize(
    "fault", [f for name, f in FAULTS.items() if name not in OF_INTENTS], ids=[name for name in FAULTS if name not in OF_INTENTS])


def asked_again(place):
    """Time passes until what nobody has told of is asked for."""
    place.clock.advance(seconds=20)


@every_fault
def test_a_payment_whose_beginning_goes_wrong_is_begun_once(place, fault):
    guest, _, booking = place.stay()
    place.stripe.fail("POST /v1/payment_intents", fault)
    payment = place.begin(guest, booking, key="once").expect(201)
    assert payment["status"] in ("pending", "requires_action"), payment
    assert place.begin(guest, booking, key="once").expect(201)["id"] == payment["id"]
    asked_again(place)
    payment = becomes(guest, payment, "requires_action")
    assert len(place.intents(payment)) == 1
    place.pay(payment)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


@every_fault
def test_a_reply_that_cannot_be_believed_decides_nothing(place, fault):
    guest, _, booking, payment = place.begun()
    place.wait_idle(payment)
    place.stripe.telling = False
    place.pay(payment)
    place.stripe.fail("GET /v1/payment_intents/.*", fault)
    place.stripe.tell(place.stripe.events[-1]).expect(200)
    wait_until(lambda: place.stripe.failing() == 0, 60, "the fault")
    place.wait_idle(payment)
    if fault.what != "cut":  # a read is sent again by itself where a kept connection breaks off
        assert guest.get(f"/payments/{payment['id']}/").expect(200)["status"] == "requires_action"
        assert booking_becomes(guest, booking, "awaiting_payment")
    asked_again(place)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


@every_fault
def test_money_that_is_held_is_taken_once(place, fault):
    guest, host, booking, payment = place.begun(booking_mode="request")
    place.pay(payment)
    becomes(guest, payment, "authorized")
    place.stripe.fail("POST /v1/payment_intents/.*/capture", fault)
    host.post(f"/bookings/{booking['id']}/accept/").expect(200)
    wait_until(lambda: place.stripe.failing() == 0, 60, "the fault")
    place.wait_idle(payment)
    asked_again(place)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    assert len(place.stripe.captured(place.intent(payment)["id"])) == 1
    place.assert_sound()


@every_fault
def test_a_payment_that_is_given_up_is_cancelled_in_the_end(place, fault):
    guest, _, booking, payment = place.begun()
    place.stripe.fail("POST /v1/payment_intents/.*/cancel", fault)
    guest.post(f"/payments/{payment['id']}/cancel/").expect(200)
    wait_until(lambda: place.stripe.failing() == 0, 60, "the fault")
    asked_again(place)
    becomes(guest, payment, "cancelled")
    assert place.intent(payment)["status"] == "canceled"
    place.assert_sound()


@every_plain_fault
def test_money_goes_back_once(place, fault):
    guest, host, booking, payment = place.paid(stay={"check_in": 40})
    place.stripe.fail("POST /v1/refunds", fault)
    host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    assert becomes(guest, payment, "refunded")["refunded"] == payment["amount"]
    assert [r["amount"] for r in refunds_of(place, payment)] == [payment["amount"]["amount"]]
    place.assert_sound()


@pytest.mark.parametrize("looking", [None, status(500), cut(), says(b"OK"), says(b'{"object":"list","has_more":false}')])
def test_money_goes_back_once_even_when_stripe_has_forgotten_the_key(place, looking):
    """A repetition months later looks for what was asked before, and asks for nothing as long as it cannot look."""
    guest, host, booking, payment = place.paid(stay={"check_in": 40})
    place.stripe.keeps_keys = False
    place.stripe.fail("POST /v1/refunds", cut(after=True))
    if looking:
        place.stripe.fail("GET /v1/refunds", looking)
    host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    becomes(guest, payment, "refunded")
    assert len(refunds_of(place, payment)) == 1
    place.assert_sound()


def test_a_refund_is_found_among_many_pages(place):
    guest, host, booking, payment = place.paid(stay={"check_in": 40})
    place.stripe.keeps_keys = False
    place.stripe.fail("POST /v1/refunds", cut(after=True))
    create = place.stripe._create_refund

    def among_others(pairs):
        """Those of others are later, so ours is on the last page."""
        made = create(pairs)
        others = {f"re_{n}": {**made, "id": f"re_{n}", "amount": 1, "metadata": {}} for n in range(250)}
        place.stripe.refunds |= others
        return made

    place.stripe._create_refund = among_others
    host.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    becomes(guest, payment, "refunded")
    del place.stripe._create_refund
    place.stripe.refunds = {id: r for id, r in place.stripe.refunds.items() if r["metadata"]}
    assert len(refunds_of(place, payment)) == 1
    last = place.stripe.asked("GET /v1/refunds")[-3:]
    assert [dict(r.query).get("starting_after") for r in last] == [None, "re_150", "re_50"]
    place.assert_sound()


@pytest.mark.parametrize("code", [401, 403])
def test_a_key_that_is_refused_decides_nothing_and_is_an_error(place, code):
    place.server.expect_errors("Stripe does not let us do this with our key")
    guest, _, booking = place.stay()
    body = json.dumps({"error": {"type": "invalid_request_error", "message": "Invalid API Key provided: sk_test_***"}}).encode()
    place.stripe.fail("POST /v1/payment_intents", status(code, body=body))
    payment = place.begin(guest, booking).expect(201)
    assert payment["status"] == "pending"
    asked_again(place)
    place.pay(becomes(guest, payment, "requires_action"))
    becomes(guest, payment, "succeeded")
    place.assert_sound()


def test_another_amount_or_currency_than_was_asked_for_confirms_nothing(place):
    """Stripe's word, so the money is what it says: given back, or left for people to look at."""
    place.server.expect_errors("another amount was taken|in another currency")
    place.stripe.telling = False
    for lie, expected in (({"currency": "usd"}, "failed"), ({"amount_received": 4}, "refunded")):
        guest, _, booking, payment = place.begun()
        place.pay(payment)
        place.stripe.fail("GET /v1/payment_intents/.*", changed(lambda o, lie=lie: {**o, **lie}))
        place.stripe.tell(place.stripe.events[-1]).expect(200)
        becomes(guest, payment, expected)
        assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "awaiting_payment"
        del place.stripe.intents[place.intent(payment)["id"]]  # it lied: its books do not agree with ours


def test_stripe_may_be_away_for_a_while(place):
    """V3: it is left alone, and everything is made up for when it is back, once."""
    waiting = [place.begun() for _ in range(3)]
    held = place.begun(booking_mode="request")
    place.pay(held[3])
    becomes(held[0], held[3], "authorized")
    place.stripe.fail(".*", status(503), times=7)  # more than it takes to leave it alone
    for guest, _, booking, payment in waiting:
        place.pay(payment)
    held[1].post(f"/bookings/{held[2]['id']}/accept/").expect(200)
    all_payments = [payment["id"] for _, _, _, payment in (*waiting, held)]

    def everything_came():
        asked_again(place)
        paid = "select 1 from payment where id = any (%s) and status = 'succeeded'"
        return len(place.db.execute(paid, [all_payments]).fetchall()) == len(all_payments)

    wait_until(everything_came, 60, "it being asked again until it answers", every=1)
    for guest, _, booking, payment in (*waiting, held):
        booking_becomes(guest, booking, "confirmed")
    assert [line for line in place.server.log() if line.get("message") == "a service is left alone for a while"]
    place.assert_sound()


def refunds_of(place, payment):
    id = place.intent(payment)["id"]
    return [r for r in list(place.stripe.refunds.values()) if r["payment_intent"] == id]
