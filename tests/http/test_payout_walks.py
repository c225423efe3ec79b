"""Whatever people, banks and admins do in whatever order, every unit is somewhere (I2, T8)."""

import secrets

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from support.payments import BUSY, assert_sound
from support.payouts import adjusted, balance, bank, paying
from support.processes import wait_until

PRICES = {"EUR": 12_050, "JPY": 15_001, "KWD": 45_125}  # 2, 0 and 3 decimals
STEPS = ["pay", "pay", "refund", "dispute", "win", "lose", "adjust", "payout", "payout"]


@pytest.fixture(scope="module")
def house(start_server, new_database, new_redis, api_of):
    with paying(start_server, new_database, new_redis, api_of) as house:
        house.server.expect_errors("refuses to give money back")
        yield house


class Walk:
    """One host's life in one currency; `paid` are the payments that went through."""

    def __init__(self, house, currency, destination):
        self.house, self.currency, self.host = house, currency, house.host(destination, currency)
        self.paid = []

    def settled(self):
        jobs = "select from job where kind like 'payments.%%' and kind = any (%s) and status <> 'dead'"
        kinds = ["payments.advance", "payments.refund", "payments.payout", "payments.dispute", "payments.sandbox_event"]
        wait_until(lambda: not self.house.db.execute(jobs, [kinds]).fetchall(), BUSY, "everything is settled")

    def do(self, step, number):
        house = self.house
        if step == "pay":
            nights = number % 4 + 1
            *_, payment = house.earned(self.host, amount=PRICES[self.currency] + number, currency=self.currency, nights=nights)
            self.paid.append(payment)
        elif step == "payout":
            house.next_day()
            house.batch()
        elif step == "adjust":
            adjusted(house.api, self.host, number - 50 or 1, self.currency)
        elif self.paid:
            payment = self.paid[number % len(self.paid)]
            state = house.db.execute("""select c.state from sandbox_charge c join payment p on p.provider_reference = c.id::text
                                        where p.id = %s""", [payment["id"]]).fetchone()["state"]
            if step == "refund":
                part = {"amount": {"amount": number * 100 + 1, "currency": self.currency}, "reason": "The heating was broken."}
                house.api.as_admin().post(f"/payments/{payment['id']}/refunds/", part,
                                          headers={"Idempotency-Key": secrets.token_hex(8)})  # fmt: skip
            elif (step, state) in (("dispute", "succeeded"), ("win", "disputed"), ("lose", "disputed")):
                bank(house, payment, step)
        self.settled()

    def adds_up(self):
        """captured − refunded − lost to banks − paid out − fees = what lies at providers = what everybody has."""
        sums = self.house.db.execute("""
            select coalesce(sum(amount) filter (where account = 'gateway_cash'), 0)::bigint as cash,
                   coalesce(sum(amount) filter (where account = 'gateway_fee'), 0)::bigint as fees,
                   coalesce(sum(amount) filter (where account = 'dispute_reserve'), 0)::bigint as reserve,
                   coalesce(-sum(amount) filter (where account not in ('gateway_cash', 'gateway_fee', 'dispute_reserve')),
                            0)::bigint as owned
            from ledger_entry e join ledger_journal j on j.id = e.journal_id where j.currency = %s""", [self.currency]).fetchone()
        moved = self.house.db.execute("""
            select (select coalesce(sum(captured - refunded), 0) from payment where currency = %(c)s)::bigint as taken,
                   (select coalesce(sum(amount), 0) from payout where currency = %(c)s and status = 'paid')::bigint as paid_out,
                   (select coalesce(sum(amount), 0) from sandbox_payout where currency = %(c)s and state = 'paid')::bigint as arrived
            """, {"c": self.currency}).fetchone()
        lost = self.house.db.execute("""
            select coalesce(sum(amount), 0)::bigint as amount from ledger_entry e join ledger_journal j on j.id = e.journal_id
            where account = 'dispute_loss' and j.currency = %s""", [self.currency]).fetchone()["amount"]
        assert sums["cash"] == moved["taken"] - lost - moved["paid_out"] - sums["fees"] - sums["reserve"], (sums, moved, lost)
        assert sums["cash"] + sums["fees"] + sums["reserve"] == sums["owned"]
        assert moved["paid_out"] == moved["arrived"]
        if b := balance(self.host, self.currency):
            assert b["payable"] + b["later"] + b["held"] == self.house.owed(self.host, self.currency), b
        assert_sound(self.house.db)


@settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(st.sampled_from(list(PRICES)), st.sampled_from(["account_1", "fails", "unknown"]),
       st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 99)), min_size=4, max_size=10))  # fmt: skip
def test_every_unit_is_somewhere_after_every_step(house, currency, destination, steps):
    walk = Walk(house, currency, destination)
    for step, number in [("pay", 1), *steps]:
        walk.do(step, number)
        walk.adds_up()


def test_the_sums_would_notice_a_unit(house):
    """Control."""
    walk = Walk(house, "EUR", "account_1")
    walk.do("pay", 1)
    walk.adds_up()
    house.db.execute("alter table ledger_entry disable trigger user")
    changed = "update ledger_entry set amount = amount %s 1 where id = (select max(id) from ledger_entry where account = 'gateway_cash')"
    house.db.execute(changed % "+")
    with pytest.raises(AssertionError):
        walk.adds_up()
    house.db.execute(changed % "-")
    house.db.execute("alter table ledger_entry enable trigger user")
    walk.adds_up()
