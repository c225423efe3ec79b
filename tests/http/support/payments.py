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
            where e.account in ('gateway_cash', 'gateway_fee', 'dispute_reserve', 'dispute_loss') group by 1) l
            on l.payment_id = p.id
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
        select p.id from payment p left join refund r on r.payment_id = p.id and r.replaced_by is null
        where p.captured > 0  -- tests that count statements make refunds of nothing
        group by p.id having p.to_refund <> coalesce(sum(r.amount), 0)
            or p.refunded <> coalesce(sum(r.amount) filter (where r.status = 'succeeded'), 0)""",
    "a payment or a refund has no number, or what is none has one": """
        select * from (
            select id as key, currency, captured as amount from payment where applied and captured > 0
            union all select coalesce(r.repeats, r.id), r.currency, sum(r.amount)::bigint
            from refund r join payment p on p.id = r.payment_id
            where p.applied and p.captured > 0 and r.replaced_by is null group by 1, 2) due
        full join (select coalesce(refund_id, payment_id) as key, currency, amount from receipt) numbered
            using (key, currency, amount)
        where due is null or numbered is null""",
    "a year's numbers have gaps": """
        select year from receipt_year y left join receipt r using (year)
        group by y.year having (count(r), coalesce(min(r.sequence), 1), coalesce(max(r.sequence), 0)) <> (y.last, 1, y.last)""",
    "a payout is not in the ledger exactly once": """
        select p.id from payout p left join (
            select j.payout_id, sum(e.amount) filter (where e.account = 'host_payable') as host,
                   sum(e.amount) filter (where e.account = 'payout_in_transit') as on_its_way,
                   sum(e.amount) filter (where e.account = 'gateway_cash') as cash, count(distinct e.owner) as owners
            from ledger_entry e join ledger_journal j on j.id = e.journal_id group by 1) l on l.payout_id = p.id
        where (coalesce(l.host, 0), coalesce(l.on_its_way, 0), coalesce(l.cash, 0), l.owners) is distinct from
            (case when p.status <> 'failed' then p.amount else 0 end, case when p.status = 'pending' then -p.amount else 0 end,
             case when p.status = 'paid' then -p.amount else 0 end, 2::bigint)
            and (l.payout_id is not null or p.status <> 'failed')  -- tests of lists make payouts of nothing""",
    "a payout is not its parts": """
        select p.id from payout p left join payout_item i on i.payout_id = p.id
        group by p.id having coalesce(sum(i.amount), 0) <> p.amount and (count(i) > 0 or p.status <> 'failed')""",
    "two payouts of one batch": """
        select host_id, currency, day from payout where status <> 'failed' and attempt = 1
        group by 1, 2, 3 having count(*) > 1""",
    "what a booking has earned, or is paid out of it, is counted wrongly": """
        select * from (
            select j.booking_id, -sum(e.amount) as earned from ledger_entry e join ledger_journal j on j.id = e.journal_id
            where e.account = 'host_payable' and j.booking_id is not null group by 1) l
        full join host_earning h using (booking_id)
        left join (
            select i.booking_id, sum(i.amount) as paid_out from payout_item i join payout p on p.id = i.payout_id
            where p.status <> 'failed' group by 1) o using (booking_id)
        where (coalesce(l.earned, 0), coalesce(o.paid_out, 0)) is distinct from (h.earned::numeric, h.paid_out::numeric)""",
    "a host's balance is not what was earned, less what was paid out": """
        select owner, currency, sum(amount) from (
            select owner, currency, balance::numeric as amount from ledger_balance where account = 'host_payable'
            union all select host_id::text, currency, earned from host_earning
            union all select host_id::text, currency, -amount from payout where status <> 'failed'
            union all select credit_owner, currency, amount from adjustment where status = 'posted' and credit_account = 'host_payable'
            union all select debit_owner, currency, -amount from adjustment where status = 'posted' and debit_account = 'host_payable'
        ) parts group by 1, 2 having sum(amount) <> 0""",
    "something was paid out while it was disputed": """
        select p.id from payout p join payout_item i on i.payout_id = p.id join dispute d on d.booking_id = i.booking_id
        where p.asked_at > d.opened_at and (d.closed_at is null or p.asked_at < d.closed_at)""",
    "something was paid out while it was held": """
        select p.id from payout p join payout_hold h on h.host_id = p.host_id
        where p.asked_at > h.created_at and (h.booking_id is null
            or exists (select from payout_item i where i.payout_id = p.id and i.booking_id = h.booking_id))""",
    "a dispute's reserve is not what was taken back": """
        select d.id from dispute d left join (
            select j.dispute_id, sum(e.amount) filter (where e.account = 'dispute_reserve') as reserve,
                   sum(e.amount) filter (where e.account = 'gateway_fee') as fee
            from ledger_entry e join ledger_journal j on j.id = e.journal_id group by 1) l on l.dispute_id = d.id
        where (d.withdrawn, d.fee) <> (coalesce(l.reserve, 0), coalesce(l.fee, 0))""",
    "what the booking says of disputes is not so": """
        select b.id from booking b left join host_earning h on h.booking_id = b.id
        where b.disputed <> exists (select from dispute d where d.booking_id = b.id and d.status = 'open')
           or h.disputed <> b.disputed""",
}

# The same, once nothing is on its way: the provider's own books.
UNSETTLED = {
    "the provider took, or gave back, something else (I3)": """
        select p.id from payment p join sandbox_charge c on c.id::text = p.provider_reference
        left join (
            select j.payment_id, -sum(e.amount) as amount from ledger_entry e join ledger_journal j on j.id = e.journal_id
            where j.kind = 'dispute_lost' and e.account in ('dispute_reserve', 'dispute_loss') group by 1) bank
            on bank.payment_id = p.id
        where (c.captured, c.refunded) <> (p.captured, p.refunded - coalesce(bank.amount, 0))""",
    "a charge has no payment": """
        select c.id from sandbox_charge c left join payment p on p.provider_reference = c.id::text where p.id is null""",
    "a refund is not done": """
        select r.id from refund r where status = 'pending'
            and not exists (select from dispute d where d.payment_id = r.payment_id and d.status = 'open')""",
    "a payout is not decided": "select id from payout where status = 'pending'",
    "the provider paid something else, or more often (I3)": """
        select * from (
            select id::text as key, amount, currency, destination from payout where status = 'paid' and provider = 'sandbox') here
        full join (select idempotency_key as key, amount, currency, destination from sandbox_payout where state = 'paid') there
            using (key, amount, currency, destination)
        where here is null or there is null""",
}


def found(db, statements):
    return {what: rows for what, statement in statements.items() if (rows := db.execute(statement).fetchmany(5))}


def assert_sound(db, settled=False):
    unsound = found(db, UNSOUND)
    assert unsound == {}, unsound
    if settled:
        wait_until(lambda: not found(db, UNSETTLED), BUSY, "the provider's books agree", every=0.1)
