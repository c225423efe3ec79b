"""Whatever people, banks and admins do in whatever order, every unit is somewhere (I2, T8)."""

import datetime
import secrets

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from support.alterations import answer, propose, see
from support.payments import BUSY, assert_sound, becomes, begin, booking_becomes, choose, pay
from support.payouts import adjusted, balance, bank, paying
from support.processes import wait_until
from support.stays import over

PRICES = {"EUR": 12_050, "JPY": 15_001, "KWD": 45_125}  # 2, 0 and 3 decimals
STEPS = ["pay", "fail", "capture", "alter", "cancel", "stay", "refund", "dispute", "win", "lose", "adjust", "payout"]
JOBS = ["payments.advance", "payments.refund", "payments.payout", "payments.dispute", "payments.sandbox_event"]
A_LIFE = [("pay", 2), ("fail", 3), ("capture", 4), ("alter", 5), ("stay", 0), ("stay", 1), ("payout", 0), ("alter", 0), ("refund", 9),
          ("dispute", 0), ("payout", 0), ("lose", 0), ("dispute", 1), ("win", 1), ("pay", 6), ("cancel", 2), ("adjust", 80),
          ("payout", 0)]  # fmt: skip


@pytest.fixture(scope="module")
def house(start_server, new_database, new_redis, api_of):
    with paying(start_server, new_database, new_redis, api_of) as house:
        house.server.expect_errors("refuses to give money back")
        yield house


class Walk:
    """One host's life in one currency: what was booked, (guest, booking), and the payments that went through."""

    def __init__(self, house, currency, destination):
        self.house, self.db, self.currency = house, house.db, currency
        self.host = house.host(destination, currency)
        self.booked, self.payments = [], []

    def do(self, step, number):
        getattr(self, step)(number)
        jobs = "select from job where kind = any (%s) and status <> 'dead'"
        wait_until(lambda: not self.db.execute(jobs, [JOBS]).fetchall(), BUSY, "everything is settled")

    # Each does what can be done; `number` says with which, how much, by whom.

    def pay(self, number):
        guest, booking = self.book(number)
        self.paid(guest, booking, pay(self.house.api, guest, booking))

    def fail(self, number):
        """The card is declined, and every other guest has a second one."""
        guest, booking = self.book(number)
        first = begin(guest, booking).expect(201)
        choose(self.house.api, first, "decline")
        becomes(guest, first, "failed")
        if number % 2:
            self.paid(guest, booking, pay(self.house.api, guest, booking))

    def capture(self, number):
        """The money is held until the host accepts, who declines every third."""
        guest, booking = self.book(number, booking_mode="request")
        payment = begin(guest, booking).expect(201)
        choose(self.house.api, payment, "approve")
        becomes(guest, payment, "authorized")
        if number % 3 == 0:
            self.host.post(f"/bookings/{booking['id']}/decline/", {}).expect(200)
            becomes(guest, payment, "cancelled")
        else:
            self.host.post(f"/bookings/{booking['id']}/accept/").expect(200)
            self.paid(guest, booking, becomes(guest, payment, "succeeded"))

    def alter(self, number):
        """More nights or fewer; what is due for that is paid."""
        if not (stay := self.one_of(number, "confirmed")):
            return
        guest, booking = stay
        last = datetime.date.fromisoformat(see(guest, booking)["check_in"]) + datetime.timedelta(days=number % 6 + 1)
        proposed = propose(guest, booking, check_out=str(last))
        if proposed.status == 201:  # else it is the same stay
            answer(self.host, proposed.json, "accept").expect(200)
            if (due := begin(guest, booking)).status == 201:
                choose(self.house.api, due.json, "approve")
                self.payments.append((guest, becomes(guest, due.json, "succeeded")))

    def cancel(self, number):
        if stay := self.one_of(number, "confirmed"):
            guest, booking = stay
            who = self.host if number % 2 else guest
            who.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)

    def stay(self, number):
        """It is over, and payable."""
        if stay := self.one_of(number, "confirmed"):
            over(self.db, stay[1], self.house.clock.now(), days_ago=5)

    def refund(self, number):
        if self.payments:
            _, payment = self.payments[number % len(self.payments)]
            part = {"amount": {"amount": number * 100 + 1, "currency": self.currency}, "reason": "The heating was broken."}
            key = {"Idempotency-Key": secrets.token_hex(8)}
            reply = self.house.api.as_admin().post(f"/payments/{payment['id']}/refunds/", part, headers=key)
            assert reply.status in (201, 409, 422), reply  # there may be less left

    def dispute(self, number):
        self.bank(number, "dispute", "succeeded")

    def win(self, number):
        self.bank(number, "win", "disputed")

    def lose(self, number):
        self.bank(number, "lose", "disputed")

    def adjust(self, number):
        adjusted(self.house.api, self.host, number - 50 or 1, self.currency)

    def payout(self, _):
        self.house.next_day()
        self.house.batch()

    def book(self, number, **listing):
        guest = self.house.api.new_guest()
        price = {"amount": PRICES[self.currency] + number, "currency": self.currency}
        listing = self.house.make.listing(self.host, payment_mode="online", nightly_price=price, tax_basis_points=550, **listing)
        return guest, self.house.make.booking(listing, guest, check_in=40, nights=number % 4 + 1)

    def paid(self, guest, booking, payment):
        self.booked.append((guest, booking_becomes(guest, booking, "confirmed")))
        self.payments.append((guest, payment))

    def one_of(self, number, status):
        having = [(guest, booking) for guest, booking in self.booked if see(guest, booking)["status"] == status]
        return having[number % len(having)] if having else None

    def bank(self, number, choice, state):
        charges = self.db.execute("""
            select p.id from payment p join sandbox_charge c on c.id::text = p.provider_reference
            where c.state = %s and p.id = any (%s::uuid[]) order by p.id""", [state, [p["id"] for _, p in self.payments]]).fetchall()
        if charges:
            bank(self.house, charges[number % len(charges)], choice)

    def adds_up(self):
        """captured − refunded − taken back by banks − paid out − fees, all of it by the provider's own books, is what lies
        there by ours, which is what hosts, guests, the platform and the tax office have."""
        there = self.db.execute("""
            select (select coalesce(sum(captured - refunded - case when state in ('disputed', 'dispute_lost') then disputed else 0 end
                                        - (captured + 50) / 100 - case when state like 'dispute%%' then 1500 else 0 end), 0)
                    from sandbox_charge where currency = %(c)s)
                 - (select coalesce(sum(amount), 0) from sandbox_payout where currency = %(c)s and state = 'paid') as cash
            """, {"c": self.currency}).fetchone()["cash"]  # fmt: skip
        ours = {row["account"]: row["sum"] for row in self.db.execute(
            "select account, sum(balance) from ledger_balance where currency = %s group by 1", [self.currency])}  # fmt: skip
        assert ours.get("gateway_cash", 0) == there, (ours, there)
        assert sum(ours.values()) == 0, ours
        b = balance(self.host, self.currency) or {"payable": 0, "later": 0, "held": 0}
        assert b["payable"] + b["later"] + b["held"] == self.house.owed(self.host, self.currency), b
        assert_sound(self.db)


@settings(max_examples=12, deadline=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
          suppress_health_check=list(HealthCheck))  # fmt: skip
@given(st.sampled_from(list(PRICES)), st.sampled_from(["account_1", "fails", "unknown"]),
       st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 99)), min_size=4, max_size=10))  # fmt: skip
@example("EUR", "account_1", A_LIFE)
@example("JPY", "unknown", A_LIFE)
@example("KWD", "account_1", A_LIFE)
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
    entry = "update ledger_entry set amount = amount %s 1 where id = (select max(id) from ledger_entry where account = 'gateway_cash')"
    house.db.execute(entry % "+")
    with pytest.raises(AssertionError):
        walk.adds_up()
    house.db.execute(entry % "-")
    house.db.execute("alter table ledger_entry enable trigger user")
    cash = "update ledger_balance set balance = balance %s 1 where account = 'gateway_cash' and currency = 'EUR'"
    house.db.execute(cash % "+")
    with pytest.raises(AssertionError):
        walk.adds_up()
    house.db.execute(cash % "-")
    walk.adds_up()
