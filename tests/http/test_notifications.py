"""The list of notifications, preferences, unsubscribing. Threat I7."""

import concurrent.futures
import datetime

from support.messages import settled, told, wait_told

# The list


def test_notifications_are_listed_in_pages_read_and_counted(api, make):
    host = api.new_host()
    listing = make.listing(host, time_zone="UTC")
    for i in range(5):
        make.booking(listing, api.new_guest(), check_in=10 + 5 * i)
    wait_told(host, "booking_confirmed", 5)
    assert host.get("/notifications/unread-count/").expect(200) == {"unread": 5}
    seen, link = [], "/notifications/?limit=2&count=true"
    while link:
        page = host.get(link.removeprefix("/api/v1")).expect(200)
        assert page["count"] == 5
        seen += page["results"]
        link = page["next"]
    assert [n["id"] for n in seen] == sorted((n["id"] for n in told(host)), reverse=True) and len(seen) == 5
    one = seen[2]
    first = host.post(f"/notifications/{one['id']}/read/").expect(200)
    again = host.post(f"/notifications/{one['id']}/read/").expect(200)
    assert first["read_at"] and first == again
    assert one["id"] not in [n["id"] for n in told(host, unread="true")] and len(told(host, unread="true")) == 4
    back = host.get("/notifications/?limit=2").json
    second = host.get(back["next"].removeprefix("/api/v1")).json
    assert host.get(second["previous"].removeprefix("/api/v1")).json["results"] == back["results"]
    assert api.new_guest().post(f"/notifications/{one['id']}/read/").status == 404
    assert host.post("/notifications/read-all/").expect(200) == {"unread": 0} == host.get("/notifications/unread-count/").json
    assert told(host, unread="true") == [] and {n["read_at"] for n in told(host)} >= {first["read_at"]}


def test_the_count_is_exact_whoever_reads_at_once(api, make, db):
    host = api.new_host()
    listing = make.listing(host)
    for i in range(6):
        make.booking(listing, api.new_guest(), check_in=10 + 4 * i)
    ids = [n["id"] for n in wait_told(host, "booking_confirmed", 6)]
    host.token  # noqa: B018  # signed in before the threads begin
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        done = list(pool.map(lambda i: host.post(f"/notifications/{ids[i % 4]}/read/"), range(32)))
        counts = [host.get("/notifications/unread-count/").json["unread"]]
    assert {d.status for d in done} == {200} and counts == [2]
    assert len({d.json["read_at"] for d in done}) == 4, "each is read once"
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: host.post("/notifications/read-all/").expect(200), range(8)))
    unread = db.execute("select count(*) as n from notification where user_id = %s and read_at is null", [host.id])
    assert unread.fetchone()["n"] == 0 == host.get("/notifications/unread-count/").json["unread"]


# Preferences


def test_preferences_say_what_reaches_whom_and_required_ones_stay(api, make, mails, clock, db):
    guest, host = api.new_guest(), api.new_host()
    default = guest.get("/notifications/preferences/").expect(200)
    assert default["booking"] == {"mail": True, "in_app": True, "required": True}
    assert default["reminder"] == {"mail": True, "in_app": True, "required": False}
    changed = guest.patch("/notifications/preferences/", {"reminder": {"mail": False}, "review": {"in_app": False}}).expect(200)
    assert changed["reminder"]["mail"] is False and changed["reminder"]["in_app"] is True and changed["review"]["in_app"] is False
    refused = guest.patch("/notifications/preferences/", {"booking": {"mail": False, "in_app": False}, "account": {"mail": False},
                                                          "reminder": {"mail": True}})
    refused.expect(422, "invalid_input")
    assert refused.pointers == ["/account/mail", "/booking/in_app", "/booking/mail"]
    assert guest.get("/notifications/preferences/").json == changed, "nothing of a refused change is done"
    assert guest.patch("/notifications/preferences/", {"booking": {"mail": True}}).expect(200) == changed
    assert guest.patch("/notifications/preferences/", {"weather": {"mail": True}}).pointers == ["/weather"]

    booking = make.booking(make.listing(host, title="Quiet"), guest, check_in=8, nights=2)
    clock.set(datetime.datetime.fromisoformat(booking["starts_at"]) - datetime.timedelta(hours=20))
    wait_told(guest, "check_in_reminder")
    clock.set(datetime.datetime.fromisoformat(booking["ends_at"]) + datetime.timedelta(minutes=1))
    mails.wait(guest.email, "How was your stay at Quiet?")
    settled(db)
    assert not [s for s in mails.subjects(guest.email) if "begins soon" in s], "switched off"
    assert told(guest, "review_invitation") == []
    assert guest.patch("/notifications/preferences/", {"reminder": {"mail": True}}).json["reminder"]["mail"] is True


def test_one_click_unsubscribes_from_one_kind_without_signing_in(server, api, make, mails, clock):
    host, guest = api.new_host(), api.new_guest()
    booking = make.booking(make.listing(host, title="Dune"), guest, check_in=8, nights=2)
    clock.set(datetime.datetime.fromisoformat(booking["starts_at"]) - datetime.timedelta(hours=20))
    link = mails.wait(guest.email, "Your stay at Dune begins soon")["unsubscribe"]
    target = link[link.index("/unsubscribe"):]
    page = server.get(target)
    assert page.status == 200 and b"<form method=\"post\">" in page.body and page.headers["Cache-Control"] == "no-store"
    assert guest.get("/notifications/preferences/").json["reminder"]["mail"] is True, "looking at it changes nothing"
    for i in (5, 20, 30, len(target) - 2):
        other = "A" if target[-i] != "A" else "B"
        forged = target[:-i] + other + target[len(target) - i + 1:]
        assert server.post(forged, body=b"List-Unsubscribe=One-Click").status == 404, forged
    assert server.post("/unsubscribe", body=b"").status == 404 and server.put(target, body=b"").status == 405
    assert guest.get("/notifications/preferences/").json["reminder"]["mail"] is True
    for _ in range(2):
        click = {"body": b"List-Unsubscribe=One-Click", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}
        assert server.post(target, **click).status == 200
    preferences = guest.get("/notifications/preferences/").json
    assert preferences["reminder"] == {"mail": False, "in_app": True, "required": False} and preferences["review"]["mail"] is True
    assert host.get("/notifications/preferences/").json["reminder"]["mail"] is True
