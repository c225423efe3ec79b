"""Texts that a careless layer would change, split, execute or lose come back as they were sent (threat T18)."""

import urllib.parse

import pytest

from support.refusals import assert_not_our_fault

AWKWARD = [
    "plain",
    "O'Brien; drop table property; --",
    '"double" \\back\\slash\\',
    "100% _sure_ %s $1 {0} {{7*7}}",
    "<script>alert(1)</script> &amp; <b>",
    "=cmd|' /C calc'!A0",
    "Größe – ñandú œuvre",
    "日本語の家",
    "بيت للإيجار",
    "\u202eright to left",
    "🏠👩‍👩‍👧‍👦🇰🇪",
    "e\u0301 is not é",
    "zero\u200bwidth\ufeff",
    "line\u2028separator",
    "a  b   c",
    "*3\r\n$3\r\nSET",
    "two\nlines\tand a tab",
    "null",
    "true",
    "0012",
    "1e5",
    "\x7f\u0080\u009f",
    "\U0010ffff",
    "\ufffd",
    "..//..\\",
    "(a|b)*[c]{2}^$",
    "a&b=c#d?e+f%20",
]


@pytest.mark.parametrize("text", AWKWARD)
def test_texts_come_back_as_they_were_sent(text, contract, api, make):
    """Every free text that can be written, through every operation whose reply shows it."""
    host = api.as_host("scribe")
    draft = make.draft(host)
    patch = next(op for op in contract.operations if op.name == "PATCH /properties/{property_id}/")
    free = [
        n
        for n, s in contract.resolve(patch.body)["properties"].items()
        if contract.kind(s) == "string" and not {"enum", "format", "pattern"} & contract.resolve(s).keys()
    ]
    assert {"title", "description"} <= set(free)
    seen = 0
    for name in free:
        reply = host.patch(f"/properties/{draft['id']}/", {name: text})
        if reply.status == 200:
            assert reply.json[name] == text
            assert host.get(f"/properties/{draft['id']}/").expect(200)[name] == text
            seen += 1
        else:
            reply.expect(422, "invalid_input")
    assert seen >= 2
    reply = api.as_guest("scribe").patch("/users/me/", {"display_name": text, "bio": text})
    if reply.status == 200:
        assert (reply.json["display_name"], reply.json["bio"]) == (text, text)
    else:
        reply.expect(422, "invalid_input")


@pytest.mark.parametrize("text", AWKWARD)
def test_texts_in_searches_find_only_what_holds_them(text, api, make, server):
    listing = make.listing(api.as_host("scribe"), description="An honest place without surprises.")
    reply = api.anonymous.get("/properties/?" + urllib.parse.urlencode({"q": text, "limit": 5}))
    assert_not_our_fault(reply, what=text)
    for name in ("city", "ordering", "amenities", "bbox", "near"):
        assert_not_our_fault(
            api.anonymous.get("/properties/?" + urllib.parse.urlencode({name: text})), what=f"{name}: {text}"
        )
    assert api.anonymous.get(f"/properties/{listing['id']}/").status == 200
