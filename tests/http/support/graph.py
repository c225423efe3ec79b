"""GraphQL as a test speaks it."""

import re

JSON, RESPONSE = "application/json", "application/graphql-response+json"


class Graph:
    """`Graph(server, person).ask("{ viewer { id } }")` → the data; errors fail the test unless they are asked for."""

    def __init__(self, server, person=None):
        self.server = server
        self.person = person

    def headers(self):
        return self.person.standing_headers() if self.person else {}

    def send(self, query, accept=JSON, headers=None, **variables):
        body = {"query": query, "variables": variables}
        return self.server.post("/graphql", body, headers={**self.headers(), "Accept": accept, **(headers or {})})

    def ask(self, query, **variables):
        answer = self.send(query, **variables).expect(200)
        assert "errors" not in answer, answer
        return answer["data"]

    def errors(self, query, **variables):
        """The codes of the errors, in order."""
        return [e["extensions"]["code"] for e in self.send(query, **variables).json["errors"]]

    def do(self, name, gives="", **given):
        """A mutation → its payload; `gives` is what to select of it."""
        query = f"mutation($input: {name[0].upper()}{name[1:]}Input!) {{ done: {name}(input: $input) {{ {gives} userErrors {{ code message path rule }} }} }}"
        return self.ask(query, input=given)["done"]


def rest_id(global_id):
    """REST's id of a global one."""
    return re.fullmatch(r"\w+:([0-9a-f-]{36})", global_id)[1]
