"""Hosts are paid by PayPal's payouts, once, and guests take money back by way of PayPal (S17, I3, domain rules 4.10)."""

import secrets

import pytest

from support.payments import BUSY, assert_sound, becomes, entries
from support.payouts import set_account, share
from support.paypal import minor
from support.paypal_place import PayPalPlace
from support.processes import wait_until
from support.simulator import changed, cut, hang, partial, says, status


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of, tmp_path_factory):
    place = PayPalPlace(tmp_path_factory.mktemp("paypal"), start_server, new_database(), new_redis(), api_of,
                        ROOST_PAYOUTS_WAIT_HOURS="0", ROOST_PAYMENTS_TIMEOUT_MS="700", ROOST_JOBS_FIRST_PAUSE_MS="200")  # fmt: skip
    place.no_batch_yet()
    yield place
    place.close()


@pytest.fixture
def place(_place):
    yield _place
    assert _place.paypal.failing() == 0, "the control: every fault was met"
    _place.after_a_test()


@pytest.fixture
def earned(place):
    """earned() → (host, booking, payment, address): the host is paid to that address."""

    def make_one(**changes):
        address = f"host-{secrets.token_hex(6)}@example.com"
        _, host, booking, payment = place.earned(address, **changes)
        return host, booking, payment, address

    return make_one


def sent(place, address):
    """Of each batch that PayPal has for that address: (amount, how it stands)."""
    items = [item for batch in list(place.paypal.batches.values()) for item in batch["items"]]
    return [(minor(i["payout_item"]["amount"], "currency"), i["transaction_status"]) for i in items
            if i["payout_item"]["receiver"] == address]  # fmt: skip


def batch_of(place, address):
    return next(b for b in list(place.paypal.batches.values()) if b["items"][0]["payout_item"]["receiver"] == address)


def test_a_host_is_paid_by_one_payout(place, earned):
    host, booking, _, address = earned()
    for _ in range(2):
        place.batch()
    assert place.payouts(host) == [("paid", share(booking), None)]
    assert sent(place, address) == [(share(booking), "SUCCESS")]
    assert_sound(place.db)


@pytest.mark.parametrize("currency,price", [("JPY", 15_000), ("USD", 12_345)])
def test_amounts_are_written_as_paypal_counts(place, currency, price):
    address = f"host-{secrets.token_hex(6)}@example.com"
    _, host, booking, _ = place.earned(address, nightly_price={"amount": price, "currency": currency})
    place.batch()
    assert sent(place, address) == [(share(booking), "SUCCESS")]


def test_what_paypal_has_no_decimals_for_is_paid_with_what_comes_later(place, earned):
    host, booking, _, address = earned(nightly_price={"amount": 1_232_500, "currency": "HUF"}, stay={"nights": 1})
    rest = share(booking) % 100
    assert rest, "the control: there is some"
    place.batch()
    assert place.payouts(host) == [("paid", share(booking) - rest, None)]
    assert sent(place, address) == [(share(booking) - rest, "SUCCESS")]
    place.clock.advance(days=1)
    place.batch()
    assert len(place.payouts(host)) == 1 and place.house().owed(host, "HUF") == rest
    assert_sound(place.db)


@pytest.mark.parametrize("fault", [
    hang(), hang(after=True), cut(), cut(after=True), partial(), status(500), status(500, after=True), status(429),
    status(422, body=b'{"name":"INSUFFICIENT_FUNDS"}'), says(b"OK"), says(b"{}"),
], ids=lambda f: f"{f.name} {'after' if f.after else 'before'}")  # fmt: skip
def test_whatever_fails_a_host_is_paid_once(place, earned, fault):
    host, booking, _, address = earned()
    place.paypal.fail("POST /v1/payments/payouts", fault)
    place.batch()
    assert place.payouts(host) == [("paid", share(booking), None)]
    assert sent(place, address) == [(share(booking), "SUCCESS")]
    assert_sound(place.db)


@pytest.mark.parametrize("lie", [
    status(500), says(b"OK"), changed(lambda b: {**b, "items": []}), changed(lambda b: {**b, "items": b["items"] * 2}),
    changed(lambda b: {**b, "items": [{**b["items"][0], "payout_item": {**b["items"][0]["payout_item"], "sender_item_id": "x"}}]}),
    changed(lambda b: {**b, "items": [{**b["items"][0], "payout_item": {**b["items"][0]["payout_item"],
                                                                        "amount": {"currency": "EUR", "value": "1.00"}}}]}),
], ids=["500", "no JSON", "no item", "two items", "another's", "another amount"])  # fmt: skip
def test_what_cannot_be_meant_is_asked_for_again(place, earned, lie):
    host, booking, _, address = earned()
    place.paypal.fail(r"GET /v1/payments/payouts/\w+", lie)
    place.batch()
    assert place.payouts(host) == [("paid", share(booking), None)]
    assert sent(place, address) == [(share(booking), "SUCCESS")]


def test_a_payout_that_is_held_is_waited_for(place, earned):
    host, booking, _, address = earned()
    place.paypal.payouts_end = None
    place.batch(done=False)
    wait_until(lambda: sent(place, address), BUSY, "the payout")
    batch = batch_of(place, address)
    for state in ("UNCLAIMED", "ONHOLD"):
        place.paypal.end_payout(batch, state)
    wait_until(place.paypal.all_told, BUSY)
    assert place.payouts(host) == [("pending", share(booking), None)]
    place.paypal.end_payout(batch, "SUCCESS")
    wait_until(lambda: place.payouts(host) == [("paid", share(booking), None)], BUSY, "its end")
    assert len(sent(place, address)) == 1
    assert_sound(place.db)


@pytest.mark.parametrize("state", ["FAILED", "RETURNED", "BLOCKED", "REFUNDED"])
def test_a_payout_that_fails_is_owed_again(place, earned, state):
    host, booking, _, address = earned()
    place.paypal.payouts_end = state
    place.batch()
    assert place.payouts(host) == [("failed", share(booking), state.lower())]
    assert entries(place.db, booking)["host_payable"] == -share(booking)
    assert_sound(place.db)


def test_a_payout_that_comes_back_after_it_arrived_is_owed_again(place, earned):
    host, booking, _, address = earned()
    place.batch()
    assert place.payouts(host) == [("paid", share(booking), None)]
    place.paypal.end_payout(batch_of(place, address), "RETURNED")
    wait_until(lambda: place.payouts(host) == [("failed", share(booking), "returned")], BUSY, "it coming back")
    assert_sound(place.db)


def test_what_paypal_may_have_forgotten_is_not_sent_again(place, earned):
    """After thirty days it would take it for another."""
    host, booking, _, address = earned()

    def asked():
        return len([r for r in place.paypal.asked("POST /v1/payments/payouts") if address in r.body.decode()])

    def waits_for_people():
        """How often it was looked at since."""
        row = place.db.execute("""select tries from job where kind = 'payments.payout' and errors[1] like '%%too long ago%%'
                                  and payload ->> 'payout_id' = any (select id::text from payout where host_id = %s)""", [host.id]).fetchone()
        return row["tries"] if row else 0

    place.paypal.fail("POST /v1/payments/payouts", says(b"{}"), times=10_000)
    place.batch(done=False)
    wait_until(lambda: asked() > 1, BUSY, "the payout, and the same again")
    place.clock.advance(days=30)
    before = wait_until(waits_for_people, BUSY, "it waiting for people")
    place.paypal.behave()
    place.paypal.batch_days = 31
    sent_before = asked()
    wait_until(lambda: waits_for_people() > before, BUSY, "another look")
    assert asked() == sent_before and [amount for amount, _ in sent(place, address)] == [share(booking)]
    place.db.execute("delete from job where kind = 'payments.payout'")


def test_only_addresses_are_destinations(place):
    host = place.api.new_host()
    for wrong in ("acct_1Host", "a@", "@example.com", "a b@example.com", f"{'a' * 120}@example.com"):
        assert set_account(host, wrong, provider="paypal").status == 422, wrong


# Disputes

def row_of(place, payment):
    return place.db.execute("select * from dispute where payment_id = %s", [payment["id"]]).fetchone()


def becomes_of(place, payment, **values):
    """The dispute, once it is so."""
    return wait_until(lambda: (d := row_of(place, payment)) and {n: d[n] for n in values} == values and d, BUSY, f"a dispute {values}")


def resolved(code):
    return {"status": "RESOLVED", "dispute_outcome": {"outcome_code": code}}


@pytest.mark.parametrize("code,ends", [("RESOLVED_SELLER_FAVOUR", "won"), ("CANCELED_BY_BUYER", "won"), ("RESOLVED_WITH_PAYOUT", "won"),
                                       ("RESOLVED_BUYER_FAVOUR", "lost"), ("ACCEPTED", "lost")])  # fmt: skip
def test_money_is_taken_back_and_may_be_given_again(place, earned, code, ends):
    host, booking, payment, _ = earned()
    total = payment["captured"]["amount"]
    dispute = place.paypal.dispute(place.capture(payment))
    row = becomes_of(place, payment, status="open", withdrawn=total)
    assert (row["fee"], row["reason"]) == (0, "MERCHANDISE_OR_SERVICE_NOT_RECEIVED")
    place.batch()
    assert place.payouts(host) == [], "nothing is paid out meanwhile"
    place.paypal.change_dispute(dispute, **resolved(code))
    becomes_of(place, payment, status=ends, withdrawn=0)
    place.batch()
    assert place.payouts(host) == ([("paid", share(booking), None)] if ends == "won" else [])
    assert ("host_payable" in entries(place.db, booking)) == (ends == "won")
    assert_sound(place.db)


@pytest.mark.parametrize("paid_out", [True, False])
@pytest.mark.parametrize("ends", ["won", "lost"])
def test_what_was_won_may_be_decided_again(place, earned, ends, paid_out):
    host, booking, payment, _ = earned()
    total = payment["captured"]["amount"]
    dispute = place.paypal.dispute(place.capture(payment))
    becomes_of(place, payment, status="open", withdrawn=total)
    place.paypal.change_dispute(dispute, **resolved("RESOLVED_SELLER_FAVOUR"))
    becomes_of(place, payment, status="won", withdrawn=0)
    if paid_out:
        place.batch()
    paid = [("paid", share(booking), None)] if paid_out else []
    place.paypal.change_dispute(dispute, status="WAITING_FOR_SELLER_RESPONSE")
    row = becomes_of(place, payment, status="open", withdrawn=total, closed_at=None)
    assert row["next_check_at"] and host.get(f"/bookings/{booking['id']}/").expect(200)["disputed"] is True
    place.batch()
    assert place.payouts(host) == paid, "nothing is paid out meanwhile"
    assert_sound(place.db)
    place.paypal.change_dispute(dispute, **resolved("DENIED" if ends == "won" else "ACCEPTED"))
    row = becomes_of(place, payment, status=ends, withdrawn=0)
    assert host.get(f"/bookings/{booking['id']}/").expect(200)["disputed"] is False
    told = place.db.execute("select kind from outbox_event where subject_id = %s order by id", [row["id"]]).fetchall()
    assert [e["kind"] for e in told] == ["dispute.opened", "dispute.won", "dispute.opened", f"dispute.{ends}"]
    sums = entries(place.db, booking)
    assert "dispute_reserve" not in sums and sums.get("host_payable", 0) == (-share(booking) if ends == "won" else 0)
    place.batch()
    assert place.payouts(host) == (paid or [("paid", share(booking), None)] if ends == "won" else paid)
    assert place.house().owed(host) == (-share(booking) if paid and ends == "lost" else 0)
    assert_sound(place.db)


def test_what_was_won_may_be_lost_at_once(place, earned):
    _, booking, payment, _ = earned()
    dispute = place.paypal.dispute(place.capture(payment))
    becomes_of(place, payment, status="open")
    for code, ends in (("RESOLVED_SELLER_FAVOUR", "won"), ("ACCEPTED", "lost")):
        place.paypal.change_dispute(dispute, **resolved(code))
        becomes_of(place, payment, status=ends, withdrawn=0)
    assert entries(place.db, booking).keys() == {"gateway_cash", "gateway_fee"}, "what PayPal keeps is all that is gone"
    assert becomes(place.api.as_admin(), payment, "refunded")["refunded"] == payment["captured"]
    assert_sound(place.db)


@pytest.mark.parametrize("then", [resolved("RESOLVED_SELLER_FAVOUR"), {"status": "WAITING_FOR_SELLER_RESPONSE"}], ids=["won", "open"])
def test_what_was_lost_is_mended_by_people(place, earned, then):
    place.server.expect_errors("a dispute that was lost stands otherwise now")
    _, booking, payment, _ = earned()
    dispute = place.paypal.dispute(place.capture(payment))
    becomes_of(place, payment, status="open")
    place.paypal.change_dispute(dispute, **resolved("ACCEPTED"))
    row = becomes_of(place, payment, status="lost", withdrawn=0)
    before = entries(place.db, booking)
    place.paypal.change_dispute(dispute, **then)
    said = "a dispute that was lost stands otherwise now"
    lines = lambda: [line for line in place.server.log() if line.get("message") == said and line["dispute"] == str(row["id"])]  # noqa: E731
    (line,) = wait_until(lines, BUSY, "the log")
    assert (line["level"], line["status"]) == ("error", "won" if "dispute_outcome" in then else "open")
    place.wait_idle(payment)
    assert row_of(place, payment) == row and entries(place.db, booking) == before
    assert_sound(place.db)


def test_a_part_of_it_may_be_lost(place, earned):
    host, booking, payment, _ = earned()
    dispute = place.paypal.dispute(place.capture(payment))
    becomes_of(place, payment, status="open")
    refunded = {"currency_code": "EUR", "value": "40.00"}
    place.paypal.change_dispute(dispute, status="RESOLVED",
                                dispute_outcome={"outcome_code": "RESOLVED_BUYER_FAVOUR", "amount_refunded": refunded})  # fmt: skip
    becomes_of(place, payment, status="lost")
    assert becomes(place.api.as_admin(), payment, "partially_refunded")["refunded"]["amount"] == 4_000
    assert_sound(place.db)


def test_an_inquiry_takes_nothing_until_it_becomes_a_claim(place, earned):
    host, booking, payment, _ = earned()
    dispute = place.paypal.dispute(place.capture(payment), stage="INQUIRY")
    assert becomes_of(place, payment, status="open")["withdrawn"] == 0
    place.paypal.change_dispute(dispute, dispute_life_cycle_stage="CHARGEBACK")
    becomes_of(place, payment, withdrawn=payment["captured"]["amount"])
    place.paypal.change_dispute(dispute, status="RESOLVED", dispute_outcome={"outcome_code": "RESOLVED_SELLER_FAVOUR"})
    becomes_of(place, payment, status="won", withdrawn=0)
    assert_sound(place.db)


@pytest.mark.parametrize("fault", [status(500), says(b"OK"), changed(lambda d: {**d, "dispute_amount": {"currency_code": "EUR", "value": "x"}}),
                                   changed(lambda d: {**d, "status": "RESOLVED", "dispute_outcome": {"outcome_code": "SOMETHING_NEW"}})],
                         ids=["500", "no JSON", "no amount", "a new outcome"])  # fmt: skip
def test_a_dispute_that_is_not_clear_is_asked_for_again(place, earned, fault):
    _, _, payment, _ = earned()
    place.paypal.fail(r"GET /v1/customer/disputes/[\w-]+", fault)
    dispute = place.paypal.dispute(place.capture(payment))
    becomes_of(place, payment, status="open", withdrawn=payment["captured"]["amount"])
    place.paypal.change_dispute(dispute, status="RESOLVED", dispute_outcome={"outcome_code": "DENIED"})
    becomes_of(place, payment, status="won")
    assert_sound(place.db)
