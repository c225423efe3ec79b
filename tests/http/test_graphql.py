"""GraphQL: the same services by another way in."""

import secrets

import pytest

from support.graph import Graph, rest_id
from support.people import PASSWORD, unique


@pytest.fixture
def graph(server):
    return lambda person=None: Graph(server, person)


def global_id(kind, thing):
    return f"{kind}:{thing['id'] if isinstance(thing, dict) else thing}"


def test_a_property_is_the_one_rest_shows(graph, api, make):
    listing = make.listing(api.as_host())
    seen = graph().ask(
        """query($id: ID!) { property(id: $id) {
             id title status nightlyPrice { amount currency } address { city } amenities stayRules { minNights } version
             createdAt host { id displayName } } }""",
        id=global_id("Property", listing),
    )["property"]
    assert rest_id(seen["id"]) == listing["id"] and rest_id(seen["host"]["id"]) == listing["host_id"]
    assert (seen["title"], seen["status"]) == (listing["title"], "LISTED")
    assert seen["nightlyPrice"] == listing["nightly_price"] and seen["address"] == {"city": "Paris"}
    assert seen["amenities"] == listing["amenities"] and seen["stayRules"] == {"minNights": 1}
    assert (seen["version"], seen["createdAt"]) == (1, listing["created_at"])


def test_the_answer_has_its_members_in_the_order_of_the_query(graph, make):
    listing = make.listing()
    body = graph().send("query($id: ID!) { b: __typename property(id: $id) { version id title } a: __typename }",
                        id=global_id("Property", listing)).body.decode()
    assert body.index('"b"') < body.index('"property"') < body.index('"version"') < body.index('"id"') < body.index('"title"')
    assert body.index('"title"') < body.index('"a"')


def test_rest_ids_are_taken_where_the_type_is_known(graph, make):
    listing = make.listing()
    assert graph().ask("query($id: ID!) { property(id: $id) { title } }", id=listing["id"])["property"]["title"] == listing["title"]


def test_a_strangers_draft_is_null_and_ones_own_is_not(graph, api, make):
    host = api.as_host("hugo")
    draft = make.draft(host)
    query = "query($id: ID!) { property(id: $id) { status } node(id: $id) { __typename id } }"
    nothing = {"property": None, "node": None}
    assert graph().ask(query, id=global_id("Property", draft)) == nothing
    assert graph(api.as_guest("ann")).ask(query, id=global_id("Property", draft)) == nothing
    own = graph(host).ask(query, id=global_id("Property", draft))
    assert own == {"property": {"status": "DRAFT"},
                   "node": {"__typename": "Property", "id": global_id("Property", draft)}}


def test_nodes_come_in_the_order_of_their_ids(graph, api, make):
    host = api.as_host()
    ids = [global_id("Property", make.listing(host)), global_id("User", host.id), "Property:nonsense", "Nothing:1",
           global_id("Property", make.listing(host))]
    found = graph().ask("query($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }", ids=[*ids, ids[0]])["nodes"]
    assert [n and n["id"] for n in found] == [ids[0], ids[1], None, None, ids[4], ids[0]]


SEARCH = """query($host: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  properties(filter: {host: $host}, orderBy: NEWEST, first: $first, after: $after, last: $last, before: $before) {
    totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor } edges { cursor node { id } } } }"""


def test_a_list_is_walked_forwards_and_backwards_by_exact_cursors(graph, api, make):
    host = api.new_host()
    newest = [make.listing(host)["id"] for _ in range(5)][::-1]

    def page(**arguments):
        found = graph().ask(SEARCH, host=global_id("User", host.id), **arguments)["properties"]
        return [rest_id(e["node"]["id"]) for e in found["edges"]], found

    ids, first = page(first=2)
    assert ids == newest[:2] and first["totalCount"] == 5
    assert first["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False,
                                 "startCursor": first["edges"][0]["cursor"], "endCursor": first["edges"][1]["cursor"]}
    ids, second = page(first=2, after=first["pageInfo"]["endCursor"])
    assert ids == newest[2:4] and second["pageInfo"]["hasPreviousPage"]
    assert page(first=2, after=second["pageInfo"]["endCursor"])[0] == newest[4:]
    # Each edge has a cursor of its own, good in both directions.
    assert page(first=2, after=first["edges"][0]["cursor"])[0] == newest[1:3]
    ids, back = page(last=2, before=second["edges"][1]["cursor"])
    assert ids == newest[1:3] and back["pageInfo"]["hasNextPage"] and back["pageInfo"]["hasPreviousPage"]
    assert page(last=100, before=second["edges"][0]["cursor"])[0] == newest[:2]


@pytest.mark.parametrize("arguments,place", [
    ("first: 0", "/first"), ("first: 101", "/first"), ("first: 99999999", "/first"), ('after: "nonsense"', "/after"),
    ('last: 1000, before: "x"', "/last"), ("last: 5", "/before"), ('first: 1, before: "x"', "/last"),
    ("filter: {priceMin: 5}", "/filter/currency"), ('filter: {amenities: ["moat"]}', "/filter/amenities"),
])
def test_a_list_names_the_argument_it_refuses(graph, arguments, place):
    error = graph().send("{ properties(%s) { nodes { id } } }" % arguments).json["errors"][0]
    if error["extensions"]["code"] == "graphql_cost":
        assert "first" in arguments
        return
    assert error["extensions"]["code"] == "invalid_input" and error["path"] == ["properties"]
    assert place in [e["pointer"] for e in error["extensions"]["errors"]], error


def test_search_with_dates_shows_the_total_of_a_quote(graph, api, make, clock):
    host, guest = api.new_host(), api.as_guest()
    listing = make.listing(host)
    stay = {"checkIn": clock.today(30), "checkOut": clock.today(33)}
    edge = graph().ask(
        """query($host: ID!, $checkIn: Date!, $checkOut: Date!) {
             properties(filter: {host: $host, checkIn: $checkIn, checkOut: $checkOut, guests: 2}) {
               edges { totalPrice { amount currency } distanceM node { id description checkInTime } } } }""",
        host=host.id, **stay)["properties"]["edges"]
    quote = make.quote(listing, guest)
    assert [e["totalPrice"] for e in edge] == [quote["price"]["total"]] and edge[0]["distanceM"] is None
    assert edge[0]["node"]["description"] == listing["description"], "what a result does not have is fetched"
    offered = graph(guest).ask(
        """query($id: ID!, $checkIn: Date!, $checkOut: Date!) { property(id: $id) {
             quote(checkIn: $checkIn, checkOut: $checkOut, guests: 2) { price { total { amount currency } lines { kind amount { amount } } } }
             availability(from: $checkIn, to: $checkOut) { free { from to } }
             calendar(from: $checkIn, to: $checkOut) { nights { date available price { amount } } }
             pricing { version } seasons { name } } }""", id=listing["id"], **stay)["property"]
    assert offered["quote"]["price"]["total"] == quote["price"]["total"]
    assert offered["availability"] == {"free": [{"from": stay["checkIn"], "to": stay["checkOut"]}]}
    assert [n["available"] for n in offered["calendar"]["nights"]] == [True] * 3


def test_a_stay_from_search_to_cancellation(graph, api, make):
    host, guest = api.new_host(), api.new_guest()
    listing, ann = make.listing(host), graph(guest)
    clock = api.clock
    quote = ann.do("createQuote", "quote { id price { total { amount } } property { id } }", propertyId=global_id("Property", listing),
                   checkIn=clock.today(30), checkOut=clock.today(33), guests=2)
    assert quote["userErrors"] == [] and rest_id(quote["quote"]["property"]["id"]) == listing["id"]
    key = secrets.token_hex(16)
    book = dict(quoteId=quote["quote"]["id"], message="Late", clientMutationId=key)
    booked = ann.do("createBooking", "clientMutationId booking { id status message property { title } host { id } guest { id } }", **book)
    assert booked["clientMutationId"] == key and booked["booking"]["status"] == "CONFIRMED"
    assert booked["booking"]["property"] == {"title": listing["title"]} and rest_id(booked["booking"]["guest"]["id"]) == guest.id
    again = ann.do("createBooking", "booking { id }", **book)
    assert again["booking"]["id"] == booked["booking"]["id"], "the key makes a repetition harmless"
    other = ann.do("createBooking", "booking { id }", **{**book, "message": "Early"})
    assert other["booking"] is None and [e["code"] for e in other["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]

    mine = ann.ask("""{ bookings(first: 5) { totalCount nodes { id history { toStatus } alterations { id }
                        cancellationPreview { now { due { amount } } } reviews { open } } } }""")["bookings"]
    assert [b["id"] for b in mine["nodes"]] == [booked["booking"]["id"]] and mine["totalCount"] == 1
    assert mine["nodes"][0]["history"] == [{"toStatus": "CONFIRMED"}] and mine["nodes"][0]["reviews"] == {"open": False}
    gone = ann.do("cancelBooking", "booking { status } refund { rule }", bookingId=booked["booking"]["id"], reason="Plans")
    assert gone["userErrors"] == [] and gone["booking"] == {"status": "CANCELLED_BY_GUEST"}
    twice = ann.do("cancelBooking", "booking { status }", bookingId=booked["booking"]["id"])
    assert twice["booking"] is None and [(e["code"], e["path"]) for e in twice["userErrors"]] == [("WRONG_STATE", ["input"])]


def test_taken_nights_are_a_user_error(graph, api, make):
    host, one, two = api.new_host(), api.new_guest(), api.new_guest()
    listing = make.listing(host)
    quotes = [make.quote(listing, g) for g in (one, two)]
    make.booking(listing, one, quote=quotes[0])
    late = graph(two).do("createBooking", "booking { id }", quoteId=quotes[1]["id"], clientMutationId=secrets.token_hex(16))
    assert [e["code"] for e in late["userErrors"]] == ["DATES_TAKEN"] and late["booking"] is None


def test_bad_input_is_named_by_its_path(graph, api):
    host = api.as_host()
    bad = graph(host).do("createProperty", "property { id }", title="x", capacity=99, address={"country": "Portugal"})
    found = {(".".join(e["path"]), e["rule"]) for e in bad["userErrors"]}
    assert {"input.title", "input.capacity", "input.address.country"} <= {path for path, _ in found}
    assert {e["code"] for e in bad["userErrors"]} == {"INVALID_INPUT"} and bad["property"] is None


def test_a_property_is_made_changed_and_deleted(graph, api):
    host = graph(api.new_host())
    made = host.do("createProperty", "property { id status version }", title="A quiet place", capacity=2,
                   propertyType="LOFT", nightlyPrice={"amount": 9000, "currency": "EUR"}, location={"latitude": 38.7, "longitude": -9.1})
    assert made["userErrors"] == [] and made["property"]["status"] == "DRAFT"
    one = made["property"]["id"]
    changed = host.do("updateProperty", "property { version nightlyPrice { amount } }", propertyId=one, ifVersion=1, nightlyPrice=None)
    assert changed["property"] == {"version": 2, "nightlyPrice": None}, "null takes a value away, as in a merge patch"
    stale = host.do("updateProperty", "property { version }", propertyId=one, ifVersion=1, title="Another name")
    assert [e["code"] for e in stale["userErrors"]] == ["VERSION_MISMATCH"]
    assert [n["id"] for n in host.ask("{ myProperties(first: 5) { nodes { id } } }")["myProperties"]["nodes"]] == [one]
    assert host.do("deleteProperty", "", propertyId=one)["userErrors"] == []
    assert host.ask("query($id: ID!) { property(id: $id) { id } }", id=one)["property"] is None


def test_who_is_not_signed_in_is_told_so(graph, make):
    listing = make.listing()
    assert graph().ask("{ viewer { id } }") == {"viewer": None}
    for query in ("{ bookings { nodes { id } } }", "{ notifications { nodes { id } } }", "{ myProperties { nodes { id } } }",
                  "{ sessions { id } }", '{ quote(id: "0190a0a0-0000-7000-8000-000000000000") { id } }',
                  "{ reviewReports { nodes { id } } }", "{ notificationPreferences { review { mail } } }",
                  'mutation { deleteProperty(input: {propertyId: "%s"}) { userErrors { code } } }' % listing["id"]):
        assert graph().errors(query) == ["not_signed_in"], query


def test_a_guest_may_not_do_what_an_admin_may(graph, api):
    assert graph(api.as_guest()).errors("{ reviewReports { nodes { id } } }") == ["not_allowed"]
    assert graph(api.as_admin()).ask("{ reviewReports { nodes { id review { id } } } }")["reviewReports"] is not None


def test_people_register_sign_in_and_out(graph, server):
    name = unique("gus")
    made = graph().do("register", "account { id username roles }", username=name, email=f"{name}@example.com", password=PASSWORD,
                      displayName="Gus")
    assert made["account"]["username"] == name and made["account"]["roles"] == ["GUEST"]
    taken = graph().do("register", "account { id }", username=name, email=f"b{name}@example.com", password=PASSWORD, displayName="G")
    assert [e["code"] for e in taken["userErrors"]] == ["USERNAME_TAKEN"]
    wrong = graph().do("login", "tokens { accessToken }", username=name, password="something else entirely")
    assert [e["code"] for e in wrong["userErrors"]] == ["INVALID_CREDENTIALS"] and wrong["tokens"] is None
    tokens = graph().do("login", "tokens { accessToken refreshToken }", username=name, password=PASSWORD)["tokens"]
    bearer = {"Authorization": f"Bearer {tokens['accessToken']}"}
    seen = graph().send("{ viewer { username email } sessions { current } }", headers=bearer).expect(200)["data"]
    assert seen == {"viewer": {"username": name, "email": f"{name}@example.com"}, "sessions": [{"current": True}]}
    graph().send("mutation { logout(input: {}) { userErrors { code } } }", headers=bearer).expect(200)
    assert graph().send("{ viewer { id } }", headers=bearer).status == 401


def test_cookies_come_with_their_mutation_and_need_the_csrf_token(graph, api, server):
    person = api.new_guest()
    reply = graph().send("""mutation($u: String!, $p: String!) { login(input: {username: $u, password: $p, cookies: true}) {
                              tokens { csrfToken accessToken } } }""", u=person.username, p=PASSWORD)
    tokens = reply.expect(200)["data"]["login"]["tokens"]
    cookies = "; ".join(c.split(";")[0] for c in reply.headers.get_all("set-cookie"))
    assert tokens["accessToken"] is None and "HttpOnly" in reply.headers["set-cookie"]
    ask = {"query": "{ viewer { username } }"}
    assert server.post("/graphql", ask, headers={"Cookie": cookies}).status == 403
    allowed = server.post("/graphql", ask, headers={"Cookie": cookies, "X-CSRF-Token": tokens["csrfToken"]})
    assert allowed.expect(200)["data"]["viewer"]["username"] == person.username


def test_mutations_happen_in_order_and_one_that_fails_stops_no_other(graph, api):
    host = graph(api.new_host())
    done = host.ask("""mutation { a: createProperty(input: {title: "First place"}) { property { title } userErrors { code } }
                                  b: createProperty(input: {title: "x"}) { property { title } userErrors { code } }
                                  c: createProperty(input: {title: "Third place"}) { property { title } userErrors { code } } }""")
    assert [done[k]["property"] and done[k]["property"]["title"] for k in "abc"] == ["First place", None, "Third place"]
    assert list(done) == ["a", "b", "c"]
    titles = [n["title"] for n in host.ask("{ myProperties { nodes { title } } }")["myProperties"]["nodes"]]
    assert titles == ["Third place", "First place"]


def test_reviews_of_many_properties_are_those_of_each(graph, stayed):
    stays = [stayed() for _ in range(2)]
    for guest, owner, listing, booking in stays:
        guest.post("/reviews/", {"booking_id": booking["id"], "rating": 4, "comment": "Fine."}).expect(201)
        owner.post("/reviews/", {"booking_id": booking["id"], "rating": 5}).expect(201)
    ids = [global_id("Property", listing) for _, _, listing, _ in stays]
    found = graph().ask("""query($ids: [ID!]!) { nodes(ids: $ids) { ... on Property {
                             reviews(first: 3) { nodes { rating comment author { id } property { id } } } } } }""", ids=ids)["nodes"]
    for (guest, _, listing, _), node in zip(stays, found):
        (review,) = node["reviews"]["nodes"]
        assert (review["rating"], review["comment"]) == (4, "Fine.") and rest_id(review["author"]["id"]) == guest.id
        assert rest_id(review["property"]["id"]) == listing["id"]


def test_what_a_booking_keeps_private_is_null_to_strangers(graph, api, make):
    listing = make.listing()
    booking = make.booking(listing, api.as_guest("ann"))
    query = "query($id: ID!) { node(id: $id) { id } booking(id: $id) { id } }"
    one = global_id("Booking", booking)
    assert graph(api.as_guest("eve")).ask(query, id=one) == {"node": None, "booking": None}
    assert graph(api.as_guest("ann")).ask(query, id=one) == {"node": {"id": one}, "booking": {"id": one}}


def test_preferences_and_notifications(graph, api):
    ann = graph(api.new_guest())
    changed = ann.do("updateNotificationPreferences", "preferences { review { mail inApp } }", review={"mail": False})
    assert changed["preferences"] == {"review": {"mail": False, "inApp": True}}
    refused = ann.do("updateNotificationPreferences", "preferences { review { mail } }", booking={"mail": False})
    assert [e["code"] for e in refused["userErrors"]] == ["INVALID_INPUT"]
    assert ann.ask("{ notifications(filter: {unread: true}) { totalCount nodes { kind } } }")["notifications"]["totalCount"] >= 0
    assert ann.ask("{ notificationPreferences { review { mail } } }") == {"notificationPreferences": {"review": {"mail": False}}}
