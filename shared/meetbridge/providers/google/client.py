"""Google's client library as we use it: a bundled discovery document, our timeouts, our errors, quiet logs."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from http.client import HTTPException
from typing import Any

import httplib2
from google.api_core.client_options import ClientOptions
from google.api_core.exceptions import RetryError
from google.api_core.retry import Retry
from google.auth.exceptions import GoogleAuthError
from google.oauth2.credentials import Credentials
from google_auth_httplib2 import AuthorizedHttp
from googleapiclient.discovery import build_from_document
from googleapiclient.discovery_cache import get_static_doc
from googleapiclient.errors import Error, HttpError

from meetbridge.errors import ItemNotFound, ProviderError, RateLimited, Unavailable
from meetbridge.providers.google.failures import Gone, failure

TIMEOUT_SECONDS = 10
Json = dict[str, Any]

logging.getLogger("googleapiclient").setLevel(logging.ERROR)  # its warnings quote addresses and answers


@lru_cache(maxsize=4)
def service(api_root: str) -> Any:
    """Calendar v3 at this root, made of the bundled document; shared, for it holds no credentials."""
    document = get_static_doc("calendar", "v3")
    if document is None:
        raise RuntimeError("the package google-api-python-client lacks calendar.v3.json")
    options = ClientOptions(api_endpoint=f"{api_root.rstrip('/')}/calendar/v3/")
    return build_from_document(document, http=httplib2.Http(), client_options=options)


class Client:
    """One mailbox's calls, with its access token."""

    def __init__(self, api_root: str, access_token: str) -> None:
        self.api = service(api_root)
        credentials = Credentials(token=access_token)  # type: ignore[no-untyped-call]
        http = httplib2.Http(timeout=TIMEOUT_SECONDS)
        self._http = AuthorizedHttp(credentials, http=http, refresh_status_codes=())

    def read(self, request: Any, gone: type[ProviderError] = ItemNotFound) -> Json:
        """The answer; what is out of order for a moment is tried again within two seconds. `gone` is what 410 means."""
        try:
            return _patiently(self.call)(request)
        except Gone as e:
            raise gone(str(e)) from None
        except RetryError as e:
            raise e.cause from e

    def call(self, request: Any, etag: str = "") -> Json:
        """The answer of one request, with If-Match where there is an etag."""
        if etag:
            request.headers["If-Match"] = etag
        with _failures():
            answer = request.execute(http=self._http, num_retries=0)
        if answer in ("", b"", None):
            return {}
        if not isinstance(answer, dict):
            raise Unavailable("Google's answer is unreadable")
        return answer


def _passing(error: BaseException) -> bool:
    return isinstance(error, Unavailable) and not isinstance(error, RateLimited) and error.retry_after is None


_patiently = Retry(predicate=_passing, initial=0.2, maximum=1.0, multiplier=2.0, timeout=2.0)


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except HttpError as e:
        raise failure(e.resp.status, e.resp, e.content) from None
    except (Error, GoogleAuthError, httplib2.HttpLib2Error, HTTPException, OSError) as e:
        raise Unavailable(f"Google can't be reached: {type(e).__name__}") from None
    except (ValueError, LookupError, TypeError):  # the library trips over bodies that are not Google's
        raise Unavailable("Google's answer is unreadable") from None
