"""What admins do about money by hand: within limits, by two where it is much, and never unseen (T21)."""

import secrets

import psycopg
import pytest

from support.payments import UNSOUND, assert_sound, found, pay, refunds
from support.payouts import adjust, adjusted, balance, paying
from support.processes import wait_until

LIMIT = 10_000


@pytest.fixture(scope="module")
def house(start_server, new_database, new_redis, api_of):
    with paying(start_server, new_database, new_redis, api_of, ROOST_PAYOUTS_ADJUSTMENT_LIMIT=f"EUR:{LIMIT}") as house:
        yield house


def audit(house, subject):
    rows = house.api.as_admin().get(f"/admin/audit/?subject={subject}").expect(200)["results"]
    return [(row["action"], row["actor_id"]) for row in reversed(rows)]


def test_a_small_adjustment_is_posted_at_once(house):
    host, admin = house.host(), house.api.as_admin()
    made = adjust(admin, host, LIMIT).expect(201)
    assert (made["status"], made["needs_second"], made["decided_by"]) == ("posted", False, admin.id)
    assert balance(host)["payable"] == LIMIT == house.owed(host)
    rows = house.db.execute("""select account, owner, amount from ledger_entry e join ledger_journal j on j.id = e.journal_id
                               where j.adjustment_id = %s order by amount""", [made["id"]]).fetchall()
    assert [tuple(r.values()) for r in rows] == [("host_payable", host.id, -LIMIT), ("platform_revenue", "", LIMIT)]
    assert audit(house, made["id"]) == [("adjustment.posted", admin.id)]
    house.batch()
    assert house.payouts(host) == [("paid", LIMIT)], "what belongs to no booking is paid out too"
    assert_sound(house.db, settled=True)


@pytest.mark.parametrize("amount,currency", [(LIMIT + 1, "EUR"), (1, "JPY")])
def test_a_large_one_waits_for_another_admin(house, amount, currency):
    """And one in a currency for which nobody has set a limit."""
    host, first, second = house.host(), house.api.as_admin(), house.api.as_admin("second")
    made = adjust(first, host, amount, currency).expect(201)
    path = f"/admin/adjustments/{made['id']}/"
    assert (made["status"], made["needs_second"], house.owed(host, currency)) == ("proposed", True, 0)
    first.post(path + "approve/", {"reason": "It is mine."}).expect(403, "not_allowed")
    assert house.owed(host, currency) == 0
    done = second.post(path + "approve/", {"reason": "Right."}).expect(200)
    assert (done["status"], done["decided_by"]) == ("posted", second.id) and house.owed(host, currency) == amount
    for who, how in ((second, "approve"), (second, "refuse"), (first, "refuse")):
        who.post(f"{path}{how}/", {"reason": "Again."}).expect(409, "wrong_state")
    assert house.owed(host, currency) == amount
    assert audit(house, made["id"]) == [("adjustment.proposed", first.id), ("adjustment.approved", second.id)]
    with pytest.raises(psycopg.errors.CheckViolation):  # the database would not have it either
        house.db.execute("update adjustment set decided_by = proposed_by where id = %s", [made["id"]])
    assert_sound(house.db)


@pytest.mark.parametrize("who", ["admin", "second"])
def test_a_proposal_may_be_refused(house, who):
    host = house.host()
    made = adjust(house.api.as_admin(), host, LIMIT * 2).expect(201)
    path = f"/admin/adjustments/{made['id']}/"
    assert house.api.as_admin(who).post(path + "refuse/", {"reason": "Wrong host."}).expect(200)["status"] == "refused"
    house.api.as_admin("second").post(path + "approve/", {"reason": "Late."}).expect(409, "wrong_state")
    assert house.owed(host) == 0
    listed = house.api.as_admin().get("/admin/adjustments/?status=refused&limit=100").expect(200)["results"]
    assert made["id"] in [a["id"] for a in listed]


def test_one_key_is_one_adjustment(house):
    host, admin = house.host(), house.api.as_admin()
    body = {"amount": {"amount": 5, "currency": "EUR"}, "debit_account": "platform_revenue", "credit_account": "host_payable",
            "credit_host_id": host.id, "reason": "A broken lamp."}  # fmt: skip
    admin.post("/admin/adjustments/", body).expect(428, "idempotency_key_required")
    key = {"Idempotency-Key": secrets.token_hex(8)}
    assert admin.post("/admin/adjustments/", body, headers=key).body == admin.post("/admin/adjustments/", body, headers=key).body
    assert house.owed(host) == 5


@pytest.mark.parametrize("change,pointer", [
    ({"credit_host_id": None}, "/credit_host_id"),
    ({"credit_host_id": "0193e0a0-0000-7000-8000-00000000abcd"}, "/credit_host_id"),
    ({"credit_provider": "sandbox"}, "/credit_provider"),
    ({"debit_account": "gateway_cash"}, "/debit_provider"),
    ({"debit_account": "guest_receivable"}, "/debit_account"),  # what is owed to guests follows from payments alone
    ({"debit_account": "dispute_reserve"}, "/debit_account"),
    ({"amount": {"amount": 0, "currency": "EUR"}}, "/amount/amount"),
    ({"amount": {"amount": -1, "currency": "EUR"}}, "/amount/amount"),
    ({"reason": ""}, "/reason"),
])  # fmt: skip
def test_what_makes_no_sense_is_refused(house, change, pointer):
    body = {"amount": {"amount": 5, "currency": "EUR"}, "debit_account": "platform_revenue", "credit_account": "host_payable",
            "credit_host_id": house.api.as_host().id, "reason": "A broken lamp.", **change}  # fmt: skip
    reply = house.api.as_admin().post("/admin/adjustments/", body, headers={"Idempotency-Key": secrets.token_hex(8)})
    assert reply.status == 422 and pointer in reply.pointers, reply
    same = {**body, **{"amount": {"amount": 5, "currency": "EUR"}, "reason": "x", "debit_account": "tax_payable",
                       "credit_account": "tax_payable", "credit_host_id": None, "credit_provider": None}}  # fmt: skip
    same_reply = house.api.as_admin().post("/admin/adjustments/", same, headers={"Idempotency-Key": secrets.token_hex(8)})
    assert same_reply.pointers == ["/credit_account"]


def test_money_between_providers_is_moved_by_hand(house):
    """The one who pays hosts may have less than nothing: a matter of the treasury."""
    body = {"amount": {"amount": 500, "currency": "EUR"}, "debit_account": "gateway_cash", "debit_provider": "sandbox",
            "credit_account": "gateway_cash", "credit_provider": "stripe", "reason": "Moved."}  # fmt: skip
    made = house.api.as_admin().post("/admin/adjustments/", body, headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)
    assert (made["debit_owner"], made["credit_owner"]) == ("sandbox", "stripe")
    assert_sound(house.db)


@pytest.mark.parametrize("table,column", [("audit_entry", "reason"), ("ledger_entry", "amount"), ("ledger_journal", "at")])
def test_the_record_is_only_added_to_whoever_asks(house, table, column):
    """Here a superuser does. Control: a table without that trigger may be changed."""
    adjusted(house.api, house.host(), 1)
    for change in (f"update {table} set {column} = {column}", f"delete from {table}", f"truncate {table} cascade"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            house.db.execute(change)
    house.db.execute("update payout_batch set at = at")


def test_adjustments_and_their_audit_are_paged_both_ways(house):
    host, admin = house.host(), house.api.as_admin()
    made = [adjust(admin, host, -1).expect(201)["id"] for _ in range(3)]
    for path in ("/admin/adjustments/?status=posted", f"/admin/audit/?actor={admin.id}"):
        first = admin.get(f"{path}&limit=2").expect(200)
        rest = admin.get(first["next"].removeprefix("/api/v1")).expect(200)
        back = admin.get(rest["previous"].removeprefix("/api/v1")).expect(200)
        assert back["results"] == first["results"] and first["previous"] is None
        ids = [row.get("subject_id", row["id"]) for row in first["results"] + rest["results"]]
        assert ids[:3] == made[::-1]


def test_a_refund_that_was_refused_is_asked_for_again(house):
    """Under another id, because the provider remembers its refusal of the first."""
    house.server.expect_errors("refuses to give money back")
    admin, guest, host = house.api.as_admin(), house.api.new_guest(), house.host()
    booking = house.make.booking(house.make.listing(host, payment_mode="online"), guest)
    payment = pay(house.api, guest, booking)
    charge = "where id::text in (select provider_reference from payment where id = %s)"
    house.db.execute(f"update sandbox_charge set refunded = captured {charge}", [payment["id"]])
    key = {"Idempotency-Key": secrets.token_hex(8)}
    admin.post(f"/payments/{payment['id']}/refunds/", {"reason": "The heating was broken."}, headers=key).expect(201)
    wait_until(lambda: [r["status"] for r in refunds(guest, payment)] == ["failed"], 60, "the refusal")
    (failed,) = [r for r in admin.get("/admin/refunds/?limit=100").expect(200)["results"] if r["payment_id"] == payment["id"]]
    house.db.execute(f"update sandbox_charge set refunded = 0 {charge}", [payment["id"]])
    again = admin.post(f"/admin/refunds/{failed['id']}/retry/", {"reason": "The provider has mended it."}).expect(201)
    assert again["id"] != failed["id"] and again["amount"] == failed["amount"]
    admin.post(f"/admin/refunds/{failed['id']}/retry/", {"reason": "Again."}).expect(409, "wrong_state")
    wait_until(lambda: [r["status"] for r in refunds(guest, payment)] == ["succeeded", "failed"], 60, "the refund")
    admin.post(f"/admin/refunds/{again['id']}/retry/", {"reason": "Again."}).expect(409, "wrong_state")
    assert failed["id"] not in [r["id"] for r in admin.get("/admin/refunds/?limit=100").expect(200)["results"]]
    assert audit(house, failed["id"]) == [("refund.retried", admin.id)]
    assert_sound(house.db, settled=True)


def test_a_hosts_debt_can_be_made_and_is_set_off(house):
    host = house.host()
    adjusted(house.api, host, -300)
    assert balance(host)["payable"] == -300
    adjusted(house.api, host, 1000)
    house.batch()
    assert house.payouts(host) == [("paid", 700)]
    assert found(house.db, UNSOUND) == {}
