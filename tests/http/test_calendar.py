"""Closing nights by hand, and which nights are shown as free."""

from support.stays import ask, free



def test_blocks_of_one_host_merge_and_never_cover_a_stay(api, make, clock):
    host, guest = api.new_host(), api.new_guest()
    listing = make.listing(host)
    day = [clock.today(n) for n in range(60)]
    path = f"/properties/{listing['id']}/blocks/"

    def close(a, b, status=201):
        return host.post(path, {"from": day[a], "to": day[b]}).expect(status)

    close(20, 22), close(25, 28)
    booking = make.booking(listing, guest, check_in=30, nights=3)
    close(29, 31, 409)
    close(33, 34)
    one = close(22, 26)
    assert (one["from"], one["to"], one["kind"]) == (day[20], day[28], "host")
    seen = host.get(path).expect(200)["results"]
    assert [(b["from"], b["to"]) for b in seen] == [(day[20], day[28]), (day[33], day[34])]
    ask(guest, listing, day[27], day[29]).expect(409, "dates_taken")
    ask(guest, listing, day[28], day[30]).expect(201)
    host.delete(path + one["id"] + "/").expect(204)
    host.delete(path + one["id"] + "/").expect(404)
    ask(guest, listing, day[21], day[27]).expect(201)
    assert guest.get(f"/bookings/{booking['id']}/").expect(200)["status"] == "confirmed"


def test_blocks_are_listed_from_today_on_page_by_page(api, make, clock, db):
    host = api.new_host()
    listing, other = make.listing(host, time_zone="UTC"), make.listing(host, time_zone="UTC")
    path, day = f"/properties/{listing['id']}/blocks/", clock.today
    for where, first, last in ((other, -2, 0), *((listing, n, n + 2) for n in (-9, -1, 2, 5, 8, 11))):
        db.execute("insert into stay_block (id, property_id, blocked, kind, created_at) values"
                   " (gen_random_uuid(), %s, daterange(%s, %s), 'imported', now())", [where["id"], day(first), day(last)])
    want = [day(n) for n in (-1, 2, 5, 8, 11)]

    def walk(link, way):
        while link:
            page = host.get(link.removeprefix(api.prefix)).expect(200)
            yield [b["from"] for b in page["results"]], page
            link = page[way]

    assert [b["from"] for b in host.get(path).expect(200)["results"]] == want
    forward = list(walk(path + "?limit=2", "next"))
    assert [seen for seen, _ in forward] == [want[:2], want[2:4], want[4:]]
    assert [seen for seen, _ in walk(forward[-1][1]["previous"], "previous")] == [want[2:4], want[:2]]
    cursor = forward[0][1]["next"].rsplit("=", 1)[1]
    beside = f"/properties/{other['id']}/blocks/"
    assert host.get(beside).expect(200)["results"] == []
    assert host.get(f"{beside}?cursor={cursor}").pointers == ["cursor"]


def test_a_block_is_checked(api, make, clock):
    host, guest = api.new_host(), api.new_guest()
    path = f"/properties/{make.listing(host)['id']}/blocks/"
    day = clock.today
    assert host.post(path, {"from": day(5), "to": day(5)}).expect(422) and host.post(path, {"from": day(-2), "to": day(5)}).expect(422)
    assert host.post(path, {"from": day(5), "to": "2999-01-01"}).pointers == ["/to"]
    guest.post(path, {"from": day(5), "to": day(6)}).expect(403, "not_allowed")
    guest.get(path).expect(403, "not_allowed")
    api.anonymous.get(path).expect(401)
    draft = make.draft(host)
    guest.post(f"/properties/{draft['id']}/blocks/", {"from": day(5), "to": day(6)}).expect(404, "not_found")


def test_availability_is_bounded_and_hides_drafts(api, make, clock):
    host = api.new_host()
    draft = make.draft(host, time_zone="UTC")
    path = f"/properties/{draft['id']}/availability/"
    api.anonymous.get(path).expect(404)
    assert host.get(path).expect(200)["free"] == [{"from": clock.today(), "to": clock.today(90)}]
    host.get(f"{path}?from={clock.today()}&to={clock.today(371)}").expect(422)
    assert host.get(f"{path}?from={clock.today(-10)}&to={clock.today(-5)}").expect(200)["free"] == []


def test_the_hosts_word_replaces_an_imports_within_its_nights(api, make, clock, db):
    host = api.new_host()
    listing = make.listing(host)
    day = [clock.today(n) for n in range(40)]
    db.execute("""insert into stay_block (id, property_id, blocked, kind, created_at)
                  values (gen_random_uuid(), %s, daterange(%s, %s), 'imported', now())""", [listing["id"], day[10], day[30]])
    path = f"/properties/{listing['id']}/blocks/"
    host.post(path, {"from": day[15], "to": day[18]}).expect(201)
    seen = [(b["kind"], b["from"], b["to"]) for b in host.get(path).expect(200)["results"]]
    assert seen == [("imported", day[10], day[15]), ("host", day[15], day[18]), ("imported", day[18], day[30])]
    assert free(api, listing, day[5], day[35]) == [(day[5], day[10]), (day[30], day[35])]
