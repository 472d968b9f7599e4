"""How people come in: the printed address, accounts, a proxy that names them, an organisation."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from datasetbuilder.errors import UsageError

LOOPBACK = ("127.0.0.1", "localhost", "::1")
Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID Connect provider and what it knows this server as."""

    issuer: str
    client: str
    secret: str


@dataclass(frozen=True, slots=True)
class Doors:
    """What stands open beside the accounts of the workspace.

    Attributes
    ----------
    local : bool
        Whether the printed one-time address lets the person at the computer itself in.
    public_url : str or None
        What people type to reach the server through its proxy.
    peers : frozenset of addresses
        The proxies; with any, the server answers to them alone.
    user_header : str or None
        The header in which a proxy names the person.
    provider : Provider or None
        An organisation whose logins count.
    """

    local: bool = True
    public_url: str | None = None
    peers: frozenset[Address] = frozenset()
    user_header: str | None = None
    provider: Provider | None = None

    @property
    def public_host(self) -> str | None:
        """Host and port of the public address."""
        return urlsplit(self.public_url).netloc if self.public_url else None


def doors_from_options(  # noqa: PLR0913 - the options of `serve`, all by name
    *,
    host: str = "127.0.0.1",
    proxies: Sequence[str] = (),
    public_url: str | None = None,
    user_header: str | None = None,
    provider: Provider | None = None,
    has_accounts: bool = False,
) -> Doors:
    """What the options open.

    Raises
    ------
    UsageError
        If they would put the workspace on a network without accounts, or passwords on the wire.
    """
    peers = frozenset(_full_address(text) for text in proxies)
    if not peers and host in LOOPBACK:
        _refuse_alone(public_url, user_header, provider)
        return Doors()
    if not has_accounts:
        raise UsageError(
            f"Serving on {host} for others needs accounts. Make the first one: "
            "datasetbuilder create-admin NAME"
        )
    if not peers or public_url is None:
        raise UsageError(
            f"Serving on {host} for others needs TLS in front of it. Put nginx or Caddy there and "
            "name it: --behind-proxy ADDRESS --public-url https://NAME. Or serve on 127.0.0.1 and "
            "reach it through an SSH tunnel."
        )
    _check_public(public_url)
    return Doors(
        local=False,
        public_url=public_url.rstrip("/"),
        peers=peers,
        user_header=user_header,
        provider=provider,
    )


def provider_from_options(issuer: str | None, client: str) -> Provider | None:
    """The provider of the options; its secret comes from the environment, where nobody lists it.

    Raises
    ------
    UsageError
        If something is missing.
    """
    if issuer is None:
        return None
    secret = os.environ.get("DATASETBUILDER_OIDC_SECRET", "")
    if not client or not secret:
        raise UsageError("--oidc-issuer needs --oidc-client and DATASETBUILDER_OIDC_SECRET")
    return Provider(issuer, client, secret)


def _refuse_alone(
    public_url: str | None, user_header: str | None, provider: Provider | None
) -> None:
    if public_url or user_header or provider:
        raise UsageError(
            "--public-url, --user-header and --oidc-issuer are for a server behind a proxy; name "
            "the proxy: --behind-proxy ADDRESS"
        )


def _full_address(text: str) -> Address:
    try:
        return ip_address(text)
    except ValueError:
        raise UsageError(
            f"--behind-proxy {text}: give the full address of one proxy, such as 127.0.0.1; a "
            "network or a name would let others speak for people"
        ) from None


def _check_public(url: str) -> None:
    parts = urlsplit(url)
    plain = not (parts.query or parts.fragment or parts.username or parts.path.strip("/"))
    if parts.scheme != "https" or not parts.hostname or not plain:
        raise UsageError(f"--public-url {url}: give https:// and the name of the server alone")
