from pathlib import Path

import dev_browser
import pytest
from dev_steps import StepFailed


def script(folder: Path, name: str, *, code: int = 0, says: str = "Chromium 1") -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / name
    file.write_text(f"#!/bin/sh\necho {says}\nexit {code}\n", encoding="utf-8")
    file.chmod(0o755)
    return file


@pytest.fixture(autouse=True)
def _no_usual_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dev_browser, "PLACES", ())


def test_the_named_browser_comes_first(tmp_path: Path) -> None:
    named = script(tmp_path, "mine")
    script(tmp_path, "chromium")
    found = dev_browser.find_chromium({dev_browser.VARIABLE: str(named), "PATH": str(tmp_path)})
    assert found == named


def test_a_named_browser_that_does_not_start_is_told(tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="names nowhere, which does not start"):
        dev_browser.find_chromium({dev_browser.VARIABLE: "nowhere", "PATH": str(tmp_path)})


@pytest.mark.parametrize("name", ["chromium", "chromium-browser", "google-chrome"])
def test_a_browser_is_found_under_its_usual_names(tmp_path: Path, name: str) -> None:
    assert dev_browser.find_chromium({"PATH": str(tmp_path)}) is None
    browser = script(tmp_path, name)
    assert dev_browser.find_chromium({"PATH": str(tmp_path)}) == browser


def test_a_script_that_only_gives_advice_is_passed_over(tmp_path: Path) -> None:
    script(tmp_path, "chromium-browser", code=1, says="use snap")
    chrome = script(tmp_path, "google-chrome")
    assert dev_browser.find_chromium({"PATH": str(tmp_path)}) == chrome


def test_without_rights_the_way_out_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(dev_browser.VARIABLE, raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    with pytest.raises(StepFailed, match="DATASETBUILDER_CHROMIUM=/path/to/chrome make test"):
        dev_browser.ensure_chromium()


def test_with_rights_the_system_installs_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "bin"
    manager = script(system, "apt-get")
    manager.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\n'
        f'[ "$1" = update ] || {{ printf "#!/bin/sh\\n" > {system}/chromium; '
        f"/bin/chmod 755 {system}/chromium; }}\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PATH", f"{system}:/usr/bin:/bin")
    monkeypatch.delenv(dev_browser.VARIABLE, raising=False)
    monkeypatch.setattr(dev_browser, "NAMES", ("chromium",))
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr(dev_browser, "find_chromium", _only_in(system))
    assert dev_browser.ensure_chromium() == system / "chromium"
    asked = (tmp_path / "asked").read_text(encoding="utf-8").splitlines()
    assert asked[0] == "update"
    assert "install" in asked[1]


def _only_in(folder: Path):
    real = dev_browser.find_chromium
    return lambda: real({"PATH": str(folder)})


def test_an_installer_that_fails_leads_to_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script(tmp_path, "apt-get", code=100, says="no network")
    (tmp_path / "env").symlink_to("/usr/bin/env")
    (tmp_path / "sh").symlink_to("/bin/sh")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(dev_browser.VARIABLE, raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(StepFailed, match="no network") as failure:
        dev_browser.ensure_chromium()
    assert dev_browser.HOW in str(failure.value)
