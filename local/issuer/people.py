"""The sample people: two accounts, so that one can be seen to see nothing of the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Person:
    """`id` is the token's `sub`, and the name by which tests ask for a token."""

    id: str
    name: str
    account: str
    role: str
    email: str
    groups: tuple[str, ...] = ()

    def get_user_id(self) -> str:
        """Authlib's name for `id`."""
        return self.id


_ALL = (
    Person("olivia", "Olivia Owner", "acme", "owner", "owner@example.com"),
    Person("adam", "Adam Admin", "acme", "admin", "admin@example.com", ("it",)),
    Person("mia", "Mia Member", "acme", "member", "mia@example.com", ("sales",)),
    Person("max", "Max Member", "acme", "member", "max@example.com", ("sales", "field")),
    Person("nora", "Nora Neighbour", "acme", "member", "nora@example.org"),
    Person("ada", "Ada Assistant", "acme", "member", "assistant@example.com", ("assistants",)),
    Person("gina", "Gina Globex", "globex", "owner", "gina@globex.example"),
    Person("gabe", "Gabe Globex", "globex", "member", "gabe@globex.example"),
)

PEOPLE: Mapping[str, Person] = {one.id: one for one in _ALL}
ACCOUNTS = ("acme", "globex")


def further(email: str) -> Person:
    """Whoever a test needs beyond the sample people; the id is what stands before the @."""
    name = email.partition("@")[0]
    return Person(name, name, ACCOUNTS[0], "member", email)


def platform_of(account: str) -> str:
    """The OAuth client that is the platform's backend for an account."""
    return f"platform-{account}"
