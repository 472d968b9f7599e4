"""Members, roles, invites and tokens as the store keeps them."""

from datetime import UTC, datetime, timedelta

import pytest

from datasetbuilder.errors import AlreadyExists, DataError, UnknownName
from datasetbuilder.projects.attempts import Patience
from datasetbuilder.projects.invites import Invite
from datasetbuilder.projects.people import Rights, member_name
from datasetbuilder.projects.tokens import Token

SOON = datetime.now(UTC) + timedelta(days=1)
OVER = datetime.now(UTC) - timedelta(seconds=1)


@pytest.fixture
def people(campaign):
    return campaign.store.people


def test_there_is_nobody_at_first(people):
    assert (people.any(), people.members()) == (False, [])


def test_a_member_is_found_under_one_spelling(people):
    people.add(" Ada ", email="ada@example.org", actor="local")
    assert [one.name for one in people.members()] == ["ada"]
    with pytest.raises(AlreadyExists, match="ada is there already"):
        people.add("ADA", actor="local")


@pytest.mark.parametrize("name", ["", " ", "local", "Local", "a b", "a/b", "<b>", "x" * 65, "a\n"])
def test_some_names_are_none(name):
    if name == "a\n":
        assert member_name(name) == "a"
        return
    with pytest.raises(DataError, match="no name for a person"):
        member_name(name)


def test_a_role_holds_in_its_project_alone(people, campaign):
    campaign.store.create_project("Dogs")
    people.add("ada", actor="local")
    people.set_role("ada", "cells", "annotator", actor="local")
    assert people.rights("ada", "cells") == Rights(False, "annotator")
    assert people.rights("ada", "dogs") == Rights(False, None)
    assert people.rights("ada", "nope") == Rights(False, None)
    assert people.rights("eve", "cells") is None
    people.set_role("ada", "cells", "viewer", actor="local")
    assert people.roles() == [("ada", "cells", "viewer")]
    people.set_role("ada", "cells", None, actor="local")
    assert people.roles() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda people: people.set_role("ada", "cells", "viewer", actor="boss"),
        lambda people: people.set_role("ada", "cells", None, actor="boss"),
        lambda people: people.set_admin("ada", True, actor="boss"),
        lambda people: people.set_password("ada", "hash", actor="boss"),
        lambda people: people.disable("ada", actor="boss"),
        lambda people: people.end_logins("ada", actor="boss"),
    ],
)
def test_whoever_changes_loses_every_login_and_it_is_written_down(people, campaign, change):
    people.add("boss", admin=True, actor="local")
    people.add("ada", actor="local")
    campaign.store.add_session("h", "ada", SOON)
    campaign.store.add_session("b", "boss", SOON)
    change(people)
    assert campaign.store.session_user("h") is None
    assert campaign.store.session_user("b") == "boss"
    assert (people.audit()[0].actor, people.audit()[0].subject) == ("boss", "ada")


def test_a_disabled_member_has_no_rights_no_password_and_no_token(people):
    people.add("boss", admin=True, actor="local")
    people.add("ada", password_hash="hash", actor="local")
    people.add_token("t", Token("script", "ada", "cells", "read", SOON), actor="ada")
    people.disable("ada", actor="boss")
    assert people.rights("ada", None) is None
    assert people.password_hash("ada") is None
    assert people.token("t") is None
    people.enable("ada", actor="boss")
    assert people.password_hash("ada") == "hash"
    assert people.token("t") is None


def test_the_last_administrator_stays(people):
    people.add("boss", admin=True, actor="local")
    for change in (people.disable, lambda name, actor: people.set_admin(name, False, actor=actor)):
        with pytest.raises(DataError, match="nobody would be left"):
            change("boss", actor="boss")
    assert people.rights("boss", None) == Rights(True, None)


def test_an_invite_makes_one_member_once(people):
    people.invite("i", Invite("boss", SOON, project="cells", role="annotator"))
    people.accept("i", "Ada", "hash")
    assert people.rights("ada", "cells") == Rights(False, "annotator")
    with pytest.raises(UnknownName, match="was used or is over"):
        people.accept("i", "eve", "hash")


def test_a_taken_name_leaves_the_invite_as_it_was(people):
    people.add("ada", actor="local")
    people.invite("i", Invite("boss", SOON))
    with pytest.raises(AlreadyExists):
        people.accept("i", "ada", "hash")
    assert people.accept("i", "grace", "hash").name == "grace"


def test_an_invite_for_a_name_makes_no_other(people):
    people.invite("i", Invite("boss", SOON, name="ada", admin=True))
    people.accept("i", "ada", "hash")
    assert people.rights("ada", None) == Rights(True, None)


def test_an_invite_that_is_over_or_withdrawn_opens_nothing(people):
    people.invite("old", Invite("boss", OVER))
    people.invite("0123456789abcdef", Invite("boss", SOON))
    assert people.find_invite("old") is None
    (waiting,) = people.invites()
    people.withdraw(waiting.key, actor="boss")
    assert people.find_invite("0123456789abcdef") is None
    with pytest.raises(UnknownName):
        people.withdraw(waiting.key, actor="boss")


def test_a_token_is_found_until_it_is_revoked_or_over(people):
    people.add("ada", actor="local")
    people.add_token("aaaabbbbccccdddd", Token("script", "ada", "cells", "read", SOON), actor="ada")
    people.add_token("old", Token("old", "ada", None, "read", OVER), actor="ada")
    found = people.token("aaaabbbbccccdddd")
    assert (found.member, found.project, found.scope) == ("ada", "cells", "read")
    assert people.token("old") is None
    with pytest.raises(UnknownName):
        people.revoke_token("aaaabbbbcccc", actor="eve", of="eve")
    people.revoke_token("aaaabbbbcccc", actor="ada", of="ada")
    assert people.token("aaaabbbbccccdddd") is None


def test_whoever_leaves_a_project_loses_its_tokens(people):
    people.add("ada", actor="local")
    people.set_role("ada", "cells", "viewer", actor="local")
    people.add_token("t", Token("script", "ada", "cells", "read", SOON), actor="ada")
    people.set_role("ada", "cells", None, actor="local")
    assert people.token("t") is None


def test_the_fifth_failure_costs_a_wait_and_the_right_password_forgives(people):
    limits = [Patience("account:ada", 5, 60), Patience("address:1", 30, 900)]
    assert [people.knock(limits) for _ in range(5)] == [0] * 5
    assert 0 < people.knock(limits) <= 1
    people.forgive("account:ada", ["address:1"])
    assert people.knock(limits) == 0


def test_many_failures_never_wait_longer_than_the_limit(people, monkeypatch):
    moments = iter(range(10**15, 10**18, 10**10))
    monkeypatch.setattr("datasetbuilder.projects.attempts.now", lambda: next(moments))
    limits = [Patience("account:ada", 5, 60)]
    for _ in range(20):
        assert people.knock(limits) == 0
    monkeypatch.setattr("datasetbuilder.projects.attempts.now", lambda: 10**15 + 19 * 10**10 + 1)
    assert people.knock(limits) == pytest.approx(60, abs=1)
