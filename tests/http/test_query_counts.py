"""What a list costs: as many statements for a long page as for a short one, for every list of the contract."""

import re
from collections import Counter

import psycopg
import pytest
from psycopg.rows import dict_row

from support.calendars import feed_in_conflict, fetched
from support.counting import Counting
from support.payouts import adjusted, set_account
from support.processes import wait_until
from support.stays import over

FEW, MANY = 1, 4
MOST = 6  # statements, whatever the list

# Who asks for what, for every operation that answers with `results`; a query makes another row of it.
LISTS = [
    ("/admin/adjustments/", "admin"),
    ("/admin/audit/", "admin"),
    ("/admin/disputes/", "admin"),
    ("/admin/payout-holds/", "admin"),
    ("/admin/payouts/", "admin"),
    ("/admin/refunds/", "admin"),
    ("/amenities/", "guest"),
    ("/auth/sessions/", "guest"),
    ("/bookings/", "guest"),
    ("/bookings/?role=host&count=true", "host"),
    ("/bookings/{booking_id}/alterations/", "guest"),
    ("/bookings/{booking_id}/history/", "guest"),
    ("/bookings/{booking_id}/payments/", "host"),
    ("/cancellation-policies/", "host"),
    ("/feeds/{feed_id}/history/", "host"),
    ("/feeds/{feed_id}/nights/", "host"),
    ("/notifications/", "host"),
    ("/notifications/?count=true", "host"),
    ("/payments/", "guest"),
    ("/payments/?role=host&count=true", "host"),
    ("/payments/{payment_id}/refunds/", "guest"),
    ("/properties/", "guest"),
    ("/properties/?host={user_id}", "guest"),
    ("/properties/?host={user_id}&check_in={first}&check_out={last}&guests=2&count=true", "guest"),
    ("/properties/{property_id}/blocks/", "host"),
    ("/properties/{property_id}/conflicts/", "host"),
    ("/properties/{property_id}/feeds/", "host"),
    ("/properties/{property_id}/ical/", "host"),
    ("/properties/{property_id}/reviews/", "guest"),
    ("/properties/{property_id}/reviews/?ordering=-rating&count=true", "host"),
    ("/properties/{property_id}/seasons/", "guest"),
    ("/reviews/reports/", "admin"),
    ("/users/me/balance/", "host"),
    ("/users/me/payout-account/", "host"),
    ("/users/me/properties/", "host"),
    ("/users/{user_id}/reviews/", "guest"),
]
SAME_FOR_ALL = {"/amenities/", "/properties/", "/reviews/reports/", "/admin/adjustments/", "/admin/audit/", "/admin/disputes/",
                "/admin/payout-holds/", "/admin/payouts/", "/admin/refunds/"}
IN_MEMORY = {"/amenities/"}


def lists_of(contract):
    """Path → the largest page that may be asked for, or None: of every operation whose reply has `results`."""
    found = {}
    for operation in contract.operations:
        if operation.method == "GET" and "200" in operation.raw["responses"]:
            reply = contract.resolve(operation.answer(200) or {})
            if "results" in reply.get("properties", {}):
                limit = operation.parameters("query").get("limit")
                found[operation.path] = limit and contract.resolve(limit["schema"])["maximum"]
    return found


class Scene:
    """A host, a guest and an admin, and so many rows of everything that is listed."""

    def __init__(self, api, make, db, rows):
        clock = api.clock
        self.people = {"host": api.new_host(), "guest": api.new_guest(), "admin": api.as_admin()}
        host, guest = self.people["host"], self.people["guest"]
        listing = [make.listing(host) for _ in range(rows)][0]
        home = f"/properties/{listing['id']}/"
        self.ids = {"property_id": listing["id"], "user_id": host.id, "first": clock.today(90), "last": clock.today(92)}
        for _ in range(rows):
            self._review(api, make, db, listing)
        self.bookings = [make.booking(listing, guest, check_in=20 + 5 * n, nights=2) for n in range(rows)]
        self.ids["booking_id"] = stay = self.bookings[0]["id"]
        for n in range(rows):
            guest.sign_in()
            changes = f"/bookings/{stay}/alterations/"
            proposed = guest.post(changes, {"guests": 1}).expect(201)
            guest.post(f"{changes}{proposed['id']}/cancel/").expect(200)
            terms = {"tiers": [], "grace": None, "late": {"kept_nights": 1, "kept_rest_basis_points": 5000}}
            host.post("/cancellation-policies/", {"name": f"Mine {n}", "terms": terms}).expect(201)
            nights = {"from": clock.today(60 + 5 * n), "to": clock.today(62 + 5 * n)}
            host.post(f"{home}blocks/", nights).expect(201)
            season = {"from": clock.today(100 + 20 * n), "to": clock.today(110 + 20 * n), "min_nights": 3}
            host.post(f"{home}seasons/", {"name": f"Season {n}", **season}).expect(201)
            host.post(f"{home}ical/", {"name": f"Reader {n}"}).expect(201)
            self.ids["feed_id"] = feed_in_conflict(db, listing, stay, n)
        for n in range(rows):
            fetched(db, self.ids["feed_id"])
            db.execute("""insert into feed_block (feed_id, property_id, nights)
                          values (%s, %s, daterange(%s::date, %s::date + 1))""",
                       [self.ids["feed_id"], listing["id"], *[clock.today(200 + 2 * n)] * 2])
            db.execute("""insert into booking_history (booking_id, from_status, to_status, actor, at)
                          values (%s, 'confirmed', 'confirmed', 'system', now())""", [stay])
        for n in range(rows):
            self.ids["payment_id"] = self._payment(db, stay)
        for n in range(rows):
            db.execute("""insert into refund (id, payment_id, currency, amount, cause, status, created_at, updated_at)
                          values (gen_random_uuid(), %s, 'EUR', 1, 'admin', 'failed', now(), now())""", [self.ids["payment_id"]])
        for n, currency in zip(range(rows), ("EUR", "JPY", "KWD", "CHF")):
            self._money(api, db, currency, self.bookings[n])
        told = lambda: len(host.get("/notifications/?limit=100").expect(200)["results"])  # noqa: E731
        wait_until(lambda: told() >= rows, what="the host being told")

    def _money(self, api, db, currency, booking):
        """A balance and an account of the host's in that currency, and a row of all that only admins list."""
        host = self.people["host"]
        adjusted(api, host, 100, currency)
        set_account(host, "account_1", currency).expect(200)
        api.as_admin().post("/admin/payout-holds/", {"booking_id": booking["id"], "reason": "Hm."}).expect(201)
        db.execute("""insert into payout (id, host_id, currency, amount, provider, destination, day, status, created_at, updated_at)
                      values (gen_random_uuid(), %s, %s, 1, 'sandbox', 'fails', '2020-01-01', 'failed', now(), now())""",
                   [host.id, currency])
        db.execute("""insert into dispute (id, provider, reference, payment_id, booking_id, currency, amount, status, reason, opened_at,
                                           closed_at)
                      select gen_random_uuid(), 'sandbox', gen_random_uuid()::text, id, booking_id, currency, 1, 'won', '', now(), now()
                      from payment where id = %s""", [self.ids["payment_id"]])

    def _payment(self, db, booking):
        """One that came to nothing, so that nothing follows."""
        made = db.execute("""insert into payment (id, booking_id, guest_id, host_id, purpose, currency, amount, method, provider,
                                                capture, status, created_at, updated_at)
                             select gen_random_uuid(), id, guest_id, host_id, 'booking', currency, total, 'card', 'sandbox',
                                    'automatic', 'cancelled', now(), now() from booking where id = %s
                             returning id""", [booking])
        return str(made.fetchone()["id"])

    def _review(self, api, make, db, listing):
        """A guest's, public and reported."""
        guest, host = api.new_guest(), self.people["host"]
        booking = make.booking(listing, guest, check_in=20, nights=2)
        over(db, booking, api.clock.now(), days_ago=1)
        review = guest.post("/reviews/", {"booking_id": booking["id"], "rating": 4}).expect(201)
        host.post("/reviews/", {"booking_id": booking["id"], "rating": 4}).expect(201)
        api.new_guest().post(f"/reviews/{review['id']}/report/", {"reason": "Hm."}).expect(204)

    def target(self, path):
        return re.sub(r"{(\w+)}", lambda m: self.ids[m[1]], path)


@pytest.fixture(scope="module")
def counting(start_server, database, new_redis):
    server = start_server(database, new_redis(), ROOST_JOBS_IN_PROCESS="false")
    yield Counting(server)
    server.close()


@pytest.fixture(scope="module")
def scenes(api, make, database):
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as db:
        return {rows: Scene(api, make, db, rows) for rows in (FEW, MANY)}


def is_constant(costs):
    """`costs` is of (statements, rows)."""
    first = costs[0][0]
    others = {rows: (statements - first, first - statements) for statements, rows in costs if statements != first}
    assert not others, (first, "rows: more, less", others)


def paged(target, limit):
    return f"{target}{'&' if '?' in target else '?'}limit={limit}"


def test_every_list_of_the_contract_is_counted(contract):
    assert lists_of(contract).keys() == {path.split("?")[0] for path, _ in LISTS}


@pytest.mark.parametrize("path,who", LISTS, ids=[path for path, _ in LISTS])
def test_a_list_costs_the_same_statements_however_long_it_is(contract, counting, scenes, path, who):
    largest = lists_of(contract)[path.split("?")[0]]
    seen = []
    for scene in scenes.values():
        target = scene.target(path)
        for sized in [paged(target, n) for n in (1, 2, largest)] if largest else [target]:
            statements, body = counting.cost(scene.people[who], sized)
            seen.append((statements, len(body["results"])))
    is_constant(seen)
    assert (seen[0][0].total() == 0) == (path in IN_MEMORY) and seen[0][0].total() <= MOST, seen
    if largest:
        assert [rows for _, rows in seen[-3:-1]] == [1, 2] and seen[-1][1] >= MANY
    if path not in SAME_FOR_ALL:
        assert seen[-1][1] - seen[0][1] >= MANY - FEW, "the longest list is longer than the shortest"


def test_every_page_leads_back_to_the_one_before(contract, scenes):
    limits, scene = lists_of(contract), scenes[MANY]
    for path, who in LISTS:
        if limits[path.split("?")[0]]:
            get = scene.people[who].get
            first = get(paged(scene.target(path), 2)).expect(200)
            second = get(first["next"].removeprefix("/api/v1")).expect(200)
            assert get(second["previous"].removeprefix("/api/v1")).expect(200)["results"] == first["results"], path


def test_the_count_would_notice_a_statement_for_each_row(counting, scenes):
    """Control: who reads the bookings one by one pays for each."""
    costs = []
    for rows, scene in scenes.items():
        statements, _ = counting.cost(scene.people["guest"], *[f"/bookings/{b['id']}/" for b in scene.bookings])
        costs.append((statements, rows))
    one, several = (statements.total() for statements, _ in costs)
    assert one >= 1 and several == one * MANY, costs
    with pytest.raises(AssertionError):
        is_constant(costs)
    assert counting.cost(scenes[FEW].people["guest"])[0] == Counter(), "nothing runs unasked"
