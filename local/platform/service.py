"""What the platform does: keeps meetings, tells Meetbridge of them, hears of changes."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import requests

from local.issuer.people import Person
from local.platform.store import Kept, Store

logger = logging.getLogger("local.platform")

_STATE = "calendar_state"
_WIRE = (
    "topic", "start", "duration_minutes", "time_zone", "all_day", "recurrence", "exceptions", "segments", "join_url",
    "host_email", "invitees", "invite_by", "agenda", "private", "kind", "event_id", "revision",
)  # fmt: skip


class Service:
    """`token` gives the platform's own access token of an account; `public_url` is where its join links lead."""

    def __init__(self, store: Store, api: str, public_url: str, token: Callable[[str], str]) -> None:
        self.store = store
        self._api = api
        self._public_url = public_url
        self._token = token
        self._lock = threading.RLock()

    def register(self, people: Iterable[Person]) -> None:
        """Tell Meetbridge's directory who there is."""
        for person in people:
            body = {"email": person.email, "groups": list(person.groups), "active": True}
            answer = self._call("PUT", person.account, f"/v1/users/{person.id}", body)
            if not answer.ok:
                logger.warning("the directory did not take %s: %s", person.id, answer.status_code)

    def join_url(self, meeting: str) -> str:
        return f"{self._public_url}/j/{meeting}"

    def put(self, account: str, user: str, name: str, fields: Mapping[str, Any]) -> requests.Response:
        """Make or change a meeting, here and in the calendar; the revision goes up by one."""
        with self._lock:
            old = self.store.meeting(account, user, name)
            known = dict(old.body) if old else {"join_url": self.join_url(name), "kind": "meeting"}
            body = {**known, **fields, "revision": int(known.get("revision", 0)) + 1}
            kept = Kept(account, user, name, body, old.state if old else "sent")
            self.store.save(kept)
            answer = self._call("PUT", account, self._path(kept), body)
            self._note(kept, answer)
            return answer

    def cancel(self, account: str, user: str, name: str) -> requests.Response:
        answer = self._call("DELETE", account, f"/v1/users/{user}/meetings/{name}", None)
        with self._lock:
            kept = self.store.meeting(account, user, name)
            if kept is not None and answer.ok:
                self.store.save(Kept(account, user, name, kept.body, "cancelled"))
        return answer

    def hear(self, event: Mapping[str, Any]) -> None:
        """A verified event; one that came before, or is older than what is known, changes nothing."""
        if not self.store.receive(event["id"], event):
            return
        if event["type"] == "meeting.requested":
            threading.Thread(target=self._answer_request, args=(event,), daemon=True).start()
        elif event["type"].startswith("meeting."):
            self._hear_meeting(event["account_id"], event["data"])

    def _hear_meeting(self, account: str, data: Mapping[str, Any]) -> None:
        with self._lock:
            user, name = str(data["user"]), str(data["id"])
            old = self.store.meeting(account, user, name)
            if old is not None and int(old.body.get("revision", 0)) > int(data.get("revision", 0)):
                return
            told = {member: data[member] for member in _WIRE if member in data}
            body = {**(old.body if old else {}), **told}
            self.store.save(Kept(account, user, name, body, str(data.get(_STATE, ""))))

    def _answer_request(self, event: Mapping[str, Any]) -> None:
        """The calendar asks for a meeting: for a link of ours only where it is that user's, else with a new link."""
        data, account = event["data"], event["account_id"]
        user, link = str(data["user"]), data.get("join_url")
        name = uuid.uuid5(uuid.NAMESPACE_URL, f"{account}/{user}/{data['event_id']}").hex[:12]
        if link:
            name = str(link).removeprefix(self.join_url(""))
            if self.store.meeting(account, user, name) is None:
                logger.info("a link in a calendar is not a meeting of its owner")
                return
        told = {one: data[one] for one in _WIRE if data.get(one) and one not in ("revision", "join_url")}
        answer = self.put(account, user, name, told)
        if not answer.ok:
            logger.warning("the answer to meeting.requested was refused: %s", answer.status_code)

    def _note(self, kept: Kept, answer: requests.Response) -> None:
        state = answer.json().get(_STATE, kept.state) if answer.ok else f"refused ({answer.status_code})"
        self.store.save(Kept(kept.account, kept.user, kept.id, kept.body, state))

    @staticmethod
    def _path(kept: Kept) -> str:
        return f"/v1/users/{kept.user}/meetings/{kept.id}"

    def _call(self, method: str, account: str, path: str, body: Mapping[str, Any] | None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self._token(account)}"}
        return requests.request(method, self._api + path, json=body, headers=headers, timeout=40)
