"""Passwords, sessions, invites, tokens and proxies: who comes in, and who no longer does."""

import logging
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from datasetbuilder.app.security.door import Door, make_invite, make_token
from datasetbuilder.app.security.doors import Doors, Provider, doors_from_options
from datasetbuilder.app.security.passwords import Passwords
from datasetbuilder.app.security.rates import Rates
from datasetbuilder.app.services import services_of
from datasetbuilder.errors import DataError, UsageError
from datasetbuilder.projects.people import RESERVED
from tests.app.people import PASSWORD, browser_of, enrol
from tests.app.requests import logged_in

SESSION = "/api/v1/session"
FORM = {"content_type": "application/x-www-form-urlencoded"}


@pytest.fixture(scope="session")
def password_hash() -> str:
    """Made once: a hash takes a third of a second."""
    return Passwords().hash(PASSWORD)


@pytest.fixture
def ada(workspace, project, password_hash) -> str:
    enrol(workspace, "boss", admin=True)
    workspace.store.people.add("ada", password_hash=password_hash, actor="local")
    workspace.store.people.set_role("ada", "cats", "annotator", actor="local")
    return "ada"


def log_in(browser, name="ada", password=PASSWORD, **options):
    return browser.post(SESSION, json={"name": name, "password": password}, **options)


# --- passwords ------------------------------------------------------------------------------------


def test_there_is_no_account_at_first_and_no_password_that_fits(stranger, services):
    assert services.door.people.members() == []
    for name, password in (("admin", "admin"), ("local", ""), ("", ""), ("local", "local")):
        assert log_in(stranger, name, password).status_code == 401


def test_a_hash_is_argon2id(password_hash):
    assert password_hash.startswith("$argon2id$v=19$m=65536,")


@pytest.mark.parametrize("password", ["", "short", "x" * 501])
def test_a_password_has_a_length(password):
    with pytest.raises(DataError, match="10 to 500 characters"):
        Passwords().hash(password)


def test_the_api_logs_in_without_leaving_the_page(ada, stranger):
    answer = log_in(stranger)
    assert (answer.status_code, answer.json) == (200, {"user": "ada"})
    me = stranger.get(SESSION).json
    assert me == {"user": "ada", "admin": False, "roles": {"cats": "annotator"}}


def test_the_page_logs_in_without_a_script_and_leads_where_one_wanted(ada, stranger):
    page = stranger.get("/login?next=/p/cats/images")
    assert (page.status_code, "<script" in page.text) == (401, False)
    body = {"name": "Ada", "password": PASSWORD, "next": "/p/cats/images"}
    answer = stranger.post("/login", data=body)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/p/cats/images")
    assert stranger.get("/api/v1/projects/cats").status_code == 200


@pytest.mark.parametrize("target", ["//e", "/\\e", "https:e", "javascript:alert(1)", "https://e"])
def test_a_login_leads_to_our_own_pages_alone(ada, stranger, target):
    answer = stranger.post("/login", data={"name": "ada", "password": PASSWORD, "next": target})
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("eve", PASSWORD), ("", "")])
def test_a_wrong_name_and_a_wrong_password_look_the_same(ada, stranger, name, password):
    answer = log_in(stranger, name, password)
    assert (answer.status_code, "Set-Cookie" in answer.headers) == (401, False)
    assert answer.json == {"error": "No account has this name and password."}


def test_a_name_on_the_login_page_is_text(ada, stranger):
    answer = stranger.post("/login", data={"name": '"><script>alert(1)</script>', "password": "x"})
    assert "<script" not in answer.text
    assert "&lt;script" in answer.text


def test_twenty_wrong_passwords_are_not_twenty_tries(ada, services, stranger, monkeypatch):
    looked = []
    monkeypatch.setattr(services.door.passwords, "fits", lambda kept, word: looked.append(word))
    answers = [log_in(stranger, password=f"guess {k}") for k in range(20)]
    assert [answer.status_code for answer in answers] == [401] * 5 + [429] * 15
    assert len(looked) == 5
    assert int(answers[-1].headers["Retry-After"]) >= 1
    page = stranger.post("/login", data={"name": "ada", "password": PASSWORD})
    assert (page.status_code, "Too many attempts" in page.text) == (429, True)


def test_an_address_that_tries_many_names_waits_too(ada, services, stranger, monkeypatch):
    monkeypatch.setattr(services.door.passwords, "fits", lambda kept, word: False)
    codes = [log_in(stranger, name=f"name{k}").status_code for k in range(32)]
    assert codes == [401] * 30 + [429] * 2
    elsewhere = log_in(stranger, "eve", environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 401


# --- sessions -------------------------------------------------------------------------------------


def test_a_login_gives_a_new_session_and_ends_the_one_before(ada, services, stranger):
    old = services.sessions.open("ada")
    stranger.set_cookie(services.sessions.cookie, old)
    log_in(stranger)
    new = stranger.get_cookie(services.sessions.cookie).value
    assert new != old
    assert services.sessions.user(old) is None
    assert services.sessions.user(new) == "ada"


def test_an_invented_session_id_is_never_taken_over(ada, services, stranger):
    stranger.set_cookie(services.sessions.cookie, "chosen by somebody else")
    log_in(stranger)
    assert stranger.get_cookie(services.sessions.cookie).value != "chosen by somebody else"


def test_logging_out_ends_the_session_and_not_only_the_cookie(ada, app, services):
    browser = browser_of(app, "ada")
    secret = browser.get_cookie(services.sessions.cookie).value
    assert browser.delete(SESSION).status_code == 200
    assert services.sessions.user(secret) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda boss: boss.put("/api/v1/projects/cats/members/ada", json={"role": "viewer"}),
        lambda boss: boss.delete("/api/v1/projects/cats/members/ada"),
        lambda boss: boss.patch("/api/v1/users/ada", json={"disabled": True}),
        lambda boss: boss.patch("/api/v1/users/ada", json={"admin": True}),
        lambda boss: boss.delete("/api/v1/users/ada/sessions"),
    ],
)
def test_a_change_of_rights_ends_every_login(ada, app, change):
    browser = browser_of(app, "ada")
    assert browser.get("/api/v1/projects/cats").status_code == 200
    assert change(browser_of(app, "boss")).status_code == 200
    assert browser.get("/api/v1/projects/cats").status_code == 401


def test_a_new_password_needs_the_old_one_and_ends_the_other_logins(ada, app, services):
    here, elsewhere = browser_of(app, "ada"), browser_of(app, "ada")
    address = "/api/v1/session/password"
    wrong = here.post(address, json={"old": "wrong", "new": "another password"})
    assert wrong.status_code == 403
    right = here.post(address, json={"old": PASSWORD, "new": "another password"})
    assert right.status_code == 200
    assert here.get(SESSION).status_code == 200
    assert elsewhere.get(SESSION).status_code == 401
    assert log_in(app.server.test_client(), password="another password").status_code == 200


def test_the_store_holds_neither_password_nor_session_nor_token_nor_invite(
    ada, app, workspace, stranger
):
    log_in(stranger)
    people = workspace.store.people
    token = make_token(
        people, actor="ada", name="x", member="ada", project=None, scope="read", days=1
    )
    invite = make_invite(people, actor="boss")
    cookie = stranger.get_cookie(services_of(app).sessions.cookie).value
    for path in workspace.root.rglob("*"):
        held = path.read_bytes() if path.is_file() else b""
        for secret in (PASSWORD, token, invite, cookie):
            assert secret.encode() not in held, path


# --- invites --------------------------------------------------------------------------------------


def test_an_invite_makes_a_member_who_is_in_at_once(ada, app, stranger):
    boss = browser_of(app, "boss")
    body = {"project": "cats", "role": "annotator"}
    made = boss.post("/api/v1/invites", json=body)
    address = made.json["address"]
    assert address.startswith("http://localhost/login/invite?token=")
    path = address.removeprefix("http://localhost")
    page = stranger.get(path)
    assert (page.status_code, "Choose a password" in page.text) == (200, True)
    token = path.partition("token=")[2]
    short = stranger.post("/login/invite", data={"token": token, "name": "Grace", "password": "x"})
    assert (short.status_code, "10 to 500" in short.text) == (422, True)
    body = {"token": token, "name": "Grace", "password": PASSWORD}
    assert stranger.post("/login/invite", data=body).status_code == 303
    assert stranger.get(SESSION).json["roles"] == {"cats": "annotator"}
    again = app.server.test_client().post("/login/invite", data={**body, "name": "eve"})
    assert (again.status_code, "opens nothing" in again.text) == (404, True)


def test_an_invite_is_over_after_seven_days(ada, workspace, stranger, monkeypatch):
    make_invite(workspace.store.people, actor="boss")
    (waiting,) = workspace.store.people.invites()
    days = (waiting.expires_at - datetime.now(UTC)) / timedelta(days=1)
    assert days == pytest.approx(7, abs=0.01)
    secret = make_invite(workspace.store.people, actor="boss", days=0)
    assert stranger.get(f"/login/invite?token={secret}").status_code == 404


def test_nobody_registers_without_an_invite(ada, stranger, workspace):
    for token in ("", "guess", "' or 1=1 --", "x" * 5000):
        body = {"token": token, "name": "eve", "password": PASSWORD}
        assert stranger.post("/login/invite", data=body).status_code == 404
    assert [one.name for one in workspace.store.people.members()] == ["ada", "boss"]


# --- tokens ---------------------------------------------------------------------------------------


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


@pytest.mark.parametrize(
    ("scope", "read", "annotate", "export", "manage"),
    [
        ("read", 200, 403, 403, 403),
        ("annotate", 200, 200, 403, 403),
        ("export", 200, 403, 200, 403),
        ("admin", 200, 200, 200, 200),
    ],
)
def test_a_token_allows_what_its_scope_says(
    ada, workspace, stranger, scope, read, annotate, export, manage
):
    secret = make_token(
        workspace.store.people,
        actor="boss",
        name="script",
        member="boss",
        project="cats",
        scope=scope,
        days=1,
    )
    headers = bearer(secret)
    skipped = {
        "client": "script",
        "since": 0,
        "operations": [
            {
                "op_id": "op-1",
                "kind": "change",
                "target": {"type": "image_state", "key": "1", "image": 1},
                "payload": {"state": "skipped"},
                "base_version": 1,
            }
        ],
    }
    here = "/api/v1/projects/cats"
    codes = [
        stranger.get(here, headers=headers).status_code,
        stranger.post(f"{here}/images/1/operations", json=skipped, headers=headers).status_code,
        stranger.get(f"{here}/exports", headers=headers).status_code,
        stranger.post(
            f"{here}/operations",
            json={"client": "s", "since": 0, "operations": []},
            headers=headers,
        ).status_code,
    ]
    assert codes == [read, annotate, export, manage]


def test_a_token_never_allows_more_than_its_owner_may(ada, workspace, app, stranger):
    made = browser_of(app, "ada").post(
        "/api/v1/tokens", json={"name": "script", "scope": "admin", "project": "cats"}
    )
    assert made.status_code == 403
    secret = make_token(
        workspace.store.people,
        actor="ada",
        name="x",
        member="ada",
        project="cats",
        scope="admin",
        days=1,
    )
    assert stranger.get("/api/v1/projects/cats/exports", headers=bearer(secret)).status_code == 403


def test_a_token_of_one_project_sees_no_other(ada, workspace, stranger):
    workspace.create_project("Dogs")
    secret = make_token(
        workspace.store.people,
        actor="boss",
        name="x",
        member="boss",
        project="cats",
        scope="admin",
        days=1,
    )
    listed = stranger.get("/api/v1/projects", headers=bearer(secret)).json["projects"]
    assert [one["slug"] for one in listed] == ["cats"]
    there = stranger.get("/api/v1/projects/dogs", headers=bearer(secret))
    assert (there.status_code, there.json["error"]) == (404, "There is no project 'dogs'.")
    made = stranger.post("/api/v1/projects", json={"name": "New"}, headers=bearer(secret))
    assert made.status_code == 403


@pytest.mark.parametrize(
    "words", ["Bearer", "Bearer wrong", "Basic YTpi", "x", "Bearer " + "y" * 9000]
)
def test_a_wrong_token_is_refused_even_beside_a_good_session(ada, app, words):
    browser = browser_of(app, "ada")
    assert browser.get("/api/v1/projects", headers={"Authorization": words}).status_code == 401


def test_a_token_is_shown_once_listed_without_its_secret_and_revoked(ada, app, stranger):
    browser = browser_of(app, "ada")
    body = {"name": "script", "scope": "annotate", "project": "cats", "days": 7}
    secret = browser.post("/api/v1/tokens", json=body).json["token"]
    assert stranger.get("/api/v1/projects/cats", headers=bearer(secret)).status_code == 200
    (listed,) = browser.get("/api/v1/tokens").json["tokens"]
    assert secret not in str(listed)
    assert listed["key"] == sha256(secret.encode()).hexdigest()[:12]
    browser.delete(f"/api/v1/tokens/{listed['key']}")
    assert stranger.get("/api/v1/projects/cats", headers=bearer(secret)).status_code == 401


def test_one_sees_and_revokes_only_ones_own_tokens(ada, app, workspace):
    make_token(
        workspace.store.people, actor="boss", name="x", member="boss", project=None, scope="read",
        days=1,
    )  # fmt: skip
    (key,) = [one.key for one in workspace.store.people.tokens()]
    browser = browser_of(app, "ada")
    assert browser.get("/api/v1/tokens").json["tokens"] == []
    assert browser.delete(f"/api/v1/tokens/{key}").status_code == 404


def test_a_token_makes_neither_a_token_nor_a_member(ada, workspace, stranger):
    secret = make_token(
        workspace.store.people, actor="boss", name="x", member="boss", project=None, scope="admin",
        days=1,
    )  # fmt: skip
    for method, address in (
        ("POST", "/api/v1/tokens"),
        ("POST", "/api/v1/invites"),
        ("PATCH", "/api/v1/users/ada"),
        ("PUT", "/api/v1/projects/cats/members/ada"),
        ("GET", "/api/v1/audit"),
    ):
        answer = stranger.open(address, method=method, json={}, headers=bearer(secret))
        assert answer.status_code == 403, address


def test_who_did_what_to_whose_rights_is_written_down(ada, app):
    boss = browser_of(app, "boss")
    boss.put("/api/v1/projects/cats/members/ada", json={"role": "reviewer"})
    line = boss.get("/api/v1/audit").json["lines"][0]
    assert (line["actor"], line["action"], line["subject"]) == ("boss", "role", "ada")
    assert line["detail"] == "cats: reviewer"


def test_nobody_raises_their_own_rights(ada, app, workspace):
    enrol(workspace, "lead", cats="admin")
    lead = browser_of(app, "lead")
    assert lead.put("/api/v1/projects/cats/members/lead", json={"role": "admin"}).status_code == 403
    assert lead.patch("/api/v1/users/lead", json={"admin": True}).status_code == 403
    assert (
        browser_of(app, "boss").patch("/api/v1/users/boss", json={"admin": False}).status_code
        == 403
    )


# --- the network ----------------------------------------------------------------------------------

BEHIND = {"proxies": ["127.0.0.1"], "public_url": "https://label.example.org"}


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::"])
@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "needs accounts"),
        ({"has_accounts": True}, "needs TLS"),
        ({"has_accounts": True, "proxies": ["127.0.0.1"]}, "needs TLS"),
        (BEHIND, "needs accounts"),
    ],
)
def test_others_are_served_with_accounts_and_tls_alone(host, options, words):
    with pytest.raises(UsageError, match=words):
        doors_from_options(host=host, **options)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"proxies": ["10.0.0.0/8"]}, "full address"),
        ({"proxies": ["proxy.example.org"]}, "full address"),
        ({"public_url": "http://label.example.org"}, "give https://"),
        ({"public_url": "https://user:pass@label.example.org"}, "give https://"),
        ({"public_url": "https://label.example.org/labels"}, "give https://"),
    ],
)
def test_a_proxy_is_one_address_and_the_public_address_is_https(changes, words):
    with pytest.raises(UsageError, match=words):
        doors_from_options(host="127.0.0.1", has_accounts=True, **{**BEHIND, **changes})


def test_alone_there_is_no_proxy_to_believe():
    with pytest.raises(UsageError, match="behind a proxy"):
        doors_from_options(user_header="X-User")
    with pytest.raises(UsageError, match="behind a proxy"):
        doors_from_options(provider=Provider("https://id", "client", "secret"))
    assert doors_from_options(host="localhost") == Doors()


@pytest.fixture
def proxied(make_app, ada):
    doors = doors_from_options(has_accounts=True, user_header="X-Remote-User", **BEHIND)
    return make_app(doors=doors, hosts=[doors.public_host])


def through(proxied, address, *, peer="127.0.0.1", method="GET", **headers):
    sent = {
        "Host": "label.example.org",
        "X-Forwarded-For": "203.0.113.7",
        "X-Forwarded-Proto": "https",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    return proxied.server.test_client().open(
        address, method=method, headers=sent, environ_base={"REMOTE_ADDR": peer}, json={}
    )


def test_the_proxy_names_the_person(proxied):
    answer = through(proxied, SESSION, X_Remote_User="ada")
    assert answer.json["user"] == "ada"


@pytest.mark.parametrize("peer", ["10.0.0.1", "::1", "::ffff:127.0.0.1", "127.0.0.2", ""])
def test_anybody_else_is_not_believed_and_it_is_logged(proxied, peer, caplog):
    with caplog.at_level(logging.WARNING, "datasetbuilder.app"):
        answer = through(proxied, SESSION, peer=peer, X_Remote_User="boss")
    assert answer.status_code == 400
    assert "no listed proxy" in caplog.text


@pytest.mark.parametrize("name", ["ada,boss", "ada, ada", "", " ", "<x>", "local"])
def test_a_header_that_names_nobody_or_two_is_refused(proxied, name):
    assert through(proxied, SESSION, X_Remote_User=name).status_code == 400


def test_a_person_whom_the_proxy_knows_and_we_do_not_stays_outside(proxied):
    assert through(proxied, SESSION, X_Remote_User="eve").status_code == 401


@pytest.mark.parametrize(
    "headers", [{"X_Forwarded_For": ""}, {"X_Forwarded_For": "a"}, {"X_Forwarded_Proto": "ftp"}]
)
def test_a_proxy_that_does_not_say_who_asks_is_refused(proxied, headers):
    assert through(proxied, SESSION, X_Remote_User="ada", **headers).status_code == 400


def test_behind_a_proxy_nobody_is_the_person_at_the_computer(proxied, app, services):
    printed = services_of(proxied).sessions.one_time_token()
    assert through(proxied, f"/login?token={printed}").status_code == 401
    kept = logged_in(app).get_cookie(services.sessions.cookie)
    assert kept is not None
    secret = kept.value
    answer = through(proxied, SESSION, Cookie=f"{services.sessions.cookie}={secret}")
    assert answer.status_code == 401
    assert "local" in RESERVED


def test_a_cookie_behind_tls_travels_by_tls_alone(proxied, services, monkeypatch):
    monkeypatch.setattr(Door, "enter", lambda self, name, password, address: "ada")
    answer = proxied.server.test_client().post(
        SESSION,
        json={"name": "ada", "password": "x"},
        headers={
            "Host": "label.example.org",
            "X-Forwarded-For": "203.0.113.7",
            "X-Forwarded-Proto": "https",
            "Origin": "https://label.example.org",
        },
    )
    cookie = answer.headers["Set-Cookie"]
    assert ("Secure" in cookie, "HttpOnly" in cookie, "SameSite=Lax" in cookie) == (True,) * 3


# --- how often ------------------------------------------------------------------------------------


def test_what_costs_much_may_be_asked_so_often_in_a_minute():
    moments = iter([*range(30), 30, 59.5, 60.5])
    rates = Rates(clock=lambda: next(moments))
    assert [rates.wait("ada", "api.start_export") for _ in range(30)] == [0] * 30
    assert rates.wait("ada", "api.start_export") == 30
    assert rates.wait("ada", "api.start_export") == 0.5
    assert rates.wait("ada", "api.start_export") == 0
    assert Rates().wait("ada", "api.projects") == 0


def test_too_often_is_told_with_the_time_to_wait(ada, app):
    boss = browser_of(app, "boss")
    answers = [boss.post("/api/v1/invites", json={}) for _ in range(61)]
    assert [answers[0].status_code, answers[-1].status_code] == [201, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
