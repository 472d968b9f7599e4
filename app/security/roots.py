"""The folders that people may name: those inside an image root and no others."""

from collections.abc import Sequence
from pathlib import Path

from datasetbuilder.errors import DataError, PermissionDenied


class ImageRoots:
    """Folders that the server may read images from, with everything below them."""

    def __init__(self, roots: Sequence[Path] = ()) -> None:
        self.roots = tuple(Path(root).expanduser().resolve() for root in roots)

    def resolve(self, named: str) -> Path:
        """The real folder behind a name, links followed, once it is known to lie inside a root.

        Raises
        ------
        PermissionDenied
            If it lies elsewhere; the same answer whether or not it exists.
        DataError
            If there is no such folder inside the roots.
        """
        if "\0" in named or not named.strip():
            raise DataError("Name a folder, such as /home/me/images.")
        wanted = _expanded(Path(named.strip()))
        if not wanted.is_absolute():
            raise DataError(
                f"{named[:200]} is not a full path; start at /, such as /home/me/images."
            )
        real = _real(wanted)
        if real is None or not any(real.is_relative_to(root) for root in self.roots):
            raise PermissionDenied(
                f"{named[:200]} is not inside {self._names()}. Start the server with "
                "--image-root and its folder to allow it, or upload the files."
            )
        if not real.is_dir():
            raise DataError(f"{named[:200]} is not a folder.")
        return real

    def _names(self) -> str:
        if not self.roots:
            return "an image root; the server was started without any"
        return "an image root: " + ", ".join(str(root) for root in self.roots)


def _expanded(path: Path) -> Path:
    """The path with its home folder, or as it is where nobody is called so."""
    try:
        return path.expanduser()
    except RuntimeError:
        return path


def _real(path: Path) -> Path | None:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return None
