from pathlib import Path

import dev_locks
import pytest
from dev_steps import StepFailed


@pytest.fixture
def resolved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What a resolver writes, by name of the file; each call leaves its command there too."""
    answers = dict.fromkeys(dev_locks.SOURCES, "a==1 \\\n    --hash=sha256:0\n")

    def resolve(_what: str, command: list[object], *, environment: dict[str, str | None]) -> str:
        output = Path(str(command[-1]))
        output.write_text(answers[output.stem], encoding="utf-8")
        answers[f"{output.stem} command"] = " ".join(map(str, command))
        answers[f"{output.stem} mirrors"] = str([k for k, v in environment.items() if v])
        return ""

    monkeypatch.setattr(dev_locks, "quiet", resolve)
    monkeypatch.setattr(dev_locks, "ensure_uv", lambda: Path("uv"))
    monkeypatch.setattr(dev_locks, "REQUIREMENTS", tmp_path)
    monkeypatch.setattr(dev_locks, "ROOT", tmp_path)
    return answers


def test_every_lock_is_written_under_one_heading(tmp_path: Path, resolved: dict[str, str]) -> None:
    assert dev_locks.lock([]) == 0
    assert sorted(file.stem for file in tmp_path.iterdir()) == sorted(dev_locks.SOURCES)
    assert (tmp_path / "run.txt").read_text(encoding="utf-8") == dev_locks.HEADER + resolved["run"]


def test_the_heading_is_not_repeated(tmp_path: Path, resolved: dict[str, str]) -> None:
    resolved["run"] = dev_locks.HEADER + resolved["run"]
    dev_locks.lock([])
    assert (tmp_path / "run.txt").read_text(encoding="utf-8").count(dev_locks.HEADER) == 1


def test_pins_are_for_every_platform_with_hashes(resolved: dict[str, str]) -> None:
    dev_locks.lock([])
    assert "--universal" in resolved["run command"]
    assert "--generate-hashes" in resolved["run command"]


def test_a_mirror_of_this_machine_is_not_asked(resolved: dict[str, str]) -> None:
    dev_locks.lock([])
    assert "--no-config" in resolved["run command"]
    assert resolved["run mirrors"] == "[]"


def test_upgrading_is_passed_on(resolved: dict[str, str]) -> None:
    dev_locks.lock(["--upgrade"])
    assert all(" --upgrade" in resolved[f"{name} command"] for name in dev_locks.SOURCES)


def test_an_address_in_a_lock_is_refused(resolved: dict[str, str]) -> None:
    resolved["test"] = "a @ https://example.org/a.whl\n"
    with pytest.raises(StepFailed, match=r"test\.txt holds an address"):
        dev_locks.lock([])
