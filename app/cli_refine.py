"""Commands of the refine tools: what was drawn beside the images of a folder, and classifiers."""

from pathlib import Path
from typing import Annotated

import typer

from datasetbuilder.app.cli_place import DatabaseOption, WorkspaceOption, open_named

commands = typer.Typer(
    help="Refine what was drawn beside the images of a folder.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
ProjectArgument = Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project.")]
FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of images.")]
OutArgument = Annotated[Path, typer.Argument(metavar="OUT", help="A folder that does not exist.")]
ClassifierArgument = Annotated[
    Path, typer.Argument(metavar="CLASSIFIER", help="A folder that teach wrote.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@commands.command()
def scribbles(  # noqa: PLR0913 - one parameter per option
    folder: FolderArgument,
    out: OutArgument,
    method: Annotated[str, typer.Option(help="A method by name, or auto.")] = "auto",
    smooth: Annotated[float, typer.Option(min=0, help="Round outlines by so many pixels.")] = 0.0,
    parts: Annotated[str, typer.Option(metavar="touched|all")] = "touched",
    as_json: AsJson = False,
) -> None:
    """Turn NAME_scribbles.png beside each image into a label image NAME_labels.png."""
    from datasetbuilder.app.refining_folders import scribbles_of_folder

    _told(scribbles_of_folder(folder, out, method=method, smooth=smooth, parts=parts), as_json)


@commands.command()
def outlines(
    folder: FolderArgument,
    out: OutArgument,
    method: Annotated[str, typer.Option(help="A method by name, or auto.")] = "auto",
    width: Annotated[
        float | None, typer.Option(min=0, help="How far off an outline may be, in pixels.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Pull the polygons of LabelMe's NAME.json beside each image onto their objects."""
    from datasetbuilder.app.refining_folders import outlines_of_folder

    _told(outlines_of_folder(folder, out, method=method, width=width), as_json)


@commands.command()
def predict(
    classifier: ClassifierArgument,
    folder: FolderArgument,
    out: OutArgument,
    as_json: AsJson = False,
) -> None:
    """Let a classifier say the label of every pixel: NAME_labels.png for each image."""
    from datasetbuilder.app.refining_folders import predictions_of_folder

    _told(predictions_of_folder(classifier, folder, out), as_json)


def teach(
    project: ProjectArgument,
    out: OutArgument,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: AsJson = False,
) -> None:
    """Teach a classifier from a project's objects and strokes; arrays and a script go to OUT."""
    from datasetbuilder.app import console
    from datasetbuilder.app.teaching import examples
    from datasetbuilder.errors import DataError, GeometryError
    from datasetbuilder.refine.taking_along import write_classifier
    from datasetbuilder.refine.teaching import teach as learn

    with open_named(workspace, database) as opened:
        chosen = opened.project(project)
        try:
            classifier = learn(examples(chosen))
        except GeometryError as error:
            raise DataError(f"{project}: {error}") from None
        names = [label.name for label in chosen.labels() if label.id in classifier.labels]
    write_classifier(classifier, out)
    if as_json:
        console.emit_json({"folder": str(out), "version": classifier.version, "labels": names})
    else:
        console.say(f"Classifier {classifier.version} of {', '.join(names)} written to {out}")


def prelabel(  # noqa: PLR0913 - one parameter per option
    project: ProjectArgument,
    classifier: ClassifierArgument,
    set_name: Annotated[
        str, typer.Option("--set", metavar="NAME", help="The set the proposals go to.")
    ] = "prelabel",
    least_score: Annotated[
        float, typer.Option(min=0, max=1, help="Leave out what is less sure.")
    ] = 0.0,
    smallest: Annotated[
        float, typer.Option(min=1, help="Leave out smaller objects, in px².")
    ] = 20.0,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: AsJson = False,
) -> None:
    """Propose objects, with scores, in every image that nobody has begun."""
    from datasetbuilder.app import console
    from datasetbuilder.app.teaching import prelabel as propose
    from datasetbuilder.refine.taking_along import read_classifier

    taught = read_classifier(classifier)
    with open_named(workspace, database) as opened:
        report = propose(
            opened.project(project),
            taught,
            set_name=set_name,
            least_score=least_score,
            smallest=smallest,
        )
    if as_json:
        console.emit_json(
            {"objects": report.objects, "images": report.images, "problems": report.problems}
        )
    else:
        console.say(f"{report.objects} objects proposed in {report.images} images")
        for problem in report.problems:
            console.say(problem)
    if report.problems:
        raise typer.Exit(1)


def _told(report, as_json: bool) -> None:
    from datasetbuilder.app import console

    if as_json:
        console.emit_json({"written": report.written, "problems": report.problems})
    else:
        console.say(f"{len(report.written)} files written")
        for problem in report.problems:
            console.say(problem)
    if report.problems:
        raise typer.Exit(1)
