"""The login of an organisation, against a provider of our own on the loopback."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

from datasetbuilder.app.security.doors import Doors, Provider
from datasetbuilder.app.security.oidc import ProviderFault, _check_address
from datasetbuilder.errors import UsageError
from tests.app.people import enrol

pytestmark = pytest.mark.slow

CLIENT, SECRET, URL = "labels", "of the client", "https://localhost"
CODE = "a code"


class Organisation:
    """Knows one person; each test may bend one thing."""

    def __init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "1"})
        self.claims: dict[str, Any] = {}
        self.headers: dict[str, Any] = {"alg": "RS256", "kid": "1"}
        self.signing: Any = self.key
        self.challenge = self.nonce = self.issuer = self.named = ""
        self.asked: list[str] = []

    def description(self) -> dict[str, Any]:
        names = ("authorize", "token", "keys")
        where = {name: f"{self.issuer}/{name}" for name in names}
        return {
            "issuer": self.named or self.issuer,
            "authorization_endpoint": where["authorize"],
            "token_endpoint": where["token"],
            "jwks_uri": where["keys"],
        }

    def keys(self) -> dict[str, Any]:
        return dict(KeySet([self.key]).as_dict(private=False))

    def token(self, form: dict[str, list[str]]) -> tuple[int, dict[str, Any]]:
        digest = hashlib.sha256(form["code_verifier"][0].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if form["code"] != [CODE] or challenge != self.challenge:
            return 400, {"error": "invalid_grant"}
        moment = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "sub": "17",
            "email": "ada@example.org",
            "email_verified": True,
            "nonce": self.nonce,
            "iat": moment,
            "exp": moment + 300,
            **self.claims,
        }
        text = jwt.encode(self.headers, claims, self.signing, algorithms=["RS256", "HS256", "none"])
        return 200, {"access_token": "x", "token_type": "Bearer", "id_token": text}


def handler(organisation: Organisation) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            organisation.asked.append(self.path)
            wanted = organisation.keys() if self.path == "/keys" else organisation.description()
            self.answer(200, wanted)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            organisation.asked.append(self.path)
            self.answer(*organisation.token(parse_qs(body)))

        def answer(self, status: int, document: dict[str, Any]) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler


@pytest.fixture
def organisation() -> Iterator[Organisation]:
    made = Organisation()
    server = HTTPServer(("127.0.0.1", 0), handler(made))
    made.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def browser(make_app, workspace, project, organisation):
    enrol(workspace, "boss", admin=True)
    workspace.store.people.add("ada", email="Ada@example.org", actor="local")
    workspace.store.people.set_role("ada", "cats", "annotator", actor="local")
    doors = Doors(
        local=False, public_url=URL, provider=Provider(organisation.issuer, CLIENT, SECRET)
    )
    return make_app(doors=doors).server.test_client()


def sent_away(browser, organisation, target: str = "/p/cats/images") -> dict[str, str]:
    """Follow the way to the provider; what the browser carries there."""
    answer = browser.get(f"/login/provider?next={target}")
    assert answer.status_code == 303
    parts = urlsplit(answer.headers["Location"])
    carried = {name: values[0] for name, values in parse_qs(parts.query).items()}
    organisation.challenge, organisation.nonce = carried["code_challenge"], carried["nonce"]
    return carried


def back(browser, carried: dict[str, str], **changes: str):
    query = {"code": CODE, "state": carried["state"], **changes}
    return browser.get("/login/return", query_string=query)


def test_the_way_there_names_us_and_hides_the_verifier(browser, organisation):
    carried = sent_away(browser, organisation)
    assert carried["client_id"] == CLIENT
    assert carried["redirect_uri"] == f"{URL}/login/return"
    assert (carried["response_type"], carried["code_challenge_method"]) == ("code", "S256")
    assert set(carried["scope"].split()) == {"openid", "email", "profile"}


def test_whoever_the_organisation_vouches_for_comes_in(browser, organisation, workspace):
    answer = back(browser, sent_away(browser, organisation))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/p/cats/images")
    assert browser.get("/api/v1/session").json["user"] == "ada"
    assert workspace.store.people.member("ada").subject == f"{organisation.issuer} 17"


def test_the_second_time_the_number_counts_and_not_the_address(browser, organisation):
    back(browser, sent_away(browser, organisation))
    browser.delete("/api/v1/session")
    organisation.claims = {"email": "renamed@example.org"}
    assert back(browser, sent_away(browser, organisation)).status_code == 303
    browser.delete("/api/v1/session")
    organisation.claims = {"sub": "18"}
    answer = back(browser, sent_away(browser, organisation))
    assert (answer.status_code, "no account here" in answer.text) == (403, True)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "eve@example.org"},
        {"email_verified": False},
        {"email_verified": "true"},
        {"email": ""},
    ],
)
def test_nobody_becomes_a_member_by_it(browser, organisation, workspace, claims):
    organisation.claims = claims
    assert back(browser, sent_away(browser, organisation)).status_code == 403
    assert browser.get("/api/v1/session").status_code == 401
    assert [one.name for one in workspace.store.people.members()] == ["ada", "boss"]


def test_who_is_shut_out_stays_out(browser, organisation, workspace):
    workspace.store.people.disable("ada", actor="boss")
    assert back(browser, sent_away(browser, organisation)).status_code == 403


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"aud": "another client"},
        {"aud": [CLIENT, "another"], "azp": "another"},
        {"nonce": "of another login"},
        {"nonce": None},
        {"exp": 1},
        {"exp": "soon"},
        {"iat": 10**12},
        {"sub": 17},
    ],
)
def test_the_identity_of_something_else_opens_nothing(browser, organisation, claims):
    organisation.claims = claims
    answer = back(browser, sent_away(browser, organisation))
    assert (answer.status_code, "Begin again" in answer.text) == (401, True)
    assert browser.get("/api/v1/session").status_code == 401


@pytest.mark.parametrize(
    ("headers", "key"),
    [
        ({"alg": "RS256", "kid": "1"}, RSAKey.generate_key(2048, {"kid": "1"})),
        ({"alg": "HS256"}, OctKey.import_key(SECRET * 3)),
        ({"alg": "none"}, OctKey.import_key("x" * 32)),
    ],
)
def test_an_identity_that_the_provider_did_not_sign_opens_nothing(
    browser, organisation, headers, key
):
    organisation.headers, organisation.signing = headers, key
    assert back(browser, sent_away(browser, organisation)).status_code == 401


def test_a_login_comes_back_once_and_to_the_browser_that_began_it(browser, organisation):
    carried = sent_away(browser, organisation)
    stranger = browser.application.test_client()
    assert back(stranger, carried).status_code == 401
    assert back(browser, carried, state="another").status_code == 401
    assert back(browser, carried).status_code == 303
    assert back(browser, carried).status_code == 401


def test_a_wrong_code_or_a_refusal_of_the_person_opens_nothing(browser, organisation):
    assert back(browser, sent_away(browser, organisation), code="guess").status_code == 401
    carried = sent_away(browser, organisation)
    refused = browser.get(f"/login/return?state={carried['state']}&error=access_denied")
    assert refused.status_code == 401


def test_a_provider_that_calls_itself_otherwise_is_not_believed(browser, organisation):
    organisation.named = "https://evil.example"
    assert browser.get("/login/provider").status_code == 502
    assert "/token" not in organisation.asked


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example"])
def test_it_leads_to_our_own_pages_alone(browser, organisation, target):
    answer = back(browser, sent_away(browser, organisation, target))
    assert answer.headers["Location"] == "/"


@pytest.mark.parametrize("url", ["http://id.example.org", "ftp://id", "file:///etc", "", None])
def test_a_provider_is_reached_by_tls(url):
    with pytest.raises(UsageError):
        _check_address(url, UsageError)


def test_without_an_organisation_there_is_no_such_way(stranger):
    assert stranger.get("/login/provider").status_code == 404
    assert stranger.get("/login/return?state=x&code=y").status_code == 404
    assert issubclass(ProviderFault, Exception)
