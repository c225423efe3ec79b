"""GraphQL over HTTP: media types, methods, status, and what is refused before anything runs."""

import hashlib
import json
import urllib.parse

import pytest

from support.graph import JSON, RESPONSE, Graph

BOTH = pytest.mark.parametrize("accept", [JSON, RESPONSE])


@pytest.fixture
def graph(server):
    return Graph(server)


def get(server, accept=JSON, **parameters):
    return server.get("/graphql?" + urllib.parse.urlencode(parameters), headers={"Accept": accept})


def media_type(reply):
    return reply.headers["content-type"].split(";")[0]


def codes(reply):
    return codes_in(reply.json)


def codes_in(answer):
    return [e["extensions"]["code"] for e in answer["errors"]]


@BOTH
def test_a_query_is_answered_in_the_media_type_that_was_asked_for(server, graph, accept):
    for reply in (graph.send("{ __typename }", accept=accept), get(server, accept, query="{ __typename }")):
        assert reply.status == 200 and reply.json == {"data": {"__typename": "Query"}}
        assert media_type(reply) == accept and "charset=utf-8" in reply.headers["content-type"]


@pytest.mark.parametrize("accept,want", [
    (None, JSON), ("*/*", JSON), ("application/*", JSON), (f"{JSON}; q=0.2, {RESPONSE}", RESPONSE), (f"{RESPONSE}; q=0.1, {JSON}", JSON),
    ("text/plain, */*;q=0.1", JSON), (f"{RESPONSE}; charset=utf-8", RESPONSE),
])
def test_accept_is_weighed(graph, accept, want):
    assert media_type(graph.send("{ __typename }", headers={"Accept": accept})) == want


@pytest.mark.parametrize("accept", ["text/plain", "application/xml", f"{JSON};q=0", f"{JSON}; charset=iso-8859-1"])
def test_what_we_do_not_have_is_406(graph, accept):
    assert graph.send("{ __typename }", headers={"Accept": accept}).status == 406


@pytest.mark.parametrize("query,code", [("{", "graphql_syntax"), ("{ nothing }", "graphql_invalid"),
                                        ("query A { __typename } query B { __typename }", "graphql_operation"),
                                        ("query($id: ID!) { node(id: $id) { id } }", "graphql_variables")])
def test_what_cannot_be_executed_is_400_unless_the_client_knows_only_json(graph, query, code):
    plain, known = graph.send(query), graph.send(query, accept=RESPONSE)
    assert (plain.status, known.status) == (200, 400) and plain.body == known.body
    assert codes(plain) == [code] and "data" not in plain.json


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b'{"query": 5}', b'{"variables": {}}', b'{"query": "{a}", "variables": []}',
                                  b'{"query": "{a}", "operationName": 1}', b'{"query": "{a}", "extensions": 1}', b"\xff", b"[" * 1000])
@BOTH
def test_what_is_no_request_is_400(server, body, accept):
    reply = server.request("POST", "/graphql", body=body, headers={"Content-Type": JSON, "Accept": accept})
    assert reply.status == 400 and codes(reply) == ["malformed"]


def test_null_is_as_good_as_nothing_and_unknown_members_are_ignored(server):
    body = {"query": "{ __typename }", "variables": None, "operationName": None, "extensions": None, "else": [1]}
    assert server.post("/graphql", body, headers={"Accept": JSON}).expect(200) == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
                                          f"{JSON}; charset=iso-8859-1", "application/graphql"])
def test_only_json_is_taken_so_that_no_other_sites_page_can_send_it(server, content_type):
    reply = server.request("POST", "/graphql", body=b'{"query": "{ __typename }"}', headers={"Content-Type": content_type})
    assert reply.status == 415 and codes(reply) == ["unsupported_media_type"]


@BOTH
def test_get_reads_and_never_writes(server, accept):
    refused = get(server, accept, query="mutation { logout(input: {}) { clientMutationId } }")
    assert refused.status == 405 and refused.headers["allow"] == "POST" and codes(refused) == ["method_not_allowed"]
    both = "query A { __typename } mutation B { logout(input: {}) { clientMutationId } }"
    assert get(server, accept, query=both, operationName="A").status == 200
    assert get(server, accept, query=both, operationName="B").status == 405


def test_head_writes_no_more_than_get(server, api):
    guest = api.new_guest()
    for method in ("GET", "HEAD"):
        query = f'mutation {{ updateAccount(input: {{ bio: "by {method}" }}) {{ userErrors {{ code }} }} }}'
        path = "/graphql?" + urllib.parse.urlencode({"query": query})
        assert server.request(method, path, headers={**guest.standing_headers(), "Accept": JSON}).status == 405
    assert "by " not in (guest.get("/users/me/").expect(200)["bio"] or "")
    head = server.request("HEAD", "/graphql?" + urllib.parse.urlencode({"query": "{ __typename }"}), headers={"Accept": JSON})
    assert head.status == 200 and head.body == b""


def test_get_takes_variables_as_json(server):
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert get(server, query=query, variables=json.dumps({"ids": ["User:x"]})).expect(200) == {"data": {"nodes": [None]}}
    for bad in ("{", "[]", "5"):
        assert get(server, query=query, variables=bad).status == 400


def test_other_methods_are_not_done_here(server):
    for method in ("PUT", "DELETE", "PATCH"):
        reply = server.request(method, "/graphql", body=b"")
        assert reply.status == 405 and {"GET", "POST"} <= set(reply.headers["allow"].replace(" ", "").split(","))


def test_a_false_claim_is_401(graph):
    for accept in (JSON, RESPONSE):
        reply = graph.send("{ __typename }", accept=accept, headers={"Authorization": "Bearer nonsense"})
        assert reply.status == 401 and codes(reply) == ["not_signed_in"] and reply.headers["www-authenticate"] == "Bearer"


def test_a_document_may_be_sent_once_and_named_afterwards(server):
    query = "query Persisted { __typename }"
    digest = hashlib.sha256(query.encode()).hexdigest()
    named = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest}}}
    first = server.post("/graphql", named, headers={"Accept": JSON}).expect(200)
    assert first["errors"][0]["message"] == "PersistedQueryNotFound"
    assert first["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    server.post("/graphql", {**named, "query": query}).expect(200)
    want = {"data": {"__typename": "Query"}}
    assert server.post("/graphql", named, headers={"Accept": JSON}).expect(200) == want
    assert server.post("/graphql", {"documentId": f"sha256:{digest}"}).expect(200) == want
    assert get(server, extensions=json.dumps(named["extensions"])).expect(200) == want
    other = server.post("/graphql", {**named, "query": "{ __typename }"}, headers={"Accept": JSON})
    assert codes(other) == ["graphql_persisted"], "nobody names a document after another one's hash"


def test_browsers_get_a_page_that_asks_no_other_host(server):
    page = server.get("/graphql", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status == 200 and media_type(page) == "text/html" and b"//" not in page.body.replace(b"<!doctype", b"")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    for line in page.body.decode().split('"'):
        if line.startswith("/graphql/"):
            assert server.get(line).status == 200, line


def test_the_schema_is_told(server):
    text = server.get("/schema.graphql").body.decode()
    assert "type Query" in text and "type Mutation" in text and "interface Node" in text


LIMITS = {
    "tokens": ("graphql_tokens", lambda n: "{" + " __typename" * n + "}", 1998),
    "depth": ("graphql_depth", lambda n: "{ node(id: 1) { ... on User { " + "reviews { nodes { author { " * n + "id" + " } } }" * n + " } } }", 3),
    "aliases": ("graphql_aliases", lambda n: "{ viewer {" + " ".join(f"a{i}: id" for i in range(n)) + "} }", 30),
}


@pytest.mark.parametrize("what", LIMITS)
def test_each_limit_holds_at_its_number_and_not_beyond(graph, what):
    code, document, most = LIMITS[what]
    allowed = graph.send(document(most)).json
    assert code not in [e["extensions"]["code"] for e in allowed.get("errors", [])], allowed
    for n in (most + 1, 100 * most):
        body = document(n)
        if len(body) < 100_000:
            assert graph.errors(body)[0] in (code, "graphql_nesting", "graphql_tokens"), "brackets and tokens are counted before fields"


def test_a_costly_query_is_refused_before_it_runs(graph):
    nested = "{ properties(first: 100) { nodes { reviews(first: 100) { nodes { id } } } } }"
    assert graph.errors(nested) == ["graphql_cost"]
    assert graph.errors("query($n: Int) { properties(first: $n) { nodes { id } } }", n=99_999_999) == ["graphql_cost"]


def test_a_large_body_is_413(server):
    reply = server.post("/graphql", {"query": "{ __typename }" + " " * 110_000}, headers={"Accept": JSON})
    assert reply.status == 413 and codes(reply) == ["payload_too_large"]


def test_introspection_can_be_off(start_server, database, redis_url):
    server = start_server(database, redis_url, ROOST_GRAPHQL_INTROSPECTION="false", ROOST_GRAPHQL_DRAFT_STATUS="true")
    quiet = Graph(server)
    assert quiet.errors("{ __schema { types { name } } }") == ["graphql_introspection"]
    assert quiet.errors('{ a: __type(name: "Query") { name } }') == ["graphql_introspection"]
    assert "Did you mean" not in quiet.send("{ viewerr { id } }").body.decode()
    assert server.get("/schema.graphql").status == 404
    assert quiet.send("{ __typename }", accept=RESPONSE).status == 200
    assert quiet.send("{ nothing }", accept=RESPONSE).status == 422
    assert quiet.send("{ __typename bookings { nodes { id } } }", accept=RESPONSE).status == 294
    server.close()


def test_lists_of_requests_are_answered_where_they_are_taken(start_server, database, redis_url, api):
    server = start_server(database, redis_url, ROOST_GRAPHQL_BATCH="3")
    post = lambda body, accept=JSON, **more: server.post("/graphql", body, headers={"Accept": accept, **more})  # noqa: E731
    ask, guest = {"query": "{ __typename }"}, api.new_guest()
    login = {"query": "mutation($u: String!, $p: String!) { login(input: {username: $u, password: $p, cookies: true}) { tokens { csrfToken } } }",
             "variables": {"u": guest.username, "p": guest.password}}
    reply = post([ask, {"query": "{ nobody }"}, login])
    known, wrong, tokens = reply.expect(200)
    assert known == {"data": {"__typename": "Query"}} and codes_in(wrong) == ["graphql_invalid"]
    assert tokens["data"]["login"]["tokens"] and "HttpOnly" in reply.headers["set-cookie"]
    assert post(ask).expect(200) == known
    for none in ([], [ask] * 4, [ask, 5], [ask, [ask]], [ask, {"query": 5}]):
        assert post(none).status == 400, none
    assert "request 1 of the list" in post([ask, {"query": 5}]).json["errors"][0]["message"]
    assert post([ask], accept="text/event-stream").status == 406
    assert codes_in(post([{"query": "subscription { bookingChanged { id } }"}]).expect(200)[0]) == ["not_acceptable"]
    server.close()
