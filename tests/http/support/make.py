"""Things that tests need to exist, made through the API."""

import secrets


def new_property(**changes):
    """A valid body for POST /properties/."""
    return {
        "title": f"Quiet flat by the canal {secrets.token_hex(4)}",
        "description": "Two rooms above a bakery, five minutes from the station.",
        "property_type": "apartment",
        "room_type": "entire_home",
        "address": {"line": "12 Quai de Jemmapes", "city": "Paris", "country": "FR", "postcode": "75010"},
        "location": {"latitude": 48.8719, "longitude": 2.3653},
        "time_zone": "Europe/Paris",
        "nightly_price": {"amount": 10000, "currency": "EUR"},
        "capacity": 4,
        "bedrooms": 2,
        "beds": 2,
        "bathrooms": 1,
        "amenities": ["wifi", "kitchen"],
        "booking_mode": "instant",
        "payment_mode": "on_arrival",
        **changes,
    }


class Make:
    """`make.listing(capacity=2)` → the listed property; unnamed people are "host" and "guest" of this run."""

    def __init__(self, api):
        self.api = api

    def draft(self, host=None, **changes):
        host = host or self.api.as_host()
        return host.post("/properties/", new_property(**changes)).expect(201)

    def listing(self, host=None, **changes):
        return self.draft(host, status="listed", **changes)

    def quote(self, listing=None, guest=None, check_in=30, nights=3, guests=2):
        """`check_in` is a date, or in how many days."""
        guest = guest or self.api.as_guest()
        listing = listing or self.listing()
        clock = self.api.clock
        first = clock.today(check_in) if isinstance(check_in, int) else check_in
        last = clock.today(check_in + nights) if isinstance(check_in, int) else nights
        return guest.post(
            f"/properties/{listing['id']}/quote/", {"check_in": first, "check_out": last, "guests": guests}
        ).expect(201)

    def booking(self, listing=None, guest=None, quote=None, key=None, **stay):
        guest = guest or self.api.as_guest()
        quote = quote or self.quote(listing, guest, **stay)
        return guest.post(
            "/bookings/", {"quote_id": quote["id"]}, headers={"Idempotency-Key": key or secrets.token_hex(16)}
        ).expect(201)
