"""Payments are stopped at every stage while something goes wrong there (S1–S17, V1–V3): no money is taken twice, none is
lost, and the ledger is what the provider says. ROOST_TEST_SEEDS=20 runs every cell of the grid with 20 payments each;
without it each stage meets a kill, each fault meets one stage, with three."""

import contextlib
import itertools
import os
import tempfile

import pytest

from support import fault_grid
from support.fault_cell import Cell
from support.fault_grid import FAULTS, STAGES
from support.payouts import share
from support.processes import Databases, PrivatePostgres
from support.stripe_place import StripePlace

WHOLE = "ROOST_TEST_SEEDS" in os.environ
SEEDS = int(os.environ.get("ROOST_TEST_SEEDS", "3"))
CELLS = [(s, f) for s in STAGES for f in FAULTS if WHOLE or f == "kill -9" or s == "S7"]
NEEDS = {"S14": {"booking_mode": "request"}, "S17": {"many_hosts": True}}


@pytest.fixture(scope="module")
def world(start_server, new_redis, api_of, binary):
    """(place, postgres, host, guests)"""
    # Not below pytest's own folder: another run takes away the right to pass through it.
    folder = tempfile.TemporaryDirectory(prefix="roost-postgres-", ignore_cleanup_errors=True)
    postgres = PrivatePostgres(folder.name).start()
    place = None
    try:
        database = Databases(postgres.url(), binary).create()
        place = StripePlace(start_server, database, new_redis(), api_of, ROOST_PAYMENTS_TIMEOUT_MS="1000", ROOST_HTTP_REQUEST_TIMEOUT_MS="4000",
                            ROOST_DATABASE_EXCLUSIVE="24", ROOST_DATABASE_LOCK_MS="20000", ROOST_DATABASE_STATEMENT_MS="20000")  # fmt: skip
        place.server.expect_errors("(?i)postgres|database|57P0|08006|unavailable|stripe|a job is given up")
        yield place, postgres, place.api.new_host(), [place.api.new_guest() for _ in range(SEEDS)]
    finally:
        if place:
            place.close()
        postgres.stop("immediate")
        folder.cleanup()


@pytest.fixture(scope="module")
def table(request):
    """(stage, fault) → how many payments were stopped there; printed at the end."""
    seen = {}
    yield seen
    rows = [f"{s:<5}" + "".join(f"{seen.get((s, f), ''):>16}" for f in FAULTS) for s in STAGES]
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print("\n\nPayments that were stopped at a stage while something went wrong:\n     " + "".join(f"{f:>16}" for f in FAULTS))
        print("\n".join(rows))


@pytest.mark.parametrize(("stage", "fault"), CELLS, ids=lambda name: name.replace(" ", "-"))
def test_money_is_taken_once_and_accounted_for(world, table, stage, fault):
    place, postgres, host, guests = world
    for some in itertools.batched(guests, getattr(FAULTS[fault], "at_once", len(guests))):
        cell = Cell(place, postgres, host, some)
        cell.book(**NEEDS.get(stage, {}))
        with contextlib.closing(cell.stack):
            STAGES[stage](cell)
            goes_wrong = FAULTS[fault](cell)
            next(goes_wrong)
            cell.thaw()
            next(goes_wrong, None)
            cell.end()
        check(cell, stage)
        table[stage, fault] = table.get((stage, fault), 0) + cell.frozen


def check(cell, stage):
    place = cell.place
    assert all(len(seed.told) == 1 for seed in cell.seeds), "one key is one payment"
    for seed in cell.seeds:
        assert len(place.intents(seed.payment)) == 1, "the provider was asked for one payment"
        assert len(place.stripe.captured(place.intent(seed.payment)["id"])) == 1, "and took it once"
        if stage == "S17":
            assert cell.house.payouts(seed.host) == [("paid", share(seed.booking))], "its host has it, once"
    place.assert_sound()


def test_the_grid_is_whole():
    assert len(STAGES) == 17 and len(FAULTS) == 8
    assert [s.__doc__.split(":")[0] for s in STAGES.values()] == list(STAGES), fault_grid.__doc__
