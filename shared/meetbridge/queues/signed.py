"""SQS without boto3, for the webhook function: to load the service's model and to make a client of it costs a cold
start more than all the rest, and one call needs neither.

botocore signs, urllib3 sends and retries: a message that arrives twice is dropped by its deduplication id.
https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-making-api-requests-json.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials, EnvProvider
from urllib3 import PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError

from meetbridge.errors import StorageError

_HEADERS = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "AmazonSQS.SendMessageBatch"}
_RETRY = Retry(
    total=3,
    allowed_methods=None,
    status_forcelist=(500, 502, 503, 504),
    redirect=False,
    backoff_factor=0.1,
    backoff_jitter=0.1,
    raise_on_status=False,
)


class SignedSqs:
    """What `send` needs of boto3's client; `endpoint` empty is where the queue's URL points."""

    def __init__(self, region: str, endpoint: str = "") -> None:
        self._region = region
        self._endpoint = endpoint
        self._http = PoolManager(retries=_RETRY, timeout=Timeout(connect=2, read=5))

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:  # noqa: N803
        """SQS's own answer; raises StorageError where there is none."""
        request = self._signed(QueueUrl, json.dumps({"QueueUrl": QueueUrl, "Entries": Entries}))
        try:
            answer = self._http.request("POST", request.url, body=request.body, headers=dict(request.headers))
        except HTTPError as e:
            raise StorageError(f"the queue can't be reached: {type(e).__name__}") from e
        if answer.status != 200:
            raise StorageError(f"the queue answered {answer.status}")
        taken: dict[str, Any] = answer.json()
        return taken

    def _signed(self, queue_url: str, body: str) -> Any:
        at = urlsplit(queue_url)
        request = AWSRequest("POST", self._endpoint or f"{at.scheme}://{at.netloc}/", _HEADERS, body)
        SigV4Auth(_credentials(), "sqs", self._region).add_auth(request)
        return request.prepare()


def _credentials() -> Credentials:
    """Those of the environment, which Lambda gives; elsewhere whatever botocore finds."""
    found = EnvProvider().load()
    if found is None:
        from botocore.session import Session

        found = Session().get_credentials()
    if found is None:
        raise StorageError("there are no AWS credentials")
    return found
