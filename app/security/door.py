"""Coming in with a name and a password, and becoming a member by an invite."""

import math
import secrets
from datetime import UTC, datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network

from werkzeug.exceptions import ServiceUnavailable, TooManyRequests

from datasetbuilder.app.security.passwords import Passwords, TooBusy
from datasetbuilder.app.security.sessions import hashed_secret
from datasetbuilder.errors import DataError
from datasetbuilder.projects.attempts import Patience
from datasetbuilder.projects.invites import Invite
from datasetbuilder.projects.people import Member, People, member_name
from datasetbuilder.projects.tokens import Token

INVITE_DAYS = 7
_FREE, _LONGEST = 5, 60
_FREE_ADDRESS, _LONGEST_ADDRESS = 30, 900


class Door:
    """Checks passwords with patience, and makes members, invites and tokens.

    An account waits a minute at most, so that nobody can shut another one out for long; an address
    waits up to a quarter of an hour.
    """

    def __init__(self, people: People) -> None:
        self.people = people
        self.passwords = Passwords()

    def enter(self, name: str, password: str, *, address: str) -> str | None:
        """The person with this name and password; None if there is none.

        Raises
        ------
        TooManyRequests
            If too many attempts failed before; the password was not looked at.
        """
        try:
            name = member_name(name)
        except DataError:
            name = ""
        account, place = f"account:{name}", f"address:{_network(address)}"
        limits = [
            Patience(account, _FREE, _LONGEST),
            Patience(place, _FREE_ADDRESS, _LONGEST_ADDRESS),
        ]
        seconds = self.people.knock(limits)
        if seconds:
            wait = math.ceil(seconds)
            raise TooManyRequests(
                f"Too many attempts failed; the next one counts in {wait} s.", retry_after=wait
            )
        if not self._fits(self.people.password_hash(name), password):
            return None
        self.people.forgive(account, [place])
        return name

    def change_password(self, name: str, old: str, new: str, *, address: str) -> bool:
        """Give a new password to who knows the old one; every login of the person ends."""
        hashed = self.hash(new)
        if self.enter(name, old, address=address) is None:
            return False
        self.people.set_password(name, hashed, actor=name)
        return True

    def hash(self, password: str) -> str:
        """The hash of a new password; DataError if it is too short."""
        try:
            return self.passwords.hash(password)
        except TooBusy:
            raise _busy() from None

    def _fits(self, kept: str | None, password: str) -> bool:
        try:
            return self.passwords.fits(kept, password)
        except TooBusy:
            raise _busy() from None


def _busy() -> ServiceUnavailable:
    return ServiceUnavailable("Many people log in just now; try again in a few seconds.")


def _network(address: str) -> str:
    """What counts as one address: in IPv6 the network that one customer gets."""
    try:
        found = ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        return str(ip_network((found, 64), strict=False))
    return str(found)


def make_invite(  # noqa: PLR0913 - what the person will be, all by name
    people: People,
    *,
    actor: str,
    name: str = "",
    admin: bool = False,
    project: str | None = None,
    role: str = "",
    days: int = INVITE_DAYS,
) -> str:
    """A fresh invite; its secret is shown once and never kept."""
    secret = secrets.token_urlsafe(32)
    expires_at = datetime.now(UTC) + timedelta(days=days)
    kept = member_name(name) if name.strip() else ""
    people.invite(hashed_secret(secret), Invite(actor, expires_at, kept, admin, project, role))
    return secret


def make_token(  # noqa: PLR0913 - what the token is for, all by name
    people: People,
    *,
    actor: str,
    name: str,
    member: str,
    project: str | None,
    scope: str,
    days: int,
) -> str:
    """A fresh token; its secret is shown once and never kept."""
    secret = "dsb_" + secrets.token_urlsafe(32)
    expires_at = datetime.now(UTC) + timedelta(days=days)
    made = Token(name, member, project, scope, expires_at)
    people.add_token(hashed_secret(secret), made, actor=actor)
    return secret


def accept_invite(door: Door, secret: str, name: str, password: str) -> Member:
    """Make a member of an invite.

    Raises
    ------
    UnknownName
        If the invite opens nothing.
    DataError, AlreadyExists
        If name or password will not do; the invite stays.
    """
    return door.people.accept(hashed_secret(secret), name, door.hash(password))
