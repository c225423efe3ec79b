"""What people are told about reviews, and that nothing of a blind one is among it (domain rules, 4.4)."""

import json

import pytest

from support.messages import settled
from support.processes import wait_until
from support.stays import over

SECRET = "xylophone"


@pytest.fixture
def stay(api, make, clock, db):
    """(guest Ann, host Hugo, booking at Dune): a stay that ended yesterday."""
    people = api.new_guest("review"), api.new_host("review")
    for person, name in zip(people, ("Ann", "Hugo")):
        person.patch("/users/me/", {"display_name": name}).expect(200)
    guest, host = people
    booking = make.booking(make.listing(host, title="Dune"), guest, check_in=20, nights=2)
    over(db, booking, clock.now(), 1)
    return guest, host, booking


def write(person, booking, comment=SECRET):
    return person.post("/reviews/", {"booking_id": booking["id"], "rating": 2, "comment": comment}).expect(201)


def about_reviews(person):
    found = person.get("/notifications/?limit=100").expect(200)["results"]
    return [n for n in found if n["kind"].startswith("review_")]


def subjects(mails, person):
    return sorted(s for s in mails.subjects(person.email) if "review" in s or "avis" in s)


def everything_said(db, mails, *people):
    """Whatever these people were told or are about to be, as it is stored and as it was sent."""
    ids = [p.id for p in people]
    stored = [db.execute(f"select * from {table} where user_id = any (%s::uuid[])", [ids]).fetchall()
              for table in ("notification", "mail")]
    events = db.execute("select * from outbox_event").fetchall()
    return json.dumps([stored, events, [mails.to(p.email) for p in people], [about_reviews(p) for p in people]], default=str)


@pytest.mark.parametrize("first_is", ["guest", "host"])
def test_the_other_side_hears_of_a_blind_review_and_nothing_of_what_it_says(db, stay, mails, first_is):
    guest, host, booking = stay
    first, second = (guest, host) if first_is == "guest" else (host, guest)
    host.patch(f"/properties/{booking['property_id']}/", {"time_zone": "Pacific/Pago_Pago"}).expect(200)
    write(first, booking)
    settled(db)
    subject = "Ann has reviewed Dune" if first_is == "guest" else "Hugo has reviewed your stay at Dune"
    assert (subjects(mails, second), subjects(mails, first), about_reviews(first)) == ([subject], [], [])
    [n] = about_reviews(second)
    assert (n["kind"], n["title"], n["subject_id"]) == ("review_received", subject, booking["id"])
    mail = mails.wait(second.email, subject)
    assert f"/reviews/new?booking={booking['id']}" in mail["text"] and mail["unsubscribe"]
    assert "00:00 (Europe/Paris)" in mail["text"].split("Until: ")[1], "by the zone the stay was booked in"
    assert SECRET not in everything_said(db, mails, guest, host)
    rows = db.execute("select facts from mail where user_id = %s and kind = 'review_received'", [second.id]).fetchall()
    assert "rating" not in json.dumps([r["facts"] for r in rows]) and "2" not in n["title"] + n["text"]

    write(second, booking, "what I say")
    settled(db)
    assert [n["kind"] for n in about_reviews(first)] == ["review_published"], "not that a review waits: it is public"
    assert [n["kind"] for n in about_reviews(second)] == ["review_published", "review_received"]
    assert subjects(mails, guest).count("The review Hugo wrote about you is public") == 1
    assert subjects(mails, host).count("Dune has a new review") == 1
    for reader in (first, second):
        public = reader.get(f"/reviews/{about_reviews(reader)[0]['subject_id']}/").expect(200)
        assert public["subject_id"] == reader.id and public["status"] == "published"
    assert SECRET not in everything_said(db, mails, guest, host), "messages lead to the words and do not repeat them"


def test_the_words_would_be_found_if_they_were_told(db, stay, mails):
    guest, host, booking = stay
    db.execute("update app_user set display_name = %s where id = %s", [SECRET, guest.id])
    write(guest, booking, "calm")
    settled(db)
    assert SECRET in everything_said(db, mails, host)


def test_a_review_nobody_answers_is_told_when_time_publishes_it(db, stay, mails, clock):
    guest, host, booking = stay
    host.patch("/users/me/", {"locale": "fr"}).expect(200)
    review = write(guest, booking)
    settled(db)
    assert subjects(mails, host) == ["Ann a donné un avis sur Dune"]
    assert SECRET not in everything_said(db, mails, guest, host)
    clock.advance(days=20)
    wait_until(lambda: len(about_reviews(host)) == 2, what="its publication being told")
    settled(db)
    [public, _] = about_reviews(host)
    assert (public["kind"], public["title"], public["subject_id"]) == ("review_published", "Un nouvel avis sur Dune", review["id"])
    assert subjects(mails, host) == ["Ann a donné un avis sur Dune", "Un nouvel avis sur Dune"]
    assert about_reviews(guest) == [] and subjects(mails, guest) == [], "its author knows what it says"


def test_the_author_hears_of_the_reply(db, stay, mails):
    guest, host, booking = stay
    by_guest, by_host = write(guest, booking), write(host, booking)
    host.post(f"/reviews/{by_guest['id']}/reply/", {"reply": SECRET}).expect(200)
    guest.post(f"/reviews/{by_host['id']}/reply/", {"reply": SECRET}).expect(200)
    settled(db)
    for author, review, title in ((guest, by_guest, "Hugo replied to your review of Dune"),
                                  (host, by_host, "Ann replied to your review")):
        [n] = [n for n in about_reviews(author) if n["kind"] == "review_replied"]
        assert (n["title"], n["subject_id"]) == (title, review["id"])
        assert f"/reviews/{review['id']}" in mails.wait(author.email, title)["text"]
    assert SECRET not in everything_said(db, mails, guest, host)


def test_what_an_admin_has_hidden_is_told_to_nobody(api, db, stay, mails):
    guest, host, booking = stay
    review = write(guest, booking)
    settled(db)
    api.as_admin().post(f"/reviews/{review['id']}/hide/", {"reason": "abuse"}).expect(200)
    write(host, booking)
    settled(db)
    assert [n["kind"] for n in about_reviews(host)] == ["review_received"]
    assert [n["kind"] for n in about_reviews(guest)] == ["review_published"]


def test_reviews_are_told_as_people_prefer(db, stay, mails):
    guest, host, booking = stay
    guest.patch("/notifications/preferences/", {"review": {"mail": False}}).expect(200)
    host.patch("/notifications/preferences/", {"review": {"in_app": False}}).expect(200)
    write(host, booking)
    write(guest, booking)
    settled(db)
    assert subjects(mails, guest) == [] and [n["kind"] for n in about_reviews(guest)][0] == "review_published"
    assert about_reviews(host) == [] and subjects(mails, host) == ["Dune has a new review"]
