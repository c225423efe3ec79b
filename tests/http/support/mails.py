"""Mails as people get them: those the server kept, and a real SMTP server to send them to."""

import email
import email.policy
import re
import socketserver
import ssl
import threading

from .processes import ReservedPort, wait_until


class Kept:
    """What /dev/mail shows of one server."""

    def __init__(self, server):
        self.server = server

    def to(self, address):
        """The latest first."""
        return self.server.get(f"/dev/mail.json?to={address}").expect(200)["results"]

    def wait(self, address, subject, count=1, seconds=30):
        """The latest `count` mails whose subject contains that, once there are so many."""

        def enough():
            found = [m for m in self.to(address) if subject in m["subject"]]
            return found[:count] if len(found) >= count else None

        found = wait_until(enough, seconds, f"{count} mails “{subject}” to {address}, of {self.subjects(address)}")
        return found[0] if count == 1 else found

    def subjects(self, address):
        return [m["subject"] for m in self.to(address)]


def mail_of(db, person):
    return db.execute("select * from mail where user_id = %s order by id", [person.id]).fetchone()


def hurry(db):
    """Retries come at once instead of within seconds or minutes."""
    db.execute("update job set ready_at = now() where kind = 'notifications.send_mail' and ready_at > now()")


def token_in(mail):
    return re.search(r"#token=([\w-]+)", mail["text"])[1]


class SmtpServer:
    """aiosmtpd on a free port. `answer(recipient, message)` may give another reply than 250, or take its time."""

    def __init__(self, tls=None, user=None, password=None, answer=None):
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult

        self.received = []  # (envelope sender, recipients, parsed message)
        self.sessions = []
        self.answer = answer or (lambda recipient, message: None)
        self._lock = threading.Lock()
        reserved = ReservedPort()
        self.port = reserved.number
        reserved.close()

        def authenticate(server, session, envelope, mechanism, data):
            good = (data.login, data.password) == (user.encode(), password.encode())
            return AuthResult(success=good)

        options = {}
        if user:
            options = {"authenticator": authenticate, "auth_required": True, "auth_require_tls": tls is not None}
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, tls_context=tls, require_starttls=tls is not None, **options
        )

    async def handle_DATA(self, server, session, envelope):
        import asyncio

        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        reply = await asyncio.get_running_loop().run_in_executor(None, self.answer, envelope.rcpt_tos[0], message)
        with self._lock:
            self.sessions.append((session.ssl is not None, bool(session.authenticated)))
            self.received.append((envelope.mail_from, list(envelope.rcpt_tos), message, envelope.content, reply or "250"))
        return reply or "250 OK"

    def to(self, address, accepted=True):
        with self._lock:
            return [r for r in self.received if address in r[1] and (r[4].startswith("250") or not accepted)]

    def wait(self, address, count=1, accepted=True, seconds=60):
        return wait_until(
            lambda: (found := self.to(address, accepted)) and len(found) >= count and found,
            seconds,
            f"{count} mails to {address}",
        )

    def __enter__(self):
        self._controller.start()
        return self

    def __exit__(self, *_):
        self._controller.stop()


class ScriptedSmtp:
    """Says to each command what `answers` has for it, by verb; also to "greeting" and to "." (the content). None is
    silence. `taken` are the recipients of what it accepted."""

    GOOD = {"greeting": "220 mail.test", "DATA": "354 go on", "QUIT": "221 bye"}

    def __init__(self, **answers):
        self.answers = answers
        self.asked = []  # verbs, in their order
        self.taken = []
        smtp = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self):
                recipient = ""
                self.say("greeting")
                while line := self.rfile.readline().decode():
                    verb = line.split(":")[0].split()[0].upper()
                    recipient = line.split("<")[1].split(">")[0] if verb == "RCPT" else recipient
                    if self.say(verb).startswith("354"):
                        while (line := self.rfile.readline()) not in (b".\r\n", b""):
                            pass
                        if line and self.say(".").startswith("250"):
                            smtp.taken.append(recipient)

            def say(self, verb):
                smtp.asked.append(verb)
                reply = {**smtp.GOOD, **smtp.answers}.get(verb, "250 good")
                if reply:
                    self.wfile.write(reply.encode() + b"\r\n")
                return reply or ""

        class Listener(socketserver.ThreadingTCPServer):
            daemon_threads, allow_reuse_address, block_on_close = True, True, False

            def handle_error(self, *_):
                """Who is gone needs no answer."""

        self._listener = Listener(("127.0.0.1", 0), Session)
        self.port = self._listener.server_address[1]
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.shutdown()
        self._listener.server_close()


def certificate(folder):
    """A certificate for 127.0.0.1 that signs itself: (path of its PEM, server context)."""
    import datetime
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.test")])
    now = datetime.datetime.now(datetime.timezone.utc)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, key_pem = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key_pem)
    return pem, context
