"""Documents made to keep the server busy (threat T14): each limit at its number, one beyond and a hundred times beyond; what
goes in circles; documents of a megabyte. What they cost in processor time and memory is measured by `./dev bench floods`."""

import json
import threading

import pytest

from support.graph import JSON, Graph
from support.people import PASSWORD

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def large(start_server, database, redis_url):
    """A server that reads documents of any length, so that nothing but the other limits refuses them."""
    roomy = str(100 * MEGABYTE)
    server = start_server(database, redis_url, ROOST_GRAPHQL_BODY_BYTES=roomy, ROOST_HTTP_MAX_BODY_BYTES=roomy,
                          ROOST_JOBS_IN_PROCESS="false")  # fmt: skip
    yield server
    server.close()


def chain(steps, n, leaf="__typename"):
    """n steps within each other, of these in turn, and a leaf."""
    return "".join(f"{steps[i % len(steps)]} {{ " for i in range(n)) + leaf + " }" * n


def tokens(n):
    """Lists of up to a hundred ids, and twelve tokens around each."""
    sizes = [100] * ((n - 2) // 112) + [(n - 2) % 112 - 12]
    assert sizes[-1] >= 0
    return "{" + " ".join(f"a{i}: nodes(ids: [{'0 ' * ids}]) {{ id }}" for i, ids in enumerate(sizes)) + "}"


def depth(n):
    return '{ node(id: "User:0") { ... on User { ' + chain(["reviews(first: 1)", "nodes", "author"], n - 2) + " } } }"


def introspection(n):
    return '{ __type(name: "Query") { ' + chain(["fields", "type", *["ofType"] * 5000], n - 2) + " } }"


def aliases(n):
    return "{ viewer { " + " ".join(f"a{i}: id" for i in range(n)) + " } }"


def root_fields(n):
    return "{" + " __typename" * n + " }"


def directives(n):
    return '{ node(id: "User:0") { ' + "id @include(if: true) " * n + "} }"


def fields(n):
    """Up to 59 below each field of the root; what stands twice is one, and counts twice."""
    names = ["id", "username", "displayName", "bio", "avatarUrl", "isHost", "emailVerified", "phoneVerified", "version", "createdAt"]
    parts = [min(59, n - 1 - i * 60) for i in range((n + 59) // 60)]
    one = 'a%d: node(id: "User:0") { ... on User { %s } }'
    return "{" + " ".join(one % (i, " ".join(names[j % 10] for j in range(below))) for i, below in enumerate(parts)) + "}"


def cost(n):
    """One for each connection, property and review: 1 + 100 × (1 + 1 + 47), and the rest."""
    return ("{ properties(first: 100) { nodes { reviews(first: 47) { nodes { id } } } }"
            " more: properties(first: %d) { nodes { id } } }" % (n - 4901 - 1))  # fmt: skip


# The code, the most that is allowed, what has so many, and the code of whoever counts first in a hundred times as many.
LIMITS = {
    "tokens": ("graphql_tokens", 2000, tokens, "graphql_tokens"),
    "depth": ("graphql_depth", 12, depth, "graphql_nesting"),
    "introspection": ("graphql_depth", 16, introspection, "graphql_nesting"),
    "aliases": ("graphql_aliases", 30, aliases, "graphql_tokens"),
    "root_fields": ("graphql_root_fields", 20, root_fields, "graphql_tokens"),
    "directives": ("graphql_directives", 50, directives, "graphql_tokens"),
    "fields": ("graphql_fields", 1000, fields, "graphql_tokens"),
    "cost": ("graphql_cost", 5000, cost, "graphql_cost"),
}


def assert_refused(reply, *codes):
    """Before anything ran, for one of these reasons, in few words."""
    assert reply.status == 200 and "data" not in reply.json, reply
    assert {e["extensions"]["code"] for e in reply.json["errors"]} <= set(codes), reply
    assert len(reply.body) < 50_000, f"{len(reply.body)} bytes to say no"


@pytest.mark.parametrize("what", LIMITS)
def test_a_limit_holds_at_its_number_and_beyond(large, what):
    code, most, document, first = LIMITS[what]
    graph = Graph(large)
    graph.ask(document(most))
    assert_refused(graph.send(document(most + 1)), code)
    assert_refused(graph.send(document(100 * most)), first)


@pytest.mark.parametrize("setting,value,what", [
    ("TOKENS", 60, "tokens"), ("DEPTH", 4, "depth"), ("ALIASES", 3, "aliases"), ("ROOT_FIELDS", 2, "root_fields"),
    ("DIRECTIVES", 3, "directives"), ("SELECTED", 10, "fields"),
])  # fmt: skip
def test_each_limit_is_a_setting(start_server, database, redis_url, setting, value, what):
    code, _, document, _ = LIMITS[what]
    server = start_server(database, redis_url, **{f"ROOST_GRAPHQL_{setting}": str(value)})
    Graph(server).ask(document(value))
    assert_refused(Graph(server).send(document(value + 1)), code)
    server.close()


def test_a_limit_counts_fragments_wherever_they_are_spread(server):
    spread = "{ viewer { ...A ...A ...A } } fragment A on Account { " + " ".join(f"a{i}: id" for i in range(11)) + " }"
    assert_refused(Graph(server).send(spread), "graphql_aliases")
    Graph(server).ask(spread.replace("...A ...A ...A", "...A ...A"))


def padded(length):
    body = json.dumps({"query": "{ __typename }"})
    return (body + " " * (length - len(body))).encode()


def test_a_body_is_as_long_as_the_limit_and_no_longer(server):
    def send(length):
        return server.request("POST", "/graphql", body=padded(length), headers={"Content-Type": JSON, "Accept": JSON})

    assert send(102_400).expect(200) == {"data": {"__typename": "Query"}}
    for length in (102_401, MEGABYTE, 100 * 102_400):
        assert send(length).status == 413


def test_brackets_are_counted_where_they_stand(server):
    for open_, close in (("{ a", "}"), ("{ a(b: [", "]) }")):
        assert_refused(Graph(server).send(open_ * 201 + close * 201), "graphql_nesting", "graphql_syntax")
    assert_refused(Graph(server).send("{ a" * 200 + "}" * 200), "graphql_depth")
    assert_refused(Graph(server).send("{ a(b: " + "[" * 300 + "]" * 300 + ") }"), "graphql_nesting")


@pytest.mark.parametrize("first", ["99999999", "2147483647"])
def test_the_size_of_a_list_counts_wherever_it_is_said(server, first):
    nested = "{ properties(first: %s) { nodes { reviews(first: %s) { nodes { author { reviews(first: %s) { nodes { id } } } } } } } }"
    graph = Graph(server)
    assert_refused(graph.send(nested % (first, first, first)), "graphql_cost")
    assert_refused(graph.send("{ properties(first: %s) { nodes { id } } }" % first), "graphql_cost")
    assert_refused(graph.send("query($n: Int) { properties(first: $n) { nodes { id } } }", n=int(first)), "graphql_cost")
    assert_refused(graph.send("query($n: Int = %s) { properties(first: $n) { nodes { id } } }" % first), "graphql_cost")
    assert_refused(graph.send("{ properties(last: %s, before: \"x\") { nodes { id } } }" % first), "graphql_cost")
    assert_refused(graph.send("{ properties { nodes { ...R } } } fragment R on Property { reviews(first: %s) { nodes { id } } }" % first),
                   "graphql_cost")  # fmt: skip


def numbered(n, part):
    return " ".join(part(i) for i in range(n))


CIRCLES = {
    "itself": "{ ...A } fragment A on Query { ...A }",
    "two": "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
    "below a field": "{ ...A } fragment A on Query { viewer { id } properties { nodes { ...P } } }"
                     " fragment P on Property { host { ...U } } fragment U on User { reviews { nodes { property { ...P } } } }",
    "spread by nobody": "{ __typename } fragment A on Query { ...B } fragment B on Query { ...A }",
    "many": "{ ...F0 } " + numbered(150, lambda i: f"fragment F{i} on Query {{ ...F{(i + 1) % 150} ...F{(i + 7) % 150} }}"),
}  # fmt: skip


@pytest.mark.parametrize("name", CIRCLES)
def test_fragments_in_circles_are_refused(server, name):
    assert_refused(Graph(server).send(CIRCLES[name]), "graphql_invalid")


FLOODS = {
    "fragments that double": (
        '{ node(id: "User:0") { ...F0 } } '
        + numbered(60, lambda i: f"fragment F{i} on User {{ reviews {{ nodes {{ author {{ ...F{i + 1} }} subject {{ ...F{i + 1} }} }} }} }}")
        + " fragment F60 on User { id }", ("graphql_depth",)),
    "fragments that double side by side": (
        "{ viewer { ...F0 } } " + numbered(60, lambda i: f"fragment F{i} on Account {{ ...F{i + 1} ...F{i + 1} }}")
        + " fragment F60 on Account { id }", ("graphql_fields",)),
    "fragments that spread each other in a long row": (
        "{ viewer { ...F0 } } " + numbered(190, lambda i: f"fragment F{i} on Account {{ ...F{i + 1} id }}") + " fragment F190 on Account { id }", None),
    "introspection in circles": ("{ __schema { types { " + chain(["fields", "type"], 60, "name") + " } } }", ("graphql_depth",)),
    "unknown fields": ("{ viewer { " + numbered(900, lambda i: f"ussername{i}") + " } }", ("graphql_invalid",)),
    "unknown directives": ("{ viewer { id " + "@x " * 40 + "} }", ("graphql_invalid",)),
    "unknown arguments": ("{ viewer { " + numbered(200, lambda i: f"id(a{i}: 1)") + " } }", ("graphql_invalid",)),
    "fields that differ": ('{ node(id: "User:0") { ... on User { ' + numbered(25, lambda i: f"x: {['id', 'username'][i % 2]}") + " } } }",
                           ("graphql_invalid", "graphql_intricate")),
    "one field with arguments, again and again": ('{ node(id: "User:0") { ... on User { ' + "reviews(first: 1) { totalCount } " * 150 + "} } }", None),
    "unused variables": ("query(" + numbered(300, lambda i: f"$v{i}: Int") + ") { __typename }", ("graphql_invalid",)),
    "unused fragments": ("{ __typename } " + numbered(200, lambda i: f"fragment F{i} on Account {{ id }}"), ("graphql_invalid",)),
    "operations": (numbered(300, lambda i: f"query Q{i} {{ __typename }}"), ("graphql_operation",)),
}  # fmt: skip


@pytest.mark.parametrize("name", FLOODS)
def test_floods_are_refused_or_answered(server, name):
    document, codes = FLOODS[name]
    reply = Graph(server).send(document)
    if codes is None:
        assert "errors" not in reply.expect(200), reply
    else:
        assert_refused(reply, *codes)


LONG = {
    "fields": ("{" + " __typename" * (MEGABYTE // 11) + " }", ("graphql_tokens",)),
    "a name": ("{ " + "a" * MEGABYTE + " }", ("graphql_invalid",)),
    "a number": ("{ properties(first: " + "9" * MEGABYTE + ") { nodes { id } } }", ("graphql_invalid", "graphql_cost")),
    "brackets": ("{a" * (MEGABYTE // 2), ("graphql_nesting",)),
    "lists": ("{ node(id: " + "[" * MEGABYTE, ("graphql_nesting",)),
    "a string without an end": ('{ node(id: "' + "\\n" * (MEGABYTE // 2), ("graphql_syntax",)),
    "bytes that are no text": ("\0" * MEGABYTE, ("graphql_syntax",)),
    "aliases": ("{" + numbered(MEGABYTE // 20, lambda i: f"a{i}: __typename") + "}", ("graphql_tokens",)),
    "remarks": ("# nothing\n" * (MEGABYTE // 10) + "{ __typename }", None),
    "commas": ("," * MEGABYTE + "{ __typename }", None),
    "a string": ('{ node(id: "' + "a" * MEGABYTE + '") { id } }', None),
    "a block string": ('{ node(id: """' + " a\n" * (MEGABYTE // 3) + '""") { id } }', None),
}


@pytest.mark.parametrize("name", LONG)
def test_a_document_of_a_megabyte_is_refused_for_what_it_is(server, large, name):
    document, codes = LONG[name]
    assert Graph(server).send(document).status == 413
    reply = Graph(large).send(document)
    if codes is None:
        assert "errors" not in reply.expect(200), reply
    else:
        assert_refused(reply, *codes)


def test_many_requests_in_one_are_not_taken(server):
    for batch in ([{"query": "{ __typename }"}], [{"query": "{ __typename }"}] * 1000):
        assert server.post("/graphql", batch, headers={"Accept": JSON}).status == 400


def test_variables_are_no_way_around(large):
    graph = Graph(large)
    deep = json.dumps({"query": "query($v: [ID!]!) { nodes(ids: $v) { id } }", "variables": {"v": "DEEP"}})
    body = deep.replace('"DEEP"', "[" * 100_000 + "]" * 100_000).encode()
    assert large.request("POST", "/graphql", body=body, headers={"Content-Type": JSON, "Accept": JSON}).status == 400
    for n, code in ((101, "invalid_input"), (100_000, "graphql_cost")):
        many = graph.send("query($v: [ID!]!) { nodes(ids: $v) { id } }", v=["User:0"] * n).json
        assert [e["extensions"]["code"] for e in many["errors"]] == [code], "a hundred at a time"


def login(name, password):
    return 'login(input: {username: "%s", password: "%s"}) { tokens { accessToken } userErrors { code } }' % (name, password)


def test_logins_by_alias_count_one_by_one(start_server, new_database, new_redis, api_of):
    api = api_of(start_server(new_database(), new_redis(), ROOST_LIMITS_LOGIN_ACCOUNT_NETWORK="5"))
    graph, name = Graph(api.server), api.new_guest().username

    def tries(*passwords):
        """What came of each."""
        document = "mutation { " + " ".join(f"a{i}: {login(name, p)}" for i, p in enumerate(passwords)) + " }"
        answer = graph.send(document).expect(200)
        refused = {e["path"][0]: e["extensions"]["code"] for e in answer.get("errors", [])}
        given = answer["data"] or {}
        return [refused.get(f"a{i}") or given[f"a{i}"]["userErrors"][0]["code"] for i in range(len(passwords))]

    assert tries("one", "two", "three") == ["INVALID_CREDENTIALS"] * 3
    assert tries("four", "five", "six", PASSWORD) == ["INVALID_CREDENTIALS"] * 2 + ["too_many_requests"] * 2
    api.anonymous.post("/auth/login/", {"username": name, "password": PASSWORD}).expect(429, "too_many_requests")


def test_good_requests_are_answered_right_beside_floods(server, make):
    """Four threads send whatever is refused above; meanwhile one asks something and checks every answer."""
    listing = make.listing()
    refused = [document for document, codes in [*FLOODS.values(), *CIRCLES_AND_LIMITS] if codes]
    over, counts = threading.Event(), [0] * 4

    def flood(mine):
        graph = Graph(server)
        while not over.is_set():
            for document in refused:
                assert_refused(graph.send(document), *ALL_CODES)
                counts[mine] += 1

    faults = []

    def watched(mine):
        try:
            flood(mine)
        except AssertionError as e:
            faults.append(e)

    threads = [threading.Thread(target=watched, args=(i,)) for i in range(4)]
    for t in threads:
        t.start()
    try:
        want = {"property": {"id": f"Property:{listing['id']}", "title": listing["title"], "host": {"id": f"User:{listing['host_id']}"}}}
        query = "query($id: ID!) { property(id: $id) { id title host { id } } }"
        for _ in range(200):
            assert Graph(server).ask(query, id=listing["id"]) == want
    finally:
        over.set()
        for t in threads:
            t.join()
    assert not faults, faults[0]
    assert all(counts), "there were floods to stand beside"


CIRCLES_AND_LIMITS = [(document, ("graphql_invalid",)) for document in CIRCLES.values()] + [
    (document(most + 1), (code,)) for code, most, document, _ in LIMITS.values()
]
ALL_CODES = {"graphql_invalid", "graphql_operation", "graphql_intricate", *(code for code, *_ in LIMITS.values())}
