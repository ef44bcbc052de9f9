"""The least that a function which writes something can do: the standard library's HTTP and a PutItem signed by hand.

The yardstick of a cold start, run as a script; nothing else uses it.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

import hashlib
import hmac
import http.client
import json
import os
from datetime import UTC, datetime

host = os.environ["AWS_ENDPOINT_URL_DYNAMODB"].removeprefix("http://")
body = json.dumps({"TableName": "meetbridge", "Item": {"pk": {"S": "t"}, "sk": {"S": "u"}}}).encode()
stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
parts = stamp[:8], os.environ["AWS_REGION"], "dynamodb", "aws4_request"
headers = {
    "content-type": "application/x-amz-json-1.0",
    "host": host,
    "x-amz-date": stamp,
    "x-amz-security-token": os.environ["AWS_SESSION_TOKEN"],
    "x-amz-target": "DynamoDB_20120810.PutItem",
}
names = ";".join(headers)
lines = [f"{name}:{value}" for name, value in headers.items()]
canonical = "\n".join(["POST", "/", "", *lines, "", names, hashlib.sha256(body).hexdigest()])
text = "\n".join(["AWS4-HMAC-SHA256", stamp, "/".join(parts), hashlib.sha256(canonical.encode()).hexdigest()])
key = b"AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"].encode()
for part in parts:
    key = hmac.digest(key, part.encode(), "sha256")
signature = hmac.digest(key, text.encode(), "sha256").hex()
credential = f"{os.environ['AWS_ACCESS_KEY_ID']}/{'/'.join(parts)}"
headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
connection = http.client.HTTPConnection(host)
connection.request("POST", "/", body, headers)
answer = connection.getresponse()
said = answer.read()
assert answer.status == 200, said
