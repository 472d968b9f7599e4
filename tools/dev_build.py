"""Build wheel and sdist, and try each in an empty environment outside the tree."""

import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from dev_environment import install, locked, make_venv, program, python
from dev_links import FOLDERS
from dev_steps import ROOT, StepFailed, Stopwatch, quiet, say

DIST = ROOT / "dist"

PACKAGES = {
    "datasetbuilder": "datasetbuilder",
    **{folder: f"datasetbuilder/{folder}" for folder in FOLDERS},
}

IMPORTS = (
    "import datasetbuilder.api, datasetbuilder.exporters.registry, datasetbuilder.app.factory;"
    "from datasetbuilder import open_dataset, open_workspace"
)


def build() -> int:
    """Build both, then install and start each where nothing else of ours is."""
    watch = Stopwatch()
    for folder in (DIST, ROOT / "build"):
        shutil.rmtree(folder, ignore_errors=True)
    quiet("building sdist and wheel", python("-m", "build", "--no-isolation", "--outdir", DIST))
    (wheel,) = DIST.glob("*.whl")
    if missing := missing_from(wheel):
        raise StepFailed(
            f"{wheel.name} lacks {', '.join(missing)}. See packages in pyproject.toml."
        )
    for archive in sorted(DIST.iterdir()):
        with tempfile.TemporaryDirectory(prefix="datasetbuilder-") as folder:
            _try(archive, Path(folder))
    say(f"\nWheel and sdist work in an empty environment ({watch}): {DIST.relative_to(ROOT)}/")
    return 0


def missing_from(wheel: Path, root: Path = ROOT) -> list[str]:
    """Files of the tree that should be in a wheel and are not, by their installed names."""
    packed = set(zipfile.ZipFile(wheel).namelist())
    return sorted(
        name
        for folder, package in PACKAGES.items()
        for name in _installed_names(root / folder, package)
        if name not in packed
    )


def _installed_names(folder: Path, package: str) -> Iterator[str]:
    for path, folders, files in os.walk(folder):
        here = Path(path)
        folders[:] = [
            name for name in folders if name != "__pycache__" and not (here / name).is_symlink()
        ]
        yield from (f"{package}/{(here / name).relative_to(folder).as_posix()}" for name in files)


def _try(archive: Path, folder: Path) -> None:
    venv = folder / "environment"
    say(f"  {archive.name}")
    make_venv(venv)
    install(*locked("run"), what="installing the locked packages", venv=venv)
    install(*locked("build"), what="installing the build backend", venv=venv)
    install("--no-deps", "--no-build-isolation", archive, what="installing it", venv=venv)
    command = program("datasetbuilder", venv)
    isolated = program("python", venv), "-I"
    for what, words in {
        "datasetbuilder --version": (command, "--version"),
        "datasetbuilder formats": (command, "formats"),
        "datasetbuilder doctor": (command, "doctor", "--workspace", folder / "workspace"),
        "importing every part": (*isolated, "-c", IMPORTS),
    }.items():
        quiet(what, words, folder=folder)
