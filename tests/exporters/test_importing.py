"""Files of others: matched to a project, or refused whole with every problem named."""

import base64
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image as Pillow

from datasetbuilder.errors import FormatError, UnknownName, UsageError
from datasetbuilder.exporters.export import export
from datasetbuilder.exporters.importing import Gallery, plan_import
from datasetbuilder.exporters.labelstudio import brush_values
from datasetbuilder.exporters.reading import guess
from datasetbuilder.geometry import array_from_geometry
from datasetbuilder.model import Box, Image, Mask, Part, Polygon, Tag
from tests.exporters.campaigns import objects, tags
from tests.exporters.snapshots import LABELS

IMAGES = (
    Image(1, "plate 1/ring.png", 40, 30, sha256="a" * 64),
    Image(2, "background.jpg", 20, 10, sha256="b" * 64),
    Image(5, "plate 2/ring.png", 8, 6, sha256="c" * 64),
)


def planned(path: Path, **options):
    return plan_import(path, IMAGES, LABELS, **options)


def said(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def coco(path: Path, **changes) -> Path:
    document = {
        "images": [{"id": 7, "file_name": "background.jpg", "width": 20, "height": 10}],
        "categories": [{"id": 3, "name": "cell"}],
        "annotations": [{"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4]}],
    } | changes
    return said(path, json.dumps(document))


def annotation(**changes) -> dict:
    return {"id": 1, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4]} | changes


# --- matching ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sha256", "found"),
    [
        ("plate 1/ring.png", "", 1),
        ("elsewhere/data/plate 2/ring.png", "", 5),
        ("images/background.jpg", "", 2),
        ("train/background", "", 2),
        ("other.jpg", "b" * 64, 2),
        ("ring.png", "", None),
        ("ring.png", "c" * 64, 5),
        ("nothing.png", "", None),
    ],
)
def test_images_are_found_by_path_base_name_or_hash(name, sha256, found):
    image = Gallery(IMAGES).find(name, sha256)
    assert (None if image is None else image.id) == found


# --- round trips ------------------------------------------------------------------------------


def exported(folder: Path, name: str, snapshot, **options) -> Path:
    export(snapshot, folder, formats=[name], allow_loss=True, **options)
    return folder


@pytest.mark.parametrize("name", ["coco", "parquet", "labelme"])
def test_a_project_comes_back_exactly(tmp_path, name):
    snapshot = objects()
    home = exported(tmp_path / "out", name, snapshot)
    plan = plan_import(home, snapshot.images(), snapshot.labels)
    assert (plan.format, plan.problems, plan.unmatched, plan.new_labels) == (name, [], [], [])
    wanted = {item.uid: item for _, found in snapshot.rows() for item in found}
    names = {label.id: label.name for label in LABELS}
    assert len(plan.annotations) == len(wanted)
    for label, item in plan.annotations:
        kept = wanted[item.uid]
        assert label == names[kept.label]
        for field in ("image_id", "geometry", "attributes", "source", "score", "crowd"):
            assert getattr(item, field) == getattr(kept, field), field


@pytest.mark.parametrize(
    ("name", "count"),
    [("yolo-detect", 18), ("yolo-segment", 17), ("yolo-obb", 18), ("voc", 20), ("masks", 17)],
)
def test_what_a_lossy_format_kept_comes_back(tmp_path, name, count):
    snapshot = objects()
    task = "instances" if name == "masks" else None
    home = exported(tmp_path / "out", name, snapshot, task=task)
    plan = plan_import(home, snapshot.images(), snapshot.labels)
    assert (plan.problems, plan.unmatched, plan.new_labels) == ([], [], [])
    assert len(plan.annotations) == count


def test_class_folders_come_back(tmp_path):
    snapshot = tags(several=True)
    home = exported(tmp_path / "out", "classes", snapshot)
    for path in (home, home / "train"):
        plan = plan_import(path, snapshot.images(), snapshot.labels)
        assert (plan.format, plan.problems) == ("classes", [])
        assert {(label, item.image_id) for label, item in plan.annotations} >= {("nucleus", 1)}


# --- what others write ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "geometry"),
    [
        ({"bbox": [1, 2, 3, 4]}, Box(1.0, 2.0, 3.0, 4.0)),
        (
            {"segmentation": [[1, 1, 4, 1, 4, 3]]},
            Polygon((Part(((1.0, 1.0), (4.0, 1.0), (4.0, 3.0))),)),
        ),
        ({"segmentation": {"size": [10, 20], "counts": [11, 2, 187]}}, Mask(1, 1, 1, 2, "02")),
        ({"segmentation": {"size": [10, 20], "counts": ";2k5"}}, Mask(1, 1, 1, 2, "02")),
        ({"segmentation": [], "bbox": [1, 2, 3, 4]}, Box(1.0, 2.0, 3.0, 4.0)),
        ({"bbox": None}, None),
    ],
)
def test_every_kind_of_coco_segmentation_is_read(tmp_path, record, geometry):
    plan = planned(coco(tmp_path / "a.json", annotations=[annotation(**record)]))
    if geometry is None:
        assert plan.problems == ["a.json annotations[0].bbox must be a list, got nothing"]
        return
    ((label, found),) = plan.annotations
    assert (label, found.image_id, found.geometry) == ("cell", 2, geometry)


def test_what_coco_files_leave_out_is_no_problem(tmp_path):
    bare = {
        "images": [{"id": 0, "file_name": "some/where/background.jpg"}],
        "categories": [{"id": 90, "name": "new one"}],
        "annotations": [
            {"image_id": 0, "category_id": 90, "bbox": [1, 1, 2, 2], "score": 0.5},
            {"image_id": 0, "category_id": 90, "bbox": [3, 1, 2, 2], "attributes": {"wet": True}},
        ],
    }
    plan = planned(said(tmp_path / "a.json", "\ufeff" + json.dumps(bare)), way="prelabels")
    assert (plan.format, plan.problems, plan.new_labels) == ("coco", [], ["new one"])
    first, second = (item for _, item in plan.annotations)
    assert (first.set, first.source, first.score) == ("prelabel", "model", 0.5)
    assert second.attributes == {"wet": True}


def test_a_list_of_results_speaks_the_ids_of_the_project(tmp_path):
    results = [{"image_id": 5, "category_id": 4, "bbox": [1, 1, 2, 2], "score": 0.25}]
    plan = planned(said(tmp_path / "r.json", json.dumps(results)), way="prelabels")
    ((label, found),) = plan.annotations
    assert (label, found.image_id, found.score) == ("nucleus", 5, 0.25)


def test_an_outline_that_crosses_itself_becomes_its_pixels(tmp_path):
    bow = [[1, 1, 6, 6, 6, 1, 1, 6]]
    plan = planned(coco(tmp_path / "a.json", annotations=[annotation(segmentation=bow)]))
    ((_, found),) = plan.annotations
    assert isinstance(found.geometry, Mask)
    assert plan.notes == ["1 outlines cross themselves and become masks, pixel for pixel"]


def test_hugging_face_detection_sets_are_read(tmp_path):
    out = io.BytesIO()
    Pillow.new("L", (20, 10)).save(out, "PNG")
    features = {
        "objects": {"category": {"feature": {"names": ["cell", "x"], "_type": "ClassLabel"}}}
    }
    schema = pa.schema(
        [
            ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            (
                "objects",
                pa.struct(
                    [("bbox", pa.list_(pa.list_(pa.float32()))), ("category", pa.list_(pa.int64()))]
                ),
            ),
        ],
        metadata={"huggingface": json.dumps({"info": {"features": features}})},
    )
    rows = [
        {
            "image": {"bytes": out.getvalue(), "path": "background.jpg"},
            "objects": {"bbox": [[1, 1, 2, 2]], "category": [1]},
        }
    ]
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), tmp_path / "train.parquet")
    plan = planned(tmp_path / "train.parquet")
    ((label, found),) = plan.annotations
    assert (label, found.image_id, found.geometry) == ("x", 2, Box(1.0, 1.0, 2.0, 2.0))


def test_yolo_lists_of_names_are_read_in_each_style(tmp_path):
    for k, names in enumerate(
        ["names: [cell, 'b c']", "names:\n  0: cell\n  1: b", "names:\n- cell\n- b"]
    ):
        home = tmp_path / str(k)
        said(home / "data.yaml", f"# hand made\nnc: 2\n{names}\n")
        said(home / "labels/train/background.txt", "0 0.5 0.5 0.5 0.4\n\n")
        plan = planned(home)
        ((label, found),) = plan.annotations
        assert (plan.format, label, found.geometry) == ("yolo", "cell", Box(5.0, 3.0, 10.0, 4.0))


def test_yolo_scores_of_predictions_are_read(tmp_path):
    said(tmp_path / "classes.txt", "cell\n")
    said(tmp_path / "labels/background.txt", "0 0.5 0.5 0.5 0.4 0.875\n")
    ((_, found),) = planned(tmp_path, way="prelabels").annotations
    assert found.score == 0.875


def test_voc_of_others_is_read(tmp_path):
    text = """<annotation><filename>background.jpg</filename><path>C:\\x</path>
      <size><width>20</width><height>10</height><depth>3</depth></size>
      <object><name>cell</name><difficult>1</difficult>
      <bndbox><xmin>1</xmin><ymin>2</ymin><xmax>4</xmax><ymax>2</ymax></bndbox></object></annotation>"""
    ((_, found),) = planned(said(tmp_path / "a.xml", text)).annotations
    assert (found.geometry, found.attributes) == (Box(0.0, 1.0, 4.0, 1.0), {"difficult": True})


def test_labelme_of_others_is_read(tmp_path):
    out = io.BytesIO()
    Pillow.fromarray(np.array([[True, False], [True, True]])).save(out, "PNG")
    shapes = [
        {
            "label": "cell",
            "points": [[1, 1], [4, 1], [4, 3]],
            "shape_type": "polygon",
            "flags": {"wet": True},
        },
        {"label": "cell", "points": [[6, 5], [4, 2]], "shape_type": "rectangle"},
        {
            "label": "cell",
            "points": [[3, 2], [4, 3]],
            "shape_type": "mask",
            "mask": base64.b64encode(out.getvalue()).decode(),
        },
        {
            "label": "cell",
            "points": [[0, 0], [2, 0], [2, 2]],
            "shape_type": "polygon",
            "group_id": 4,
        },
        {
            "label": "cell",
            "points": [[5, 5], [7, 5], [7, 7]],
            "shape_type": "polygon",
            "group_id": 4,
        },
    ]
    document = {"imagePath": "..\\x\\background.jpg", "shapes": shapes, "flags": {"nucleus": True}}
    plan = planned(said(tmp_path / "a.json", json.dumps(document)))
    kinds = [item.geometry for _, item in plan.annotations]
    assert kinds[0] == Tag()
    assert kinds[2] == Box(4.0, 2.0, 2.0, 3.0)
    assert array_from_geometry(kinds[3], (10, 20)).nonzero()[0].tolist() == [2, 3, 3]
    assert isinstance(kinds[4], Polygon)
    assert len(kinds[4].parts) == 2


def test_via_is_read(tmp_path):
    regions = [
        {
            "shape_attributes": {"name": "rect", "x": 1, "y": 2, "width": 3, "height": 4},
            "region_attributes": {"type": "cell"},
        },
        {
            "shape_attributes": {
                "name": "polygon",
                "all_points_x": [1, 4, 4],
                "all_points_y": [1, 1, 3],
            },
            "region_attributes": {"kind": {"nucleus": True}},
        },
    ]
    document = {"_via_img_metadata": {"x1": {"filename": "background.jpg", "regions": regions}}}
    plan = planned(said(tmp_path / "a.json", json.dumps(document)))
    assert [label for label, _ in plan.annotations] == ["cell", "nucleus"]
    assert plan.format == "via"


def test_cvat_is_read(tmp_path):
    text = """<?xml version="1.0"?><annotations><version>1.1</version>
      <image id="0" name="plate 2/ring.png" width="8" height="6">
      <box label="cell" xtl="1" ytl="1" xbr="3" ybr="4" occluded="1">
      <attribute name="grade">2</attribute></box>
      <polygon label="cell" points="1,1;4,1;4,3"/>
      <mask label="cell" rle="1,2,1" left="2" top="3" width="2" height="2"/>
      <tag label="nucleus"/></image></annotations>"""
    plan = planned(said(tmp_path / "a.xml", text))
    found = [item for _, item in plan.annotations]
    assert plan.format == "cvat"
    assert found[0].attributes == {"grade": "2", "occluded": True}
    assert array_from_geometry(found[2].geometry, (6, 8)).nonzero()[1].tolist() == [3, 2]
    assert found[3].geometry == Tag()


def test_label_studio_is_read(tmp_path):
    size = {"original_width": 20, "original_height": 10}
    results = [
        {
            "type": "rectanglelabels",
            "value": {"x": 10, "y": 20, "width": 50, "height": 40, "rectanglelabels": ["cell"]},
            **size,
        },
        {"type": "choices", "value": {"choices": ["nucleus"]}},
    ]
    tasks = [
        {
            "data": {"image": "/data/upload/1/1a2b3c4d-background.jpg"},
            "annotations": [{"result": results}],
        },
        {
            "data": {"image": "/data/local-files/?d=plate%201/ring.png"},
            "predictions": [{"score": 0.5, "result": []}],
        },
    ]
    plan = planned(said(tmp_path / "a.json", json.dumps(tasks)))
    assert (plan.format, plan.unmatched) == ("labelstudio", [])
    assert plan.annotations[0][1].geometry == Box(2.0, 2.0, 10.0, 4.0)
    assert plan.annotations[1][1].geometry == Tag()


def test_a_brush_of_label_studio_is_decoded():
    bits = f"{8:032b}{7:05b}" + "0000" * 4 + "1" + "00" + "0" + "00000000"
    bits += "1" + "00" + "0" + "11111111" + "0" + "00" + "0" + "00000101"
    bits += "".join("1" + "00" + "0" + "00000000" for _ in range(5))
    data = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
    assert brush_values(data, 8, "x").tolist() == [0, 255, 5, 0, 0, 0, 0, 0]
    with pytest.raises(FormatError, match="breaks off"):
        brush_values(data[:9], 8, "x")


def test_label_images_without_tables_get_numbered_labels(tmp_path):
    values = np.zeros((10, 20), np.uint8)
    values[2:4, 3:5], values[0, 0] = 7, 255
    Pillow.fromarray(values).save(tmp_path / "background.png")
    plan = planned(tmp_path)
    ((label, found),) = plan.annotations
    assert (plan.format, label) == ("masks", "class 7")
    assert isinstance(found.geometry, Mask)


# --- refusals ---------------------------------------------------------------------------------

RING = [1, 1, 4, 1, 4, 3]
HOSTILE = {
    "nan": ('{"images": [], "annotations": [NaN], "categories": []}', "is not valid JSON"),
    "infinity": (
        '{"images": [{"id": Infinity}], "annotations": [], "categories": []}',
        "is not valid",
    ),
    "truncated": ('{"images": [', "is not valid JSON"),
    "deep": ('{"images": ' + "[" * 900 + "]" * 900 + "}", "nested deeper than 64"),
    "twice": (
        '{"images": [], "images": [], "annotations": [], "categories": []}',
        "key 'images' twice",
    ),
    "no list": ('{"images": {}, "annotations": [], "categories": []}', "images must be a list"),
}
RECORDS = {
    "negative": ({"bbox": [1, 2, -3, 4]}, "bbox has a negative width or height"),
    "empty": ({"bbox": [1, 2, 0, 4]}, "must be wider and higher than 0"),
    "outside": ({"bbox": [100, 2, 3, 4]}, "lies outside the image"),
    "huge": ({"bbox": [1, 2, 3, 1e300]}, "finite and of sensible size"),
    "text": ({"bbox": [1, 2, "3", 4]}, "bbox[2] must be a number, got str"),
    "category": ({"category_id": 9}, "category_id 9 is no category"),
    "image": ({"image_id": 99}, "image_id 99 is no image of the document"),
    "odd": ({"segmentation": [RING[:5]]}, "at least 3 pairs"),
    "size": (
        {"segmentation": {"size": [9, 20], "counts": [1, 179]}},
        "the size [9, 20] is not [10, 20]",
    ),
    "counts": (
        {"segmentation": {"size": [10, 20], "counts": [2**62, 1]}},
        "run lengths must be between",
    ),
    "sum": ({"segmentation": {"size": [10, 20], "counts": [3]}}, "add up to 3 pixels"),
    "code": ({"segmentation": {"size": [10, 20], "counts": "\u00ff"}}, "outside COCO's code"),
    "score": ({"score": 7}, "score must be between 0 and 1, got 7"),
    "attributes": ({"datasetbuilder": {"attributes": {"a": [1]}}}, "attributes.a"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_document_is_refused_whole(tmp_path, case):
    text, problem = HOSTILE[case]
    plan = planned(said(tmp_path / "a.json", text), format="coco")
    assert plan.annotations == []
    assert len(plan.problems) == 1
    assert plan.problems[0].startswith("a.json")
    assert problem in plan.problems[0]


@pytest.mark.parametrize("case", RECORDS)
def test_one_bad_record_refuses_its_file_and_is_named(tmp_path, case):
    change, problem = RECORDS[case]
    records = [annotation(), annotation(id=2, **change)]
    plan = planned(coco(tmp_path / "a.json", annotations=records))
    assert plan.annotations == []
    (line,) = plan.problems
    assert problem in line
    assert "a.json annotations[1]" in line


def test_every_problem_is_listed_not_only_the_first(tmp_path):
    records = [annotation(bbox=[1, 1, -1, 1]), annotation(id=1), annotation(id=1, category_id=8)]
    plan = planned(
        coco(
            tmp_path / "a.json",
            annotations=records,
            images=[
                {"id": 7, "file_name": "background.jpg", "width": 20, "height": 10},
                {"id": 7, "file_name": "../../etc/passwd", "width": 20, "height": 10},
            ],
        )
    )
    assert [line.partition(" ")[2] for line in plan.problems] == [
        "images[1].file_name leads out of its folder: '../../etc/passwd'",
        "annotations[0].bbox has a negative width or height: [1.0, 1.0, -1.0, 1.0]",
        "annotations[2].id 1 appears twice",
    ]


def test_another_size_than_the_image_has_refuses_the_file(tmp_path):
    images = [{"id": 7, "file_name": "background.jpg", "width": 21, "height": 10}]
    plan = planned(coco(tmp_path / "a.json", images=images))
    assert plan.problems == [
        "a.json: background.jpg is 21 × 10 pixels there, but 20 × 10 in the project"
    ]


def test_a_bad_file_does_not_hold_back_its_neighbours(tmp_path):
    said(tmp_path / "data.yaml", "names: [cell]\n")
    said(tmp_path / "labels/background.txt", "0 0.5 0.5 0.5 0.4\n3 0.5 0.5 2 nan\n")
    said(tmp_path / "labels/plate 1/ring.txt", "0 0.5 0.5 0.5 0.4\n")
    plan = planned(tmp_path)
    assert [item.image_id for _, item in plan.annotations] == [1]
    assert plan.problems == ["background.txt line 2 column 5 must be finite, got nan"]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("0 0.5 0.5 0.5", "must be a class and 4 numbers, got 3"),
        ("0 0.5 0.5 1.5 0.4", "column 4 must be between 0 and 1, got 1.5"),
        ("0.5 0.5 0.5 0.5 0.4", "column 1: 0.5 is no class number"),
        ("7 0.5 0.5 0.5 0.4", "column 1: there is no class 7"),
        ("0 0.5 0.5 0 0.4", "must be above 0, got 0 and 0.4"),
        ("x 0.5 0.5 0.5 0.4", "column 1: 'x' is no number"),
    ],
)
def test_a_bad_line_of_yolo_is_named(tmp_path, line, problem):
    said(tmp_path / "data.yaml", "names: [cell]\n")
    said(tmp_path / "labels/background.txt", line + "\n")
    (found,) = planned(tmp_path, format="yolo-detect").problems
    assert found.startswith("background.txt line 1")
    assert problem in found


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE a [<!ENTITY b "c">]><annotation><filename>&b;</filename></annotation>',
        '<!DOCTYPE a SYSTEM "file:///etc/passwd"><annotation/>',
        "<annotation>" + "<a>" * 50 + "</a>" * 50 + "</annotation>",
        "<annotation><object>",
    ],
)
def test_hostile_xml_is_refused(tmp_path, text):
    plan = planned(said(tmp_path / "a.xml", text), format="voc")
    assert plan.annotations == []
    assert len(plan.problems) == 1


def test_labels_that_are_missing_can_be_refused(tmp_path):
    path = coco(tmp_path / "a.json", categories=[{"id": 3, "name": "alien"}])
    assert planned(path).new_labels == ["alien"]
    refused = planned(path, new_labels="refuse")
    assert refused.annotations == []
    assert refused.problems == ["The project has no label 'alien'; nothing is created (refuse)."]


def test_images_that_the_project_lacks_are_told(tmp_path):
    images = [{"id": 7, "file_name": "strange.jpg", "width": 20, "height": 10}]
    plan = planned(coco(tmp_path / "a.json", images=images))
    assert (plan.unmatched, plan.annotations, plan.problems) == (["strange.jpg"], [], [])


def test_wrong_use_is_told(tmp_path):
    path = coco(tmp_path / "a.json")
    with pytest.raises(UsageError, match="does not exist"):
        planned(tmp_path / "nothing")
    with pytest.raises(UnknownName, match=r"no format to import called 'x'. Known: auto, coco"):
        planned(path, format="x")
    with pytest.raises(UsageError, match="Import as annotations or prelabels"):
        planned(path, way="truth")
    said(tmp_path / "b.txt", "hello")
    with pytest.raises(FormatError, match="looks like no format"):
        guess(tmp_path / "b.txt")


def test_links_are_not_followed(tmp_path):
    said(tmp_path / "data.yaml", "names: [cell]\n")
    said(tmp_path / "real.txt", "0 0.5 0.5 0.5 0.4\n")
    (tmp_path / "labels").mkdir()
    (tmp_path / "labels/background.txt").symlink_to(tmp_path / "real.txt")
    with pytest.raises(FormatError, match="no label files"):
        planned(tmp_path, format="yolo")
    shutil.rmtree(tmp_path / "labels")
