"""What holds whatever people do: counters count, the log retells, replays change nothing."""

from collections import Counter
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from datasetbuilder.model import TRUTH, Operation, OperationKind, Outcome, Target, TargetType
from datasetbuilder.projects.schema import annotation, event, image, stat
from datasetbuilder.projects.store import Store
from datasetbuilder.wire import annotation_to_wire
from tests.projects.campaign import box, pictures

pytestmark = pytest.mark.slow

NAMES = count(1)
UIDS = st.sampled_from("abcd")
VERSIONS = st.one_of(st.integers(0, 5), st.sampled_from(["op-1", "op-2", "op-5"]), st.none())
PAYLOADS = st.builds(
    lambda label, x, set_name: {**box(label, x=x), "set": set_name},
    st.integers(1, 3),
    st.sampled_from([0, 5, 90]),
    st.sampled_from([TRUTH, "bob"]),
)


@st.composite
def operations(draw):
    """Operations of every kind on few targets, so that they get in each other's way."""
    made = []
    for number in range(draw(st.integers(1, 25))):
        kind = draw(st.sampled_from(["add", "add", "change", "change", "remove", "state"]))
        group = draw(st.sampled_from([None, None, None, "g", "h"]))
        image_id = draw(st.integers(1, 2))
        if kind == "state":
            target = Target(TargetType.IMAGE_STATE, str(image_id), image_id)
            payload = {"state": draw(st.sampled_from(["done", "skipped", "new"]))}
            kind = "change"
        else:
            uid = draw(UIDS)
            target = Target(TargetType.ANNOTATION, uid, image_id if uid == "d" else 1)
            payload = {} if kind == "remove" else draw(PAYLOADS)
        base = None if kind == "add" else draw(VERSIONS)
        made.append(
            Operation(f"op-{number}", OperationKind(kind), target, payload, base, group_id=group)
        )
    return made


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with Store.open(tmp_path_factory.mktemp("invariants")) as made:
        yield made


def fresh_project(store: Store) -> int:
    project = store.create_project(
        f"Project {next(NAMES)}", labels=[("cell", None), ("nucleus", None)]
    )
    store.add_images(project.id, pictures(2), author="ada")
    return project.id


def contents(store: Store, project_id: int):
    drawn = {
        one.uid: annotation_to_wire(one)
        for image_id in (1, 2)
        for one in store.annotations(project_id, image_id, sets=[TRUTH, "bob"])
    }
    return drawn, store.images(project_id), store.events(project_id)


def check_counters(store: Store, project_id: int) -> None:
    with store._reading() as connection:
        kept = {
            (kind, set_name, key): n
            for _, kind, set_name, key, n in connection.execute(
                select(stat).where(stat.c.project == project_id, stat.c.n != 0)
            )
        }
        counted = Counter()
        for set_name, label, n in connection.execute(
            select(annotation.c.set_name, annotation.c.label, func.count())
            .where(annotation.c.project == project_id)
            .group_by(annotation.c.set_name, annotation.c.label)
        ):
            counted["annotations", set_name, ""] += n
            counted["label", set_name, str(label)] += n
        for state, n in connection.execute(
            select(image.c.state, func.count())
            .where(image.c.project == project_id)
            .group_by(image.c.state)
        ):
            counted["images", "", ""] += n
            counted["state", "", state] += n
        of_image = (
            select(func.count())
            .where(
                annotation.c.project == image.c.project,
                annotation.c.image_id == image.c.id,
                annotation.c.set_name == TRUTH,
            )
            .scalar_subquery()
        )
        wrong = connection.execute(
            select(image.c.id).where(
                image.c.project == project_id, image.c.n_annotations != of_image
            )
        ).all()
    assert kept == dict(counted)
    assert wrong == []


def retold(store: Store, project_id: int) -> dict[str, dict[str, Any]]:
    told: dict[str, dict[str, Any]] = {}
    for line in store.events(project_id):
        after: Any = line.after
        if line.target.type is TargetType.ANNOTATION:
            told.pop(line.target.key, None)
            if after is not None:
                told[line.target.key] = {**after, "bbox": tuple(after["bbox"])}
    return told


@settings(max_examples=60)
@given(operations(), st.data())
def test_whatever_is_sent_the_counters_count_and_the_log_retells_it(store, sent, data):
    project_id = fresh_project(store)
    cut = data.draw(st.integers(0, len(sent)))
    results = [
        *store.apply(project_id, sent[:cut], author="ada"),
        *store.apply(project_id, sent[cut:], author="bob"),
    ]

    check_counters(store, project_id)
    drawn, _, log = contents(store, project_id)
    told = retold(store, project_id)
    assert {uid: {**wire, "geometry": None} for uid, wire in drawn.items()} == {
        uid: {**wire, "geometry": None} for uid, wire in told.items()
    }
    assert [line.seq for line in log] == list(range(1, len(log) + 1))
    accepted = [result.seq for result in results if result.seq is not None]
    assert sorted(accepted) == [line.seq for line in log if line.op_id.startswith("op-")]


@settings(max_examples=40)
@given(operations(), st.data())
def test_replays_in_any_order_and_company_change_nothing(store, sent, data):
    project_id = fresh_project(store)
    first = store.apply(project_id, sent, author="ada")
    open_ = {
        one.group_id or one.op_id
        for one, result in zip(sent, first, strict=True)
        if "has not arrived" in result.reason
    }
    answered = {
        one.op_id: result
        for one, result in zip(sent, first, strict=True)
        if (one.group_id or one.op_id) not in open_
    }
    before = contents(store, project_id)

    lasting = [one for one in sent if one.op_id in answered]
    again = data.draw(st.permutations(lasting + lasting[:5]))
    answers = store.apply(project_id, again, author="eve", client="other")
    assert answers == [answered[one.op_id] for one in again]
    assert contents(store, project_id) == before


@settings(max_examples=30)
@given(operations())
def test_a_group_is_done_as_a_whole_or_not_at_all(store, sent):
    project_id = fresh_project(store)
    results = store.apply(project_id, sent, author="ada")
    for group in ("g", "h"):
        outcomes = {
            result.outcome is Outcome.ACCEPTED
            for one, result in zip(sent, results, strict=True)
            if one.group_id == group
        }
        assert len(outcomes) <= 1


def test_the_events_of_two_projects_are_numbered_apart(store):
    first, second = fresh_project(store), fresh_project(store)
    with store._reading() as connection:
        numbers = [
            connection.execute(
                select(func.count(), func.max(event.c.seq)).where(event.c.project == project_id)
            ).one()
            for project_id in (first, second)
        ]
    assert numbers == [(3, 3), (3, 3)]
