"""Short words for what guests do and see."""

import datetime
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


def over(connection, booking, now, days_ago=1):
    """Makes it a stay that was completed so many days before `now`, without waiting for it."""
    connection.execute("delete from stay_block where booking_id = %s", [booking["id"]])
    connection.execute(
        """update booking set status = 'completed', due_at = null, version = version + 1,
                  check_in = %(end)s - (check_out - check_in), check_out = %(end)s,
                  starts_at = starts_at - (check_out - %(end)s) * interval '1 day',
                  ends_at = ends_at - (check_out - %(end)s) * interval '1 day'
           where id = %(id)s""",
        {"id": booking["id"], "end": now.date() - datetime.timedelta(days=days_ago)},
    )
