"""The login of an organisation: OpenID Connect, authorization code with PKCE and a nonce.

The provider says who somebody is; what they may do stands in the workspace. Nobody becomes a member
by it: an administrator adds the account with its e-mail address first.
"""

import logging
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, abort, redirect, request
from werkzeug.wrappers import Response as AnyResponse

from datasetbuilder.app.security import door_page
from datasetbuilder.app.security.doors import LOOPBACK, Provider
from datasetbuilder.app.security.login import Entrance, safe_path
from datasetbuilder.app.security.sessions import hashed_secret
from datasetbuilder.errors import DatasetBuilderError, PermissionDenied, UsageError
from datasetbuilder.projects.pending_logins import PendingLogin
from datasetbuilder.projects.people import People

_log = logging.getLogger("datasetbuilder.app")
_MINUTES = timedelta(minutes=10)
_TIMEOUT = 10
_LEEWAY = 60
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA")
_COOKIE = "datasetbuilder-login"
_NOBODY = (
    "Your organisation knows you, but there is no account here with your e-mail address. "
    "Ask an administrator of this server for one."
)
_SILENT = "The login of your organisation does not answer as it should. Try again later."
_BROKEN = "The login did not come to its end. Begin again."


class ProviderFault(DatasetBuilderError):
    """The provider gave no answer that can be trusted."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a provider does what, from its own description."""

    authorize: str
    token: str
    keys: str


class Organisation:
    """Speaks with one provider, and with no other host."""

    def __init__(self, provider: Provider, public_url: str) -> None:
        _check_address(provider.issuer, UsageError)
        self._provider = provider
        self._return = public_url + "/login/return"
        self._endpoints: Endpoints | None = None
        self._lock = threading.Lock()

    def begin(self, target: str) -> tuple[str, str, PendingLogin]:
        """Where to send the browser, the state it carries, and what to remember of it."""
        pending = PendingLogin(
            nonce=secrets.token_urlsafe(32),
            verifier=secrets.token_urlsafe(48),
            next=target,
            expires_at=datetime.now(UTC) + _MINUTES,
        )
        with self._session() as session:
            url, state = session.create_authorization_url(
                self.endpoints().authorize,
                state=secrets.token_urlsafe(32),
                nonce=pending.nonce,
                code_verifier=pending.verifier,
            )
        return url, state, pending

    def finish(self, code: str, pending: PendingLogin) -> Mapping[str, Any]:
        """Exchange the code for what the provider vouches for.

        Raises
        ------
        ProviderFault
            If the provider refuses, or its answer does not belong to this login.
        """
        endpoints = self.endpoints()
        with self._session() as session, _plainly():
            token = session.fetch_token(
                endpoints.token,
                code=code,
                code_verifier=pending.verifier,
                timeout=_TIMEOUT,
                allow_redirects=False,
            )
            keys = _document(session, endpoints.keys)
        return _claims(token.get("id_token"), keys, self._provider, pending.nonce)

    def endpoints(self) -> Endpoints:
        """The provider's description, fetched once."""
        with self._lock:
            if self._endpoints is None:
                self._endpoints = self._discover()
            return self._endpoints

    def _discover(self) -> Endpoints:
        issuer = self._provider.issuer.rstrip("/")
        with self._session() as session, _plainly():
            found = _document(session, issuer + "/.well-known/openid-configuration")
        if found.get("issuer") != self._provider.issuer:
            raise ProviderFault("The provider calls itself by another name than --oidc-issuer.")
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        for name in names:
            _check_address(found.get(name), ProviderFault)
        return Endpoints(*(found[name] for name in names))

    def _session(self) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        session: Any = OAuth2Session(
            self._provider.client,
            self._provider.secret,
            scope="openid email profile",
            redirect_uri=self._return,
            code_challenge_method="S256",
        )
        # No proxy and no password file of the machine has a say in this.
        session.trust_env = False
        return session


def register(server: Flask, entrance: Entrance) -> None:
    """Add the way out to the provider and the way back."""
    doors = entrance.doors
    people = entrance.door.people
    organisation = (
        Organisation(doors.provider, doors.public_url)
        if doors.provider is not None and doors.public_url
        else None
    )

    def provider() -> AnyResponse:
        if organisation is None:
            abort(404, "This server knows no organisation.")
        try:
            url, state, pending = organisation.begin(safe_path(request.args.get("next", "/")))
        except ProviderFault as error:
            _log.warning("the organisation's login: %s", error)
            return door_page.page("Not just now", [door_page.words(_SILENT)], 502)
        people.begin_login(hashed_secret(state), pending)
        answer = redirect(url, 303)
        answer.set_cookie(
            _COOKIE,
            state,
            max_age=int(_MINUTES.total_seconds()),
            httponly=True,
            samesite="Lax",
            secure=request.is_secure,
            path="/login",
        )
        return answer

    def back() -> AnyResponse:
        if organisation is None:
            abort(404, "This server knows no organisation.")
        try:
            return _come_back(organisation, entrance, people)
        except ProviderFault as error:
            _log.warning("the organisation's login: %s", error)
            return door_page.page(
                "Not logged in", [door_page.words(_BROKEN), door_page.way("/login", "Again")], 401
            )
        except PermissionDenied as error:
            return door_page.page("No account here", [door_page.words(str(error))], 403)

    server.add_url_rule("/login/provider", "login_provider", provider, methods=["GET"])
    server.add_url_rule("/login/return", "login_return", back, methods=["GET"])


def _come_back(organisation: Organisation, entrance: Entrance, people: People) -> Response:
    state = request.args.get("state", "")
    # The cookie ties the answer to the browser that asked: a link with somebody else's code and
    # state logs nobody in.
    if not state or not secrets.compare_digest(
        state.encode(), request.cookies.get(_COOKIE, "").encode()
    ):
        raise ProviderFault("the state is not this browser's")
    pending = people.take_login(hashed_secret(state))
    if pending is None or not request.args.get("code"):
        raise ProviderFault("the login is over, or was refused")
    claims = organisation.finish(request.args["code"], pending)
    user = member_of(claims, people)
    answer = entrance.let_in(redirect(safe_path(pending.next), 303), user)
    answer.delete_cookie(_COOKIE, path="/login")
    return answer  # type: ignore[return-value]


def member_of(claims: Mapping[str, Any], people: People) -> str:
    """The account of whom the provider vouches for: by its own number, once by e-mail address.

    Raises
    ------
    PermissionDenied
        If there is none.
    """
    subject = f"{claims['iss']} {claims['sub']}"
    known = people.by_subject(subject)
    if known is None:
        email = str(claims.get("email", "")).casefold()
        verified = claims.get("email_verified") is True and email
        fitting = [one for one in people.members() if verified and one.email.casefold() == email]
        if len(fitting) != 1 or fitting[0].subject is not None:
            raise PermissionDenied(_NOBODY)
        (known,) = fitting
        people.bind(known.name, subject)
    if known.disabled:
        raise PermissionDenied(_NOBODY)
    return known.name


def _claims(
    text: Any, keys: Mapping[str, Any], provider: Provider, nonce: str
) -> Mapping[str, Any]:
    """What a signed token says, once it is known to be this provider's word on this login."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    if not isinstance(text, str):
        raise ProviderFault("there is no identity in the answer")
    try:
        # The list of methods is ours: a token may not choose "none" or our own secret.
        claims = jwt.decode(text, KeySet.import_key_set(dict(keys)), algorithms=_ALGORITHMS).claims  # type: ignore[arg-type]
    except (JoseError, ValueError, KeyError, TypeError) as error:
        raise ProviderFault(f"the identity is not signed by the provider: {error}") from None
    _check_claims(claims, provider, nonce)
    return claims


def _check_claims(claims: Mapping[str, Any], provider: Provider, nonce: str) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    moment = datetime.now(UTC).timestamp()
    expires, issued = claims.get("exp"), claims.get("iat")
    good = (
        claims.get("iss") == provider.issuer
        and provider.client in audiences
        and (len(audiences) == 1 or claims.get("azp") == provider.client)
        and isinstance(expires, int | float)
        and expires > moment - _LEEWAY
        and isinstance(issued, int | float)
        and issued < moment + _LEEWAY
        and isinstance(claims.get("sub"), str)
        and secrets.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode())
    )
    if not good:
        raise ProviderFault("the identity is for somebody or something else, or is over")


def _document(session: Any, url: str) -> Mapping[str, Any]:
    answer = session.request(
        "GET", url, withhold_token=True, timeout=_TIMEOUT, allow_redirects=False
    )
    found = answer.json() if answer.status_code == 200 else None
    if not isinstance(found, dict):
        raise ProviderFault("the provider does not answer as one")
    return found


@contextmanager
def _plainly() -> Iterator[None]:
    """Every way in which a provider can fail is the same to the person at the door."""
    from authlib.common.errors import AuthlibBaseError

    try:
        yield
    except (AuthlibBaseError, OSError, ValueError) as error:
        raise ProviderFault(f"the provider gave no answer: {error}") from None


def _check_address(url: Any, kind: type[DatasetBuilderError]) -> None:
    """Only TLS, but for a provider on this very machine."""
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or not parts.hostname:
        raise kind("The address of the provider is no address.")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK):
        raise kind(f"{url}: a provider is reached by https alone.")
