import sys
from pathlib import Path

import pytest
from dev_steps import StepFailed, quiet, shown


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def test_a_quiet_step_prints_its_name_and_returns_its_output(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert quiet("counting", python("print(1 + 1)")) == "2\n"
    assert capsys.readouterr().out == "→ counting\n"


def test_a_step_that_fails_shows_what_it_printed_and_the_command() -> None:
    with pytest.raises(StepFailed) as failure:
        quiet("counting", python("print('no fingers'); raise SystemExit(3)"))
    assert str(failure.value).startswith("no fingers\ncounting failed (exit code 3): ")


def test_a_program_that_is_missing_is_named() -> None:
    with pytest.raises(StepFailed, match="counting: there is no program abacus-9"):
        quiet("counting", ["abacus-9"])


def test_a_step_that_hangs_is_stopped() -> None:
    with pytest.raises(StepFailed, match="no end after 0 seconds"):
        quiet("waiting", python("import threading; threading.Event().wait()"), timeout=0.2)


def test_a_step_reads_nothing_from_the_terminal() -> None:
    assert quiet("reading", python("import sys; print(repr(sys.stdin.read()))")) == "''\n"


def test_a_variable_can_be_set_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIRROR", "here")
    program = python("import os; print(os.environ.get('MIRROR'), os.environ.get('COLOUR'))")
    printed = quiet("asking", program, environment={"MIRROR": None, "COLOUR": "blue"})
    assert printed == "None blue\n"


def test_a_step_runs_where_it_is_told(tmp_path: Path) -> None:
    printed = quiet("asking", python("import os; print(os.getcwd())"), folder=tmp_path)
    assert Path(printed.strip()) == tmp_path.resolve()


def test_a_step_that_is_shown_prints_for_itself(capfd: pytest.CaptureFixture[str]) -> None:
    shown("greeting", python("print('hello')"))
    assert capfd.readouterr().out == "→ greeting\nhello\n"


def test_a_step_that_is_shown_and_fails_says_so() -> None:
    with pytest.raises(StepFailed, match=r"greeting failed \(exit code 4\)"):
        shown("greeting", python("raise SystemExit(4)"))
