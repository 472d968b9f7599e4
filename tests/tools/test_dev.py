import ast
import subprocess
import sys
from pathlib import Path

import dev
import dev_commands
import pytest
from dev_steps import StepFailed

TOOL = Path(dev_commands.__file__ or "").with_name("dev.py")


def call(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, TOOL, *arguments], capture_output=True, text=True)


def test_an_old_python_is_refused_by_its_number() -> None:
    refusal = dev.refused_python((3, 10, 4))
    assert "needs Python 3.11 or newer; this is 3.10" in refusal
    assert "make demo PYTHON=" in refusal


@pytest.mark.parametrize("version", [(3, 11, 0), (3, 14, 1)])
def test_a_python_that_is_new_enough_is_taken(version: tuple[int, ...]) -> None:
    assert dev.refused_python(version) == ""


def test_the_entry_point_can_be_read_by_a_python_that_it_refuses() -> None:
    ast.parse(TOOL.read_text(encoding="utf-8"), feature_version=(3, 5))


def test_help_lists_the_commands() -> None:
    done = call("--help")
    assert done.returncode == 0
    assert "demo" in done.stdout


def test_no_command_is_wrong_use() -> None:
    assert call().returncode == 2


def test_an_unknown_command_is_answered_with_those_that_exist() -> None:
    done = call("tset")
    assert done.returncode == 2
    assert done.stdout.startswith("There is no command tset. There are: demo, check, test")


def test_an_argument_nobody_reads_is_refused() -> None:
    done = call("check", "--fast")
    assert (done.returncode, done.stdout) == (2, "check takes no arguments; it was given --fast.\n")


def test_a_failed_step_is_told_and_ends_with_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> int:
        raise StepFailed("The disk is full.")

    monkeypatch.setitem(dev_commands.COMMANDS, "links", fail)  # type: ignore[arg-type]
    assert dev_commands.run("links", []) == 1
    assert capsys.readouterr().out == "The disk is full.\n"


def test_an_interrupt_is_not_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setitem(dev_commands.COMMANDS, "links", interrupt)  # type: ignore[arg-type]
    assert dev_commands.run("links", []) == 130
    assert "Stopped." in capsys.readouterr().out
