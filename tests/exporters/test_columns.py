"""What goes by the columns of the store is what goes by way of annotations."""

import io
from dataclasses import replace

import pytest

from datasetbuilder.errors import VerificationError
from datasetbuilder.exporters.export import export
from datasetbuilder.exporters.options import ExportOptions
from datasetbuilder.exporters.placement import place
from datasetbuilder.exporters.registry import FORMATS
from datasetbuilder.exporters.survey import survey
from datasetbuilder.model import TRUTH, Box, Image, Part, Polygon, Tag
from datasetbuilder.projects.store import Store
from tests.exporters import campaigns
from tests.exporters.snapshots import SnapshotFake, drawn

pytestmark = pytest.mark.slow

PHOTO = Image(1, "a/photo.png", 64, 48, sha256="1" * 64, format="PNG")
EMPTY = Image(2, "empty.png", 64, 48, sha256="2" * 64, format="PNG")
TRIANGLE = Polygon((Part(((1.1, 1.0), (9.5, 1.25), (9.0, 9.7))),))
TWO_PARTS = Polygon(
    (*TRIANGLE.parts, Part(((20.0, 20.0), (31.3, 20.0), (25.0, 29.0), (21.0, 26.0))))
)
TINY = Polygon((Part(((1e-6, 1.0), (9.5, 1.0), (9.0, 9.5))),))


def shapes():
    ((_, ring), *_), ((_, parts),) = campaigns.objects().content, campaigns.sketches().content
    return [
        drawn(1, PHOTO, TRIANGLE),
        drawn(2, PHOTO, Box(1.1, 2.3, 10.7, 30.5), source="import:coco"),
        drawn(3, PHOTO, TWO_PARTS),
        drawn(4, PHOTO, TINY),
        drawn(5, PHOTO, TRIANGLE, attributes={"sure": True}, score=0.5),
        drawn(6, PHOTO, TRIANGLE, source='a "quoted" tool'),
        drawn(7, PHOTO, TRIANGLE, crowd=True),
        drawn(8, PHOTO, Tag()),
        drawn(9, PHOTO, campaigns.FRAME),
        *(drawn(20 + k, PHOTO, item.geometry) for k, item in enumerate(ring[:3])),
        *(drawn(40 + k, PHOTO, item.geometry) for k, item in enumerate(parts[:4])),
    ]


def by_rows_alone(snapshot):
    """The same snapshot, without its blocks."""
    content = list(snapshot.rows())
    return SnapshotFake(content, labels=snapshot.labels, project=snapshot.project, seq=snapshot.seq)


@pytest.fixture
def snapshot(tmp_path):
    with Store.open(tmp_path / "store") as store:
        project = store.create_project("Cells", labels=[("cell", None), ("nucleus", None)])
        store.add_images(project.id, [PHOTO, EMPTY], author="eva")
        made = [replace(item, id=0, author="", version=0, set=TRUTH) for item in shapes()]
        store.add_annotations(project.id, made, author="eva")
        with store.snapshot(project.id, open_pixels=lambda image: io.BytesIO()) as found:
            yield found


def written(snapshot, folder):
    export(snapshot, folder, formats=["coco"], images="none")
    return (folder / "annotations" / "instances.json").read_bytes()


def test_every_kind_is_written_with_the_same_bytes(snapshot, tmp_path):
    assert written(snapshot, tmp_path / "columns") == written(
        by_rows_alone(snapshot), tmp_path / "rows"
    )


@pytest.mark.parametrize(
    ("sound", "broken", "said"),
    [
        (b"9.5,1.25", b"9.5,1.75", "geometry of annotation 1"),
        (b'"category_id":1,"iscrowd":0', b'"category_id":2,"iscrowd":0', "label of annotation"),
        (b'{"id":2,"image_id":1', b'{"id":99,"image_id":1', "annotation 2 is missing"),
        (b'"bbox":[1.1,2.3', b'"bbox":[1.5,2.3', "annotation 2"),
        (b'{"id":3,"image_id":1', b'{"id":3,"image_id":2', "annotation 3 is missing"),
        (b'"kind":"polygon"}}', b'"kind":"polygon","set":"other"}}', "set of annotation 1"),
        (b'"sha256":"1', b'"sha256":"7', "sha256 is '7"),
    ],
)
def test_a_written_fault_is_found_and_named(snapshot, tmp_path, monkeypatch, sound, broken, said):
    coco = FORMATS["coco"]

    def damaged(job, folder):
        coco.write(job, folder)
        path = folder / "annotations" / "instances.json"
        text = path.read_bytes()
        assert sound in text
        path.write_bytes(text.replace(sound, broken, 1))

    monkeypatch.setitem(FORMATS, "coco", replace(coco, write=damaged))
    with pytest.raises(VerificationError, match=said):
        written(snapshot, tmp_path / "out")


def test_a_dropped_object_is_found(snapshot, tmp_path, monkeypatch):
    coco = FORMATS["coco"]

    def damaged(job, folder):
        coco.write(job, folder)
        path = folder / "annotations" / "instances.json"
        kept = [line for line in path.read_bytes().split(b"\n") if b'{"id":3,"image' not in line]
        path.write_bytes(b"\n".join(kept))

    monkeypatch.setitem(FORMATS, "coco", replace(coco, write=damaged))
    with pytest.raises(VerificationError, match="annotation 3 is missing"):
        written(snapshot, tmp_path / "out")


def test_a_sound_document_needs_no_second_look(snapshot, tmp_path, monkeypatch):
    def looked(*_):
        raise AssertionError("the columns did not agree")

    monkeypatch.setattr("datasetbuilder.exporters.coco.check_against_snapshot", looked)
    written(snapshot, tmp_path / "out")


def test_the_counts_are_those_of_the_rows(snapshot):
    options = ExportOptions()
    by_columns, by_rows = (
        survey(one, place(one, options), options) for one in (snapshot, by_rows_alone(snapshot))
    )
    assert +by_columns.features == +by_rows.features
    for name in ("images", "objects", "kinds", "states", "formats", "sets", "several_tags"):
        assert getattr(by_columns, name) == getattr(by_rows, name)
