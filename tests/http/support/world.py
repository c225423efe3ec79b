"""Things and the people around them, for tests that ask who may do what."""

import secrets
import uuid

import psycopg

from .payments import begin, page_of, pay
from .stays import over
from .processes import wait_until

RELATIONS = ("anonymous", "stranger", "counterpart", "owner", "admin")


class Scene:
    """One thing: `ids` for paths, `people` by relation, `canaries` that only owner, counterpart and admin may see,
    and `look()`, the thing as its owner sees it."""

    def __init__(self, ids, people, canaries=(), look=lambda: None):
        self.ids = ids
        self.people = people
        self.canaries = list(canaries)
        self.look = look


class World:
    """`world.scene("booking")` → a fresh one. The people of most scenes are the same; those of "self" are new."""

    def __init__(self, api, make):
        self.api = api
        self.make = make
        self.host = api.as_host("keeper")
        self.guest = api.as_guest("visitor")
        self.stranger = api.as_host("stranger")  # may do all that a host may, but nothing here is theirs

    def scene(self, kind):
        return getattr(self, f"_{kind}")()

    def _people(self, owner, counterpart):
        return {
            "anonymous": self.api.anonymous,
            "stranger": self.stranger,
            "counterpart": counterpart,
            "owner": owner,
            "admin": self.api.as_admin(),
        }

    def _property(self, make, **changes):
        canary = f"canary {secrets.token_hex(8)}"
        made = make(self.host, title=canary, **changes)
        path = f"/properties/{made['id']}/"
        people = self._people(self.host, self.guest)
        return Scene({"property_id": made["id"]}, people, [canary], lambda: self.host.get(path).json)

    def _draft(self):
        return self._property(self.make.draft)

    def _listing(self):
        """Public; the counterpart has a booking there."""
        scene = self._property(self.make.listing)
        self.make.booking({"id": scene.ids["property_id"]}, self.guest)
        scene.canaries = []
        return scene

    def _booking(self, guest=None, **changes):
        guest = guest or self.guest
        canary = f"canary {secrets.token_hex(8)}"
        listing = self.make.listing(self.host, **changes)
        quote = self.make.quote(listing, guest)
        body = {"quote_id": quote["id"], "message": canary}
        booking = guest.post("/bookings/", body, headers={"Idempotency-Key": secrets.token_hex(16)}).expect(201)
        ids = {"booking_id": booking["id"], "property_id": listing["id"]}
        look = lambda: guest.get(f"/bookings/{booking['id']}/").json  # noqa: E731
        return Scene(ids, self._people(guest, self.host), [canary], look)

    def _request(self):
        """A booking that waits for its host; the host is the owner here. A guest may only wait for so many."""
        guest = self.api.new_guest()
        scene = self._booking(guest, booking_mode="request")
        scene.people = self._people(self.host, guest)
        return scene

    def _alteration(self):
        """A change that the guest, here the counterpart, wants of a booking; the host is the owner, who answers."""
        scene = self._booking()
        path = f"/bookings/{scene.ids['booking_id']}/alterations/"
        scene.ids["alteration_id"] = self.guest.post(path, {"guests": 1}).expect(201)["id"]
        scene.people = self._people(self.host, self.guest)
        scene.look = lambda: self.host.get(path).json
        return scene

    def _unpaid(self):
        """A booking that waits for its guest to pay; a guest may only wait for so many."""
        return self._booking(self.api.new_guest(), payment_mode="online")

    def _payment(self):
        """Begun; where the guest pays is the canary that the host does not see either."""
        scene = self._unpaid()
        guest = scene.people["owner"]
        payment = begin(guest, {"id": scene.ids["booking_id"]}).expect(201)
        scene.ids["payment_id"], scene.canaries = payment["id"], [page_of(payment)]
        scene.look = lambda: guest.get(f"/payments/{payment['id']}/").json
        return scene

    def _paid(self):
        scene = self._unpaid()
        guest = scene.people["owner"]
        payment = pay(self.api, guest, {"id": scene.ids["booking_id"]})
        scene.ids["payment_id"] = payment["id"]
        scene.look = lambda: guest.get(f"/payments/{payment['id']}/").json
        return scene

    def _refused_refund(self):
        """For a moment the provider believed that it had given everything back."""
        self.api.server.expect_errors("refuses to give money back")
        scene = self._paid()
        payment = scene.ids["payment_id"]
        told = """update sandbox_charge set refunded = {} where id::text =
                  (select provider_reference from payment where id = %s) returning id"""
        self._write(told.format("captured"), payment)
        key = {"Idempotency-Key": secrets.token_hex(16)}
        path = f"/payments/{payment}/refunds/"
        made = self.api.as_admin().post(path, {"reason": "The heating was broken."}, headers=key).expect(201)
        guest = scene.people["owner"]
        wait_until(lambda: guest.get(path).expect(200)["results"][0]["status"] == "failed", what="the refusal")
        self._write(told.format("0"), payment)
        scene.ids["refund_id"] = made["id"]
        return scene

    def _dispute(self):
        """The provider's word is the canary: it is for admins."""
        scene = self._paid()
        scene.canaries = [f"canary {secrets.token_hex(8)}"]
        scene.ids["dispute_id"] = self._write("""
            insert into dispute (id, provider, reference, payment_id, booking_id, currency, amount, status, reason, opened_at, closed_at)
            select gen_random_uuid(), 'sandbox', gen_random_uuid()::text, id, booking_id, currency, 1, 'won', %s, now(), now()
            from payment where id = %s returning id""", scene.canaries[0], scene.ids["payment_id"])
        return scene

    def _failed_payout(self):
        """Of a host who has been given money since."""
        host = self.api.new_host()
        scene = Scene({}, self._people(host, self.guest))
        body = {"provider": "sandbox", "destination": "account_1", "currency": "EUR"}
        host.put("/users/me/payout-account/", body).expect(200)
        self._write("update payout_account set usable_from = now() - interval '9 days' where host_id = %s returning host_id", host.id)
        self._adjustment(host)[1].expect(200)
        scene.ids["payout_id"] = self._write("""
            insert into payout (id, host_id, currency, amount, provider, destination, day, status, created_at, updated_at)
            values (gen_random_uuid(), %s, 'EUR', 1, 'sandbox', 'fails', '2020-01-01', 'failed', now(), now()) returning id""", host.id)
        return scene

    def _hold(self):
        scene = self._booking()
        body = {"booking_id": scene.ids["booking_id"], "reason": "Is it real?"}
        scene.ids["hold_id"] = self.api.as_admin().post("/admin/payout-holds/", body).expect(201)["id"]
        return scene

    def _adjustment(self, host=None):
        """Proposed by an admin whom no relation stands for; with a host: (id, the reply of approving it)."""
        proposer = self.api.as_admin("proposer")
        body = {"amount": {"amount": 700, "currency": "EUR"}, "debit_account": "platform_revenue",
                "credit_account": "host_payable", "credit_host_id": (host or self.host).id, "reason": "A broken lamp."}
        key = {"Idempotency-Key": secrets.token_hex(16)}
        made = proposer.post("/admin/adjustments/", body, headers=key).expect(201)["id"]
        if host:
            return made, self.api.as_admin().post(f"/admin/adjustments/{made}/approve/", {"reason": "Right."})
        return Scene({"adjustment_id": made}, self._people(self.host, self.guest))

    def _write(self, statement, *values):
        """What no operation makes by itself; the id it returns."""
        with psycopg.connect(self.api.server.environment["ROOST_DATABASE_URL"], autocommit=True) as connection:
            return str(connection.execute(statement, values).fetchone()[0])

    def _policy(self):
        """A host's own policy that no property has."""
        canary = f"canary {secrets.token_hex(8)}"
        terms = {"tiers": [], "grace": None, "late": {"kept_nights": 1, "kept_rest_basis_points": 5000}}
        owner = self.api.new_host()
        made = owner.post("/cancellation-policies/", {"name": canary, "terms": terms}).expect(201)
        path = f"/cancellation-policies/{made['id']}/"
        return Scene({"policy_id": made["id"]}, self._people(owner, self.guest), [canary], lambda: owner.get(path).json)

    def _stay(self):
        """A stay that is over; the guest is the owner, the host the counterpart."""
        scene = self._booking()
        with psycopg.connect(self.api.server.environment["ROOST_DATABASE_URL"], autocommit=True) as connection:
            over(connection, {"id": scene.ids["booking_id"]}, self.api.clock.now())
        path = f"/bookings/{scene.ids['booking_id']}/reviews/"
        scene.look = lambda: (self.guest.get(path).json, self.host.get(path).json)
        return scene

    def _blind_review(self):
        """The guest's, which the host may not see yet."""
        scene = self._stay()
        canary = f"canary {secrets.token_hex(8)}"
        body = {"booking_id": scene.ids["booking_id"], "rating": 5, "comment": canary}
        scene.ids["review_id"] = self.guest.post("/reviews/", body).expect(201)["id"]
        scene.canaries.append(canary)
        return scene

    def _review(self):
        """The guest's, public."""
        scene = self._blind_review()
        self.host.post("/reviews/", {"booking_id": scene.ids["booking_id"], "rating": 5}).expect(201)
        scene.canaries = scene.canaries[:1]
        return scene

    def _hidden_review(self):
        scene = self._blind_review()
        self.host.post("/reviews/", {"booking_id": scene.ids["booking_id"], "rating": 5}).expect(201)
        path = f"/reviews/{scene.ids['review_id']}/hide/"
        self.api.as_admin().post(path, {"reason": "Canary."}).expect(200)
        return scene

    def _block(self):
        scene = self._listing()
        path = f"/properties/{scene.ids['property_id']}/blocks/"
        nights = {"from": self.api.clock.today(100), "to": self.api.clock.today(103)}
        scene.ids["block_id"] = self.host.post(path, nights).expect(201)["id"]
        scene.look = lambda: self.host.get(path).json
        return scene

    def _season(self):
        scene = self._listing()
        path = f"/properties/{scene.ids['property_id']}/seasons/"
        season = {"name": "Spring", "from": self.api.clock.today(100), "to": self.api.clock.today(150), "min_nights": 3}
        scene.ids["season_id"] = self.host.post(path, season).expect(201)["id"]
        scene.look = lambda: self.host.get(path).json
        return scene

    def _feed(self):
        """Its name is the canary. When it was fetched changes by itself, so that is not looked at."""
        scene = self._listing()
        path = f"/properties/{scene.ids['property_id']}/feeds/"
        scene.canaries = [f"canary {secrets.token_hex(8)}"]
        body = {"name": scene.canaries[0], "url": f"https://calendar.invalid/{secrets.token_hex(8)}.ics"}
        scene.ids["feed_id"] = self.host.post(path, body).expect(201)["id"]
        scene.look = lambda: [(f["id"], f["name"], f["url"]) for f in self.host.get(path).json["results"]]
        return scene

    def _address(self):
        scene = self._listing()
        path = f"/properties/{scene.ids['property_id']}/ical/"
        scene.ids["address_id"] = self.host.post(path, {}).expect(201)["id"]
        scene.look = lambda: self.host.get(path).json
        return scene

    def _quote(self):
        quote = self.make.quote(self.make.listing(self.host), self.guest)
        return Scene({"quote_id": quote["id"]}, self._people(self.guest, self.host))

    def _user(self):
        """Somebody's account; the counterpart is a host with whom they have a booking."""
        owner = self.api.new_guest("subject")
        self.make.booking(self.make.listing(self.host), owner)
        return Scene(
            {"user_id": owner.id}, self._people(owner, self.host), [owner.email], lambda: owner.get("/users/me/").json
        )

    def _notification(self):
        """The host's: a guest has booked; the counterpart is that guest."""
        scene = self._booking()
        about = lambda n: n["subject_id"] == scene.ids["booking_id"]  # noqa: E731
        found = wait_until(
            lambda: [n for n in self.host.get("/notifications/?limit=100").expect(200)["results"] if about(n)],
            what="the host being told of the booking",
        )
        path = "/notifications/?limit=100"
        look = lambda: [n for n in self.host.get(path).json["results"] if about(n)]  # noqa: E731
        return Scene({"notification_id": found[0]["id"]}, self._people(self.host, self.guest), [], look)

    def _session(self):
        owner = self.api.new_guest("subject")
        owner.sign_in()
        other = owner.get("/auth/sessions/").expect(200)["results"][-1]["id"]
        owner.sign_in()
        return Scene({"session_id": other}, self._people(owner, self.host))

    def _none(self):
        """Nothing: the owner is just a host, the counterpart and the stranger just guests."""
        return Scene(
            {},
            {
                "anonymous": self.api.anonymous,
                "stranger": self.guest,
                "counterpart": self.guest,
                "owner": self.host,
                "admin": self.api.as_admin(),
            },
        )

    def _self(self):
        """Nothing, and people that nobody needs afterwards."""
        return Scene(
            {},
            {
                "anonymous": self.api.anonymous,
                "stranger": self.api.new_guest(),
                "owner": self.api.new_host(),
                "admin": self.api.new_admin(),
            },
        )


def absent(ids):
    """Ids of the same shape that name nothing."""
    return {name: str(uuid.uuid4()) for name in ids}
