"""Images as rows, and the keepers of their state and their split."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from datasetbuilder.errors import UsageError, WireError
from datasetbuilder.insight.splits import checked_split_name
from datasetbuilder.model import Image, ImageState, Target
from datasetbuilder.projects import reviews
from datasetbuilder.projects.kept import Fields, Held, Refusal, Stamp
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.schema import image
from datasetbuilder.wire import MAX_TEXT, image_to_wire

_FIELDS = (
    "id", "name", "width", "height", "uri", "sha256", "format", "dtype", "channels", "orientation",
    "state", "comment", "split", "n_annotations", "version", "split_version", "likeness",
    "dealt",
)  # fmt: skip
SELECT = select(*(image.c[name] for name in _FIELDS))
"""The columns that ``image_from_row`` reads, in its order."""

FEATURELESS = -1
"""The likeness of a picture that was looked at and has nothing to see; NULL was never looked at."""

_WHERE = (image.c.project == bindparam("p"), image.c.id == bindparam("i"))
_HELD = select(*(image.c[name] for name in _FIELDS), image.c.state_seq, image.c.split_seq).where(
    *_WHERE
)


def image_from_row(row: Row[Any]) -> Image:
    """A row of ``SELECT`` as an image."""
    (
        number, name, width, height, uri, sha256, form, dtype, channels, orientation, state,
        comment, split, n_annotations, version, split_version, likeness, dealt,
    ) = row[: len(_FIELDS)]  # fmt: skip
    return Image(
        id=number,
        name=name,
        width=width,
        height=height,
        uri=uri,
        sha256=sha256,
        format=form,
        dtype=dtype,
        channels=channels,
        orientation=orientation,
        state=ImageState(state),
        comment=comment,
        split=split,
        n_annotations=n_annotations,
        version=version,
        split_version=split_version,
        likeness=None if likeness == FEATURELESS else likeness,
        dealt=dealt,
    )


def row_from_image(project_id: int, made: Image, *, seq: int, at: int) -> dict[str, Any]:
    """An image as the row that keeps it."""
    row = {name: getattr(made, name) for name in _FIELDS}
    row["state"] = made.state.value
    return {**row, "project": project_id, "seq": seq, "created_at": at, "updated_at": at}


def state_from_payload(payload: Any) -> Fields:
    """The state and comment that an operation sets; WireError if a field is wrong."""
    _only(payload, ("state", "comment"))
    state, comment = payload.get("state"), payload.get("comment", "")
    if state not in tuple(ImageState):
        raise WireError("payload.state", f"must be one of {', '.join(ImageState)}")
    if not isinstance(comment, str) or len(comment) > MAX_TEXT:
        raise WireError("payload.comment", f"must be text of at most {MAX_TEXT} characters")
    return {"state": str(state), "comment": comment.strip()}


def split_from_payload(payload: Any) -> Fields:
    """The split that an operation sets; WireError if a field is wrong."""
    _only(payload, ("split",))
    split = payload.get("split")
    if split is not None and not isinstance(split, str):
        raise WireError("payload.split", "must be a name, or null")
    if split is not None:
        try:
            checked_split_name(split)
        except UsageError as error:
            raise WireError("payload.split", str(error)) from None
    return {"split": split}


def _only(payload: Any, known: tuple[str, ...]) -> None:
    for key in payload:
        if key not in known:
            raise WireError(f"payload.{key}"[:200], f"is not known; known are {', '.join(known)}")
    if known[0] not in payload:
        raise WireError(f"payload.{known[0]}", "is missing")


class _ImageKeeper:
    """Keeps one side of an image; each side has a version of its own."""

    seq_column = ""
    version_column = ""

    def held(self, ledger: Ledger, target: Target) -> Held | None:
        """The image that the target names."""
        if target.key != str(target.image_id):
            raise Refusal(f"target.key: must be the image's id, {target.image_id}")
        keys = {"p": ledger.project_id, "i": target.image_id}
        row = ledger.connection.execute(_HELD, keys).first()
        if row is None:
            return None
        return self._held(ledger, row, getattr(row, self.seq_column))

    def change(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Write the next version of the image."""
        new = {**fields, self.seq_column: stamp.seq, self.version_column: held.version + 1}
        new.update(seq=stamp.seq, updated_at=stamp.at)
        keys = {"p": ledger.project_id, "i": target.image_id}
        ledger.connection.execute(update(image).where(*_WHERE).values(new), keys)
        ledger.forget_image(target.image_id or 0)
        if "state" in fields:
            ledger.count("state", held.value.state, n=-1)
            ledger.count("state", fields["state"], n=1)
            reviews.note(ledger, held.value.id, held.value.state, fields["state"], stamp)
        row = ledger.connection.execute(_HELD, keys).one()
        return self._held(ledger, row, stamp.seq)

    def _held(self, ledger: Ledger, row: Row[Any], seq: int | None) -> Held:
        found = image_from_row(row)
        uncounted = ledger.uncounted_annotations(found.id)
        found = replace(found, n_annotations=found.n_annotations + uncounted)
        return Held(
            getattr(found, self.version_column),
            seq,
            image_to_wire(found),
            value=found,
            image_id=found.id,
            object_id=found.id,
            # The event before may be of an annotation: the first one moves a new image on.
            in_batch=True,
        )


class StateKeeper(_ImageKeeper):
    """Keeps where an image stands."""

    seq_column = "state_seq"
    version_column = "version"


class SplitKeeper(_ImageKeeper):
    """Keeps which split an image belongs to."""

    seq_column = "split_seq"
    version_column = "split_version"
