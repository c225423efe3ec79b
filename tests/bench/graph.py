"""Queries of the graph: the page of a list beside the three statements it is made of, and one object beside the same over REST."""

import json
import urllib.request

import statements

PAGE = """{ properties(orderBy: NEWEST, first: 20) { nodes { id title roomType nightlyPrice { amount currency } rating ratingCount
    host { id displayName avatarUrl } reviews(first: 3) { nodes { id rating comment publishedAt } } } } }"""
ONE = """query($id: ID!) { property(id: $id) { id hostId status title description propertyType roomType
    address { line city region country postcode } location { latitude longitude } timeZone nightlyPrice { amount currency }
    cleaningFee { amount currency } taxBasisPoints capacity bedrooms beds bathrooms amenities images houseRules cancellationPolicy
    cancellationPolicyId bookingMode requestHolds paymentMode checkInTime checkOutTime
    stayRules { minNights maxNights advanceNoticeDays sameDayCutoffHour preparationNights bookingWindowDays closedToArrival
        closedToDeparture }
    rating ratingCount version createdAt updatedAt } }"""


def in_one_line(query):
    return " ".join(query.split())


def ask(bench, body):
    """The data of a request whose answer has no errors; a load generator looks at the status alone."""
    request = urllib.request.Request(f"{bench.base}/graphql", body.encode(), {"Content-Type": "application/json"})
    answer = json.load(urllib.request.urlopen(request, timeout=30))
    assert "errors" not in answer, answer
    return answer["data"]


def rest_id(global_id):
    return global_id.split(":")[1]


def page(bench):
    body = json.dumps({"query": in_one_line(PAGE)})
    shown = ask(bench, body)["properties"]["nodes"]
    assert len(shown) == 20 and all(len(p["reviews"]["nodes"]) == 3 for p in shown), shown
    ours = bench.wrk("graphql", bench.base, body)
    hosts = {rest_id(p["host"]["id"]) for p in shown}
    return ours, bench.pgbench(statements.graphql([rest_id(p["id"]) for p in shown], sorted(hosts)))


def one(bench, some):
    query = in_one_line(ONE)
    shown = ask(bench, json.dumps({"query": query, "variables": {"id": some}}))["property"]
    with urllib.request.urlopen(f"{bench.base}/api/v1/properties/{some}/", timeout=30) as reply:
        assert len(shown) == len(json.load(reply)), "both say the same"
    ours = bench.wrk("graphql_one", bench.base, query)
    return ours, bench.wrk("read", bench.base)[0]
