"""PayPal loses replies, breaks and forgets: money is taken once, given back once, and in the end both books agree (V1-V3, T23, I3, I6)."""

import pytest

from support.payments import BUSY, becomes, booking_becomes, events, refunds
from support.paypal_place import PayPalPlace
from support.processes import wait_until
from support.simulator import changed, cut, hang, partial, says, status
from support.stays import money


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of, tmp_path_factory):
    folder = tmp_path_factory.mktemp("paypal")
    place = PayPalPlace(folder, start_server, new_database(), new_redis(), api_of, ROOST_PAYMENTS_TIMEOUT_MS="700",
                        ROOST_JOBS_FIRST_PAUSE_MS="200")  # fmt: skip
    yield place
    place.close()


@pytest.fixture
def place(_place):
    yield _place
    assert _place.paypal.failing() == 0, "the control: every fault was met"
    _place.after_a_test()


FAULTS = {
    "cut before": cut(), "cut after": cut(after=True), "half a reply": partial(), "500 before": status(500),
    "500 after": status(500, after=True), "503 with a page": status(503, after=True, body=b"<html>"),
    "429": status(429, Retry_After="1"), "409": status(409, body=b'{"name":"RESOURCE_CONFLICT"}'),
    "400 without a reason": status(400, after=True, body=b"Bad Request"), "no JSON": says(b"<html>\xff"), "nothing": says(b""),
    "giant": says(b"[" + b" " * 3_000_000), "other JSON": says(b'{"id": 7, "status": []}'), "a redirect": status(302, Location="/elsewhere"),
    "hangs before": hang(), "hangs after": hang(after=True),
}  # fmt: skip
every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)


def of_the_capture(**members):
    """The true order with other members of what was taken."""
    def change(order):
        for taken in order["purchase_units"][0].get("payments", {}).get("captures", []):
            taken.update(members)
        return order

    return changed(change)


def euros(value):
    return {"currency_code": "EUR", "value": value}


# What a capture may not be.
OF_CAPTURES = {
    "an amount that is a number": of_the_capture(amount={"currency_code": "EUR", "value": 12.5}),
    "no amount": of_the_capture(amount=None), "no such currency": of_the_capture(amount={"currency_code": "XXX", "value": "1.00"}),
    "too many decimals": of_the_capture(amount=euros("1.001")), "an amount below zero": of_the_capture(amount=euros("-1.00")),
    "an exponent": of_the_capture(amount=euros("1e3")), "nothing was taken": of_the_capture(amount=euros("0.00")),
    "a new status": of_the_capture(status="PATIENT"), "no status": of_the_capture(status=None),
}  # fmt: skip
# What an order may not be.
OF_ORDERS = {
    "the order of another": changed(lambda o: {**o, "purchase_units": [{"custom_id": "0193e0a0-0000-7000-8000-00000000abcd"}]}),
    "two orders in one": changed(lambda o: {**o, "purchase_units": o["purchase_units"] * 2}),
    "no order": changed(lambda o: {**o, "purchase_units": []}),
    "a new status of the order": changed(lambda o: {**o, "status": "PATIENT", "purchase_units": [{"custom_id": o["purchase_units"][0]["custom_id"]}]}),
}  # fmt: skip


@every_fault
def test_an_order_is_made_once_whatever_becomes_of_the_reply(place, fault):
    guest, _, booking = place.stay()
    place.paypal.fail("POST /v2/checkout/orders", fault)
    payment = place.begin(guest, booking).expect(201)
    assert payment["status"] == "pending"
    place.later()
    payment = becomes(guest, payment, "requires_action")
    assert len(place.paypal.orders_of(payment)) == 1
    place.pay(payment)
    becomes(guest, payment, "succeeded")
    place.assert_sound()


def test_an_order_that_leads_elsewhere_is_not_shown(place):
    guest, _, booking = place.stay()
    elsewhere = changed(lambda o: {**o, "links": [{"rel": "payer-action", "href": "javascript:alert(1)"}]})
    place.paypal.fail("POST /v2/checkout/orders", elsewhere)
    payment = place.begin(guest, booking).expect(201)
    assert payment["status"] == "pending" and payment.get("next_action") is None
    place.later()
    becomes(guest, payment, "requires_action")


@every_fault
@pytest.mark.parametrize("verb", ["look", "capture"])
def test_what_is_approved_is_taken_once_whatever_becomes_of_a_reply(place, verb, fault):
    guest, _, booking, payment = place.begun()
    order = place.order(payment)
    at = f"/v2/checkout/orders/{order['id']}"
    place.paypal.fail(f"GET {at}" if verb == "look" else f"POST {at}/capture", fault)
    place.pay(payment)
    place.after_the_fault(payment)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    assert events(place.db, payment) == ["payment.succeeded"]
    assert len(set(place.tries(payment))) == 1, "asked again with the same key alone"
    place.assert_sound()


@pytest.mark.parametrize("lie,looks", [*((f, 2) for f in OF_CAPTURES.values()), *((f, 1) for f in OF_ORDERS.values())],
                         ids=[*OF_CAPTURES, *OF_ORDERS])  # fmt: skip
def test_what_cannot_be_meant_is_asked_for_again(place, lie, looks):
    """Told of by the look before the capture, or the one after it."""
    guest, _, booking, payment = place.begun()
    place.paypal.fail(f"GET /v2/checkout/orders/{place.order(payment)['id']}", lie, times=looks)
    place.pay(payment)
    place.after_the_fault(payment)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


@every_fault
@pytest.mark.parametrize("accepted", [True, False])
def test_what_is_held_is_taken_or_let_go_once_whatever_becomes_of_a_reply(place, accepted, fault):
    guest, host, booking, payment = place.held()
    held = place.paypal.authorization_of(payment)
    verb = "capture" if accepted else "void"
    place.paypal.fail(f"POST /v2/payments/authorizations/{held['id']}/{verb}", fault)
    host.post(f"/bookings/{booking['id']}/{'accept' if accepted else 'decline'}/", {}).expect(200)
    place.after_the_fault(payment)
    becomes(guest, payment, "succeeded" if accepted else "cancelled")
    assert len(set(place.paypal.tries(verb, held))) == 1, "asked again with the same key alone"
    place.assert_sound()


def test_what_could_not_be_let_go_is_let_go_later(place):
    """PayPal refuses to give it to us, and then breaks."""
    guest, host, booking, payment = place.held()
    held = place.paypal.authorization_of(payment)
    place.paypal.refuse("capture", "TRANSACTION_REFUSED")
    place.paypal.fail(f"POST /v2/payments/authorizations/{held['id']}/void", status(500))
    host.post(f"/bookings/{booking['id']}/accept/", {}).expect(200)
    place.after_the_fault(payment)
    becomes(guest, payment, "failed", "cancelled")
    assert held["status"] == "VOIDED"
    place.assert_sound()


def test_what_was_declined_is_let_go_though_the_guest_has_given_up(place):
    guest, host, booking, payment = place.held()
    held = place.paypal.authorization_of(payment)
    place.paypal.captures_begin = "DECLINED"
    place.paypal.fail(f"POST /v2/payments/authorizations/{held['id']}/void", status(500), times=1_000)
    host.post(f"/bookings/{booking['id']}/accept/", {}).expect(200)
    wait_until(lambda: place.paypal.tries("void", held), BUSY, "an attempt to let it go")
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    place.paypal.behave()
    place.wait_idle(payment)
    place.later()
    assert becomes(guest, payment, "failed")["failure_reason"] == "declined"
    assert held["status"] == "VOIDED"
    place.assert_sound()


@every_fault
def test_money_goes_back_once_whatever_becomes_of_the_reply(place, fault):
    guest, _, _, payment = place.paid()
    taken = place.capture(payment)
    place.paypal.fail(f"POST /v2/payments/captures/{taken['id']}/refund", fault)
    place.give_back(payment, money(1_000))
    becomes(guest, payment, "partially_refunded")
    assert place.paypal.refunded(taken) == 1_000
    assert len(set(place.paypal.tries("refund", taken))) == 1, "asked again with the same key alone"
    place.assert_sound()


def test_a_refund_is_found_again_after_paypal_has_forgotten_the_request(place):
    guest, _, _, payment = place.paid()
    taken = place.capture(payment)
    place.paypal.fail(f"POST /v2/payments/captures/{taken['id']}/refund", cut(after=True))
    place.paypal.forgets = True
    made = place.give_back(payment, money(1_000))
    becomes(guest, payment, "partially_refunded")
    assert len([r for r in place.paypal.refunds.values() if r["custom_id"] == made["id"]]) == 1
    place.assert_sound()


def test_a_refund_that_is_told_wrongly_is_looked_for(place):
    guest, _, _, payment = place.paid()
    taken = place.capture(payment)
    other = changed(lambda r: {**r, "amount": euros("9.99")})
    place.paypal.fail(f"POST /v2/payments/captures/{taken['id']}/refund", other)
    place.give_back(payment, money(1_000))
    wait_until(lambda: place.paypal.failing() == 0, BUSY, "the reply")
    becomes(guest, payment, "partially_refunded")
    assert [r["status"] for r in refunds(guest, payment)] == ["succeeded"] and place.paypal.refunded(taken) == 1_000
    place.assert_sound()


# The token

def tokens_asked(place):
    return len(place.paypal.asked("POST /v1/oauth2/token"))


def test_a_token_serves_many_requests_and_one_that_is_refused_is_renewed(place):
    place.begun()
    before = tokens_asked(place)
    for _ in range(3):
        place.begun()
    assert tokens_asked(place) == before
    place.paypal.revoke_tokens()
    place.begun()
    assert tokens_asked(place) == before + 1


def test_a_token_that_ends_is_renewed_before_it_does(place):
    """Of one that is good for less than the time in which it is renewed, each serves once."""
    place.paypal.revoke_tokens()
    place.paypal.token_seconds = 30
    place.begun()
    before = tokens_asked(place)
    place.begun()
    assert tokens_asked(place) > before


@every_fault
def test_without_a_token_nothing_is_lost(place, fault):
    guest, _, booking = place.stay()
    place.paypal.fail("POST /v1/oauth2/token", fault, times=2)  # one for a job that looks after an earlier payment just now
    place.paypal.revoke_tokens()
    payment = place.begin(guest, booking).expect(201)
    assert payment["status"] == "pending"
    place.paypal.behave()
    place.later()
    becomes(guest, payment, "requires_action")


@pytest.mark.parametrize("line,code", [("POST /v1/oauth2/token", 401), ("POST /v2/checkout/orders", 403)])
def test_credentials_that_are_refused_are_told_and_nothing_fails(place, line, code):
    place.server.expect_errors("PayPal does not let us do this with our credentials")
    guest, _, booking = place.stay()
    place.paypal.fail(line, status(code, body=b'{"name":"NOT_AUTHORIZED","error":"invalid_client"}'), times=2)
    place.paypal.revoke_tokens()
    payment = place.begin(guest, booking).expect(201)
    assert payment["status"] == "pending"
    place.paypal.behave()
    place.later()
    becomes(guest, payment, "requires_action")


def test_paypal_that_is_away_is_left_alone_and_asked_when_it_is_back(place):
    """V3: it fails again and again, and what waited for it goes on."""
    guest, _, booking, payment = place.begun()
    place.paypal.fail(".*", status(500), times=1_000)
    place.pay(payment)
    others = [place.stay() for _ in range(8)]
    begun = [place.begin(g, b).expect(201) for g, _, b in others]
    assert {p["status"] for p in begun} == {"pending"}
    rested = [line for line in place.server.get("/metrics").body.decode().splitlines()
              if line.startswith('roost_outbound_rested_total{to="paypal"}')]  # fmt: skip
    assert float(rested[0].split()[-1]) > 0, rested
    place.paypal.behave()
    waiting = [(g, p) for (g, _, _), p in zip(others, begun)]
    wait_until(lambda: place.later() or {place.status(g, p) for g, p in waiting} == {"requires_action"}, BUSY, "it being back", every=1)
    becomes(guest, payment, "succeeded")
    place.assert_sound()


# What was not asked for

def test_another_amount_than_was_asked_for_goes_back(place):
    place.server.expect_errors("another amount was taken")
    guest, _, _, payment = place.begun()
    place.order(payment)["purchase_units"][0]["amount"]["value"] = "1.00"
    place.pay(payment)
    assert becomes(guest, payment, "refunded")["refunded"] == money(100)
    assert events(place.db, payment) == ["payment.orphaned", "payment.refunded"]
    place.assert_sound()


def test_another_currency_than_was_asked_for_is_a_failure(place):
    place.server.expect_errors("in another currency")
    guest, _, _, payment = place.begun()
    place.order(payment)["purchase_units"][0]["amount"]["currency_code"] = "USD"
    place.pay(payment)
    assert becomes(guest, payment, "failed")["failure_reason"] == "wrong_currency"
    # For people to find out; put right, so that the books of later tests agree.
    place.paypal.captures.pop(place.capture(payment)["id"])


def test_the_order_of_another_payment_is_not_taken(place):
    guest, _, _, payment = place.begun()
    order = place.order(payment)
    order["purchase_units"][0]["custom_id"] = "0193e0a0-0000-7000-8000-00000000abcd"
    place.paypal.approve(order)
    place.later()
    wait_until(lambda: "the order of something else" in place.server.log_text(), BUSY, "a warning")
    assert place.status(guest, payment) == "requires_action"
    assert not place.paypal.tries("capture", order)
    order["purchase_units"][0]["custom_id"] = payment["id"]
    place.later()
    becomes(guest, payment, "succeeded")
    place.assert_sound()
