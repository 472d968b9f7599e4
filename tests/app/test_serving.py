"""The real server on a real port: its address, its port, its start and its end."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from datasetbuilder.api import open_workspace
from datasetbuilder.app import serving
from datasetbuilder.app.serving import Server, has_screen
from datasetbuilder.errors import UsageError, WorkspaceError

WAIT = 60
ADDRESS = re.compile(r"http://\S+")


def browser() -> urllib.request.OpenerDirector:
    return urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPCookieProcessor(CookieJar())
    )


def get(visitor: urllib.request.OpenerDirector, address: str):
    request = urllib.request.Request(address, headers={"Connection": "close"})
    with visitor.open(request, timeout=WAIT) as answer:
        return answer.url, answer.headers, answer.read()


@pytest.fixture
def server(workspace):
    made = Server(workspace)
    thread = threading.Thread(target=made.run, daemon=True)
    thread.start()
    yield made
    made.stop()
    thread.join(WAIT)
    assert not thread.is_alive()
    made.close()


def test_the_printed_address_opens_the_app_once(server):
    visitor, address = browser(), server.fresh_address()
    url, headers, body = get(visitor, address)
    assert url == server.origin + "/"
    assert b"datasetbuilder" in body
    assert get(visitor, f"{server.origin}/api/v1/projects")[2] == b'{"projects":[]}'
    with pytest.raises(urllib.error.HTTPError, match="401"):
        get(browser(), address)
    assert headers["Server"] is None


def test_the_server_answers_to_its_own_port_alone(server):
    wrong = urllib.request.Request(
        f"{server.origin}/health", headers={"Host": "127.0.0.1:1", "Connection": "close"}
    )
    with pytest.raises(urllib.error.HTTPError, match="400"):
        browser().open(wrong, timeout=WAIT)


def test_a_workspace_keeps_its_port(workspace):
    ports = []
    for _ in range(2):
        server = Server(workspace)
        ports.append(server.port)
        server.close()
    assert ports[0] == ports[1]


def test_a_port_given_once_becomes_the_workspaces_own(workspace, free_port):
    Server(workspace, port=free_port).close()
    server = Server(workspace)
    server.close()
    assert server.port == free_port


def test_a_port_in_use_is_told_and_the_old_one_is_kept(workspace, free_port):
    Server(workspace, port=free_port).close()
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(WorkspaceError, match="in use by another program"):
            Server(workspace, port=other.getsockname()[1])
    assert workspace.store.workspace_setting("port") == free_port


def test_two_workspaces_find_two_ports(tmp_path, workspace):
    with open_workspace(tmp_path / "other") as other:
        first, second = Server(workspace), Server(other)
        assert first.port != second.port
        first.close()
        second.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "example.org", "::"])
def test_only_loopback_is_served(workspace, host):
    with pytest.raises(UsageError, match="accounts"):
        Server(workspace, host=host)


def test_without_a_screen_no_browser_is_opened(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert not has_screen()


def test_serving_says_where_and_offers_the_next_address_after_a_login(workspace, monkeypatch):
    said: list[str] = []

    def visit(server: Server) -> None:
        get_quietly(server, ADDRESS.findall(said[1])[0])

    monkeypatch.setattr(Server, "run", visit)
    monkeypatch.setattr(Server, "warm", lambda _self: None)
    monkeypatch.setattr(signal, "signal", lambda *_args: None)
    serving.serve(workspace, open_browser=False, say=said.append)
    assert said[0].endswith(str(workspace.root))
    first, another = (ADDRESS.findall(said[index])[0] for index in (1, 3))
    assert said[3].startswith("For another browser: ")
    assert first != another


def get_quietly(server: Server, address: str) -> None:
    """Use an address without a socket."""
    server.app.server.test_client().get(
        address.removeprefix(server.origin), headers={"Host": server.origin[7:]}
    )


# --- the command ----------------------------------------------------------------------------------


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def started(folder: Path) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-u", "-m", "datasetbuilder", "serve", "--no-browser"]
    variables = {**os.environ, "DASH_DEBUG": "true", "DASH_MCP_ENABLED": "true", "HOST": "0.0.0.0"}
    process = subprocess.Popen(
        [*command, "--workspace", str(folder)], stdout=subprocess.PIPE, text=True, env=variables
    )
    assert process.stdout is not None
    for line in process.stdout:
        found = ADDRESS.findall(line)
        if found:
            return process, found[0]
    raise AssertionError("the server said no address")


def ended(process: subprocess.Popen[str], how: signal.Signals) -> int:
    process.send_signal(how)
    code = process.wait(WAIT)
    assert process.stdout is not None
    process.stdout.close()
    return code


@pytest.mark.slow
def test_a_killed_server_comes_back_under_the_same_origin_with_the_same_sessions(tmp_path):
    first, address = started(tmp_path)
    visitor = browser()
    get(visitor, address)
    ended(first, signal.SIGKILL)
    second, again = started(tmp_path)
    origin = address.partition("/login")[0]
    assert again.startswith(origin + "/login?token=")
    assert get(visitor, f"{origin}/api/v1/projects")[2] == b'{"projects":[]}'
    assert ended(second, signal.SIGTERM) == 0
