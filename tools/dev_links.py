"""Make the folders at the root importable as ``datasetbuilder.app`` and so on, from the tree.

The package's folders lie side by side at the root and are put together by the build. Import
checkers, type checkers and a plain ``python -m datasetbuilder`` read the tree, so each folder gets
a link beside the core that git ignores.
"""

import os
import subprocess
from pathlib import Path

from dev_steps import ROOT, StepFailed, say

FOLDERS = ("app", "exporters", "projects")


def make_links(root: Path = ROOT) -> list[Path]:
    """Make the links that are missing or point elsewhere; those that were made."""
    return [_made(root, name) for name in FOLDERS if not _stands(root, name)]


def _stands(root: Path, name: str) -> bool:
    link = root / "datasetbuilder" / name
    return link.exists() and link.resolve() == (root / name).resolve()


def _made(root: Path, name: str) -> Path:
    link = root / "datasetbuilder" / name
    if link.is_symlink():
        link.unlink()
    if link.exists():
        raise StepFailed(f"{link} should be a link to {root / name}; move it out of the way.")
    try:
        link.symlink_to(Path("..") / name, target_is_directory=True)
    except OSError:
        if os.name != "nt":
            raise
        # a junction needs no rights, a symbolic link on Windows does
        subprocess.run(["cmd", "/c", "mklink", "/J", str(link), str(root / name)], check=True)
    return link


if __name__ == "__main__":
    for made in make_links():
        say(f"{made.relative_to(ROOT)} → {made.resolve().relative_to(ROOT)}")
