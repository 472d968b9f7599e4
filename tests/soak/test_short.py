"""Each harness in little: it passes on the product and fails on a store broken on purpose."""

import shutil
import subprocess
import sys

import pytest

from datasetbuilder.projects.sqlite.integrity import IntegrityCheck
from tests.soak import (
    annotators,
    big_project,
    disk_full,
    flipped_pages,
    io_errors,
    kill_rounds,
    power_loss,
)
from tests.soak.client import ROOT

pytestmark = pytest.mark.slow

PEOPLE = ["--seconds", "2", "--clients", "4", "--saturated", "2", "--exported", "0", "--no-bars"]


@pytest.mark.parametrize(
    ("broken", "code"), [([], 0), (["--broken", "ack-early"], 1)], ids=["product", "ack-early"]
)
def test_nothing_acknowledged_is_lost_by_kills(broken, code):
    arguments = ["--rounds", "6", "--longest", "0.6"]
    assert kill_rounds.main([*arguments, *broken]) == code


@pytest.mark.skipif(shutil.which("cc") is None, reason="the shim needs a C compiler")
@pytest.mark.parametrize(
    ("broken", "code"), [([], 0), (["--broken", "no-sync"], 1)], ids=["product", "no-sync"]
)
def test_nothing_acknowledged_is_lost_by_a_power_cut(broken, code):
    assert power_loss.main(["--points", "24", "--saves", "80", *broken]) == code


def test_saves_go_on_by_themselves_when_a_full_disk_has_room_again():
    assert disk_full.main(["--cycles", "2"]) == 0


def test_a_store_that_answers_early_is_caught_by_a_full_disk():
    assert disk_full.main(["--cycles", "1", "--broken", "ack-early"]) == 1


@pytest.mark.skipif(shutil.which("cc") is None, reason="the shim needs a C compiler")
@pytest.mark.parametrize(
    ("broken", "code"), [([], 0), (["--broken", "ack-early"], 1)], ids=["product", "ack-early"]
)
def test_saves_go_on_by_themselves_when_the_disk_reports_no_more_errors(broken, code):
    assert io_errors.main(["--cycles", "6", *broken]) == code


@pytest.mark.parametrize(
    ("broken", "code"), [([], 0), (["--broken", "blind"], 1)], ids=["product", "blind"]
)
def test_no_update_is_lost_among_many(broken, code):
    assert annotators.main([*PEOPLE, *broken]) == code


def test_a_flipped_page_is_noticed():
    assert flipped_pages.main(["--pages", "12"]) == 0


def test_a_store_that_looks_through_nothing_is_caught_by_a_flipped_page(monkeypatch):
    monkeypatch.setattr(IntegrityCheck, "_look", IntegrityCheck._look)  # put back afterwards
    assert flipped_pages.main(["--pages", "12", "--broken", "no-check"]) == 1


@pytest.mark.parametrize(
    ("broken", "code"), [([], 0), (["--broken", "step-by-step"], 1)], ids=["product", "in steps"]
)
def test_a_killed_migration_leaves_the_old_schema_or_the_new_one(broken, code):
    # In a process of its own: it forks, which a process with threads had better not.
    command = [sys.executable, "-m", "tests.soak.kill_migrations", "--kills", "16", *broken]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert ended.stdout.startswith("FAIL" if code else "PASS")


def test_a_large_workspace_is_filled_killed_and_read():
    assert big_project.main(["--rows", "3000", "--no-bars"]) == 0
