"""A PostgreSQL server of the tests' own: a temporary folder, a Unix socket, no network."""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from dev_postgresql import HOW, find_postgresql
from sqlalchemy import URL, create_engine
from sqlalchemy.pool import NullPool

# Speed alone: nothing here has to outlive the machine.
_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "listen_addresses": "''",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "autovacuum": "off",
}


def missing() -> str | None:
    """Why there is no server to test with, or None."""
    if os.name != "posix":
        return "the tests start a server on Unix only"
    return None if find_postgresql() else HOW


@dataclass
class PostgresqlServer:
    """A server that is started, stopped and killed by the tests."""

    folder: Path = field(default_factory=lambda: Path(tempfile.mkdtemp(prefix="dsb-pg-")))
    settings: dict[str, str] = field(default_factory=dict)
    _numbers: count = field(default_factory=count)

    def __post_init__(self) -> None:
        found = find_postgresql()
        assert found is not None
        self._binaries = found
        self._data = self.folder / "data"
        # The server refuses to run as root; Debian's package brings a user of its own.
        self._user = _user_of_the_server()
        if self._user:
            shutil.chown(self.folder, self._user)
        self._run("initdb", "-D", self._data, "-A", "trust", "-U", "tester", "-E", "UTF8", "-N")
        lines = [f"{name} = {value}" for name, value in {**_SETTINGS, **self.settings}.items()]
        lines.append(f"unix_socket_directories = '{self.folder}'")
        with (self._data / "postgresql.conf").open("a") as file:
            file.write("\n".join(lines) + "\n")

    def start(self) -> None:
        """Start and wait until it answers."""
        self._run("pg_ctl", "-D", self._data, "-w", "-l", self.folder / "log", "start")

    def stop(self, mode: str = "fast") -> None:
        """Stop; ``immediate`` is a crash."""
        self._run("pg_ctl", "-D", self._data, "-w", "-m", mode, "stop")

    def remove(self) -> None:
        """Stop and leave nothing behind."""
        self.stop("immediate")
        shutil.rmtree(self.folder)

    def address(self, database: str) -> str:
        """How a workspace is opened on one of its databases."""
        url = URL.create(
            "postgresql+psycopg", "tester", database=database, query={"host": str(self.folder)}
        )
        return url.render_as_string()

    def new_database(self) -> str:
        """The address of a fresh, empty database."""
        name = f"t{next(self._numbers)}"
        self.run_sql(f"CREATE DATABASE {name} TEMPLATE template0")
        return self.address(name)

    def run_sql(self, statement: str, address: str | None = None) -> list[tuple]:
        """Statements, past the store."""
        engine = create_engine(
            address or self.address("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool
        )
        with engine.connect() as connection:
            result = connection.exec_driver_sql(statement)
            return [tuple(row) for row in result] if result.returns_rows else []

    def _run(self, program: str, *arguments: object) -> None:
        words = [str(self._binaries / program), *map(str, arguments)]
        prefix = ["runuser", "-u", self._user, "--"] if self._user else []
        done = subprocess.run(
            [*prefix, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
            timeout=60,
        )
        assert done.returncode == 0, f"{program} failed: {done.stderr}"


def _user_of_the_server() -> str | None:
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    return None
