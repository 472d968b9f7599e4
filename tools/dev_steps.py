"""Run other programs as steps: one line each, their output kept back unless they fail."""

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class StepFailed(Exception):
    """A step that did not end well; the message is for the person at the terminal."""


def say(line: str) -> None:
    """Print one line at once, in order with what the steps print themselves."""
    print(line, flush=True)


def quiet(
    what: str,
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str | None] | None = None,
    folder: Path = ROOT,
    timeout: float | None = None,
) -> str:
    """Run a step without showing its output, which is returned.

    Raises
    ------
    StepFailed
        With the output, if the program fails, is missing or takes longer than ``timeout``.
    """
    say(f"→ {what}")
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env=_environment(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=timeout,
        )
    except FileNotFoundError:
        raise StepFailed(f"{what}: there is no program {command[0]}.") from None
    except subprocess.TimeoutExpired:
        raise StepFailed(f"{what}: no end after {timeout:.0f} seconds, stopped.") from None
    if done.returncode:
        raise StepFailed(_report(what, command, done.returncode, done.stdout))
    return done.stdout


def shown(
    what: str, command: Sequence[str | Path], *, environment: Mapping[str, str | None] | None = None
) -> None:
    """Run a step whose own output is what the person wants to see.

    Raises
    ------
    StepFailed
        If the program fails.
    """
    say(f"→ {what}")
    done = subprocess.run(
        [str(part) for part in command],
        cwd=ROOT,
        env=_environment(environment or {}),
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise StepFailed(f"{what} failed (exit code {done.returncode}).")


def become(command: Sequence[str | Path]) -> int:
    """Hand the terminal over to a program; its exit code, where it cannot replace this process."""
    words = [str(part) for part in command]
    if os.name == "posix":
        sys.stdout.flush()
        os.execv(words[0], words)
    try:
        return subprocess.run(words).returncode
    except KeyboardInterrupt:
        return 130


class Stopwatch:
    """How long something took, in words."""

    def __init__(self) -> None:
        self._begun = time.monotonic()

    def __str__(self) -> str:
        seconds = round(time.monotonic() - self._begun)
        return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


def _environment(changes: Mapping[str, str | None]) -> dict[str, str]:
    merged = {**os.environ, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def _report(what: str, command: Sequence[str | Path], code: int, output: str) -> str:
    line = shlex.join(str(part) for part in command)
    return f"{output.rstrip()}\n{what} failed (exit code {code}): {line}".lstrip()
