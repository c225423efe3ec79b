"""What a query of the graph costs: as many statements for twenty objects as for one."""

from collections import Counter

import psycopg
import pytest
from psycopg.rows import dict_row

from support.counting import Counting
from support.graph import Graph
from support.stays import over

FEW, MANY = 2, 5  # one alone may be read another way, from a cache
UNCOUNTED = {"pg.begin", "search.plan_for_values", "pg.commit"}  # around a search, to say how it is to be planned


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


@pytest.fixture(scope="module")
def hosts(api, make, database):
    """Hosts with so many listings, each with its bookings."""
    with psycopg.connect(database, autocommit=True, row_factory=dict_row) as db:
        found = {}
        for rows in (FEW, MANY):
            host = api.new_host()
            for _ in range(rows):
                make.booking(reviewed(api, make, db, host), api.new_guest(), check_in=40)
            found[rows] = host
        return found


def cost(counting, person, query, **variables):
    """The statements of a query that is answered without an error, and its data."""
    graph = Graph(counting.server, person)
    graph.ask("{ viewer { id } }")  # from now on the server knows the session
    before = counting.statements()
    data = graph.ask(query, **variables)
    return Counter({name: n for name, n in (counting.statements() - before).items() if name not in UNCOUNTED}), data


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


def test_the_count_would_notice_a_statement_for_each_row(counting, hosts):
    """Control: what is asked of each property by itself costs a statement for each."""
    query = "query($host: ID!) { properties(filter: {host: $host}) { nodes { pricing { version } } } }"
    (few, _), (many, _) = (cost(counting, h, query, host=h.id) for h in (hosts[FEW], hosts[MANY]))
    assert many.total() - few.total() >= MANY - FEW
