"""M-Pesa pays hosts, once, in whole shillings, and tells nobody their numbers (S17, I3, T4, T20, V1, V2, domain rules 4.10)."""

import json
import os
import subprocess

import pytest

from support.client import Client
from support.mpesa import MPesa
from support.mpesa_place import MSISDN, PHONE, STATUS, MPesaPlace, shillings
from support.payments import BUSY, becomes
from support.payouts import House, set_account, share
from support.processes import wait_until
from support.simulator import cut, hang, partial, says, status
from support.stays import over

PUSH, PAY = "POST /mpesa/stkpush/v1/processrequest", "POST /mpesa/b2c/v3/paymentrequest"
HOST = "+254110987654"


@pytest.fixture(scope="module")
def _place(start_server, new_database, new_redis, api_of, tmp_path_factory):
    settings = {"ROOST_PAYOUTS_WAIT_HOURS": "0", "ROOST_PAYMENTS_TIMEOUT_MS": "1500"}
    place = MPesaPlace(start_server, new_database(), new_redis(), api_of, tmp_path_factory.mktemp("mpesa"), **settings)
    place.no_batch_yet()
    yield place
    place.close()


@pytest.fixture
def place(_place):
    yield _place
    assert _place.mpesa.failing() == 0, "the control: every fault was met"
    _place.after_a_test()


def earned(place, **changes):
    """(host, booking)"""
    return place.earned(HOST, **changes)[1:3]


def payout_of(place, host):
    """M-Pesa's, once it has it."""
    row = place.db.execute("select id::text from payout where host_id = %s order by id desc limit 1", [host.id]).fetchone()
    return place.sent(row["id"])


def decided(place):
    House(place.server, place.api, place.db).decided()


def test_a_host_is_paid_to_the_phone(place):
    host, booking = earned(place)
    for _ in range(2):
        place.batch()
    assert place.payouts(host) == [("paid", share(booking), None)]
    transfer = payout_of(place, host)
    assert (transfer["asked"]["Amount"] * 100, transfer["asked"]["PartyB"]) == (share(booking), HOST[1:])
    row = place.db.execute("select provider_reference from payout where host_id = %s", [host.id]).fetchone()
    assert row["provider_reference"] == transfer["receipt"]
    place.assert_sound()


def test_only_mobile_numbers_of_kenya_are_destinations(place):
    host = place.api.new_host()
    for wrong in ("account_1", "254712345678", "+254212345678", "+33612345678", "+25471234567", "+254712345678 "):
        reply = set_account(host, wrong, "KES", provider="mpesa")
        assert reply.status == 422 and reply.pointers == ["/destination"], wrong
        assert wrong not in str(reply.json), "a number is not repeated"
    set_account(host, "+254712345678", "KES", provider="mpesa").expect(200)


def test_cents_are_paid_with_what_comes_later(place):
    host, booking = earned(place, nightly_price=shillings(10_025), stay={"nights": 1})
    cents = share(booking) % 100
    assert cents, "the control: there are some"
    place.batch()
    assert place.payouts(host) == [("paid", share(booking) - cents, None)]
    place.clock.advance(days=1)
    place.batch()
    assert len(place.payouts(host)) == 1, "less than a shilling is not paid"
    assert House(place.server, place.api, place.db).owed(host, "KES") == cents
    place.assert_sound()


def test_what_is_more_than_a_transaction_may_be_is_paid_on_several_days(place):
    host, booking = earned(place, nightly_price=shillings(200_000), stay={"nights": 1})
    guest = place.api.new_guest()
    second = place.make.booking(place.make.listing(host, payment_mode="online", nightly_price=shillings(150_000)), guest, nights=1)
    place.pay(place.begin(guest, second).expect(201))
    wait_until(lambda: place.api.as_admin().get(f"/bookings/{second['id']}/").expect(200)["status"] == "confirmed", BUSY, "the second")
    over(place.db, second, place.clock.now(), days_ago=5)
    owed = share(booking) + share(second)
    assert owed > 25_000_000, "the control"
    place.batch()
    place.clock.advance(days=1)
    place.batch()
    assert place.payouts(host) == [("paid", 25_000_000, None), ("paid", owed - 25_000_000, None)]
    place.assert_sound()


@pytest.mark.parametrize("fault", [
    hang(), hang(after=True), cut(), cut(after=True), partial(), status(500), status(500, after=True), status(429), says(b"OK"),
    status(500, body=b'{"requestId":"1","errorCode":"500.003.02","errorMessage":"Spike Arrest Violation"}'),
], ids=lambda f: f"{f.name} {'after' if f.after else 'before'}")  # fmt: skip
@pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
def test_whatever_fails_a_host_is_paid_once(place, fault, told):
    host, booking = earned(place)
    place.mpesa.ends = "0" if told else None
    place.mpesa.fail(PAY, fault)
    place.batch(done=False)
    wait_until(lambda: not place.mpesa.failing(), BUSY, "the fault")
    if not told and fault.after:
        place.mpesa.finish(payout_of(place, host), told=False)
    place.mpesa.ends = "0"
    if not (told and fault.after):
        wait_until(lambda: place.later(minutes=2) or place.payouts(host)[0][0] == "paid", BUSY, "the payout", every=0.5)
    decided(place)
    assert place.payouts(host) == [("paid", share(booking), None)]
    assert len(place.moved("out", payout_of(place, host)["to"])) == 1
    place.assert_sound()


@pytest.mark.parametrize("code", ["1", "8", "2001", "2040"])
def test_a_payout_that_m_pesa_refuses_is_the_hosts_again(place, code):
    place.mpesa.ends = code
    host, booking = earned(place)
    place.batch()
    assert place.payouts(host) == [("failed", share(booking), f"result.{code}")]
    place.mpesa.ends = "0"
    place.clock.advance(days=1)
    place.batch()
    assert [p[0] for p in place.payouts(host)] == ["failed", "paid"]
    place.assert_sound()


@pytest.mark.parametrize("code", ["0", "1", "17"])
def test_a_forged_result_ends_no_payout(place, code):
    host, booking = earned(place)
    place.mpesa.ends = None
    place.batch(done=False)
    wait_until(lambda: place.payouts(host), BUSY, "the payout")
    transfer = payout_of(place, host)
    asked = len(place.mpesa.asked(STATUS))
    place.mpesa.say(transfer, code)
    place.mpesa.time_out(transfer)
    wait_until(lambda: len(place.mpesa.asked(STATUS)) > asked, BUSY, "the question")
    wait_until(place.mpesa.all_told, BUSY, "the answer")
    assert place.payouts(host) == [("pending", share(booking), None)]
    place.mpesa.finish(transfer)
    decided(place)
    assert place.payouts(host) == [("paid", share(booking), None)], "the control"
    place.assert_sound()


def test_no_phone_number_or_secret_is_anywhere_it_must_not_be(place):
    """T20: through every flow, also those that fail."""
    place.server.expect_errors("M-Pesa does not let us do this with our keys|a provider refuses to give money back")
    place.db.execute("""
        create table job_seen (row text);
        create function see_job() returns trigger language plpgsql as $$ begin insert into job_seen values (new::text); return null; end $$;
        create trigger job_seen after insert or update on job for each row execute function see_job()""")
    guest, payment = place.paid_with_receipt()
    place.give_back(payment, shillings(100))
    becomes(guest, payment, "partially_refunded")
    place.mpesa.ends = "1"
    place.give_back(payment, shillings(100))
    host, _ = earned(place)
    place.batch()
    place.mpesa.ends = "0"
    place.clock.advance(days=1)
    place.batch()
    assert [p[0] for p in place.payouts(host)] == ["failed", "paid"]
    other, _, booking = place.stay()
    place.mpesa.fail(PUSH, status(400, body=json.dumps(
        {"requestId": "1", "errorCode": "400.002.02", "errorMessage": f"Bad Request - Invalid PhoneNumber {MSISDN}"}).encode()))  # fmt: skip
    failed = place.begin(other, booking).expect(201)
    place.mpesa.fail(PUSH, status(401), times=2)
    place.begin(other, booking).expect(201)
    texts = [str(reply.body) for reply in (
        place.begin(other, booking, phone="+33612345678"), Client(place.server.port).get("/metrics"), other.get(f"/payments/{failed['id']}/"),
        guest.get(f"/payments/{payment['id']}/"), host.get("/users/me/statements/?currency=KES&from=2026-01-01&to=2027-12-31"),
        set_account(host, "+33612345678", "KES", provider="mpesa"))]  # fmt: skip
    for table in ("job_seen", "outbox_event", "webhook_event", "refund", "audit_entry", "mpesa_transfer"):
        rows = [row["t"] for row in place.db.execute(f"select t::text from {table} t").fetchall()]
        assert rows or table == "audit_entry", f"the control: there is something in {table}"
        texts += rows
    log = place.server.log_text()
    assert [line for line in place.server.log() if line.get("path") == "/api/v1/webhooks/mpesa/"], "the control: callbacks were logged"
    assert "payments.payout" in str(texts), "the control: jobs were seen"
    ours = {name: value for name, value in place.server.environment.items() if name.startswith("ROOST_MPESA_")}
    settings = [value for name, value in ours.items() if any(word in name for word in ("KEY", "SECRET", "PASS"))]
    codes = [e.path.rsplit(".", 1)[1] for e in place.mpesa.events]
    for secret in (PHONE[1:], PHONE[4:], HOST[1:], HOST[4:], "33612345678", *settings, *place.mpesa.tokens, *place.mpesa.credentials, *codes):
        assert secret not in log, secret
        assert not [text for text in texts if secret in text], secret


def test_a_server_without_its_keys_says_what_lacks(binary, new_database, tmp_path):
    mpesa = MPesa(tmp_path)
    place = mpesa.environment()
    mpesa.close()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ROOST_")} | {"ROOST_DATABASE_URL": new_database()}
    wrong = {name: "" for name in place if name not in ("ROOST_PAYMENTS_PROVIDERS", "ROOST_MPESA_API_BASE")}
    wrong |= {"ROOST_MPESA_SHORT_CODE": "12a45", "ROOST_MPESA_CALLBACK_BASE": "http://api.stays.example", "ROOST_MPESA_CALLBACK_SECRET": "x" * 31,
              "ROOST_MPESA_NETWORKS": "nowhere", "ROOST_MPESA_CERTIFICATE_FILE": __file__}  # fmt: skip
    for name, value in wrong.items():
        done = subprocess.run([binary, "serve"], env={**environment, **place, name: value}, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and name in done.stderr, (name, done)
        assert place["ROOST_MPESA_INITIATOR_PASSWORD"] not in done.stderr
