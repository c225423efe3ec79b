"""`roost import inside-airbnb`: every trap of the real files, twice without change, in bounded memory."""

import csv
import datetime
import gzip
import io
import os
import pathlib
import subprocess

import psycopg
import pytest
from psycopg.rows import dict_row

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILES = ROOT / "tests/data/import"
SAMPLE = ROOT / "data/sample"


@pytest.fixture
def importer(binary, new_database):
    return Importer(binary, new_database())


class Importer:
    """A database of its own, and the command that fills it."""

    def __init__(self, binary, url):
        self.binary, self.url = binary, url
        self.environment = {**os.environ, "ROOST_DATABASE_URL": url,
                            # Freed memory that a sanitizer keeps would look like memory in use.
                            "ASAN_OPTIONS": os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"}

    def run(self, listings, *options, currency="EUR", code=0):
        command = [self.binary, "import", "inside-airbnb", str(listings), "--currency", currency,
                   *map(str, options)]
        done = subprocess.run(command, env=self.environment, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def rows(self, query, *values):
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            return connection.execute(query, values).fetchall()

    def one(self, query, *values):
        [row] = self.rows(query, *values)
        return row

    def property(self, external_id):
        return self.one("select p.* from property p join imported_property i on i.property_id = p.id "
                        "where i.source = 'inside_airbnb' and i.external_id = %s", external_id)

    def blocks(self, external_id):
        """The closed ranges of a listing as (first day, day after the last)."""
        return [(r["first"], r["after"]) for r in self.rows(
            "select lower(b.blocked) as first, upper(b.blocked) as after from stay_block b "
            "join imported_property i using (property_id) where i.external_id = %s and b.kind = 'imported' "
            "order by b.blocked", external_id)]

    def everything(self):
        """What an import may change, to compare."""
        return [self.rows(f"select * from {table} order by 1, 2, 3")
                for table in ("app_user", "property", "imported_property", "stay_block", "review")]


def day(text):
    return datetime.date.fromisoformat(text)


def test_the_shipped_sample_is_imported_and_importing_it_again_changes_nothing(importer):
    options = ("--calendar", SAMPLE / "calendar-runs.csv.gz", "--reviews", SAMPLE / "reviews.csv.gz",
               "--shift-to", "2026-11-21", "--city", "Singapore")
    done = importer.run(SAMPLE / "listings.csv.gz", *options, currency="SGD")
    assert "listings: 2,000 new" in done.stdout
    assert "reviews: 8,769 new, 0 changed" in done.stdout
    assert "rows skipped: 0" in done.stdout
    counts = importer.one("""
        select count(*) as all, count(*) filter (where status = 'listed') as listed, count(distinct currency),
            count(*) filter (where city = 'Singapore' and country = 'SG' and time_zone = 'Asia/Singapore') as placed
        from property""")
    assert counts == {"all": 2000, "listed": 1777, "count": 1, "placed": 2000}
    assert importer.one("select min(lower(blocked)) from stay_block")["min"] == day("2026-11-21")
    told = [line for line in done.stderr.splitlines() if line.startswith("closed ranges:")]
    assert told[:3] == [f"closed ranges: {share} %" for share in (25, 50, 75)] and told[3].endswith("done")

    before = importer.everything()
    again = importer.run(SAMPLE / "listings.csv.gz", *options, currency="SGD")
    assert "0 new, 0 changed, 2,000 left as they were" in again.stdout
    assert "reviews: 0 new, 0 changed" in again.stdout
    assert importer.everything() == before


def test_closed_nights_are_those_of_the_calendar(importer):
    importer.run(SAMPLE / "listings.csv.gz", "--calendar", SAMPLE / "calendar-runs.csv.gz", currency="SGD")
    expected = {}
    with gzip.open(SAMPLE / "calendar-runs.csv.gz", "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["available"] == "f":
                nights = expected.setdefault(row["listing_id"], set())
                first, last = day(row["first_date"]), day(row["last_date"])
                nights |= {first + datetime.timedelta(n) for n in range((last - first).days + 1)}
    stored = {}
    for row in importer.rows("""select i.external_id, lower(b.blocked) as first, upper(b.blocked) as after
                                from stay_block b join imported_property i using (property_id)"""):
        nights = stored.setdefault(row["external_id"], set())
        nights |= {row["first"] + datetime.timedelta(n) for n in range((row["after"] - row["first"]).days)}
    assert stored == expected


def test_a_file_of_2019_with_one_row_a_night(importer):
    done = importer.run(FILES / "detailed-2019.csv", "--calendar", FILES / "calendar-nights.csv",
                        "--shift-to", "2026-12-01")
    loft = importer.property("1001")
    assert (loft["title"], loft["city"], loft["country"], loft["time_zone"]) == (
        "Loft “Nord”", "Berlin", "DE", "Europe/Berlin")
    assert (loft["nightly_price"], loft["cleaning_fee"], loft["currency"]) == (123400, 3500, "EUR")
    assert loft["description"] == "Two lines\nof HTML & an entity\nand a quoted newline"
    assert loft["amenities"] == ["air_conditioning", "cable_tv", "family_friendly", "tv", "wifi"]
    assert (loft["rating"], loft["rating_count"]) == (465, 118)
    assert (loft["booking_mode"], loft["cancellation_policy"]) == ("instant", "strict")
    host = importer.one("select * from app_user where id = %s", loft["host_id"])
    assert (host["display_name"], host["is_host"], host["is_admin"]) == ("Zoë", True, False)
    assert (host["password_hash"], host["email"]) == (None, None), "nobody can sign in as an imported host"
    assert len(importer.rows("select from app_user")) == 1, "both listings are of one host"

    # 30 January is 1 December; the gaps between closed nights stay.
    assert importer.blocks("1001") == [(day("2026-12-01"), day("2026-12-03")), (day("2026-12-05"), day("2026-12-08")),
                                       (day("2026-12-12"), day("2026-12-13"))]
    assert importer.blocks("1002") == []
    assert "1 listings that were never imported" in done.stderr
    assert "calendar-nights.csv:27: skipped: available is neither t nor f: x" in done.stderr
    assert "calendar-nights.csv:28: skipped: not a day: 2024-02-30" in done.stderr
    assert "calendar-nights.csv:29: skipped: it has 3 fields" in done.stderr


def test_a_file_of_2023(importer):
    importer.run(FILES / "detailed-2023.csv", currency="HKD")
    flat = importer.property("645231098712345678")
    assert flat["title"] == "Rental unit in Yau Ma Tei"
    assert flat["description"] == "海景 🌊\nCR within quotes\n<3 minutes to the MTR\n\nBring > 1 towel"
    assert (flat["bedrooms"], flat["beds"], flat["bathrooms"]) == (2, 3, 1.5)
    unpriced = importer.property("2002")
    assert (unpriced["status"], unpriced["nightly_price"], unpriced["currency"]) == ("draft", None, None)
    assert importer.property("2003")["nightly_price"] == 8404200
    assert importer.property("2004")["status"] == "unlisted"
    assert importer.property("2005")["min_nights"] == 730


def test_bad_rows_are_skipped_and_told_with_line_and_reason(importer, tmp_path):
    report = tmp_path / "skipped.csv"
    done = importer.run(FILES / "broken.csv", "--report", report, currency="HKD")
    titles = [r["title"] for r in importer.rows("select title from property order by title")]
    assert titles == ["Good to the last", "Loft in (old town)", "Of no place", "The good one", "The other good one"]
    assert {r["city"] for r in importer.rows("select city from property where status = 'listed'")} == {"Hong Kong"}
    with report.open(encoding="utf-8", newline="") as file:
        told = {int(row["line"]): row["reason"] for row in csv.DictReader(file)}
    assert told == {
        3: "it has 20 fields, the header has 34",
        4: "id is not an id: 3.04E+17",
        5: "text after a closing quote",
        6: "text that is not UTF-8",
        7: "price is not an amount: on request",
        8: "its place is not on earth",
        9: "it has no place on the map",
        10: 'amenities is not a list: ["Wifi"',
        11: "listing 3001 was there before",
        12: "minimum_nights is not a whole number: a few",
        13: "room_type is not a room type: Whole planet",
        16: "text after a closing quote",
    }
    assert "broken.csv:3: skipped: it has 20 fields" in done.stderr
    assert "rows skipped: 12" in done.stdout


def test_what_hosts_write_in_titles_names_no_city(importer):
    importer.run(FILES / "host-titles.csv", currency="HKD")
    assert {i: importer.property(i)["city"] for i in ("4001", "4002", "4003", "4004")} == {
        "4001": "Hong Kong", "4002": "Hong Kong", "4003": "Kowloon City", "4004": "Sham Shui Po"}


def test_a_city_is_plain_text_and_a_country_a_code(importer, tmp_path):
    old = (FILES / "detailed-2019.csv").read_text(encoding="utf-8")
    odd = tmp_path / "odd.csv"
    odd.write_text(old.replace("Pankow,Berlin,", "Pankow,<b>Berlin</b><br />,").replace(",DE,", ",Deutschland,"),
                   encoding="utf-8", newline="")
    importer.run(odd)
    assert (importer.property("1001")["city"], importer.property("1001")["country"]) == ("Berlin", "DE")
    assert importer.property("1002")["country"] == "DE", "its zone's"


def test_what_comes_again_batches_later_is_skipped_and_importing_it_again_changes_nothing(importer, tmp_path):
    """Two rows of one id that differ would take turns otherwise, with every import."""
    with (FILES / "detailed-2019.csv").open(encoding="utf-8", newline="") as file:
        header, row = list(csv.reader(file))[:2]
    listings, reviews, report = tmp_path / "listings.csv", tmp_path / "reviews.csv", tmp_path / "skipped.csv"
    with listings.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for n in [*range(2001), 0]:
            writer.writerow([str(10_000 + n), *(cell if name != "description" else f"row {file.tell()}"
                                                for name, cell in zip(header[1:], row[1:]))])
    with reviews.open("w", encoding="utf-8", newline="") as file:
        file.write("listing_id,id,date,reviewer_name,comments\n")
        for n in [*range(5001), 0, 5000]:
            file.write(f"10000,{n},2024-01-01,Ann,row {file.tell()}\n")
    done = importer.run(listings, "--reviews", reviews, "--report", report)
    assert "listings: 2,001 new" in done.stdout and "reviews: 5,001 new, 0 changed" in done.stdout
    assert list(csv.DictReader(report.open(encoding="utf-8")))[0]["reason"] == "listing 10000 was there before"
    assert "rows skipped: 1\n" in done.stdout
    before = importer.everything()
    again = importer.run(listings, "--reviews", reviews)
    assert "0 new, 0 changed, 2,001 left as they were" in again.stdout and "reviews: 0 new, 0 changed" in again.stdout
    assert importer.everything() == before


def test_reviews_come_in_clean_and_count_in_no_rating(importer, tmp_path):
    done = importer.run(FILES / "detailed-2019.csv", "--reviews", FILES / "reviews.csv")
    loft = importer.property("1001")
    assert (loft["rating"], loft["rating_count"], loft["version"]) == (465, 118, 1), "as the listings have it"
    rows = importer.rows("select * from review order by id")
    assert [(r["external_id"], r["author_name"], r["comment"], str(r["published_at"].date())) for r in rows] == [
        ("502", "Guest", "海景 🌊, <3 minutes to the tram", "2018-02-01"),
        ("501", "Zoë", "Great place!\nWe'll be back.\nThanks", "2019-05-04"),
        ("503", "Ben", "Fine.", "2020-01-31")], "and their ids are of those days"
    assert {(r["rating"], r["author_id"], r["booking_id"], r["listed"], r["subject_id"]) for r in rows} == {
        (None, None, None, True, loft["host_id"])}
    assert "reviews.csv:6: skipped: not a day: 2020-02-30" in done.stderr
    assert "skipped: id is not an id: 6E+17" in done.stderr
    assert "skipped: it says nothing" in done.stderr
    assert "skipped: it has 4 fields, the header has 6" in done.stderr
    assert "1 reviews are of listings that were never imported" in done.stderr
    assert "reviews: 3 new, 0 changed" in done.stdout

    changed = tmp_path / "reviews.csv"
    changed.write_bytes((FILES / "reviews.csv").read_bytes().replace(b"Fine.", b"Finer."))
    assert "reviews: 0 new, 1 changed" in importer.run(FILES / "detailed-2019.csv", "--reviews", changed).stdout
    assert [r["comment"] for r in importer.rows("select comment from review order by id")][2] == "Finer."
    listings = FILES / "detailed-2019.csv"
    assert "not a reviews file" in importer.run(listings, "--reviews", listings, code=1).stderr


def test_being_reviewed_here_does_not_end_updates_from_there(importer, tmp_path):
    importer.run(FILES / "detailed-2019.csv")
    with psycopg.connect(importer.url, autocommit=True) as connection:  # as the database itself counts a review
        connection.execute("update property set rating_count = rating_count + 1, rating_points = rating_points + 400, "
                           "version = version + 1, rating_version = rating_version + 1")
    new = tmp_path / "new.csv"
    text = (FILES / "detailed-2019.csv").read_text(encoding="utf-8")
    for price, version in (("$18.00", 3), ("$19.00", 4)):
        new.write_text(text.replace("$17.00", price), encoding="utf-8", newline="")
        assert "0 new, 1 changed, 1 left as they were, 0 left alone" in importer.run(new).stdout
        assert importer.property("1002")["version"] == version
    assert importer.property("1001")["rating_count"] == 119


def test_plain_and_gzip_are_the_same_and_a_torn_file_is_refused(importer, tmp_path):
    text = (FILES / "detailed-2019.csv").read_bytes()
    packed = tmp_path / "listings.csv.gz"
    packed.write_bytes(gzip.compress(text))
    importer.run(FILES / "detailed-2019.csv")
    again = importer.run(packed)
    assert "0 new, 0 changed, 2 left as they were" in again.stdout
    packed.write_bytes((SAMPLE / "listings.csv.gz").read_bytes()[:-1000])
    assert "the compressed data is cut off" in importer.run(packed, code=1).stderr
    assert len(importer.rows("select from property")) == 2, "batches come whole or not at all"


def test_a_file_of_something_else_is_refused_whole(importer, tmp_path):
    nights = FILES / "calendar-nights.csv"
    assert "no column id" in importer.run(nights, code=1).stderr
    empty = tmp_path / "empty.csv"
    empty.touch()
    assert "no header" in importer.run(empty, code=1).stderr
    listings = FILES / "detailed-2019.csv"
    assert "not a calendar" in importer.run(listings, "--calendar", listings, code=1).stderr


def test_a_new_export_changes_what_changed_and_leaves_alone_what_was_edited_here(importer, tmp_path):
    old = (FILES / "detailed-2019.csv").read_text(encoding="utf-8")
    new = tmp_path / "new.csv"
    new.write_text(old.replace("$17.00", "$18.00").replace("$1,234.00", "$1,300.00"), encoding="utf-8", newline="")
    importer.run(FILES / "detailed-2019.csv")
    with psycopg.connect(importer.url, autocommit=True) as connection:
        connection.execute("update property set title = 'Edited by its host', version = version + 1 "
                           "where title = 'Loft “Nord”'")
    done = importer.run(new)
    assert "0 new, 1 changed, 0 left as they were, 1 left alone" in done.stdout
    assert (importer.property("1001")["title"], importer.property("1001")["nightly_price"]) == (
        "Edited by its host", 123400)
    assert (importer.property("1002")["nightly_price"], importer.property("1002")["version"]) == (1800, 2)


def test_a_new_calendar_frees_and_closes_but_never_touches_stays(importer, tmp_path):
    importer.run(FILES / "detailed-2019.csv", "--calendar", FILES / "calendar-nights.csv")
    one = importer.property("1001")["id"]
    with psycopg.connect(importer.url, autocommit=True) as connection:
        connection.execute("insert into stay_block (id, property_id, blocked, kind, created_at) values "
                           "(gen_random_uuid(), %s, '[2024-02-20,2024-02-22)', 'host', now())", (one,))
    calendar = tmp_path / "calendar.csv"
    # Closed across what the host has blocked; out of order and overlapping, as a file put together may be.
    calendar.write_text("listing_id,first_date,last_date,available\n1001,2024-02-21,2024-02-25,f\n"
                        "1002,2024-03-01,2024-03-02,f\n1001,2024-02-18,2024-02-21,f\n", encoding="utf-8")
    importer.run(FILES / "detailed-2019.csv", "--calendar", calendar)
    assert importer.blocks("1001") == [(day("2024-02-18"), day("2024-02-20")), (day("2024-02-22"), day("2024-02-26"))]
    assert importer.blocks("1002") == [(day("2024-03-01"), day("2024-03-03"))]
    assert len(importer.rows("select from stay_block where kind = 'host'")) == 1


def test_new_york_is_imported_whole(importer):
    done = importer.run(FILES / "ab-nyc-2019.csv.gz", currency="USD")
    assert "listings: 48,895 new" in done.stdout
    assert "rows skipped: 0" in done.stdout
    counts = importer.one("""
        select count(*) as all, count(*) filter (where status = 'draft' and nightly_price is null) as free_of_charge,
            count(*) filter (where time_zone = 'America/New_York' and country = 'US') as placed,
            count(distinct host_id) as hosts
        from property""")
    assert counts == {"all": 48895, "free_of_charge": 11, "placed": 48895, "hosts": 37457}


def peak_memory(importer, *arguments):
    """The largest resident set of the command, in MB."""
    command = [importer.binary, "import", "inside-airbnb", *map(str, arguments), "--currency", "EUR"]
    process = subprocess.Popen(command, env=importer.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return usage.ru_maxrss / 1024


def test_memory_does_not_grow_with_the_files(importer, tmp_path):
    with (FILES / "detailed-2019.csv").open(encoding="utf-8", newline="") as file:
        header, row = list(csv.reader(file))[:2]
    row[header.index("description")] = "many words " * 900
    row[header.index("has_availability")] = "f"
    listings, calendar = tmp_path / "listings.csv", tmp_path / "calendar.csv"
    with listings.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        for n in range(2500):
            writer.writerow([str(10_000 + n), *row[1:]])
    line = io.StringIO()
    for n in range(1000):
        line.write(f"1001,{day('2024-01-01') + datetime.timedelta(n)},t,$100.00,$100.00,1,365\n")
    with calendar.open("w", encoding="utf-8") as file:
        file.write("listing_id,date,available,price,adjusted_price,minimum_nights,maximum_nights\n")
        for _ in range(1000):
            file.write(line.getvalue())
    reviews = tmp_path / "reviews.csv"
    with reviews.open("w", encoding="utf-8", newline="") as file:
        file.write("listing_id,id,date,reviewer_name,comments\n")
        for n in range(12_000):
            file.write(f"10000,{n},2024-01-01,Ann,{'many words ' * 150}\n")
    size = (listings.stat().st_size + calendar.stat().st_size + reviews.stat().st_size) / 2**20
    assert size > 80
    small = peak_memory(importer, FILES / "detailed-2019.csv", "--calendar", FILES / "calendar-nights.csv",
                        "--reviews", FILES / "reviews.csv")
    large = peak_memory(importer, listings, "--calendar", calendar, "--reviews", reviews)
    assert large - small < size / 4, f"{small:.0f} MB for a few rows, {large:.0f} MB for {size:.0f} MB"
