"""Who may see and do what over GraphQL: every field of the root, every mutation and every field that leads on to something
with rights of its own × every relation (threats T5, T6, T7, T14). Each is the same as an operation of REST, and the table of
those, authorization.csv, says what to expect.

A field or mutation of the schema without a row fails; so does a row without one.
"""

import json
import re
import secrets
import uuid

import pytest

from support.authorization import ROWS, valid_body
from support.graph import Graph
from support.graph_as_rest import BY_ID, EDGES, FOLLOWED, MUTATIONS, NODES, PLAIN, QUIET, ROOT, TAKES
from support.graph_schema import Schema, camel
from support.world import RELATIONS, Scene, World, absent

STATUS = {
    "not_signed_in": 401, "invalid_credentials": 401, "not_allowed": 403, "not_found": 404, "dates_taken": 409, "wrong_state": 409,
    "has_live_bookings": 409, "quote_expired": 410, "version_mismatch": 412, "invalid_input": 422,
}  # fmt: skip
DONE = 200


@pytest.fixture(scope="module")
def world(api, make):
    return World(api, make)


@pytest.fixture(scope="module")
def wide(start_server, database, redis_url):
    """A server that lets a request ask for everything there is."""
    plenty = {f"ROOST_GRAPHQL_{name}": "1000000" for name in ("COST", "TOKENS", "SELECTED", "BODY_BYTES")}
    server = start_server(database, redis_url, ROOST_JOBS_IN_PROCESS="false", ROOST_GRAPHQL_DEPTH="100", **plenty)
    yield server
    server.close()


@pytest.fixture(scope="module")
def schema(wide):
    return Schema(Graph(wide))


def rows_of(operation):
    return [row for row in ROWS if row.operation == operation]


def status_of(reply, *path):
    """The answer as REST would put it: 200 for what is there, the status of the error's code, 404 for null without an error."""
    assert reply.status == 200, reply
    at = reply.json["data"]
    for step in path:
        at = at and at[step]
    if at is None:
        codes = [e["extensions"]["code"] for e in reply.json.get("errors", []) if e["path"][: len(path)] == list(path)]
        return STATUS[codes[0]] if codes else 404
    wrong = at.get("userErrors") if isinstance(at, dict) else None
    return STATUS[wrong[0]["code"].lower()] if wrong else DONE


def expected(row, relation):
    status = row.expected[relation]
    return DONE if status < 400 else status


def assert_keeps_secrets(reply, scene, relation, refused):
    if relation in ("anonymous", "stranger") or refused:
        for canary in scene.canaries:
            assert canary not in reply.body.decode(), f"{relation} sees what is not theirs: {reply}"


def anonymised(reply):
    """The answer without what differs between any two requests."""
    ids = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
    return json.loads(ids.sub("ID", reply.body.decode()))


# ------------------------------------------------------------------------------------------------------ what is there


def missing(schema, roots=ROOT, mutations=MUTATIONS, edges=EDGES, nodes=NODES):
    """What the schema has and the tables have not, and the other way round."""
    leading = {str(f) for f in leads_on(schema)}
    return (
        ({f.name for f in schema.fields("Query")} ^ (roots.keys() | BY_ID))
        | ({f.name for f in schema.fields("Mutation")} ^ mutations.keys())
        | ({f.name for f in schema.fields("Subscription")} ^ FOLLOWED)
        | (leading ^ edges.keys())
        | (schema.nodes() ^ nodes.keys())
    )


def leads_on(schema):
    """Fields of what can be reached that are fetched for who asks. References to nodes are as the nodes themselves; a plain
    member of its object takes no arguments, and is of a type that nothing else is fetched for."""
    for name in schema.types:
        if not schema.is_composite(name) or name in ("Query", "Mutation", "Subscription", "Node"):
            continue
        for f in schema.fields(name):
            refers = f.type.name in schema.nodes() and not f.type.list
            if refers or f.type.name == "Money" or not schema.is_composite(f.type.name):
                continue
            if name in schema.nodes() and f.type.required:
                continue
            if f.arguments or (name in schema.nodes() and f"{f}" not in PLAIN):
                yield f


def test_everything_in_the_schema_has_its_row(schema):
    assert missing(schema) == set()


def test_every_operation_of_rest_has_its_place_in_the_graph(contract):
    """What is not of the contract has none: webhooks, pages, and calendars at secret addresses. As a table (CSV), page or
    document (PDF) a statement and a receipt are REST's alone."""
    known = {op.name for op in contract.operations}
    named = {*ROOT.values(), *EDGES.values(), *MUTATIONS.values(), *(operation for operation, _ in NODES.values())}
    assert named == known
    assert all(rows_of(operation) for operation in named)


# ---------------------------------------------------------------------------------------------------------- the root


def look(server, schema, name, scene, relation, ids=None):
    """A field of the root, with everything in it that takes no arguments."""
    f = schema.field("Query", name)
    (parameter,) = re.findall(r"{(\w+)}", ROOT[name]) or [None]
    given = {"id": (ids or scene.ids)[parameter]} if parameter else TAKES.get(name, {})
    taken = {n: a.name for n, a in f.arguments.items() if a.required}
    assert set(given) == set(taken), f
    head = f"query({', '.join(f'${n}: {of}!' for n, of in taken.items())})" if given else "query"
    arguments = f"({', '.join(f'{n}: ${n}' for n in taken)})" if given else ""
    query = f"{head} {{ {name}{arguments} {schema.selection(f.type.name, 2)} }}"
    return Graph(server, scene.people[relation]).send(query, **given)


def check_root(server, schema, world, name, row, relation):
    scene = world.scene(row.thing)
    reply = look(server, schema, name, scene, relation)
    want = expected(row, relation)
    if name in QUIET and want == 401:
        want = 404
    if name in TAKES and want == 422:
        want = DONE
    assert status_of(reply, name) == want, f"{name}, {row.thing}, by {relation}: {reply}"
    assert_keeps_secrets(reply, scene, relation, want >= 400)
    if want == 404 and scene.ids:
        nothing = look(server, schema, name, scene, relation, ids=absent(scene.ids))
        assert anonymised(reply) == anonymised(nothing), f"{relation} can tell a foreign thing from an absent one"


@pytest.mark.parametrize("name", ROOT)
def test_fields_of_the_root_answer_each_relation_as_rest(wide, schema, world, name):
    for row in rows_of(ROOT[name]):
        if row.thing == "none" and "{" in row.operation:
            continue
        for relation in row.expected:
            check_root(wide, schema, world, name, row, relation)


@pytest.mark.parametrize("kind", NODES)
def test_nodes_are_seen_by_whom_rest_shows_them(wide, schema, world, kind):
    operation, parameter = NODES[kind]
    query = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    for row in rows_of(operation):
        scene = world.scene(row.thing)
        ids = [f"{kind}:{scene.ids[parameter]}", f"{kind}:{uuid.uuid4()}"]
        for relation in row.expected:
            seen = Graph(wide, scene.people[relation]).ask(query, ids=ids)["nodes"]
            one = {"__typename": kind, "id": ids[0]} if expected(row, relation) == DONE else None
            assert seen == [one, None], f"{row.thing} by {relation}"


# --------------------------------------------------------------------------------------------------------- what leads on


def step(server, schema, edge, scene, relation, world):
    """A field of an object that was had by its id."""
    kind, name = edge.split(".")
    f = schema.field(kind, name)
    stay = {"checkIn": 60, "checkOut": 62, "from": 60, "to": 70}
    given = {n: world.api.clock.today(stay[n]) if n in stay else 1 for n, a in f.arguments.items() if a.required}
    arguments = ", ".join(f"{n}: {json.dumps(v)}" for n, v in given.items())
    taken = f"({arguments})" if arguments else ""
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on {kind} {{ {name}{taken} {schema.selection(f.type.name, 2)} }} }} }}"
    return Graph(server, scene.people[relation]).send(query, id=f"{kind}:{scene.ids[NODES[kind][1]]}")


def check_edge(server, schema, world, edge, row, relation):
    scene = world.scene(row.thing)
    reply = step(server, schema, edge, scene, relation, world)
    got, want = status_of(reply, "node", edge.split(".")[1]), expected(row, relation)
    hidden = reply.json["data"]["node"] is None
    assert got == want or (hidden and want in (401, 404)), f"{edge}, {row.thing}, by {relation}: {reply}"
    assert_keeps_secrets(reply, scene, relation, want >= 400)


@pytest.mark.parametrize("edge", EDGES)
def test_what_leads_on_answers_each_relation_as_rest(wide, schema, world, edge):
    for row in rows_of(EDGES[edge]):
        for relation in row.expected:
            check_edge(wide, schema, world, edge, row, relation)


# ------------------------------------------------------------------------------------------------------------- mutations


def mutate(server, schema, operation, name, scene, relation, world, ids=None):
    """The mutation about the scene's thing, done by somebody who stands in that relation to it."""
    shown = Scene(ids, scene.people) if ids else scene
    f = schema.field("Mutation", name)
    input_type = f.arguments["input"].name
    takes = {i["name"] for i in schema.types[input_type]["inputFields"]}
    given = schema.as_input(input_type, valid_body(operation, shown, world) or {})
    for parameter in operation.path_parameters:
        given[camel(parameter)] = shown.ids.get(parameter, str(uuid.uuid4()))
    given["clientMutationId"] = secrets.token_hex(16)
    assert given.keys() <= takes, f
    query = f"mutation($input: {input_type}!) {{ {name}(input: $input) {schema.selection(f.type.name, 2)} }}"
    return Graph(server, scene.people[relation]).send(query, input=given)


def check_mutation(server, schema, contract, world, name, row, relation):
    operation = next(op for op in contract.operations if op.name == row.operation)
    scene = world.scene(row.thing)
    reply = mutate(server, schema, operation, name, scene, relation, world)
    want = expected(row, relation)
    assert status_of(reply, name) == want, f"{name}, {row.thing}, by {relation}: {reply}"
    assert_keeps_secrets(reply, scene, relation, want >= 400)
    if want in (404, 422):
        nothing = mutate(server, schema, operation, name, scene, relation, world, ids=absent(scene.ids))
        same = without_keys(anonymised(reply)) == without_keys(anonymised(nothing))
        assert same, f"{name}: {relation} can tell a foreign thing from an absent one"


def without_keys(answer):
    for payload in answer["data"].values():
        payload.pop("clientMutationId")
    return answer


@pytest.mark.parametrize("name", MUTATIONS)
def test_mutations_answer_each_relation_as_rest(wide, schema, contract, world, name):
    for row in rows_of(MUTATIONS[name]):
        for relation in row.expected:
            check_mutation(wide, schema, contract, world, name, row, relation)


# ------------------------------------------------------------------------------------------------------------ everything


def everything(server, schema, person, kind, global_id):
    """All that somebody is shown from an object on, three steps far."""
    query = f"query($id: ID!) {{ node(id: $id) {{ ... on {kind} {schema.selection(kind, 3)} }} }}"
    return Graph(server, person).send(query, id=global_id)


def nodes_in(value):
    """The global ids of all objects in an answer that have one."""
    if isinstance(value, list):
        for inner in value:
            yield from nodes_in(inner)
    elif isinstance(value, dict):
        if ":" in str(value.get("id")):
            yield value["id"]
        for inner in value.values():
            yield from nodes_in(inner)


THINGS = ("draft", "listing", "booking", "request", "alteration", "paid", "stay", "blind_review", "review", "hidden_review", "user",
          "block", "season", "feed", "address")  # fmt: skip


@pytest.mark.parametrize("thing", THINGS)
def test_no_way_through_the_graph_leads_to_what_is_not_ones_own(wide, schema, world, thing):
    scene = world.scene(thing)
    for kind, (_, parameter) in NODES.items():
        if parameter not in scene.ids:
            continue
        for relation in RELATIONS:
            person = scene.people[relation]
            reply = everything(wide, schema, person, kind, f"{kind}:{scene.ids[parameter]}")
            assert_keeps_secrets(reply, scene, relation, refused=False)
            found = list(dict.fromkeys(nodes_in(reply.json["data"])))[:100]
            again = Graph(wide, person).ask("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=found)["nodes"]
            assert [n and n["id"] for n in again] == found, f"{relation} is shown by an edge what is not shown by its id"


def test_lists_show_nobody_what_is_not_theirs(wide, schema, world):
    scenes = [world.scene(thing) for thing in THINGS]
    newcomer = world.api.new_host()
    for person in (world.api.anonymous, newcomer):
        for f in schema.fields("Query"):
            if f.demands or not schema.is_composite(f.type.name):
                continue
            body = Graph(wide, person).send(f"{{ {f.name} {schema.selection(f.type.name, 3)} }}").body.decode()
            assert not [c for scene in scenes for c in scene.canaries if c in body], f


# -------------------------------------------------------------------------------------------------------------- controls


def test_the_checks_can_fail(wide, schema, contract, world):
    """Control: each of these tables is wrong in one place, and the check says so."""
    for one in (ROOT, MUTATIONS, EDGES, NODES):
        less = dict(list(one.items())[1:])
        named = {id(ROOT): "roots", id(MUTATIONS): "mutations", id(EDGES): "edges", id(NODES): "nodes"}[id(one)]
        assert missing(schema, **{named: less}) != set()

    class Wrong:
        operation, thing = "", "draft"

        def __init__(self, relation, status):
            self.expected = {relation: status}

    for relation, wrong in (("anonymous", 200), ("stranger", 403), ("owner", 404), ("admin", 401)):
        with pytest.raises(AssertionError):
            check_root(wide, schema, world, "property", Wrong(relation, wrong), relation)
        row = Wrong(relation, wrong)
        row.operation = MUTATIONS["updateProperty"]
        with pytest.raises(AssertionError):
            check_mutation(wide, schema, contract, world, "updateProperty", row, relation)
        with pytest.raises(AssertionError):
            check_edge(wide, schema, world, "Property.pricing", Wrong(relation, 403 if wrong != 403 else 200), relation)


def test_canaries_are_there_to_be_seen(wide, schema, world):
    """Control: who may see them is shown them on the same ways."""
    for thing, kind, parameter in (("draft", "Property", "property_id"), ("booking", "Booking", "booking_id"),
                                   ("review", "Booking", "booking_id"), ("blind_review", "Review", "review_id")):  # fmt: skip
        scene = world.scene(thing)
        reply = everything(wide, schema, scene.people["owner"], kind, f"{kind}:{scene.ids[parameter]}")
        assert all(canary in reply.body.decode() for canary in scene.canaries), thing
