"""Commands about corrected pictures."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from datasetbuilder.app.cli_place import DatabaseOption, WorkspaceOption, open_named

if TYPE_CHECKING:
    from datasetbuilder.pixels.correction import Recipe


def correct(  # noqa: PLR0913 - one parameter per option
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project.")],
    image: Annotated[
        int | None, typer.Option("--image", metavar="ID", help="One image; without it, every one.")
    ] = None,
    recipe: Annotated[
        Path | None, typer.Option("--recipe", metavar="FILE", help="A JSON list of corrections.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Take the corrections back.")] = False,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
) -> None:
    """Say by which corrections pictures are seen, or show them; originals stay as they are."""
    from datasetbuilder.app import console
    from datasetbuilder.errors import UsageError
    from datasetbuilder.pixels.correction import recipe_to_wire

    if recipe is not None and clear:
        raise UsageError("Give either --recipe or --clear.")
    steps = None if recipe is None else _recipe_in(recipe)
    with open_named(workspace, database) as opened:
        chosen = opened.project(project)
        if steps is not None or clear:
            chosen.correct(steps, image_id=image)
        console.emit_json({"recipe": recipe_to_wire(chosen.recipe(image))})


def stitch(  # noqa: PLR0913 - one parameter per option
    project: Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project.")],
    images: Annotated[
        list[int], typer.Argument(metavar="ID...", help="The tiles by id, row by row.")
    ],
    columns: Annotated[int, typer.Option(help="How many tiles are in a row.")],
    overlap: Annotated[float, typer.Option(help="What neighbours share, of their size.")] = 0.1,
    blending: Annotated[bool, typer.Option(help="Fade neighbours into each other.")] = True,
    name: Annotated[str, typer.Option(help="The new image's name.")] = "stitched.png",
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Put overlapping tiles of a grid together into one more image of the project."""
    from dataclasses import asdict

    from datasetbuilder.app import console

    with open_named(workspace, database) as opened:
        chosen = opened.project(project)
        report, residuals = chosen.stitch(
            images, columns, overlap=overlap, blending=blending, name=name
        )
    apart = [one for one in residuals if not one.matched]
    if as_json:
        told = [{**asdict(one), "error": one.error if one.matched else None} for one in residuals]
        console.emit_json({"added": [one.name for one in report.added], "residuals": told})
    else:
        for one in residuals:
            said = (
                f"{one.error:.2f} px apart" if one.matched else "do not overlap; laid by the grid"
            )
            console.say(f"{images[one.pair[0]]} and {images[one.pair[1]]}: {said}")
        for refused in report.refused:
            console.say(f"{refused.name}: {refused.reason}")
    if apart or report.refused:
        raise typer.Exit(1)


def _recipe_in(path: Path) -> "Recipe":
    from datasetbuilder.errors import FormatError
    from datasetbuilder.pixels.correction import recipe_from_wire

    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FormatError(f"{path} cannot be read as JSON: {error}") from None
    return recipe_from_wire(said, path.name)
