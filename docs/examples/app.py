"""An application with an upload form, by Python's standard library.

HEAVYLIFT=https://jobs.example.com KEY=hl_... WEBHOOK_SECRET=whsec_... ORIGIN=https://shop.example PORT=8080 python3 app.py
"""
import base64
import hmac
import json
import os
import re
import time
import uuid
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen

HEAVYLIFT, KEY, WEBHOOK_SECRET, ORIGIN, PORT = (
    os.environ[name] for name in ("HEAVYLIFT", "KEY", "WEBHOOK_SECRET", "ORIGIN", "PORT")
)
PAGE = Path(__file__).with_name("page.html").read_text().replace("HEAVYLIFT", HEAVYLIFT).encode()
OPTIONS = {"width": 800, "format": "webp"}
MOST_BYTES = 90_000_000


def ask(path, body=None, content_type="application/json"):
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": content_type}
    with urlopen(Request(HEAVYLIFT + path, body, headers), timeout=60) as answer:
        return json.load(answer)


def make_token(visitor):
    """A token for this visitor's browser: what it may upload, from where, and what becomes of it. The key stays here."""
    limits = {"maxFiles": 4, "maxBytes": "20MB", "types": ["image/*"], "expiresIn": "15m", "origins": [ORIGIN]}
    job = {"kind": "images", "options": OPTIONS, "metadata": {"visitor": visitor}, "callbackUrl": f"{ORIGIN}/webhook"}
    return ask("/v1/upload-tokens", json.dumps({**limits, **job, "visitor": visitor}).encode())["token"]


def pass_on(part, visitor):
    fields = {**OPTIONS, "metadata": json.dumps({"visitor": visitor}), "callbackUrl": f"{ORIGIN}/webhook"}
    return ask(f"/v1/images?{urlencode(fields)}", part.get_payload(decode=True), part.get_content_type())


def take_order(content_type, body, visitor):
    """The form has the ids of the jobs; without JavaScript it has the files, which are passed on."""
    form = BytesParser().parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    ids = []
    for part in form.get_payload():
        content = part.get_payload(decode=True)
        if part.get_param("name", header="content-disposition") != "photos" or not content:
            continue
        job = pass_on(part, visitor) if part.get_filename() else ask(f"/v1/jobs/{quote(content.decode(), '')}")
        # An id that somebody else's photo has is no photo of this visitor.
        if job["metadata"].get("visitor") == visitor:
            ids.append(job["id"])
    return f"Ordered: {' '.join(ids)}".encode()


def is_signed(headers, body):
    key = base64.b64decode(WEBHOOK_SECRET.removeprefix("whsec_"))
    moment = headers.get("webhook-timestamp", "")
    digest = hmac.digest(key, f"{headers.get('webhook-id')}.{moment}.".encode() + body, "sha256")
    expected = b"v1," + base64.b64encode(digest)
    given = headers.get("webhook-signature", "").encode().split(b" ")
    is_now = moment.isdecimal() and abs(time.time() - int(moment)) < 300
    return is_now and any(hmac.compare_digest(one, expected) for one in given)


class App(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/upload-token":
            self.answer(200, "application/json", json.dumps({"token": make_token(self.visitor)}).encode())
        elif self.path == "/":
            self.answer(200, "text/html; charset=utf-8", PAGE)
        else:
            self.answer(404)

    def do_POST(self):
        length = int(self.headers.get("Content-Length", 0))
        if length > MOST_BYTES:
            return self.answer(413)
        body = self.rfile.read(length)
        if self.path == "/order":
            self.answer(200, "text/plain", take_order(self.headers["Content-Type"], body, self.visitor))
        elif self.path == "/webhook" and is_signed(self.headers, body):
            # It may come twice, so keep each webhook-id that you have acted on.
            self.answer(204)
            event = json.loads(body)
            print(event["type"], event["data"]["id"], event["data"]["metadata"]["visitor"], flush=True)
        else:
            self.answer(400)

    def parse_request(self):
        """Finds out who this is: in your application, whoever is signed in."""
        if not super().parse_request():
            return False
        known = re.search(r"visitor=([\w-]+)", self.headers.get("Cookie", ""))
        self.visitor = known[1] if known else str(uuid.uuid4())
        return True

    def answer(self, status, content_type=None, body=b""):
        self.send_response(status)
        if content_type:
            self.send_header("Content-Type", content_type)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Set-Cookie", f"visitor={self.visitor}; HttpOnly; SameSite=Lax")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        """Quiet."""


if __name__ == "__main__":
    print(f"listening on port {PORT}", flush=True)
    ThreadingHTTPServer(("127.0.0.1", int(PORT)), App).serve_forever()
