"""A workspace that a running server holds, opened by another program of the same person.

It reads by itself, and hands what is written over to the server on the loopback address: the server
answers after COMMIT, by the same rules as for a browser. What cannot be handed over is refused.
"""

import http.client
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from datasetbuilder.errors import (
    AlreadyExists,
    DataError,
    DatasetBuilderError,
    PermissionDenied,
    StoreUnavailable,
    UnknownName,
    UsageError,
    WorkspaceBusy,
)
from datasetbuilder.model import Image, Operation, Outcome, Result, Target
from datasetbuilder.projects.doorkey import DoorKey, find
from datasetbuilder.projects.reading import ProjectInfo
from datasetbuilder.projects.sqlite.beside import BesideDatabase
from datasetbuilder.projects.store import Store
from datasetbuilder.wire import operation_to_wire

ADDRESS = "/api/v1/beside"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_ERRORS: dict[int, type[DatasetBuilderError]] = {
    400: UsageError,
    401: UsageError,
    403: PermissionDenied,
    404: UnknownName,
    409: AlreadyExists,
    422: DataError,
    503: StoreUnavailable,
}


def open_store(folder: Path, database: str | None = None, *, beside: bool = True) -> Store:
    """The store of a workspace, or what stands beside the server that holds it.

    Parameters
    ----------
    folder : Path
        The workspace.
    database : str, optional
        The address of a PostgreSQL database, where every process is a client.
    beside : bool, optional
        False for whoever must be the only one, as a server.

    Raises
    ------
    WorkspaceBusy
        If another process that is no server holds it, or ``beside`` is False.
    """
    try:
        return Store.open(folder, database)
    except WorkspaceBusy as busy:
        key = find(folder)
        if not beside or key is None or key.pid != busy.pid:
            raise
        return StoreBeside(folder, key)


def open_reader(folder: Path, database: str | None = None) -> Store:
    """A store that is only read, whoever holds the workspace."""
    if database is not None:
        return Store.open(folder, database)
    return Store(folder, BesideDatabase(folder))


class StoreBeside(Store):
    """Reads by itself and hands over what is to be written."""

    is_beside = True

    def __init__(self, folder: Path, key: DoorKey) -> None:
        super().__init__(folder, BesideDatabase(folder))
        self._key = key

    def create_project(
        self, name: str, *, labels: Sequence[tuple[str, str | None]] = (), author: str = "local"
    ) -> ProjectInfo:
        """Let the server make a project."""
        named = [{"name": label, "color": color} for label, color in labels]
        answer = self.hand_over("create_project", name=name, labels=named, author=author)
        return self.project(answer["slug"])

    def add_images(
        self, project_id: int, images: Sequence[Image], *, author: str
    ) -> tuple[Image, ...]:
        """Let the server add images that were read here."""
        rows = [asdict(image) for image in images]
        answer = self.hand_over("add_images", project=project_id, images=rows, author=author)
        return tuple(self.image(project_id, image_id) for image_id in answer["ids"])

    def apply(
        self,
        project_id: int,
        operations: Sequence[Operation],
        *,
        author: str,
        client: str = "",
        limit_targets: Callable[[Target], bool] | None = None,
    ) -> list[Result]:
        """Let the server carry operations out."""
        answer = self.hand_over(
            "apply",
            project=project_id,
            operations=[operation_to_wire(operation) for operation in operations],
            author=author,
            client=client,
        )
        return [Result(**{**one, "outcome": Outcome(one["outcome"])}) for one in answer["results"]]

    def hand_over(self, call: str, **arguments: Any) -> Any:
        """Ask the server for one of the things that it does for programs; what it answers.

        Raises
        ------
        StoreUnavailable
            If it does not answer.
        """
        address = urlsplit(self._key.origin)
        if address.hostname not in _LOOPBACK:
            raise UsageError(f"the server of {self.folder} does not listen on this machine alone")
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=300)
        headers = {
            "Authorization": f"Bearer {self._key.token}",
            "Content-Type": "application/json",
        }
        try:
            connection.request("POST", ADDRESS, json.dumps({"call": call, **arguments}), headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise StoreUnavailable(
                f"the server of {self.folder} does not answer ({error}); nothing is known to be"
                " saved, and the same may be sent again"
            ) from None
        finally:
            connection.close()
        if response.status >= 400:
            raise _ERRORS.get(response.status, DatasetBuilderError)(answer["error"])
        return answer
