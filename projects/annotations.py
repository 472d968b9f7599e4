"""Annotations as rows, and the keeper that writes them.

A polygon is two blobs: all its points as float32, ring after ring, and the build of its rings as
uint32, part after part ``[number of rings, points of ring 0, points of ring 1, …]``. A mask is its
RLE text with the offset in ``x, y, width, height``, which hold the bounding box of every kind. A
rotated box and an ellipse are their five numbers and a zero in the blob of points; polylines,
points and keypoints are that blob, the visibilities of keypoints being the build.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import Row, bindparam, delete, insert, select, update

from datasetbuilder import geometry
from datasetbuilder.errors import GeometryError
from datasetbuilder.model import (
    Annotation,
    Box,
    Ellipse,
    Geometry,
    ImageState,
    Keypoint,
    Keypoints,
    Mask,
    OperationKind,
    Part,
    Point,
    Points,
    Polygon,
    Polyline,
    Ring,
    RotatedBox,
    Tag,
    Target,
    Visibility,
)
from datasetbuilder.projects import skeletons, tombstones
from datasetbuilder.projects.clock import micros_from_time, time_from_micros
from datasetbuilder.projects.kept import Fields, Held, Refusal, Stamp
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.schema import annotation, image
from datasetbuilder.projects.sets import is_blind
from datasetbuilder.wire import (
    annotation_change_from_wire,
    annotation_from_wire,
    annotation_to_wire,
)

_COLUMNS = tuple(column for column in annotation.c if column.name != "project")
_CONTENT = ("label", "set", "geometry", "attributes", "source", "score", "crowd", "level")
SELECT = select(*_COLUMNS)
"""The columns that ``annotations_from_rows`` reads, in its order."""


# --- geometry ---------------------------------------------------------------------------------


def _polygon_blobs(polygon: Polygon) -> tuple[bytes, bytes]:
    points: list[Point] = []
    build: list[int] = []
    for part in polygon.parts:
        rings = (part.exterior, *part.holes)
        build += [len(rings), *map(len, rings)]
        for ring in rings:
            points += ring
    return _xy(points), np.array(build, dtype="<u4").tobytes()


def _polygon_from_build(points: Sequence[Point], build: Sequence[int]) -> Polygon:
    parts: list[Part] = []
    here, at = 0, 0
    while at < len(build):
        rings: list[Ring] = []
        for size in build[at + 1 : at + 1 + build[at]]:
            rings.append(tuple(points[here : here + size]))
            here += size
        parts.append(Part(rings[0], tuple(rings[1:])))
        at += 1 + build[at]
    return Polygon(tuple(parts))


_TURNED: dict[str, type[RotatedBox] | type[Ellipse]] = {
    "rotated_box": RotatedBox,
    "ellipse": Ellipse,
}


def _xy(points: Sequence[Point]) -> bytes:
    return np.array(points, dtype="<f4").tobytes()


def _numbers_of_turned(turned: RotatedBox | Ellipse) -> list[Point]:
    match turned:
        case RotatedBox(cx, cy, width, height, angle) | Ellipse(cx, cy, width, height, angle):
            return [(cx, cy), (width, height), (angle, 0.0)]


def _keypoints_from_build(points: Sequence[Point], build: Sequence[int]) -> Keypoints:
    pairs = zip(points, build, strict=True)
    return Keypoints(tuple(Keypoint(x, y, Visibility(seen)) for (x, y), seen in pairs))


def _shape_from_blobs(kind: str, points: Sequence[Point], build: bytes | None) -> Geometry:
    if kind in _TURNED:
        (cx, cy), (width, height), (angle, _) = points
        return _TURNED[kind](cx, cy, width, height, angle)
    if kind == "polyline":
        return Polyline(tuple(points))
    if kind == "points":
        return Points(tuple(points))
    counts = np.frombuffer(build or b"", dtype="<u4").tolist()
    if kind == "keypoints":
        return _keypoints_from_build(points, counts)
    return _polygon_from_build(points, counts)


def _points_from_blobs(blobs: Iterable[bytes]) -> list[Point]:
    # orjson writes the shortest decimal of a float32, which reads back as the double that was sent.
    singles = np.frombuffer(b"".join(blobs), dtype="<f4")
    flat = orjson.loads(orjson.dumps(singles, option=orjson.OPT_SERIALIZE_NUMPY))
    return list(zip(flat[0::2], flat[1::2], strict=True))


def _geometry_columns(shape: Geometry) -> dict[str, Any]:
    columns: dict[str, Any] = {"kind": shape.kind.value, "xy": None, "rings": None, "rle": None}
    match shape:
        case Polygon():
            columns["xy"], columns["rings"] = _polygon_blobs(shape)
        case Mask():
            columns["rle"] = shape.counts
        case RotatedBox() | Ellipse():
            columns["xy"] = _xy(_numbers_of_turned(shape))
        case Polyline(points) | Points(points):
            columns["xy"] = _xy(points)
        case Keypoints(points):
            columns["xy"] = _xy([(point.x, point.y) for point in points])
            columns["rings"] = np.array([p.visibility for p in points], dtype="<u4").tobytes()
        case Box() | Tag():
            pass
    return columns


# --- rows -------------------------------------------------------------------------------------


def annotations_from_rows(rows: Sequence[Row[Any]]) -> tuple[Annotation, ...]:
    """Rows of ``SELECT`` as annotations, in their order."""
    blobs = [row.xy for row in rows if row.xy is not None]
    points = _points_from_blobs(blobs) if blobs else []
    found, here = [], 0
    for row in rows:
        size = 0 if row.xy is None else len(row.xy) // 8
        found.append(_annotation(row, points[here : here + size]))
        here += size
    return tuple(found)


def wires_from_rows(rows: Sequence[Row[Any]]) -> list[dict[str, Any]]:
    """Rows of ``SELECT`` in their wire form.

    The rings of polygons stay arrays of float32, which JSON writes in the very same digits: a crowd
    of polygons has more points than there is time to make tuples of.
    """
    return [_wire(row) for row in rows]


def _wire(row: Row[Any]) -> dict[str, Any]:
    if row.kind != "polygon":
        (found,) = annotations_from_rows([row])
        return annotation_to_wire(found)
    wire = annotation_to_wire(_annotation(row, []))
    return {**wire, "geometry": {"parts": _rings_from_blobs(row.xy, row.rings)}}


def _rings_from_blobs(points: bytes, build: bytes) -> list[list[NDArray[np.float32]]]:
    xy = np.frombuffer(points, dtype="<f4").reshape(-1, 2)
    sizes = np.frombuffer(build, dtype="<u4").tolist()
    parts: list[list[NDArray[np.float32]]] = []
    here, at = 0, 0
    while at < len(sizes):
        parts.append([])
        for size in sizes[at + 1 : at + 1 + sizes[at]]:
            parts[-1].append(xy[here : here + size])
            here += size
        at += 1 + sizes[at]
    return parts


def _annotation(row: Row[Any], points: list[Point]) -> Annotation:
    (
        image_id, object_id, uid, label, set_name, kind, x, y, width, height, area, crowd, _xy,
        rings, rle, attributes, source, score, author, version, _seq, _in_batch, created_at,
        updated_at, level,
    ) = tuple(row)  # fmt: skip
    if kind == "box":
        shape: Geometry = Box(x, y, width, height)
    elif kind == "mask":
        shape = Mask(int(x), int(y), int(width), int(height), rle)
    elif kind == "tag":
        shape = Tag()
    else:
        shape = _shape_from_blobs(kind, points, rings)
    return Annotation(
        uid=uid,
        label=label,
        geometry=shape,
        image_id=image_id,
        id=object_id,
        set=set_name,
        attributes={} if attributes is None else orjson.loads(attributes),
        source=source,
        score=score,
        crowd=bool(crowd),
        author=author,
        version=version,
        area=area,
        bbox=None if x is None else (x, y, width, height),
        created_at=time_from_micros(created_at),
        updated_at=time_from_micros(updated_at),
        level=level,
    )


def row_from_annotation(
    project_id: int, made: Annotation, *, seq: int, in_batch: bool
) -> dict[str, Any]:
    """An annotation as the row that keeps it."""
    assert made.created_at is not None
    assert made.updated_at is not None
    x, y, width, height = made.bbox or (None, None, None, None)
    return {
        "project": project_id,
        "image_id": made.image_id,
        "id": made.id,
        "uid": made.uid,
        "label": made.label,
        "set_name": made.set,
        **_geometry_columns(made.geometry),
        "x": x,
        "y": y,
        "width": width,
        "height": height,
        "area": made.area,
        "crowd": made.crowd,
        "attributes": orjson.dumps(dict(made.attributes)).decode() if made.attributes else None,
        "source": made.source,
        "score": made.score,
        "author": made.author,
        "version": made.version,
        "seq": seq,
        "in_batch": in_batch,
        "created_at": micros_from_time(made.created_at),
        "updated_at": micros_from_time(made.updated_at),
        "level": made.level,
    }


# --- reading payloads -------------------------------------------------------------------------


def fields_from_payload(
    kind: OperationKind, key: str, payload: object, shape: tuple[int, int]
) -> Fields:
    """What an operation sets, with the geometry clipped, checked and measured on its image.

    Raises
    ------
    WireError, GeometryError
        If a field is wrong or the shape has no meaning on the image.
    """
    if kind is OperationKind.REMOVE:
        return {}
    if kind is OperationKind.ADD:
        born = annotation_from_wire(key, payload)
        fields = {name: getattr(born, name) for name in _CONTENT}
    else:
        fields = annotation_change_from_wire(payload)
    if "geometry" in fields:
        fields.update(measured(fields["geometry"], shape))
    return fields


def measured(shape: Geometry, size: tuple[int, int]) -> Fields:
    """A geometry clipped to its image, with its area and bounding box."""
    clipped = geometry.checked(shape, size)
    extent = geometry.extent(clipped, size)
    return {"geometry": clipped, "area": extent.area, "bbox": extent.bbox}


# --- the keeper -------------------------------------------------------------------------------

_HELD = SELECT.where(annotation.c.project == bindparam("p"), annotation.c.uid == bindparam("u"))
_ROW = (
    annotation.c.project == bindparam("p"),
    annotation.c.image_id == bindparam("i"),
    annotation.c.id == bindparam("a"),
)
_CHANGED = (
    "label", "set_name", "kind", "x", "y", "width", "height", "area", "crowd", "xy", "rings", "rle",
    "attributes", "source", "score", "level", "version", "seq", "in_batch", "updated_at",
)  # fmt: skip
_UPDATE = (
    update(annotation).where(*_ROW).values({name: bindparam(f"new_{name}") for name in _CHANGED})
)
_DELETE = delete(annotation).where(*_ROW)
_START_IMAGE = (
    update(image)
    .where(image.c.project == bindparam("p"), image.c.id == bindparam("i"))
    .values(
        state=ImageState.IN_PROGRESS.value,
        seq=bindparam("new_seq"),
        state_seq=bindparam("new_seq"),
    )
)


class AnnotationKeeper:
    """Keeps annotations."""

    def held(self, ledger: Ledger, target: Target) -> Held | None:
        """The annotation with the uid, or its tombstone."""
        keys = {"p": ledger.project_id, "u": target.key}
        row = ledger.connection.execute(_HELD, keys).first()
        if row is None:
            return tombstones.find(ledger, target)
        (found,) = annotations_from_rows([row])
        return _held(found, row.seq, in_batch=bool(row.in_batch))

    def same(self, held: Held, fields: Fields) -> bool:
        """Whether every field that an add may set is the same."""
        born = Annotation(uid="", **fields)
        return all(getattr(born, name) == getattr(held.value, name) for name in _CONTENT)

    def add(self, ledger: Ledger, target: Target, fields: Fields, stamp: Stamp) -> Held:
        """Write an annotation under the next id of the project."""
        made = Annotation(
            uid=target.key,
            image_id=target.image_id or 0,
            id=ledger.next_annotation,
            author=stamp.author,
            version=1,
            created_at=time_from_micros(stamp.at),
            updated_at=time_from_micros(stamp.at),
            **fields,
        )
        self._check_label(ledger, made)
        ledger.next_annotation += 1
        return self._insert(ledger, made, stamp)

    def change(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Write the next version, or bring a removed annotation back under its id."""
        if held.removed:
            return self._restore(ledger, target, held, fields, stamp)
        before: Annotation = held.value
        if "patch" in fields:
            fields = self._patched(ledger, before, fields)
        made = replace(
            before, **fields, version=held.version + 1, updated_at=time_from_micros(stamp.at)
        )
        if not {"label", "geometry"}.isdisjoint(fields):
            self._check_label(ledger, made)
        ledger.know_set(made.set)
        row = row_from_annotation(ledger.project_id, made, seq=stamp.seq, in_batch=False)
        keys = {"p": ledger.project_id, "i": made.image_id, "a": made.id}
        new = {f"new_{name}": row[name] for name in _CHANGED}
        ledger.connection.execute(_UPDATE, {**keys, **new})
        ledger.count_annotations(made.image_id, before.label, before.set, -1)
        ledger.count_annotations(made.image_id, made.label, made.set, 1)
        self._start_image(ledger, made, stamp)
        return _held(made, stamp.seq)

    def _patched(self, ledger: Ledger, before: Annotation, fields: Fields) -> Fields:
        """A patch holds for the version that it was made on, which the truth table has seen to."""
        mask, image_row = before.geometry, ledger.image(before.image_id)
        if not isinstance(mask, Mask) or image_row is None:
            raise Refusal(f"payload.patch: the {before.kind.value} {before.uid} is not a mask")
        size = (image_row.height, image_row.width)
        try:
            whole = measured(geometry.patched(mask, fields["patch"], size), size)
        except GeometryError as error:
            raise Refusal(f"payload.patch: {error}") from None
        return {**{name: fields[name] for name in fields if name != "patch"}, **whole}

    def _restore(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        missing = {"label", "geometry"} - fields.keys()
        if missing:
            raise Refusal(
                f"payload: bringing annotation {target.key} back needs {', '.join(sorted(missing))}"
            )
        made = Annotation(
            uid=target.key,
            image_id=held.image_id or 0,
            id=held.object_id or 0,
            author=held.author,
            version=held.version + 1,
            created_at=time_from_micros(held.created_at),
            updated_at=time_from_micros(stamp.at),
            **fields,
        )
        self._check_label(ledger, made)
        tombstones.lift(ledger, target)
        return self._insert(ledger, made, stamp)

    def remove(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Take the annotation off its image."""
        gone: Annotation = held.value
        keys = {"p": ledger.project_id, "i": gone.image_id, "a": gone.id}
        ledger.connection.execute(_DELETE, keys)
        ledger.count_annotations(gone.image_id, gone.label, gone.set, -1)
        self._start_image(ledger, gone, stamp)
        return tombstones.put(ledger, target, held, stamp)

    def _insert(self, ledger: Ledger, made: Annotation, stamp: Stamp) -> Held:
        if ledger.image(made.image_id) is None:
            raise Refusal(f"image {made.image_id} does not exist")
        ledger.know_set(made.set)
        row = row_from_annotation(ledger.project_id, made, seq=stamp.seq, in_batch=False)
        ledger.connection.execute(insert(annotation), row)
        ledger.count_annotations(made.image_id, made.label, made.set, 1)
        self._start_image(ledger, made, stamp)
        return _held(made, stamp.seq)

    def _check_label(self, ledger: Ledger, made: Annotation) -> None:
        row = ledger.label(made.label)
        if row is None:
            raise Refusal(f"label {made.label} does not exist; choose one of the project's labels")
        if row.deleted:
            heir = None if row.merged_into is None else ledger.label(row.merged_into)
            fate = "" if heir is None else f' and its shapes became "{heir.name}"'
            raise Refusal(f'the label "{row.name}" was removed{fate}; choose another label')
        if wrong := skeletons.mismatch(made.geometry, row):
            raise Refusal(f"payload.geometry.points: {wrong}")

    def _start_image(self, ledger: Ledger, made: Annotation, stamp: Stamp) -> None:
        image_id, row = made.image_id, ledger.image(made.image_id)
        if is_blind(made.set) or row is None or row.state != ImageState.NEW:
            return
        keys = {"p": ledger.project_id, "i": image_id}
        ledger.connection.execute(_START_IMAGE, {**keys, "new_seq": stamp.seq})
        ledger.count("state", ImageState.NEW, n=-1)
        ledger.count("state", ImageState.IN_PROGRESS, n=1)
        ledger.forget_image(image_id)


def _held(found: Annotation, seq: int, *, in_batch: bool = False) -> Held:
    assert found.created_at is not None
    return Held(
        version=found.version,
        seq=seq,
        current=orjson.loads(orjson.dumps(annotation_to_wire(found))),
        value=found,
        image_id=found.image_id,
        object_id=found.id,
        set_name=found.set,
        author=found.author,
        created_at=micros_from_time(found.created_at),
        in_batch=in_batch,
    )
