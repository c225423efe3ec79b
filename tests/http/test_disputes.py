"""A payer asks the bank for the money back: nothing is paid out meanwhile, and every unit is accounted for (I2, domain rules 4.10)."""

import secrets

import pytest

from support.client import Client
from support.payments import BUSY, assert_sound, becomes, begin, choose, entries, page_of, pay, refunds, tell
from support.payouts import balance, bank, paying, share
from support.processes import wait_until
from support.receipts import receipt
from support.stays import over

FEE = 1_500  # the sandbox's, of every dispute


@pytest.fixture(scope="module")
def house(start_server, new_database, new_redis, api_of):
    with paying(start_server, new_database, new_redis, api_of) as house:
        yield house


@pytest.fixture
def disputed(house):
    """disputed(host, …) → (guest, booking, payment, dispute): the stay is over and its payer wants the money back."""

    def make_one(host, **stay):
        guest, booking, payment = house.earned(host, **stay)
        bank(house, payment, "dispute")
        row = wait_until(lambda: house.db.execute("select * from dispute where payment_id = %s", [payment["id"]]).fetchone(), BUSY,
                         "the dispute")  # fmt: skip
        return guest, booking, payment, {**row, "id": str(row["id"])}

    return make_one


def closes(house, dispute, status):
    path = f"/admin/disputes/{dispute['id']}/"
    admin = house.api.as_admin()
    return wait_until(lambda: (d := admin.get(path).expect(200))["status"] == status and d, BUSY, status)


def told(house, dispute):
    rows = house.db.execute("select kind from outbox_event where subject_id = %s order by id", [dispute["id"]]).fetchall()
    return [row["kind"] for row in rows]


def test_an_open_dispute_freezes_its_booking_and_no_other(house, disputed):
    host = house.host()
    guest, booking, payment, dispute = disputed(host)
    _, other, _ = house.earned(host, nights=3)
    total = payment["captured"]["amount"]
    assert balance(host) == {"payable": share(other), "later": 0, "held": share(booking), "in_transit": 0}
    house.batch()
    house.next_day()
    house.batch()
    assert house.payouts(host) == [("paid", share(other))]
    sums = entries(house.db, booking)
    assert (sums["dispute_reserve"], sums["gateway_cash"]) == (total, -FEE - (total + 50) // 100)
    assert sums["host_payable"] == -share(booking), "it still is the host's"
    seen = house.api.as_admin().get(f"/admin/disputes/{dispute['id']}/").expect(200)
    assert (seen["status"], seen["withdrawn"]["amount"], seen["fee"]["amount"]) == ("open", total, FEE)
    assert seen["id"] in [d["id"] for d in house.api.as_admin().get("/admin/disputes/?status=open").expect(200)["results"]]
    assert told(house, dispute) == ["dispute.opened"]
    assert_sound(house.db, settled=True)


def test_guest_and_host_see_that_there_is_a_dispute_and_nothing_else(house, disputed):
    host = house.host()
    guest, booking, payment, dispute = disputed(host)
    for person in (guest, host):
        assert person.get(f"/bookings/{booking['id']}/").expect(200)["disputed"] is True
        person.get(f"/admin/disputes/{dispute['id']}/").expect(403)
        seen = str(person.get(f"/payments/{payment['id']}/").expect(200)) + str(person.get("/payments/?role=host").expect(200))
        assert dispute["id"] not in seen and "fraudulent" not in seen
    bank(house, payment, "win")
    closes(house, dispute, "won")
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["disputed"] is False


def test_a_dispute_that_is_won_lets_the_money_go(house, disputed):
    host = house.host()
    _, booking, payment, dispute = disputed(host)
    bank(house, payment, "win")
    closes(house, dispute, "won")
    sums = entries(house.db, booking)
    assert "dispute_reserve" not in sums and sums["gateway_fee"] == FEE + (payment["captured"]["amount"] + 50) // 100
    assert told(house, dispute) == ["dispute.opened", "dispute.won"]
    house.batch()
    assert house.payouts(host) == [("paid", share(booking))]
    assert_sound(house.db, settled=True)


@pytest.mark.parametrize("amount,currency", [(12_050, "EUR"), (15_001, "JPY"), (45_125, "KWD")])
def test_a_dispute_that_is_lost_is_borne_by_whoever_had_the_money(house, disputed, amount, currency):
    host = house.host(currency=currency)
    guest, booking, payment, dispute = disputed(host, amount=amount, currency=currency, tax_basis_points=550)
    bank(house, payment, "lose")
    closes(house, dispute, "lost")
    after = becomes(guest, payment, "refunded")
    assert after["refunded"] == after["to_refund"] == payment["captured"]
    assert [(r["cause"], r["status"], r["amount"]) for r in refunds(guest, payment)] == [("dispute", "succeeded", payment["captured"])]
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["paid"]["amount"] == 0
    assert entries(house.db, booking).keys() == {"gateway_cash", "gateway_fee"}, "what providers keep is all that is gone"
    assert balance(host, currency)["payable"] == house.owed(host, currency) == 0
    assert told(house, dispute) == ["dispute.opened", "dispute.lost"]
    assert_sound(house.db, settled=True)


def test_what_was_paid_out_before_is_set_off_when_the_dispute_is_lost(house):
    host = house.host()
    _, booking, payment = house.earned(host)
    house.batch()
    bank(house, payment, "dispute")
    dispute = wait_until(lambda: house.db.execute("select * from dispute where payment_id = %s", [payment["id"]]).fetchone(), BUSY)
    _, other, _ = house.earned(host, nights=3)
    assert balance(host)["payable"] == share(other), "what has gone is not held back from others"
    bank(house, payment, "lose")
    closes(house, {"id": str(dispute["id"])}, "lost")
    assert balance(host)["payable"] == share(other) - share(booking)
    house.next_day()
    house.batch()
    assert house.payouts(host)[1:] == [("paid", share(other) - share(booking))]
    assert_sound(house.db, settled=True)


@pytest.mark.parametrize("end", ["win", "lose"])
def test_what_is_owed_to_the_guest_waits_for_the_bank(house, disputed, end):
    """Or the money would go back twice."""
    host = house.host()
    guest, booking, payment, dispute = disputed(host)
    key = {"Idempotency-Key": secrets.token_hex(8)}
    part = {"amount": {"amount": 1000, "currency": "EUR"}, "reason": "The heating was broken."}
    house.api.as_admin().post(f"/payments/{payment['id']}/refunds/", part, headers=key).expect(201)
    wait_until(lambda: not house.db.execute("select from job where kind = 'payments.refund'").fetchall(), BUSY, "the refund's job")
    assert [r["status"] for r in refunds(guest, payment)] == ["pending"]
    bank(house, payment, end)
    closes(house, dispute, "won" if end == "win" else "lost")
    total, gone = payment["captured"]["amount"], 1000 if end == "win" else payment["captured"]["amount"]
    wait_until(lambda: guest.get(f"/payments/{payment['id']}/").expect(200)["refunded"]["amount"] == gone, BUSY, "the refund")
    given = {r["cause"]: (r["status"], r["amount"]["amount"]) for r in refunds(guest, payment)}
    assert given == {"admin": ("succeeded", 1000)} | ({} if end == "win" else {"dispute": ("succeeded", total - 1000)})
    charge = house.db.execute("""select c.refunded from sandbox_charge c join payment p on p.provider_reference = c.id::text
                                 where p.id = %s""", [payment["id"]]).fetchone()
    assert charge["refunded"] == (1000 if end == "win" else 0)
    assert_sound(house.db, settled=True)


@pytest.mark.parametrize("how", ["waiting", "refused"])
def test_a_part_that_is_lost_pays_a_part_of_what_is_owed(house, how):
    """The bank takes less than is owed to the guest, here as the sandbox is told: so nobody else bears any of it."""
    house.server.expect_errors("refuses to give money back")
    owed, lost = 5_000, 2_000
    host, admin = house.host(), house.api.as_admin()
    guest, booking, payment = house.earned(host)

    def charge(change):
        where = "where id::text in (select provider_reference from payment where id = %s) returning refunded"
        return house.db.execute(f"update sandbox_charge set {change} {where}", [payment["id"]]).fetchone()["refunded"]

    def give_back():
        body = {"amount": {"amount": owed, "currency": "EUR"}, "reason": "The heating was broken."}
        admin.post(f"/payments/{payment['id']}/refunds/", body, headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)
        wait_until(lambda: not house.db.execute("select from job where kind = 'payments.refund'").fetchall(), BUSY, "the refund's job")

    if how == "refused":
        charge("refunded = captured")
        give_back()
        charge("refunded = 0")
    bank(house, payment, "dispute")
    row = wait_until(lambda: house.db.execute("select id from dispute where payment_id = %s", [payment["id"]]).fetchone(), BUSY)
    if how == "waiting":
        give_back()
    assert [r["status"] for r in refunds(guest, payment)] == ["pending" if how == "waiting" else "failed"]
    before, note = entries(house.db, booking), receipt(guest, booking)["entries"][-1]
    charge(f"disputed = {lost}")
    bank(house, payment, "lose")
    closes(house, {"id": str(row["id"])}, "lost")
    if how == "refused":
        (failed,) = [r for r in refunds(guest, payment) if r["status"] == "failed"]
        assert failed["amount"]["amount"] == owed - lost
        assert receipt(guest, booking)["entries"][-1] == note, "it stands where its rest does"
        assert entries(house.db, booking)["guest_receivable"] == lost - owed
        assert_sound(house.db)
        admin.post(f"/admin/refunds/{failed['id']}/retry/", {"reason": "It may be mended."}).expect(201)
    wait_until(lambda: guest.get(f"/payments/{payment['id']}/").expect(200)["refunded"]["amount"] == owed, BUSY, "all that is owed")
    given = sorted((r["cause"], r["amount"]["amount"]) for r in refunds(guest, payment) if r["status"] == "succeeded")
    assert given == [("admin", lost), ("admin", owed - lost)] and charge("refunded = refunded") == owed - lost
    shares = ("host_payable", "platform_revenue")
    after = entries(house.db, booking)
    assert after.keys() == {*shares, "gateway_cash", "gateway_fee"}
    assert [after[account] for account in shares] == [before[account] for account in shares]
    assert receipt(guest, booking)["entries"][1:] == [{**note, "refund_status": "succeeded"}]
    assert_sound(house.db, settled=True)


def test_what_was_given_back_before_and_is_lost_again_is_the_platforms_loss(house):
    """The bank takes all, although a part was given back: here the sandbox is told to."""
    host = house.host()
    guest, booking, payment = house.earned(host)
    key = {"Idempotency-Key": secrets.token_hex(8)}
    part = {"amount": {"amount": 1000, "currency": "EUR"}, "reason": "The heating was broken."}
    house.api.as_admin().post(f"/payments/{payment['id']}/refunds/", part, headers=key).expect(201)
    becomes(guest, payment, "partially_refunded")
    bank(house, payment, "dispute")
    row = wait_until(lambda: house.db.execute("select id from dispute where payment_id = %s", [payment["id"]]).fetchone(), BUSY)
    house.db.execute("update sandbox_charge set disputed = captured where id::text in (select provider_reference from payment where id = %s)",
                     [payment["id"]])  # fmt: skip
    bank(house, payment, "lose")
    closes(house, {"id": str(row["id"])}, "lost")
    assert entries(house.db, booking)["dispute_loss"] == 1000
    assert becomes(guest, payment, "refunded")["refunded"] == payment["captured"]
    assert_sound(house.db, settled=True)


def test_what_a_provider_tells_twice_late_or_not_at_all_comes_to_the_same(house, disputed):
    """V2."""
    host = house.host()
    guest, booking, payment, dispute = disputed(host)
    for _ in range(3):
        reply = tell(house.api, house.db, "", body=f'{{"id":"{secrets.token_hex(8)}","kind":"dispute.opened","dispute":"{dispute["reference"]}"}}'.encode())
        assert reply.status == 200, reply
    busy = "select from job where kind = 'payments.dispute'"
    wait_until(lambda: not house.db.execute(busy).fetchall(), BUSY, "the news heard")
    # The news of the end is lost; the provider is asked some hours later.
    house.db.execute("""update sandbox_charge set state = 'dispute_lost' where id::text in (
                            select provider_reference from payment where id = %s)""", [payment["id"]])
    house.clock.advance(hours=7)
    closes(house, dispute, "lost")
    # And what comes after the end changes nothing but the log.
    house.server.expect_errors("a dispute that was lost stands otherwise now")
    house.db.execute("""update sandbox_charge set state = 'dispute_won' where id::text in (
                            select provider_reference from payment where id = %s)""", [payment["id"]])
    tell(house.api, house.db, "", body=f'{{"id":"{secrets.token_hex(8)}","kind":"dispute.won","dispute":"{dispute["reference"]}"}}'.encode())
    wait_until(lambda: not house.db.execute(busy).fetchall(), BUSY, "the job")
    assert closes(house, dispute, "lost")["closed_at"] and told(house, dispute) == ["dispute.opened", "dispute.lost"]
    assert_sound(house.db, settled=True)


def test_a_payout_and_a_dispute_at_once_never_both_go(house):
    """Whoever is first: nothing is asked of the provider once the dispute is open (see UNSOUND)."""
    hosts = [house.host() for _ in range(8)]
    stays = [house.earned(host) for host in hosts]
    house.start_batch()
    for _, _, payment in stays:
        bank(house, payment, "dispute")
    wait_until(lambda: house.db.execute("select count(*) from dispute where payment_id = any (%s::uuid[])",
                                        [[p["id"] for _, _, p in stays]]).fetchone()["count"] == len(stays), BUSY, "all disputes")  # fmt: skip
    house.batch()
    for host, (_, booking, _) in zip(hosts, stays):
        paid = [p for p in house.payouts(host) if p[0] == "paid"]
        assert paid in ([], [("paid", share(booking))]) and balance(host)["held"] == (0 if paid else share(booking))
    assert_sound(house.db, settled=True)


def test_only_a_payment_that_went_through_is_disputed(house):
    guest = house.api.new_guest()
    booking = house.make.booking(house.make.listing(house.api.new_host(), payment_mode="online"), guest)
    payment = guest.post("/payments/", {"booking_id": booking["id"], "provider": "sandbox", "method": "card"},
                         headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)  # fmt: skip
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    Client(house.api.port).post(page_of(payment), body=b"choice=dispute", headers=form).expect(422)
    # And what is told of a dispute before the payment itself is known to have gone through is not forgotten.
    choose(house.api, payment, "approve", "dispute", "lose")
    assert becomes(guest, payment, "refunded")["refunded"] == payment["amount"]
    assert_sound(house.db, settled=True)


def test_what_a_booking_brings_only_while_it_is_disputed_is_held(house):
    """The first payment was of another amount, so it went back; its payer asks the bank, too."""
    house.server.expect_errors("another amount was taken")
    host, guest = house.host(), house.api.new_guest()
    booking = house.make.booking(house.make.listing(host, payment_mode="online"), guest)
    first = begin(guest, booking).expect(201)
    charge = "where id::text in (select provider_reference from payment where id = %s)"
    house.db.execute(f"update sandbox_charge set amount = amount - 1 {charge}", [first["id"]])
    choose(house.api, first, "approve")
    becomes(guest, first, "refunded")
    bank(house, first, "dispute")
    wait_until(lambda: house.db.execute("select from dispute where payment_id = %s", [first["id"]]).fetchone() is not None, BUSY, "it")
    pay(house.api, guest, booking)
    over(house.db, booking, house.clock.now(), days_ago=5)
    house.batch()
    assert house.payouts(host) == [] and balance(host)["held"] == share(booking)
    bank(house, first, "win")
    wait_until(lambda: balance(host)["payable"] == share(booking), BUSY, "it is payable")
    assert_sound(house.db, settled=True)
