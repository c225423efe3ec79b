"""Receipts say what was paid, add up, and are numbered without gaps (domain rules 4.8; T5, T18)."""

import datetime
import re
import secrets
import subprocess

import psycopg
import pytest
from psycopg.rows import dict_row

from support.make import Make
from support.payments import BUSY, UNSOUND, assert_sound, becomes, begin, booking_becomes, choose, found, pay
from support.payouts import bank, paying
from support.processes import wait_until
from support.receipts import BROWSER, gaps, numbers, page, pdf, place, plain, receipt

SHOWN = {  # what 3 nights cost, in both languages
    "EUR": (12_050, "EUR 361.50", "361,50 EUR"),
    "JPY": (15_001, "JPY 45,003", "45 003 JPY"),
    "KWD": (45_125, "KWD 135.375", "135,375 KWD"),
}


@pytest.fixture
def paid(api, make):
    """paid(…) → (guest, host, booking, payment)"""

    def make_one(amount=10_000, currency="EUR", check_in=30, nights=3, guest=None, host=None, **changes):
        host, guest = host or api.new_host(), guest or api.new_guest()
        price = {"amount": amount, "currency": currency}
        booking = make.booking(make.listing(host, payment_mode="online", nightly_price=price, **changes), guest,
                               check_in=check_in, nights=nights)  # fmt: skip
        payment = pay(api, guest, booking)
        return guest, host, booking_becomes(guest, booking, "confirmed"), payment

    return make_one


def assert_adds_up(shown, due=0):
    amount = {k: shown[k]["amount"] for k in ("total", "taxes", "taken_off", "paid", "given_back", "due")}
    assert sum(line["amount"]["amount"] for line in shown["lines"]) == amount["total"]
    assert sum(line["amount"]["amount"] for line in shown["lines"] if line["kind"] == "tax") == amount["taxes"]
    for kind, name in (("payment", "paid"), ("credit_note", "given_back")):
        assert sum(e["amount"]["amount"] for e in shown["entries"] if e["kind"] == kind) == amount[name]
    assert amount["due"] == due
    return amount


@pytest.mark.parametrize("currency", SHOWN)
def test_a_receipt_says_what_was_paid_in_both_languages_as_page_and_as_pdf(paid, currency):
    nights, english, french = SHOWN[currency]
    guest, host, booking, payment = paid(nights, currency, cleaning_fee={"amount": 777, "currency": currency}, tax_basis_points=550)
    shown = receipt(guest, booking)
    amount = assert_adds_up(shown)
    assert amount["paid"] == amount["total"] == payment["amount"]["amount"] and amount["taxes"] > 0
    (entry,) = shown["entries"]
    assert re.fullmatch(r"\d{4}-\d{6}", shown["number"]) and shown["number"] == entry["number"]
    assert shown["issued_at"] == entry["issued_at"] and entry["method"] == "card"
    assert (shown["check_in"], shown["nights"], shown["time_zone"]) == (booking["check_in"], 3, "Europe/Paris")

    day = datetime.date.fromisoformat(booking["check_in"])
    for language, nights_cost, title, due in (("en", english, "Receipt", "Due"), ("fr", french, "Reçu", "Reste à payer")):
        guest.patch("/users/me/", {"locale": language}).expect(200)
        read = plain(re.sub(r"<[^>]+>", " ", page(guest, booking)))
        data, text = pdf(guest, booking)
        assert data.startswith(b"%PDF-")
        for said in (read, plain(text)):
            for part in (title + " " + shown["number"], nights_cost, due, str(day.year), "Quiet flat by the canal", booking["id"]):
                assert part in said, (part, said)
    assert f'lang="{language}"' in page(guest, booking)
    assert "Receipt" in page(host, booking), "each reads it in their own language"


def test_whoever_has_nothing_to_do_with_a_booking_sees_no_receipt(api, paid):
    guest, host, booking, _ = paid()
    for person in (guest, host, api.as_admin()):
        assert receipt(person, booking)["number"]
    for kind in ("application/json", BROWSER, "application/pdf"):
        reply = api.new_guest().get(place(booking), headers={"Accept": kind})
        reply.expect(404, "not_found")
        api.anonymous.get(place(booking), headers={"Accept": kind}).expect(401)
    guest.get(place(booking), headers={"Accept": "image/png"}).expect(406, "not_acceptable")


@pytest.mark.parametrize("accept,kind", [
    (None, "application/json"), ("*/*", "application/json"), (BROWSER, "text/html; charset=utf-8"),
    ("application/pdf, text/html;q=0.9", "application/pdf"), ("text/*;q=0.2, application/json;q=0.1", "text/html; charset=utf-8"),
    ("application/json; charset=utf-8", "application/json"), ("*/*;q=0.1, application/pdf", "application/pdf"),
])  # fmt: skip
def test_a_receipt_is_what_the_client_would_rather_have(paid, api, make, accept, kind):
    guest = api.as_guest("reader")
    booking = make.booking(make.listing(), guest)
    reply = guest.get(place(booking), headers={"Accept": accept} if accept else {})
    assert (reply.status, reply.headers["content-type"]) == (200, kind)
    assert "Accept" in reply.headers["vary"] and reply.headers["cache-control"] == "private, no-cache"


def test_without_a_payment_there_is_no_number(api, make):
    guest = api.new_guest()
    booking = make.booking(make.listing(payment_mode="online"), guest)
    shown = receipt(guest, booking)
    assert shown.get("number") is None and shown["entries"] == []
    assert_adds_up(shown, due=shown["total"]["amount"])
    assert "This is no receipt" in page(guest, booking) and "This is no receipt" in pdf(guest, booking)[1]
    payment = begin(guest, booking).expect(201)
    choose(api, payment, "decline")
    becomes(guest, payment, "failed")
    assert receipt(guest, booking).get("number") is None


def test_what_goes_back_has_a_number_of_its_own(paid, api, db):
    guest, host, booking, payment = paid(cancellation_policy="flexible")
    admin = api.as_admin()
    admin.post(f"/payments/{payment['id']}/refunds/", {"amount": {"amount": 1500, "currency": "EUR"}, "reason": "No hot water."},
               headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)  # fmt: skip
    shown = receipt(guest, booking)
    amount = assert_adds_up(shown)
    assert amount["given_back"] == 1500, "out of goodwill: nobody has to pay it again"
    first, second = shown["entries"]
    assert (second["kind"], second["cause"], second["reason"]) == ("credit_note", "admin", "No hot water.")
    assert first["number"] < second["number"] and shown["number"] == first["number"]
    assert "Credit note " + second["number"] in page(host, booking)

    due = guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)["refund"]
    becomes(guest, payment, "refunded")
    shown = receipt(guest, booking)
    amount = assert_adds_up(shown)
    assert amount["taken_off"] == due["total"]["amount"] == amount["total"] == amount["given_back"] == amount["paid"]
    assert {e.get("refund_status") for e in shown["entries"]} == {None, "succeeded"}
    assert "EUR -" in plain(pdf(guest, booking)[1]) or "-EUR" in plain(pdf(guest, booking)[1])
    assert gaps(db) == []
    assert_sound(db, settled=True)


def test_money_that_pays_for_nothing_is_on_no_receipt(api, make, clock):
    guest = api.new_guest()
    booking = make.booking(make.listing(payment_mode="online"), guest)
    payment = begin(guest, booking).expect(201)
    choose(api, payment, "later")
    guest.post(f"/bookings/{booking['id']}/cancel/", {}).expect(200)
    choose(api, payment, "arrive")
    becomes(guest, payment, "refunded")
    assert receipt(guest, booking)["entries"] == []


def test_what_a_bank_takes_back_is_a_credit_note(start_server, new_database, new_redis, api_of):
    with paying(start_server, new_database, new_redis, api_of) as house:
        guest, booking, payment = house.paid(house.host())
        bank(house, payment, "dispute")
        wait_until(lambda: house.db.execute("select from dispute").fetchall(), BUSY, "the dispute")
        assert len(receipt(guest, booking)["entries"]) == 1, "nothing has gone back yet"
        bank(house, payment, "lose")
        becomes(guest, payment, "refunded")
        amount = assert_adds_up(receipt(guest, booking))
        assert amount["given_back"] == amount["paid"] == amount["total"]
        assert receipt(guest, booking)["entries"][1]["cause"] == "dispute"
        assert_sound(house.db, settled=True)


def test_a_refund_that_is_asked_for_again_keeps_its_number(paid, api, db, server):
    server.expect_errors("a provider refuses to give money back")
    guest, _, booking, payment = paid()
    admin = api.as_admin()
    charge = "where id::text in (select provider_reference from payment where id = %s)"

    def refund_is(status):
        last = lambda: receipt(guest, booking)["entries"][-1]  # noqa: E731
        return wait_until(lambda: (e := last()).get("refund_status") == status and e, BUSY, status)

    def ask_again():
        (failed,) = [r for r in admin.get("/admin/refunds/?limit=100").expect(200)["results"] if r["payment_id"] == payment["id"]]
        admin.post(f"/admin/refunds/{failed['id']}/retry/", {"reason": "It may be mended."}).expect(201)
        wait_until(lambda: not db.execute("select from refund where payment_id = %s and status = 'pending'", [payment["id"]]).fetchall(),
                   BUSY, "the answer")  # fmt: skip

    db.execute(f"update sandbox_charge set refunded = captured {charge}", [payment["id"]])
    admin.post(f"/payments/{payment['id']}/refunds/", {"reason": "Cold."}, headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)
    first = refund_is("failed")
    ask_again()
    assert refund_is("failed") == first
    db.execute(f"update sandbox_charge set refunded = 0 {charge}", [payment["id"]])
    ask_again()
    assert refund_is("succeeded")["number"] == first["number"]
    assert len(receipt(guest, booking)["entries"]) == 2
    assert_adds_up(receipt(guest, booking))
    assert_sound(db, settled=True)


def test_what_was_paid_under_the_release_before_is_numbered_later(start_server, new_database, new_redis, api_of):
    with paying(start_server, new_database, new_redis, api_of) as house:
        admin = house.api.as_admin()
        stays = [house.paid(house.host()) for _ in range(3)]
        refunded, *_, mended = stays
        asked = {"amount": {"amount": 700, "currency": "EUR"}, "reason": "Cold."}
        admin.post(f"/payments/{refunded[2]['id']}/refunds/", asked, headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)
        becomes(refunded[0], refunded[2], "partially_refunded")
        # As that release leaves them.
        house.db.execute("set session_replication_role = replica")
        house.db.execute("delete from receipt")
        house.db.execute("update receipt_year set last = 0")
        house.db.execute("set session_replication_role = origin")
        assert [receipt(guest, booking).get("number") for guest, booking, _ in stays] == [None] * 3
        assert found(house.db, UNSOUND) != {}, "control"

        admin.post(f"/payments/{mended[2]['id']}/refunds/", asked, headers={"Idempotency-Key": secrets.token_hex(8)}).expect(201)
        assert [e["kind"] for e in receipt(*mended[:2])["entries"]] == ["payment", "credit_note"], "the next thing that happens to it"
        house.db.execute("""insert into job (id, kind, payload, priority, status, run_at)
                            values (gen_random_uuid(), 'payments.issue_missing_receipts', '{}', 5, 'waiting', null)""")
        wait_until(lambda: gaps(house.db) == [] and numbers(house.db).popitem()[1] == [1, 2, 3, 4, 5], BUSY, "the job")
        assert [e["kind"] for e in receipt(*refunded[:2])["entries"]] == ["payment", "credit_note"]
        assert_sound(house.db, settled=True)


def test_names_on_a_receipt_stay_as_they_were(paid, db):
    guest, host, booking, _ = paid()
    before = receipt(guest, booking)
    guest.patch("/users/me/", {"display_name": "Somebody Else"}).expect(200)
    host.patch("/users/me/", {"display_name": "Another Host"}).expect(200)
    assert receipt(guest, booking) == before and "Somebody Else" not in page(host, booking)
    for change in ("update receipt set amount = 1", "delete from receipt", "truncate receipt"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            db.execute(change)


NAMES = ["<script>alert(1)</script>&amp;\"'", "Ελένη Παπαδοπούλου", "Ольга Кузнецова", "مريم العلي", "山田 花子", "김민수", "👩‍👧 \u202eevil",
         "\u0e2a\u0e21\u0e0a\u0e32\u0e22", "{name} {{}} %s"]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_whatever_people_are_called_a_receipt_shows_it_and_nothing_else(paid, api, name):
    guest, host = api.new_guest(), api.new_host()
    for person in (guest, host):
        person.patch("/users/me/", {"display_name": name}).expect(200)
    *_, booking, _ = paid(guest=guest, host=host, title=name + " house")
    html = page(host, booking)
    assert "<script" not in html and "\u202e" not in html
    data, text = pdf(host, booking)
    assert receipt(guest, booking)["guest"] == name
    if name[0] in "<ΕО{":  # letters that every reader finds again as they were
        assert plain(name) in plain(text), text
    assert "Receipt" in text and "Due" in text
    fonts = subprocess.run(["pdffonts", "-"], input=data, capture_output=True, text=False, check=True, timeout=60).stdout.decode()
    used = [line.split() for line in fonts.splitlines()[2:]]
    assert used and all(columns[-5] == "yes" for columns in used), f"every font is inside the file: {fonts}"


def test_the_marketplace_is_named_as_it_was_set(start_server, new_database, new_redis, api_of):
    settings = {"ROOST_RECEIPTS_NAME": "Séjours & Cie", "ROOST_RECEIPTS_ADDRESS": "1 rue de la Paix, Paris",
                "ROOST_RECEIPTS_TAX_NUMBER": "FR 12 345", "ROOST_RECEIPTS_TIME_ZONE": "Asia/Tokyo"}  # fmt: skip
    server = start_server(new_database(), new_redis(), **settings)
    api = api_of(server)
    guest, make = api.new_guest(), Make(api)
    year = api.clock.now().year + 1
    api.clock.set(f"{year}-12-31T14:59:00Z")
    first, second = (make.booking(make.listing(payment_mode="online"), guest, check_in=30 + 10 * n) for n in range(2))
    pay(api, guest, first)
    api.clock.set(f"{year}-12-31T15:00:30Z")
    pay(api, guest, second)
    assert receipt(guest, first)["number"] == f"{year}-000001"
    assert receipt(guest, second)["number"] == f"{year + 1}-000001", "there it is the new year already"
    text = plain(pdf(guest, second)[1])
    assert "Séjours & Cie, 1 rue de la Paix, Paris" in text and "FR 12 345" in text and f"1 January {year + 1}" in text
    assert receipt(guest, first)["issued_by"] == {"name": "Séjours & Cie", "address": "1 rue de la Paix, Paris", "tax_number": "FR 12 345"}
    server.close()


@pytest.fixture
def crowd(start_server, new_database, new_redis, api_of):
    """crowd() → (api, connection, [(guest, booking, payment)]): 20 bookings whose payments wait on the page."""
    opened = []

    def gather():
        server = start_server(new_database(), new_redis(), ROOST_JOBS_HANDS="8", ROOST_JOBS_FIRST_PAUSE_MS="50",
                              ROOST_MARKET_HOLDS_PER_GUEST="100")  # fmt: skip
        connection = psycopg.connect(server.environment["ROOST_DATABASE_URL"], autocommit=True, row_factory=dict_row)
        opened.append((server, connection))
        api = api_of(server)
        make, guest = Make(api), api.new_guest()
        booked = [make.booking(make.listing(api.as_host(), payment_mode="online"), guest) for _ in range(20)]
        return server, api, connection, [(guest, b, begin(guest, b).expect(201)) for b in booked]

    yield gather
    for server, connection in opened:
        connection.close()
        server.close()


def pay_all_at_once(server, api, connection, waiting):
    """All of them go through; every third is rolled back at its commit, and comes again."""
    server.expect_errors("doomed")
    connection.execute("create table doomed (booking_id uuid primary key)")
    connection.execute("""create function refuse_doomed() returns trigger language plpgsql as $$ begin
        if exists (select from doomed where booking_id = new.booking_id) then raise exception 'doomed'; end if; return null; end $$""")
    connection.execute("""create constraint trigger doomed after insert on receipt deferrable initially deferred
        for each row execute function refuse_doomed()""")
    doomed = [b["id"] for _, b, _ in waiting[::3]]
    connection.cursor().executemany("insert into doomed values (%s)", [(id,) for id in doomed])
    for _, _, payment in waiting:
        choose(api, payment, "approve")
    for guest, booking, _ in waiting:
        if booking["id"] not in doomed:
            booking_becomes(guest, booking, "confirmed")
    wait_until(lambda: "doomed" in server.log_text(), 60, "one is rolled back")
    connection.execute("delete from doomed")
    connection.execute("update payment set next_check_at = now() where status = 'requires_action'")
    for guest, booking, _ in waiting:
        booking_becomes(guest, booking, "confirmed")


def test_numbers_have_no_gaps_whatever_is_rolled_back(crowd):
    server, api, connection, waiting = crowd()
    pay_all_at_once(server, api, connection, waiting)
    (taken,) = numbers(connection).values()
    assert taken == list(range(1, 21)) and gaps(connection) == []
    assert len({receipt(guest, booking)["number"] for guest, booking, _ in waiting}) == 20


def test_a_sequence_instead_would_leave_gaps(crowd):
    """The control of the test above: numbers that are not given back when they are rolled back."""
    server, api, connection, waiting = crowd()
    connection.execute("create sequence loose")
    connection.execute("insert into receipt_year (year, last) values (extract(year from now() at time zone 'UTC'), 0)")
    connection.execute("""create function loose() returns trigger language plpgsql as $$ begin
        new.last := nextval('loose'); return new; end $$""")
    connection.execute("create trigger loose before update on receipt_year for each row execute function loose()")
    pay_all_at_once(server, api, connection, waiting)
    assert gaps(connection) != []
