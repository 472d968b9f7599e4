"""What the documents tell a newcomer to type exists."""

import ast
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import dev
import dev_commands
import pytest
import typer.main

import datasetbuilder
from datasetbuilder.app.cli import cli

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CONTEXT.md", "CHANGELOG.md")]
DOCUMENTS += sorted((ROOT / "docs").rglob("*.md"))
SUBCOMMANDS = typer.main.get_group(cli).commands

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def fenced(text: str, language: str = "") -> str:
    return "\n".join(re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL))


def code_in(document: Path) -> str:
    text = document.read_text(encoding="utf-8")
    return fenced(text) + "\n" + "\n".join(re.findall(r"`([^`\n]+)`", text))


def make_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return {name for line in re.findall(r"^([\w ]+):", makefile, re.M) for name in line.split()}


def typed(document: Path) -> Iterator[list[str]]:
    for line in re.findall(r"^datasetbuilder .+", code_in(document), re.MULTILINE):
        yield shlex.split(line, comments=True)[1:]


def known_options(words: list[str]) -> set[str]:
    """The options of a command; of a group those of the command in it that is named."""
    command = SUBCOMMANDS[words[0]]
    inner = getattr(command, "commands", {})
    if len(words) > 1 and words[1] in inner:
        command = inner[words[1]]
    return {option for parameter in command.params for option in parameter.opts}


@every_document
def test_every_make_target_that_is_named_exists(document: Path) -> None:
    named = set(re.findall(r"(?:^|\W)make ([a-z]+)", code_in(document)))
    assert named <= make_targets()


def test_make_and_the_tool_know_the_same_commands() -> None:
    assert make_targets() - {"help"} == set(dev_commands.COMMANDS)


def test_the_tool_tells_of_each_of_its_commands() -> None:
    assert set(re.findall(r"^  (\w+)  ", dev.HELP, re.MULTILINE)) == set(dev_commands.COMMANDS)


@every_document
def test_every_command_line_that_is_shown_is_understood(document: Path) -> None:
    for words in typed(document):
        if words[0].startswith("-"):
            continue
        assert words[0] in SUBCOMMANDS, words
        assert {word for word in words[1:] if word.startswith("--")} <= known_options(words)


def test_the_readme_names_every_subcommand() -> None:
    readme = code_in(ROOT / "README.md")
    assert [name for name in SUBCOMMANDS if not re.search(rf"\b{name}\b", readme)] == []


def test_every_subcommand_says_what_it_does() -> None:
    assert [name for name, command in SUBCOMMANDS.items() if not command.help] == []


def test_the_python_example_is_five_lines_of_public_names() -> None:
    example = fenced((ROOT / "README.md").read_text(encoding="utf-8"), "python")
    statements = ast.parse(example).body
    assert len(statements) == 6
    (first, *_) = statements
    assert isinstance(first, ast.ImportFrom)
    assert {alias.name for alias in first.names} <= set(datasetbuilder.__all__)


@pytest.mark.slow
def test_the_python_example_runs_as_it_stands(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    shutil.copy(next((ROOT / "app" / "sample").glob("*/*.jpg")), tmp_path / "images")
    example = fenced((ROOT / "README.md").read_text(encoding="utf-8"), "python")
    done = subprocess.run(
        [sys.executable, "-c", example], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.stderr == ""
    assert "cells-v1" in done.stdout


@every_document
def test_every_link_into_the_repository_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", document.read_text(encoding="utf-8"))
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_the_decisions_are_numbered_in_a_row_and_fit_a_page() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(path.name[:4]) for path in decisions] == list(range(1, len(decisions) + 1))
    for path in decisions:
        text = path.read_text(encoding="utf-8")
        assert "## Considered" in text, path.name
        assert "## Consequences" in text, path.name
        assert len(text.splitlines()) < 60, path.name


def test_the_glossary_says_each_word_once() -> None:
    glossary = (ROOT / "CONTEXT.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| ([A-Z]\w+) \|", glossary, re.MULTILINE)
    assert len(words) == len(set(words)) > 20
