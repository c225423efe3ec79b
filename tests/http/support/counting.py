"""Which statements a request runs, by the server's own metrics."""

import re
from collections import Counter

# What runs every few seconds, and what cleans a connection that is put back while the reply is sent: at any time.
UNASKED = {"accounts.delete_old_sessions", "accounts.delete_old_tokens", "accounts.find_live_session",
           "accounts.list_signing_keys", "app.time", "pg.reset_settings", "pg.stop_listening"}


class Counting:
    """A server of its own, without jobs, so that nobody else's statements count."""

    def __init__(self, server):
        self.server = server

    def statements(self):
        text = self.server.get("/metrics").body.decode()
        counts = re.findall(r'^roost_pg_statement_seconds_count{statement="([^"]*)"} (\d+)', text, re.M)
        return Counter({name: int(n) for name, n in counts if name not in UNASKED})

    def cost(self, person, *paths):
        """The statements that run when the person, who is known by then, gets these; and the last body."""
        body = None
        self.server.get("/api/v1/users/me/", headers=person.standing_headers()).expect(200)
        before = self.statements()
        for path in paths:
            body = self.server.get(f"/api/v1{path}", headers=person.standing_headers()).expect(200)
        return self.statements() - before, body
