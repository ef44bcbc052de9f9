"""Conferences: a createRequest is answered at once with a made-up Meet address."""

from __future__ import annotations

import hashlib

from .errors import Json, invalid, required


def made(data: Json) -> Json:
    """Conference data with the conference made where a createRequest asks for it."""
    request = data.get("createRequest")
    if not request or "conferenceId" in data:
        return data
    if not request.get("requestId"):
        raise required("conferenceData.createRequest.requestId")
    kind = request.get("conferenceSolutionKey", {}).get("type", "hangoutsMeet")
    if kind != "hangoutsMeet":
        raise invalid("Invalid conference type value.", "conferenceData")
    digest = (
        hashlib.sha256(request["requestId"].encode()).hexdigest().translate(str.maketrans("0123456789", "ghijklmnop"))
    )
    name = f"{digest[:3]}-{digest[3:7]}-{digest[7:10]}"
    key = {"type": "hangoutsMeet"}
    entry = {"entryPointType": "video", "uri": f"https://meet.google.com/{name}", "label": f"meet.google.com/{name}"}
    created = {**request, "conferenceSolutionKey": key, "status": {"statusCode": "success"}}
    solution = {"key": key, "name": "Google Meet"}
    return {"createRequest": created, "entryPoints": [entry], "conferenceSolution": solution, "conferenceId": name}


def link(data: Json) -> str:
    """The `hangoutLink` of a Meet conference; empty for others."""
    if data.get("conferenceSolution", {}).get("key", {}).get("type") != "hangoutsMeet":
        return ""
    return next((str(e["uri"]) for e in data.get("entryPoints", ()) if e.get("entryPointType") == "video"), "")
