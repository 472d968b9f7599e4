import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.postgresql import PostgresqlServer

settings.register_profile("developer", deadline=None)
settings.register_profile("fast", deadline=None, max_examples=25)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
named = os.environ.get("DATASETBUILDER_EXAMPLES")
settings.load_profile(named or ("ci" if os.environ.get("CI") else "developer"))


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator["PostgresqlServer"]:
    """A running server for the tests of one process."""
    from tests.postgresql import PostgresqlServer, missing

    if reason := missing():
        pytest.skip(f"NOT TESTED ON POSTGRESQL: {reason}")
    server = PostgresqlServer()
    server.start()
    yield server
    server.remove()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say last of all what was not tested, so that nobody takes silence for success."""
    missed = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if "NOT TESTED ON POSTGRESQL" in str(report.longrepr)
    ]
    if missed:
        terminalreporter.write_line(
            f"\n{len(missed)} tests of the store were NOT TESTED ON POSTGRESQL: no server was found"
            " (Debian: apt-get install postgresql).",
            red=True,
            bold=True,
        )
