"""Hosts are paid by Paystack's transfers, once, and banks take money back (S17, I3, domain rules 4.10)."""

import pytest

from support.payments import BUSY, assert_sound, entries
from support.payouts import set_account, share
from support.paystack_place import PaystackPlace
from support.processes import wait_until
from support.simulator import changed, cut, hang, partial, says, status


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of):
    settings = {"ROOST_PAYOUTS_WAIT_HOURS": "0", "ROOST_PAYMENTS_TIMEOUT_MS": "2000"}
    place = PaystackPlace(start_server, new_database(), new_redis(), api_of, **settings)
    place.no_batch_yet()
    yield place
    place.close()


@pytest.fixture
def place(_place):
    yield _place
    _place.after_a_test()


@pytest.fixture
def earned(place):
    """earned(destination) → (host, booking, payment) of a stay that has been over for days."""

    def make_one(destination="RCP_host1"):
        return place.earned(destination)[1:]

    return make_one


def transfers(place, host):
    """(amount, recipient) of each that Paystack made for this host."""
    ids = [str(row["id"]) for row in place.db.execute("select id from payout where host_id = %s", [host.id]).fetchall()]
    return [(t["amount"], t["_to"]) for t in list(place.paystack.transfers.values()) if t["reference"] in ids]


def test_a_host_is_paid_by_one_transfer(place, earned):
    host, booking, _ = earned()
    for _ in range(2):
        place.batch()
    assert place.payouts(host) == [("paid", share(booking), None)]
    assert transfers(place, host) == [(share(booking), "RCP_host1")]
    assert_sound(place.db)


@pytest.mark.parametrize("fault", [
    hang(), hang(after=True), cut(), cut(after=True), partial(), status(500), status(500, after=True), status(429), says(b"OK"),
    says(b'{"status":false,"message":"Try again"}'), changed(lambda o: {**o, "data": {**o["data"], "amount": 1.5}}),
    changed(lambda o: {**o, "data": {**o["data"], "amount": 5}}), changed(lambda o: {**o, "data": {**o["data"], "reference": "x"}}),
], ids=lambda f: f"{f.name} {'after' if f.after else 'before'}")  # fmt: skip
def test_whatever_fails_a_host_is_paid_once(place, earned, fault):
    host, booking, _ = earned()
    place.paystack.fail("POST /transfer", fault)
    place.batch()
    assert place.paystack.failing() == 0
    assert place.payouts(host) == [("paid", share(booking), None)]
    assert transfers(place, host) == [(share(booking), "RCP_host1")]
    assert_sound(place.db)


def test_nothing_is_sent_again_as_long_as_it_cannot_be_looked_for(place, earned):
    host, booking, _ = earned()
    place.paystack.fail("POST /transfer", cut(after=True))
    place.paystack.fail("GET /transfer/verify/.*", status(500))
    place.paystack.fail("GET /transfer/verify/.*", says(b'{"status":true}'))
    place.batch()
    assert place.paystack.failing() == 0
    assert transfers(place, host) == [(share(booking), "RCP_host1")]
    assert place.payouts(host) == [("paid", share(booking), None)]


def test_a_recipient_that_paystack_does_not_know_fails_the_payout(place, earned):
    place.server.expect_errors("payout")
    host, booking, _ = earned("RCP_unknown")
    place.batch()
    assert place.payouts(host) == [("failed", share(booking), "invalid_recipient")]
    assert_sound(place.db)


@pytest.mark.parametrize("how", ["otp", "no balance", "slow"])
def test_a_transfer_that_has_to_wait_is_paid_in_the_end(place, earned, how):
    place.server.expect_errors("one-time password")
    host, booking, _ = earned()
    if how == "no balance":
        place.paystack.balance = False
    else:
        place.paystack.transfers_end = "otp" if how == "otp" else None
    place.batch(done=False)
    wait_until(lambda: len(place.paystack.asked("(POST|GET) /transfer.*")) >= 2 and place.paystack.asked("POST /transfer"), BUSY, "it")
    assert [p[0] for p in place.payouts(host)] == ["pending"]
    if how == "otp":
        said = wait_until(lambda: [line for line in place.server.log() if "one-time password" in line.get("message", "")], BUSY, "the log")
        assert said[0]["level"] == "error" and said[0]["payout"]
    if how == "no balance":
        place.paystack.balance = True
    else:
        waiting = lambda: [t for t in list(place.paystack.transfers.values()) if t["status"] in ("otp", "pending")]
        place.paystack.send(*wait_until(waiting, BUSY, "the transfer"), "success")
    place.house().decided()
    assert place.payouts(host) == [("paid", share(booking), None)]
    assert transfers(place, host) == [(share(booking), "RCP_host1")]
    assert_sound(place.db)


def test_a_transfer_that_comes_back_is_owed_again(place, earned):
    place.server.expect_errors("payout")
    host, booking, _ = earned()
    place.batch()
    (transfer,) = [t for t in place.paystack.transfers.values() if t["amount"] == share(booking) and t["status"] == "success"][-1:]
    place.paystack.send(transfer, "reversed")
    wait_until(lambda: place.payouts(host) == [("failed", share(booking), "reversed")], BUSY, "its return")
    assert_sound(place.db)


def test_only_recipients_of_paystack_are_destinations(place):
    host = place.api.new_host()
    for wrong in ("acct_1", "RCP_", "RCP_1/../x", "RCP_1 "):
        assert set_account(host, wrong, "NGN", provider="paystack").status == 422, wrong


@pytest.mark.parametrize("end,resolution", [("won", "declined"), ("lost", "merchant-accepted"), ("lost", "auto-accepted")])
def test_a_bank_takes_money_back_when_the_dispute_is_lost(place, earned, end, resolution):
    host, booking, payment = earned()
    dispute = place.paystack.dispute(payment["id"])
    found = "select * from dispute where payment_id = %s and status = %s"
    row = wait_until(lambda: place.db.execute(found, [payment["id"], "open"]).fetchone(), BUSY, "the dispute")
    assert (row["withdrawn"], row["fee"], row["reason"]) == (0, 0, "chargeback")
    place.batch()
    assert place.payouts(host) == [], "nothing is paid out meanwhile"
    place.paystack.resolve(dispute, resolution)
    wait_until(lambda: place.db.execute(found, [payment["id"], end]).fetchone(), BUSY, end)
    place.batch()
    assert place.payouts(host) == ([("paid", share(booking), None)] if end == "won" else [])
    assert ("host_payable" in entries(place.db, booking)) == (end == "won")
    assert_sound(place.db)
