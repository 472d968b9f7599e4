from pathlib import Path

import dev_environment
import pytest
from dev_environment import ensure, ensure_uv, install, locked, make_venv, pins, program
from dev_steps import StepFailed


class Recorder:
    """Stands where steps are run: remembers them, and fails those it is told to fail."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.commands: list[list[str]] = []
        self.failing = ""

    def __call__(self, what: str, command: list[object], **_: object) -> str:
        self.steps.append(what)
        self.commands.append([str(word) for word in command])
        if self.failing and self.failing in what:
            raise StepFailed(f"{what} failed")
        if "venv" in self.commands[-1]:
            folder = Path(self.commands[-1][-1])
            (folder / dev_environment.SCRIPTS).mkdir(parents=True)
            program("python", folder).touch()
        return ""


@pytest.fixture
def recorder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Recorder:
    recorder = Recorder()
    root = tmp_path / "tree"
    requirements = root / "requirements"
    (root / "datasetbuilder").mkdir(parents=True)
    requirements.mkdir()
    (root / "pyproject.toml").write_text("[project]", encoding="utf-8")
    (root / "datasetbuilder" / "__init__.py").touch()
    for name in ("run", "test", "build", "bootstrap"):
        (requirements / f"{name}.txt").write_text(f"{name}==1 \\\n  --hash=x\n", encoding="utf-8")
    venv = root / ".venv"
    monkeypatch.setattr(dev_environment, "quiet", recorder)
    monkeypatch.setattr(dev_environment, "ROOT", root)
    monkeypatch.setattr(dev_environment, "VENV", venv)
    monkeypatch.setattr(dev_environment, "REQUIREMENTS", requirements)
    monkeypatch.setattr(dev_environment, "_works", lambda python: python.exists())
    monkeypatch.setattr(
        dev_environment, "program", lambda name, venv=venv: venv / dev_environment.SCRIPTS / name
    )
    monkeypatch.delenv(dev_environment.INSTALLER_VARIABLE, raising=False)
    return recorder


FIRST_TIME = [
    "making the environment .venv",
    "fetching the installer uv",
    "installing 1 locked packages (run)",
    "fetching the installer uv",
    "installing the build backend",
    "fetching the installer uv",
    "installing datasetbuilder from this folder",
]


def test_the_first_time_everything_is_installed(recorder: Recorder) -> None:
    ensure("run")
    assert recorder.steps == FIRST_TIME


def test_the_second_time_nothing_is_done(recorder: Recorder) -> None:
    ensure("run")
    recorder.steps.clear()
    ensure("run")
    assert recorder.steps == []


def test_packages_are_installed_by_their_hashes_alone(recorder: Recorder) -> None:
    ensure("run")
    (command,) = [words for words in recorder.commands if words[-1].endswith("run.txt")]
    assert {"--require-hashes", "--no-deps"} <= set(command)


def test_the_tree_is_installed_without_asking_an_index(recorder: Recorder) -> None:
    ensure("run")
    assert recorder.commands[-1][-4:-1] == ["--no-deps", "--no-build-isolation", "--editable"]


def test_a_changed_lock_is_installed_again(recorder: Recorder) -> None:
    ensure("run")
    recorder.steps.clear()
    (dev_environment.REQUIREMENTS / "run.txt").write_text("run==2\nmore==1\n", encoding="utf-8")
    ensure("run")
    assert "installing 2 locked packages (run)" in recorder.steps
    assert "installing datasetbuilder from this folder" not in recorder.steps


def test_a_changed_declaration_installs_the_tree_again(recorder: Recorder) -> None:
    ensure("run")
    recorder.steps.clear()
    (dev_environment.ROOT / "pyproject.toml").write_text("[other]", encoding="utf-8")
    ensure("run")
    assert "installing datasetbuilder from this folder" in recorder.steps
    assert "installing 1 locked packages (run)" not in recorder.steps


def test_an_environment_for_tests_serves_the_demo_too(recorder: Recorder) -> None:
    ensure("test")
    recorder.steps.clear()
    ensure("run")
    assert recorder.steps == []


def test_a_broken_environment_is_made_again_from_the_start(recorder: Recorder) -> None:
    ensure("run")
    recorder.steps.clear()
    dev_environment.program("python").unlink()
    (dev_environment.VENV / "installed.json").unlink()
    (dev_environment.VENV / dev_environment.SCRIPTS).rmdir()
    dev_environment.VENV.rmdir()
    ensure("run")
    assert recorder.steps == FIRST_TIME


def test_an_installation_that_failed_is_tried_again(recorder: Recorder) -> None:
    recorder.failing = "locked packages"
    with pytest.raises(StepFailed, match="installing 1 locked packages"):
        ensure("run")
    recorder.failing = ""
    recorder.steps.clear()
    ensure("run")
    assert "installing 1 locked packages (run)" in recorder.steps


def test_without_uv_pip_goes_on(
    recorder: Recorder, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(dev_environment.INSTALLER_VARIABLE, "uv")
    recorder.failing = "uv"
    ensure("run")
    assert recorder.steps.count("fetching the installer uv") == 1
    assert "going on with pip" in capsys.readouterr().out
    assert recorder.commands[-1][1:4] == ["-m", "pip", "install"]


def test_resolving_without_uv_is_refused(recorder: Recorder) -> None:
    recorder.failing = "uv"
    with pytest.raises(StepFailed, match="needs uv"):
        ensure_uv()


def test_a_python_without_ensurepip_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(StepFailed, match="apt-get install python3-venv"):
        make_venv(tmp_path / "new")


def test_pins_are_read_without_hashes_and_remarks(tmp_path: Path) -> None:
    file = tmp_path / "run.txt"
    file.write_text(
        "# made\na==1 ; x \\\n    --hash=sha256:0\n    # via b\nb==2\n", encoding="utf-8"
    )
    assert pins(file) == ["a==1 ; x", "b==2"]


def test_a_lock_is_named_by_its_file(recorder: Recorder) -> None:
    install(*locked("build"), what="installing")
    assert recorder.commands[-1][-1] == str(dev_environment.REQUIREMENTS / "build.txt")
