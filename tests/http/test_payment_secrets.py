"""What belongs to payers, hosts or providers is written down nowhere it has no business, whatever goes wrong (T20)."""

import json

import pytest

from support.client import Client
from support.payments import becomes
from support.payouts import House, no_batch, set_account
from support.processes import wait_until
from support.simulator import cut, says, status
from support.stays import money, over
from support.stripe_place import StripePlace

CARD = "4000056655665556"
PHONE = "+254708374149"
SCREAM = json.dumps({"error": {"type": "api_error", "message": f"card {CARD} of {PHONE} failed", "param": CARD}}).encode()

# Where somebody looks, or something is sent, who is neither of the two that a secret belongs to.
WRITTEN = """
    select payload::text || coalesce(errors::text, '') as text from job
    union all select payload::text from outbox_event
    union all select e::text from webhook_event e
    union all select n::text from notification n
    union all select a::text from audit_entry a"""


@pytest.fixture
def place(start_server, new_database, new_redis, api_of):
    place = StripePlace(start_server, new_database(), new_redis(), api_of, ROOST_LOG_LEVEL="debug", ROOST_PAYMENTS_TIMEOUT_MS="1000",
                        ROOST_PAYOUTS_WAIT_HOURS="0")  # fmt: skip
    place.server.expect_errors("(?i)stripe|refuses|payout|given up")
    no_batch(place.db)
    yield place
    place.close()


def everything_goes_wrong(place):
    """Every call of Stripe's fails in some way that repeats what must not be repeated; every kind of event tells of it."""
    stripe = place.stripe
    guest = place.api.new_guest()
    guest.patch("/users/me/", {"phone": PHONE}).expect(200)
    asked = []
    for fault in (status(500, body=SCREAM), status(402, body=SCREAM), says(SCREAM), says(b'{"id": "' + CARD.encode()),
                  status(429, body=SCREAM, Retry_After="0"), cut()):  # fmt: skip
        stripe.fail("POST /v1/payment_intents", fault)
        _, _, booking = place.stay(guest=guest)
        asked.append((place.begin(guest, booking), booking))
    _, host, booking, payment = place.begun(guest=guest)
    place.pay(payment, "pm_card_chargeDeclined")
    place.pay(payment)
    becomes(guest, payment, "succeeded")
    set_account(host, "acct_1Host", provider="stripe").expect(200)
    place.db.execute("update payout_account set usable_from = now() - interval '9 days'")
    for fault in (status(500, body=SCREAM), status(400, body=SCREAM)):
        stripe.fail("POST /v1/refunds", fault)
    place.api.as_admin().post(f"/payments/{payment['id']}/refunds/", {"amount": money(100), "reason": "x"},
                              headers={"Idempotency-Key": payment["id"]}).expect(201)  # fmt: skip
    over(place.db, booking, place.clock.now(), days_ago=5)
    stripe.fail("POST /v1/transfers", status(400, body=SCREAM))
    House(place.server, place.api, place.db).start_batch()
    event = stripe.events[-1]
    loud = json.loads(event.body) | {"card": CARD, "phone": PHONE}
    stripe.tell(event, body=json.dumps(loud).encode())
    stripe.tell(event, body=SCREAM)
    stripe.tell(event, headers={"Stripe-Signature": f"t=1,v1={CARD}"})
    wait_until(lambda: not place.db.execute("select from job where kind = 'payments.pay_hosts' and status = 'waiting'").fetchone(), 60, "the batch")
    place.wait_idle(payment)
    wait_until(lambda: not stripe.failing(), 60, "everything gone wrong")
    return guest, payment, [reply for reply, _ in asked]


def secrets_of(place, guest, payment):
    return {"Stripe's key": place.stripe.key, "the webhook's secret": place.stripe.secret, "the card": CARD, "the phone": PHONE.lstrip("+"),
            "the client's secret": payment["next_action"]["client_secret"], "the guest's token": guest.token}  # fmt: skip


def found_in(secrets, texts):
    """Each with what stands around it."""
    return sorted({(what, text[max(0, at - 150) : at + 150]) for what, secret in secrets.items() for text in texts if (at := text.find(secret)) >= 0})


def test_no_secret_is_written_down(place):
    guest, payment, replies = everything_goes_wrong(place)
    secrets = secrets_of(place, guest, payment)
    written = [row["text"] for row in place.db.execute(WRITTEN)]
    metrics = Client(place.api.port).get("/metrics").body.decode()
    log = place.server.log_text()
    assert payment["id"] in log and any(payment["id"] in text for text in written) and "payments" in metrics
    refusals = [reply.body.decode() for reply in replies if reply.status >= 400]
    assert found_in(secrets, [log, metrics, *written, *refusals]) == []


def test_a_secret_would_be_found(place):
    """The control: what is asked for by name is found, in the one place where it belongs."""
    guest, _, _, payment = place.begun()
    guest.patch("/users/me/", {"phone": PHONE}).expect(200)
    place.db.execute("""insert into outbox_event (kind, subject_id, payload, at)
                        values ('x', %s, jsonb_build_object('phone', %s::text), now())""", [payment["id"], PHONE])  # fmt: skip
    found = found_in(secrets_of(place, guest, payment), [row["text"] for row in place.db.execute(WRITTEN)])
    assert [what for what, _ in found] == ["the phone"]
