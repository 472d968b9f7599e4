"""The members of a workspace, their roles in its projects, and the list of what became of them.

Nothing here knows a password or a token: the app hands over what was made of them. Whoever loses a
role, an account or a password loses every login with it, in the same transaction.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from datasetbuilder.errors import AlreadyExists, DataError, UnknownName
from datasetbuilder.projects import attempts, database, invites, pending_logins, tokens
from datasetbuilder.projects.attempts import Patience
from datasetbuilder.projects.audit import note
from datasetbuilder.projects.clock import now, time_from_micros
from datasetbuilder.projects.invites import Invite
from datasetbuilder.projects.ledger import Transaction
from datasetbuilder.projects.pending_logins import PendingLogin
from datasetbuilder.projects.schema import audit, member, membership, project, session, token
from datasetbuilder.projects.tokens import Token

_T = TypeVar("_T")
RESERVED = ("local",)
"""The name behind whatever is done at the computer of the workspace itself."""
_NAME = re.compile(r"[\w.@+-]{1,64}")
_BY_NAME = select(member).where(member.c.name == bindparam("n"))
_BY_SUBJECT = select(member).where(member.c.subject == bindparam("s"))
_ANYONE = select(member.c.id).where(member.c.disabled_at.is_(None)).limit(1)
_RIGHTS = (
    select(member.c.admin, membership.c.role)
    .select_from(
        member.outerjoin(project, project.c.slug == bindparam("slug")).outerjoin(
            membership,
            (membership.c.member == member.c.id) & (membership.c.project == project.c.id),
        )
    )
    .where(member.c.name == bindparam("n"), member.c.disabled_at.is_(None))
)
_ROLES = (
    select(member.c.name, project.c.slug, membership.c.role)
    .select_from(
        membership.join(member, member.c.id == membership.c.member).join(
            project, project.c.id == membership.c.project
        )
    )
    .order_by(project.c.slug, member.c.name)
)


@dataclass(frozen=True, slots=True)
class Member:
    """A person with an account."""

    name: str
    email: str
    admin: bool
    disabled: bool
    created_at: datetime
    has_password: bool
    subject: str | None


@dataclass(frozen=True, slots=True)
class Rights:
    """What a member is in the workspace, and the role in one project, None without any."""

    admin: bool
    role: str | None


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what to whose rights."""

    at: datetime
    actor: str
    action: str
    subject: str
    detail: str


def member_name(name: str) -> str:
    """The name as it is kept: small letters, one spelling.

    Raises
    ------
    DataError
        If nobody can be called so.
    """
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    if not _NAME.fullmatch(plain) or plain in RESERVED:
        raise DataError(
            f'"{name[:100]}" is no name for a person: up to 64 letters, digits and . _ - @ +, '
            "and not local"
        )
    return plain


class People:
    """Members, roles, invites and tokens of one workspace."""

    def __init__(
        self,
        reading: Callable[[], AbstractContextManager[Connection]],
        submit: Callable[[Callable[[Transaction], Any]], Any],
    ) -> None:
        self._reading = reading
        self._submit = submit

    def _write(self, work: Callable[[Connection], _T]) -> _T:
        return self._submit(lambda transaction: work(transaction.connection))

    # --- members ------------------------------------------------------------------------------

    def any(self) -> bool:
        """Whether somebody could log in."""
        with self._reading() as connection:
            return connection.execute(_ANYONE).first() is not None

    def members(self) -> list[Member]:
        """Everyone, by name."""
        with self._reading() as connection:
            return [_member(row) for row in connection.execute(_BY_NAME_ORDER)]

    def member(self, name: str) -> Member:
        """One person; UnknownName if there is none."""
        with self._reading() as connection:
            return _member(_found(connection, name))

    def by_subject(self, subject: str) -> Member | None:
        """Who an identity provider calls so."""
        with self._reading() as connection:
            row = connection.execute(_BY_SUBJECT, {"s": subject}).first()
        return None if row is None else _member(row)

    def password_hash(self, name: str) -> str | None:
        """The hash of a member who may log in with a password."""
        with self._reading() as connection:
            row = connection.execute(_BY_NAME, {"n": name}).first()
        return None if row is None or row.disabled_at is not None else row.password_hash

    def add(
        self,
        name: str,
        *,
        password_hash: str | None = None,
        email: str = "",
        admin: bool = False,
        actor: str,
    ) -> Member:
        """Make a member.

        Raises
        ------
        AlreadyExists
            If the name is taken, also by somebody who was disabled.
        DataError
            If nobody can be called so.
        """
        kept = member_name(name)
        values = {"password_hash": password_hash, "email": email.strip(), "admin": admin}
        self._write(lambda connection: _add(connection, kept, values, actor))
        return self.member(kept)

    def set_password(self, name: str, password_hash: str, *, actor: str) -> None:
        """Give a new password; every login of the person ends."""

        def work(connection: Connection) -> None:
            _set(connection, name, password_hash=password_hash)
            note(connection, actor, "password", name)

        self._write(work)

    def set_admin(self, name: str, admin: bool, *, actor: str) -> None:
        """Make somebody an administrator of the workspace, or no longer.

        Raises
        ------
        DataError
            If nobody would be left who could undo it.
        """

        def work(connection: Connection) -> None:
            _set(connection, name, admin=admin)
            _keep_one_admin(connection)
            note(connection, actor, "admin" if admin else "no admin", name)

        self._write(work)

    def disable(self, name: str, *, actor: str) -> None:
        """Shut somebody out: logins and tokens end, what they did stays theirs."""

        def work(connection: Connection) -> None:
            found = _found(connection, name)
            _set(connection, name, disabled_at=now())
            _keep_one_admin(connection)
            tokens.revoke_all(connection, found.id)
            note(connection, actor, "disable", name)

        self._write(work)

    def enable(self, name: str, *, actor: str) -> None:
        """Let somebody in again, with the roles of before."""

        def work(connection: Connection) -> None:
            _set(connection, name, disabled_at=None)
            note(connection, actor, "enable", name)

        self._write(work)

    def bind(self, name: str, subject: str) -> None:
        """Remember what an identity provider calls somebody."""

        def work(connection: Connection) -> None:
            _found(connection, name)
            change = update(member).where(member.c.name == name)
            connection.execute(change, {"subject": subject})
            note(connection, name, "identity", name, subject)

        self._write(work)

    def end_logins(self, name: str, *, actor: str) -> int:
        """End every login of a person; how many there were."""

        def work(connection: Connection) -> int:
            _found(connection, name)
            ended = connection.execute(delete(session).where(session.c.user_name == name)).rowcount
            note(connection, actor, "end logins", name)
            return ended

        return self._write(work)

    # --- roles --------------------------------------------------------------------------------

    def rights(self, name: str, slug: str | None) -> Rights | None:
        """What somebody is, in the workspace and in a project; None for nobody we know."""
        with self._reading() as connection:
            row = connection.execute(_RIGHTS, {"n": name, "slug": slug or ""}).first()
        return None if row is None else Rights(bool(row.admin), row.role)

    def roles(self) -> list[tuple[str, str, str]]:
        """Every role: member, project, role."""
        with self._reading() as connection:
            return [(row.name, row.slug, row.role) for row in connection.execute(_ROLES)]

    def set_role(self, name: str, slug: str, role: str | None, *, actor: str) -> None:
        """Give a role in a project, or none; the person's logins end with the old one."""

        def work(connection: Connection) -> None:
            found = _found(connection, name)
            number = _project_id(connection, slug)
            _set_role(connection, found.id, number, role)
            _end(connection, name)
            note(connection, actor, "role" if role else "no role", name, f"{slug}: {role or '-'}")

        self._write(work)

    # --- invites ------------------------------------------------------------------------------

    def invite(self, token_hash: str, invite: Invite) -> None:
        """Keep an invite by the hash of its token."""

        def work(connection: Connection) -> None:
            number = _project_id(connection, invite.project) if invite.project else None
            invites.add(connection, token_hash, invite, number)
            where = f"{invite.project}: {invite.role}" if invite.project else ""
            rank = "admin" if invite.admin else where
            note(connection, invite.created_by, "invite", invite.name, rank)

        self._write(work)

    def invites(self) -> list[Invite]:
        """Those that still open the door."""
        with self._reading() as connection:
            return invites.waiting(connection)

    def find_invite(self, token_hash: str) -> Invite | None:
        """The invite of a token, while it still opens the door."""
        with self._reading() as connection:
            return invites.find(connection, token_hash)

    def withdraw(self, key: str, *, actor: str) -> None:
        """Take an invite back; UnknownName if it waits no longer."""

        def work(connection: Connection) -> None:
            invites.withdraw(connection, key)
            note(connection, actor, "withdraw invite", key)

        self._write(work)

    def accept(self, token_hash: str, name: str, password_hash: str) -> Member:
        """Make a member of an invite, which opens nothing afterwards.

        Raises
        ------
        UnknownName
            If the invite was used, taken back or is over.
        AlreadyExists
            If the name is taken; the invite stays.
        """
        kept = member_name(name)

        def work(connection: Connection) -> None:
            found = invites.take(connection, token_hash)
            wanted = found.name or kept
            values = {"password_hash": password_hash, "email": "", "admin": found.admin}
            number = _add(connection, wanted, values, found.created_by)
            if found.project:
                _set_role(connection, number, _project_id(connection, found.project), found.role)
                note(connection, found.created_by, "role", wanted, f"{found.project}: {found.role}")

        self._write(work)
        return self.member(kept)

    # --- tokens -------------------------------------------------------------------------------

    def add_token(self, token_hash: str, token: Token, *, actor: str) -> None:
        """Keep a token by its hash."""

        def work(connection: Connection) -> None:
            owner = _found(connection, token.member).id if token.member else None
            number = _project_id(connection, token.project) if token.project else None
            tokens.add(connection, token_hash, token, owner, number)
            detail = f"{token.scope}, {token.project or 'every project'}"
            note(connection, actor, "token", token.name, detail)

        self._write(work)

    def token(self, token_hash: str) -> Token | None:
        """The token behind a hash, while it opens the door and its owner may come in."""
        with self._reading() as connection:
            return tokens.find(connection, token_hash)

    def tokens(self, name: str | None = None) -> list[Token]:
        """The tokens of one person, or all; those that are over too."""
        with self._reading() as connection:
            return tokens.all_of(connection, name)

    def revoke_token(self, key: str, *, actor: str, of: str | None = None) -> None:
        """End a token, of that person only if one is named; UnknownName if there is none."""

        def work(connection: Connection) -> None:
            name = tokens.revoke(connection, key, of)
            note(connection, actor, "revoke token", name)

        self._write(work)

    # --- at the door --------------------------------------------------------------------------

    def knock(self, limits: Sequence[Patience]) -> float:
        """Count a login as failed until it is forgiven; the seconds that it has to wait."""
        return self._write(lambda connection: attempts.knock(connection, limits))

    def forgive(self, account: str, others: Sequence[str] = ()) -> None:
        """Forget failed logins after the right password."""
        self._write(lambda connection: attempts.forgive(connection, account, others))

    def begin_login(self, state_hash: str, pending: PendingLogin) -> None:
        """Remember a login that goes on at an identity provider."""
        self._write(lambda connection: pending_logins.add(connection, state_hash, pending))

    def take_login(self, state_hash: str) -> PendingLogin | None:
        """What was remembered of it, once, while its time lasts."""
        return self._write(lambda connection: pending_logins.take(connection, state_hash))

    # --- the list -----------------------------------------------------------------------------

    def audit(self, *, limit: int = 200) -> list[AuditLine]:
        """The last changes of rights, the newest first."""
        asked = select(audit).order_by(audit.c.id.desc()).limit(limit)
        with self._reading() as connection:
            return [
                AuditLine(time_from_micros(row.at), row.actor, row.action, row.subject, row.detail)
                for row in connection.execute(asked)
            ]

    def note(self, actor: str, action: str, subject: str = "", detail: str = "") -> None:
        """Add a line to the list."""
        self._write(lambda connection: note(connection, actor, action, subject, detail))


_BY_NAME_ORDER = select(member).order_by(member.c.name)


def _member(row: Row[Any]) -> Member:
    return Member(
        name=row.name,
        email=row.email,
        admin=bool(row.admin),
        disabled=row.disabled_at is not None,
        created_at=time_from_micros(row.created_at),
        has_password=row.password_hash is not None,
        subject=row.subject,
    )


def _found(connection: Connection, name: str) -> Row[Any]:
    row = connection.execute(_BY_NAME, {"n": name}).first()
    if row is None:
        raise UnknownName(f"There is nobody called {name[:100]}.")
    return row


def _add(connection: Connection, name: str, values: dict[str, Any], actor: str) -> int:
    if connection.execute(_BY_NAME, {"n": name}).first() is not None:
        raise AlreadyExists(f"{name} is there already; choose another name")
    number = 1 + (connection.execute(select(func.max(member.c.id))).scalar() or 0)
    row = {"id": number, "name": name, "created_at": now(), **values}
    connection.execute(insert(member), row)
    note(connection, actor, "add", name, "admin" if values["admin"] else "")
    return number


def _set(connection: Connection, name: str, **values: Any) -> None:
    _found(connection, name)
    connection.execute(update(member).where(member.c.name == name), values)
    _end(connection, name)


def _end(connection: Connection, name: str) -> None:
    connection.execute(delete(session).where(session.c.user_name == name))


def _keep_one_admin(connection: Connection) -> None:
    admins = select(member.c.id).where(member.c.admin, member.c.disabled_at.is_(None)).limit(1)
    if connection.execute(admins).first() is None:
        raise DataError("nobody would be left who may manage the workspace; name another admin")


def _project_id(connection: Connection, slug: str) -> int:
    found = connection.execute(select(project.c.id).where(project.c.slug == slug)).scalar()
    if found is None:
        raise UnknownName(f"There is no project '{slug[:100]}'.")
    return found


def _set_role(connection: Connection, number: int, project_id: int, role: str | None) -> None:
    mine = (membership.c.member == number) & (membership.c.project == project_id)
    if role is None:
        connection.execute(delete(membership).where(mine))
        barred = (token.c.member == number) & (token.c.project == project_id)
        connection.execute(update(token).where(barred), {"revoked_at": now()})
        return
    row = {"project": project_id, "member": number, "role": role, "created_at": now()}
    connection.execute(database.insert_replacing(connection, membership, "role"), row)
