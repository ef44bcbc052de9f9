"""The calls to the one table: batches that are carried to their end, transactions whose failures have names."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError
from urllib3.exceptions import MaxRetryError
from urllib3.util import Retry

from meetbridge.errors import InvalidInput, MeetbridgeError, StorageError
from meetbridge.storage.dynamodb.wire import Item, dump, load, raw_key
from meetbridge.storage.keys import Key

MOST_ACTIONS = 100
MOST_BYTES = 3_500_000
_BATCH_GET, _BATCH_WRITE = 100, 25
_RETRY = Retry(total=8, backoff_factor=0.05, backoff_max=2, backoff_jitter=0.05)


@dataclass(frozen=True, slots=True)
class Action:
    """One action of a transaction, and the error to raise where its condition fails."""

    raw: Mapping[str, Any]
    error: MeetbridgeError
    size: int = 0


class Table:
    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name

    # ---------------------------------------------------------------- reads

    def get(self, key: Key, *, consistent: bool = True) -> dict[str, Any] | None:
        found = self.client.get_item(TableName=self.name, Key=raw_key(key), ConsistentRead=consistent).get("Item")
        return load(found) if found else None

    def batch_get(self, keys: Sequence[Key], *, consistent: bool = True) -> dict[Key, dict[str, Any]]:
        """The items that exist; as many calls as hundreds of keys."""
        found = {}
        unique = list(dict.fromkeys(keys))
        for start in range(0, len(unique), _BATCH_GET):
            wanted = [raw_key(key) for key in unique[start : start + _BATCH_GET]]
            for raw in self._batch_get(wanted, consistent):
                item = load(raw)
                found[item["pk"], item["sk"]] = item
        return found

    def _batch_get(self, wanted: list[dict[str, Any]], consistent: bool) -> Iterator[Mapping[str, Any]]:
        retry = _RETRY
        request: Mapping[str, Any] = {self.name: {"Keys": wanted, "ConsistentRead": consistent}}
        while request:
            answer = self.client.batch_get_item(RequestItems=request)
            yield from answer["Responses"].get(self.name, ())
            request = answer.get("UnprocessedKeys") or {}
            if request:
                retry = _wait(retry)

    def query(
        self,
        pk: str,
        *,
        between: tuple[str, str] | None = None,
        prefix: str | None = None,
        after: str | None = None,
        limit: int | None = None,
        forward: bool = True,
        consistent: bool = True,
    ) -> Iterator[dict[str, Any]]:
        """Items of a partition in order, page by page as they are taken. `after` is a sort key to go on from."""
        values, condition = {":pk": pk}, "pk = :pk"
        if between is not None:
            condition += " AND sk BETWEEN :low AND :high"
            values |= {":low": between[0], ":high": between[1]}
        elif prefix is not None:
            condition += " AND begins_with(sk, :prefix)"
            values[":prefix"] = prefix
        request: dict[str, Any] = {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": dump(values),
            "ScanIndexForward": forward,
            "ConsistentRead": consistent,
            **({"Limit": limit} if limit else {}),
            **({"ExclusiveStartKey": raw_key((pk, after))} if after is not None else {}),
        }
        while True:
            answer = self.client.query(**request)
            yield from (load(raw) for raw in answer["Items"])
            if "LastEvaluatedKey" not in answer:
                return
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    # ---------------------------------------------------------------- writes

    def put(self, item: Item, *, condition: str = "", values: Item | None = None) -> bool:
        """False where the condition fails."""
        return self._conditional(self.client.put_item, {"Item": dump(item)}, condition, values)

    def delete(self, key: Key, *, condition: str = "", values: Item | None = None) -> bool:
        """False where the condition fails."""
        return self._conditional(self.client.delete_item, {"Key": raw_key(key)}, condition, values)

    def _conditional(
        self, call: Callable[..., Any], request: dict[str, Any], condition: str, values: Item | None
    ) -> bool:
        _conditions(request, condition, values)
        try:
            call(TableName=self.name, **request)
        except self.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def update(self, key: Key, expression: str, *, condition: str, values: Item) -> tuple[bool, dict[str, Any]]:
        """(True, the new item), or (False, the item as it is; empty where there is none)."""
        request: dict[str, Any] = {"UpdateExpression": expression}
        _conditions(request, condition, values)
        try:
            answer = self.client.update_item(
                TableName=self.name,
                Key=raw_key(key),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **request,
            )
        except self.client.exceptions.ConditionalCheckFailedException as e:
            return False, load(e.response.get("Item") or {})
        return True, load(answer["Attributes"])

    def batch_write(self, puts: Sequence[Item] = (), deletes: Sequence[Key] = ()) -> None:
        """Without conditions; what the table leaves undone is sent again."""
        requests = [{"PutRequest": {"Item": dump(item)}} for item in puts]
        requests += [{"DeleteRequest": {"Key": raw_key(key)}} for key in deletes]
        for start in range(0, len(requests), _BATCH_WRITE):
            retry = _RETRY
            left: Mapping[str, Any] = {self.name: requests[start : start + _BATCH_WRITE]}
            while left:
                left = self.client.batch_write_item(RequestItems=left).get("UnprocessedItems") or {}
                if left:
                    retry = _wait(retry)

    def transact(self, actions: Sequence[Action]) -> None:
        """All or nothing; raises the error of the first action whose condition fails."""
        if not actions:
            return
        retry = _RETRY
        while True:
            try:
                self.client.transact_write_items(TransactItems=[dict(action.raw) for action in actions])
            except self.client.exceptions.TransactionCanceledException as e:
                _raise_failed(actions, e)
                retry = _wait(retry)
            else:
                return

    # ---------------------------------------------------------------- actions of transactions

    def putting(self, item: Item, error: MeetbridgeError, *, condition: str = "", values: Item | None = None) -> Action:
        return self._action("Put", {"Item": dump(item)}, error, condition, values, size_of(item))

    def deleting(self, key: Key, error: MeetbridgeError) -> Action:
        return self._action("Delete", {"Key": raw_key(key)}, error, "", None)

    def checking(self, key: Key, error: MeetbridgeError, *, condition: str, values: Item) -> Action:
        return self._action("ConditionCheck", {"Key": raw_key(key)}, error, condition, values)

    def updating(
        self,
        key: Key,
        expression: str,
        error: MeetbridgeError,
        *,
        condition: str = "",
        values: Item | None = None,
        names: Mapping[str, str] | None = None,
    ) -> Action:
        """`names` for attributes whose names are no words; every other `#word` stands for itself."""
        request: dict[str, Any] = {"Key": raw_key(key), "UpdateExpression": expression}
        if names:
            request["ExpressionAttributeNames"] = dict(names)
        return self._action("Update", request, error, condition, values, size_of(values or {}))

    def _action(
        self,
        kind: str,
        request: dict[str, Any],
        error: MeetbridgeError,
        condition: str,
        values: Item | None,
        size: int = 0,
    ) -> Action:
        _conditions(request, condition, values)
        return Action({kind: {"TableName": self.name, **request}}, error, size)


def _conditions(request: dict[str, Any], condition: str, values: Item | None) -> None:
    """Each `#word` is the attribute `word`: the table reserves hundreds of words, so none stands bare."""
    if condition:
        request["ConditionExpression"] = condition
    if values:
        request["ExpressionAttributeValues"] = dump(values)
    given = request.get("ExpressionAttributeNames", {})
    words = re.findall(r"#\w+", condition + request.get("UpdateExpression", ""))
    names = {word: word[1:] for word in words} | given
    if names:
        request["ExpressionAttributeNames"] = names


def size_of(item: Item) -> int:
    """The item's bytes as the table counts them, numbers rounded up."""
    return sum(len(name) + _length(value) for name, value in item.items())


def _length(value: str | bytes | int) -> int:
    if isinstance(value, str):
        return len(value.encode())
    return len(value) if isinstance(value, bytes) else 16


def cursor_out(*parts: str) -> str:
    return base64.urlsafe_b64encode("\n".join(parts).encode()).decode()


def cursor_in(cursor: str) -> list[str]:
    """Raises InvalidInput for one that is not ours."""
    try:
        return base64.urlsafe_b64decode(cursor.encode()).decode().split("\n")
    except ValueError as e:
        raise InvalidInput("the cursor is none of ours") from e


def _wait(retry: Retry) -> Retry:
    try:
        waited = retry.increment()
    except MaxRetryError as e:
        raise StorageError("the table did not take it in time") from e
    waited.sleep()
    return waited


def _raise_failed(actions: Sequence[Action], cancelled: ClientError) -> None:
    """Returns where only other transactions stood in the way."""
    reasons = [r.get("Code", "None") for r in cancelled.response.get("CancellationReasons", ())]
    for action, reason in zip(actions, reasons, strict=False):
        if reason == "ConditionalCheckFailed":
            raise action.error from cancelled
    if not reasons or set(reasons) - {"None", "TransactionConflict", "ThrottlingError"}:
        raise StorageError("the table refused a transaction") from cancelled
