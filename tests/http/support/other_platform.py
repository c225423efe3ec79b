"""A server of ours that reads the calendars of another platform, which a test writes."""

import psycopg
from psycopg.rows import dict_row

from .calendars import Calendars, nights_of
from .make import Make
from .processes import wait_until

# Nights that a feed closes and nothing occupies, and nights that are occupied for feeds of which none closes them.
HOLES = """
    select f.property_id, n from feed_block f, generate_series(lower(f.nights), upper(f.nights) - 1, '1 day') n
    where not exists (select from stay_block s where s.property_id = f.property_id and s.blocked @> n::date)"""
LEFT_OVER = """
    select s.property_id, n from stay_block s, generate_series(lower(s.blocked), upper(s.blocked) - 1, '1 day') n
    where s.kind = 'feed' and not exists (select from feed_block f where f.property_id = s.property_id and f.nights @> n::date)"""


class Platform:
    def __init__(self, server, api):
        self.server, self.api, self.clock = server, api, api.clock
        self.make = Make(api)
        self.calendars = Calendars()
        self.db = psycopg.connect(server.environment["ROOST_DATABASE_URL"], autocommit=True, row_factory=dict_row)
        self.host = api.as_host("hugo")

    def close(self):
        self.calendars.close()
        self.db.close()
        self.server.close()

    def days(self, count=100):
        """As the API writes them, from today on."""
        return [self.clock.today(n) for n in range(count)]

    def feed(self, listing, name, text):
        """Adds a feed and waits for its first fetch."""
        body = {"name": name, "url": self.calendars.put(name, text)}
        return self.fetched(self.host.post(f"/properties/{listing['id']}/feeds/", body).expect(201), 1)

    def fetched(self, feed, times):
        """The feed once it was fetched so many times."""
        wait_until(lambda: len(self.history(feed)) >= times, 30, "a fetch")
        return self.host.get(f"/feeds/{feed['id']}/").expect(200)

    def again(self, feed, text=None, **page):
        """One more fetch, of another version if there is one. What became of the feed."""
        wait_until(lambda: self.idle(feed), 30, "no fetch of the version before under way")
        if text is not None:
            self.calendars.put(feed["name"], text, **page)
        before = self.history(feed)
        self.clock.advance(seconds=61)
        self.host.post(f"/feeds/{feed['id']}/refresh/").expect(200)
        wait_until(lambda: self.idle(feed) and self.history(feed)[0] != before[0], 30, "one more fetch")
        return self.host.get(f"/feeds/{feed['id']}/").expect(200)

    def idle(self, feed):
        jobs = "select from job where kind = 'feeds.fetch' and status <> 'dead' and payload->>'feed_id' = %s"
        return not self.db.execute(jobs, [feed["id"]]).fetchall()

    def history(self, feed):
        return self.host.get(f"/feeds/{feed['id']}/history/").expect(200)["results"]

    def nights(self, feed):
        rows = self.host.get(f"/feeds/{feed['id']}/nights/").expect(200)["results"]
        return nights_of((r["from"], r["to"]) for r in rows)

    def conflicts(self, listing):
        return self.host.get(f"/properties/{listing['id']}/conflicts/").expect(200)["results"]

    def alerts(self, listing):
        return self.db.execute("select * from outbox_event where kind = 'feed.conflict' and payload->>'property_id' = %s",
                               [listing["id"]]).fetchall()

    def is_sound(self):
        assert self.db.execute(HOLES).fetchall() == []
        assert self.db.execute(LEFT_OVER).fetchall() == []
