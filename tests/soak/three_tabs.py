"""Three tabs on one image, in any order of events: nothing acknowledged is lost or overwritten.

Run: python -m tests.soak.three_tabs [--interleavings 10000] [--seed 1] [--broken blind]

Each interleaving is a random sequence of gestures, requests, lost answers, late doubles, polls and
answered conflicts over the real routes and the real store, next to a model of what must be there.
A build that overwrites blindly (``--broken blind``) has to be caught.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

from datasetbuilder.api import Workspace, open_workspace
from datasetbuilder.app.factory import create_app
from datasetbuilder.app.services import services_of
from datasetbuilder.model import Image
from tests.soak.broken import BROKEN, break_it

TABS = st.integers(0, 2)
NAMES = count(1)
STEPS = 25


def fresh_id() -> str:
    """An id by number, in the order of making: a run with the same seed draws the same."""
    return str(UUID(int=next(NAMES)))


class Lost(AssertionError):
    """The store and the model differ."""


class Tab:
    """What one browser tab knows and has not sent yet."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.known: dict[str, int] = {}
        self.head: dict[str, str] = {}
        self.queue: list[dict[str, Any]] = []
        self.sent: list[list[dict[str, Any]]] = []
        self.seen = 0

    def push(self, kind: str, uid: str, payload: dict[str, Any]) -> None:
        """A gesture: an operation on what the tab believes to be there."""
        op_id = fresh_id()
        base = None if kind == "add" else self.head.get(uid, self.known.get(uid, 0))
        target = {"type": "annotation", "key": uid, "image": 1}
        self.queue.append(
            {"op_id": op_id, "kind": kind, "target": target, "payload": payload,
             "base_version": base}
        )  # fmt: skip
        self.head[uid] = op_id


class Model:
    """What must be in the store, from the answers alone."""

    def __init__(self) -> None:
        self.versions: dict[str, int] = {}
        self.states: dict[str, float | None] = {}
        self.answers: dict[str, dict[str, Any]] = {}
        self.waiting: set[str] = set()

    def take(self, op: dict[str, Any], result: dict[str, Any]) -> None:
        """Check one answer against everything answered before."""
        if op["op_id"] in self.answers:
            if self.answers[op["op_id"]] != result:
                raise Lost(f"a second answer to {op['op_id']}: {result}")
            return
        self.answers[op["op_id"]] = result
        if op["target"]["type"] == "conflict":
            self.waiting.discard(op["target"]["key"])
        elif result["outcome"] == "accepted":
            self._accepted(op, result)
        elif result["outcome"] == "conflict":
            self.waiting.add(op["op_id"])
        else:
            raise Lost(f"refused without a reason to: {result['reason']}")

    def _accepted(self, op: dict[str, Any], result: dict[str, Any]) -> None:
        uid = op["target"]["key"]
        version = self.versions.get(uid, 0)
        gone = uid in self.states and self.states[uid] is None
        if op["kind"] == "remove" and gone:
            return
        if op["kind"] != "add" and self._base(op) != version:
            raise Lost(f"{op['kind']} of {uid} on version {self._base(op)} overwrote {version}")
        if result["version"] != version + 1:
            raise Lost(f"{uid} went from version {version} to {result['version']}")
        self.versions[uid] = result["version"]
        self.states[uid] = None if op["kind"] == "remove" else op["payload"]["geometry"]["x"]

    def _base(self, op: dict[str, Any]) -> int | None:
        base = op["base_version"]
        return self.answers[base]["version"] if isinstance(base, str) else base

    @property
    def present(self) -> dict[str, float]:
        """The objects that must be there."""
        return {uid: x for uid, x in self.states.items() if x is not None}


class ThreeTabs(RuleBasedStateMachine):
    """The machine; `client` and `workspace` are set by `harness`."""

    client: Any
    workspace: Workspace

    def __init__(self) -> None:
        super().__init__()
        self.project = self.workspace.create_project(f"Tabs {next(NAMES)}", labels=["cell"])
        row = Image(0, "one.png", 200, 200, uri="file:/nowhere/one.png", sha256="1" * 64)
        self.workspace.store.add_images(self.project.info.id, [row], author="local")
        self.tabs = [Tab(f"tab-{n}") for n in range(3)]
        self.model = Model()

    def post(self, tab: Tab, operations: list[dict[str, Any]]) -> dict[str, Any]:
        body = {"client": tab.name, "since": tab.seen, "operations": operations}
        address = f"/api/v1/projects/{self.project.slug}/images/1/operations"
        answer = self.client.post(address, json=body)
        assert answer.status_code == 200, answer.text
        for op, result in zip(operations, answer.json["results"], strict=True):
            self.model.take(op, result)
        return answer.json

    # --- gestures ---------------------------------------------------------------------------------

    @rule(tab=TABS, x=st.integers(1, 90))
    def draw(self, tab: int, x: int) -> None:
        """A new box."""
        self.tabs[tab].push("add", fresh_id(), _box(x))

    @rule(tab=TABS, which=st.integers(0, 3), x=st.integers(1, 90), away=st.booleans())
    def edit(self, tab: int, which: int, x: int, away: bool) -> None:
        """A box that the tab knows is moved or removed."""
        one = self.tabs[tab]
        uids = sorted({*one.known, *one.head})
        if uids:
            uid = uids[which % len(uids)]
            one.push("remove" if away else "change", uid, {} if away else _box(x))

    # --- the network ------------------------------------------------------------------------------

    @rule(tab=TABS)
    def send(self, tab: int) -> None:
        """The queue goes out and is answered."""
        one = self.tabs[tab]
        operations, one.queue = one.queue, []
        one.sent.append(operations)
        answer = self.post(one, operations)
        for op, result in zip(operations, answer["results"], strict=True):
            uid = op["target"]["key"]
            if result["version"] is not None and op["target"]["type"] == "annotation":
                one.known[uid] = result["version"]
            if one.head.get(uid) == op["op_id"]:
                del one.head[uid]
        for other in answer["others"]:
            if other["target"]["type"] == "annotation":
                uid = other["target"]["key"]
                held = self.model.versions.get(uid, 0)
                one.known[uid] = other["current"]["version"] if other["current"] else held
        one.seen = answer["seq"]

    @rule(tab=TABS)
    def lose_the_answer(self, tab: int) -> None:
        """The request arrives, its answer does not; the tab keeps its queue."""
        one = self.tabs[tab]
        if one.queue:
            self.post(one, one.queue)

    @rule(tab=TABS, which=st.integers(0, 5))
    def repeat_late(self, tab: int, which: int) -> None:
        """An old request arrives once more, long after its answer."""
        one = self.tabs[tab]
        if one.sent:
            self.post(one, one.sent[which % len(one.sent)])

    @rule(tab=TABS, choice=st.sampled_from(["mine", "theirs", "both"]))
    def settle(self, tab: int, choice: str) -> None:
        """Somebody answers every conflict that waits."""
        address = f"/api/v1/projects/{self.project.slug}/images/1/conflicts"
        one = self.tabs[tab]
        for dispute in self.client.get(address).json["conflicts"]:
            for side in dispute["sides"]:
                uid, mine = side["target"]["key"], side["mine"]
                one.known[uid] = side["version"]
                if choice == "mine":
                    whole = {} if mine is None else _box(mine["geometry"]["x"])
                    one.push("remove" if mine is None else "change", uid, whole)
                elif choice == "both" and mine is not None:
                    one.push("add", fresh_id(), _box(mine["geometry"]["x"]))
            for op_id in dispute["op_ids"]:
                one.queue.append(
                    {"op_id": fresh_id(), "kind": "remove", "payload": {"choice": choice},
                     "target": {"type": "conflict", "key": op_id, "image": 1}, "base_version": 1}
                )  # fmt: skip

    # --- the end ----------------------------------------------------------------------------------

    def teardown(self) -> None:
        """All is sent; the store must hold what the answers promised, and nothing else."""
        for tab in range(3):
            self.send(tab)
        stored = {one.uid: one.geometry.x for one in self.project.annotations(1)}  # type: ignore[union-attr]
        if stored != self.model.present:
            raise Lost(f"the store has {stored}, the answers promised {self.model.present}")
        kept = {op_id for one in self.project.disputes(1) for op_id in one.op_ids}
        if kept != self.model.waiting:
            raise Lost(f"conflicts kept: {kept}, conflicts told: {self.model.waiting}")


def _box(x: float) -> dict[str, Any]:
    return {"label": 1, "kind": "box", "geometry": {"x": x, "y": 5, "width": 10, "height": 10}}


@contextmanager
def harness(folder: Path) -> Iterator[type[ThreeTabs]]:
    """The machine before a real app on a workspace of its own."""
    with open_workspace(folder) as workspace:
        app = create_app(workspace)
        services = services_of(app)
        client = app.server.test_client()
        client.get(f"/login?token={services.sessions.one_time_token()}")
        try:
            yield type("Machine", (ThreeTabs,), {"client": client, "workspace": workspace})
        finally:
            services.close()


def interleave(folder: Path, interleavings: int, dice: int = 1) -> None:
    """Run that many interleavings from a seed; Lost at the first that goes wrong."""
    how = settings(
        max_examples=interleavings,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    with harness(folder) as machine:
        run_state_machine_as_test(seed(dice)(machine), settings=how)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interleavings", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--broken", choices=sorted(BROKEN))
    options = parser.parse_args()
    if options.broken:
        break_it(options.broken)
    began = time.monotonic()
    caught = ""
    with tempfile.TemporaryDirectory() as folder:
        try:
            interleave(Path(folder), options.interleavings, options.seed)
        except Lost as lost:
            caught = str(lost)
    seconds = time.monotonic() - began
    verdict = f"caught: {caught}" if caught else "0 lost, 0 overwritten"
    words = f"{options.interleavings} interleavings, seed {options.seed}"
    sys.stdout.write(f"{words}, {seconds:.0f} s: {verdict}\n")
    sys.exit(bool(caught) != bool(options.broken))


if __name__ == "__main__":
    main()
