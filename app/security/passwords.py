"""Passwords as argon2id hashes, two at a time: each takes 64 MB and a third of a second."""

import secrets
import threading
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from datasetbuilder.errors import DataError

SHORTEST, LONGEST = 10, 500
AT_ONCE = 2
_PATIENCE = 10.0
_T = TypeVar("_T")


class TooBusy(Exception):
    """So many people log in at the same time that this one would wait for long."""


class Passwords:
    """Makes and checks hashes, and keeps the memory that it takes within bounds."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._slots = threading.BoundedSemaphore(AT_ONCE)
        self._nobody = ""

    def hash(self, password: str) -> str:
        """The hash of a new password.

        Raises
        ------
        DataError
            If the password is too short or too long.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise DataError(f"A password has {SHORTEST} to {LONGEST} characters.")
        return self._slowly(lambda: self._hasher.hash(password))

    def fits(self, kept: str | None, password: str) -> bool:
        """Whether the password is the one; for nobody (None) it takes as long and never is."""
        if len(password) > LONGEST:
            return False
        wanted = kept or self._hash_of_nobody()
        try:
            return self._slowly(lambda: self._hasher.verify(wanted, password)) and kept is not None
        except (VerificationError, InvalidHashError):
            return False

    def _hash_of_nobody(self) -> str:
        if not self._nobody:
            self._nobody = self._slowly(lambda: self._hasher.hash(secrets.token_urlsafe(16)))
        return self._nobody

    def _slowly(self, work: Callable[[], _T]) -> _T:
        if not self._slots.acquire(timeout=_PATIENCE):
            raise TooBusy
        try:
            return work()
        finally:
            self._slots.release()


def random_password() -> str:
    """A password of 120 bits that a person can copy."""
    return secrets.token_urlsafe(15)
