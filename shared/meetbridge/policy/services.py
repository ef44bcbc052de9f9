"""Which services this release can connect to; the enum of the model is whole from the start."""

from __future__ import annotations

from meetbridge.model.connection import Service

AVAILABLE = frozenset({Service.GOOGLE})
