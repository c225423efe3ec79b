"""What a query of the graph costs: as many statements for twenty objects as for one."""

from collections import Counter

import psycopg
import pytest
from psycopg.rows import dict_row

from support.calendars import feed_in_conflict, fetched
from support.counting import Counting
from support.graph import Graph, rest_id
from support.stays import over

FEW, MANY = 2, 5
UNCOUNTED = {"pg.begin", "search.plan_for_values", "pg.commit"}  # around a search with filters: how it is to be planned


@pytest.fixture(scope="module")
def counting(start_server, database, new_redis):
    server = start_server(database, new_redis(), ROOST_JOBS_IN_PROCESS="false")
    yield Counting(server)
    server.close()


def reviewed(api, make, db, host):
    """A listing with three reviews."""
    listing = make.listing(host)
    for _ in range(3):
        guest = api.new_guest()
        booking = make.booking(listing, guest, check_in=20, nights=2)
        over(db, booking, api.clock.now(), days_ago=1)
        guest.post("/reviews/", {"booking_id": booking["id"], "rating": 4}).expect(201)
        host.post("/reviews/", {"booking_id": booking["id"], "rating": 4}).expect(201)
    return listing


def furnished(api, make, db, host, n):
    """A listing with three reviews, and with something of its own of all that properties and bookings have."""
    listing, clock, guest = reviewed(api, make, db, host), api.clock, api.new_guest()
    home, stay = f"/properties/{listing['id']}/", make.booking(listing, guest, check_in=40)["id"]
    guest.post(f"/bookings/{stay}/alterations/", {"guests": 1, "reason": f"Because {n}"}).expect(201)
    host.put(f"{home}pricing/", {"included_guests": 1, "extra_guest_fee": {"amount": 100 + n, "currency": "EUR"}}).expect(200)
    for first in (60 + n, 70 + n):
        host.post(f"{home}blocks/", {"from": clock.today(first), "to": clock.today(first + 2)}).expect(201)
    host.post(f"{home}seasons/", {"name": f"Season {n}", "from": clock.today(100), "to": clock.today(110), "min_nights": 2 + n}).expect(201)
    host.post(f"{home}ical/", {"name": f"Reader {n}"}).expect(201)
    fetched(db, feed_in_conflict(db, listing, stay, n))


@pytest.fixture(scope="module")
def hosts(api, make, database):
    """Hosts with so many listings, each with its bookings."""
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as db:
        found = {}
        for rows in (FEW, MANY):
            host = api.new_host()
            for n in range(rows):
                furnished(api, make, db, host, n)
            found[rows] = host
        return found


def cost(counting, person, query, **variables):
    """The statements of a query that is answered without an error, and its data."""
    graph = Graph(counting.server, person)
    graph.ask("{ viewer { id } }")  # from now on the server knows the session
    before = counting.statements()
    data = graph.ask(query, **variables)
    return Counter({name: n for name, n in (counting.statements() - before).items() if name not in UNCOUNTED}), data


def of_properties(fields):
    return "query($host: ID!) { properties(filter: {host: $host}, first: %d) { nodes { %s } } }" % (MANY, fields)


def of_stays(fields):
    return "{ bookings(filter: {role: HOST, status: [CONFIRMED]}, first: %d) { nodes { %s } } }" % (MANY, fields)


LISTS = {
    "properties with hosts and reviews": (3, """query($host: ID!) { properties(filter: {host: $host}, first: 20) { nodes {
        title host { displayName } reviews(first: 3) { nodes { rating comment } } } } }"""),
    "properties in full": (2, "query($host: ID!) { properties(filter: {host: $host}) { edges { node { description stayRules { minNights } } } } }"),
    "reviews with authors and their properties": (4, """query($host: ID!) { properties(filter: {host: $host}) { nodes {
        reviews { nodes { author { username } property { title } } } } } }"""),
    "bookings": (1, "{ bookings(filter: {role: HOST}) { nodes { id status } } }"),
    "bookings with everybody": (4, """{ bookings(filter: {role: HOST}, first: 10) { nodes {
        property { title } guest { displayName } host { displayName } } } }"""),
    "own properties": (2, "{ myProperties(first: 50) { nodes { title } } }"),
    "notifications": (1, "{ notifications(first: 10) { nodes { title } } }"),
    "free nights": (3, of_properties("availability { free { from to } }")),
    "calendars": (4, of_properties("calendar { nights { date price { amount } reason } }")),
    "prices": (2, of_properties("pricing { version rules { extraGuestFee { amount } } }")),
    "seasons": (3, of_properties("seasons { name }")),
    "closed nights": (3, of_properties("blocks(first: 1) { nodes { from } pageInfo { hasNextPage } }")),
    "feeds": (3, of_properties("feeds { name health }")),
    "feeds and what they did": (7, of_properties("feeds { history { outcome } closedNights { from to } }")),
    "conflicts with their stays": (4, of_properties("conflicts { from booking { status } }")),
    "calendars' addresses": (3, of_properties("icalAddresses { name }")),
    "people with what is said of them": (6, of_properties("reviews { nodes { author { reviews(first: 1) { totalCount nodes { rating } } } } }")),
    "stays with their history": (3, of_stays("history { toStatus actor }")),
    "stays with what was proposed": (3, of_stays("alterations { reason status }")),
    "stays with what cancelling gives back": (2, of_stays("cancellationPreview { now { rule } schedule { until } }")),
    "stays with their receipts": (4, of_stays("receipt { property total { amount } entries { number } }")),
    "stays with their reviews": (3, of_stays("reviews { open guestToProperty { written } }")),
}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_costs_the_same_statements_however_long_it_is(counting, hosts, name):
    most, query = LISTS[name]
    variables = lambda host: {"host": host.id} if "$host" in query else {}  # noqa: E731
    (few, _), (many, _) = (cost(counting, h, query, **variables(h)) for h in (hosts[FEW], hosts[MANY]))
    assert few == many and 1 <= few.total() <= most, (few, many)


def test_twenty_properties_with_hosts_and_three_reviews_cost_three_statements(counting, hosts):
    host = hosts[MANY]
    statements, data = cost(counting, host, LISTS["properties with hosts and reviews"][1], host=host.id)
    assert statements.total() == 3
    assert [len(p["reviews"]["nodes"]) for p in data["properties"]["nodes"]] == [3] * MANY


def test_the_start_page_has_nothing_around_its_three_statements(counting, hosts):
    host = Graph(counting.server, hosts[MANY])
    host.ask("{ viewer { id } }")
    before = counting.statements()
    host.ask("{ properties(first: 5) { nodes { title host { displayName } reviews(first: 3) { nodes { rating comment } } } } }")
    ran = counting.statements() - before
    assert ran.total() == 3, ran


def test_the_count_would_notice_a_statement_for_each_row(counting, hosts, api):
    """Control: a quote is made for each property by itself."""
    stay = f'checkIn: "{api.clock.today(80)}", checkOut: "{api.clock.today(83)}", guests: 2'
    guest = api.new_guest()
    (few, _), (many, _) = (cost(counting, guest, of_properties("quote(%s) { id }" % stay), host=h.id) for h in (hosts[FEW], hosts[MANY]))
    assert many.total() - few.total() >= MANY - FEW


OWN = """id availability { free { from to } } calendar { nights { minNights reason } } pricing { version rules { extraGuestFee { amount } } }
         seasons { name minNights } blocks(first: 1) { nodes { from } pageInfo { hasNextPage endCursor } }
         feeds { id closedNights { from to } } conflicts { from to booking { id } } icalAddresses { name }"""
OF_STAY = "id history { at } alterations { reason } cancellationPreview { now { due { amount } } } receipt { property } reviews { closesAt open }"


def test_each_of_many_gets_what_it_gets_alone(counting, hosts):
    host = Graph(counting.server, hosts[MANY])
    own = OWN + " feeds { history { at } }"
    properties = host.ask(of_properties(own), host=hosts[MANY].id)["properties"]["nodes"]
    stays = host.ask(of_stays(OF_STAY))["bookings"]["nodes"]
    for many, kind, fields in ((properties, "property", own), (stays, "booking", OF_STAY)):
        assert len(many) == MANY
        alone = [host.ask("query($id: ID!) { one: %s(id: $id) { %s } }" % (kind, fields), id=row["id"])["one"] for row in many]
        assert alone == many
    for field in ("pricing", "seasons", "icalAddresses", "blocks", "feeds", "conflicts"):
        assert len({str(p[field]) for p in properties}) == MANY, f"control: the {field} differ"
    assert sorted(a["reason"] for s in stays for a in s["alterations"]) == [f"Because {n}" for n in range(MANY)]


def test_an_object_that_is_there_twice_is_told_of_twice(counting, hosts):
    host = hosts[FEW]
    own = [p["id"] for p in host.get("/users/me/properties/").expect(200)["results"]]
    twice = Graph(counting.server, host).ask("query($ids: [ID!]!) { nodes(ids: $ids) { ... on Property { %s } } }" % OWN,
                                             ids=[f"Property:{own[n]}" for n in (0, 1, 0)])["nodes"]
    assert twice[0] == twice[2] != twice[1]


def test_what_cannot_be_told_of_one_is_an_error_at_its_place(counting, hosts):
    """Of one's own property and somebody else's; of a stay to come and one that is over."""
    host, other = hosts[FEW], hosts[MANY]
    ids = [f"Property:{h.get('/users/me/properties/').expect(200)['results'][0]['id']}" for h in (other, host)]
    fields = ["blocks { nodes { from } }", "feeds { name }", "conflicts { from }", "icalAddresses { name }"]
    graph = Graph(counting.server, host)
    reply = graph.send("query($ids: [ID!]!) { nodes(ids: $ids) { ... on Property { seasons { name } %s } } }" % " ".join(fields), ids=ids).json
    names = [f.split()[0] for f in fields]
    assert sorted((e["path"], e["extensions"]["code"]) for e in reply["errors"]) == sorted((["nodes", 0, n], "not_allowed") for n in names)
    others, own = reply["data"]["nodes"]
    assert others == {"seasons": others["seasons"], **dict.fromkeys(names)} and all(own[n] for n in names) and others["seasons"]

    reply = graph.send("{ bookings(filter: {role: HOST, status: [CONFIRMED, COMPLETED]}) { nodes { status cancellationPreview { now { rule } } } } }").json
    nodes = reply["data"]["bookings"]["nodes"]
    ended = [n for n, b in enumerate(nodes) if b["status"] == "COMPLETED"]
    assert [(e["path"], e["extensions"]["code"]) for e in reply["errors"]] == [
        (["bookings", "nodes", n, "cancellationPreview"], "wrong_state") for n in ended]
    assert ended and [n for n, b in enumerate(nodes) if b["cancellationPreview"] is None] == ended


def test_a_cursor_goes_on_with_the_list_it_is_of(counting, hosts):
    host = hosts[FEW]
    graph = Graph(counting.server, host)
    one, two = graph.ask(of_properties(OWN), host=host.id)["properties"]["nodes"]
    reply = graph.send("""query($ids: [ID!]!, $after: String!) { nodes(ids: $ids) { ... on Property {
                            blocks(first: 1, after: $after) { nodes { from } pageInfo { hasNextPage } } } } }""",
                       ids=[one["id"], two["id"]], after=one["blocks"]["pageInfo"]["endCursor"]).json
    second, refused = (n["blocks"] for n in reply["data"]["nodes"])
    days = [b["from"] for b in host.get(f"/properties/{rest_id(one['id'])}/blocks/").expect(200)["results"]]
    assert second == {"nodes": [{"from": days[1]}], "pageInfo": {"hasNextPage": False}} and refused is None
    assert [(e["path"], e["extensions"]["code"]) for e in reply["errors"]] == [(["nodes", 1, "blocks"], "invalid_input")]
