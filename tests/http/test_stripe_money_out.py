"""Hosts are paid by Stripe's transfers, once, and banks take money back (S17, I3, domain rules 4.10)."""

import pytest

from support.payments import BUSY, assert_sound, becomes, entries
from support.payouts import set_account, share
from support.processes import wait_until
from support.simulator import changed, cut, hang, partial, says, status
from support.stripe_place import StripePlace


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of):
    place = StripePlace(start_server, new_database(), new_redis(), api_of, ROOST_PAYOUTS_WAIT_HOURS="0", ROOST_PAYMENTS_TIMEOUT_MS="2000")
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

    def make_one(destination="acct_1Host"):
        return place.earned(destination)[1:]

    return make_one


def transfers(place, host):
    """(amount, destination) of each that Stripe made for this host."""
    groups = [str(row["id"]) for row in place.db.execute("select id from payout where host_id = %s", [host.id]).fetchall()]
    return [(t["amount"], t["destination"]) for t in place.stripe.transfers.values() if t["transfer_group"] in groups]


def test_a_host_is_paid_by_one_transfer(place, earned):
    host, booking, _ = earned()
    for _ in range(2):
        place.batch()
    assert place.payouts(host) == [("paid", share(booking), None)]
    assert transfers(place, host) == [(share(booking), "acct_1Host")]
    assert_sound(place.db)


@pytest.mark.parametrize("keeps", [True, False], ids=["within a day", "after Stripe has forgotten the key"])
@pytest.mark.parametrize("fault", [
    hang(), hang(after=True), cut(), cut(after=True), partial(), status(500), status(500, after=True), status(429),
    says(b"OK"), says(b'{"error":{"type":"api_error"}}'), changed(lambda o: {**o, "amount": 1.5}), changed(lambda o: {**o, "amount": o["amount"] + 1}),
], ids=lambda f: f"{f.name} {'after' if f.after else 'before'}")  # fmt: skip
def test_whatever_fails_a_host_is_paid_once(place, earned, fault, keeps):
    place.stripe.keeps_keys = keeps
    host, booking, _ = earned()
    place.stripe.fail("POST /v1/transfers", fault)
    place.batch()
    assert place.stripe.failing() == 0
    assert place.payouts(host) == [("paid", share(booking), None)]
    assert transfers(place, host) == [(share(booking), "acct_1Host")]
    assert_sound(place.db)


def test_nothing_is_sent_again_as_long_as_it_cannot_be_looked_for(place, earned):
    host, booking, _ = earned()
    place.stripe.keeps_keys = False
    place.stripe.fail("POST /v1/transfers", cut(after=True))
    place.stripe.fail("GET /v1/transfers", status(500))
    place.stripe.fail("GET /v1/transfers", says(b'{"object":"list","has_more":false}'))
    place.batch()
    assert transfers(place, host) == [(share(booking), "acct_1Host")]
    assert place.payouts(host) == [("paid", share(booking), None)]


def test_an_account_that_stripe_does_not_know_fails_the_payout(place, earned):
    place.server.expect_errors("payout")
    host, booking, _ = earned("acct_unknown")
    place.batch()
    assert place.payouts(host) == [("failed", share(booking), "resource_missing")]
    place.stripe.improper.clear()
    assert_sound(place.db)


def test_only_accounts_of_stripe_are_destinations(place):
    host = place.api.new_host()
    for wrong in ("ba_1", "acct_", "acct_1/../x", "acct_1 "):
        assert set_account(host, wrong, provider="stripe").status == 422, wrong


@pytest.mark.parametrize("end", ["won", "lost"])
def test_a_bank_takes_money_back_and_may_give_it_again(place, earned, end):
    host, booking, payment = earned()
    total = payment["captured"]["amount"]
    dispute = place.stripe.dispute(place.intent(payment))
    row = wait_until(lambda: place.db.execute("select * from dispute where payment_id = %s and withdrawn > 0", [payment["id"]]).fetchone(),
                     BUSY, "the dispute")  # fmt: skip
    assert (row["withdrawn"], row["fee"], row["status"], row["reason"]) == (total, 1500, "open", "fraudulent")
    place.batch()
    assert place.payouts(host) == [], "nothing is paid out meanwhile"
    place.stripe.end_dispute(dispute, end)
    closed = "select 1 from dispute where id = %s and status = %s"
    wait_until(lambda: place.db.execute(closed, [row["id"], end]).fetchone(), BUSY, end)
    place.batch()
    assert place.payouts(host) == ([("paid", share(booking), None)] if end == "won" else [])
    assert ("host_payable" in entries(place.db, booking)) == (end == "won")
    assert_sound(place.db)


def test_a_question_of_the_bank_takes_nothing(place, earned):
    host, booking, payment = earned()
    dispute = place.stripe.dispute(place.intent(payment), status="warning_needs_response")
    row = wait_until(lambda: place.db.execute("select * from dispute where payment_id = %s", [payment["id"]]).fetchone(), BUSY, "it")
    place.stripe.end_dispute(dispute, "warning_closed")
    closed = "select * from dispute where id = %s and status = 'won'"
    row = wait_until(lambda: place.db.execute(closed, [row["id"]]).fetchone(), BUSY, "its end")
    assert (row["withdrawn"], row["fee"]) == (0, 0)
    assert_sound(place.db)


def test_a_reconciliation_finds_nothing_and_finds_what_differs(place, binary, earned):
    for _ in range(3):
        _, _, payment = earned()
    done = place.reconcile(binary)
    assert done.returncode == 0, done
    charge = place.stripe.charges[place.intent(payment)["latest_charge"]]
    charge["amount_refunded"] = 77
    done = place.reconcile(binary)
    assert done.returncode == 1 and place.intent(payment)["id"] in done.stdout and "77 there" in done.stdout, done
    charge["amount_refunded"] = 0
    becomes(place.api.as_admin(), payment, "succeeded")
