"""What each command of ``tools/dev.py`` does."""

from collections.abc import Callable, Mapping, Sequence

import dev_build
import dev_checks
import dev_fresh
import dev_links
import dev_locks
from dev_environment import ensure, program
from dev_steps import StepFailed, become, quiet, say

Command = Callable[[Sequence[str]], int]


def run(name: str, arguments: Sequence[str]) -> int:
    """Run one command; a failure becomes its message and exit code 1."""
    command = COMMANDS.get(name)
    if command is None:
        say(f"There is no command {name}. There are: {', '.join(COMMANDS)}.")
        return 2
    if arguments and name not in TAKES_ARGUMENTS:
        say(f"{name} takes no arguments; it was given {' '.join(arguments)}.")
        return 2
    try:
        return command(arguments)
    except StepFailed as failure:
        say(str(failure))
        return 1
    except KeyboardInterrupt:
        say("\nStopped.")
        return 130


def _demo(arguments: Sequence[str]) -> int:
    ensure("run")
    return become([program("datasetbuilder"), "demo", *arguments])


def _check(_: Sequence[str]) -> int:
    ensure("test")
    return dev_checks.run_fast()


def _test(_: Sequence[str]) -> int:
    ensure("test")
    return dev_checks.run_all()


def _fix(_: Sequence[str]) -> int:
    ensure("test")
    quiet("mending lint (ruff)", [program("ruff"), "check", "--fix-only", "."])
    quiet("formatting (ruff)", [program("ruff"), "format", "."])
    return 0


def _links(_: Sequence[str]) -> int:
    dev_links.make_links()
    return 0


def _build(_: Sequence[str]) -> int:
    ensure("test")
    return dev_build.build()


COMMANDS: Mapping[str, Command] = {
    "demo": _demo,
    "check": _check,
    "test": _test,
    "fix": _fix,
    "links": _links,
    "lock": dev_locks.lock,
    "build": _build,
    "fresh": lambda _: dev_fresh.run(),
}

TAKES_ARGUMENTS = ("demo", "lock")
