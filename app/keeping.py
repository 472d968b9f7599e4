"""What ``backup`` and ``restore`` say to the person who typed them."""

from pathlib import Path

from datasetbuilder.api import Project, Workspace
from datasetbuilder.app import console
from datasetbuilder.projects.sqlite import rescue


def backup(project: Project, file: Path, *, images: str, as_json: bool) -> bool:
    """Write a backup; whether an original was left out of it."""
    with console.progress_bar("Backing up", quiet=as_json) as progress:
        manifest = project.backup(file, images=images, progress=progress)
    if as_json:
        console.emit_json({"file": str(file), **manifest.to_json()})
        return bool(manifest.missing)
    for reason in manifest.missing:
        console.warn(f"left out: {reason}")
    rows = f"{manifest.rows('image')} images, {manifest.rows('annotation')} annotations"
    pictures = f"{manifest.n_files} originals" if images == "copy" else "no originals"
    console.say(f"{file}: {rows}, every event up to {manifest.seq}, {pictures}. Read back: whole.")
    return bool(manifest.missing)


def restore(workspace: Workspace, file: Path, *, name: str | None, as_json: bool) -> bool:
    """Restore a project; whether an original did not come back."""
    with console.progress_bar("Restoring", quiet=as_json) as progress:
        report = workspace.restore(file, name=name, progress=progress)
    if as_json:
        console.emit_json(
            {
                "project": report.slug,
                "name": report.name,
                "images": report.n_images,
                "annotations": report.n_annotations,
                "event": report.seq,
                "originals": report.n_files,
                "missing": list(report.missing),
            }
        )
        return bool(report.missing)
    for missing in report.missing:
        console.warn(f"the original of {missing} is neither in the backup nor in the workspace")
    console.say(
        f"{report.slug}: {report.n_images} images and {report.n_annotations} annotations restored, "
        f"up to event {report.seq}."
    )
    return bool(report.missing)


def restore_workspace(folder: Path, file: Path, *, as_json: bool) -> None:
    """Put a copy of the whole database in the place of the one that is there."""
    done = rescue.restore_workspace(folder.expanduser().absolute(), file)
    if as_json:
        replaced = None if done.replaced is None else str(done.replaced)
        console.emit_json({"database": str(done.database), "replaced": replaced})
        return
    console.say(f"{done.database} is what it was in {file}.")
    if done.replaced is not None:
        console.say(f"What was there before lies in {done.replaced}.")
