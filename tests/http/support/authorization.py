"""authorization.csv, the table of who may do what, and bodies that the operations in it take."""

import csv
import pathlib
import secrets

from .people import PASSWORD
from .world import RELATIONS

TABLE = pathlib.Path(__file__).parent.parent / "authorization.csv"


class Row:
    def __init__(self, raw):
        self.operation = raw["operation"]
        self.thing = raw["thing"]
        self.expected = {relation: int(raw[relation]) for relation in RELATIONS if raw[relation] != "-"}

    def __repr__(self):
        return f"{self.operation} {self.thing}"


def read_table(path=TABLE):
    with path.open() as f:
        return [
            Row(raw) for raw in csv.DictReader((line for line in f if not line.startswith("#")), skipinitialspace=True)
        ]


ROWS = read_table()


def valid_body(operation, scene, world):
    """A body that the operation takes from somebody who may use it."""
    if not operation.body:
        return None
    make = BODIES.get(operation.name)
    return make(scene, world) if make else operation.contract.example(operation.body)


def new_user(scene, world):
    name = f"matrix_{secrets.token_hex(6)}"
    return {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "display_name": "Somebody"}


def login(scene, world):
    owner = scene.people["owner"]
    return {"username": owner.username, "password": owner.password}


BODIES = {
    "POST /users/": new_user,
    "POST /auth/login/": login,
    "POST /auth/refresh/": lambda scene, world: {"refresh_token": scene.people["owner"].sign_in()["refresh_token"]},
    "POST /auth/password/change/": lambda scene, world: {"current_password": PASSWORD, "new_password": PASSWORD + "!"},
    "POST /bookings/": lambda scene, world: {"quote_id": scene.ids["quote_id"]},
    "POST /properties/{property_id}/blocks/": lambda scene, world: {
        "from": world.api.clock.today(200),
        "to": world.api.clock.today(202),
    },
    "PATCH /properties/{property_id}/calendar/": lambda scene, world: {
        "edits": [{"from": world.api.clock.today(200), "to": world.api.clock.today(202), "min_nights": 2}]
    },
    "PUT /properties/{property_id}/pricing/": lambda scene, world: {"included_guests": 2},
    "POST /properties/{property_id}/seasons/": lambda scene, world: {
        "name": "Summer", "from": world.api.clock.today(200), "to": world.api.clock.today(230), "max_nights": 9
    },
    "PUT /properties/{property_id}/seasons/{season_id}/": lambda scene, world: {
        "name": "Spring", "from": world.api.clock.today(100), "to": world.api.clock.today(160), "max_nights": 9
    },
    "POST /bookings/{booking_id}/alterations/": lambda scene, world: {"guests": 1},
    "POST /payments/": lambda scene, world: {
        "booking_id": scene.ids["booking_id"], "provider": "sandbox", "method": "card"
    },
    "POST /payments/{payment_id}/refunds/": lambda scene, world: {"reason": "The heating was broken."},
    "PUT /users/me/payout-account/": lambda scene, world: {
        "provider": "sandbox", "destination": "account_1", "currency": "EUR"
    },
    "POST /admin/adjustments/": lambda scene, world: {
        "amount": {"amount": 1, "currency": "EUR"}, "debit_account": "platform_revenue", "credit_account": "host_payable",
        "credit_host_id": world.host.id, "reason": "A broken lamp."
    },
    "POST /admin/payout-holds/": lambda scene, world: {"booking_id": scene.ids["booking_id"], "reason": "Is it real?"},
    "POST /reviews/": lambda scene, world: {"booking_id": scene.ids["booking_id"], "rating": 4},
    "PATCH /reviews/{review_id}/": lambda scene, world: {"rating": 4},
    "POST /auth/password/reset/": lambda scene, world: {"email": "nobody@example.com"},
    "POST /auth/verify-email/": lambda scene, world: {"token": "no-token-of-ours"},
    "POST /auth/password/reset/confirm/": lambda scene, world: {"token": "none-of-ours", "new_password": PASSWORD + "!"},
    "PATCH /notifications/preferences/": lambda scene, world: {"reminder": {"mail": False}},
    "POST /properties/{property_id}/feeds/": lambda scene, world: {
        "name": "Elsewhere",
        "url": f"https://calendar.invalid/{secrets.token_hex(8)}.ics",
    },
    "PATCH /feeds/{feed_id}/": lambda scene, world: {"name": "Elsewhere"},
    "PATCH /users/me/": lambda scene, world: {"display_name": "Somebody"},
    "POST /properties/": lambda scene, world: {"title": "A place of one's own"},
    "PATCH /properties/{property_id}/": lambda scene, world: {"title": "Another title"},
    "POST /properties/{property_id}/quote/": lambda scene, world: {
        "check_in": world.api.clock.today(60),
        "check_out": world.api.clock.today(62),
        "guests": 1,
    },
}
