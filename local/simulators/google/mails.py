"""The mails that Google would have sent: kept and counted, never sent."""

from __future__ import annotations

from collections.abc import Iterable

from .errors import Json
from .rows import now
from .store import Row, Store
from .times import now_text


def policy(query: Json) -> str:
    """`sendUpdates`, or what the deprecated `sendNotifications` means."""
    return str(query.get("sendUpdates") or ("all" if query.get("sendNotifications") else "none"))


def guests(row: Row) -> set[str]:
    return {item["email"] for item in row.body.get("attendees", ()) if not row.cancelled}


def announce(store: Store, sender: str, before: set[str], row: Row, sends: str, *, changed: bool = True) -> None:
    """Invitations to who is new, updates to who stays, cancellations to who is no longer invited."""
    after = guests(row)
    send(store, sender, after - before, "invite", row, sends)
    send(store, sender, before - after, "cancel", row, sends)
    if changed:
        send(store, sender, before & after, "update", row, sends)


def send(store: Store, sender: str, recipients: Iterable[str], kind: str, row: Row, sends: str) -> None:
    organizer = row.body.get("organizer", {}).get("email")
    for email in sorted(set(recipients) - {sender} - ({organizer} if kind != "reply" else set())):
        outside = store.one("select 1 from accounts where email=?", email) is None
        if sends == "all" or (sends == "externalOnly" and outside):
            values = (sender, email, kind, row.id, now_text(now()))
            store.run("insert into mails (sender, recipient, kind, event, at) values (?,?,?,?,?)", *values)


def listed(store: Store) -> list[Json]:
    return [dict(item) for item in store.all("select * from mails order by n")]
