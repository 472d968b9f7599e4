"""What a store asks of its database, and the few statements that each database words its own way.

SQLite and PostgreSQL fill this in, each in a package of its own; nothing else in `projects` knows
which of them it speaks to.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import sqlite

if TYPE_CHECKING:
    from datasetbuilder.projects.ledger import Transaction

_T = TypeVar("_T")


class Writer(Protocol):
    """Carries out what is to be written, in groups where that is faster."""

    def submit(
        self, work: "Callable[[Transaction], _T]", *, weight: int = 1, project: int | None = None
    ) -> _T:
        """Run ``work`` in a transaction and return what it returned, after COMMIT.

        Parameters
        ----------
        work : callable
            Uses the transaction and nothing else; it may be run again after a failure.
        weight : int, optional
            How many operations it carries out.
        project : int, optional
            The only project that it writes in; none for what belongs to the workspace. Work in
            different projects need not wait for each other.

        Raises
        ------
        StoreUnavailable
            If the database could not be written; nothing of ``work`` was kept.
        """
        ...

    def refuse(self, reason: str) -> None:
        """Answer every further write with ``StoreUnavailable``."""
        ...


class Check(Protocol):
    """The check of the whole database that goes on behind while people already work."""

    @property
    def problem(self) -> str | None:
        """What is wrong, as far as is known."""
        ...

    def wait(self) -> str | None:
        """Wait for the end of the check; what is wrong, or None."""
        ...


class Database(ABC):
    """An open database with the schema of this version.

    Attributes
    ----------
    name : str
        What it is called in messages.
    is_shared : bool
        Whether other processes may have it open at the same time.
    writer : Writer
        Whatever changes something goes through it.
    integrity : Check
        Whether the database is whole.
    backup : Path or None
        The copy that was made before an older schema was brought to this version.
    """

    name: str
    is_shared: bool
    writer: Writer
    integrity: Check
    backup: Path | None

    @abstractmethod
    def plainly(self) -> AbstractContextManager[None]:
        """Raise ``StoreUnavailable`` in plain words for what a failing database raises."""

    @abstractmethod
    def close(self) -> None:
        """Finish what is being written and let the database go."""

    def keep_backups(self) -> None:
        """Copy the database now and then in the background, where that is not its server's part."""
        return

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one state of the database and never waits for writers."""

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """A reading transaction that may last, and whose rows may be left half read."""
        with self.reading() as connection:
            # Closed afterwards, not used again.
            connection.detach()
            yield connection


def insert_once(connection: Connection, table: Table) -> Any:
    """An insert that passes over rows whose key is there already."""
    return _insert_once(connection.dialect.name, table)


def insert_adding(connection: Connection, table: Table, column: str) -> Any:
    """An insert that adds ``column`` to the row that is there already."""
    return _insert_adding(connection.dialect.name, table, column)


def insert_replacing(connection: Connection, table: Table, *columns: str) -> Any:
    """An insert that overwrites ``columns`` of the row that is there already."""
    statement = _insert(connection.dialect.name, table)
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns),
        set_={column: statement.excluded[column] for column in columns},
    )


@cache
def _insert_once(dialect: str, table: Table) -> Any:
    return _insert(dialect, table).on_conflict_do_nothing()


@cache
def _insert_adding(dialect: str, table: Table, column: str) -> Any:
    statement = _insert(dialect, table)
    total = table.c[column] + statement.excluded[column]
    return statement.on_conflict_do_update(
        index_elements=list(table.primary_key.columns), set_={column: total}
    )


def _insert(dialect: str, table: Table) -> Any:
    if dialect != "postgresql":
        return sqlite.insert(table)
    from sqlalchemy.dialects import postgresql

    return postgresql.insert(table)
