"""T15: an address that a stranger names reaches nothing that only this machine can reach."""

import socket

import pytest

from support.calendars import Calendars, Sentinel, calendar, event
from support.make import Make
from support.processes import wait_until

INSIDE = ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "localhost", "[::ffff:127.0.0.1]",
          "[64:ff9b::127.0.0.1]"]


@pytest.fixture(scope="module")
def guarded(start_server, new_database, new_redis, api_of):
    """http and any port, so that it is the address alone that stands in the way."""
    server = start_server(new_database(), new_redis(), ROOST_OUTBOUND_PLAIN_HTTP="true")
    yield api_of(server)
    server.close()


def outcome(api, host, listing, url):
    feed = host.post(f"/properties/{listing['id']}/feeds/", {"name": "x", "url": url}).expect(201)
    done = wait_until(lambda: (f := host.get(f"/feeds/{feed['id']}/").expect(200))["last_outcome"] and f, 30, "a fetch")
    host.delete(f"/feeds/{feed['id']}/").expect(204)
    return done["last_outcome"]


def test_nothing_inside_is_reached_however_it_is_named(guarded, api_of):
    host = guarded.new_host()
    listing = Make(guarded).listing(host)
    four, six, calendars = Sentinel(), Sentinel("::1"), Calendars()
    for name in INSIDE:
        assert outcome(guarded, host, listing, f"http://{name}:{four.port}/") in ("forbidden_address", "unknown_host"), name
    for url in (f"http://[::1]:{six.port}/", "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/",
                "http://100.64.0.1/", "http://192.168.1.1/", "http://[fd00::1]/", "http://[fe80::1]/"):
        assert outcome(guarded, host, listing, url) == "forbidden_address", url
    assert (four.accepts, six.accepts, calendars.asked) == (0, 0, [])
    for thing in (four, six, calendars):
        thing.close()


def test_without_the_guard_it_is_reached(start_server, new_database, new_redis, api_of):
    """Control: the sentinel counts, and redirects are followed where they may be."""
    server = start_server(new_database(), new_redis(), ROOST_OUTBOUND_PLAIN_HTTP="true", ROOST_OUTBOUND_PRIVATE_ADDRESSES="true")
    api = api_of(server)
    host, sentinel, calendars = api.new_host(), Sentinel(), Calendars()
    listing = Make(api).listing(host)
    assert outcome(api, host, listing, f"http://2130706433:{sentinel.port}/") == "broken"
    assert sentinel.accepts >= 1
    there = calendars.put("there", calendar(event(api.clock.today(5), api.clock.today(6))))
    assert outcome(api, host, listing, calendars.put("moved", "", status=301, Location=there)) == "read"
    loop = calendars.put("loop", "", status=302, Location="/loop")
    assert outcome(api, host, listing, loop) == "too_many_redirects"
    for scheme in ("file:///etc/passwd", "gopher://127.0.0.1/", f"http://u:p@127.0.0.1:{sentinel.port}/"):
        assert outcome(api, host, listing, calendars.put("away", "", status=302, Location=scheme)) == "bad_address"
    sentinel.close()
    calendars.close()
    server.close()


def test_addresses_are_refused_by_their_text_before_anything_is_asked(api, make):
    host = api.new_host()
    listing = make.listing(host)
    for url in ("http://calendar.example/a.ics", "https://calendar.example:22/", "https://calendar.example:8443/",
                "file:///etc/passwd", "gopher://calendar.example/", "https://u@calendar.example/", "https://u:p@127.0.0.1/",
                "calendar.example", "javascript:alert(1)", "https://calendar.example/\nX", "https://[fe80::1%25lo]/"):
        reply = host.post(f"/properties/{listing['id']}/feeds/", {"name": "x", "url": url})
        assert reply.status == 422 and reply.pointers == ["/url"], url
    for url in ("https://127.0.0.1/", "webcal://[::1]/"):
        assert outcome(api, host, listing, url) == "forbidden_address"


def test_in_production_the_guard_cannot_be_opened(binary, database, redis_url):
    import subprocess

    from support.processes import server_environment

    for name in ("PLAIN_HTTP", "PRIVATE_ADDRESSES"):
        environment = server_environment(database, redis_url, ROOST_ENVIRONMENT="production", ROOST_HTTP_PORT="0",
                                         **{f"ROOST_OUTBOUND_{name}": "true"})
        done = subprocess.run([binary, "serve"], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2 and "ROOST_OUTBOUND" in done.stderr


def test_a_machine_that_never_answers_is_given_up_and_a_server_ends_meanwhile(start_server, new_database, new_redis, api_of):
    server = start_server(new_database(), new_redis(), ROOST_OUTBOUND_PLAIN_HTTP="true", ROOST_OUTBOUND_PRIVATE_ADDRESSES="true")
    api = api_of(server)
    host = api.new_host()
    listing = Make(api).listing(host)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        url = f"http://127.0.0.1:{mute.getsockname()[1]}/"
        host.post(f"/properties/{listing['id']}/feeds/", {"name": "mute", "url": url}).expect(201)
        peer, _ = mute.accept()  # it is being asked
        assert server.stop() == 0
        peer.close()
