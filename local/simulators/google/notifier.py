"""Delivers notifications from the background, so that no API call waits for a receiver.

Each delivery has a thread of a small pool; one that gets 5xx or no answer is tried again with back-off.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate

import requests

from .channels import open_on
from .faults import Faults
from .recording import Recorder, answer, message
from .store import Store

WAITS = (0.5, 1.0, 2.0, 4.0, 8.0)
PATIENCE = 10.0


class Notifier:
    def __init__(self, store: Store, recorder: Recorder, faults: Faults, closing: threading.Event) -> None:
        self._store, self._recorder, self._faults, self._closing = store, recorder, faults, closing
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="notify")
        store.listeners.append(self.changed)

    def close(self) -> None:
        self._closing.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def changed(self, calendars: set[str]) -> None:
        for channel in open_on(self._store, calendars):
            self.send(channel, "exists")

    def send(self, channel: str, state: str) -> None:
        """One notification, subject to the faults that are switched on; `sync` is spared."""
        fault = self._faults.next_notification() if state != "sync" else None
        if fault and fault.kind == "lose":
            return
        headers = self._headers(channel, state)
        if headers is None or self._closing.is_set():
            return
        address, sent = headers
        wait = fault.seconds if fault and fault.kind == "delay" else 0.0
        for _ in range(2 if fault and fault.kind == "double" else 1):
            self._pool.submit(self._deliver, address, sent, wait)

    def _headers(self, channel: str, state: str) -> tuple[str, dict[str, str]] | None:
        with self._store.transaction():
            self._store.run("update channels set number=number+1 where id=?", channel)
            found = self._store.one("select * from channels where id=?", channel)
        if found is None:
            return None
        headers = {
            "X-Goog-Channel-ID": channel,
            "X-Goog-Channel-Expiration": formatdate(found["expiration"] / 1000, usegmt=True),
            "X-Goog-Message-Number": str(found["number"]),
            "X-Goog-Resource-ID": found["resource"],
            "X-Goog-Resource-State": state,
            "X-Goog-Resource-URI": found["uri"],
            "User-Agent": "APIs-Google; (+https://developers.google.com/webmasters/APIs-Google.html)",
        }
        if found["token"]:
            headers["X-Goog-Channel-Token"] = found["token"]
        return found["address"], headers

    def _deliver(self, address: str, headers: Mapping[str, str], wait: float) -> None:
        if wait and self._closing.wait(wait):
            return
        for pause in (*WAITS, 0.0):
            status = self._post(address, headers)
            if status is not None and status < 500:
                return
            if self._closing.wait(pause):
                return

    def _post(self, address: str, headers: Mapping[str, str]) -> int | None:
        """The status of the answer; None where none came. Any answer below 500 ends the tries."""
        sent = message("POST", address, headers, "")
        try:
            got = requests.post(address, data=b"", headers=dict(headers), timeout=PATIENCE, allow_redirects=False)
        except requests.RequestException:
            self._recorder.write("in", sent, None)
            return None
        self._recorder.write("in", sent, answer(got.status_code, got.headers, got.text[:2000]))
        return got.status_code
