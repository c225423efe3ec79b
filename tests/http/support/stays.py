"""Short words for what guests do and see."""

import secrets

from .processes import wait_until

EUR = "EUR"


def money(amount, currency=EUR):
    return {"amount": amount, "currency": currency}


def book(person, quote, **body):
    return person.post("/bookings/", {"quote_id": quote["id"], **body}, headers={"Idempotency-Key": secrets.token_hex(16)})


def ask(person, listing, check_in, check_out, guests=1):
    return person.post(f"/properties/{listing['id']}/quote/", {"check_in": check_in, "check_out": check_out, "guests": guests})


def free(api, listing, first, last):
    reply = api.anonymous.get(f"/properties/{listing['id']}/availability/?from={first}&to={last}").expect(200)
    return [(r["from"], r["to"]) for r in reply["free"]]


def becomes(person, booking, status):
    """Waits until time has moved the booking there."""
    path = f"/bookings/{booking['id']}/"
    return wait_until(lambda: (b := person.get(path).expect(200))["status"] == status and b, 15, f"{path} {status}")


def history(person, booking):
    rows = person.get(f"/bookings/{booking['id']}/history/").expect(200)["results"]
    return [(r["from_status"], r["to_status"], r["actor"]) for r in rows]
