"""Paying by the sandbox, as a guest does on its page, and statements that find money that does not add up."""

import re
import secrets

from .client import Client
from .processes import wait_until
from .signing import sign

BUSY = 60  # seconds that jobs have on a busy machine


def begin(guest, booking, key=None, **body):
    """The reply of POST /payments/."""
    body = {"booking_id": booking["id"], "provider": "sandbox", "method": "card", **body}
    return guest.post("/payments/", body, headers={"Idempotency-Key": key or secrets.token_hex(16)})


def page_of(payment):
    assert payment["next_action"]["kind"] == "redirect", payment
    return payment["next_action"]["redirect_url"]


def choose(api, payment, *choices):
    """What the guest presses on the provider's page, one after the other."""
    browser = Client(api.port)
    for choice in choices:
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        reply = browser.post(page_of(payment), body=f"choice={choice}".encode(), headers=form)
        assert reply.status == 303 and reply.headers["location"] == page_of(payment), reply
    return browser.get(page_of(payment))


def state_of(page):
    return re.search(r'data-state="(\w+)"', page.body.decode())[1]


def becomes(person, payment, *statuses):
    """The payment once it has one of them."""
    path = f"/payments/{payment['id']}/"
    return wait_until(lambda: (p := person.get(path).expect(200))["status"] in statuses and p, BUSY, f"{path} {statuses}")


def booking_becomes(person, booking, *statuses):
    path = f"/bookings/{booking['id']}/"
    return wait_until(lambda: (b := person.get(path).expect(200))["status"] in statuses and b, BUSY, f"{path} {statuses}")


def pay(api, guest, booking, *choices):
    """A payment that went through."""
    payment = begin(guest, booking).expect(201)
    choose(api, payment, *(choices or ["approve"]))
    return becomes(guest, payment, "succeeded")


def refunds(person, payment):
    return person.get(f"/payments/{payment['id']}/refunds/").expect(200)["results"]


def events(db, payment):
    rows = db.execute("select kind from outbox_event where subject_id = %s order by id", [payment["id"]]).fetchall()
    return [row["kind"] for row in rows]


def entries(db, booking):
    """Account → what the booking's journals put there."""
    rows = db.execute(
        """select account, sum(amount)::bigint as amount from ledger_entry e join ledger_journal j on j.id = e.journal_id
           where j.booking_id = %s group by account having sum(amount) <> 0""", [booking["id"]]).fetchall()
    return {row["account"]: row["amount"] for row in rows}


def tell(api, db, reference, kind="charge.succeeded", id=None, path="/api/v1/webhooks/sandbox/", body=None, **how):
    """An event as the sandbox signs it."""
    secret = db.execute("select secret from sandbox_secret").fetchone()["secret"]
    id = id or secrets.token_hex(8)
    body = body if body is not None else f'{{"id":"{id}","kind":"{kind}","charge":"{reference}"}}'.encode()
    headers = {"Content-Type": "application/json", "Roost-Sandbox-Signature": sign(secret, body, api.clock.now(), **how)}
    return Client(api.port).post(path, body=body, headers=headers)


def reference_of(db, payment):
    return db.execute("select provider_reference from payment where id = %s", [payment["id"]]).fetchone()["provider_reference"]


# Each finds what must not be, at any moment.
UNSOUND = {
    "a journal is not zero (I2)": """
        select j.id from ledger_journal j left join ledger_entry e on e.journal_id = j.id
        group by j.id having coalesce(sum(e.amount), 1) <> 0""",
    "a balance is not the sum of its entries (I2)": """
        select * from (
            select e.account, e.owner, j.currency, sum(e.amount) as total
            from ledger_entry e join ledger_journal j on j.id = e.journal_id group by 1, 2, 3) summed
        full join ledger_balance b using (account, owner, currency)
        where summed.total is distinct from b.balance""",
    "a booking's money belongs to nobody": """
        select b.id, b.paid from booking b join (
            select j.booking_id, -sum(e.amount) as owned from ledger_entry e join ledger_journal j on j.id = e.journal_id
            where e.account in ('host_payable', 'platform_revenue', 'tax_payable') group by 1) l on l.booking_id = b.id
        where b.paid <> l.owned""",
    "a booking's money is divided unlike its price": """
        select b.id from booking b join (
            select j.booking_id, -sum(e.amount) filter (where e.account = 'host_payable') as host,
                   -sum(e.amount) filter (where e.account = 'tax_payable') as tax
            from ledger_entry e join ledger_journal j on j.id = e.journal_id group by 1) l on l.booking_id = b.id
        where b.paid = b.total and (coalesce(l.host, 0), coalesce(l.tax, 0)) <> (b.host_payout, b.tax)""",
    "captured less refunded is not what lies at the provider": """
        select p.id from payment p left join (
            select j.payment_id, sum(e.amount) as cash from ledger_entry e join ledger_journal j on j.id = e.journal_id
            where e.account in ('gateway_cash', 'gateway_fee') group by 1) l on l.payment_id = p.id
        where p.captured - p.refunded <> coalesce(l.cash, 0)""",
    "what is owed to guests is not what is still to be given back": """
        select p.id from payment p left join (
            select j.payment_id, -sum(e.amount) as owed from ledger_entry e join ledger_journal j on j.id = e.journal_id
            where e.account = 'guest_receivable' group by 1) l on l.payment_id = p.id
        where p.to_refund - p.refunded <> coalesce(l.owed, 0)""",
    "a booking was paid twice (I3)": """
        select booking_id from payment where applied group by booking_id, purpose, alteration_id having count(*) > 1""",
    "what was not taken is kept": "select id from payment where captured > 0 and not applied and to_refund <> captured",
    "refunds are not what was decided": """
        select p.id from payment p left join refund r on r.payment_id = p.id
        where p.captured > 0  -- tests that count statements make refunds of nothing
        group by p.id having p.to_refund <> coalesce(sum(r.amount), 0)
            or p.refunded <> coalesce(sum(r.amount) filter (where r.status = 'succeeded'), 0)""",
}

# The same, once nothing is on its way: the provider's own books.
UNSETTLED = {
    "the provider took, or gave back, something else (I3)": """
        select p.id from payment p join sandbox_charge c on c.id::text = p.provider_reference
        where (c.captured, c.refunded) <> (p.captured, p.refunded)""",
    "a charge has no payment": """
        select c.id from sandbox_charge c left join payment p on p.provider_reference = c.id::text where p.id is null""",
    "a refund is not done": "select id from refund where status = 'pending'",
}


def found(db, statements):
    return {what: rows for what, statement in statements.items() if (rows := db.execute(statement).fetchmany(5))}


def assert_sound(db, settled=False):
    unsound = found(db, UNSOUND)
    assert unsound == {}, unsound
    if settled:
        wait_until(lambda: not found(db, UNSETTLED), BUSY, "the provider's books agree", every=0.1)
