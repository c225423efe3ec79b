"""Signatures of events as providers make them: "t=…,v1=HMAC-SHA256(secret, t.body)"."""

import hashlib
import hmac


def code(secret, time, body):
    return hmac.new(secret.encode(), f"{time}.".encode() + body, hashlib.sha256).hexdigest()


def sign(secret, body, now, late=0, scheme="v1"):
    """`late`: by how many seconds the signer's clock is ahead."""
    time = int(now.timestamp()) + late
    return f"t={time},{scheme}={code(secret, time, body)}"
