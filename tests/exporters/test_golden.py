"""Exports against the ones that were looked at and kept.

COCO is compared byte for byte. The bytes of a Parquet file also name the release of Arrow that
wrote it, so there schema, metadata and every cell are compared; two runs of one release are
byte-equal (`test_export`).
"""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from datasetbuilder.exporters.verify import verify
from tests.exporters.golden import GOLDEN, HOME, write


def files(folder: Path) -> dict[str, Path]:
    return {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}


def manifest(folder: Path, *, packed: bool) -> dict:
    said = json.loads((folder / "export.json").read_bytes())
    if packed:
        said["files"] = [file["path"] for file in said["files"]]
    return said


@pytest.mark.parametrize(("case", "name"), GOLDEN)
def test_an_export_is_the_golden_one(tmp_path, case, name):
    golden = HOME / case / name
    write(tmp_path / "out", case, name)
    packed = name == "parquet"
    assert manifest(tmp_path / "out", packed=packed) == manifest(golden, packed=packed)
    written, kept = files(tmp_path / "out"), files(golden)
    assert written.keys() == kept.keys()
    for path in kept.keys() - {"export.json"}:
        if path.endswith(".parquet"):
            new, old = pq.read_table(written[path]), pq.read_table(kept[path])
            assert new.schema.equals(old.schema, check_metadata=True)
            assert new.equals(old)
        else:
            assert written[path].read_bytes() == kept[path].read_bytes(), path


@pytest.mark.parametrize(("case", "name"), GOLDEN)
def test_a_golden_export_is_whole_for_this_release(case, name):
    assert verify(HOME / case / name).problems == ()
