"""What people are told in the application, and when everything has been."""

import urllib.parse

from .processes import wait_until


def told(person, kind=None, **query):
    """The notifications, the latest first."""
    params = urllib.parse.urlencode({"limit": 100, **query})
    found = person.get(f"/notifications/?{params}").expect(200)["results"]
    return [n for n in found if kind is None or n["kind"] == kind]


def wait_told(person, kind, count=1):
    return wait_until(lambda: len(told(person, kind)) >= count and told(person, kind), 60, f"{kind} being told")


def settled(db):
    """Once every event is dispatched and every mail has ended."""
    waiting = ("select (select count(*) from outbox_event where dispatched_at is null)"
               " + (select count(*) from mail where status = 'waiting') as n")
    wait_until(lambda: db.execute(waiting).fetchone()["n"] == 0, what="all messages made")
