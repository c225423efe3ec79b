"""M-Pesa fails in every way it can: nobody is asked to pay twice, nothing is lost, nothing is made up (V1-V3, T20, T23, I3, I6)."""

import concurrent.futures
import json
import signal
import time

import pytest

from support.mpesa_place import MPesaPlace
from support.payments import BUSY, becomes, booking_becomes
from support.processes import wait_until
from support.simulator import changed, cut, hang, partial, says, status

PUSH, QUERY, TOKEN = "POST /mpesa/stkpush/v1/processrequest", "POST /mpesa/stkpushquery/v1/query", "GET /oauth/v1/generate"


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


def refusal(code, message):
    return json.dumps({"requestId": "1", "errorCode": code, "errorMessage": message}).encode()


FAULTS = {
    "hangs before": hang(), "hangs after": hang(after=True), "cut before": cut(), "cut after": cut(after=True),
    "half a reply": partial(), "500 before": status(500), "500 after": status(500, after=True),
    "503 with a page": status(503, after=True, body=b"<html>"), "429": status(429, Retry_After="1"),
    "busy": status(500, after=True, body=refusal("500.001.1001", "Unable to lock subscriber")),
    "400 without a reason": status(400, after=True, body=b"Bad Request"),
    "no JSON": says(b"OK"), "nothing": says(b""), "not UTF-8": says(b'{"ResponseCode":"\xff\xfe"}'), "null": says(b"null"),
    "a list": says(b"[]"), "no code": says(b'{"CheckoutRequestID":"ws_CO_1"}'), "too deep": says(b'{"x":' + b"[" * 4000),
    "2 MB": says(b'{"ResponseCode":"' + b"x" * 2_000_000 + b'"}'), "a redirect": status(302, after=True, Location="/elsewhere"),
}  # fmt: skip
every_fault = pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
LIES = {"another code": changed(lambda o: {**o, "ResponseCode": "1"}), "no id": changed(lambda o: {**o, "CheckoutRequestID": None}),
        "an odd id": changed(lambda o: {**o, "CheckoutRequestID": "../x y"})}  # fmt: skip


def test_a_server_that_ends_hears_what_became_of_a_prompt(start_server, new_database, new_redis, api_of, tmp_path):
    """Cut off, it would not know, and the guest be asked twice."""
    place = MPesaPlace(start_server, new_database(), new_redis(), api_of, tmp_path, ROOST_PAYMENTS_TIMEOUT_MS="20000")
    guest, _, booking = place.stay()
    with concurrent.futures.ThreadPoolExecutor(1) as pool, place.mpesa.held(PUSH, after=True) as held:
        asked = pool.submit(place.begin, guest, booking)
        wait_until(lambda: held.count, BUSY, "the prompt")
        place.server.signal(signal.SIGTERM)
        time.sleep(2.5)  # libcurl asks each second whether it is to stop
        held.opened.set()
        payment = asked.result().expect(201)
    assert payment["status"] == "requires_action", payment
    assert place.server.wait() == 0
    place.server.start()
    place.end(payment)
    becomes(guest, payment, "succeeded")
    assert len(place.mpesa.asked(PUSH)) == 1
    place.assert_sound()
    place.close()


@pytest.mark.parametrize("fault", [*FAULTS.values(), *LIES.values()], ids=[*FAULTS, *LIES])
def test_a_prompt_whose_reply_was_lost_is_not_sent_again(place, fault):
    """What the payer does is told at the payment's own address; when there was no prompt, nothing is."""
    guest, _, booking = place.stay()
    before = len(place.mpesa.asked(PUSH))
    place.mpesa.fail(PUSH, fault)
    payment = place.begin(guest, booking, key="once-" + booking["id"]).expect(201)
    assert payment["status"] == "pending", payment
    assert place.begin(guest, booking, key="once-" + booking["id"]).expect(201)["id"] == payment["id"]
    place.later()
    place.wait_idle(payment)
    assert len(place.mpesa.asked(PUSH)) == before + 1
    if fault.after:
        place.end(payment)
        becomes(guest, payment, "succeeded")
        booking_becomes(guest, booking, "confirmed")
    else:
        place.later(minutes=6)
        assert becomes(guest, payment, "failed")["failure_reason"] == "no_answer"
        place.end(place.begin(guest, booking).expect(201))
        booking_becomes(guest, booking, "confirmed")
    assert len(place.mpesa.asked(PUSH)) == before + (1 if fault.after else 2)
    place.assert_sound()


def test_a_prompt_that_nobody_heard_of_and_that_is_paid_late_counts(place):
    """No answer, so it failed; then the callback comes after all."""
    guest, _, booking = place.stay()
    place.mpesa.fail(PUSH, cut(after=True))
    payment = place.begin(guest, booking).expect(201)
    place.later(minutes=6)
    assert becomes(guest, payment, "failed")["failure_reason"] == "no_answer"
    place.end(payment)
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


def test_the_control_of_no_answer(place):
    """Five minutes are what makes it fail, not the loss."""
    guest, _, booking = place.stay()
    place.mpesa.fail(PUSH, cut(after=True))
    payment = place.begin(guest, booking).expect(201)
    place.later(minutes=4)
    wait_until(lambda: not place.db.execute("select 1 from payment where id = %s and next_check_at < %s", [payment["id"], place.clock.now()]).fetchone(),
               BUSY, "the look")  # fmt: skip
    place.wait_idle(payment)
    assert place.status(guest, payment) == "pending"
    place.end(payment)
    becomes(guest, payment, "succeeded")
    place.assert_sound()


@pytest.mark.parametrize("fault", [
    status(400, body=refusal("400.002.02", "Bad Request - Invalid PhoneNumber")), status(404, body=refusal("404.002.01", "Resource not found"))])
def test_a_prompt_that_m_pesa_refuses_fails_at_once(place, fault):
    guest, _, booking = place.stay()
    place.mpesa.fail(PUSH, fault)
    payment = place.begin(guest, booking).expect(201)
    assert payment["status"] == "failed" and payment["failure_reason"] in ("400.002.02", "404.002.01")
    place.assert_sound()


@pytest.mark.parametrize("fault", [hang(), partial(), status(500), status(503, body=b"<html>"), status(429), says(b"OK"), says(b"{}"),
                                   says(b'{"access_token":"","expires_in":"3599"}')], ids=lambda f: f.name)  # fmt: skip
def test_without_a_token_nothing_goes_out_and_the_guest_may_begin_again(place, fault):
    """Not cut(): on a connection of before, which may be any, libcurl asks again by itself."""
    place.mpesa.expire_tokens()
    guest, _, booking = place.stay()
    before = len(place.mpesa.asked(PUSH, served=True))
    # The kept one is refused, and there is no other.
    place.mpesa.fail(TOKEN, fault)
    payment = place.begin(guest, booking).expect(201)
    assert (payment["status"], payment["failure_reason"]) == ("failed", "not_reached")
    assert len(place.mpesa.asked(PUSH, served=True)) == before
    place.end(place.begin(guest, booking).expect(201))
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


@pytest.mark.parametrize("code,why", [("500.003.02", "Spike Arrest Violation"), ("500.003.03", "Quota Violation")])
def test_a_prompt_that_was_turned_away_for_the_rate_did_not_go_out(place, code, why):
    guest, _, booking = place.stay()
    place.mpesa.fail(PUSH, status(500, body=refusal(code, f"Error Occurred: {why}")))
    payment = place.begin(guest, booking).expect(201)
    assert (payment["status"], payment["failure_reason"]) == ("failed", "not_reached")
    place.end(place.begin(guest, booking).expect(201))
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


def test_an_expired_token_is_renewed_once(place):
    place.begun()
    tokens = len(place.mpesa.asked(TOKEN))
    place.begun()
    assert len(place.mpesa.asked(TOKEN)) == tokens, "one is kept"
    place.mpesa.expire_tokens()
    _, _, _, payment = place.begun()
    assert len(place.mpesa.asked(TOKEN)) == tokens + 1 and len(place.pushes(payment)) == 1


@pytest.mark.parametrize("code,why,times", [
    (401, ("404.001.03", "Invalid Access Token"), 2), (404, ("404.001.03", "Invalid Access Token"), 2),
    (500, ("500.001.1001", "Wrong credentials"), 1), (500, ("500.001.1001", "Merchant does not exist"), 1),
])  # fmt: skip
def test_keys_that_are_refused_decide_nothing_and_are_an_error(place, code, why, times):
    place.server.expect_errors("M-Pesa does not let us do this with our keys")
    guest, _, booking = place.stay()
    place.mpesa.fail(PUSH, status(code, body=refusal(*why)), times=times)
    payment = place.begin(guest, booking).expect(201)
    assert (payment["status"], payment["failure_reason"]) == ("failed", "not_reached")
    guest, _, _, payment = place.begun()
    place.end(payment, told=False)
    place.mpesa.fail(QUERY, status(code, body=refusal(*why)), times=times)
    place.later()
    wait_until(lambda: place.mpesa.failing() == 0, BUSY, "the fault")
    place.later()
    becomes(guest, payment, "succeeded")
    place.assert_sound()


ANSWERS = {"another prompt": changed(lambda o: {**o, "CheckoutRequestID": "ws_CO_0"}), "no result": changed(lambda o: {**o, "ResultCode": None}),
           "a new result": changed(lambda o: {**o, "ResultCode": "77"}), "an odd result": changed(lambda o: {**o, "ResultCode": "0 "}),
           "a fraction": changed(lambda o: {**o, "ResultCode": 0.5}), "true": changed(lambda o: {**o, "ResultCode": True})}  # fmt: skip


@pytest.mark.parametrize("fault", [*FAULTS.values(), *ANSWERS.values()], ids=[*FAULTS, *ANSWERS])
def test_a_reply_that_cannot_be_believed_decides_nothing(place, fault):
    guest, _, booking, payment = place.begun()
    place.mpesa.telling = False
    place.mpesa.fail(QUERY, fault)
    place.mpesa.tell(place.end(payment)).expect(200)
    wait_until(lambda: place.mpesa.failing() == 0, BUSY, "the fault")
    place.wait_idle(payment)
    assert place.status(guest, payment) == "requires_action"
    place.later()
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


def test_numbers_and_text_are_the_same_to_m_pesa(place):
    guest, _, _, payment = place.begun()
    place.end(payment, told=False)
    place.mpesa.fail(QUERY, changed(lambda o: {**o, "ResultCode": int(o["ResultCode"])}))
    place.later()
    becomes(guest, payment, "succeeded")
    place.assert_sound()


@every_fault
def test_late_money_is_not_lost_by_a_fault(place, fault):
    """Told once, when nobody asks by himself any more."""
    guest, _, booking, payment = place.begun()
    place.end(payment, "1037")
    becomes(guest, payment, "failed")
    place.mpesa.telling = False
    place.mpesa.fail(QUERY, fault)
    place.mpesa.tell(place.end(payment)).expect(200)
    wait_until(lambda: place.mpesa.failing() == 0, BUSY, "the fault")
    place.wait_idle(payment)
    place.later()
    becomes(guest, payment, "succeeded")
    booking_becomes(guest, booking, "confirmed")
    place.assert_sound()


def test_m_pesa_may_be_away_for_a_while(place):
    """V3: it is left alone, and everything is made up for when it is back, once."""
    waiting = [place.begun() for _ in range(3)]
    for _, _, _, payment in waiting:
        place.end(payment, told=False)
    place.mpesa.fail(".*", status(503), times=7)  # more than it takes to leave it alone
    ids = [payment["id"] for _, _, _, payment in waiting]

    def everything_came():
        place.later()
        paid = "select 1 from payment where id = any (%s) and status = 'succeeded'"
        return len(place.db.execute(paid, [ids]).fetchall()) == len(ids)

    wait_until(everything_came, BUSY, "it being asked again until it answers", every=1)
    for guest, _, booking, _ in waiting:
        booking_becomes(guest, booking, "confirmed")
    assert [line for line in place.server.log() if line.get("message") == "a service is left alone for a while"]
    place.assert_sound()


def test_what_never_was_told_is_found_when_the_books_are_compared(place):
    """1037, and then money of which nothing is told."""
    guest, _, booking, payment = place.begun()
    place.end(payment, "1037")
    becomes(guest, payment, "failed")
    place.end(payment, told=False)
    place.later(hours=2)
    place.server.expect_errors("the ledger and a provider differ")
    place.db.execute("insert into job (id, kind, payload, priority, status, run_at) values (gen_random_uuid(), 'payments.reconcile', '{}', 5, 'waiting', null)")
    becomes(guest, payment, "succeeded", "refunded")
    place.assert_sound()
