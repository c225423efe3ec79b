"""Reviews that are public: replies, reports, hiding, and what becomes of them with their property and their author."""

import pytest

from support.reviews import listed, rating_of, write


@pytest.fixture
def published(stayed):
    """published(stars) → (guest, host, listing, booking, the guest's public review)."""

    def make_one(stars=2, **stay):
        guest, host, listing, booking = stayed(**stay)
        review = write(guest, booking, stars, comment=f"{stars} stars").expect(201)
        write(host, booking).expect(201)
        return guest, host, listing, booking, review

    return make_one


def test_who_was_reviewed_replies_once_and_nobody_else(api, published):
    guest, host, listing, _, review = published()
    path = f"/reviews/{review['id']}/reply/"
    for person in (guest, api.new_host(), api.as_admin()):
        person.post(path, {"reply": "I say."}).expect(403, "not_allowed")
    host.post(path, {"reply": ""}).expect(422)
    replied = host.post(path, {"reply": "We have a heater now."}).expect(200)
    assert replied["reply"] == "We have a heater now." and replied["replied_at"]
    host.post(path, {"reply": "And another thing."}).expect(409, "wrong_state")
    assert listed(api, listing)[0]["reply"] == "We have a heater now."


def test_a_reported_review_is_hidden_and_shown_again_with_reasons(api, published, db):
    guest, host, listing, booking, review = published(1)
    path, admin, reader = f"/reviews/{review['id']}/", api.as_admin(), api.new_guest()
    guest.post(path + "report/", {"reason": "Mine."}).expect(403, "not_allowed")
    for person in (host, reader):
        person.post(path + "report/", {"reason": "It is about another place."}).expect(204)
        person.post(path + "report/", {"reason": "Again."}).expect(409, "wrong_state")

    def mine(answered):
        rows = admin.get(f"/reviews/reports/?limit=100&answered={answered}").expect(200)["results"]
        return [r for r in rows if r["review_id"] == review["id"]]

    assert [(r["reporter_id"], r["reason"], r["rating"], r["comment"]) for r in mine("false")] == [
        (p.id, "It is about another place.", 1, "1 stars") for p in (host, reader)]

    assert admin.post(path + "hide/", {"reason": "Wrong place."}).expect(200)["status"] == "hidden"
    admin.post(path + "hide/", {"reason": "Wrong place."}).expect(409, "wrong_state")
    assert listed(api, listing) == [] and rating_of(listing, host) == (None, 0)
    reader.get(path).expect(404)
    assert guest.get(path).expect(200)["status"] == "hidden"
    host.post(path + "reply/", {"reply": "Ha."}).expect(409, "wrong_state")
    assert mine("false") == [] and len(mine("true")) == 2

    admin.post(path + "restore/", {"reason": "Right place after all."}).expect(200)
    assert [r["id"] for r in listed(api, listing)] == [review["id"]] and rating_of(listing, host) == (1.0, 1)
    admin.post(path + "restore/", {"reason": "Nothing to do."}).expect(409, "wrong_state")
    audit = db.execute("select action, reason, admin_id::text from review_moderation where review_id = %s order by id",
                       [review["id"]]).fetchall()
    assert [tuple(r.values()) for r in audit] == [("hide", "Wrong place.", admin.id), ("restore", "Right place after all.", admin.id)]


def test_a_report_is_answered_by_letting_the_review_stay(api, published):
    _, _, listing, _, review = published()
    path, admin = f"/reviews/{review['id']}/", api.as_admin()
    api.new_guest().post(path + "report/", {"reason": "I do not like it."}).expect(204)
    admin.post(path + "restore/", {"reason": "It is an opinion."}).expect(200)
    open_ones = admin.get("/reviews/reports/?limit=100").expect(200)["results"]
    assert review["id"] not in [r["review_id"] for r in open_ones]
    assert [r["id"] for r in listed(api, listing)] == [review["id"]]


def test_what_is_hidden_while_blind_stays_hidden_and_is_told_when_it_is_shown(api, clock, stayed, db):
    guest, host, listing, booking = stayed()
    review = write(guest, booking, 1).expect(201)

    def told():
        return db.execute("select count(*) from outbox_event where kind = 'review.published' and subject_id = %s",
                          [review["id"]]).fetchone()["count"]

    api.as_admin().post(f"/reviews/{review['id']}/hide/", {"reason": "Insults."}).expect(200)
    clock.advance(days=16)
    assert listed(api, listing) == [] and rating_of(listing, host) == (None, 0)
    clock.advance(seconds=1)
    for n, verb in enumerate(["restore", "hide", "restore"]):
        assert told() == min(n, 1), "once, when it becomes public"
        api.as_admin().post(f"/reviews/{review['id']}/{verb}/", {"reason": "Mild ones."}).expect(200)
    assert [r["id"] for r in listed(api, listing)] == [review["id"]] and rating_of(listing, host) == (1.0, 1)
    assert told() == 1


def test_what_is_shown_again_while_it_is_blind_is_told_once_it_is_public(api, clock, stayed, db):
    guest, host, listing, booking = stayed()
    review = write(guest, booking, 1).expect(201)
    events = "select count(*) from outbox_event where kind = 'review.published' and subject_id = %s"
    for verb in ("hide", "restore"):
        api.as_admin().post(f"/reviews/{review['id']}/{verb}/", {"reason": "By mistake."}).expect(200)
    assert db.execute(events, [review["id"]]).fetchone()["count"] == 0
    write(host, booking).expect(201)
    assert db.execute(events, [review["id"]]).fetchone()["count"] == 1


def test_reviews_of_what_is_not_public_are_its_hosts(api, published):
    _, host, listing, _, _ = published()
    host.patch(f"/properties/{listing['id']}/", {"status": "unlisted"}).expect(200)
    path = f"/properties/{listing['id']}/reviews/"
    api.anonymous.get(path).expect(404)
    api.new_guest().get(path).expect(404)
    for person in (host, api.as_admin()):
        assert len(person.get(path).expect(200)["results"]) == 1


def test_a_closed_account_leaves_its_words_without_its_name(api, published):
    guest, _, listing, _, review = published()
    assert listed(api, listing)[0]["author_name"] == "Guest"
    guest.delete("/users/me/").expect(204)
    assert [(r["id"], r["author_name"]) for r in listed(api, listing)] == [(review["id"], None)]
    api.anonymous.get(f"/users/{guest.id}/reviews/").expect(404)
