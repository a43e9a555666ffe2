"""Receives webhooks: WEBHOOK_SECRET=whsec_... webhook.py 8080"""

import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from heavylift import WebhookRefused, verify_webhook

SECRET = os.environ["WEBHOOK_SECRET"]
MOST_BYTES = 1_000_000


class Receiver(BaseHTTPRequestHandler):
    timeout = 20  # seconds without a byte

    def do_POST(self):
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            return self.answer(413)
        body = self.rfile.read(int(length))
        try:
            event = verify_webhook(body, self.headers, SECRET)
        except WebhookRefused as error:
            print("refused:", error, file=sys.stderr, flush=True)
            return self.answer(400)
        # Answer at once and work afterwards, once for each webhook-id: the same one may come again.
        self.answer(204)
        print(event["type"], event["data"]["id"], flush=True)

    def answer(self, status):
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_args):
        """Says nothing of its own."""


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
