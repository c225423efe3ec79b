#!/usr/bin/env python3
"""Runs a command with a fresh Roost server beside it: with_server.py COMMAND…

Needs ROOST_BIN, ROOST_TEST_PG and ROOST_TEST_REDIS (`./dev test` sets them); the command finds the server at
ROOST_TEST_URL and has the server's settings, so that `$ROOST_BIN user create` and the like work beside it; among them where a
Stripe is that takes payments here. Exits with the command's status, or 1 if the server logged an error or did not end cleanly.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parent / "http"))
from support.processes import Databases, Server, redis_database, server_environment  # noqa: E402
from support.stripe import Stripe  # noqa: E402

READS_CALENDARS_HERE = {"ROOST_OUTBOUND_PLAIN_HTTP": "true", "ROOST_OUTBOUND_PRIVATE_ADDRESSES": "true"}


def main(command):
    binary = os.environ["ROOST_BIN"]
    databases = Databases(os.environ["ROOST_TEST_PG"], binary)
    stripe = Stripe()
    paid = {**stripe.environment(), "ROOST_PAYMENTS_PROVIDERS": "sandbox,stripe"}
    try:
        with tempfile.TemporaryDirectory() as folder:
            environment = server_environment(
                databases.create(), redis_database(os.environ["ROOST_TEST_REDIS"], 0), **READS_CALENDARS_HERE, **paid
            )
            server = stripe.target = Server(binary, folder, environment).start()
            server.expect_errors("a provider refuses to give money back")  # on the way to asking for it again
            try:
                status = subprocess.run(command, env={**os.environ, **environment, "ROOST_TEST_URL": server.url}).returncode
            finally:
                server.close()
            surprises = server.surprises()
            print(*surprises, sep="\n", end="\n" if surprises else "", file=sys.stderr)
            return status or int(bool(surprises) or server.exit_codes != [0])
    finally:
        stripe.close()
        databases.drop_all()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
