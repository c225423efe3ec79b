"""Mails through a real SMTP server: what they are made of, and what happens when it says no. W1, I7; threat T18."""

import threading
import time

import pytest

from support.make import Make
from support.mails import SmtpServer, certificate, hurry, mail_of
from support.processes import wait_until


def test_a_mail_is_what_the_standards_say(mailing):
    with SmtpServer() as smtp:
        server, api, db = mailing(smtp)
        guest = api.new_guest()
        guest.patch("/users/me/", {"display_name": "Zoë \"Z\" 日本"}).expect(200)
        Make(api).booking(Make(api).listing(title="Höhle – 日本語の家 " + "ü" * 40), guest)
        [_, (sender, recipients, message, raw, _)] = smtp.wait(guest.email, 2)
        assert server.get("/dev/mail").status == 404
    assert sender == "stays@roost.example" and recipients == [guest.email]
    assert all(len(line) <= 998 for line in raw.split(b"\r\n")) and raw.isascii()
    assert message["To"].addresses[0].display_name == "Zoë \"Z\" 日本" and message["To"].addresses[0].addr_spec == guest.email
    assert str(message["Subject"]).startswith("Your stay at Höhle – 日本語の家 üüü") and str(message["Subject"]).endswith("is confirmed")
    ours = [line for line in raw.split(b"\r\n\r\n")[0].split(b"\r\n") if not line.startswith(b"Content-Type")]
    assert all(len(line) <= 78 for line in ours), ours
    assert message["Message-ID"].endswith("@roost.example>") and message["Auto-Submitted"] == "auto-generated"
    assert message["Date"].datetime.year >= 2026 and message["MIME-Version"] == "1.0"
    assert message.get_content_type() == "multipart/mixed"
    alternatives, stay = message.iter_parts()
    assert alternatives.get_content_type() == "multipart/alternative"
    text, html = alternatives.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content().startswith("Hello Zoë \"Z\" 日本,") and "<!doctype html>" in html.get_content()
    assert stay.get_content_type() == "text/calendar" and stay.get_filename() == "stay.ics"
    assert message.defects == [] and text.defects == []


@pytest.mark.parametrize("name", ["Ann\r\nBcc: victim@example.com", "Ann\n.\nRSET", "=?utf-8?b?Qg==?=", 'A" <victim@example.com>, "B',
                                  "x <victim@example.com>, " + "y" * 50])
def test_no_name_becomes_a_header_or_a_recipient(mailing, name):
    with SmtpServer() as smtp:
        _, api, _ = mailing(smtp)
        guest = api.new_guest()
        if guest.patch("/users/me/", {"display_name": name}).status != 200:
            return
        smtp.wait(guest.email)
        guest.post("/auth/verify-email/resend/").expect(204)
        _, (_, recipients, message, _, _) = smtp.wait(guest.email, 2)
    assert recipients == [guest.email] and message["Bcc"] is None
    assert [a.addr_spec for a in message["To"].addresses] == [guest.email]
    # Python puts a space between encoded words, where RFC 2047 (6.2) has none.
    assert "".join(message["To"].addresses[0].display_name.split()) == "".join(name.split())


def test_a_temporary_no_is_tried_again_under_the_same_message_id(mailing):
    answers = iter(["451 come again", "421 too many of you"])
    with SmtpServer(answer=lambda to, m: next(answers, None)) as smtp:
        _, api, db = mailing(smtp)
        ann = api.new_guest("ann")
        for n in (1, 2, 3):
            smtp.wait(ann.email, n, accepted=False)
            wait_until(lambda: (m := mail_of(db, ann)) and (m["status"] == "sent" or m["last_error"]) and m["attempts"] >= n)
            hurry(db)
        tries = smtp.wait(ann.email, 3, accepted=False)
        wait_until(lambda: mail_of(db, ann)["status"] == "sent")
    assert [t[4][:3] for t in tries] == ["451", "421", "250"]
    assert len({t[2]["Message-ID"] for t in tries}) == 1 and len({str(t[2]["Date"]) for t in tries}) == 1


def test_a_final_no_is_recorded_and_not_argued_with(mailing):
    with SmtpServer(answer=lambda to, m: "550 no such mailbox") as smtp:
        server, api, db = mailing(smtp)
        ann = api.new_guest("ann")
        wait_until(lambda: (m := mail_of(db, ann)) and m["status"] == "refused", what="the mail being refused")
        hurry(db)
        time.sleep(1.5)
        assert len(smtp.to(ann.email, accepted=False)) == 1
    mail = mail_of(db, ann)
    assert "550" in mail["last_error"] and mail["ended_at"] and ann.email not in mail["last_error"]
    assert ann.email not in server.log_text()


def test_a_server_that_is_away_is_waited_for_and_at_last_the_job_is_dead(mailing):
    with SmtpServer() as smtp:
        pass  # its port is free again: nobody answers there
    server, api, db = mailing(smtp)
    server.expect_errors("a job is given up")
    ann = api.new_guest("ann")
    wait_until(lambda: (m := mail_of(db, ann)) and m["last_error"], what="a first failure")
    assert mail_of(db, ann)["status"] == "waiting"
    db.execute("update job set tries = 19 where kind = 'notifications.send_mail'")
    hurry(db)
    wait_until(lambda: mail_of(db, ann)["status"] == "failed", what="the last failure")
    status = "select status from job where kind = 'notifications.send_mail'"
    wait_until(lambda: [d["status"] for d in db.execute(status)] == ["dead"], what="its job given up")


def test_tls_and_signing_in(mailing, tmp_path):
    pem, context = certificate(tmp_path)
    with SmtpServer(tls=context, user="roost", password="mail secret battery") as smtp:
        good = {"ROOST_MAIL_TLS": "true", "ROOST_MAIL_CA_FILE": str(pem), "ROOST_MAIL_USERNAME": "roost",
                "ROOST_MAIL_PASSWORD": "mail secret battery"}
        server, api, _ = mailing(smtp, **good)
        ann = api.new_guest("ann")
        smtp.wait(ann.email)
        assert smtp.sessions == [(True, True)]
        assert "mail secret battery" not in server.log_text()

        _, api, db = mailing(smtp, **{**good, "ROOST_MAIL_PASSWORD": "not the secret"})
        bob = api.new_guest("bob")
        wait_until(lambda: (m := mail_of(db, bob)) and m["last_error"], what="a refused sign-in")
        assert mail_of(db, bob)["status"] == "waiting", "our setting is wrong, not the mail"

        _, api, db = mailing(smtp, **{**good, "ROOST_MAIL_CA_FILE": ""})
        eve = api.new_guest("eve")
        wait_until(lambda: (m := mail_of(db, eve)) and m["last_error"], what="a refused certificate")
        assert smtp.to(bob.email) == smtp.to(eve.email) == []


def test_nothing_is_said_to_a_server_without_tls_unless_that_is_allowed(mailing):
    with SmtpServer() as smtp:
        _, api, db = mailing(smtp, ROOST_MAIL_TLS="true")
        ann = api.new_guest("ann")
        wait_until(lambda: (m := mail_of(db, ann)) and m["last_error"], what="the mail being held back")
        assert smtp.received == [] and mail_of(db, ann)["status"] == "waiting"


def test_a_kill_between_sending_and_noting_repeats_the_mail_under_its_id(mailing):
    """The server has the mail, we are killed before we know: it is sent again, and receivers can tell."""
    arrived, go_on = [], threading.Event()

    def slowly(to, message):
        arrived.append(message)
        if len(arrived) == 1:
            go_on.wait(60)

    with SmtpServer(answer=slowly) as smtp:
        server, api, db = mailing(smtp)
        ann = api.new_guest("ann")
        wait_until(lambda: arrived, what="the mail at the server")
        server.kill()
        go_on.set()
        assert mail_of(db, ann)["status"] == "waiting"
        server.start()
        db.execute("update job set lease_until = now() where status = 'running'")  # instead of waiting for it to end
        wait_until(lambda: mail_of(db, ann)["status"] == "sent", what="the mail being noted")
    tokens = {m.get_body(("plain",)).get_content().split("#token=")[1].split()[0] for m in arrived}
    assert len(arrived) == 2 and len({m["Message-ID"] for m in arrived}) == 1
    assert len(tokens) == 2, "each has a token of its own, and either works"
    for i, token in enumerate(sorted(tokens)):
        assert api.anonymous.post("/auth/verify-email/", {"token": token}).status == (204 if i == 0 else 422)
