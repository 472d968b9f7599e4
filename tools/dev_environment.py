"""The environment in ``.venv``: made from the locked requirements, remade when they change."""

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from dev_steps import ROOT, StepFailed, Stopwatch, quiet, say

VENV = ROOT / ".venv"
REQUIREMENTS = ROOT / "requirements"
SCRIPTS = "Scripts" if os.name == "nt" else "bin"

# Chooses how packages are installed: "uv" (default, fast) or "pip".
INSTALLER_VARIABLE = "DATASETBUILDER_INSTALLER"

NO_VENV = (
    "This Python cannot make environments: it comes without ensurepip. On Debian and Ubuntu:\n"
    "    apt-get install python3-venv"
)


def program(name: str, venv: Path = VENV) -> Path:
    """Where a program of the environment lies."""
    return venv / SCRIPTS / (name + (".exe" if os.name == "nt" else ""))


def ensure(profile: str) -> None:
    """Make the environment hold the locked requirements ``run`` or ``test``, and the tree itself.

    Whatever is there already is left alone, without touching the network.
    """
    watch = Stopwatch()
    work = _make_venv() + _install_requirements(profile) + _install_tree()
    if work:
        say(f"  the environment is ready ({watch})")


def make_venv(venv: Path) -> None:
    """Make an empty environment with pip.

    Raises
    ------
    StepFailed
        If this Python lacks what it takes.
    """
    if importlib.util.find_spec("ensurepip") is None:
        raise StepFailed(NO_VENV)
    quiet(f"making the environment {venv.name}", [sys.executable, "-m", "venv", "--clear", venv])


def install(*arguments: str | Path, what: str, venv: Path = VENV) -> None:
    """Install into an environment, with uv where it can be had and with pip elsewhere.

    Raises
    ------
    StepFailed
        If a package cannot be had or is not the one that was locked.
    """
    uv = _uv()
    pip = [program("python", venv), "-m", "pip", "install", "--quiet"]
    into = ["--python", program("python", venv)]
    command = pip if uv is None else [uv, "pip", "install", "--quiet", *into]
    quiet(what, [*command, *arguments])


def ensure_uv() -> Path:
    """Make the environment hold uv, which alone can resolve for every platform.

    Raises
    ------
    StepFailed
        If it cannot be had.
    """
    _make_venv()
    os.environ[INSTALLER_VARIABLE] = "uv"
    uv = _uv()
    if uv is None:
        raise StepFailed("Resolving the requirements needs uv, which could not be installed.")
    return uv


def locked(name: str) -> list[str | Path]:
    """Arguments that install exactly one requirement file: every package pinned by its hash."""
    return ["--require-hashes", "--no-deps", "-r", REQUIREMENTS / f"{name}.txt"]


def pins(requirements: Path) -> list[str]:
    """The lines of a requirement file that pin a package, without their hashes."""
    lines = requirements.read_text(encoding="utf-8").splitlines()
    return [line.rstrip(" \\") for line in lines if line[:1].isalnum()]


def python(*arguments: str | Path) -> Sequence[str | Path]:
    """A command of the environment's Python."""
    return [program("python"), *arguments]


def _make_venv() -> int:
    if _works(program("python")):
        return 0
    make_venv(VENV)
    return 1


def _works(python: Path) -> bool:
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    try:
        return not subprocess.run([python, "-c", probe], capture_output=True).returncode
    except OSError:
        return False


def _install_requirements(profile: str) -> int:
    # everything of run.txt stands in test.txt too
    if any(_stamps().get(name) == _wanted(name) for name in {profile, "test"}):
        return 0
    packages = len(pins(REQUIREMENTS / f"{profile}.txt"))
    install(*locked(profile), what=f"installing {packages} locked packages ({profile})")
    _stamp({profile: _wanted(profile)})
    return 1


def _wanted(profile: str) -> str:
    return _fingerprint(REQUIREMENTS / f"{profile}.txt")


def _install_tree() -> int:
    wanted = _fingerprint(ROOT / "pyproject.toml", ROOT / "datasetbuilder" / "__init__.py")
    if _stamps().get("tree") == wanted:
        return 0
    install(*locked("build"), what="installing the build backend")
    install(
        *("--no-deps", "--no-build-isolation", "--editable", ROOT),
        what="installing datasetbuilder from this folder",
    )
    _stamp({"tree": wanted})
    return 1


def _uv() -> Path | None:
    if os.environ.get(INSTALLER_VARIABLE, "uv") != "uv":
        return None
    uv = program("uv")
    if not uv.exists():
        pip = [program("python"), "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
        try:
            quiet("fetching the installer uv", [*pip, *locked("bootstrap")])
        except StepFailed as failure:
            say(f"{failure}\n  going on with pip, which is slower")
            os.environ[INSTALLER_VARIABLE] = "pip"
            return None
    return uv


def _fingerprint(*files: Path) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _stamps() -> dict[str, str]:
    try:
        return json.loads((VENV / "installed.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def _stamp(entries: dict[str, str]) -> None:
    content = json.dumps({**_stamps(), **entries}, indent=1)
    (VENV / "installed.json").write_text(content, encoding="utf-8")
