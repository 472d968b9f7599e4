import os
from pathlib import Path

import dev_postgresql
import pytest
from dev_steps import StepFailed


def programs(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in ("initdb", "pg_ctl", "postgres"):
        (folder / name).write_text("#!/bin/sh\n")
        (folder / name).chmod(0o755)
    return folder


def test_the_newest_server_is_taken(tmp_path: Path) -> None:
    programs(tmp_path / "9" / "bin")
    newest = programs(tmp_path / "16" / "bin")
    places = [f"{tmp_path}/*/bin"]
    assert dev_postgresql.find_postgresql({}, places) == newest


def test_a_folder_that_lacks_a_program_is_none(tmp_path: Path) -> None:
    (programs(tmp_path / "bin") / "initdb").unlink()
    assert dev_postgresql.find_postgresql({}, [f"{tmp_path}/bin"]) is None


def test_the_folder_that_was_named_counts(tmp_path: Path) -> None:
    named = programs(tmp_path / "mine")
    environment = {dev_postgresql.VARIABLE: str(named)}
    assert dev_postgresql.find_postgresql(environment, []) == named
    with pytest.raises(StepFailed, match="initdb and pg_ctl are not"):
        dev_postgresql.find_postgresql({dev_postgresql.VARIABLE: str(tmp_path)})


def test_who_wants_none_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(os.environ, dev_postgresql.VARIABLE, dev_postgresql.WITHOUT)
    assert dev_postgresql.ensure_postgresql() is None
    assert "NOT tested on PostgreSQL" in capsys.readouterr().out


def test_without_rights_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(os.environ, dev_postgresql.VARIABLE, raising=False)
    monkeypatch.setattr(dev_postgresql, "find_postgresql", lambda: None)
    monkeypatch.setattr(dev_postgresql, "rights", lambda: None)
    with pytest.raises(StepFailed, match="apt-get install postgresql"):
        dev_postgresql.ensure_postgresql()
