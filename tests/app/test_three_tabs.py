"""Short forms of two long runs; each is seen to catch a build that overwrites blindly."""

from pathlib import Path

import pytest

from datasetbuilder.projects import operations
from tests.soak import lossy_proxy, three_tabs

pytestmark = pytest.mark.slow


def blind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "_check_base", lambda ledger, op, held: None)


def test_three_tabs_in_any_order_lose_and_overwrite_nothing(tmp_path):
    three_tabs.interleave(tmp_path, 25)


def test_three_tabs_notice_a_store_that_overwrites_blindly(tmp_path, monkeypatch):
    blind(monkeypatch)
    with pytest.raises(three_tabs.Lost):
        from_several_seeds(tmp_path)


def from_several_seeds(folder: Path) -> None:
    """What a seed draws changes with the words of the program, so that one alone may miss it."""
    for dice in range(1, 6):
        (folder / str(dice)).mkdir()
        three_tabs.interleave(folder / str(dice), 200, dice)


def test_a_network_that_drops_doubles_and_reorders_changes_nothing(tmp_path):
    assert lossy_proxy.run(tmp_path / "w", gestures=30, seed=1) == []


def test_the_lossy_network_notices_a_store_that_overwrites_blindly(tmp_path):
    # Threads decide which edits meet: some runs of this length have no such pair.
    runs = (
        lossy_proxy.run(tmp_path / f"w{seed}", gestures=30, seed=seed, broken="blind")
        for seed in range(1, 9)
    )
    assert any("wrote over" in fault for found in runs for fault in found)
