"""Short words for changes of bookings."""

import datetime


def moment(text):
    return datetime.datetime.fromisoformat(text)


def alterations(booking):
    return f"/bookings/{booking['id']}/alterations/"


def propose(person, booking, **wish):
    return person.post(alterations(booking), wish)


def answer(person, alteration, verb):
    path = f"/bookings/{alteration['booking_id']}/alterations/{alteration['id']}/{verb}/"
    return person.post(path, *([{}] if verb == "decline" else []))


def see(person, booking):
    return person.get(f"/bookings/{booking['id']}/").expect(200)


class Stay:
    """A booking of its own with its two people; days are counted from its check-in."""

    def __init__(self, api, make, check_in=30, nights=4, **listing):
        self.host, self.guest = api.new_host(), api.new_guest()
        self.listing = make.listing(self.host, **listing)
        self.booking = make.booking(self.listing, self.guest, check_in=check_in, nights=nights)
        self.first = datetime.date.fromisoformat(self.booking["check_in"])

    def day(self, n):
        return str(self.first + datetime.timedelta(days=n))

    def seen(self):
        return see(self.guest, self.booking)

    def move(self, person, first, last, **more):
        return propose(person, self.booking, check_in=self.day(first), check_out=self.day(last), **more)
