#!/usr/bin/env python3
"""A client of Heavylift in Python 3.10 or newer, without a package. Take from it what you need.

    URL=http://127.0.0.1:3000 KEY=... python3 client.py submit FILE WIDTH OUT [CALLBACK_URL]
    WEBHOOK_SECRET=whsec_... python3 client.py receive PORT
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import uuid
from http.client import HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.error import HTTPError
from urllib.request import Request, urlopen

URL = os.environ.get("URL", "http://127.0.0.1:3000")
KEY = os.environ.get("KEY", "")
WEBHOOK_SECRET = os.environ.get("WEBHOOK_SECRET", "")
TRIES = 5
MAX_WEBHOOK_BYTES = 1_000_000
TOLERANCE_SECONDS = 300


class ApiError(Exception):
    """What the server refused (RFC 9457): the text is its sentence, `code` is there for programs to act on."""

    def __init__(self, problem):
        super().__init__(problem["detail"])
        self.code = problem.get("code")
        self.errors = problem.get("errors", [])  # one {"pointer", "detail"} for each faulty field


def call(path, body=None, headers=None):
    """Asks the API: a GET, or with a body a POST; returns the answer's bytes.

    What gets no answer, or "not now" (429, 5xx), is asked again: an Idempotency-Key makes that safe.
    """
    headers = {"Authorization": "Bearer " + KEY, **(headers or {})}
    for tries in range(1, TRIES + 1):
        pause = 2 ** (tries - 1)
        try:
            with urlopen(Request(URL + path, body, headers), timeout=60) as answer:
                return answer.read()
        except HTTPError as error:
            may_pass = error.code == 429 or error.code >= 500
            if not may_pass or tries == TRIES:
                raise read_error(error) from None
            retry_after = error.headers.get("Retry-After", "")
            pause = int(retry_after) if retry_after.isdecimal() else pause
        except (OSError, HTTPException):
            if tries == TRIES:
                raise
        time.sleep(pause)


def read_error(answer):
    if answer.headers.get_content_type() == "application/problem+json":
        return ApiError(json.load(answer))
    return ApiError({"detail": f"The server answered {answer.code}."})


def multipart(fields, file):
    """A form with a file, as its bytes and its content type. Neither the file's name nor its type matters."""
    boundary = uuid.uuid4().hex
    head = f"--{boundary}\r\nContent-Disposition: form-data; name="
    texts = "".join(f'{head}"{name}"\r\n\r\n{text}\r\n' for name, text in fields.items())
    body = texts + f'{head}"file"; filename="file"\r\nContent-Type: application/octet-stream\r\n\r\n'
    return body.encode() + file + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def submit(path, width, out, callback_url=""):
    """Posts an image, waits for its rendition and writes it to `out`."""
    with open(path, "rb") as file:
        content = file.read()
    # A field that is left empty counts as not sent.
    body, content_type = multipart({"width": width, "callbackUrl": callback_url}, content)
    # The same work has the same key, however often it is sent: one job. The id of your own record does it as well.
    key = hashlib.sha256(content + f"{width} {callback_url}".encode()).hexdigest()
    headers = {"Content-Type": content_type, "Idempotency-Key": f'"{key}"'}
    job_id = json.loads(call("/v1/images", body, headers))["id"]
    print(job_id, flush=True)

    job = wait_for_end(job_id)
    if job["state"] != "completed":
        raise ApiError(job["error"])
    result = call(f"/v1/jobs/{job_id}/result")
    with open(out, "wb") as file:
        file.write(result)


def wait_for_end(job_id):
    """The job once it has ended. Each request is held by the server until then, or for 30 seconds."""
    while True:
        job = json.loads(call(f"/v1/jobs/{job_id}", headers={"Prefer": "wait=30"}))
        if job["state"] in ("completed", "failed", "cancelled"):
            return job


def find_fault(headers, body, secret):
    """Why a webhook (https://www.standardwebhooks.com) is not to be trusted, or None. `body`: its very bytes."""
    webhook_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - float(timestamp)) > TOLERANCE_SECONDS:
        return "its timestamp is not of now"
    key = base64.b64decode(secret.removeprefix("whsec_") + "==")  # its padding may have been left out
    digest = hmac.digest(key, f"{webhook_id}.{timestamp}.".encode() + body, "sha256")
    expected = b"v1," + base64.b64encode(digest)
    # Several while the secret is being changed: one of them has to match.
    for signature in headers.get("webhook-signature", "").split(" "):
        if hmac.compare_digest(signature.encode(), expected):
            return None
    return "no signature matches"


class Receiver(BaseHTTPRequestHandler):
    """Takes webhooks. A webhook can arrive twice: an application keeps each webhook-id it has acted on."""

    timeout = 20  # seconds without a byte

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_WEBHOOK_BYTES:
            return self.answer(413)
        body = self.rfile.read(int(length))
        fault = find_fault(self.headers, body, WEBHOOK_SECRET)
        # Answer at once and work afterwards: what takes long counts as a failure and comes again.
        self.answer(400 if fault else 204)
        if fault:
            return print("refused:", fault, file=sys.stderr, flush=True)
        event = json.loads(body)
        return print(event["type"], event["data"]["id"], flush=True)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_args):
        """Says nothing of its own."""


def receive(port):
    if not WEBHOOK_SECRET:
        sys.exit("WEBHOOK_SECRET is not set.")
    server = ThreadingHTTPServer(("127.0.0.1", int(port)), Receiver)
    print(f"waiting for webhooks on port {port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    try:
        match sys.argv[1:]:
            case ["submit", path, width, out, *callback_url]:
                submit(path, width, out, *callback_url)
            case ["receive", port]:
                receive(port)
            case _:
                sys.exit(__doc__)
    except (ApiError, OSError, HTTPException) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        pass
