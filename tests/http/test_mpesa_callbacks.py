"""What M-Pesa tells is signed by nobody: whoever says what, M-Pesa is asked (T4, T3, V2, I3)."""

import itertools
import json
import secrets
import threading

import pytest

from support.client import Client
from support.mpesa_place import MPesaPlace, shillings
from support.payments import BUSY, becomes, booking_becomes, events, refunds
from support.processes import wait_until

WEBHOOKS = "/api/v1/webhooks/mpesa/"


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of, tmp_path_factory):
    place = MPesaPlace(start_server, new_database(), new_redis(), api_of, tmp_path_factory.mktemp("mpesa"))
    yield place
    place.close()


@pytest.fixture
def place(_place):
    yield _place
    _place.after_a_test()


def post(place, path, said, **headers):
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    return Client(place.server.port).post(WEBHOOKS + path, body=body, headers={"Content-Type": "application/json", **headers})


def kept(place):
    return place.db.execute("select count(*) from webhook_event").fetchone()["count"]


def test_it_is_answered_as_m_pesa_wants_it(place):
    _, _, _, payment = place.begun()
    event = place.end(payment)
    wait_until(lambda: event.statuses == [200], BUSY, "the callback")
    reply = place.mpesa.tell(event)
    assert json.loads(reply.body) == {"ResultCode": 0, "ResultDesc": "Accepted"}
    place.assert_sound()


def test_a_forged_success_confirms_nothing(place):
    """T4: with the right address, while M-Pesa says that it is pending, and once it says that it failed."""
    guest, _, booking, payment = place.begun()
    push = place.push(payment)
    forged = place.mpesa.callback(push["checkout"], result="0")
    assert post(place, push["path"], forged).status == 200
    place.wait_idle(payment)
    assert place.status(guest, payment) == "requires_action"
    place.end(payment, "1032", told=False)
    assert post(place, push["path"], place.mpesa.callback(push["checkout"], result="0", receipt="SLFORGED02")).status == 200
    place.later()
    becomes(guest, payment, "failed")
    place.wait_idle(payment)
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "awaiting_payment" and place.receipt(payment) is None
    place.assert_sound()


@pytest.mark.parametrize("change", ["nothing", "no code", "another code", "another payment", "another message", "a payout's", "upper case",
                                    "below it", "a refund's", "garbage"])  # fmt: skip
def test_at_another_address_nothing_is_heard(place, change):
    _, _, _, payment = place.begun()
    place.end(payment, told=False)
    push = place.push(payment)
    about, message, id, code = push["path"].split(".")
    named = f"{about}.{message}"
    other = "0198a000-0000-7000-8000-000000000001"
    path = {"nothing": "", "no code": f"{named}.{id}", "another code": f"{named}.{id}.{'0' * 64}", "another payment": f"{named}.{other}.{code}",
            "another message": f"{about}.status.{id}.{code}", "a payout's": f"payout.{message}.{id}.{code}",
            "a refund's": f"refund.{message}.{id}.{code}", "upper case": f"{named}.{id}.{code.upper()}", "below it": push["path"] + "/x",
            "garbage": secrets.token_hex(40)}[change]  # fmt: skip
    before = kept(place)
    reply = post(place, path, place.mpesa.callback(push["checkout"]))
    assert reply.status == 401, reply
    assert kept(place) == before
    assert post(place, push["path"], place.mpesa.callback(push["checkout"])).status == 200, "the control"
    place.wait_idle(payment)


@pytest.mark.parametrize("body", [b"", b"OK", b"[]", b"{}", b'{"Body":{}}', b'{"Body":{"stkCallback":{}}}', b"\xff\xfe",
                                  b'{"Body":{"stkCallback":{"CheckoutRequestID":"a b","ResultCode":0}}}',
                                  b'{"Body":{"stkCallback":{"CheckoutRequestID":{},"ResultCode":0}}}',
                                  b'{"Body":{"stkCallback":{"CheckoutRequestID":"ws_CO_1","ResultCode":[]}}}',
                                  b'{"Body":' + b"[" * 3000])  # fmt: skip
def test_what_cannot_be_read_is_refused(place, body):
    _, _, _, payment = place.begun()
    before = kept(place)
    reply = post(place, place.push(payment)["path"], body)
    assert reply.status == 400, reply
    assert kept(place) == before


def test_another_amount_is_not_believed_and_is_an_error(place):
    """T4: M-Pesa calls it paid, and somebody has told of one shilling."""
    place.server.expect_errors("M-Pesa calls a payment paid and tells something else of it")
    guest, _, booking, payment = place.begun()
    push = place.push(payment)
    place.end(payment, told=False)
    assert post(place, push["path"], place.mpesa.callback(push["checkout"], amount=1)).status == 200
    place.wait_idle(payment)
    place.later()
    place.wait_idle(payment)
    assert place.status(guest, payment) == "requires_action"
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "awaiting_payment"
    place.db.execute("delete from webhook_event where payment_id = %s", [payment["id"]])  # somebody has looked at it
    place.later(minutes=2)
    becomes(guest, payment, "succeeded")
    place.assert_sound()


def test_one_receipt_does_not_pay_twice(place):
    place.server.expect_errors("M-Pesa calls a payment paid and tells something else of it")
    guest, _, _, first = place.begun()
    other, _, booking, second = place.begun()
    place.end(first, receipt="SLSAME0001")
    becomes(guest, first, "succeeded")
    wait_until(lambda: place.receipt(first) == "SLSAME0001", BUSY, "the receipt")
    place.end(second, receipt="SLSAME0001")
    place.wait_idle(second)
    assert place.status(other, second) == "requires_action" and place.receipt(second) is None
    assert other.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "awaiting_payment"
    place.mpesa.money.remove(("in", "SLSAME0001", second["amount"]["amount"] // 100))  # it was never there
    place.mpesa.pushes[place.push(second)["checkout"]].update(result="1032", receipt=None)
    place.later()
    becomes(other, second, "failed")
    place.assert_sound()


def test_the_same_callback_counts_once(place):
    """T4: twenty times, at once."""
    guest, _, booking, payment = place.begun()
    place.mpesa.telling = False
    event = place.end(payment)
    threads = [threading.Thread(target=place.mpesa.tell, args=(event,)) for _ in range(20)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert event.statuses == [200] * 20
    becomes(guest, payment, "succeeded")
    place.wait_idle(payment)
    assert events(place.db, payment) == ["payment.succeeded"]
    rows = place.db.execute("select count(*) from webhook_event where payment_id = %s", [payment["id"]]).fetchone()
    assert rows["count"] == 1
    place.assert_sound()


def test_a_callback_may_be_there_before_the_reply(place):
    """T4: the payer was faster than the network."""
    guest, _, booking = place.stay()
    begun = []
    with place.mpesa.held("POST /mpesa/stkpush/v1/processrequest", after=True) as held:
        thread = threading.Thread(target=lambda: begun.append(place.begin(guest, booking).expect(201)))
        thread.start()
        wait_until(lambda: held.count, BUSY, "the prompt")
        checkout, push = max(place.mpesa.pushes.items())
        place.mpesa.end(checkout)
        payment = {"id": push["path"].split(".")[2]}
        becomes(guest, payment, "succeeded")
    thread.join()
    assert begun[0]["id"] == payment["id"] and begun[0]["status"] == "succeeded"
    booking_becomes(guest, booking, "confirmed")
    assert len(place.pushes(payment)) == 1 and events(place.db, payment) == ["payment.succeeded"]
    place.assert_sound()


def test_all_orders_of_four_callbacks_end_alike_however_often_they_come(place):
    """Unreachable, paid after all, and two lies."""
    place.mpesa.telling = False
    for order in itertools.permutations(range(4)):
        guest, _, booking, payment = place.begun()
        push = place.push(payment)
        told = [place.mpesa.callback(push["checkout"], "1037"), place.mpesa.callback(push["checkout"], "1032"),
                place.mpesa.callback(push["checkout"], "2001")]  # fmt: skip
        place.end(payment)
        told.append(place.mpesa.callback(push["checkout"]))
        for n in order:
            for _ in range(2):
                assert post(place, push["path"], told[n]).status == 200
        becomes(guest, payment, "succeeded")
        place.wait_idle(payment)
        assert events(place.db, payment) == ["payment.succeeded"], order
        assert place.receipt(payment) == push["receipt"], order
        assert booking_becomes(guest, booking, "confirmed")["paid"] == payment["amount"], order
    place.assert_sound()


@pytest.mark.parametrize("message", ["result", "status", "timeout"])
def test_what_is_told_of_a_refund_needs_its_address(place, message):
    guest, _, _, payment = place.paid()
    place.mpesa.ends = None
    refund = place.give_back(payment, shillings(100))
    transfer = place.sent(refund["id"])
    done = {"Result": {"ResultType": 0, "ResultCode": 0, "OriginatorConversationID": refund["id"], "ResultParameters": {"ResultParameter": [
        {"Key": "TransactionStatus", "Value": "Completed"}, {"Key": "ReceiptNo", "Value": "SL1"}, {"Key": "Amount", "Value": 100}]}}}  # fmt: skip
    code = transfer["path"].rsplit(".", 1)[1]
    for path in (f"refund.{message}.{refund['id']}.{'0' * 64}", f"refund.{message}.{refund['id']}", f"payout.{message}.{refund['id']}.{code}",
                 place.push(payment)["path"].replace("payment.", "refund.")):  # fmt: skip
        assert post(place, path, done).status == 401
    for said in (b"{}", b'{"Result":{}}', b"OK"):
        assert post(place, transfer["path"], said).status == 400
    assert refunds(guest, payment)[0]["status"] == "pending"
    place.mpesa.finish(transfer)
    becomes(guest, payment, "partially_refunded")
    place.assert_sound()


def test_a_second_line_is_where_callbacks_come_from(start_server, new_database, new_redis, api_of, tmp_path):
    """Behind a proxy that is trusted the client's address counts, else the connection's."""
    place = MPesaPlace(start_server, new_database(), new_redis(), api_of, tmp_path, ROOST_MPESA_NETWORKS="196.201.214.0/24,2001:db8::/32",
                       ROOST_HTTP_TRUSTED_PROXIES="127.0.0.1")  # fmt: skip
    try:
        guest, _, _, payment = place.begun()
        place.end(payment, told=False)
        push = place.push(payment)
        said = place.mpesa.callback(push["checkout"])
        for client in (None, "8.8.8.8", "196.201.215.1", "196.201.214.200, 8.8.8.8", "nonsense"):
            headers = {"X-Forwarded-For": client} if client else {}
            assert post(place, push["path"], said, **headers).status == 401, client
        for client in ("196.201.214.200", "8.8.8.8, 196.201.214.9", "2001:db8::7"):
            assert post(place, push["path"], said, **{"X-Forwarded-For": client}).status == 200, client
        becomes(guest, payment, "succeeded")
        place.assert_sound()
    finally:
        place.close()
