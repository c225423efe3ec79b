"""pgbench scripts of the very statements the service runs, read from its queries.sql."""

import pathlib
import re

SOURCES = pathlib.Path(__file__).parents[2] / "src"

# Client k takes its own stretch of the quotes 1, 2, 3 …
NEXT_QUOTE = "\\set i :i + 1\n\\set n :client_id * 3000 + :i\n"
PROPERTY = "('01' || lpad(:n::text, 6, '0') || '-0000-7000-8000-000000000001')::uuid"
QUOTE = "('01' || lpad(:n::text, 6, '0') || '-0000-7000-9000-000000000001')::uuid"
PAYMENT = "('01' || lpad(:n::text, 6, '0') || '-0000-7000-b000-000000000001')::uuid"
BOOKING = "('01' || lpad(:n::text, 6, '0') || '-0000-7000-a000-000000000001')::uuid"


def statement(folder, name, *values):
    """The statement with SQL expressions in place of $1, $2, …"""
    text = (SOURCES / folder / "queries.sql").read_text()
    found = re.search(rf"^-- name: {name}( slow)?\n(.*?)(?=^-- name: |\Z)", text, re.M | re.S)
    body = re.sub(r"^--.*\n", "", found.group(2), flags=re.M).strip().rstrip(";")
    asked = max(map(int, re.findall(r"\$(\d+)", body)))
    assert asked == len(values), f"{folder}.{name} takes {asked} values, not {len(values)}"
    for i in range(len(values), 0, -1):
        body = body.replace(f"${i}", f"({values[i - 1]})")
    return " ".join(body.split()) + ";\n"


def read():
    return "\\set n random(1, 48000)\n" + statement("properties", "get_property", PROPERTY)


def search():
    plain = (pathlib.Path(__file__).parent / "search.sql").read_text()
    body = " ".join(line for line in plain.splitlines() if not line.startswith("--"))
    for name in ("west", "south"):
        body = body.replace(f":{name}", f"(:{name}::float8 / 1000)")
    return ("\\set west -74020 + random(0, 100)\n\\set south 40650 + random(0, 150)\n"
            f"\\set day random(20, 300)\n{body};\n")


def graphql(properties, hosts):
    """What the page of the graph is made of: the listed properties, newest first; these hosts; the reviews of these properties."""
    page = " ".join((pathlib.Path(__file__).parent / "newest.sql").read_text().split())
    ids = lambda of: "array[" + ", ".join(f"'{i}'" for i in of) + "]::uuid[]"  # noqa: E731
    return (page + ";\n" + statement("accounts", "find_profiles", ids(hosts))
            + statement("reviews", "reviews_of_properties", ids(properties), "null::int", "4", "now()"))


def quote(guest):
    days = ["current_date + 45", "current_date + 48"]
    made = ["gen_random_uuid()", PROPERTY, f"'{guest}'::uuid", *days, "1", "'{}'", "'USD'", "'[]'", "300", "36", "0", "336",
            "291", "1200", "1", "now() + interval '15 minutes'", "now()",
            "select terms from cancellation_policy where host_id is null and code = 'flexible'", "null::uuid"]
    return ("\\set n random(1, 48000)\nbegin;\n" + statement("bookings", "asked_property", PROPERTY, *days, "now()")
            + statement("bookings", "insert_quote", *made) + "commit;\n")


def calendar():
    one = lambda value, of: f"array[{value}]::{of}[]"  # noqa: E731
    month = [one("current_date + :day::int", "date"), one("current_date + :day::int + 31", "date")]
    return ("\\set n random(1, 48000)\n\\set day random(20, 300)\n" + statement("calendar", "owners", one(PROPERTY, "uuid"))
            + statement("calendar", "houses", one(PROPERTY, "uuid"), *month)
            + statement("calendar", "taken_and_why", one(PROPERTY, "uuid"), *month, "now()"))


def book(guest, host):
    """Booking quotes, each once."""
    return NEXT_QUOTE + booked(guest, host, "confirmed")


def booked(guest, host, status):
    days = ["current_date + 45", "current_date + 48"]
    kind, expires = ("'booking'", "null::timestamptz") if status == "confirmed" else ("'hold'", "now() + interval '15 minutes'")
    return "".join([
        "begin;\n",
        claimed("bookings"),
        statement("bookings", "quote_for_booking", QUOTE, f"'{guest}'::uuid", "1200"),
        statement("bookings", "insert_booking", BOOKING, QUOTE, "gen_random_uuid()", PROPERTY, *days, kind,
                  expires, "now()", f"'{host}'::uuid", f"'{status}'", "''", "'flexible'",
                  # Not now, or the service's jobs move them on while they are measured.
                  "now() + interval '45 days'", "now() + interval '48 days'", "now() + interval '45 days'",
                  "'UTC'", "'15:00'::time", "true"),
        replied("bookings"),
        "commit;\n",
    ])


def key(operation):
    return ["'bench'", f"'POST /{operation}/'", "'pgbench-' || :n::text"]


def claimed(operation):
    return statement("platform/http", "claim_key", *key(operation), "'fingerprint'")


def replied(operation):
    return statement("platform/http", "keep_reply", *key(operation), "201", f"'/{operation}/'", "'\"1\"'", f"'{'x' * 980}'")


def pay(guest, host):
    """The same, and paid: asked of the sandbox, decided there, settled."""
    total, owed = "(select total from booking where id = " + BOOKING + ")", "(select host_payout from booking where id = " + BOOKING + ")"
    charge, nothing = "'charge-' || :n::text", ["null::text", "null::jsonb"]

    def saved(status, applied, captured, again):
        return statement("payments", "save_payment", PAYMENT, f"'{status}'", charge, *nothing, applied, "false", captured, "0", "0",
                         again, "now()")  # fmt: skip

    return NEXT_QUOTE + booked(guest, host, "awaiting_payment") + "".join([
        "begin;\n",
        claimed("payments"),
        statement("payments", "insert_payment", PAYMENT, BOOKING, f"'{guest}'::uuid", f"'{host}'::uuid", "'booking'", "null::uuid", "'USD'",
                  total, "'card'", "'sandbox'", "'automatic'", "now() + interval '1 hour'", "now()", "null::text"),
        "commit;\n",
        statement("payments", "sandbox_begin", PAYMENT, charge, charge, "'A stay'", "'USD'", total, "false", "now()"),
        "begin;\n",
        saved("requires_action", "false", "0", "now() + interval '1 hour'"),
        replied("payments"),
        "commit;\n",
        statement("payments", "sandbox_decide", charge, "'open'", "'succeeded'", "null::text"),
        "begin;\n",
        saved("succeeded", "true", total, "null::timestamptz"),
        statement("bookings", "confirm_paid", BOOKING, "'awaiting_payment'", "now()"),
        statement("bookings", "add_paid", BOOKING, total, "now()"),
        statement("bookings", "keep_nights", BOOKING, "null::timestamptz"),
        statement("payments", "post_journal", PAYMENT, "'capture'", charge, "'USD'", BOOKING, PAYMENT, *["null::uuid"] * 4, "now()",
                  "array['gateway_cash', 'host_payable', 'platform_revenue']", f"array['sandbox', '{host}', '']",
                  f"array[{total}, -{owed}, {owed} - {total}]"),
        "commit;\n",
    ])
