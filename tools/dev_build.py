"""Build wheel and sdist, and try each in an empty environment outside the tree."""

import shutil
import tempfile
from pathlib import Path

from dev_environment import install, locked, make_venv, program, python
from dev_steps import ROOT, Stopwatch, quiet, say

DIST = ROOT / "dist"

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
    for archive in sorted(DIST.iterdir()):
        with tempfile.TemporaryDirectory(prefix="datasetbuilder-") as folder:
            _try(archive, Path(folder))
    say(f"\nWheel and sdist work in an empty environment ({watch}): {DIST.relative_to(ROOT)}/")
    return 0


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
