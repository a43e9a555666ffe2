"""Webhooks, signed as https://www.standardwebhooks.com has it."""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import time
from collections.abc import Iterable, Mapping

from .errors import WebhookRefused
from .types import Event


def verify_webhook(
    body: bytes | str,
    headers: Mapping[str, str],
    secret: str | Iterable[str],
    *,
    tolerance: float = 300,
) -> Event:
    """What a webhook tells, once it is known to be genuine. Raises WebhookRefused.

    body: the bytes as they came. headers: those of the request, in whichever case. secret: `whsec_...`, or several
    of them while it is being changed. tolerance: seconds that its time may be away from this machine's.
    """
    content = body.encode() if isinstance(body, str) else bytes(body)
    given = {name.lower(): value for name, value in headers.items()}
    webhook_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) < 16):
        raise WebhookRefused("The webhook has no time that can be read.", code="webhook_refused")
    if abs(time.time() - int(timestamp)) > tolerance:
        raise WebhookRefused("The webhook is not of now: it may be a recorded one.", code="webhook_refused")
    signed = f"{webhook_id}.{timestamp}.".encode() + content
    secrets = [secret] if isinstance(secret, str) else list(secret)
    expected = [b"v1," + base64.b64encode(hmac.new(_key_of(one), signed, "sha256").digest()) for one in secrets]
    signatures = given.get("webhook-signature", "").encode("utf-8", "replace").split(b" ")
    # Every pair is compared, so that the time tells nothing of which one matches.
    if not any([hmac.compare_digest(one, other) for one in signatures for other in expected]):
        raise WebhookRefused("No signature of the webhook matches.", code="webhook_refused")
    return json.loads(content)


def _key_of(secret: str) -> bytes:
    text = secret.strip().removeprefix("whsec_")
    try:
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        key = b""
    if not key:
        raise ValueError("A webhook secret must be whsec_ and a text in Base64.")
    return key
