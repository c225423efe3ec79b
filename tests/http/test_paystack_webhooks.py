"""What Paystack tells: only Paystack is heard, in any order and any number of times (T3, T4)."""

import itertools
import json
import random
import threading

import pytest

from support.payments import becomes, booking_becomes, events, refunds
from support.paystack_place import PaystackPlace
from support.processes import wait_until
from support.stays import money


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of):
    place = PaystackPlace(start_server, new_database(), new_redis(), api_of)
    yield place
    place.close()


@pytest.fixture
def place(_place):
    _place.paystack.telling = False
    yield _place
    _place.after_a_test()


@pytest.fixture
def succeeded(place):
    """(guest, payment, the event that tells of it), not told yet."""
    guest, _, _, payment = place.begun()
    place.pay(payment)
    return guest, payment, place.paystack.events[-1]


def kept(place, event):
    data = event.json["data"]
    id = f"{event.json['event']} {data['id']}"
    return place.db.execute("select count(*) from webhook_event where event_id = %s", [id]).fetchone()["count"]


def refused(place, event, body=None, signature=None):
    headers = {} if signature is None else {"x-paystack-signature": signature}
    reply = place.paystack.tell(event, body=body, headers=headers)
    assert reply.status == 401, reply
    reply.problem


def test_all_orders_of_four_events_end_alike_however_often_they_come(place):
    """Paid, disputed and given back: whatever is told first, Paystack is asked."""
    for order in itertools.permutations(range(4)):
        guest, _, booking, payment = place.begun()
        first = len(place.paystack.events)
        place.pay(payment, "declined")
        place.pay(payment)
        transaction = place.transaction(payment)
        place.paystack._tell("charge.failed", place.paystack._shown({**transaction, "status": "failed"}))
        place.paystack._tell("refund.pending", {"transaction_reference": payment["id"], "refund_reference": None, "amount": "5000"})
        place.paystack._tell("transfer.success", {"id": transaction["id"], "reference": payment["id"]})
        told = place.paystack.events[first:]
        assert [e.json["event"] for e in told] == ["charge.success", "charge.failed", "refund.pending", "transfer.success"]
        for n in order:
            for _ in range(2):
                place.paystack.tell(told[n]).expect(200)
        becomes(guest, payment, "succeeded")
        place.wait_idle(payment)
        assert events(place.db, payment) == ["payment.succeeded"], order
        assert [kept(place, e) for e in told if "id" in e.json["data"]] == [1, 1, 1], order
        assert booking_becomes(guest, booking, "confirmed")["paid"] == payment["amount"], order
    place.paystack.telling = True
    place.give_back(payment, money(5_000, "NGN"))
    becomes(guest, payment, "partially_refunded")
    place.assert_sound()


def test_all_orders_of_what_is_told_of_a_refund_end_alike(place):
    for order in itertools.permutations(range(4)):
        guest, _, _, payment = place.begun()
        place.pay(payment)
        first = len(place.paystack.events) - 1
        place.paystack.tell(place.paystack.events[first]).expect(200)
        becomes(guest, payment, "succeeded")
        place.give_back(payment)
        wait_until(lambda first=first: len(place.paystack.events) == first + 4, 60, "the refund")
        told = place.paystack.events[first:]
        assert [e.json["event"] for e in told] == ["charge.success", "refund.pending", "refund.processing", "refund.processed"]
        for n in order:
            for _ in range(2):
                place.paystack.tell(told[n]).expect(200)
        becomes(guest, payment, "refunded")
        assert len(place.refunds(payment)) == 1, order
        assert events(place.db, payment) == ["payment.succeeded", "payment.refunded"], order
    place.assert_sound()


def test_twenty_at_once_are_one_event(place, succeeded):
    guest, payment, event = succeeded
    before = len(place.paystack.asked(f"GET /transaction/verify/{payment['id']}"))
    volley = [threading.Thread(target=place.paystack.tell, args=[event]) for _ in range(20)]
    for thread in volley:
        thread.start()
    for thread in volley:
        thread.join()
    assert event.statuses == [200] * len(volley) and kept(place, event) == 1
    becomes(guest, payment, "succeeded")
    place.wait_idle(payment)
    assert events(place.db, payment) == ["payment.succeeded"]
    assert len(place.paystack.asked(f"GET /transaction/verify/{payment['id']}")) == before + 1, "and it was asked once"


def test_what_is_not_signed_by_paystack_is_refused(place, succeeded):
    guest, payment, event = succeeded
    body, good = event.body, place.paystack.signature(event.body)
    pick = random.Random(13)
    classes = {"digits": b"0123456789", "letters": b"abcdefghijklmnopqrstuvwxyz", "structure": b'{}[]":,', "spaces": b" "}
    for members in classes.values():
        places = [at for at, byte in enumerate(body) if byte in members]
        for at in pick.sample(places, 6):
            refused(place, event, body[:at] + bytes([body[at] ^ 1 << pick.randrange(8)]) + body[at + 1 :], good)
    for at in range(0, len(good), 7):
        refused(place, event, body, f"{good[:at]}{'0' if good[at] != '0' else '1'}{good[at + 1:]}")
    for signature in (None, "", good[:-1], good + "0", good + good, " ", f"sha512={good}", good[:64],
                      place.paystack.signature(body, "sk_test_another"), place.paystack.signature(b"")):  # fmt: skip
        refused(place, event, body, signature)
    again = json.dumps(event.json, separators=(",", ":")).encode()
    assert again != body, "the case that is meant"
    refused(place, event, again, good)
    for changed in (body + b"\n", b" " + body, b""):
        refused(place, event, changed, good)
    assert kept(place, event) == 0 and place.status(guest, payment) == "requires_action"
    place.paystack.tell(event).expect(200)
    assert kept(place, event) == 1, "the control: this one is heard"
    becomes(guest, payment, "succeeded")


@pytest.mark.parametrize("body", [b"{}", b"[]", b"nonsense", b'{"event":1,"data":{}}', b'{"event":"charge.success"}', b"\xff\xfe",
                                  b'{"event":"charge.success","data":{"id":"x"}}', b"{" * 5000])  # fmt: skip
def test_what_cannot_be_read_is_refused_even_when_it_is_signed(place, succeeded, body):
    reply = place.paystack.tell(succeeded[2], body=body)
    assert reply.status in (400, 422), reply
    reply.problem


@pytest.mark.parametrize("kind,data", [
    ("customeridentification.success", {"customer_id": "9387490384"}), ("subscription.create", {"id": "text"}), ("x", None),
    ("charge.success", {"id": 1, "reference": "shop-1"}), ("charge.success", {"id": 2}), ("transfer.failed", {"id": 3, "reference": "x"}),
    ("refund.processed", {"transaction_reference": "shop-1"}),
    ("charge.success", {"id": 5, "reference": "00000000-0000-7000-8000-000000000000"}),
    ("refund.failed", {"transaction_reference": "00000000-0000-7000-8000-000000000000", "amount": 1}),
])  # fmt: skip
def test_what_is_about_nothing_here_is_heard_and_changes_nothing(place, kind, data):
    place.paystack.tell(place.paystack.happened({"event": kind, "data": data})).expect(200)


@pytest.mark.parametrize("lie", [{"amount": 1}, {"currency": "USD"}, {"status": "failed"}, {"fees": 10**9}, {"reference": "shop-1"}])
def test_what_an_event_says_besides_is_not_believed(place, succeeded, lie):
    guest, payment, event = succeeded
    told = {**event.json, "data": {**event.json["data"], **lie}}
    place.paystack.tell(event, body=json.dumps(told).encode()).expect(200)
    if "reference" in lie:
        place.later()
    becomes(guest, payment, "succeeded")
    place.assert_sound()


def test_an_event_of_money_that_did_not_come_changes_nothing(place):
    guest, _, booking, payment = place.begun()
    data = place.paystack._shown(place.transaction(payment))
    place.paystack.tell(place.paystack.happened({"event": "charge.success", "data": {**data, "status": "success"}})).expect(200)
    place.wait_idle(payment)
    assert place.status(guest, payment) == "requires_action"
    assert booking_becomes(guest, booking, "awaiting_payment")


def test_a_refund_is_looked_at_when_paystack_tells_of_one(place):
    """And not only by and by: the job waits longer and longer."""
    guest, _, _, payment = place.begun()
    place.pay(payment)
    place.paystack.tell(place.paystack.events[-1]).expect(200)
    becomes(guest, payment, "succeeded")
    place.paystack.refunds_end = None
    place.give_back(payment)
    wait_until(lambda: place.refunds(payment), 60, "the refund")
    (refund,) = place.refunds(payment)
    put_off = """update job set ready_at = now() + interval '1 day' where kind = 'payments.refund' and status = 'retrying'
                 returning id"""
    wait_until(lambda: place.db.execute(put_off).fetchall(), 60, "the job that looks again")
    place.paystack.process(refund, "processed")
    assert [r["status"] for r in refunds(guest, payment)] == ["pending"], "the control"
    place.paystack.tell(place.paystack.events[-1]).expect(200)
    becomes(guest, payment, "refunded")
    place.assert_sound()


def test_what_is_told_of_one_refund_does_not_send_another_twice(place):
    """A refund whose request is under way would not be found yet."""
    guest, _, _, payment = place.begun()
    place.pay(payment)
    place.paystack.tell(place.paystack.events[-1]).expect(200)
    becomes(guest, payment, "succeeded")
    place.paystack.refunds_end = None
    place.give_back(payment, money(1_000, "NGN"))
    named = "select 1 from refund where payment_id = %s and provider_reference is not null"
    wait_until(lambda: place.db.execute(named, [payment["id"]]).fetchone(), 60, "the first refund's name")
    (first,) = place.refunds(payment)
    with place.paystack.held("POST /refund") as held:
        place.give_back(payment, money(1_000, "NGN"))
        wait_until(lambda: held.count == 1, 60, "the second refund")
        place.paystack.process(first, "processed")
        place.paystack.tell(place.paystack.events[-1]).expect(200)
        wait_until(lambda: {r["status"] for r in refunds(guest, payment)} == {"succeeded", "pending"}, 60, "the first")
        jobs = "select 1 from job where kind = 'payments.refund' and status <> 'running'"
        wait_until(lambda: not place.db.execute(jobs).fetchone(), 60, "no job but that of the second")
        assert held.count == 1
    wait_until(lambda: place.db.execute(named + " and status = 'pending'", [payment["id"]]).fetchone(), 60, "the second's name")
    (second,) = [r for r in place.refunds(payment) if r is not first]
    place.paystack.process(second, "processed")
    place.paystack.tell(place.paystack.events[-1]).expect(200)
    wait_until(lambda: {r["status"] for r in refunds(guest, payment)} == {"succeeded"}, 60, "the second")
    place.assert_sound()
