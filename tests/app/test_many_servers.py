"""Several servers of one database: what one is told, the others know."""

import json
import socket
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.request import HTTPCookieProcessor, Request, build_opener

import pytest

from datasetbuilder.api import open_workspace
from datasetbuilder.app.security.sessions import Sessions
from datasetbuilder.model import Image
from tests.app.requests import OPERATIONS, box_operation
from tests.browser.serving import Server
from tests.postgresql import PostgresqlServer

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def address(postgresql_server: PostgresqlServer, tmp_path: Path) -> str:
    """A database with a project of one image."""
    address = postgresql_server.new_database()
    with open_workspace(address, files=tmp_path / "files") as workspace:
        project = workspace.create_project("Cats", labels=["cat"])
        rows = [Image(0, "one.png", 100, 80, uri="file:/nowhere/one.png", sha256="1" * 64)]
        workspace.store.add_images(project.info.id, rows, author="local")
    return address


@pytest.fixture
def servers(address: str, tmp_path: Path):
    """Two servers in processes of their own."""
    made = [
        Server(tmp_path / "files", "--database", address, "--port", str(free_port()))
        for _ in range(2)
    ]
    try:
        for server in made:
            server.start()
        yield made
    finally:
        for server in made:
            server.stop()


class Person:
    """Somebody with a browser's cookies, who may speak to any of the servers."""

    def __init__(self) -> None:
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, address: str) -> bytes:
        return self._opener.open(address, timeout=30).read()

    def draw(self, server: Server, client: str, **box: Any) -> dict[str, Any]:
        body = {"operations": [box_operation(1, **box)], "client": client, "since": 0}
        request = Request(
            server.origin + OPERATIONS,
            json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )
        return json.load(self._opener.open(request, timeout=30))

    def seen(self, server: Server) -> list[str]:
        drawn = json.loads(
            self.get(server.origin + OPERATIONS.replace("operations", "annotations"))
        )
        return [one["uid"] for one in drawn["annotations"]]


def test_what_is_drawn_at_one_server_is_seen_at_the_other_also_after_one_was_killed(servers):
    one, two = servers
    ada = Person()
    # The token that one server printed opens the other, and one login is good for both.
    ada.get(one.take_address().replace(one.origin, two.origin))

    first = ada.draw(one, "tab-1")
    second = ada.draw(two, "tab-2")
    assert [answer["results"][0]["outcome"] for answer in (first, second)] == ["accepted"] * 2
    assert (first["seq"], second["seq"]) == (3, 4)
    told = [other["target"]["key"] for other in second["others"]]
    uids = [first["results"][0]["current"]["uid"], second["results"][0]["current"]["uid"]]
    assert uids[0] in told
    assert ada.seen(one) == ada.seen(two) == uids

    one.kill()
    third = ada.draw(two, "tab-2")
    assert third["seq"] == 5
    assert len(ada.seen(two)) == 3
    one.start()
    assert len(ada.seen(one)) == 3


def test_servers_that_start_at_once_agree_on_the_cookie(address, tmp_path):
    with (
        open_workspace(address, files=tmp_path / "files") as one,
        open_workspace(address, files=tmp_path / "files") as two,
    ):
        assert Sessions(one.store).cookie == Sessions(two.store).cookie


def test_a_token_opens_one_session_at_whichever_server(address, tmp_path):
    with (
        open_workspace(address, files=tmp_path / "files") as one,
        open_workspace(address, files=tmp_path / "files") as two,
    ):
        here, there = Sessions(one.store), Sessions(two.store)
        token = here.one_time_token()
        secret = there.exchange(token)
        assert here.exchange(token) is None
        assert here.user(secret) == there.user(secret) == "local"
        here.end(secret or "")
        assert there.user(secret) is None
