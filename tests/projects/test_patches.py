"""Strokes that send what they changed of a mask: the truth table holds for them too."""

import numpy as np
import pytest

from datasetbuilder.geometry import crop_from_mask, mask_from_array
from datasetbuilder.model import Mask, Outcome, Patch
from datasetbuilder.wire import geometry_to_wire, patch_to_wire
from tests.projects.campaign import Campaign


def block(x: int, y: int, width: int, height: int) -> Mask:
    return mask_from_array(np.ones((height, width), bool), offset=(x, y))


def payload(mask: Mask) -> dict[str, object]:
    return {"label": 1, "kind": "mask", "geometry": geometry_to_wire(mask)}


def patch(added: Mask | None, taken: Mask | None, area: int) -> dict[str, object]:
    return {"patch": patch_to_wire(Patch(added, taken, area))}


def pixels(campaign: Campaign) -> tuple[int, int, int]:
    (found,) = campaign.store.annotations(campaign.id, 1)
    assert isinstance(found.geometry, Mask)
    assert int(crop_from_mask(found.geometry).sum()) == found.area
    return found.geometry.x, found.geometry.y, int(found.area)


@pytest.fixture
def masked(campaign: Campaign) -> Campaign:
    campaign.do(campaign.add("a", payload(block(10, 10, 4, 4))))
    return campaign


def test_a_patch_changes_the_mask_on_its_current_version(masked):
    grown = masked.do(masked.change("a", patch(block(14, 10, 2, 4), None, 24), 1))
    assert (grown.outcome, grown.version) == (Outcome.ACCEPTED, 2)
    assert pixels(masked) == (10, 10, 24)
    masked.do(masked.change("a", patch(None, block(10, 10, 1, 4), 20), 2))
    assert pixels(masked) == (11, 10, 20)


def test_a_patch_sent_twice_is_carried_out_once(masked):
    stroke = masked.change("a", patch(block(14, 10, 2, 4), None, 24), 1, op_id="stroke")
    first, again = masked.do(stroke), masked.do(stroke)
    assert (first.version, again.version, pixels(masked)[2]) == (2, 2, 24)


def test_strokes_that_wait_together_build_on_each_other(masked):
    results = masked.run(
        masked.change("a", patch(block(14, 10, 2, 4), None, 24), 1, op_id="one"),
        masked.change("a", patch(block(16, 10, 1, 4), None, 28), "one", op_id="two"),
    )
    assert [each.outcome for each in results] == [Outcome.ACCEPTED] * 2
    assert pixels(masked)[2] == 28


def test_a_patch_on_an_older_version_is_a_conflict_that_tells_the_whole_mask(masked):
    masked.do(masked.change("a", patch(block(14, 10, 2, 4), None, 24), 1), client="tab-2")
    late = masked.do(masked.change("a", patch(None, block(10, 10, 4, 1), 12), 1))
    assert late.outcome is Outcome.CONFLICT
    assert pixels(masked)[2] == 24
    ((side,),) = [dispute.sides for dispute in masked.store.disputes(masked.id, 1)]
    assert side.mine is not None
    assert side.mine["geometry"] == geometry_to_wire(block(10, 11, 4, 3))
    assert "patch" not in side.mine


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        (patch(block(14, 10, 2, 4), None, 25), "24 pixels, not of 25"),
        (patch(None, block(10, 10, 4, 4), 0), "no pixel"),
        ({**patch(block(1, 1, 1, 1), None, 17), "kind": "mask"}, "in place of kind and geometry"),
        ({"patch": {"area": 3}}, r"payload\.patch: needs pixels"),
    ],
)
def test_a_patch_that_means_nothing_is_refused(masked, fields, why):
    refused = masked.do(masked.change("a", fields, 1))
    assert refused.outcome is Outcome.REFUSED
    assert why.replace("\\", "") in refused.reason
    assert pixels(masked) == (10, 10, 16)


def test_only_a_mask_can_be_patched(campaign):
    campaign.do(campaign.add("b"))
    refused = campaign.do(campaign.change("b", patch(block(1, 1, 1, 1), None, 1), 1))
    assert "the box b is not a mask" in refused.reason


def test_a_removed_mask_does_not_come_back_by_a_patch(masked):
    masked.do(masked.remove("a", 1))
    refused = masked.do(masked.change("a", patch(block(1, 1, 1, 1), None, 1), 2))
    assert refused.outcome is Outcome.REFUSED
    assert "needs geometry, label" in refused.reason
