from datetime import UTC, datetime, timedelta

import pytest

from datasetbuilder.errors import UnknownName
from datasetbuilder.model import OperationKind, TargetType
from tests.projects.campaign import Campaign, box


def told(campaign: Campaign, since: int, client: str = "tab-1", *, states: bool = False, **how):
    """What a client is told; the state of a begun image only on request."""
    changes = campaign.store.changes(campaign.id, 1, since=since, client=client, **how)
    found = [(s.target.type.value, s.target.key, s.seq) for s in changes.states]
    return [line for line in found if states or line[0] != "image_state"], changes.seq


# --- what others changed ----------------------------------------------------------------------


def test_a_client_hears_what_others_wrote_and_not_itself(campaign):
    campaign.do(campaign.add("mine"), client="tab-1")
    campaign.do(campaign.add("yours"), client="tab-2")

    assert told(campaign, 3) == ([("annotation", "yours", 5)], 5)
    assert told(campaign, 3, "tab-2") == ([("annotation", "mine", 4)], 5)
    assert told(campaign, 5) == ([], 5)


def test_only_the_latest_state_of_a_target_is_told(campaign):
    campaign.run(campaign.add("a"), campaign.change("a", box(x=20), 1), client="tab-2")
    campaign.run(campaign.add("b"), campaign.remove("b", 1), client="tab-2")

    changes = campaign.store.changes(campaign.id, 1, since=3, client="tab-1")
    first, second = [s for s in changes.states if s.target.type is TargetType.ANNOTATION]
    assert first.current is not None
    assert (first.current["geometry"]["x"], first.seq) == (20, 5)
    assert (second.target.key, second.current, second.seq) == ("b", None, 7)


def test_what_a_client_wrote_last_itself_is_not_told(campaign):
    campaign.do(campaign.add("a"), client="tab-2")
    campaign.do(campaign.change("a", box(x=20), 1), client="tab-1")
    assert told(campaign, 3) == ([], 5)


def test_a_caller_without_a_name_hears_everything(campaign):
    campaign.run(campaign.add("a"), client="")
    assert told(campaign, 3, "") == ([("annotation", "a", 4)], 4)


def test_labels_and_the_images_own_state_are_told(campaign):
    campaign.run(
        campaign.label("add", "l", {"name": "fibre"}),
        campaign.state("done", 1),
        campaign.op("change", "1", {"split": "train"}, type="split", base=1),
        campaign.op("add", "s", {"strokes": []}, type="scribble"),
        campaign.op("add", "c", {"text": "hm"}, type="comment"),
        client="tab-2",
    )
    assert told(campaign, 3, states=True)[0] == [
        ("label", "l", 4),
        ("image_state", "1", 5),
        ("split", "1", 6),
        ("scribble", "s", 7),
        ("comment", "c", 8),
    ]


def test_the_first_annotation_tells_others_that_the_image_is_in_progress(campaign):
    campaign.do(campaign.add("a"), client="tab-2")

    assert told(campaign, 3, states=True) == ([("annotation", "a", 4), ("image_state", "1", 4)], 4)
    campaign.do(campaign.state("done", 1), client="tab-2")
    before = campaign.store.before(campaign.id, 5)
    assert before is not None
    assert (before["name"], before["state"]) == ("picture 1.png", "in_progress")


def test_other_images_are_not_told(campaign):
    campaign.run(campaign.add("a", image=2), campaign.state("done", 1, image=2), client="tab-2")
    assert told(campaign, 3) == ([], 5)


def test_a_merge_tells_every_annotation_that_it_moved(campaign):
    campaign.run(campaign.add("a"), campaign.add("b", box(2)))
    uid = campaign.store.labels(campaign.id)[0].uid
    campaign.do(campaign.label("remove", uid, {"merge_into": 2}, 1), client="tab-2")

    assert told(campaign, 5)[0] == [("annotation", "a", 6), ("label", uid, 6)]


def test_a_set_is_told_to_those_who_may_see_it(campaign):
    campaign.run(
        campaign.add("open"),
        campaign.add("blind", {**box(), "set": "bob"}),
        campaign.add("gone", {**box(), "set": "bob"}),
        campaign.remove("gone", 1),
        client="tab-2",
    )
    assert [key for _, key, _ in told(campaign, 3)[0]] == ["open"]
    keys = [key for _, key, _ in told(campaign, 3, sets=["bob"])[0]]
    assert keys == ["blind", "gone"]


# --- the log ----------------------------------------------------------------------------------


def test_the_log_of_an_image_is_read_page_by_page(campaign):
    campaign.run(campaign.add("a"), campaign.add("b", image=2), campaign.change("a", box(), 1))

    log = campaign.store.events(campaign.id, image_id=1)
    assert [(e.seq, e.kind, e.target.key) for e in log] == [
        (4, OperationKind.ADD, "a"),
        (6, OperationKind.CHANGE, "a"),
    ]
    assert [e.seq for e in campaign.store.events(campaign.id, after=2, limit=2)] == [3, 4]


def test_the_past_of_a_target_is_found_event_by_event(campaign):
    campaign.run(
        campaign.add("a"), campaign.change("a", box(x=20), 1), campaign.remove("a", 2),
        campaign.change("a", box(x=40), 3),
    )  # fmt: skip
    befores = [campaign.store.before(campaign.id, seq) for seq in (4, 5, 6, 7)]

    assert [None if b is None else b["geometry"]["x"] for b in befores] == [None, 1, 20, None]
    events = campaign.store.events(campaign.id, after=3)
    assert [event.previous_seq for event in events] == [None, 4, 5, 6]


def test_the_first_event_of_a_project_takes_its_images_in(campaign):
    batch = campaign.store.events(campaign.id)[2]
    assert (batch.target.type, batch.author) == (TargetType.BATCH, "ada")


# --- settings and sessions of the workspace ---------------------------------------------------


def test_a_setting_of_the_workspace_is_kept(campaign):
    assert campaign.store.workspace_setting("port", 8050) == 8050
    campaign.store.set_workspace_setting("port", 9000)
    campaign.store.set_workspace_setting("port", {"port": 9001})
    assert campaign.store.workspace_setting("port") == {"port": 9001}


def test_a_session_ends_when_it_is_over_or_ended(campaign):
    soon = datetime.now(UTC) + timedelta(hours=1)
    campaign.store.add_session("h1", "ada", soon)
    campaign.store.add_session("h2", "bob", datetime.now(UTC) - timedelta(seconds=1))

    assert campaign.store.session_user("h1") == "ada"
    assert campaign.store.session_user("h2") is None
    assert campaign.store.session_user("h3") is None
    campaign.store.end_session("h1")
    assert campaign.store.session_user("h1") is None


def test_an_unknown_project_is_refused(campaign):
    with pytest.raises(UnknownName, match="no project with the id 7"):
        campaign.store.apply(7, [campaign.label("add", "l", {"name": "x"})], author="ada")
