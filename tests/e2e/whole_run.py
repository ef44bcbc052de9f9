"""A whole life of an account in one run: every function, route and job at least once, for the proofs over it.

The acts come in the order of a story; each waits for what the next one needs. What people do in Google is what only
they may cause mails by; `expected_mails` counts these acts.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import requests

from local.engines.dynamodb import client
from local.stack import Stack
from tests.e2e.people import Caller, InGoogle, Platform, approve, come_back, eventually

WORD = "Quokka"
GUEST = "guest@elsewhere.example"
TRAINING = "training.mia.example.com@group.calendar.google.com"
VAULT_KEY = "alias/vault"
ENVIRONMENT = {
    "DELETION_GRACE_SECONDS": "2",
    "SWEEP_INTERVAL_SECONDS": "12",
    "VAULT_KEY_FILE": "",
    "VAULT_KEY_ID": VAULT_KEY,
}
CONNECTED = {"mia": "mia@example.com", "max": "max@example.com", "nora": "nora@example.org",
             "ada": "assistant@example.com", "olivia": "owner@example.com", "gina": "gina@globex.example"}  # fmt: skip


def fresh(person: Caller) -> Any:
    return person.ok("GET", "/v1/me/integration")["connection"]["freshness"]


class Story:
    def __init__(self, stack: Stack) -> None:
        kms = client("kms", stack.aws)
        kms.create_alias(AliasName=VAULT_KEY, TargetKeyId=kms.create_key()["KeyMetadata"]["KeyId"])
        self.stack = stack
        self.people = {who: Caller(stack, who) for who in CONNECTED}
        self.mia, self.admin = self.people["mia"], Caller(stack, "adam")
        self.google = InGoogle(stack, CONNECTED["mia"])
        self.platform = Platform(stack)
        self.expected_mails: list[tuple[str, str]] = []

    def control(self, path: str, **body: Any) -> Any:
        answer = requests.post(f"{self.stack.google}/control/{path}", json=body, timeout=20)
        assert answer.ok, answer.text
        return answer.json()

    # ---------------------------------------------------------------- the account

    def everybody_connects(self) -> None:
        self.control("channels/life", seconds=3600)
        for who, email in CONNECTED.items():
            self.people[who].connect(email)
        declined = approve(self.admin.begin(), "admin@example.com", decision="deny")
        assert self.admin.finish(come_back(self.stack, declined)).status_code == 403
        for person in self.people.values():
            eventually(partial(fresh, person))
        self.control("channels/life")

    def settings(self, **change: Any) -> None:
        """Previewed, saved, and cleaned up after."""
        found = self.admin.call("GET", "/v1/account/settings")
        body = {k: v for k, v in found.json().items() if k not in ("warnings", "job", "version")} | change
        self.admin.ok("POST", "/v1/account/settings/preview", json=body)
        etag = {"If-Match": found.headers["etag"]}
        job = self.admin.call("PUT", "/v1/account/settings", json=body, headers=etag).headers["location"]
        eventually(lambda: self.admin.ok("GET", job)["state"] == "done")

    def the_administrator_looks(self) -> None:
        self.settings(permissions={"calendar": "read_write", "contacts": "none"})
        assert self.admin.ok("GET", "/v1/account/audit")["items"]
        assert len(self.admin.ok("GET", "/v1/account/connections")["items"]) == 5
        assert "mia" in self.admin.call("GET", "/v1/account/connections", headers={"Accept": "text/csv"}).text
        assert self.platform.api.ok("GET", "/v1/users/mia")["email"] == "mia@example.com"
        self.mia.ok("PATCH", "/v1/me/integration", json={"meetings_for_events": "marked"})

    # ---------------------------------------------------------------- meetings and events

    def put(self, name: str, **more: Any) -> dict[str, Any]:
        """A meeting of mia's, as it now is on the platform with `more`."""
        known = self.platform.api.call("GET", f"/v1/users/mia/meetings/{name}")
        revision = known.json()["revision"] + 1 if known.ok else 1
        body = self.platform.meeting(f"{WORD} {name}", agenda=f"{WORD} agenda", revision=revision, **more)
        return dict(self.platform.put("mia", name, body))

    def state(self, name: str) -> str:
        return str(self.platform.get("mia", name)["calendar_state"])

    def stands(self, name: str) -> bool:
        return self.state(name) == "in_calendar"

    def event_of(self, name: str) -> dict[str, Any]:
        return eventually(lambda: self.google.titled(f"{WORD} {name}"))[0]

    def shown(self, name: str) -> list[dict[str, Any]]:
        """Occurrences that the user's own listing has under this title."""
        return [e for e in self.mia.events("2027-02-20", "2027-07-01") if e["title"] == f"{WORD} {name}"]

    def the_platform_schedules(self) -> None:
        weekly = "RRULE:FREQ=WEEKLY;COUNT=6"
        self.mia.ok("PUT", "/v1/me/calendars", json={"selected": ["mia@example.com", TRAINING], "default": None})
        changed = {"original_start": "2027-03-08T10:00:00", "topic": f"{WORD} exception"}
        dropped = {"original_start": "2027-03-15T10:00:00", "cancelled": True}
        self.put("series", recurrence=[weekly], exceptions=[changed, dropped])
        self.put("guests", invitees=[GUEST])
        self.expected_mails.append((GUEST, "invite"))
        self.put("webinar", kind="webinar", invite_by="platform", invitees=[GUEST])
        self.put("day", start="2027-03-05", duration_minutes=1440, all_day=True, private=True)
        first = {"start": "2027-04-05T09:00:00", "duration_minutes": 60, "time_zone": "Europe/Berlin",
                 "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=2"]}  # fmt: skip
        self.put("cut", **first, segments=[first, {**first, "start": "2027-04-19T11:00:00"}])
        names = ["plan", "dropped", "deleted", "moved", "freed", "told"]
        for name in names:
            self.put(name)
        for name in [*names, "series", "guests", "webinar", "day", "cut"]:
            eventually(partial(self.stands, name))
        self.put("plan", start="2027-03-02T15:00:00")
        self.platform.api.ok("DELETE", "/v1/users/mia/meetings/dropped")
        window = {"from": "2027-01-01", "to": "2027-12-31"}
        assert len(self.platform.api.ok("GET", "/v1/users/mia/meetings", params=window)["items"]) >= 10
        eventually(lambda: not self.google.titled(f"{WORD} dropped"))

    def the_user_acts_in_google(self) -> None:
        hour = {"start": {"dateTime": "2027-03-03T09:00:00+01:00", "timeZone": "Europe/Berlin"},
                "end": {"dateTime": "2027-03-03T10:00:00+01:00", "timeZone": "Europe/Berlin"}}  # fmt: skip
        marked = self.google.insert({**hour, "summary": f"{WORD} marked", "location": "@meet"})
        lunch = {**hour, "summary": f"{WORD} lunch", "attendees": [{"email": GUEST}]}
        self.google.insert(lunch, sendUpdates="all")
        self.expected_mails.append((GUEST, "invite"))
        self.google.insert({**hour, "summary": f"{WORD} rehearsal", "recurrence": ["RRULE:FREQ=WEEKLY;COUNT=8"]})
        plan, series = self.event_of("plan"), self.event_of("series")
        copy = {name: plan[name] for name in ("description", "location", "start", "end")}
        self.google.insert({**copy, "summary": f"{WORD} copy"})
        self.google.patch(plan["id"], {"summary": f"{WORD} renamed"})
        instance = self.google.call("GET", f"calendars/primary/events/{series['id']}/instances")["items"][-1]
        self.google.patch(instance["id"], {"summary": f"{WORD} last one"})
        self.google.delete(self.event_of("deleted")["id"])
        self.google.patch(self.event_of("freed")["id"], {"description": "", "location": ""})
        moved = self.event_of("moved")["id"]
        self.google.call("POST", f"calendars/primary/events/{moved}/move", params={"destination": TRAINING})
        eventually(lambda: self.platform.get("mia", "deleted")["cancelled"])
        eventually(lambda: self.platform.get("mia", "plan")["topic"] == f"{WORD} renamed")
        eventually(lambda: self.state("freed") == "unlinked")
        eventually(lambda: "/j/" in self.google.get(marked["id"]).get("description", ""))
        eventually(lambda: "last one" in str(self.platform.get("mia", "series")["exceptions"]))
        assert (self.state("moved"), self.platform.get("mia", "moved")["cancelled"]) == ("in_calendar", False)

    def edit(self, event: str, body: dict[str, Any], scope: str) -> None:
        """As a client does: what has changed meanwhile is read again."""
        path = f"/v1/me/events/{event}"

        def done() -> bool:
            etag = {"If-Match": self.mia.call("GET", path).headers["etag"]}
            answer = self.mia.call("PATCH", path, params={"scope": scope}, json=body, headers=etag)
            assert answer.ok or answer.status_code == 412, answer.text
            return answer.ok

        eventually(done)

    def delete(self, event: str, **scope: str) -> None:
        eventually(lambda: self.mia.call("DELETE", f"/v1/me/events/{event}", params=scope).status_code == 204)

    def the_user_edits_here(self) -> None:
        found = eventually(lambda: self.shown("rehearsal"))
        assert len(found) == 8
        self.edit(found[5]["id"], {"title": f"{WORD} dress rehearsal"}, "following")
        eventually(lambda: (len(self.shown("dress rehearsal")), len(self.shown("rehearsal"))) == (3, 5))
        self.edit(found[1]["id"], {"title": f"{WORD} moved up", "start": "2027-03-10T08:00:00"}, "this")
        self.delete(found[3]["id"], scope="this")
        eventually(lambda: len(self.shown("rehearsal")) == 3 and self.shown("moved up"))
        self.edit(found[0]["id"], {"description": f"{WORD} notes"}, "all")
        self.edit(self.shown("lunch")[0]["id"], {"title": f"{WORD} dinner"}, "all")
        dinner = eventually(lambda: self.shown("dinner"))[0]["id"]
        self.delete(dinner)
        self.expected_mails += [(GUEST, "update"), (GUEST, "cancel")]
        eventually(lambda: not self.shown("dinner"))
        plan = next(e for e in self.mia.events("2027-03-01", "2027-03-31") if e["meeting"])
        assert self.mia.ok("GET", f"/v1/me/events/{plan['id']}/history")["items"]
        assert self.mia.ok("GET", "/v1/me/paused")["items"] == []
        assert self.mia.call("POST", "/v1/me/paused", json={"id": "none", "action": "approve"}).status_code == 404
