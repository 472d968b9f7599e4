"""Every error that this package raises on purpose.

::

    DatasetBuilderError
    ├── UsageError                 wrong use: exit code 2
    │   ├── UnknownName            a project, label, format, split or option that does not exist
    │   ├── AlreadyExists          a name or folder that is taken
    │   ├── JobRefused             a job that cannot be stopped or taken up as it stands
    │   └── WorkspaceError         a workspace that cannot be opened (too new, on a network)
    │       └── WorkspaceBusy      another process holds it
    ├── DataError                  refused by the data: exit code 1
    │   ├── ImageRefused           a file that is not a readable image
    │   ├── GeometryError          a shape that has no meaning on its image
    │   ├── WireError              a message or file with a wrong field; carries the field's path
    │   ├── FormatError            an annotation file or an export that cannot be written or read
    │   └── VerificationError      an export that does not say what the project says
    ├── PermissionDenied           the person may not do this
    └── StoreUnavailable           the disk or database refuses to write; nothing was acknowledged

A message names the thing, the reason and the way out.
"""


class DatasetBuilderError(Exception):
    """Root of the tree."""


class UsageError(DatasetBuilderError):
    """The call itself is wrong, whatever the data."""


class UnknownName(UsageError):
    """A name that nothing here carries."""


class AlreadyExists(UsageError):
    """A name or folder that is already taken."""


class JobRefused(UsageError):
    """A job that cannot be stopped or taken up as it stands."""


class WorkspaceError(UsageError):
    """A workspace that cannot be opened."""


class WorkspaceBusy(WorkspaceError):
    """A workspace that another process holds.

    Parameters
    ----------
    message : str
        What to tell the person.
    pid : int or None
        The process, as far as it is known.
    """

    def __init__(self, message: str, pid: int | None = None) -> None:
        super().__init__(message)
        self.pid = pid


class DataError(DatasetBuilderError):
    """The data, not the call, is at fault."""


class ImageRefused(DataError):
    """A file that the strict reader does not accept as an image."""


class GeometryError(DataError):
    """A shape that has no meaning on its image."""


class WireError(DataError):
    """A message with a wrong field.

    Parameters
    ----------
    path : str
        Where the fault is, such as ``operations[3].payload.geometry.width``.
    problem : str
        What is wrong there and what is expected.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path
        self.problem = problem


class FormatError(DataError):
    """An annotation file or export that cannot be written or read."""


class VerificationError(DataError):
    """An export that does not say what the project says."""


class PermissionDenied(DatasetBuilderError):
    """The person may not do this."""


class StoreUnavailable(DatasetBuilderError):
    """The disk or database refuses to write; nothing of the request was kept."""
