"""One server per workspace, on a disk of this machine.

The lock belongs to the open file, so the operating system releases it however the process ends; the
text in the file only tells who holds it.
"""

import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from datasetbuilder.errors import StoreUnavailable, WorkspaceBusy, WorkspaceError

LOCK_NAME = "workspace.lock"
_NETWORK = {
    "9p", "acfs", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "glusterfs", "gpfs", "lustre",
    "ncpfs", "nfs", "nfs4", "ocfs2", "smb2", "smb3", "smbfs",
}  # fmt: skip
_LOCAL_FUSE = {"fuseblk", "fuse.ntfs", "fuse.ntfs-3g", "fuse.exfat", "fuse.overlayfs", "fusectl"}
# Windows locks bytes, and a locked byte cannot be read: lock one far behind the text.
_WINDOWS_BYTE = 1 << 30


def network_file_system(folder: Path, mounts: str | None = None) -> str | None:
    """The type of the network file system that a folder lies on, or None.

    Parameters
    ----------
    folder : Path
        An existing folder.
    mounts : str, optional
        The mount table in the form of ``/proc/mounts``, which is read when nothing is given. Where
        there is none, as on macOS and Windows, every folder counts as local.
    """
    if mounts is None:
        try:
            mounts = Path("/proc/mounts").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
    place = folder.resolve()
    best, kind = -1, ""
    for point, candidate in _mount_points(mounts):
        if place.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), candidate
    remote = kind in _NETWORK or (kind.startswith("fuse") and kind not in _LOCAL_FUSE)
    return kind if remote else None


def _mount_points(mounts: str) -> Iterator[tuple[Path, str]]:
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) >= 3:
            yield Path(fields[1].encode().decode("unicode_escape")), fields[2]


class WorkspaceLock:
    """The exclusive right to write in a workspace, held until ``release`` or the process's end."""

    def __init__(self, folder: Path) -> None:
        kind = network_file_system(folder)
        if kind is not None:
            raise WorkspaceError(
                f"{folder} lies on a network file system ({kind}), where a database can be"
                " damaged; choose a folder on a disk of this machine"
            )
        self._path = folder / LOCK_NAME
        try:
            self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StoreUnavailable(f"{self._path} cannot be written: {error.strerror}") from None
        try:
            _lock(self._handle)
        except OSError:
            os.close(self._handle)
            raise self._refusal() from None
        self._sign()

    def _sign(self) -> None:
        holder = json.dumps({"pid": os.getpid(), "host": socket.gethostname()}).encode()
        os.ftruncate(self._handle, 0)
        os.write(self._handle, holder)

    def _refusal(self) -> WorkspaceBusy:
        pid = None
        try:
            holder = json.loads(self._path.read_text())
            pid = int(holder["pid"])
            who = f"process {pid} on {holder['host']}"
        except (OSError, ValueError, KeyError, TypeError):
            who = "another process"
        return WorkspaceBusy(
            f"the workspace {self._path.parent} is in use by {who}; "
            "use that server, or stop it before you open the workspace again",
            pid,
        )

    def release(self) -> None:
        """Give the right back; calling it twice does no harm."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1

    def __enter__(self) -> "WorkspaceLock":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        os.lseek(handle, _WINDOWS_BYTE, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
