"""Mail servers that say no, or nothing, and processes that end meanwhile. W1–W3; I7, I12."""

import concurrent.futures
import http.client
import signal
import subprocess
import threading
import time
import uuid

import pytest

from support.mails import ScriptedSmtp, SmtpServer, hurry, mail_of
from support.processes import wait_until

SEND, DISPATCH = "notifications.send_mail", "notifications.dispatch"


def jobs_of(db, kind=SEND):
    return db.execute("select * from job where kind = %s order by id", [kind]).fetchall()


def lease_of(db, kind):
    """What is left of the lease of the one that runs, in seconds, once one does."""
    left = "select extract(epoch from lease_until - clock_timestamp()) as s from job where kind = %s and status = 'running'"
    return wait_until(lambda: db.execute(left, [kind]).fetchone(), what=f"{kind} running")["s"]


# What it says


@pytest.mark.parametrize("command, reply", [
    ("greeting", "554 no service for you"), ("MAIL", "530 5.7.0 sign in first"), ("MAIL", "550 not this sender"),
    ("RCPT", "530 5.7.0 sign in first"), ("RCPT", "535 sign in again"), ("DATA", "451 not now")])
def test_what_is_said_to_us_is_not_said_to_the_mail(mailing, command, reply):
    with ScriptedSmtp(**{command: reply}) as smtp:
        _, api, db = mailing(smtp)
        ann = api.new_guest("ann")
        failed = wait_until(lambda: (m := mail_of(db, ann)) and m["last_error"] and m, what="a failure")
        assert failed["status"] == "waiting" and reply[:3] in failed["last_error"]
        smtp.answers = {}
        hurry(db)
        wait_until(lambda: mail_of(db, ann)["status"] == "sent", what="the mail being sent once it may")
    assert smtp.taken == [ann.email]


@pytest.mark.parametrize("command", ["RCPT", "DATA", "."])
def test_what_is_said_to_the_mail_is_final(mailing, command):
    """Control of the one before."""
    with ScriptedSmtp(**{command: "554 not this one"}) as smtp:
        _, api, db = mailing(smtp)
        ann = api.new_guest("ann")
        wait_until(lambda: (m := mail_of(db, ann)) and m["status"] == "refused", what="the mail being refused")
    assert "554" in mail_of(db, ann)["last_error"] and jobs_of(db) == []


# When we end


@pytest.mark.parametrize("mute", ["RCPT", "."])
def test_a_mute_server_holds_up_no_end_and_what_it_did_not_take_waits_uncounted(mailing, mute):
    with ScriptedSmtp(**{mute: None}) as smtp:
        server, api, db = mailing(smtp, ROOST_MAIL_CONNECTIONS="1", ROOST_HTTP_DRAIN_TIMEOUT_MS="8000")
        people = [api.new_guest() for _ in range(3)]
        wait_until(lambda: mute in smtp.asked and len([j for j in jobs_of(db) if j["status"] == "running"]) == 3,
                   what="one mail being sent and two behind it")
        assert server.stop() == 0
        assert [(j["status"], j["tries"], j["lease_until"]) for j in jobs_of(db)] == [("waiting", 0, None)] * 3
        assert [mail_of(db, p)["status"] for p in people] == ["waiting"] * 3
        smtp.answers = {}
        server.start()
        wait_until(lambda: all(mail_of(db, p)["status"] == "sent" for p in people), what="all mails being sent")
    assert sorted(smtp.taken) == sorted(p.email for p in people), "each once"


def test_a_server_that_does_not_say_goodbye_holds_up_no_end(mailing):
    with ScriptedSmtp(QUIT=None) as smtp:
        server, api, db = mailing(smtp)
        ann = api.new_guest("ann")
        wait_until(lambda: (m := mail_of(db, ann)) and m["status"] == "sent", what="the mail being sent")
        assert server.stop(20) == 0


def test_two_signals_under_a_burst_of_sign_ins_end_it_cleanly(start_server, new_database, new_redis, api_of):
    server = start_server(new_database(), new_redis())
    ann = api_of(server).new_guest("ann")
    ann.token
    sign_in = {"username": ann.username, "password": "not the password"}
    begun = threading.Barrier(17)

    def sign_in_again_and_again():
        begun.wait(30)
        with pytest.raises((OSError, http.client.HTTPException)):
            while True:
                server.post("/api/v1/auth/login/", sign_in)

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        everybody = [pool.submit(sign_in_again_and_again) for _ in range(16)]
        begun.wait(30)
        time.sleep(0.5)
        server.signal(signal.SIGTERM)
        server.signal(signal.SIGTERM)
        assert server.wait(40) == 0
        for one in everybody:
            one.result(60)


# Under load


def test_a_slow_server_gets_every_mail_once(mailing):
    with SmtpServer(answer=lambda to, m: time.sleep(0.3)) as smtp:
        _, api, db = mailing(smtp, ROOST_MAIL_CONNECTIONS="1")
        people = [api.new_guest() for _ in range(10)]
        wait_until(lambda: all((m := mail_of(db, p)) and m["status"] == "sent" for p in people), 60, "all mails being sent")
        wait_until(lambda: jobs_of(db) == [], what="all jobs done")
        assert [len(smtp.to(p.email, accepted=False)) for p in people] == [1] * 10


def test_poison_ends_up_dead_while_others_arrive_and_people_can_mend_it(mailing, binary):
    spoiled = threading.Event()
    spoiled.set()
    with SmtpServer(answer=lambda to, m: "451 not now" if spoiled.is_set() and to.startswith("poison") else None) as smtp:
        server, api, db = mailing(smtp)
        server.expect_errors("a job is given up")
        poison = api.new_guest("poison")
        others = [api.new_guest() for _ in range(5)]

        def dead():
            hurry(db)
            return [j for j in jobs_of(db) if j["status"] == "dead"]

        wait_until(dead, 60, "the poison being given up")
        wait_until(lambda: all(smtp.to(p.email) for p in others), what="the others' mails")
        assert mail_of(db, poison)["status"] == "failed" and not smtp.to(poison.email)
        spoiled.clear()
        mended = subprocess.run([binary, "jobs", "retry", "--kind", SEND], capture_output=True, timeout=60,
                                env={"ROOST_DATABASE_URL": server.environment["ROOST_DATABASE_URL"]})
        assert mended.returncode == 0
        smtp.wait(poison.email)
        wait_until(lambda: mail_of(db, poison)["status"] == "sent" and jobs_of(db) == [], what="the poison being sent")


# Leases


def test_who_stood_still_past_the_lease_changes_nothing_and_the_mail_has_one_id(mailing, start_server, new_redis):
    arrived, go_on = [], threading.Event()

    def slowly(to, message):
        arrived.append(message["Message-ID"])
        if len(arrived) == 1:
            go_on.wait(60)

    with SmtpServer(answer=slowly) as smtp:
        first, api, db = mailing(smtp)
        ann = api.new_guest("ann")
        wait_until(lambda: arrived, what="the mail at the server")
        first.signal(signal.SIGSTOP)
        try:
            second = start_server(first.environment["ROOST_DATABASE_URL"], new_redis(),
                                  **{k: v for k, v in first.environment.items() if k.startswith("ROOST_MAIL_")})
            db.execute("update job set lease_until = now() where kind = %s and status = 'running'", [SEND])
            wait_until(lambda: mail_of(db, ann)["status"] == "sent", 60, "the mail being sent by the other")
        finally:
            go_on.set()
            first.signal(signal.SIGCONT)
        wait_until(lambda: "lease had passed to another" in first.log_text(), 60, "the first noticing")
        second.close()
        mails = db.execute("select status from mail where user_id = %s", [ann.id]).fetchall()
    assert [m["status"] for m in mails] == ["sent"] and jobs_of(db) == []
    assert len(arrived) == 2 and len(set(arrived)) == 1


def test_after_a_kill_the_next_process_waits_less_than_a_minute(mailing):
    """I12: people are told within 60 s, and nobody takes over what runs before its lease ends."""
    with ScriptedSmtp(**{".": None}) as smtp:
        _, api, db = mailing(smtp, ROOST_HTTP_DRAIN_TIMEOUT_MS="2000")
        api.new_guest()
        assert lease_of(db, SEND) < 60
        with db.transaction():
            db.execute("lock table mail in exclusive mode")
            api.new_guest()
            assert lease_of(db, DISPATCH) < 30


def test_old_mails_are_forgotten_even_if_their_last_try_never_ended(mailing):
    with ScriptedSmtp(RCPT="451 not now") as smtp:
        _, api, db = mailing(smtp)
        killed, young, never_begun = people = [api.new_guest() for _ in range(3)]
        wait_until(lambda: all((m := mail_of(db, p)) and m["last_error"] for p in people), what="a failure of each")
        db.execute("update job set status = 'dead', lease_until = null where kind = %s", [SEND])
        db.execute("update mail set attempts = 0 where user_id = %s", [never_begun.id])
        db.execute("update mail set created_at = now() - interval '31 days' where user_id in (%s, %s)", [killed.id, never_begun.id])
        db.execute("insert into job (id, kind, payload, priority, status) values (%s, 'notifications.tidy', '{}', 5, 'waiting')",
                   [uuid.uuid4()])
        wait_until(lambda: mail_of(db, killed) is None, what="the old mail being forgotten")
        assert mail_of(db, young)["status"] == mail_of(db, never_begun)["status"] == "waiting"
