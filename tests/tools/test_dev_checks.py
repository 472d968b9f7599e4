from pathlib import Path

import dev_browser
import dev_checks
import dev_postgresql
import pytest
from dev_steps import StepFailed


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The steps that were run, with the arguments that choose tests."""
    steps: list[str] = []

    def run(what: str, command: list[object], **settings: object) -> str:
        chosen = [str(word) for word in command if "browser" in str(word)]
        environment = settings.get("environment") or {}
        steps.append(" ".join([what.partition(" (")[0], *chosen, *environment.values()]))  # type: ignore[union-attr]
        return "/node\n"

    monkeypatch.setattr(dev_checks, "quiet", run)
    monkeypatch.setattr(dev_checks, "shown", run)
    monkeypatch.setattr(dev_checks, "make_links", lambda: [])
    monkeypatch.setattr(dev_browser, "ensure_chromium", lambda: Path("chromium"))
    monkeypatch.setattr(dev_postgresql, "ensure_postgresql", lambda: Path("binaries"))
    return steps


def test_the_fast_checks_leave_out_browser_and_slow_tests(asked: list[str]) -> None:
    assert dev_checks.run_fast() == 0
    assert asked[-1] == "unit tests not browser and not slow fast"
    assert not [step for step in asked if step.startswith("browser stories")]


def test_all_checks_leave_out_nothing(asked: list[str]) -> None:
    assert dev_checks.run_all() == 0
    assert asked[-2:] == ["unit tests not browser binaries", "browser stories browser chromium"]


def test_a_mistake_is_looked_for_where_it_is_cheapest_first(asked: list[str]) -> None:
    dev_checks.run_fast()
    assert asked[:4] == ["format", "lint", "types", "import contracts"]


def test_without_a_browser_nothing_is_begun(
    asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Path:
        raise StepFailed("no Chromium")

    monkeypatch.setattr(dev_browser, "ensure_chromium", missing)
    with pytest.raises(StepFailed, match="no Chromium"):
        dev_checks.run_all()
    assert asked == []


def test_checks_after_a_failed_one_still_run_and_the_failed_are_named(
    asked: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise StepFailed("line 3 is too long")

    done: list[str] = []
    code = dev_checks.run_steps({"lint": fail, "types": lambda: done.append("types")})
    said = capsys.readouterr().out
    assert (code, done) == (1, ["types"])
    assert "line 3 is too long" in said
    assert "1 of 2 checks failed" in said
    assert said.endswith(": lint.\n")


def test_a_tree_without_javascript_tests_is_told(
    asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dev_checks, "ROOT", tmp_path)
    assert dev_checks.run_fast() == 1
