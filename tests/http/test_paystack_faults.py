"""Paystack fails in every way it can: nothing is taken twice, nothing is lost, nothing is made up (V1-V3, T23, I3, I6, S5-S7)."""

import json

import pytest

from support.payments import BUSY, becomes, booking_becomes
from support.paystack_place import PaystackPlace
from support.processes import wait_until
from support.simulator import changed, cut, hang, partial, says, status


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of):
    place = PaystackPlace(start_server, new_database(), new_redis(), api_of, ROOST_PAYMENTS_TIMEOUT_MS="700")
    yield place
    place.close()


@pytest.fixture
def place(_place):
    yield _place
    assert _place.paystack.failing() == 0, "the control: every fault was met"
    _place.after_a_test()


def refusal(message, code, type="validation_error"):
    return json.dumps({"status": False, "message": message, "type": type, "code": code}).encode()


def of_data(**members):
    """The true answer with other members; of a member that is absent there, nothing changes."""
    def change(said):
        data = said["data"]
        return {**said, "data": {**data, **{name: value(data) if callable(value) else value for name, value in members.items()}}}

    return changed(change)


FAULTS = {
    "hangs before": hang(), "hangs after": hang(after=True), "cut before": cut(), "cut after": cut(after=True),
    "half a reply": partial(), "500 before": status(500), "500 after": status(500, after=True),
    "503 with a page": status(503, after=True, body=b"<html>"), "429": status(429, Retry_After="1"),
    "an API error": status(400, body=refusal("System malfunction", "unknown", "api_error")),
    "a processor's error": status(400, after=True, body=refusal("Try again", "unknown", "processor_error")),
    "400 without a reason": status(400, after=True, body=b"Bad Request"),
    "no JSON": says(b"OK"), "nothing": says(b""), "not UTF-8": says(b'{"status":true,"data":{"status":"\xff\xfe"}}'), "null": says(b"null"),
    "200 with an error": says(refusal("Try again", "unknown")), "a list": says(b"[]"), "no data": says(b'{"status":true,"message":"x"}'),
    "null for data": says(b'{"status":true,"message":"x","data":null}'), "too deep": says(b'{"data":' + b"[" * 4000),
    "5 MB": says(b'{"status":true,"data":{"status":"' + b"x" * 5_000_000 + b'"}}'),
    "a redirect": status(302, after=True, Location="/elsewhere"),
}  # fmt: skip

# What a transaction may not be.
OF_TRANSACTIONS = {
    "floats": of_data(amount=lambda d: d["amount"] + 0.5), "text for a number": of_data(amount=lambda d: str(d["amount"])),
    "a negative amount": of_data(amount=-1), "nothing was taken": of_data(amount=0), "no such currency": of_data(currency="XXX"),
    "a currency that it has not": of_data(currency="EUR"), "no status": of_data(status=None), "a new status": of_data(status="patient"),
    "another transaction": of_data(reference="shop-1"), "a fee below zero": of_data(fees=-1),
}  # fmt: skip
every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
# A look whose connection is cut may be repeated at once.
OF_LOOKS = {name: fault for name, fault in (FAULTS | OF_TRANSACTIONS).items() if fault.what != "cut"}
every_lie = pytest.mark.parametrize("fault", OF_LOOKS.values(), ids=OF_LOOKS)


@pytest.mark.parametrize("fault", [*FAULTS.values(), of_data(authorization_url="http://example.com/x"), of_data(reference="shop-1")],
                         ids=[*FAULTS, "another address", "another reference"])  # fmt: skip
def test_a_payment_whose_beginning_goes_wrong_gets_one_page(place, fault):
    """When the page is there and its address was lost, nobody can pay on it: there is another under the next reference."""
    guest, _, booking = place.stay()
    place.paystack.fail("POST /transaction/initialize", fault)
    payment = place.begin(guest, booking).expect(201)
    assert payment["status"] == "pending", payment
    place.later()
    payment = becomes(guest, payment, "requires_action")
    made = place.transactions(payment)
    assert [t["reference"] for t in made] == [payment["id"], f"{payment['id']}-2"][: 2 if fault.after else 1]
    assert payment["next_action"]["redirect_url"].endswith(made[-1]["_page"])
    place.pay(payment)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    assert [t["status"] for t in made] == ["abandoned"] * (len(made) - 1) + ["success"]
    place.assert_sound()


def test_every_page_may_be_lost(place):
    """Then the payment fails: nobody has had a page, and the guest may begin another."""
    guest, _, booking = place.stay()
    initialize, as_it_is = "POST /transaction/initialize", changed(lambda said: said)
    place.paystack.fail(initialize, cut(after=True))
    payment = place.begin(guest, booking).expect(201)
    for n in range(2, 6):
        place.paystack.fail(initialize, as_it_is, times=n - 1)  # those that are there
        place.paystack.fail(initialize, cut(after=True))
        place.clock.advance(seconds=70)
        wait_until(lambda n=n: len(place.transactions(payment)) == n, BUSY, f"page {n}")
        place.wait_idle(payment)
    place.clock.advance(seconds=100)
    assert becomes(guest, payment, "failed")["failure_reason"] == "no_page"
    assert {t["status"] for t in place.transactions(payment)} == {"abandoned"}
    place.pay(place.begin(guest, booking).expect(201))
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


def test_money_on_a_page_whose_address_was_lost_counts(place):
    """Which cannot be; it would be taken in all the same."""
    guest, _, booking = place.stay()
    place.paystack.telling = False
    place.paystack.fail("POST /transaction/initialize", cut(after=True))
    payment = place.begin(guest, booking).expect(201)
    place.paystack.pay(place.transaction(payment)["_page"])
    place.later()
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    assert len(place.transactions(payment)) == 1
    place.assert_sound()


@pytest.mark.parametrize("fault", [hang(), partial(), status(500), status(401, body=refusal("Invalid key", "invalid_Key"))])
def test_what_became_of_a_refused_page_must_be_clear(place, fault):
    """Refused, and it cannot be asked whether it is there: neither a second page nor a failure."""
    place.server.expect_errors("Paystack does not let us do this with our key")
    guest, _, booking = place.stay()
    place.paystack.fail("POST /transaction/initialize", cut(after=True))
    payment = place.begin(guest, booking).expect(201)
    place.paystack.fail("GET /transaction/verify/.*", fault)
    place.later()
    wait_until(lambda: place.paystack.failing() == 0, BUSY, "the fault")
    place.wait_idle(payment)
    assert place.status(guest, payment) == "pending" and len(place.transactions(payment)) == 1
    place.later()
    place.pay(becomes(guest, payment, "requires_action"))
    becomes(guest, payment, "succeeded")
    place.assert_sound()


@every_lie
def test_a_reply_that_cannot_be_believed_decides_nothing(place, fault):
    guest, _, booking, payment = place.begun()
    place.wait_idle(payment)
    place.paystack.telling = False
    place.pay(payment)
    place.paystack.fail("GET /transaction/verify/.*", fault)
    place.paystack.tell(place.paystack.events[-1]).expect(200)
    wait_until(lambda: place.paystack.failing() == 0, BUSY, "the fault")
    place.wait_idle(payment)
    assert place.status(guest, payment) == "requires_action"
    assert booking_becomes(guest, booking, "awaiting_payment")
    place.later()
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


@every_lie
def test_money_that_comes_late_is_not_lost_by_a_fault(place, fault):
    """Told once, when nobody asks by himself any more: then it is asked for until the answer is clear."""
    guest, _, booking, payment = place.begun()
    guest.post(f"/payments/{payment['id']}/cancel/").expect(200)
    becomes(guest, payment, "cancelled")
    place.wait_idle(payment)
    place.paystack.telling = False
    place.pay(payment)
    place.paystack.fail("GET /transaction/verify/.*", fault)
    place.paystack.tell(place.paystack.events[-1]).expect(200)
    wait_until(lambda: place.paystack.failing() == 0, BUSY, "the fault")
    place.wait_idle(payment)
    assert place.status(guest, payment) == "cancelled"
    place.later()
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


@every_lie
def test_a_payment_that_is_given_up_is_cancelled_in_the_end(place, fault):
    guest, _, booking, payment = place.begun()
    place.paystack.fail("GET /transaction/verify/.*", fault)
    guest.post(f"/payments/{payment['id']}/cancel/").expect(200)
    wait_until(lambda: place.paystack.failing() == 0, BUSY, "the fault")
    place.later()
    becomes(guest, payment, "cancelled")
    place.assert_sound()


def refunded_once(place, guest, payment):
    assert becomes(guest, payment, "refunded")["refunded"] == payment["amount"]
    assert [r["amount"] for r in place.refunds(payment)] == [payment["amount"]["amount"]]
    place.assert_sound()


@every_fault
def test_money_goes_back_once(place, fault):
    """What was asked before is found by its note."""
    guest, _, booking, payment = place.paid(stay={"check_in": 40})
    place.paystack.fail("POST /refund", fault)
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    refunded_once(place, guest, payment)


@pytest.mark.parametrize("looking", [hang(), cut(), status(500), status(404, body=refusal("Refund not found", "refund_not_found")),
                                     says(b"OK"), says(b'{"status":true}')])  # fmt: skip
@pytest.mark.parametrize("what", ["GET /refund", "GET /transaction/verify/.*", "GET /refund/.*"])
def test_nothing_is_asked_for_as_long_as_it_cannot_be_looked_for(place, looking, what):
    guest, _, booking, payment = place.paid(stay={"check_in": 40})
    place.wait_idle(payment)
    lost = cut(after=True)
    if what == "GET /refund/.*":
        place.paystack.refunds_end = None  # named, and looked at again
    else:
        place.paystack.fail("POST /refund", lost)
    place.paystack.fail(what, looking)
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    wait_until(lambda: place.paystack.failing() == 0, BUSY, "the fault")
    if what == "GET /refund/.*":
        (refund,) = place.refunds(payment)
        place.paystack.process(refund, "processed")
    refunded_once(place, guest, payment)


def test_a_refund_is_found_among_many_pages(place):
    guest, _, booking, payment = place.paid(stay={"check_in": 40})
    place.paystack.fail("POST /refund", cut(after=True))
    create = place.paystack._create_refund

    def among_others(asked):
        """Those of others are later, so ours is on the last page."""
        said = create(asked)
        (made,) = place.refunds(payment)
        others = {n: {**made, "id": n, "amount": 1, "merchant_note": f"other {n}", "status": "failed", "_of": "shop"} for n in range(9_000_000, 9_000_250)}
        place.paystack.refunds |= others
        return said

    place.paystack._create_refund = among_others
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    becomes(guest, payment, "refunded")
    del place.paystack._create_refund
    place.paystack.refunds = {id: r for id, r in place.paystack.refunds.items() if id < 9_000_000}
    asked = [dict(r.query) for r in place.paystack.asked("GET /refund") if "transaction" in dict(r.query)][-3:]
    assert [a["page"] for a in asked] == ["1", "2", "3"]
    refunded_once(place, guest, payment)


@pytest.mark.parametrize("code", [401, 403])
def test_a_key_that_is_refused_decides_nothing_and_is_an_error(place, code):
    place.server.expect_errors("Paystack does not let us do this with our key")
    guest, _, booking = place.stay()
    place.paystack.fail("POST /transaction/initialize", status(code, body=refusal("Invalid key", "invalid_Key")))
    payment = place.begin(guest, booking).expect(201)
    assert payment["status"] == "pending"
    place.later()
    place.pay(becomes(guest, payment, "requires_action"))
    becomes(guest, payment, "succeeded")
    place.assert_sound()


def test_another_amount_or_currency_than_was_asked_for_confirms_nothing(place):
    """Paystack's word, so the money is what it says: given back, or left for people to look at."""
    place.server.expect_errors("another amount was taken|in another currency|a provider refuses to give money back")
    place.paystack.telling = False
    for lie, expected in (({"currency": "USD"}, "failed"), ({"amount": 400}, "refunded")):
        guest, _, booking, payment = place.begun()
        place.pay(payment)
        place.paystack.fail("GET /transaction/verify/.*", of_data(**lie))
        place.paystack.tell(place.paystack.events[-1]).expect(200)
        becomes(guest, payment, expected)
        assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "awaiting_payment"
        del place.paystack.transactions[payment["id"]]  # it lied: its books do not agree with ours


def test_paystack_may_be_away_for_a_while(place):
    """V3: it is left alone, and everything is made up for when it is back, once."""
    waiting = [place.begun() for _ in range(3)]
    place.paystack.fail(".*", status(503), times=7)  # more than it takes to leave it alone
    for guest, _, booking, payment in waiting:
        place.pay(payment)
    ids = [payment["id"] for _, _, _, payment in waiting]

    def everything_came():
        place.later()
        paid = "select 1 from payment where id = any (%s) and status = 'succeeded'"
        return len(place.db.execute(paid, [ids]).fetchall()) == len(ids)

    wait_until(everything_came, BUSY, "it being asked again until it answers", every=1)
    for guest, _, booking, payment in waiting:
        booking_becomes(guest, booking, "confirmed")
    assert [line for line in place.server.log() if line.get("message") == "a service is left alone for a while"]
    place.assert_sound()
