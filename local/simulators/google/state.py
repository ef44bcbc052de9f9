"""What one running simulator consists of, handed to every part that needs it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from .calendars import seed
from .faults import Faults
from .notifier import Notifier
from .recording import Recorder
from .store import Store


@dataclass(frozen=True)
class Settings:
    """An empty client id takes any client; an empty redirect prefix takes loopback and https."""

    client_id: str = ""
    client_secret: str = ""
    redirect_uri_prefix: str = ""
    issuer: str = "https://accounts.google.com"


class Simulator:
    """Opened with its state; `close` releases waiting calls, ends the deliveries and closes the files."""

    def __init__(self, path: str, settings: Settings, record: str | None = None) -> None:
        self.settings = settings
        self.closing = threading.Event()
        self.store = Store(path)
        self.recorder = Recorder(record)
        self.faults = Faults()
        self.notifier = Notifier(self.store, self.recorder, self.faults, self.closing)
        seed(self.store)

    def close(self) -> None:
        self.notifier.close()
        self.store.close()
        self.recorder.close()
