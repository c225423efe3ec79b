"""Receipts as people and pdftotext read them."""

import re
import subprocess

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def place(booking):
    return f"/bookings/{booking['id']}/receipt/"


def receipt(person, booking):
    return person.get(place(booking)).expect(200)


def page(person, booking):
    reply = person.get(place(booking), headers={"Accept": BROWSER})
    assert reply.status == 200 and reply.headers["content-type"] == "text/html; charset=utf-8", reply
    return reply.body.decode()


def pdf(person, booking):
    """The bytes, and the text that another program finds in them."""
    reply = person.get(place(booking), headers={"Accept": "application/pdf"})
    assert reply.status == 200 and reply.headers["content-type"] == "application/pdf", reply
    done = subprocess.run(["pdftotext", "-layout", "-", "-"], input=reply.body, capture_output=True, timeout=60, check=True)
    assert done.stderr == b"", done.stderr
    return reply.body, done.stdout.decode()


def plain(text):
    """With one kind of space."""
    return re.sub(r"\s+", " ", text.replace("\u202f", " ").replace("\u00a0", " "))


def numbers(db):
    """Every number there is, by year, in order."""
    years = {}
    for row in db.execute("select year, sequence from receipt order by year, sequence").fetchall():
        years.setdefault(row["year"], []).append(row["sequence"])
    return years


def gaps(db):
    """Years whose numbers are not 1, 2, … up to the last."""
    return [year for year, taken in numbers(db).items() if taken != list(range(1, len(taken) + 1))]
