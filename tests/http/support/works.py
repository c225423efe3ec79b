"""Everything a guest and a host do, as one question: does it all work?"""

import secrets

from .make import Make


def assert_all_works(api):
    """Everything a guest and a host do, exact to the last value."""
    make = Make(api)
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    path = f"/properties/{listing['id']}/"
    for title in ("First title of this place", "Second title of this place"):
        host.patch(path, {"title": title}).expect(200)
        assert api.anonymous.get(path).expect(200)["title"] == title
    quote = make.quote(listing, guest)
    key = secrets.token_hex(16)
    first = guest.post("/bookings/", {"quote_id": quote["id"]}, headers={"Idempotency-Key": key})
    again = guest.post("/bookings/", {"quote_id": quote["id"]}, headers={"Idempotency-Key": key})
    assert (first.status, again.status, again.body) == (201, 201, first.body)
    rival = api.new_guest()
    stay = {"check_in": quote["check_in"], "check_out": quote["check_out"], "guests": 1}
    refused = rival.post(f"/properties/{listing['id']}/quote/", stay)
    if refused.status == 201:
        refused = rival.post(
            "/bookings/", {"quote_id": refused.json["id"]}, headers={"Idempotency-Key": secrets.token_hex(16)}
        )
    refused.expect(409, "dates_taken")
    session = guest.sign_in()
    api.anonymous.post("/auth/refresh/", {"refresh_token": session["refresh_token"]}).expect(200)
