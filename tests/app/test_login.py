from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from datasetbuilder.api import open_workspace
from datasetbuilder.app.security.login import safe_path
from datasetbuilder.app.security.sessions import Sessions
from datasetbuilder.app.services import services_of
from datasetbuilder.errors import StoreUnavailable


def test_a_token_becomes_a_cookie_and_the_address_becomes_clean(services, stranger):
    answer = stranger.get(f"/login?token={services.sessions.one_time_token()}")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(services.sessions.cookie + "=")
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie
    assert "Path=/" in cookie
    assert stranger.get("/api/v1/projects").status_code == 200


def test_a_token_opens_one_session_only(app, services, stranger):
    token = services.sessions.one_time_token()
    stranger.get(f"/login?token={token}")
    second = app.server.test_client()
    answer = second.get(f"/login?token={token}")
    assert answer.status_code == 401
    assert "Set-Cookie" not in answer.headers
    assert second.get("/api/v1/projects").status_code == 401


@pytest.mark.parametrize("query", ["", "?token=", "?token=guess", "?token=" + "x" * 10_000])
def test_a_wrong_token_opens_nothing(stranger, query):
    answer = stranger.get("/login" + query)
    assert answer.status_code == 401
    assert "Open the printed address" in answer.text
    assert "Set-Cookie" not in answer.headers


def test_who_is_in_already_walks_through(client):
    answer = client.get("/login?token=used&next=/p/cats/images")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/p/cats/images")


def test_the_page_asked_for_comes_after_the_login(services, stranger):
    asked = stranger.get("/p/cats/images?state=done&x=a b")
    assert asked.headers["Location"].startswith("/login?next=/p/cats/images%3Fstate%3Ddone")
    target = asked.headers["Location"].removeprefix("/login?next=")
    token = services.sessions.one_time_token()
    answer = stranger.get(f"/login?token={token}&next={target}")
    assert answer.headers["Location"] == "/p/cats/images?state=done&x=a%20b"


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "evil",
        "",
        "/\t/evil.example",
        "/a\r\nSet-Cookie: x=y",
        " //evil.example",
    ],
)
def test_the_login_leads_to_our_own_pages_only(target):
    assert safe_path(target) == "/"


@pytest.mark.parametrize("target", ["/", "/p/cats/images", "/p/cats/images?state=done#x"])
def test_our_own_paths_are_kept(target):
    assert safe_path(target) == target


def test_the_watcher_of_the_terminal_is_told_of_each_login(make_app):
    told = []
    app = make_app(on_login=lambda: told.append("login"))
    visitor, token = app.server.test_client(), services_of(app).sessions.one_time_token()
    visitor.get("/login?token=wrong")
    visitor.get(f"/login?token={token}")
    visitor.get(f"/login?token={token}")
    assert told == ["login"]


def test_a_session_outlives_the_server(make_app, client, services):
    secret = client.get_cookie(services.sessions.cookie).value
    again = make_app()
    visitor = again.server.test_client()
    visitor.set_cookie(services_of(again).sessions.cookie, secret)
    assert visitor.get("/api/v1/projects").status_code == 200


def test_a_token_dies_with_the_server(make_app, services):
    token = services.sessions.one_time_token()
    again = make_app()
    assert again.server.test_client().get(f"/login?token={token}").status_code == 401


def test_a_token_is_not_used_up_while_the_store_cannot_keep_a_session(
    services, stranger, monkeypatch
):
    token = services.sessions.one_time_token()

    def full(*_arguments):
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("datasetbuilder.projects.sessions.add_session", full)
        assert stranger.get(f"/login?token={token}").status_code == 503
    assert stranger.get(f"/login?token={token}").status_code == 303


def test_an_unused_token_is_taken_back_when_the_server_ends(services, stranger):
    token = services.sessions.one_time_token()
    services.sessions.close()
    assert stranger.get(f"/login?token={token}").status_code == 401


def test_a_guessed_token_writes_nothing(workspace, stranger, monkeypatch):
    monkeypatch.setattr(workspace.store._writer, "submit", None)
    assert stranger.get("/login?token=guess").status_code == 401


def test_the_store_never_sees_the_secret(workspace, client, services):
    secret = client.get_cookie(services.sessions.cookie).value
    for path in workspace.root.glob("workspace.db*"):
        assert secret.encode() not in path.read_bytes()


def test_a_session_ends_when_its_time_is_over(workspace, services, stranger):
    yesterday = datetime.now(UTC) - timedelta(days=1)
    workspace.store.add_session(sha256(b"old").hexdigest(), "local", yesterday)
    stranger.set_cookie(services.sessions.cookie, "old")
    assert stranger.get("/api/v1/projects").status_code == 401


def test_each_workspace_has_a_cookie_of_its_own(tmp_path, services):
    with open_workspace(tmp_path / "other") as other:
        assert Sessions(other.store).cookie != services.sessions.cookie
        assert Sessions(other.store).cookie == Sessions(other.store).cookie


def test_health_is_open_and_says_nothing(stranger):
    answer = stranger.get("/health")
    assert (answer.status_code, answer.text) == (200, "OK")
