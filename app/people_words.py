"""What ``user``, ``token`` and ``create-admin`` do and say."""

from datasetbuilder.app import console
from datasetbuilder.app.rest.people import member_to_wire
from datasetbuilder.app.rest.session import token_to_wire
from datasetbuilder.app.security.door import make_invite, make_token
from datasetbuilder.app.security.passwords import Passwords, random_password
from datasetbuilder.projects.people import People, member_name

_ACTOR = "local"


def add(people: People, name: str, *, email: str, admin: bool, as_json: bool) -> None:
    """Make an account with a random password, and say it."""
    password = random_password()
    hashed = Passwords().hash(password)
    made = people.add(name, password_hash=hashed, email=email, admin=admin, actor=_ACTOR)
    _say_password(made.name, password, as_json=as_json)


def renew(people: People, name: str, *, as_json: bool) -> None:
    """Give a random password, and say it."""
    password = random_password()
    name = member_name(name)
    people.set_password(name, Passwords().hash(password), actor=_ACTOR)
    _say_password(name, password, as_json=as_json)


def _say_password(name: str, password: str, *, as_json: bool) -> None:
    if as_json:
        console.emit_json({"user": name, "password": password})
        return
    console.say(f"{name} logs in with the password {password}")
    console.say("It is shown this once and kept nowhere; the person may change it after login.")


def show_members(people: People, *, as_json: bool) -> None:
    """The accounts with their roles."""
    roles: dict[str, dict[str, str]] = {}
    for name, slug, role in people.roles():
        roles.setdefault(name, {})[slug] = role
    members = people.members()
    if as_json:
        found = [{**member_to_wire(one), "roles": roles.get(one.name, {})} for one in members]
        console.emit_json({"users": found})
        return
    rows = [
        (
            one.name,
            "shut out" if one.disabled else "admin" if one.admin else "",
            ", ".join(f"{slug}: {role}" for slug, role in roles.get(one.name, {}).items()),
        )
        for one in members
    ]
    console.show_table(("name", "", "roles"), rows)


def invite(  # noqa: PLR0913 - what the person will be
    people: People, name: str, project: str | None, role: str, *, admin: bool, as_json: bool
) -> None:
    """Make an invite, and say where it leads."""
    secret = make_invite(
        people,
        actor=_ACTOR,
        name=name,
        admin=admin,
        project=project,
        role=role if project else "",
    )
    path = f"/login/invite?token={secret}"
    if as_json:
        console.emit_json({"path": path})
        return
    console.say(f"Put the address of the server before it and send it: {path}")
    console.say("It makes one account, once, within seven days.")


def create_token(  # noqa: PLR0913 - what the token is for
    people: People,
    name: str,
    scope: str,
    project: str | None,
    member: str,
    days: int,
    *,
    as_json: bool,
) -> None:
    """Make a token, and say it."""
    secret = make_token(
        people,
        actor=_ACTOR,
        name=name,
        member=member_name(member) if member else "",
        project=project,
        scope=scope,
        days=days,
    )
    if as_json:
        console.emit_json({"token": secret})
        return
    console.say(secret)
    console.say("It is shown this once and kept nowhere. Send it as: Authorization: Bearer …")


def show_tokens(people: People, *, as_json: bool) -> None:
    """The tokens without their secrets."""
    tokens = [token_to_wire(token) for token in people.tokens()]
    if as_json:
        console.emit_json({"tokens": tokens})
        return
    rows = [
        (
            one["key"],
            one["name"],
            one["user"],
            one["project"] or "every project",
            one["scope"],
            "revoked" if one["revoked"] else (one["expires_at"] or "")[:10],
        )
        for one in tokens
    ]
    console.show_table(("key", "name", "user", "project", "scope", "until"), rows)
