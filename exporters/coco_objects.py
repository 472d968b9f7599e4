"""One image or annotation to its COCO record and back.

The rules: ids are the project's; ``area`` and ``bbox`` are those of the covered pixels;
``iscrowd`` is always there; ``segmentation`` is valid or absent, never empty; masks are written as
outlines along pixel corners, which every reader fills to the very same pixels; crowds as
uncompressed run lengths, as COCO itself has them.
"""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from datasetbuilder.errors import FormatError, GeometryError, WireError
from datasetbuilder.exporters import fields
from datasetbuilder.exporters.extension import (
    KEY,
    asked_of,
    asking,
    extension_from_annotation,
    extension_of,
    geometry_of,
    kind_of,
    remaining_fields,
)
from datasetbuilder.exporters.options import (
    CLASSIFICATION,
    INSTANCES,
    OUTLINED,
    ExportOptions,
)
from datasetbuilder.geometry import (
    coco_counts,
    coco_rings,
    coco_rle,
    extent,
    mask_from_coco_rle,
    polygon_from_mask,
    polygon_from_turned,
)
from datasetbuilder.geometry.masks import mask_from_spans
from datasetbuilder.geometry.raster import spans_from_geometry
from datasetbuilder.model import (
    Annotation,
    Bbox,
    Box,
    Ellipse,
    Geometry,
    Image,
    ImageState,
    Keypoints,
    Kind,
    Label,
    Mask,
    Part,
    Polygon,
    RotatedBox,
    Skeleton,
    Tag,
)
from datasetbuilder.wire import geometry_from_wire, skeleton_from_wire

BESIDE = "beside"
"""Shapes that an image of a document of keypoints has beside its annotations."""

# --- writing ----------------------------------------------------------------------------------


def record_from_label(label: Label) -> dict[str, Any]:
    """A label as a COCO category; its edges count from 1, as COCO's do."""
    said: dict[str, Any] = {
        "id": label.id,
        "name": label.name,
        "supercategory": label.supercategory,
    }
    if label.skeleton is not None:
        said["keypoints"] = list(label.skeleton.names)
        said["skeleton"] = [[one + 1, other + 1] for one, other in label.skeleton.edges]
    return said | {KEY: {"uid": label.uid, "color": label.color, **asked_of(label)}}


def record_from_image(image: Image, file_name: str, tags: tuple[Annotation, ...]) -> dict[str, Any]:
    """An image, with its whole-image classes beside it when the task is another."""
    said: dict[str, Any] = {"sha256": image.sha256, "state": image.state.value}
    if file_name != image.name:
        said["name"] = image.name
    if tags:
        said["tags"] = [_tag(tag) for tag in tags]
    return {
        "id": image.id,
        "file_name": file_name,
        "width": image.width,
        "height": image.height,
        KEY: said,
    }


def record_from_annotation(
    annotation: Annotation, image: Image, options: ExportOptions
) -> dict[str, Any]:
    """An annotation as COCO has it for the task."""
    said: dict[str, Any] = {
        "id": annotation.id,
        "image_id": image.id,
        "category_id": annotation.label,
    }
    if options.task == CLASSIFICATION:
        said[KEY] = extension_from_annotation(annotation, with_geometry=False)
        return said
    area, bbox = measured(annotation, image)
    said.update(iscrowd=int(annotation.crowd), area=area, bbox=bbox)
    told = annotation.kind is Kind.BOX
    if options.task == INSTANCES and annotation.kind in OUTLINED:
        said["segmentation"], told = _segmentation(annotation, image, options.segmentation)
    if isinstance(annotation.geometry, Keypoints):
        said |= _keypoints(annotation.geometry)
        told = True
    return said | _rest(annotation, with_geometry=not told)


def _rest(annotation: Annotation, *, with_geometry: bool) -> dict[str, Any]:
    """What COCO has no field for; attributes go where other tools look for them."""
    extension = extension_from_annotation(annotation, with_geometry=with_geometry)
    attributes = extension.pop("attributes", None)
    return {KEY: extension} if attributes is None else {"attributes": attributes, KEY: extension}


def _keypoints(shape: Keypoints) -> dict[str, Any]:
    flat = chain.from_iterable((p.x, p.y, int(p.visibility)) for p in shape.points)
    return {"keypoints": list(flat), "num_keypoints": len(shape.labelled)}


def measured(annotation: Annotation, image: Image) -> tuple[float, Bbox]:
    """Area and box as the project computed them, or computed here if it did not.

    Raises
    ------
    FormatError
        If the annotation covers nothing.
    """
    if annotation.bbox is not None:
        return annotation.area, annotation.bbox
    found = extent(annotation.geometry, image.shape)
    if found.bbox is None:
        raise FormatError(f"Annotation {annotation.id} of {image.name} covers no pixel.")
    return found.area, found.bbox


def _segmentation(annotation: Annotation, image: Image, way: str) -> tuple[Any, bool]:
    """The segmentation, and whether the geometry can be told from it."""
    shape = annotation.geometry
    is_mask = isinstance(shape, Mask)
    if annotation.crowd or (is_mask and way == "counts"):
        return coco_counts(shape, image.shape), is_mask
    if is_mask and way == "rle":
        return coco_rle(shape, image.shape), True
    if is_mask:
        return coco_rings(polygon_from_mask(shape)), True
    return rings_of(shape), isinstance(shape, Polygon) and not has_holes(shape)


def has_holes(polygon: Polygon) -> bool:
    """Whether any part has a hole."""
    return any(part.holes for part in polygon.parts)


def rings_from_polygon(polygon: Polygon) -> list[list[float]]:
    """One flat ring ``x, y, x, y …`` for each part, holes joined by a cut."""
    if has_holes(polygon):
        return coco_rings(polygon)
    return [list(chain.from_iterable(part.exterior)) for part in polygon.parts]


def rings_of(shape: Geometry) -> list[list[float]]:
    """The rings that a shape with an outline of its own is written as, none for others."""
    if isinstance(shape, RotatedBox | Ellipse):
        return rings_from_polygon(polygon_from_turned(shape))
    return rings_from_polygon(shape) if isinstance(shape, Polygon) else []


def _tag(tag: Annotation) -> dict[str, Any]:
    said = {"id": tag.id, "category_id": tag.label}
    return said | extension_from_annotation(tag, with_geometry=False)


# --- reading ----------------------------------------------------------------------------------


def label_from_record(value: Any, path: str) -> Label:
    """A category as a label."""
    data = fields.record(value, path)
    extension = extension_of(data, path)
    return Label(
        id=fields.integer(fields.required(data, "id", path), f"{path}.id", least=0),
        name=fields.text(fields.required(data, "name", path), f"{path}.name"),
        color=str(extension.get("color", "")),
        uid=str(extension.get("uid", "")),
        supercategory=str(data.get("supercategory") or ""),
        skeleton=skeleton_of(data, path),
        **asking(extension, f"{path}.{KEY}"),
    )


def skeleton_of(data: Mapping[str, Any], path: str) -> Skeleton | None:
    """The skeleton of a category, if it has one."""
    if not data.get("keypoints"):
        return None
    edges = fields.items(data.get("skeleton") or [], f"{path}.skeleton")
    read = [fields.items(edge, f"{path}.skeleton[{k}]") for k, edge in enumerate(edges)]
    counted = [[end - 1 if isinstance(end, int) else end for end in edge] for edge in read]
    try:
        return skeleton_from_wire({"names": data["keypoints"], "edges": counted}, path)
    except WireError as error:
        raise FormatError(f"{error} (one less than in the skeleton)") from error


def image_from_record(value: Any, path: str) -> tuple[Image, tuple[Annotation, ...]]:
    """An image with the whole-image classes that are kept beside it."""
    data = fields.record(value, path)
    extension = extension_of(data, path)
    image_id = fields.integer(fields.required(data, "id", path), f"{path}.id", least=0)
    sides = [
        fields.integer(fields.required(data, key, path), f"{path}.{key}", most=fields.MAX_SIDE)
        for key in ("width", "height")
    ]
    file_name = fields.text(fields.required(data, "file_name", path), f"{path}.file_name")
    image = Image(
        id=image_id,
        name=str(extension.get("name", file_name)),
        width=sides[0],
        height=sides[1],
        sha256=str(extension.get("sha256", "")),
        state=_state(extension, path),
    )
    here = f"{path}.{KEY}.tags"
    tags = fields.items(extension.get("tags", []), here)
    return image, tuple(_tag_of(tag, image, f"{here}[{k}]") for k, tag in enumerate(tags))


def annotation_from_record(value: Any, image: Image, path: str) -> Annotation:
    """A COCO annotation as it was drawn, as far as the record tells."""
    data = fields.record(value, path)
    extension = extension_of(data, path)
    if "attributes" in data:
        extension = {"attributes": data["attributes"], **extension}
    kind = kind_of(extension, path)
    geometry = geometry_of(extension, path)
    if geometry is None:
        geometry = _geometry(data, image, kind, path)
    elif "segmentation" in data:
        check_agreement(geometry, data["segmentation"], image, f"{path}.segmentation")
    box = data.get("bbox")
    return Annotation(
        id=fields.integer(fields.required(data, "id", path), f"{path}.id", least=0),
        label=fields.integer(
            fields.required(data, "category_id", path), f"{path}.category_id", least=0
        ),
        image_id=image.id,
        geometry=geometry,
        crowd=bool(fields.integer(data.get("iscrowd", 0), f"{path}.iscrowd", least=0, most=1)),
        area=fields.number(data.get("area", 0.0), f"{path}.area"),
        bbox=None if box is None else _bbox(box, f"{path}.bbox"),
        **remaining_fields(extension, path),
    )


def _state(extension: Mapping[str, Any], path: str) -> ImageState:
    try:
        return ImageState(extension.get("state", ImageState.NEW))
    except ValueError:
        raise FormatError(f"{path}.{KEY}.state is unknown: {extension['state']!r:.60}") from None


def _tag_of(value: Any, image: Image, path: str) -> Annotation:
    data = fields.record(value, path)
    return Annotation(
        id=fields.integer(fields.required(data, "id", path), f"{path}.id"),
        label=fields.integer(fields.required(data, "category_id", path), f"{path}.category_id"),
        image_id=image.id,
        geometry=Tag(),
        **remaining_fields(data, path),
    )


def _geometry(data: Mapping[str, Any], image: Image, kind: Kind | None, path: str) -> Geometry:
    segmentation = data.get("segmentation")
    if kind is Kind.TAG or (segmentation is None and "bbox" not in data):
        return Tag()
    if kind is Kind.KEYPOINTS:
        return keypoints_from_record(data, path)
    if not segmentation:
        return Box(*_bbox(data.get("bbox"), f"{path}.bbox"))
    here = f"{path}.segmentation"
    try:
        if isinstance(segmentation, Mapping):
            return _mask_from_rle(segmentation, image)
        polygon = polygon_from_rings(fields.items(segmentation, here), here)
        if kind is not Kind.MASK:
            return polygon
        return mask_from_spans(spans_from_geometry(polygon, image.shape))
    except GeometryError as error:
        raise FormatError(f"{here}: {error}") from error


def keypoints_from_record(data: Mapping[str, Any], path: str) -> Keypoints:
    """COCO's flat ``x, y, visibility, …`` as keypoints."""
    here = f"{path}.keypoints"
    flat = fields.numbers(data.get("keypoints"), here)
    if not flat or len(flat) % 3:
        raise FormatError(f"{here} must be triples of x, y, visibility, got {len(flat)} numbers")
    triples = zip(flat[::3], flat[1::3], flat[2::3], strict=True)
    points = [(x, y, int(seen) if seen == int(seen) else seen) for x, y, seen in triples]
    try:
        shape = geometry_from_wire(Kind.KEYPOINTS, {"points": points}, here)
    except WireError as error:
        raise FormatError(str(error)) from error
    assert isinstance(shape, Keypoints)
    return shape


def own_shape(record: Mapping[str, Any]) -> Mapping[str, Any]:
    """A record without what it has of the shape around its keypoints."""
    kind = fields.record(record.get(KEY) or {}, KEY).get("kind")
    if kind != Kind.KEYPOINTS:
        return record
    return {key: value for key, value in record.items() if key != "segmentation"}


def beside_of(record: Mapping[str, Any], image: Image, where: str) -> list[Annotation]:
    """The shapes that stand beside an image under the key of this package."""
    here = f"{where}.{KEY}.{BESIDE}"
    listed = fields.items(fields.record(record.get(KEY) or {}, here).get(BESIDE, []), here)
    return [annotation_from_record(item, image, f"{here}[{k}]") for k, item in enumerate(listed)]


def _mask_from_rle(segmentation: Mapping[str, Any], image: Image) -> Mask:
    mask = mask_from_coco_rle(segmentation)
    if list(segmentation["size"]) != list(image.shape):
        raise GeometryError(f"the size {segmentation['size']} is not {list(image.shape)}")
    return mask


def check_agreement(geometry: Geometry, segmentation: Any, image: Image, path: str) -> None:
    """Refuse a segmentation that covers other pixels than the geometry kept beside it.

    Raises
    ------
    FormatError
        If it does, or is malformed.
    """
    try:
        if isinstance(segmentation, Mapping):
            said = _mask_from_rle(segmentation, image)
            same = said == mask_from_spans(spans_from_geometry(geometry, image.shape))
        else:
            polygon_from_rings(fields.items(segmentation, path), path)
            same = segmentation == rings_of(geometry)
    except GeometryError as error:
        raise FormatError(f"{path}: {error}") from error
    if not same:
        raise FormatError(f"{path} and the shape kept beside it are not the same")


def polygon_from_rings(rings: list[Any], path: str) -> Polygon:
    """Flat rings ``x, y, x, y …`` as a polygon of one part each."""
    parts = []
    for index, ring in enumerate(rings):
        here = f"{path}[{index}]"
        flat = fields.numbers(ring, here)
        if len(flat) < 6 or len(flat) % 2:
            raise FormatError(
                f"{here} must be at least 3 pairs of x and y, got {len(flat)} numbers"
            )
        parts.append(Part(tuple(zip(flat[::2], flat[1::2], strict=True))))
    return Polygon(tuple(parts))


def _bbox(value: Any, path: str) -> Bbox:
    sides = fields.numbers(value, path)
    if len(sides) != 4:
        raise FormatError(f"{path} must be [x, y, width, height], got {len(sides)} numbers")
    if sides[2] < 0 or sides[3] < 0:
        raise FormatError(f"{path} has a negative width or height: {sides}")
    x, y, width, height = sides
    return x, y, width, height
