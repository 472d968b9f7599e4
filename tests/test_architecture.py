"""The directions of the house, as far as import contracts do not hold them."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import datasetbuilder

ROOT = Path(__file__).resolve().parent.parent
CODE = ("datasetbuilder", "projects", "exporters", "app")

# library: the only places that may import it
HOMES = {
    "dash": ("app/",),
    "dash_ag_grid": ("app/",),
    "dash_mantine_components": ("app/",),
    "plotly": ("app/",),
    "flask": ("app/",),
    "waitress": ("app/",),
    "werkzeug": ("app/",),
    "typer": ("app/",),
    "rich": ("app/",),
    "sqlalchemy": ("projects/",),
    "alembic": ("projects/",),
    "sqlite3": ("projects/", "app/diagnosis.py"),
    "pyarrow": ("exporters/",),
    "torch": ("exporters/",),
    "pycocotools": ("datasetbuilder/geometry/",),
}

UNPICKLERS = {"pickle", "dill", "cloudpickle", "marshal", "shelve"}
RUNS_TEXT = {"eval", "exec", "compile", "__import__"}
HOMELESS = {"utils", "util", "helpers", "helper", "common", "base", "misc"}

# image libraries raise anything; a thread and a request each have one outermost handler
CATCHES_ALL = re.compile(
    r"datasetbuilder/pixels/(?:reader|worker)\.py|projects/(?:group_commit|job_chunk)\.py|app/.*"
)

WEBGL = re.compile(r"(?i)\b(?:scatter|heatmap|scatterpolar|pointcloud)gl\b|\bsplom\b")
UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|X" r"XX|HA" r"CK)\b|raise Not" r"Implemented")


def files(folder: str, suffixes: set[str]) -> Iterator[str]:
    for path, folders, names in os.walk(ROOT / folder):
        here = Path(path).relative_to(ROOT)
        skipped = CODE if here == Path("datasetbuilder") else ()
        folders[:] = [each for each in folders if each not in ("__pycache__", *skipped)]
        yield from ((here / name).as_posix() for name in names if Path(name).suffix in suffixes)


MODULES = {
    name: ast.parse((ROOT / name).read_text(encoding="utf-8"))
    for folder in CODE
    for name in files(folder, {".py"})
}


def imports() -> Iterator[tuple[str, str]]:
    for name, tree in MODULES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                yield from ((name, alias.name.partition(".")[0]) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield name, node.module.partition(".")[0]


def places(wanted: Callable[[ast.AST], bool]) -> list[str]:
    return [
        f"{name}:{getattr(node, 'lineno', 0)}"
        for name, tree in MODULES.items()
        for node in ast.walk(tree)
        if wanted(node)
    ]


def test_a_library_is_imported_only_at_home() -> None:
    strays = [
        f"{name} imports {library}"
        for name, library in imports()
        if library in HOMES and not name.startswith(HOMES[library])
    ]
    assert strays == []


def test_nothing_is_unpickled() -> None:
    assert [f"{name}: {library}" for name, library in imports() if library in UNPICKLERS] == []


def test_no_array_file_may_carry_objects() -> None:
    assert places(_allows_pickles) == []


def _allows_pickles(node: ast.AST) -> bool:
    if not (isinstance(node, ast.keyword) and node.arg == "allow_pickle"):
        return False
    return not (isinstance(node.value, ast.Constant) and node.value.value is False)


def test_no_text_is_run_as_code() -> None:
    assert places(_runs_text) == []


def _runs_text(node: ast.AST) -> bool:
    called = node.func if isinstance(node, ast.Call) else None
    return isinstance(called, ast.Name) and called.id in RUNS_TEXT


def test_no_handler_swallows_everything() -> None:
    assert [place for place in places(_catches_all) if not CATCHES_ALL.match(place)] == []


def _catches_all(node: ast.AST) -> bool:
    if not isinstance(node, ast.ExceptHandler):
        return False
    named = node.type.id if isinstance(node.type, ast.Name) else ""
    broad = node.type is None or named in ("Exception", "BaseException")
    passed_on = isinstance(node.body[-1], ast.Raise) and node.body[-1].exc is None
    return broad and not passed_on


def test_every_function_has_a_noun_for_a_home() -> None:
    assert [name for name in MODULES if HOMELESS & set(Path(name).with_suffix("").parts)] == []


def test_no_trace_draws_by_webgl() -> None:
    # its shaders are compiled from text, which the page forbids
    drawn = [
        name
        for name in files("app", {".py", ".js"})
        if WEBGL.search((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert drawn == []


def test_an_express_figure_stays_svg_past_a_thousand_points() -> None:
    assert places(_may_become_webgl) == []


def _may_become_webgl(node: ast.AST) -> bool:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
        return False
    owner = node.func.value
    express = isinstance(owner, ast.Name) and owner.id == "px"
    modes = [word.value for word in node.keywords if word.arg == "render_mode"]
    svg = any(isinstance(mode, ast.Constant) and mode.value == "svg" for mode in modes)
    return express and node.func.attr in ("scatter", "line") and not svg


def test_the_package_itself_imports_nothing_heavy() -> None:
    heavy = ["numpy", "pandas", "dash", "flask", "sqlalchemy", "skimage", "sklearn", "cv2"]
    probe = f"import sys, datasetbuilder; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT)
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_public_names_are_all_there() -> None:
    assert [name for name in datasetbuilder.__all__ if not hasattr(datasetbuilder, name)] == []


def test_an_unknown_public_name_is_refused_by_name() -> None:
    assert not hasattr(datasetbuilder, "open_workspaces")


def test_every_folder_of_code_is_typed() -> None:
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    checked = {Path(folder).name for folder in declared["basedpyright"]["include"]}
    with_code = {file.relative_to(ROOT).parts[0] for file in ROOT.glob("[a-z]*/**/*.py")}
    assert with_code - {"build", "dist"} == checked


def texts() -> list[str]:
    at_root = [file.name for file in ROOT.glob("*.md")] + ["pyproject.toml", "Makefile", ".ci/run"]
    folders = (*CODE, "docs", "tools", "tests", "benchmarks")
    suffixes = {".py", ".md", ".js", ".css", ".toml"}
    return at_root + [name for folder in folders for name in files(folder, suffixes)]


def test_nothing_is_left_unfinished() -> None:
    unfinished = [
        name for name in texts() if UNFINISHED.search((ROOT / name).read_text(encoding="utf-8"))
    ]
    assert unfinished == []


def test_no_file_names_the_machine_it_was_written_on() -> None:
    own = "|".join(re.escape(str(folder)) for folder in (ROOT, Path.home()))
    place = re.compile(rf"(?<![\w}}.])(?:{own})/")
    naming = [name for name in texts() if place.search((ROOT / name).read_text(encoding="utf-8"))]
    assert naming == []
