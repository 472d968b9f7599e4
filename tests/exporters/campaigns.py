"""Small campaigns on real pixels that every format is tried on."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image as Pillow

from datasetbuilder.geometry import mask_from_array
from datasetbuilder.model import (
    Annotation,
    Box,
    Ellipse,
    Image,
    ImageState,
    Keypoint,
    Keypoints,
    Mask,
    Part,
    Points,
    Polygon,
    Polyline,
    RotatedBox,
    Skeleton,
    Tag,
    Visibility,
)
from tests.exporters.snapshots import LABELS, SnapshotFake, drawn, image_of

DATA = Path(__file__).parent.parent / "data"
CROPS = DATA / "crops"
NUCLEI = DATA / "nuclei"

HIDDEN = Visibility.HIDDEN
SKELETON = Skeleton(("tip", "tail", "fin"), ((0, 1), (0, 2)))
FRAME = Polygon(
    (
        Part(
            ((2.0, 2.0), (20.25, 2.5), (20.0, 18.0), (2.0, 18.0)),
            (((6.0, 6.0), (6.0, 12.0), (12.0, 12.0), (12.0, 6.0)),),
        ),
        Part(((30.0, 30.0), (40.1, 30.0), (35.0, 39.7))),
    )
)


def masks_from_labels(path: Path) -> list[Mask]:
    """Every numbered region of a label image."""
    numbers = np.asarray(Pillow.open(path))
    return [mask_from_array(numbers == value) for value in np.unique(numbers) if value]


def crop(image_id: int, name: str, **fields: object) -> Image:
    """An image of the crops as the project knows it."""
    return image_of(image_id, name, (CROPS / Path(name).name).read_bytes(), **fields)


def _numbered(image: Image, masks: list[Mask], first: int) -> list[Annotation]:
    return [drawn(first + k, image, mask, label=4) for k, mask in enumerate(masks)]


def objects() -> SnapshotFake:
    """Masks with a hole and in two parts, a polygon with a hole, a box, a crowd, a tag."""
    ring = crop(1, "plate 1/ring.png", state=ImageState.ACCEPTED, split="train")
    background = crop(2, "background.jpg", state=ImageState.DONE, split="train")
    parts = crop(5, "plate 1/parts.png", state=ImageState.IN_PROGRESS, split="val")
    first = _numbered(ring, masks_from_labels(CROPS / "ring_labels.png"), 1)
    second = _numbered(parts, masks_from_labels(CROPS / "parts_labels.png"), 40)
    first += [
        drawn(20, ring, FRAME, attributes={"sure": True, "grade": 2}, source="outline"),
        drawn(21, ring, Box(1.1, 2.3, 10.7, 30.5), source="model", score=0.75),
        drawn(22, ring, Tag(), label=4),
    ]
    second += [
        drawn(60, parts, second[0].geometry, label=1, crowd=True),
        drawn(61, parts, Polygon((Part(((1.0, 1.0), (9.5, 1.0), (9.5, 9.0))),)), crowd=True),
    ]
    content = [(ring, tuple(first)), (background, ()), (parts, tuple(second))]
    return SnapshotFake(content, files(content))


def sketches() -> SnapshotFake:
    """Every kind that neither COCO nor Parquet has a column for."""
    ring = crop(1, "ring.png", state=ImageState.DONE)
    shapes = (
        RotatedBox(20.5, 20.25, 12.0, 6.5, 30.0),
        Ellipse(30.0, 30.0, 8.25, 4.0, -15.5),
        Polyline(((2.0, 2.5), (9.25, 30.0), (12.0, 8.1))),
        Points(((3.5, 3.5), (4.5, 9.0))),
        Keypoints((Keypoint(5.5, 6.5), Keypoint(0, 0, Visibility(0)), Keypoint(9, 9, HIDDEN))),
    )
    found = tuple(drawn(k, ring, shape, label=4) for k, shape in enumerate(shapes, 1))
    labels = (LABELS[0], replace(LABELS[1], skeleton=SKELETON))
    content = [(ring, found)]
    return SnapshotFake(content, files(content), labels)


FACE = Skeleton(("nose", "left eye", "right eye"), ((0, 1), (0, 2)))


def everything() -> SnapshotFake:
    """Two of all that a format may be unable to say, on two images."""
    content = []
    for number, name in ((1, "ring.png"), (2, "parts.png")):
        image = crop(number, name, state=ImageState.DONE)
        content.append((image, tuple(_all_kinds(image, 100 * number))))
    labels = (LABELS[0], replace(LABELS[1], skeleton=SKELETON))
    return SnapshotFake(content, files(content), labels)


def _all_kinds(image: Image, first: int) -> list[Annotation]:
    hollow = np.zeros(image.shape, bool)
    hollow[20:30, 20:30], hollow[22:25, 22:25], hollow[2:4, 40:44] = True, False, True
    points = Keypoints((Keypoint(5.5, 6.5), Keypoint(8, 8), Keypoint(9, 9, HIDDEN)))
    shapes = (
        FRAME, mask_from_array(hollow), Box(1.5, 2.5, 6.0, 7.0),
        RotatedBox(2.0, 9.0, 9.0, 5.0, 30.0), Ellipse(30.0, 20.0, 6.0, 4.0, 15.0),
        Polyline(((2.0, 2.5), (9.25, 30.0))),
        Points(((3.5, 3.5),)), points, Tag(),
    )  # fmt: skip
    found = [drawn(first + k, image, shape, label=4) for k, shape in enumerate(shapes)]
    found[0] = replace(found[0], attributes={"sure": True}, score=0.5, level=1)
    found.append(drawn(first + 20, image, Tag(), label=1))
    found.append(drawn(first + 21, image, points, label=1))
    found.append(drawn(first + 22, image, FRAME, label=1, crowd=True))
    return found


def poses() -> SnapshotFake:
    """Keypoints inside a box, inside a mask and alone, a crowd, a tag, an image without any."""
    ring = crop(1, "plate 1/ring.png", state=ImageState.DONE, split="train")
    background = crop(2, "background.jpg", state=ImageState.DONE, split="train")
    parts = crop(5, "plate 1/parts.png", state=ImageState.DONE, split="val")
    mask = masks_from_labels(CROPS / "parts_labels.png")[0]
    inside = Keypoints(
        (Keypoint(mask.x + 0.5, mask.y + 0.25), Keypoint(0, 0, Visibility(0)),
         Keypoint(mask.x + 1.5, mask.y + 1.5, HIDDEN))
    )  # fmt: skip
    first = (
        drawn(1, ring, Box(2.5, 3.0, 30.25, 40.0), label=4, score=0.75),
        drawn(2, ring, _face(5.5, 6.25), label=4, attributes={"sure": True}),
        drawn(3, ring, Box(1.0, 1.0, 46.0, 46.0), label=4),
        drawn(4, ring, Tag(), label=1),
        drawn(5, ring, Polyline(((1.0, 1.0), (4.0, 9.5))), label=1),
    )
    second = (
        drawn(7, parts, inside, label=4, source="model"),
        drawn(8, parts, mask, label=4),
        drawn(9, parts, _face(30.0, 31.0), label=4),
        drawn(10, parts, FRAME, label=4, crowd=True),
    )
    content = [(ring, first), (background, ()), (parts, second)]
    labels = (LABELS[0], replace(LABELS[1], skeleton=FACE))
    return SnapshotFake(content, files(content), labels)


def _face(x: float, y: float) -> Keypoints:
    return Keypoints((Keypoint(x, y), Keypoint(x + 3.5, y, HIDDEN), Keypoint(x, y + 4.25)))


def tags(*, several: bool) -> SnapshotFake:
    """Whole-image classes, several on one image or at most one on each."""
    ring, background, parts = (
        crop(1, "ring.png", split="train"),
        crop(2, "background.jpg", split="train"),
        crop(5, "parts.png", split="val"),
    )
    on_ring = [drawn(1, ring, Tag(), label=4)]
    if several:
        on_ring.append(drawn(2, ring, Tag(), label=1, attributes={"why": "faint"}))
    on_parts = (drawn(7, parts, Tag(), label=1, source="model", score=0.5),)
    content = [(ring, tuple(on_ring)), (background, ()), (parts, on_parts)]
    return SnapshotFake(content, files(content))


def nuclei(name: str) -> SnapshotFake:
    """All nuclei of one label image, without pixels."""
    masks = masks_from_labels(NUCLEI / f"{name}.png")
    with Pillow.open(NUCLEI / f"{name}.png") as labels:
        image = Image(1, f"{name}.png", *labels.size, sha256="0" * 64, format="PNG")
    return SnapshotFake([(image, tuple(_numbered(image, masks, 1)))])


def files(content: list[tuple[Image, tuple[Annotation, ...]]]) -> dict[int, bytes | Path]:
    """The crops that belong to the images."""
    return {image.id: CROPS / Path(image.name).name for image, _ in content}
