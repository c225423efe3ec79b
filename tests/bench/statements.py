"""pgbench scripts of the very statements the service runs, read from its queries.sql."""

import pathlib
import re

SOURCES = pathlib.Path(__file__).parents[2] / "src"

PROPERTY = "('01' || lpad(:n::text, 6, '0') || '-0000-7000-8000-000000000001')::uuid"
QUOTE = "('01' || lpad(:n::text, 6, '0') || '-0000-7000-9000-000000000001')::uuid"
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


def quote(guest):
    days = ["current_date + 45", "current_date + 48"]
    made = ["gen_random_uuid()", PROPERTY, f"'{guest}'::uuid", *days, "1", "'{}'", "'USD'", "'[]'", "300", "36", "0", "336",
            "291", "1200", "1", "now() + interval '15 minutes'", "now()",
            "select terms from cancellation_policy where host_id is null and code = 'flexible'", "null::uuid"]
    return ("\\set n random(1, 48000)\nbegin;\n" + statement("bookings", "asked_property", PROPERTY, *days, "now()")
            + statement("bookings", "insert_quote", *made) + "commit;\n")


def calendar():
    month = ["current_date + :day::int", "current_date + :day::int + 31"]
    return ("\\set n random(1, 48000)\n\\set day random(20, 300)\n" + statement("calendar", "owner", PROPERTY)
            + statement("calendar", "house", PROPERTY, *month)
            + statement("calendar", "taken_and_why", PROPERTY, *month, "now()"))


def book(guest, host, per_client):
    """Booking the quotes 1, 2, 3 … each once: client k takes its own stretch of them."""
    days = ["current_date + 45", "current_date + 48"]
    key = ["'bench'", "'POST /bookings/'", "'pgbench-' || :n::text"]
    return "".join([
        f"\\set i :i + 1\n\\set n :client_id * {per_client} + :i\n",
        "begin;\n",
        statement("platform/http", "claim_key", *key, "'fingerprint'"),
        statement("bookings", "quote_for_booking", QUOTE, f"'{guest}'::uuid", "1200"),
        statement("bookings", "insert_booking", BOOKING, QUOTE, "gen_random_uuid()", PROPERTY, *days, "'booking'",
                  "null::timestamptz", "now()", f"'{host}'::uuid", "'confirmed'", "''", "'flexible'",
                  # Not now, or the service's jobs move them on while they are measured.
                  "now() + interval '45 days'", "now() + interval '48 days'", "now() + interval '45 days'",
                  "'UTC'", "'15:00'::time", "true"),
        statement("platform/http", "keep_reply", *key, "201", "'/bookings/'", "'\"1\"'", f"'{'x' * 980}'"),
        "commit;\n",
    ])
