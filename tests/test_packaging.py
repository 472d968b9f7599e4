"""What is declared, what is locked and what lies in the tree are the same thing."""

import ast
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import metadata, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

import datasetbuilder

ROOT = Path(__file__).resolve().parent.parent
DECLARED = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS: dict[str, str] = DECLARED["tool"]["setuptools"]["package-dir"]
LINKS = {ROOT / "datasetbuilder" / name for name in ("app", "exporters", "projects")}
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))

# imported by others on our behalf, never by name
SILENT = {
    "imagecodecs": "tifffile asks it for compressed pages",
}


def walk(folder: Path) -> Iterator[Path]:
    for path, folders, files in os.walk(folder):
        here = Path(path)
        folders[:] = [
            name for name in folders if name != "__pycache__" and here / name not in LINKS
        ]
        yield from (here / name for name in files)


def packages_in_tree() -> set[str]:
    return {
        ".".join((package, *file.parent.relative_to(ROOT / folder).parts))
        for package, folder in FOLDERS.items()
        for file in walk(ROOT / folder)
        if file.name == "__init__.py"
    }


def tree_files() -> list[Path]:
    return [file for folder in FOLDERS.values() for file in walk(ROOT / folder)]


def is_shipped(file: Path) -> bool:
    if file.suffix == ".py" and (file.parent / "__init__.py").exists():
        return True
    data = DECLARED["tool"]["setuptools"]["package-data"]
    return any(
        file in (ROOT / FOLDERS[package]).glob(pattern)
        for package, patterns in data.items()
        for pattern in patterns
    )


def imported_modules() -> set[str]:
    found: set[str] = set()
    for file in (file for file in tree_files() if file.suffix == ".py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - set(sys.stdlib_module_names) - {"datasetbuilder"}


def imported_distributions() -> set[str]:
    distributions = packages_distributions()
    return {
        canonicalize_name(name)
        for module in imported_modules()
        for name in distributions.get(module, [module])
    }


def declared_distributions() -> set[str]:
    return {
        canonicalize_name(Requirement(line).name) for line in DECLARED["project"]["dependencies"]
    }


def optional_distributions() -> set[str]:
    extras = DECLARED["project"]["optional-dependencies"].values()
    return {canonicalize_name(Requirement(line).name) for lines in extras for line in lines}


def pins(lock: Path) -> dict[str, Requirement]:
    lines = lock.read_text(encoding="utf-8").splitlines()
    found = [Requirement(line.rstrip(" \\")) for line in lines if line[:1].isalnum()]
    return {canonicalize_name(pin.name): pin for pin in found}


def test_the_packages_that_ship_are_the_packages_of_the_tree() -> None:
    assert set(DECLARED["tool"]["setuptools"]["packages"]) == packages_in_tree()


def test_every_package_lives_under_one_name() -> None:
    roots = {name.partition(".")[0] for name in DECLARED["tool"]["setuptools"]["packages"]}
    assert roots == {"datasetbuilder"}


def test_every_file_beside_the_modules_ships_as_package_data() -> None:
    assert [str(file.relative_to(ROOT)) for file in tree_files() if not is_shipped(file)] == []


def test_every_import_is_a_declared_dependency() -> None:
    assert imported_distributions() <= declared_distributions() | optional_distributions()


def test_every_declared_dependency_is_imported() -> None:
    assert declared_distributions() - SILENT.keys() <= imported_distributions()


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8").lower()
    assert [name for name in sorted(declared_distributions()) if f"| {name} |" not in reasons] == []


def test_the_installed_version_is_the_one_of_the_source() -> None:
    assert metadata("datasetbuilder")["Version"] == datasetbuilder.__version__


def test_the_version_stands_in_the_changelog_or_is_unreleased() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert "## Unreleased" in changelog or f"## {datasetbuilder.__version__}" in changelog


def test_there_are_four_locks() -> None:
    assert [lock.stem for lock in LOCKS] == ["bootstrap", "build", "run", "test"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_names_no_place(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert not re.findall(r"://|--(?:index|extra-index|find-links)|^/|file:|^-", text, re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_a_lock_pins_every_package_to_one_version_and_its_hashes(lock: Path) -> None:
    blocks = re.split(r"^(?=\w)", lock.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    assert blocks
    for block in blocks:
        assert re.match(r"[\w.-]+==[\w.]+[ ;]", block), block
        assert "--hash=sha256:" in block, block


def test_the_run_lock_satisfies_what_is_declared() -> None:
    locked = pins(ROOT / "requirements" / "run.txt")
    for line in DECLARED["project"]["dependencies"]:
        wanted = Requirement(line)
        (pin,) = locked[canonicalize_name(wanted.name)].specifier
        assert wanted.specifier.contains(Version(pin.version)), f"{line}: run `make lock`"


@pytest.mark.parametrize("group", ["test", "build", "bootstrap"])
def test_each_group_is_locked(group: str) -> None:
    locked = pins(ROOT / "requirements" / f"{group}.txt")
    for line in DECLARED["dependency-groups"][group]:
        assert canonicalize_name(Requirement(line).name) in locked, f"{line}: run `make lock`"


def test_the_tests_run_on_the_pins_that_users_get() -> None:
    run, test = (pins(ROOT / "requirements" / f"{name}.txt") for name in ("run", "test"))
    assert {name: pin.specifier for name, pin in run.items()} == {
        name: pin.specifier for name, pin in test.items() if name in run
    }
