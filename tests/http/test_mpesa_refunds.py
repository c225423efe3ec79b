"""Money goes back by M-Pesa, by reversal or as a payment: once, whatever is lost or told (I3, T4, V1, V2, S16)."""

import itertools

import pytest

from support.mpesa_place import MSISDN, STATUS, MPesaPlace, shillings
from support.payments import BUSY, assert_sound, becomes, refunds
from support.processes import wait_until
from support.simulator import cut, hang, partial, says, status
from support.stays import money

REVERSE, PAY = "POST /mpesa/reversal/v1/request", "POST /mpesa/b2c/v3/paymentrequest"
TOKEN = "GET /oauth/v1/generate"


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of, tmp_path_factory):
    place = MPesaPlace(start_server, new_database(), new_redis(), api_of, tmp_path_factory.mktemp("mpesa"), ROOST_PAYMENTS_TIMEOUT_MS="1500")
    yield place
    place.close()


@pytest.fixture
def place(_place):
    yield _place
    assert _place.mpesa.failing() == 0, "the control: every fault was met"
    _place.after_a_test()


def give_back(place, payment, way):
    return place.give_back(payment, shillings(100) if way == "b2c" else None)


def sent(place, payment, refund, way):
    """M-Pesa's, once it is there."""
    if way == "b2c":
        return place.sent(refund["id"])
    (found,) = wait_until(lambda: place.mpesa.reversals(place.receipt(payment)), BUSY, "the reversal")
    return found


def wait_for_end(person, payment, status):
    return wait_until(lambda: (r := refunds(person, payment)[0])["status"] == status and r, BUSY, f"the refund is {status}")


END = {"b2c": "partially_refunded", "reversal": "refunded"}
both_ways = pytest.mark.parametrize("way", END)


def test_all_of_it_goes_back_by_reversal(place):
    guest, _, booking, payment = place.paid(stay={"check_in": 40})
    wait_until(lambda: place.receipt(payment), BUSY, "the receipt")
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    assert becomes(guest, payment, "refunded")["refunded"] == payment["amount"]
    receipt = place.receipt(payment)
    assert place.moved("back", receipt) == [payment["amount"]["amount"] // 100]
    (refund,) = refunds(guest, payment)
    row = place.db.execute("select provider_reference from refund where id = %s", [refund["id"]]).fetchone()
    assert row["provider_reference"] == place.mpesa.reversals(receipt)[0]["receipt"]
    place.assert_sound()


@pytest.mark.parametrize("part", [True, False], ids=["a part", "no receipt"])
def test_else_it_goes_to_the_payers_phone(place, part):
    guest, _, _, payment = place.begun()
    place.end(payment, told=part)
    place.later()
    becomes(guest, payment, "succeeded")
    refund = place.give_back(payment, shillings(1_234) if part else None)
    becomes(guest, payment, "partially_refunded" if part else "refunded")
    transfer = place.sent(refund["id"])
    assert (transfer["asked"]["Amount"], transfer["asked"]["PartyB"]) == (refund["amount"]["amount"] // 100, MSISDN)
    assert not place.moved("back", place.push(payment)["receipt"])
    place.assert_sound()


def test_a_receipt_that_comes_late_changes_no_way_that_was_taken(place):
    """Asked as a payment while there was no receipt, it is not reversed too."""
    guest, _, _, payment = place.begun()
    place.end(payment, told=False)
    place.later()
    becomes(guest, payment, "succeeded")
    place.mpesa.ends = None
    refund = place.give_back(payment)
    transfer = place.sent(refund["id"])
    push = place.push(payment)
    place.mpesa.happened(place.mpesa.callback(push["checkout"]), path=push["path"])
    place.wait_idle(payment)
    assert place.receipt(payment) == push["receipt"], "the control: it is there now"
    place.await_the_question()
    place.mpesa.finish(transfer)
    becomes(guest, payment, "refunded")
    assert not place.mpesa.reversals(push["receipt"])
    place.assert_sound()


def test_of_two_receipts_none_is_taken_back(place):
    """Somebody lies, so it goes to the payer's phone."""
    guest, _, _, payment = place.begun()
    push = place.push(payment)
    place.mpesa.happened(place.mpesa.callback(push["checkout"], "0", receipt="SLFORGED03"), path=push["path"])
    place.wait_idle(payment)
    place.end(payment)
    becomes(guest, payment, "succeeded")
    place.wait_idle(payment)
    refund = place.give_back(payment)
    becomes(guest, payment, "refunded")
    told = ("SLFORGED03", push["receipt"])
    assert place.moved("out", refund["id"]) and not [r for r in place.mpesa.asked(REVERSE) if r.json["TransactionID"] in told]
    place.assert_sound()


@pytest.mark.parametrize("amount", [1_050, 900])
def test_what_m_pesa_cannot_send_back_is_refused(place, amount):
    """Cents, and less than ten shillings."""
    guest, _, _, payment = place.paid()
    body = {"reason": "Cold.", "amount": money(amount, "KES")}
    reply = place.api.as_admin().post(f"/payments/{payment['id']}/refunds/", body, headers={"Idempotency-Key": payment["id"]})
    assert reply.expect(422) and reply.pointers == ["/amount/amount"]
    assert refunds(guest, payment) == []
    place.give_back(payment, shillings(10))
    becomes(guest, payment, "partially_refunded")
    place.assert_sound()


def test_what_the_terms_give_back_with_cents_goes_back_without_them(place):
    """Half of an odd price: the shillings go, fifty cents stay owed."""
    place.server.expect_errors("a provider refuses to give money back")
    guest, _, booking, payment = place.paid(stay={"check_in": 20, "nights": 1}, nightly_price=shillings(10_025), cancellation_policy="firm")
    place.later(hours=25)  # until then everything would go back
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    becomes(guest, payment, "partially_refunded")
    wait_until(lambda: "pending" not in [r["status"] for r in refunds(guest, payment)], BUSY, "both are decided")
    amounts = sorted((r["amount"]["amount"], r["status"]) for r in refunds(guest, payment))
    assert [how for _, how in amounts] == ["failed", "succeeded"]
    assert amounts[0][0] < 100 and amounts[1][0] % 100 == 0, amounts
    place.assert_sound()


@pytest.mark.parametrize("code", ["1", "8", "2001", "2040", "SFC_IC0003"])
@both_ways
def test_a_refund_that_m_pesa_refuses_stays_owed(place, code, way):
    """Whether or not it has made a transaction of it."""
    place.server.expect_errors("a provider refuses to give money back")
    place.mpesa.ends = code
    guest, payment = place.paid_with_receipt()
    give_back(place, payment, way)
    assert wait_for_end(guest, payment, "failed")["failure_reason"] == f"result.{code}"
    place.assert_sound()


def test_a_refused_reversal_can_be_tried_again(place):
    place.server.expect_errors("a provider refuses to give money back")
    place.mpesa.ends = "1"
    guest, payment = place.paid_with_receipt()
    place.give_back(payment)
    failed = wait_for_end(guest, payment, "failed")
    place.mpesa.ends = "0"
    headers = {"Idempotency-Key": failed["id"]}
    place.api.as_admin().post(f"/admin/refunds/{failed['id']}/retry/", {"reason": "There is money now."}, headers=headers).expect(201)
    becomes(guest, payment, "refunded")
    place.assert_sound()


# What is told and not so

@pytest.mark.parametrize("code", ["0", "1", "15", "17", "26"])
@both_ways
def test_a_result_is_asked_about_and_not_believed(place, code, way):
    """Forged, at the right address, while the money is on its way."""
    guest, payment = place.paid_with_receipt()
    place.mpesa.ends = None
    transfer = sent(place, payment, give_back(place, payment, way), way)
    asked = len(place.mpesa.asked(STATUS))
    place.mpesa.say(transfer, code)
    wait_until(lambda: len(place.mpesa.asked(STATUS)) > asked, BUSY, "the question")
    wait_until(place.mpesa.all_told, BUSY, "the answer")
    assert refunds(guest, payment)[0]["status"] == "pending"
    place.mpesa.finish(transfer)
    becomes(guest, payment, END[way])
    place.assert_sound()


def test_a_forged_failure_of_what_never_arrived_fails_it(place):
    """M-Pesa has none of it, and somebody says that it was refused: nothing is lost, it stays owed."""
    place.server.expect_errors("a provider refuses to give money back")
    guest, payment = place.paid_with_receipt()
    place.mpesa.fail(PAY, cut())
    refund = place.give_back(payment, shillings(100))
    wait_until(lambda: not place.mpesa.failing(), BUSY, "the fault")
    (asked,) = [r for r in place.mpesa.asked(PAY) if r.json["OriginatorConversationID"] == refund["id"]]
    said = {"Result": {"ResultCode": 1, "OriginatorConversationID": refund["id"]}}
    place.mpesa.happened(said, path=asked.json["ResultURL"].rsplit("/", 1)[1])
    wait_for_end(guest, payment, "failed")
    assert refund["id"] not in place.mpesa.sent
    place.assert_sound()


def test_an_answer_with_another_amount_is_not_believed(place):
    place.server.expect_errors("M-Pesa calls a transfer done and tells another amount")
    guest, payment = place.paid_with_receipt()
    place.mpesa.status_amount = 1
    place.give_back(payment, shillings(100))
    told = "M-Pesa calls a transfer done and tells another amount"
    wait_until(lambda: [x for x in place.server.log() if x.get("message") == told], BUSY, "the error")
    assert refunds(guest, payment)[0]["status"] == "pending"
    place.mpesa.status_amount = None
    becomes(guest, payment, "partially_refunded")
    place.assert_sound()


def test_all_orders_of_four_messages_end_alike_however_often_they_come(place):
    """A result, a timeout, and two lies, each twice."""
    place.mpesa.ends, place.mpesa.telling = None, False
    for order in itertools.permutations(range(4)):
        place.mpesa.telling = True
        guest, payment = place.paid_with_receipt()
        place.mpesa.telling = False
        refund = place.give_back(payment, shillings(100))
        transfer = place.sent(refund["id"])
        place.mpesa.finish(transfer, told=False)
        told = [place.mpesa.say(transfer), place.mpesa.time_out(transfer), place.mpesa.say(transfer, "1"), place.mpesa.say(transfer, "17")]
        place.mpesa.telling = True  # the answers
        for n in order:
            for _ in range(2):
                place.mpesa.tell(told[n]).expect(200)
        becomes(guest, payment, "partially_refunded")
        assert place.moved("out", refund["id"]) == [100], order
    place.assert_sound()


def test_a_timeout_makes_somebody_ask(place):
    guest, payment = place.paid_with_receipt()
    place.mpesa.ends = None
    transfer = place.sent(place.give_back(payment, shillings(100))["id"])
    place.mpesa.finish(transfer, told=False)
    place.later(minutes=2)
    place.mpesa.time_out(transfer)
    becomes(guest, payment, "partially_refunded")
    place.assert_sound()


# What was lost

BEFORE = {"hangs": hang(), "cut": cut(), "500": status(500), "503 with a page": status(503, body=b"<html>"), "429": status(429, Retry_After="1")}
AFTER = {"hangs": hang(after=True), "cut": cut(after=True), "half a reply": partial(), "500": status(500, after=True),
         "no JSON": says(b"OK"), "nothing": says(b""), "no code": says(b'{"ConversationID":"AG_1"}'), "a list": says(b"[]"),
         "another code": says(b'{"ResponseCode":"1","ResponseDescription":"Busy"}')}  # fmt: skip


@pytest.mark.parametrize("fault", AFTER.values(), ids=AFTER)
@both_ways
def test_a_lost_reply_costs_nothing_when_the_result_is_told(place, way, fault):
    guest, payment = place.paid_with_receipt()
    place.mpesa.fail(REVERSE if way == "reversal" else PAY, fault)
    give_back(place, payment, way)
    becomes(guest, payment, END[way])
    place.assert_sound()


@pytest.mark.parametrize("fault", AFTER.values(), ids=AFTER)
def test_a_payment_of_which_nothing_was_told_is_asked_about(place, fault):
    guest, payment = place.paid_with_receipt()
    place.mpesa.ends = None
    place.mpesa.fail(PAY, fault)
    refund = place.give_back(payment, shillings(100))
    place.mpesa.finish(place.sent(refund["id"]), told=False)
    place.await_the_question()
    becomes(guest, payment, "partially_refunded")
    assert place.moved("out", refund["id"]) == [100]
    place.assert_sound()


def test_a_reversal_of_which_nothing_was_told_is_asked_about(place):
    """By the name that M-Pesa has given it."""
    guest, payment = place.paid_with_receipt()
    place.mpesa.ends = None
    transfer = sent(place, payment, place.give_back(payment), "reversal")
    place.mpesa.finish(transfer, told=False)
    place.await_the_question()
    becomes(guest, payment, "refunded")
    place.assert_sound()


@pytest.mark.parametrize("fault", [*BEFORE.values(), *AFTER.values(), says(b'{"ResponseCode":"1"}')], ids=lambda f: f"{f.name} {f.after}")
def test_a_question_that_fails_is_asked_again(place, fault):
    guest, payment = place.paid_with_receipt()
    place.mpesa.ends, place.mpesa.statuses_told = None, False
    refund = place.give_back(payment, shillings(100))
    transfer = place.sent(refund["id"])
    place.mpesa.fail(STATUS, fault)
    place.mpesa.finish(transfer)
    wait_until(lambda: not place.mpesa.failing(), BUSY, "the fault")
    place.mpesa.statuses_told = True
    becomes(guest, payment, "partially_refunded")
    assert place.moved("out", refund["id"]) == [100] and len([r for r in place.mpesa.asked(PAY) if refund["id"].encode() in r.body]) == 1
    place.assert_sound()


@pytest.mark.parametrize("fault", BEFORE.values(), ids=BEFORE)
def test_a_payment_is_sent_again_once_m_pesa_says_that_it_has_none(place, fault):
    """And under the same id, which it accepts once."""
    guest, payment = place.paid_with_receipt()
    before = len(place.mpesa.asked(PAY))
    place.mpesa.fail(PAY, fault)
    refund = place.give_back(payment, shillings(100))
    wait_until(lambda: not place.mpesa.failing(), BUSY, "the fault")
    assert refund["id"] not in place.mpesa.sent and len(place.mpesa.asked(PAY)) == before + 1
    place.await_the_question()
    becomes(guest, payment, "partially_refunded")
    assert [r.json["OriginatorConversationID"] for r in place.mpesa.asked(PAY)[before:]] == [refund["id"]] * 2
    place.assert_sound()


def test_that_there_is_none_may_be_wrong(place):
    """M-Pesa says so of a payment that it has, and knows its id when it is sent again."""
    guest, payment = place.paid_with_receipt()
    place.mpesa.ends = None
    refund = place.give_back(payment, shillings(100))
    transfer = place.sent(refund["id"])
    place.mpesa.status_says = "2032"
    before = len(place.mpesa.asked(PAY))
    place.await_the_question()
    wait_until(lambda: len(place.mpesa.asked(PAY)) > before, BUSY, "it being sent again")
    place.mpesa.status_says = None
    place.mpesa.improper.clear()  # an id that is sent twice
    place.mpesa.finish(transfer)
    becomes(guest, payment, "partially_refunded")
    assert place.moved("out", refund["id"]) == [100]
    place.assert_sound()


def test_a_payment_is_not_sent_again_as_long_as_m_pesa_says_nothing(place):
    guest, payment = place.paid_with_receipt()
    place.mpesa.statuses_told = False
    place.mpesa.fail(PAY, cut())
    place.give_back(payment, shillings(100))
    wait_until(lambda: not place.mpesa.failing(), BUSY, "the fault")
    sent = len(place.mpesa.asked(PAY))
    for n in range(3):
        place.mpesa.fail(STATUS, status(500))
        place.await_the_question()
        assert len(place.mpesa.asked(PAY)) == sent and refunds(guest, payment)[0]["status"] == "pending", n
    place.mpesa.statuses_told = True
    place.await_the_question()
    becomes(guest, payment, "partially_refunded")
    place.assert_sound()


@pytest.mark.parametrize("fault", BEFORE.values(), ids=BEFORE)
def test_a_reversal_is_never_sent_again(place, fault):
    """It has no id of ours. Nobody can say whether it went through, so people look."""
    guest, payment = place.paid_with_receipt()
    before = len(place.mpesa.asked(REVERSE))
    place.mpesa.fail(REVERSE, fault)
    refund = place.give_back(payment)
    wait_until(lambda: not place.mpesa.failing(), BUSY, "the fault")
    tries = "select coalesce(max(tries), 0) as n from job where kind = 'payments.refund' and payload ->> 'refund_id' = %s"
    wait_until(lambda: place.db.execute(tries, [refund["id"]]).fetchone()["n"] >= 3, BUSY, "its being looked at again and again")
    assert len(place.mpesa.asked(REVERSE)) == before + 1 and not place.mpesa.sent.get(refund["id"])
    assert refunds(guest, payment)[0]["status"] == "pending"
    assert_sound(place.db)
    place.db.execute("update mpesa_transfer set sent_at = null where id = %s", [refund["id"]])  # they have seen that it is not there
    place.later(minutes=10)
    becomes(guest, payment, "refunded")
    place.assert_sound()


@both_ways
@pytest.mark.parametrize("fault", [status(500), status(503, body=b"<html>"), says(b"OK"), cut(), hang()], ids=lambda f: f.name)
def test_what_did_not_go_out_is_sent_later(place, way, fault):
    """There was no token to send it with."""
    guest, payment = place.paid_with_receipt()
    place.mpesa.expire_tokens()
    place.mpesa.fail(TOKEN, fault)
    give_back(place, payment, way)
    wait_until(lambda: not place.mpesa.failing(), BUSY, "the fault")
    becomes(guest, payment, END[way])
    place.assert_sound()


@both_ways
def test_what_was_turned_away_for_the_rate_is_sent_later(place, way):
    guest, payment = place.paid_with_receipt()
    body = b'{"requestId":"1","errorCode":"500.003.02","errorMessage":"Error Occurred: Spike Arrest Violation"}'
    place.mpesa.fail(REVERSE if way == "reversal" else PAY, status(500, body=body))
    give_back(place, payment, way)
    becomes(guest, payment, END[way])
    place.assert_sound()
