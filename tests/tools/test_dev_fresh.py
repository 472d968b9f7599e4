import http.server
import subprocess
import threading
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import dev_fresh
import pytest
from dev_steps import StepFailed


class Gate(http.server.BaseHTTPRequestHandler):
    """Lets in whoever brings the token, and whoever brings its cookie afterwards."""

    guarded = True

    def do_GET(self) -> None:
        if "token=once" in self.path:
            self.send_response(HTTPStatus.SEE_OTHER)
            self.send_header("Set-Cookie", "session=yes; Path=/")
            self.send_header("Location", "/")
            self.end_headers()
            return
        known = not self.guarded or "session=yes" in self.headers.get("Cookie", "")
        self.send_response(HTTPStatus.OK if known else HTTPStatus.UNAUTHORIZED)
        self.send_header("Content-Type", "text/html")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Gate, "guarded", True)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gate) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_a_page_that_opens_by_its_token_is_taken(
    address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    dev_fresh.open_page(f"{address}?token=once")
    said = capsys.readouterr().out
    assert "the printed address answers 200, text/html" in said
    assert "without the token it answers 401" in said


def test_a_wrong_token_is_not_enough(address: str) -> None:
    with pytest.raises(StepFailed, match="the printed address does not answer: HTTP Error 401"):
        dev_fresh.open_page(f"{address}?token=twice")


def test_a_page_that_needs_no_token_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gate, "guarded", False)
    with pytest.raises(StepFailed, match="opens without its token"):
        dev_fresh.open_page(f"{address}?token=once")


def test_a_newcomers_path_holds_python_make_and_git_alone(tmp_path: Path) -> None:
    environment = dev_fresh.bare_environment(tmp_path)
    programs = {file.name for file in Path(environment["PATH"]).iterdir()}
    assert {"python3", "make", "git", "sh"} <= programs
    assert not programs & {"uv", "pip", "node", "chromium", "ruff"}


def test_a_newcomers_python_is_the_real_one(tmp_path: Path) -> None:
    environment = dev_fresh.bare_environment(tmp_path)
    asked = ["sh", "-c", "python3 -c 'import sys, venv; print(sys.prefix == sys.base_prefix)'"]
    assert subprocess.check_output(asked, env=environment, text=True) == "True\n"


def test_settings_of_the_machine_stay_behind_except_for_its_network(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATASETBUILDER_WORKSPACE", "/somewhere")
    monkeypatch.setenv("https_proxy", "http://proxy:3128")
    environment = dev_fresh.bare_environment(tmp_path)
    assert "DATASETBUILDER_WORKSPACE" not in environment
    assert environment["https_proxy"] == "http://proxy:3128"
    assert environment["HOME"] == str(tmp_path / "home")


def test_a_demo_that_ends_early_is_told_with_its_exit_code(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("demo:\n\t@echo no luck; exit 7\n", encoding="utf-8")
    environment = dev_fresh.bare_environment(tmp_path)
    with (
        pytest.raises(StepFailed, match=r"ended .* without printing an address"),
        dev_fresh.running_demo(tmp_path, environment),
    ):
        pass


def test_the_printed_address_is_read_and_the_demo_stopped(tmp_path: Path) -> None:
    (tmp_path / "Makefile").write_text("demo:\n\t@exec python3 serve.py\n", encoding="utf-8")
    (tmp_path / "serve.py").write_text(
        "import threading\n"
        "try:\n"
        "    print('Open http://127.0.0.1:8050/?token=abc', flush=True)\n"
        "    threading.Event().wait()\n"
        "except KeyboardInterrupt:\n"
        "    open('stopped', 'w').close()\n",
        encoding="utf-8",
    )
    environment = dev_fresh.bare_environment(tmp_path)
    with dev_fresh.running_demo(tmp_path, environment) as address:
        assert address == "http://127.0.0.1:8050/?token=abc"
    assert (tmp_path / "stopped").exists()
