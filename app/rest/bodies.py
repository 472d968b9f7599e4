"""What requests carry, read strictly: unknown and wrongly typed fields are refused by name."""

from typing import Annotated, Any, Literal, TypeVar

from flask import request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from datasetbuilder.errors import WireError
from datasetbuilder.wire import MAX_TEXT

_Name = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
_Place = Annotated[float, Field(ge=-100_000, le=1_000_000, allow_inf_nan=False)]
_Point = Annotated[list[_Place], Field(min_length=2, max_length=2)]
_Text = Annotated[str, StringConstraints(max_length=MAX_TEXT)]
Client = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
RoleName = Literal["admin", "reviewer", "annotator", "viewer"]
_Body = TypeVar("_Body", bound=BaseModel)


class Strict(BaseModel):
    """A body whose every field is known and of the very type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class NewProject(Strict):
    """``POST /projects``."""

    name: _Name
    labels: list[_Name] = Field(default_factory=list, max_length=1000)


class Handed(BaseModel):
    """``POST /beside``: which call the rest of the body belongs to."""

    call: Literal[
        "create_project",
        "add_images",
        "apply",
        "start_intake",
        "start_export",
        "start_previews",
        "job",
        "resume_job",
        "cancel_job",
    ]


class _HandedOver(Strict):
    call: str
    author: _Text


class HandedLabel(Strict):
    """A label of a new project."""

    name: _Text
    color: _Text | None


class HandedProject(_HandedOver):
    """A project that a program makes beside the server."""

    name: _Name
    labels: list[HandedLabel] = Field(default_factory=list, max_length=1000)


class HandedImage(Strict):
    """An image that a program has read beside the server."""

    id: int
    name: _Text
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    uri: str = Field(max_length=8_000)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    format: _Text
    dtype: _Text
    channels: int = Field(ge=1)
    orientation: int = Field(ge=1, le=8)
    state: str
    comment: _Text
    split: _Text | None
    n_annotations: int
    version: int
    split_version: int
    likeness: int | None = Field(default=None, ge=0, lt=2**63)
    dealt: _Text | None = None


class HandedImages(_HandedOver):
    """Images that a program has read beside the server."""

    project: int
    images: list[HandedImage] = Field(max_length=10_000)


class HandedOperations(_HandedOver):
    """Operations of a program beside the server."""

    project: int
    client: _Text
    operations: list[Any] = Field(max_length=5000)


class HandedIntake(_HandedOver):
    """Folders, files and archives that the server is to take in."""

    project: _Name
    sources: list[str] = Field(min_length=1, max_length=10_000)
    copy_files: bool


class HandedExport(_HandedOver):
    """A dataset that the server is to export into a folder of this computer."""

    project: _Name
    folder: str = Field(max_length=8_000)
    options: "HandedOptions"


class HandedOptions(Strict):
    """The options of `Project.export`."""

    formats: list[_Name] = Field(min_length=1, max_length=50)
    task: _Name | None
    splits: dict[_Name, float | int] | None
    seed: int
    images: _Name
    segmentation: _Name
    group_by: _Text
    groups: str | None
    stratify: bool
    where: _Text
    fresh_split: bool
    corrected: bool
    sets: list[_Name]
    allow_loss: bool


class HandedPreviews(_HandedOver):
    """A project whose missing previews the server is to make."""

    project: _Name


class HandedJob(_HandedOver):
    """A job that a program asks about."""

    project: _Name
    job: int = Field(ge=1)


class Folder(Strict):
    """``POST /projects/<slug>/images`` for a folder that the server reads in place."""

    folder: _Text


class Operations(Strict):
    """``POST …/operations``; the operations themselves are read by `datasetbuilder.wire`."""

    client: Client
    since: int = Field(ge=0)
    operations: list[Any] = Field(max_length=5000)


class Presence(Strict):
    """``POST …/presence``."""

    client: Client
    doing: _Text = ""
    leaving: bool = False


class Restore(Strict):
    """``POST …/restore``: the image, or some of its objects, as after event ``seq``."""

    client: Client
    name: Client
    seq: int = Field(ge=0)
    uids: list[Client] | None = Field(default=None, max_length=5000)


class RefineScribbles(Strict):
    """``POST …/refine/scribbles``; without a label every label that was drawn is answered."""

    request: int = Field(ge=0)
    client: Client
    label: int | None = Field(default=None, ge=1)
    strokes: list[Any] = Field(max_length=2000)
    method: _Name = "auto"
    smooth: float | int | None = Field(default=None, ge=0, le=1000)
    parts: Literal["touched", "all"] | None = None


class RefineOutline(Strict):
    """``POST …/refine/outline``."""

    request: int = Field(ge=0)
    client: Client
    geometry: dict[str, Any]
    method: _Name = "auto"
    width: float | int | None = Field(default=None, gt=0, le=10_000)


class DrawnShape(Strict):
    """A shape inside another body, read by `datasetbuilder.wire`."""

    kind: _Name
    geometry: dict[str, Any]


class CombineShapes(Strict):
    """``POST …/shapes/combine``; the first is what the others are taken from."""

    way: Literal["merge", "subtract", "intersect"]
    shapes: list[DrawnShape] = Field(min_length=2, max_length=1000)


class DivideShape(Strict):
    """``POST …/shapes/divide``."""

    shape: DrawnShape
    line: list[Any] = Field(min_length=2, max_length=10_000)


class ConvertShapes(Strict):
    """``POST …/shapes/convert``."""

    to: Literal["box", "polygon", "mask"]
    shapes: list[DrawnShape] = Field(min_length=1, max_length=1000)


class RefineRegion(Strict):
    """``POST …/refine/region``: a box, a click, touches or a shape."""

    request: int = Field(ge=0)
    client: Client
    tool: Literal["box", "wand", "grow", "superpixels", "threshold"]
    geometry: dict[str, Any] | None = None
    point: list[float | int] | None = Field(default=None, min_length=2, max_length=2)
    strokes: list[Any] = Field(default_factory=list, max_length=2000)
    label: int = Field(default=1, ge=1)
    method: _Name | None = None
    size: _Name | None = None
    side: _Name | None = None
    tolerance: float | int | None = Field(default=None, ge=0, le=100)
    level: float | int | None = Field(default=None, ge=0, le=100)


class EditedShape(Strict):
    """The shape of ``POST …/refine/edit``."""

    kind: Literal["mask", "polygon", "box", "rotated_box", "ellipse"]
    geometry: dict[str, Any]


class RefineEdit(Strict):
    """``POST …/refine/edit``: a shape put right."""

    request: int = Field(ge=0)
    client: Client
    tool: Literal[
        "split",
        "split touching",
        "fill holes",
        "remove specks",
        "smooth",
        "grow",
        "shrink",
        "simplify",
    ]
    shape: EditedShape
    stroke: dict[str, Any] | None = None
    amount: float | int | None = Field(default=None, ge=0, le=1_000_000)


class RefineCutout(Strict):
    """``POST …/refine/cutout``: the object of a shape as a picture with nothing round it."""

    client: Client
    shape: EditedShape
    soft: float | int = Field(default=0, ge=0, le=1000)


class NewExport(Strict):
    """``POST /projects/<slug>/exports``."""

    formats: list[_Name] = Field(min_length=1, max_length=50)
    task: _Name | None = None
    splits: dict[_Name, float | int] | None = None
    split: _Text = ""
    seed: int = 0
    images: _Name = "copy"
    segmentation: _Name = "polygon"
    group_by: _Name | None = None
    stratify: bool = False
    where: _Text = ""
    fresh_split: bool = False
    corrected: bool = False
    allow_loss: bool = False


class NewImport(Strict):
    """``POST /projects/<slug>/imports``: what was uploaded, or a path below an image root."""

    upload: _Text = ""
    path: _Text = ""
    format: _Name = "auto"
    way: _Name = "annotations"
    set: _Text = ""
    new_labels: _Name = "create"
    dry_run: bool = True


class ExportDiff(Strict):
    """``POST …/exports/<name>/diff``: another export, or the project as it is."""

    other: _Text = ""


class Login(Strict):
    """``POST /session``."""

    name: _Text
    password: Annotated[str, StringConstraints(max_length=500)]


class NewPassword(Strict):
    """``POST /session/password``."""

    old: Annotated[str, StringConstraints(max_length=500)]
    new: Annotated[str, StringConstraints(max_length=500)]


class NewToken(Strict):
    """``POST /tokens``."""

    name: _Name
    scope: Literal["read", "annotate", "export", "admin"]
    project: _Name | None = None
    days: int = Field(default=90, ge=1, le=365)


class NewInvite(Strict):
    """``POST /invites``."""

    name: Annotated[str, StringConstraints(max_length=64)] = ""
    admin: bool = False
    project: _Name | None = None
    role: RoleName | None = None


class UserChange(Strict):
    """``PATCH /users/<name>``."""

    disabled: bool | None = None
    admin: bool | None = None


class TakeImage(Strict):
    """``POST /projects/<slug>/queue``."""

    leaving: int | None = Field(default=None, ge=1, le=2**53)
    order: Literal["order", "random"] = "order"


class Assignment(Strict):
    """``POST`` and ``DELETE /projects/<slug>/assignments``: which images, and to whom in turn."""

    users: list[_Name] = Field(max_length=1000)
    first: int = Field(default=1, ge=1, le=2**53)
    last: int | None = Field(default=None, ge=1, le=2**53)
    state: Literal["new", "in_progress", "done", "accepted", "rejected", "skipped"] | None = None
    label: int | None = Field(default=None, ge=1, le=2**53)
    due: Annotated[str, StringConstraints(max_length=40)] | None = None


class Rule(Strict):
    """``PUT /projects/<slug>/review/rule``: what of the finished work is reviewed."""

    share: int = Field(default=100, ge=0, le=100)
    below: float | None = Field(default=None, ge=0, le=1, allow_inf_nan=False)
    second: int = Field(default=0, ge=0, le=100)
    seed: int = Field(default=0, ge=0, le=2**31)


class Guide(Strict):
    """``PUT /projects/<slug>/guide``: the instructions, and what labels mean by their id."""

    text: Annotated[str, StringConstraints(max_length=40_000)] | None = None
    labels: dict[str, _Text] = Field(default_factory=dict, max_length=1000)


class NewRound(Strict):
    """``POST /projects/<slug>/rounds``: which images, to whom, and how many people each."""

    name: _Name
    raters: list[_Name] = Field(min_length=1, max_length=100)
    per_image: int = Field(default=2, ge=1, le=100)
    first: int = Field(default=1, ge=1, le=2**53)
    last: int | None = Field(default=None, ge=1, le=2**53)
    state: Literal["new", "in_progress", "done", "accepted", "rejected", "skipped"] | None = None
    images: list[int] | None = Field(default=None, min_length=1, max_length=10_000)


class AskedAgreement(Strict):
    """``POST /projects/<slug>/agreement``: of one round or all, from which IoU on."""

    round: int | None = Field(default=None, ge=1, le=2**53)
    threshold: float = Field(default=0.5, gt=0, le=1)


class Consensus(Strict):
    """``POST …/consensus``: the objects that stand for all; ``name`` makes it safe to repeat."""

    uids: list[Annotated[str, StringConstraints(min_length=1, max_length=200)]] = Field(
        max_length=10_000
    )
    into: Literal["consensus", "truth"] = "consensus"
    name: Annotated[str, StringConstraints(min_length=1, max_length=200)] | None = None


class UndoneConsensus(Strict):
    """``DELETE …/consensus``: back to how the set was after an event."""

    seq: int = Field(ge=0, le=2**53)
    into: Literal["consensus", "truth"] = "consensus"


class Line(Strict):
    """``POST …/profile``: a line, and over how many pixels across it the mean goes."""

    points: list[_Point] = Field(min_length=1, max_length=1000)
    width: int = Field(default=1, ge=1, le=999)


class SaidScale(Strict):
    """``PUT …/scale``: the size of a pixel, or a line of known length; neither takes it back."""

    of: Literal["image", "project"] = "image"
    per_pixel: float | None = None
    pixels: float | None = None
    known: float | None = None
    unit: Annotated[str, StringConstraints(max_length=40)] = ""


class NewPick(Strict):
    """``POST …/picks``: images by id, or those of the objects that pass filters."""

    images: list[Annotated[int, Field(ge=1, le=2**53)]] | None = Field(
        default=None, max_length=1_000_000
    )
    filter: dict[_Name, Any] | None = None


class SaidRecipe(Strict):
    """``PUT …/recipe``: the corrections of an image, or of all; null takes them back."""

    of: Literal["image", "project"] = "image"
    recipe: list[dict[str, Any]] | None


class TriedRecipe(Strict):
    """``POST …/corrected``: corrections to look at; nothing is kept."""

    recipe: list[dict[str, Any]]


class NewRole(Strict):
    """``PUT /projects/<slug>/members/<name>``."""

    role: RoleName


def read(kind: type[_Body]) -> _Body:
    """The JSON body of this request as ``kind``.

    Raises
    ------
    WireError
        Naming the first field that is wrong.
    """
    body = request.get_json()
    if not isinstance(body, dict):
        raise WireError("body", "must be a JSON object")
    try:
        return kind.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        path = ".".join(str(part) for part in first["loc"]) or "body"
        raise WireError(path[:200], first["msg"]) from None
