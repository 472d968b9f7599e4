import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from datasetbuilder.api import open_workspace
from datasetbuilder.errors import AlreadyExists, FormatError, StoreUnavailable
from datasetbuilder.model import Outcome
from datasetbuilder.projects import backup, backup_rows, space
from datasetbuilder.projects.schema import metadata
from datasetbuilder.projects.store import Store
from tests.projects.campaign import Campaign
from tests.projects.rich import draw_everything, originals, row_counts, small_pictures, table_hashes


@pytest.fixture(scope="module")
def rich(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rich") / "workspace"
    with open_workspace(folder) as workspace:
        project = workspace.create_project("Cells", labels=["cell", ("nucleus", "#112233")])
        project.add_images(small_pictures(folder.parent / "pictures"), copy=True, author="ada")
        draw_everything(Campaign(workspace.store))
        project.backup(folder.parent / "cells.zip")
        project.backup(folder.parent / "light.zip", images="none")
    return folder


@pytest.fixture
def file(rich: Path) -> Path:
    return rich.parent / "cells.zip"


@pytest.fixture
def empty(tmp_path: Path, blank: Path) -> Path:
    shutil.copytree(blank, tmp_path / "empty")
    return tmp_path / "empty"


@pytest.fixture(scope="module")
def blank(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blank") / "workspace"
    Store.open(folder).close()
    return folder


def test_every_table_is_either_kept_or_left():
    kept = {table.name for table in backup_rows.KEPT}
    assert kept | backup_rows.LEFT == set(metadata.tables)
    assert not kept & backup_rows.LEFT


def test_the_campaign_of_these_tests_has_a_row_in_every_table(rich: Path):
    with Store.open(rich) as store:
        assert [name for name, n in row_counts(store, 1).items() if n == 0] == []


def test_a_project_comes_back_in_another_workspace_row_for_row(rich: Path, file: Path, empty: Path):
    with open_workspace(rich) as workspace:
        before = table_hashes(workspace.store, 1)
        pictures = originals(workspace.library, workspace.store, "cells")
    with open_workspace(empty) as workspace:
        report = workspace.restore(file)
        assert (report.slug, report.name, report.missing) == ("cells", "Cells", ())
        assert (report.n_images, report.n_annotations, report.n_files) == (3, 7, 3)
        assert table_hashes(workspace.store, 1) == before
        assert originals(workspace.library, workspace.store, "cells") == pictures


def test_an_operation_that_was_answered_before_is_answered_the_same_after(file: Path, empty: Path):
    with open_workspace(empty) as workspace:
        workspace.restore(file)
        campaign = Campaign(workspace.store)
        again = campaign.do(campaign.add("square", op_id="first-op"))
        late = campaign.do(campaign.change("square", {}, 1, op_id="late-op"))
        assert (again.outcome, again.seq, again.id) == (Outcome.ACCEPTED, 4, 1)
        assert late.outcome is Outcome.CONFLICT
        assert campaign.do(campaign.add("next")).id == 9


def test_a_taken_name_gets_a_number_and_the_first_project_stays(file: Path, empty: Path):
    with open_workspace(empty) as workspace:
        first = workspace.restore(file)
        second = workspace.restore(file)
        third = workspace.restore(file, name="Other cells")
        assert [(r.slug, r.name) for r in (first, second, third)] == [
            ("cells", "Cells"),
            ("cells-2", "Cells (2)"),
            ("other-cells", "Other cells"),
        ]
        assert len(originals(workspace.library, workspace.store, "cells-2")) == 3
        counts = [row_counts(workspace.store, k) for k in (1, 2, 3)]
        assert counts[0] == counts[1] == counts[2]


def test_without_images_their_places_and_hashes_come_back(rich: Path, empty: Path):
    with open_workspace(empty) as workspace:
        report = workspace.restore(rich.parent / "light.zip")
        assert report.missing == ("picture 1.png", "picture 2.png", "picture 3.png")
        assert [image.name for image in workspace.project("cells").images()] == list(report.missing)


def test_a_copy_that_the_workspace_holds_is_found_again_without_images_in_the_backup(rich: Path):
    with open_workspace(rich) as workspace:
        report = workspace.restore(rich.parent / "light.zip", name="Once more")
        assert report.missing == ()
        assert len(originals(workspace.library, workspace.store, "once-more")) == 3


def test_an_original_that_is_gone_is_named_and_the_rest_goes_in(tmp_path: Path, empty: Path):
    paths = small_pictures(tmp_path / "pictures")
    with open_workspace(empty) as workspace:
        project = workspace.create_project("Cells")
        project.add_images(paths)
        paths[1].unlink()
        manifest = project.backup(tmp_path / "cells.zip")
        assert manifest.n_files == 2
        assert len(manifest.missing) == 1
        assert "picture 2.png" in manifest.missing[0]


def test_a_backup_overwrites_nothing_and_leaves_nothing_half(rich: Path, tmp_path: Path):
    (tmp_path / "there.zip").write_text("mine")
    with open_workspace(rich) as workspace:
        project = workspace.project("cells")
        with pytest.raises(AlreadyExists, match="never overwrites"):
            project.backup(tmp_path / "there.zip")
        with pytest.raises(StoreUnavailable, match="No such file or directory"):
            project.backup(tmp_path / "nowhere" / "cells.zip")
        with pytest.raises(KeyboardInterrupt):
            project.backup(tmp_path / "cells.zip", progress=stop_at("annotation"))
    assert (tmp_path / "there.zip").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["there.zip"]


def stop_at(name: str) -> Callable[[int, int, str], None]:
    def progress(_done: int, _total: int, now: str) -> None:
        if now == name:
            raise KeyboardInterrupt

    return progress


def test_a_restore_that_is_stopped_leaves_nothing(file: Path, empty: Path):
    with open_workspace(empty) as workspace:
        with pytest.raises(KeyboardInterrupt):
            workspace.restore(file, progress=stop_at("event"))
        assert workspace.projects() == ()
        assert row_counts(workspace.store, 1) == dict.fromkeys(row_counts(workspace.store, 1), 0)
        assert list(empty.glob("projects/cells/images/*/*")) == []


KILLED = """
import os, sys
from pathlib import Path
from datasetbuilder.api import open_workspace

def progress(done, total, name):
    if name == sys.argv[3]:
        os.kill(os.getpid(), 9)

with open_workspace(Path(sys.argv[1])) as workspace:
    workspace.restore(Path(sys.argv[2]), progress=progress)
"""


@pytest.mark.slow
@pytest.mark.parametrize("place", ["image", "event", "conflict"])
def test_a_restore_that_is_killed_shows_nothing_and_is_swept_away(
    place: str, file: Path, empty: Path
):
    import subprocess
    import sys

    child = [sys.executable, "-c", KILLED, str(empty), str(file), place]
    assert subprocess.run(child, cwd=Path(__file__).parents[2]).returncode == -9
    with open_workspace(empty) as workspace:
        assert workspace.projects() == ()
        report = workspace.restore(file)
        assert report.slug == "cells"
        with workspace.store.reading() as connection:
            assert connection.exec_driver_sql("SELECT count(*) FROM project").scalar() == 1


def test_a_restore_asks_for_room_first(file: Path, empty: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(space, "free_bytes", lambda folder: 100 * 2**20)
    with open_workspace(empty) as workspace:
        with pytest.raises(StoreUnavailable, match=r"has 100 MB left.*free some space"):
            workspace.restore(file)
        assert workspace.projects() == ()


# --- files that are no backups ----------------------------------------------------------------


def rewritten(file: Path, to: Path, **members: Callable[[bytes], bytes]) -> Path:
    """The backup with members changed; the manifest says what the changed tables hash to."""
    import hashlib

    with zipfile.ZipFile(file) as source, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as target:
        manifest = orjson.loads(source.read("manifest.json"))
        for info in source.infolist():
            name = Path(info.filename).stem
            data = source.read(info)
            if info.filename == "manifest.json":
                continue
            if name in members:
                data = members[name](data)
                note = manifest["tables"][name]
                note["rows"] = data.count(b"\n")
                note["sha256"] = hashlib.sha256(data).hexdigest()
            target.writestr(info, data)
        document = orjson.dumps(manifest)
        target.writestr("manifest.json", members.get("manifest", lambda data: data)(document))
    return to


def swap(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        assert old in data
        return data.replace(old, new, 1)

    return change


HOSTILE = [
    ("a shape outside its image", {"annotation": swap(b'"box",1.0', b'"box",900.0')}, "annotation"),
    ("an area that lies", {"annotation": swap(b",100.0,false", b",1.0,false")}, "its area is not"),
    ("a broken mask", {"annotation": swap(b'"04"', b'"99"')}, "annotation 3"),
    ("text for a number", {"image": swap(b"[1,", b'["1",')}, "image.jsonl line 1: id: must be a"),
    ("a number too large", {"image": swap(b"[1,", b"[99999999999999999999,")}, "must be a whole"),
    ("too few values", {"label": lambda d: b"[1]\n" + d}, "line 1: line: must be a list of"),
    ("no JSON", {"label": lambda d: b"hello\n" + d}, "line 1: line: is not JSON"),
    ("a name that leads out", {"image": swap(b"picture 1.png", b"../../pic.png")}, "leads out of"),
    ("a color that is code", {"label": swap(b"#112233", b"url(x)")}, "a colour like #3366ff"),
    ("a payload under a wrong hash", {"payload": swap(b'["', b'["AA')}, "payload.jsonl line 1"),
    ("settings that are none", {"project": swap(b'"{}"', b'"[]"')}, "settings must be a JSON"),
    ("ids that are taken", {"project": swap(b",9,", b",3,")}, "the project says its next is"),
    ("two projects", {"project": lambda d: d + d}, "does not hold one project"),
    ("a table less", {"manifest": swap(b'"event":{"columns"', b'"evnt":{"columns"')}, "members"),
    ("another format", {"manifest": swap(b"datasetbuilder project", b"something")}, "not that of"),
    ("a newer version", {"manifest": swap(b'"version":1', b'"version":9')}, "version 9 is newer"),
    ("an unknown schema", {"manifest": swap(b'"schema":"', b'"schema":"9')}, "its schema is 9"),
]


@pytest.mark.parametrize(("_name", "changes", "words"), HOSTILE, ids=[case[0] for case in HOSTILE])
def test_a_backup_that_was_tampered_with_is_refused_whole(
    _name: str, changes: dict, words: str, file: Path, empty: Path, tmp_path: Path
):
    bad = rewritten(file, tmp_path / "bad.zip", **changes)
    with open_workspace(empty) as workspace:
        with pytest.raises(FormatError, match=words) as refused:
            workspace.restore(bad)
        assert str(bad) in str(refused.value)
        assert workspace.projects() == ()
        assert sum(row_counts(workspace.store, 1).values()) == 0
    assert list(empty.glob("projects/*/images/*/*")) == []


def test_a_flipped_byte_is_noticed_or_changes_no_content(file: Path, tmp_path: Path):
    whole = file.read_bytes()
    noticed = 0
    for place in range(0, len(whole), len(whole) // 40):
        (tmp_path / "flipped.zip").write_bytes(
            whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        )
        try:
            with backup.BackupFile(tmp_path / "flipped.zip") as flipped:
                with backup.BackupFile(file) as good:
                    assert flipped.manifest == good.manifest
                flipped.check()
        except FormatError:
            noticed += 1
    assert noticed >= 30  # the rest are time stamps and the like: all content was read and fits


def test_members_that_lead_out_and_bombs_are_refused(tmp_path: Path):
    for name, data, words in (
        ("../evil", b"x", "leads outside"),
        ("tables/x.jsonl", b"0" * (300 * 2**20), "is not a backup|another format|has no|not"),
    ):
        path = tmp_path / "bad.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        with pytest.raises(FormatError, match=words):
            backup.BackupFile(path)
    assert os.listdir(tmp_path) == ["bad.zip"]


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(backup, "LONGEST_LINE", 1000)
    bad = rewritten(file, tmp_path / "bad.zip", event=lambda data: data + b"0" * 3_000_000)
    with (
        backup.BackupFile(bad) as opened,
        pytest.raises(FormatError, match="holds a line of more than"),
    ):
        opened.check()
