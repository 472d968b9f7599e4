"""Resolve the requirement files: one set of pins for every platform, with hashes, no addresses."""

from collections.abc import Sequence
from pathlib import Path

from dev_environment import REQUIREMENTS, ensure_uv, pins
from dev_steps import ROOT, StepFailed, quiet, say

HEADER = "# Pins for every platform, resolved from pyproject.toml by `make lock`.\n"

# file: what goes in, in an order in which each may lean on the ones before
SOURCES: dict[str, Sequence[str]] = {
    "run": ("pyproject.toml",),
    "test": ("pyproject.toml", "--group", "test", "--constraints", "requirements/run.txt"),
    "build": ("--group", "build", "--constraints", "requirements/run.txt"),
    "bootstrap": ("--group", "bootstrap"),
}

OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--fork-strategy=fewest",
    "--generate-hashes",
    "--no-header",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--no-config",
    "--quiet",
)

# a mirror or folder set up on this machine must not leak into pins that are for everyone
NO_MIRRORS: dict[str, str | None] = dict.fromkeys(
    ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")
)


def lock(arguments: Sequence[str]) -> int:
    """Resolve all requirement files; pins stay as they are unless ``--upgrade`` is given."""
    uv = ensure_uv()
    REQUIREMENTS.mkdir(exist_ok=True)
    for name, sources in SOURCES.items():
        _resolve(uv, name, [*sources, *arguments])
    return 0


def _resolve(uv: Path, name: str, arguments: Sequence[str]) -> None:
    output = REQUIREMENTS / f"{name}.txt"
    command = [uv, "pip", "compile", *OPTIONS, *arguments, "--output-file", output]
    quiet(f"resolving requirements/{name}.txt", command, environment=NO_MIRRORS)
    text = output.read_text(encoding="utf-8")
    if "://" in text:
        raise StepFailed(f"{output.relative_to(ROOT)} holds an address; nobody else could use it.")
    output.write_text(HEADER + text.removeprefix(HEADER), encoding="utf-8")
    say(f"  {len(pins(output))} packages")
