"""The settings of a project: JSON values by name, changed a few at a time."""

from typing import Any

import orjson
from sqlalchemy import bindparam, select, update

from datasetbuilder.errors import WireError
from datasetbuilder.measure.scale import scale_from_wire
from datasetbuilder.model import Target
from datasetbuilder.pixels.correction import recipe_from_wire
from datasetbuilder.projects import agreed
from datasetbuilder.projects.corrections import is_recipe
from datasetbuilder.projects.kept import Fields, Held, Refusal, Stamp
from datasetbuilder.projects.ledger import Ledger
from datasetbuilder.projects.scales import is_scale
from datasetbuilder.projects.schema import project

_MAX_BYTES = 100_000
_WHERE = project.c.id == bindparam("p")
_HELD = select(project.c.settings, project.c.settings_version, project.c.settings_seq).where(_WHERE)
_UPDATE = (
    update(project)
    .where(_WHERE)
    .values(
        settings=bindparam("new_settings"),
        settings_version=bindparam("new_version"),
        settings_seq=bindparam("new_seq"),
    )
)


def fields_from_payload(payload: Any) -> Fields:
    """The settings that an operation sets; null takes one away."""
    if not payload:
        raise WireError("payload", "names no setting")
    if len(orjson.dumps(dict(payload))) > _MAX_BYTES:
        raise WireError("payload", f"is longer than {_MAX_BYTES} bytes")
    for name, value in payload.items():
        if is_scale(name) and value is not None:
            scale_from_wire(value, f"payload.{name}")
        if value is not None:
            agreed.check(name, value)
        if is_recipe(name) and value is not None:
            recipe_from_wire(value, f"payload.{name}")
    return dict(payload)


class SettingsKeeper:
    """Keeps the settings of the project."""

    def held(self, ledger: Ledger, target: Target) -> Held | None:
        """The settings as they are."""
        if target.key != "project":
            raise Refusal('target.key: must be "project"')
        row = ledger.connection.execute(_HELD, {"p": ledger.project_id}).one()
        settings = orjson.loads(row.settings)
        return _held(settings, row.settings_version, row.settings_seq)

    def change(
        self, ledger: Ledger, target: Target, held: Held, fields: Fields, stamp: Stamp
    ) -> Held:
        """Set some, leave the others."""
        merged = {**held.value, **fields}
        settings = {name: value for name, value in merged.items() if value is not None}
        new = {
            "new_settings": orjson.dumps(settings).decode(),
            "new_version": held.version + 1,
            "new_seq": stamp.seq,
        }
        ledger.connection.execute(_UPDATE, {"p": ledger.project_id, **new})
        return _held(settings, held.version + 1, stamp.seq)


def _held(settings: dict[str, Any], version: int, seq: int | None) -> Held:
    current = {"settings": settings, "version": version}
    return Held(version, seq, current, value=settings)
