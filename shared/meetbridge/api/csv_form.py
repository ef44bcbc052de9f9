"""The listing of connections as text/csv (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io

from aws_lambda_powertools.event_handler import Response

from meetbridge.api.account_models import ConnectionPage

COLUMNS = ("user", "service", "state", "reason", "freshness")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def wants_csv(accept: str) -> bool:
    return "text/csv" in accept.lower()


def as_csv(page: ConnectionPage) -> Response[str]:
    """One page; the next one's cursor stands in the header X-Next-Cursor."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for item in page.items:
        freshness = item.freshness.isoformat() if item.freshness else ""
        writer.writerow([_safe(item.user), item.service, item.state, item.reason or "", freshness])
    headers = {"X-Next-Cursor": page.next} if page.next else {}
    return Response(200, "text/csv; charset=utf-8", out.getvalue(), headers=headers)


def _safe(text: str) -> str:
    """A spreadsheet reads what begins so as a formula; a leading apostrophe keeps it text."""
    return f"'{text}" if text.startswith(FORMULA) else text
