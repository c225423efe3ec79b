"""The server's settable clock (only where ROOST_ENVIRONMENT is "test")."""

import datetime
import zoneinfo

UTC = datetime.timezone.utc
MINUTE = datetime.timedelta(minutes=1)


def local(zone, day, time):
    """The moment a wall clock there shows this: a time that is skipped is the end of the gap, one shown twice the first."""
    hour, minute = map(int, time.split(":"))
    naive = datetime.datetime(day.year, day.month, day.day, hour, minute)
    tz = zoneinfo.ZoneInfo(zone)
    at = naive.replace(tzinfo=tz, fold=0).astimezone(UTC)
    if at.astimezone(tz).replace(tzinfo=None) != naive:  # in the gap: read with the offset of before, it is shown later
        while (at - MINUTE).astimezone(tz).utcoffset() == at.astimezone(tz).utcoffset():
            at -= MINUTE
    return at


class Clock:
    """Moves the server's business clock; every person signs in afresh afterwards."""

    def __init__(self, *servers):
        self.servers = servers
        self.shift = datetime.timedelta()
        self.moves = 0

    def now(self):
        return datetime.datetime.now(UTC) + self.shift

    def today(self, days=0):
        """The date in UTC, that many days on, as the API writes it."""
        return (self.now().date() + datetime.timedelta(days=days)).isoformat()

    def _apply(self, shift):
        for server in self.servers:
            server.post("/dev/clock", {"shift_seconds": round(shift.total_seconds())}).expect(204)
        self.shift = shift
        self.moves += 1

    def advance(self, **how_long):
        """`clock.advance(minutes=16)`"""
        self._apply(self.shift + datetime.timedelta(**how_long))

    def set(self, moment):
        """An aware datetime, or its RFC 3339 text."""
        if isinstance(moment, str):
            moment = datetime.datetime.fromisoformat(moment)
        self._apply(moment - datetime.datetime.now(UTC))

    def reset(self):
        if self.shift:
            self._apply(datetime.timedelta())
