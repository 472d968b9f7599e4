import json

import pytest

from datasetbuilder.errors import FormatError
from datasetbuilder.exporters.export import export
from datasetbuilder.exporters.manifest import read_manifest
from datasetbuilder.exporters.verify import verify
from tests.exporters.campaigns import objects


@pytest.fixture
def exported(tmp_path):
    export(objects(), tmp_path / "out", formats=["coco", "parquet"])
    return tmp_path / "out"


def rewrite_manifest(folder, **fields):
    path = folder / "export.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | fields))


def test_an_untouched_export_is_whole(exported):
    report = verify(exported)
    assert (report.ok, report.problems) == (True, ())


def test_every_difference_is_named(exported):
    (exported / "images" / "background.jpg").unlink()
    (exported / "images" / "extra.jpg").write_bytes(b"")
    ring = exported / "images" / "plate 1" / "ring.png"
    ring.write_bytes(ring.read_bytes()[::-1])
    document = exported / "annotations" / "instances_val.json"
    document.write_bytes(document.read_bytes() + b"\n")
    assert verify(exported).problems == (
        f"annotations/instances_val.json has {document.stat().st_size} bytes instead of "
        f"{document.stat().st_size - 1}.",
        "images/background.jpg is missing.",
        "images/plate 1/ring.png has other content than when it was exported.",
        "images/extra.jpg is not in the manifest.",
    )


def test_a_document_that_cannot_be_read_any_more_is_named(exported):
    document = exported / "annotations" / "instances_val.json"
    document.write_bytes(document.read_bytes().replace(b'"iscrowd":1', b'"iscrowd":7'))
    assert any("coco, split val: instances_val.json" in p for p in verify(exported).problems)


def test_counts_that_differ_from_the_manifest_are_named(exported):
    counts = json.loads((exported / "export.json").read_bytes())["counts"]
    counts["train"]["images"] = 5
    counts["val"]["annotations"]["cell"] = 9
    rewrite_manifest(exported, counts=counts)
    assert verify(exported).problems == (
        "coco, split train: 2 images instead of 5.",
        "coco, split val: 8 annotations instead of 15.",
        "parquet, split train: 2 images instead of 5.",
        "parquet, split val: 8 annotations instead of 15.",
    )


def test_a_format_of_a_later_release_is_named(exported):
    rewrite_manifest(exported, formats={"coco": 1, "runes": 1, "parquet": 9})
    assert verify(exported).problems == (
        "Format 'runes' version 1 is not known to this release.",
        "Format 'parquet' version 9 is not known to this release.",
    )


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"manifest": 99}, "written by a newer release"),
        ({"files": 3}, "files must be a list"),
        ({"files": [{"path": "../up", "size": 1, "sha256": "x"}]}, "leads out of the export"),
        ({"files": [{"path": "/etc/x", "size": 1, "sha256": "x"}]}, "leads out of the export"),
        ({"files": [{"path": "a", "size": -1, "sha256": "x"}]}, r"files\[0\].size"),
        ({"event": "x"}, "event must be a whole number"),
        ({"splits": [1]}, "splits must be text"),
        ({"counts": []}, "counts must be an object"),
    ],
)
def test_a_malformed_manifest_is_refused(exported, fields, message):
    rewrite_manifest(exported, **fields)
    with pytest.raises(FormatError, match=message):
        verify(exported)


def test_a_folder_without_a_manifest_is_no_export(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(FormatError, match=r"has no export.json: it is no export"):
            verify(folder)


def test_a_broken_manifest_is_refused(exported):
    (exported / "export.json").write_text("{")
    with pytest.raises(FormatError, match=r"export.json cannot be read"):
        read_manifest(exported)
