"""Hosts that earn and are paid, on a server of the tests' own whose clock only goes forward."""

import contextlib
import secrets

import psycopg
from psycopg.rows import dict_row

from .client import Client
from .make import Make
from .payments import BUSY, booking_becomes, pay
from .processes import wait_until
from .stays import EUR, over

JOBS = ("payments.pay_hosts", "payments.payout")


@contextlib.contextmanager
def paying(start_server, new_database, new_redis, api_of, **settings):
    """`with paying(…) as house`: until the block ends."""
    settings = {"ROOST_PAYOUTS_WAIT_HOURS": "0", "ROOST_MARKET_HOLDS_PER_PROPERTY": "1000", **settings}
    server = start_server(new_database(), new_redis(), **settings)
    with psycopg.connect(server.environment["ROOST_DATABASE_URL"], autocommit=True, row_factory=dict_row) as db:
        no_batch(db)
        yield House(server, api_of(server), db)
    server.close()


def no_batch(db):
    """Until the clock is moved, or a test says so."""
    db.execute("insert into payout_batch (day, at) values (current_date, now()), (current_date - 1, now()) on conflict do nothing")


class House:
    def __init__(self, server, api, db):
        self.server, self.api, self.db, self.clock, self.make = server, api, db, api.clock, Make(api)

    def host(self, destination="account_1", currency=EUR):
        host = self.api.new_host()
        if destination:
            self.account(host, destination, currency)
        return host

    def account(self, host, destination="account_1", currency=EUR, provider="sandbox"):
        """Set, as if long ago."""
        set_account(host, destination, currency, provider).expect(200)
        self.db.execute("update payout_account set usable_from = usable_from - interval '30 days' where host_id = %s", [host.id])

    def paid(self, host, amount=10_000, currency=EUR, check_in=30, nights=2, **changes):
        """(guest, booking, payment) of a stay that was paid through the provider."""
        guest = self.api.new_guest()
        price = {"amount": amount, "currency": currency}
        listing = self.make.listing(host, payment_mode="online", nightly_price=price, **changes)
        booking = self.make.booking(listing, guest, check_in=check_in, nights=nights)
        payment = pay(self.api, guest, booking)
        return guest, booking_becomes(guest, booking, "confirmed"), payment

    def earned(self, host, **stay):
        """The same, when the stay has been over for days."""
        guest, booking, payment = self.paid(host, **stay)
        over(self.db, booking, self.clock.now(), days_ago=5)
        return guest, booking, payment

    def batch(self, done=True):
        """The last batch, whether or not it was run; once every payout is decided, if `done`."""
        self.start_batch()
        wait_until(lambda: self.db.execute("select from payout_batch").fetchall(), BUSY, "the batch")
        if done:
            self.decided()

    def start_batch(self):
        self.db.execute("delete from payout_batch")
        self.db.execute("""insert into job (id, kind, payload, priority, status, run_at)
                           values (gen_random_uuid(), 'payments.pay_hosts', '{}', 5, 'waiting', null)""")

    def decided(self):
        wait_until(lambda: not self.jobs(), BUSY, "no payout is on its way")

    def jobs(self):
        return self.db.execute("select id from job where kind = any (%s) and status <> 'dead'", [list(JOBS)]).fetchall()

    def next_day(self, days=1):
        self.clock.advance(days=days)

    def payouts(self, host):
        rows = self.db.execute("select * from payout where host_id = %s order by day, attempt", [host.id]).fetchall()
        return [(row["status"], row["amount"]) for row in rows]

    def is_all_paid(self):
        """Whether nobody who has an account is owed anything, and nothing is on its way."""
        return not self.db.execute("""
            select from payout_account a join ledger_balance b
                on b.account = 'host_payable' and b.owner = a.host_id::text and b.currency = a.currency where b.balance <> 0
            union all select from payout where status = 'pending'""").fetchall()

    def hurry(self):
        """As if what waits after a failure had waited."""
        self.db.execute("update job set ready_at = now() where kind = any (%s) and status = 'retrying'", [list(JOBS)])

    def owed(self, host, currency=EUR):
        """What the ledger owes the host."""
        row = self.db.execute("""select balance from ledger_balance
                                 where account = 'host_payable' and owner = %s and currency = %s""", [host.id, currency]).fetchone()
        return -row["balance"] if row else 0


def set_account(host, destination, currency=EUR, provider="sandbox"):
    body = {"provider": provider, "destination": destination, "currency": currency}
    return host.put("/users/me/payout-account/", body)


def balance(host, currency=EUR):
    """{"payable": 1, "later": 2, …} in minor units; None when the host has none in that currency."""
    for b in host.get("/users/me/balance/").expect(200)["results"]:
        if b["currency"] == currency:
            return {name: b[name]["amount"] for name in ("payable", "later", "held", "in_transit")}
    return None


def bank(house, payment, choice):
    """What the payer's bank does, on the provider's page."""
    where = house.db.execute("""select '/sandbox/pay/' || c.token as page from sandbox_charge c
                                join payment p on p.provider_reference = c.id::text where p.id = %s""", [payment["id"]]).fetchone()["page"]
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = Client(house.api.port).post(where, body=f"choice={choice}".encode(), headers=form)
    assert reply.status == 303, reply


def share(booking):
    """What the host gets of the booking's price."""
    return booking["price"]["host_payout"]["amount"]


def adjust(admin, host, amount, currency=EUR, reason="A broken lamp."):
    """The reply of moving an amount from the platform to a host, or below zero the other way."""
    account, side = ("credit", "debit") if amount > 0 else ("debit", "credit")
    body = {"amount": {"amount": abs(amount), "currency": currency}, f"{account}_account": "host_payable",
            f"{account}_host_id": host.id, f"{side}_account": "platform_revenue", "reason": reason}  # fmt: skip
    return admin.post("/admin/adjustments/", body, headers={"Idempotency-Key": secrets.token_hex(16)})


def adjusted(api, host, amount, currency=EUR):
    """By one admin, and approved by another."""
    made = adjust(api.as_admin(), host, amount, currency).expect(201)
    if made["status"] == "proposed":
        made = api.as_admin("second").post(f"/admin/adjustments/{made['id']}/approve/", {"reason": "Right."}).expect(200)
    assert made["status"] == "posted", made
    return made
