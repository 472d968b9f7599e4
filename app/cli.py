"""The command line: ``datasetbuilder …``.

Exit codes: 0 done; 1 done in part or refused by the data; 2 wrong use; 130 interrupted.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from datasetbuilder import __version__
from datasetbuilder.app import (
    cli_correcting,
    cli_formats,
    cli_measuring,
    cli_moving,
    cli_refine,
    job_commands,
    people_commands,
)
from datasetbuilder.app.cli_place import (
    DatabaseOption,
    SchedulerOption,
    WorkspaceOption,
    engine_at,
    open_named,
)
from datasetbuilder.app.options import JsonOption
from datasetbuilder.errors import (
    DataError,
    DatasetBuilderError,
    StoreUnavailable,
    UsageError,
    WorkspaceError,
)

cli = typer.Typer(
    name="datasetbuilder",
    help="Label images in the browser and export datasets that trainers read.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

PortOption = Annotated[
    int | None,
    typer.Option(min=1, max=65535, help="Loopback port; by default the workspace's own."),
]
NoBrowserOption = Annotated[bool, typer.Option("--no-browser", help="Only print the address.")]
ProjectArgument = Annotated[str, typer.Argument(metavar="PROJECT", help="Name of the project.")]
ImagesArgument = Annotated[
    list[Path], typer.Argument(metavar="IMAGES...", help="Folders, image files or zip archives.")
]
CopyOption = Annotated[
    bool, typer.Option("--copy", help="Copy the files instead of reading them in place.")
]


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"datasetbuilder {__version__}")
        raise typer.Exit


@cli.callback()
def root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Print the version and leave."
        ),
    ] = False,
) -> None:
    """Label images in the browser and export datasets that trainers read."""


@contextmanager
def _without_collector() -> Iterator[None]:
    """Loading makes many objects and no garbage; the collector would look at all of them often."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


@cli.command()
def demo(port: PortOption = None, no_browser: NoBrowserOption = False) -> None:
    """Open a sample campaign of real images, ready to draw."""
    with _without_collector():
        from datasetbuilder.app import serving
        from datasetbuilder.app.sample import build_sample, demo_folder

    from datasetbuilder.api import open_workspace

    with open_workspace(demo_folder(), beside=False) as workspace:
        build_sample(workspace)
        serving.serve(workspace, port=port, open_browser=not no_browser)


@cli.command()
def serve(  # noqa: PLR0913 - one parameter per option
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    host: Annotated[
        str, typer.Option(help="Address to listen on; beyond loopback only behind a proxy.")
    ] = "127.0.0.1",
    port: PortOption = None,
    no_browser: NoBrowserOption = False,
    image_root: Annotated[
        list[Path] | None,
        typer.Option(
            "--image-root",
            metavar="DIR",
            help="Folder that projects may read images from; may be given again. Default: home.",
        ),
    ] = None,
    behind_proxy: Annotated[
        list[str] | None,
        typer.Option(
            "--behind-proxy",
            metavar="ADDRESS",
            help="Full address of the proxy with TLS, the only peer that is answered.",
        ),
    ] = None,
    public_url: Annotated[
        str | None, typer.Option(metavar="URL", help="What people type: https:// and a name.")
    ] = None,
    user_header: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Header in which the proxy names who is logged in."),
    ] = None,
    oidc_issuer: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Log in with an organisation (OpenID Connect)."),
    ] = None,
    oidc_client: Annotated[
        str,
        typer.Option(
            metavar="ID",
            help="What the organisation knows this server as; its secret stands in "
            "DATASETBUILDER_OIDC_SECRET.",
        ),
    ] = "",
    scheduler: SchedulerOption = None,
) -> None:
    """Start the labelling server and open it in the browser."""
    with _without_collector():
        from datasetbuilder.app import serving
        from datasetbuilder.app.security.doors import doors_from_options, provider_from_options

    engine = engine_at(scheduler)
    with open_named(workspace, database, beside=False) as opened:
        doors = doors_from_options(
            host=host,
            proxies=behind_proxy or (),
            public_url=public_url,
            user_header=user_header,
            provider=provider_from_options(oidc_issuer, oidc_client),
            has_accounts=opened.store.people.any(),
        )
        serving.serve(
            opened,
            host=host,
            port=port,
            open_browser=not no_browser,
            image_roots=tuple(image_root or ()),
            doors=doors,
            engine=engine,
        )


@cli.command()
def new(  # noqa: PLR0913 - one parameter per option
    project: ProjectArgument,
    images: ImagesArgument,
    labels: Annotated[
        str, typer.Option(metavar="A,B,C", help="Names of the labels, by commas.")
    ] = "",
    copy: CopyOption = False,
    scheduler: SchedulerOption = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make a project from folders, files or zip archives."""
    from datasetbuilder.app import taking_in
    from datasetbuilder.projects.sources import require_images

    require_images(images)
    names = [name.strip() for name in labels.split(",") if name.strip()]
    engine = engine_at(scheduler)
    with open_named(workspace, database) as opened:
        made = opened.create_project(project, labels=names)
        taking_in.take_in(made, images, copy=copy, as_json=as_json, engine=engine)


@cli.command()
def add(  # noqa: PLR0913 - one parameter per option
    project: ProjectArgument,
    images: ImagesArgument,
    copy: CopyOption = False,
    scheduler: SchedulerOption = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add images to a project."""
    from datasetbuilder.app import taking_in
    from datasetbuilder.projects.sources import require_images

    require_images(images)
    engine = engine_at(scheduler)
    with open_named(workspace, database) as opened:
        found = opened.project(project)
        taking_in.take_in(found, images, copy=copy, as_json=as_json, engine=engine)


@cli.command("list")
def list_projects(
    workspace: WorkspaceOption = None, database: DatabaseOption = None, as_json: JsonOption = False
) -> None:
    """List the projects."""
    from datasetbuilder.app import console

    with open_named(workspace, database) as opened:
        infos = [project.info for project in opened.projects()]
        if as_json:
            console.emit_json({"projects": [_info_document(info) for info in infos]})
        elif not infos:
            console.say("No projects yet. Make one: datasetbuilder new NAME FOLDER")
        else:
            rows = [(i.slug, i.name, i.n_images, _finished(i), i.n_annotations) for i in infos]
            console.show_table(("project", "name", "images", "done", "annotations"), rows)


@cli.command()
def info(
    project: ProjectArgument,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a project's labels, states and counts."""
    from datasetbuilder.app import console

    with open_named(workspace, database) as opened:
        found = opened.project(project)
        about, labels = found.info, found.labels()
        if as_json:
            document = _info_document(about)
            document["labels"] = [
                {"id": x.id, "name": x.name, "annotations": about.label_counts.get(x.id, 0)}
                for x in labels
            ]
            console.emit_json(document)
            return
        console.say(f"{about.name} ({about.slug}): {about.n_images} images, event {about.seq}")
        states = [f"{count} {state.value}" for state, count in about.states.items() if count]
        console.say("states: " + (", ".join(states) or "none"))
        rows = [(x.id, x.name, about.label_counts.get(x.id, 0)) for x in labels]
        console.show_table(("id", "label", "annotations"), rows)


def _finished(about: Any) -> int:
    return sum(about.states.get(state, 0) for state in ("done", "accepted"))


def _info_document(about: Any) -> dict[str, Any]:
    return {
        "slug": about.slug,
        "name": about.name,
        "images": about.n_images,
        "annotations": about.n_annotations,
        "states": {state.value: count for state, count in about.states.items()},
        "event": about.seq,
    }


@cli.command()
def export(  # noqa: PLR0913 - one parameter per option
    project: ProjectArgument,
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A folder that does not exist yet.")],
    formats: Annotated[
        list[str], typer.Option("--format", metavar="NAME", help="A format; may be given again.")
    ],
    task: Annotated[
        str | None, typer.Option(help="What to hold; by default what the format is for.")
    ] = None,
    split: Annotated[
        str, typer.Option(metavar="train=0.8,val=0.1,test=0.1", help="Share of each split.")
    ] = "",
    seed: Annotated[int, typer.Option(help="Seed of the split.")] = 0,
    group_by: Annotated[
        str,
        typer.Option(metavar="COLUMN", help="folder, or a column of --groups: kept in one split."),
    ] = "",
    groups: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A CSV file: image names and groups.")
    ] = None,
    stratify: Annotated[
        bool, typer.Option("--stratify", help="Give each split its share of every label.")
    ] = False,
    where: Annotated[
        str, typer.Option(metavar="EXPR", help="Such as: status = accepted and score >= 0.5")
    ] = "",
    segmentation: Annotated[
        str, typer.Option(help="How COCO writes masks: polygon, rle or counts.")
    ] = "polygon",
    annotation_set: Annotated[
        str, typer.Option("--set", metavar="NAME", help="Which set of annotations.")
    ] = "truth",
    images: Annotated[str, typer.Option(help="copy, link or none.")] = "copy",
    fresh_split: Annotated[
        bool, typer.Option("--fresh-split", help="Deal all images anew, not as exports before.")
    ] = False,
    corrected: Annotated[
        bool, typer.Option("--corrected", help="Pictures and labels as their recipes correct them.")
    ] = False,
    allow_loss: Annotated[
        bool, typer.Option("--allow-loss", help="Export although a format cannot hold everything.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say counts, losses and size, write nothing.")
    ] = False,
    scheduler: SchedulerOption = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Export a dataset, verified by reading it back."""
    from datasetbuilder.app import beside_jobs
    from datasetbuilder.app.jobs import new_export_job
    from datasetbuilder.exporters.registry import format_named, task_for
    from datasetbuilder.exporters.staging import refuse_taken
    from datasetbuilder.insight.splits import splits_from_text

    splits = splits_from_text(split) if split else None
    for name in formats:
        format_named(name)
    task_for(formats, task)
    if not dry_run:
        refuse_taken(out)
    engine = engine_at(scheduler)
    with open_named(workspace, database) as opened:
        found = opened.project(project)
        options = {
            "formats": formats,
            "task": task,
            "splits": splits,
            "seed": seed,
            "images": images,
            "segmentation": segmentation,
            "group_by": group_by,
            "groups": None if groups is None else str(groups.absolute()),
            "stratify": stratify,
            "where": where,
            "fresh_split": fresh_split,
            "sets": [annotation_set],
            "allow_loss": allow_loss,
            "corrected": corrected,
        }
        if dry_run:
            plan = found.plan_export(**options)
            _emit(plan.to_json() if as_json else plan.lines())
            return
        options["allow_loss"] = allow_loss
        if opened.store.is_beside:
            there = beside_jobs.run_there(
                found,
                "start_export",
                what="Exporting",
                as_json=as_json,
                engine=engine,
                folder=str(out.expanduser().absolute()),
                options=options,
            )
            said, lines = there["result"]["report"], there["result"]["lines"]
        else:
            job = new_export_job(found, out, options)
            _, report = job_commands.run(
                opened, job.id, what="Exporting", as_json=as_json, engine=engine
            )
            said, lines = report.to_json(), report.lines()
    _emit(said if as_json else lines)


def _emit(said: dict[str, Any] | list[str]) -> None:
    """A document for machines, or lines for people."""
    from datasetbuilder.app import console

    if isinstance(said, dict):
        console.emit_json(said)
        return
    for line in said:
        console.say(line)


@cli.command()
def backup(  # noqa: PLR0913 - one parameter per option
    project: ProjectArgument,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A zip file that does not exist.")],
    images: Annotated[
        str, typer.Option(help="copy: the originals go in; none: by place and hash only.")
    ] = "copy",
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a project with its whole history into one file."""
    from datasetbuilder.app import keeping

    with open_named(workspace, database) as opened:
        left_out = keeping.backup(opened.project(project), file, images=images, as_json=as_json)
    if left_out:
        raise typer.Exit(1)


@cli.command()
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What backup wrote.")],
    name: Annotated[
        str | None, typer.Option("--as", metavar="NAME", help="What to call the project.")
    ] = None,
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Bring a project back from a backup, or a whole workspace from a copy of its database."""
    from datasetbuilder.api import default_workspace
    from datasetbuilder.app import keeping
    from datasetbuilder.projects.sqlite.rescue import is_database

    if is_database(file):
        if database:
            raise UsageError(
                f"{file} is a copy of a file; a PostgreSQL database is restored with pg_restore"
            )
        keeping.restore_workspace(workspace or default_workspace(), file, as_json=as_json)
        return
    with open_named(workspace, database) as opened:
        left_out = keeping.restore(opened, file, name=name, as_json=as_json)
    if left_out:
        raise typer.Exit(1)


cli.command("import")(cli_formats.import_annotations)
cli.command("diff")(cli_formats.diff)
cli.command()(cli_measuring.measure)
cli.command()(cli_correcting.correct)
cli.command()(cli_correcting.stitch)
cli.command()(cli_moving.migrate)
cli.command()(cli_refine.teach)
cli.command()(cli_refine.prelabel)
cli.add_typer(cli_refine.commands, name="refine")


cli.command()(job_commands.previews)
cli.add_typer(job_commands.commands, name="jobs")
cli.add_typer(people_commands.user, name="user")
cli.add_typer(people_commands.token, name="token")


@cli.command("create-admin")
def create_admin(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who manages the workspace.")],
    workspace: WorkspaceOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Make an administrator and print the password once."""
    from datasetbuilder.app import people_words

    with open_named(workspace, database) as opened:
        people_words.add(opened.store.people, name, email="", admin=True, as_json=as_json)


@cli.command()
def verify(
    folder: Annotated[Path, typer.Argument(metavar="EXPORT", help="Folder of an export.")],
    as_json: JsonOption = False,
) -> None:
    """Check that an export is whole and unchanged."""
    from datasetbuilder.app import console
    from datasetbuilder.exporters.verify import verify as verify_export

    report = verify_export(folder)
    if as_json:
        console.emit_json(
            {"folder": str(folder), "ok": report.ok, "problems": list(report.problems)}
        )
    else:
        for problem in report.problems:
            console.warn(problem)
        verdict = "is whole and unchanged" if report.ok else "differs from its manifest"
        console.say(f"{folder} {verdict}.")
    if not report.ok:
        raise typer.Exit(1)


@cli.command()
def formats(as_json: JsonOption = False) -> None:
    """List the formats with the tasks they hold, and those that import reads."""
    from datasetbuilder.app import console
    from datasetbuilder.exporters.reading import READERS
    from datasetbuilder.exporters.registry import FORMATS

    if as_json:
        listed = [{"name": name, "tasks": list(FORMATS[name].tasks)} for name in FORMATS]
        console.emit_json({"formats": listed, "readers": list(READERS)})
        return
    rows = [(name, ", ".join(FORMATS[name].tasks), FORMATS[name].about) for name in FORMATS]
    console.show_table(("format", "tasks", "what it is"), rows)
    console.show_table(("import reads",), [(name,) for name in READERS])


@cli.command()
def doctor(
    workspace: WorkspaceOption = None, database: DatabaseOption = None, as_json: JsonOption = False
) -> None:
    """Check the workspace, its images and the versions in use."""
    from datasetbuilder.api import default_workspace
    from datasetbuilder.app import console, diagnosis

    try:
        with open_named(workspace, database) as opened:
            report = diagnosis.examine(opened)
    except (WorkspaceError, StoreUnavailable) as error:
        if database:
            raise
        report = diagnosis.examine_closed(workspace or default_workspace(), str(error))
    if as_json:
        console.emit_json(report.to_json())
    else:
        for line in report.lines():
            console.say(line)
    if report.problems:
        raise typer.Exit(1)


def main() -> None:
    """Run a command and leave with its exit code."""
    try:
        cli(standalone_mode=True)
    except UsageError as error:
        _fail(error, 2)
    except DataError as error:
        _fail(error, 1)
    except DatasetBuilderError as error:
        _fail(error, 1)
    except KeyboardInterrupt:
        _fail("Interrupted; nothing is left half done.", 130)


def _fail(error: object, code: int) -> None:
    sys.stderr.write(f"error: {error}\n")
    raise SystemExit(code)
