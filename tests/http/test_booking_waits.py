"""A booking that waits for its host or its guest sees what they did meanwhile."""

import pytest

from support.stays import book
from support.waiting import queue_behind


@pytest.mark.parametrize("goes_through,status,code", [(True, 410, "quote_expired"), (False, 201, None)])
def test_terms_that_are_changed_meanwhile_end_the_quote(api, make, db, database, goes_through, status, code):
    """The control takes the change back."""
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host, cancellation_policy="flexible")
    quote = make.quote(listing, guest)
    change = "update property set cancellation_policy = 'firm', version = version + 1 where id = %s"
    with queue_behind(db, database, change, listing["id"]) as queue:
        booked = queue.add(book, guest, quote)
        queue.holding.commit() if goes_through else queue.holding.rollback()
        booked.result().expect(status, code)


def test_who_closes_the_account_meanwhile_gets_no_booking(api, make, db, database):
    guest, listing = api.new_guest(), make.listing(api.new_host())
    quote = make.quote(listing, guest)
    with queue_behind(db, database, "select from property where id = %s for update", listing["id"]) as queue:
        booked = queue.add(book, guest, quote)
        guest.delete("/users/me/").expect(204)
        queue.holding.commit()
        booked.result().expect(422, "invalid_input")
    assert db.execute("select count(*) from booking where guest_id = %s", [guest.id]).fetchone()["count"] == 0


@pytest.mark.parametrize("goes_through,booked_is,closed_is", [(False, 201, 409), (True, 409, 204)])
def test_an_account_is_not_closed_beside_a_booking(api, make, db, database, goes_through, booked_is, closed_is):
    """The booking waits for nights that somebody else may get; closing the account waits for the booking."""
    guest, listing = api.new_guest(), make.listing(api.new_host())
    quote = make.quote(listing, guest)
    rival = """insert into stay_block (id, property_id, blocked, kind, created_at)
               values (gen_random_uuid(), %s, daterange(%s, %s), 'host', now())"""
    with queue_behind(db, database, rival, listing["id"], quote["check_in"], quote["check_out"]) as queue:
        booked = queue.add(book, guest, quote)
        closed = queue.add(guest.delete, "/users/me/")
        queue.holding.commit() if goes_through else queue.holding.rollback()
        assert (booked.result().status, closed.result().status) == (booked_is, closed_is)
    if booked_is == 201:
        guest.delete("/users/me/").expect(409, "has_live_bookings")
