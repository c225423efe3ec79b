"""Certificates as PayPal's, and others that only look like them."""

import datetime

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

SIGNER = "messageverificationcerts.paypal.com"
YEARS = datetime.timedelta(days=3650)


def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


def issued(by, subject, key, host=None, begins=-YEARS, ends=YEARS):
    """A certificate that `by` has signed; without a host its own, as an authority."""
    now = datetime.datetime.now(datetime.timezone.utc)
    issuer = by.certificate.subject if host else subject
    builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
               .serial_number(x509.random_serial_number()).not_valid_before(now + begins).not_valid_after(now + ends)
               .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True))  # fmt: skip
    if host:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    return builder.sign(by.key, hashes.SHA256())


class Authority:
    def __init__(self, name="Test authority"):
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.certificate = issued(self, named(name), self.key.public_key())

    def pem(self):
        return pem(self.certificate)

    def signer(self, host=SIGNER, **validity):
        """Somebody who signs under a certificate of this authority."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return Signer(key, issued(self, named(host), key.public_key(), host=host, **validity), self)


class Signer:
    def __init__(self, key, certificate, authority):
        self.key, self.certificate, self.authority = key, certificate, authority

    def pem(self):
        return pem(self.certificate) + self.authority.pem()

    def sign(self, text):
        return self.key.sign(text, padding.PKCS1v15(), hashes.SHA256())

    def signer(self):
        """Somebody whom this one vouches for, who is no authority."""
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        return Signer(key, issued(self, named(SIGNER), key.public_key(), host=SIGNER), self)
