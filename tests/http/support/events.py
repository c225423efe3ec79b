"""Server-sent events as they arrive: a connection of its own, on which comments and the end are seen too."""

import http.client
import json
import urllib.parse

STREAM = "text/event-stream"
COMMENT, ENDED = "comment", "ended"


class Events:
    """`Events(server, "subscription { … }", person)` asks at once; `next()` reads."""

    def __init__(self, server, query, person=None, method="POST", headers=None, **variables):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        asked = {"query": query, "variables": variables}
        sent = {"Accept": STREAM, **(person.standing_headers() if person else {}), **(headers or {})}
        if method == "POST":
            self.connection.request("POST", "/graphql", json.dumps(asked), {"Content-Type": "application/json", **sent})
        else:
            asked["variables"] = json.dumps(variables)
            self.connection.request("GET", "/graphql?" + urllib.parse.urlencode(asked), headers=sent)
        self.reply = self.connection.getresponse()
        self.status = self.reply.status

    def errors(self):
        """The codes of a refusal."""
        return [e["extensions"]["code"] for e in json.loads(self.reply.read())["errors"]]

    def next(self):
        """What comes next: (name of the event, its data), COMMENT, or ENDED."""
        lines = []
        while (line := self._line()) not in ("", None):
            lines.append(line)
        if line is None:
            assert not lines, lines
            return ENDED
        if lines == [":"]:
            return COMMENT
        name, data = lines
        assert name.startswith("event: ") and data.startswith("data:"), lines
        text = data.removeprefix("data:").strip()
        return name.removeprefix("event: "), json.loads(text) if text else None

    def data(self):
        """The data of the next event, past comments; it must be one without errors."""
        while (found := self.next()) == COMMENT:
            pass
        assert found[0] == "next" and set(found[1]) == {"data"}, found
        return found[1]["data"]

    def rest(self):
        """What comes until the end, without comments."""
        found = []
        while (one := self.next()) != ENDED:
            if one != COMMENT:
                found.append(one)
        return found

    def close(self):
        self.reply.close()
        self.connection.close()

    def _line(self):
        try:
            line = self.reply.readline()
        except (http.client.IncompleteRead, ConnectionError):
            return None
        return line.decode().rstrip("\n") if line else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
