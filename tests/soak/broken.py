"""Stores that are broken on purpose: a harness that does not notice them proves nothing.

Each is a patch of the process that serves, made before the workspace is opened. Nothing of it is
reachable from the product.
"""

import importlib
import time
from collections.abc import Callable
from typing import Any


def without_sync() -> None:
    """Commits are not forced to the disk: a power cut takes acknowledged work."""
    module: Any = _loaded("datasetbuilder.projects.sqlite.connections")
    module._WRITER_PRAGMAS = tuple(
        "synchronous = OFF" if pragma.startswith("synchronous") else pragma
        for pragma in module._WRITER_PRAGMAS
    )


def answering_early() -> None:
    """The answer leaves before COMMIT: a kill or a full disk takes acknowledged work."""
    module: Any = _loaded("datasetbuilder.projects.sqlite.writer")
    transaction_type = _loaded("datasetbuilder.projects.ledger").Transaction

    def settle(group: list[Any], attempt: Any) -> None:
        writer = attempt.__self__
        connection = writer._open()
        try:
            with connection.begin():
                transaction = transaction_type(connection)
                for write in group:
                    write.done.set_result(write.work(transaction))
                transaction.flush()
                time.sleep(0.02)
        except Exception:
            writer._let_go()
            for write in group:
                if not write.done.done():
                    write.done.set_exception(RuntimeError("broken on purpose"))

    module.settle = settle


def overwriting_blindly() -> None:
    """A change on an old version overwrites what others wrote."""
    module: Any = _loaded("datasetbuilder.projects.operations")
    module._check_base = lambda ledger, op, held: None


def without_check() -> None:
    """Nobody looks through the database file: a damaged page shows where somebody reads it."""
    module: Any = _loaded("datasetbuilder.projects.sqlite.integrity")
    module.IntegrityCheck._look = lambda self: True


def migrating_step_by_step() -> None:
    """Each statement of a migration is committed by itself: a kill leaves half of it."""
    module: Any = _loaded("datasetbuilder.projects.sqlite.upgrade")
    migrate = module.migrate

    def piecemeal(live: Any) -> None:
        raw = live.connection.driver_connection
        live.exec_driver_sql("COMMIT")
        migrate(live)
        if not raw.in_transaction:
            live.exec_driver_sql("BEGIN IMMEDIATE")

    module.migrate = piecemeal


BROKEN: dict[str, Callable[[], None]] = {
    "no-sync": without_sync,
    "ack-early": answering_early,
    "blind": overwriting_blindly,
    "no-check": without_check,
    "step-by-step": migrating_step_by_step,
}


def break_it(name: str | None) -> None:
    """Patch this process, if a name is given."""
    if name:
        BROKEN[name]()


def _loaded(name: str) -> Any:
    return importlib.import_module(name)
