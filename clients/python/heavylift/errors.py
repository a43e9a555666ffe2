"""What can go wrong, by what one does about it."""

from __future__ import annotations

import time
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any


class HeavyliftError(Exception):
    """Anything that went wrong; its text is a sentence for people.

    code: for programs, such as "invalid_request"; "no_answer" where nothing was heard.
    status: of the answer; None where there was none.
    errors: one {"pointer", "detail"} for each faulty field.
    request_id: the name of the request in the server's logs.
    retryable: whether the same may be answered otherwise soon.
    retry_after: seconds until another try makes sense; None where nothing is known.
    """

    def __init__(
        self,
        detail: str,
        *,
        code: str = "error",
        status: int | None = None,
        errors: list[dict[str, str]] | None = None,
        request_id: str | None = None,
        retryable: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status
        self.errors = errors or []
        self.request_id = request_id
        self.retryable = retryable
        self.retry_after = retry_after


class InvalidRequest(HeavyliftError):
    """What was asked for can not be had as it stands: `errors` names the fields."""


class Unauthorized(HeavyliftError):
    """The key does not hold (401), or may not do this (403)."""


class NotFound(HeavyliftError):
    """There is no such thing, or it is gone (404, 410)."""


class Conflict(HeavyliftError):
    """Things stand in another way than the request takes them to (409, 412)."""


class RateLimited(HeavyliftError):
    """Too much at a time (429): a rate, or a quota."""


class Unavailable(HeavyliftError):
    """Not now: the server can not (5xx), or did not answer."""


class TimedOut(HeavyliftError, TimeoutError):
    """A job has not ended in the time that was given; it goes on."""


class WebhookRefused(HeavyliftError):
    """A webhook is not to be trusted."""


class JobFailed(HeavyliftError):
    """A job failed or was cancelled: `job` is all that is known of it."""

    def __init__(self, job: dict[str, Any]) -> None:
        error = job.get("error") or {}
        super().__init__(
            error.get("detail") or f"The job {job.get('id')} is {job.get('state')}.",
            code=error.get("code") or str(job.get("state")),
            status=error.get("status"),
            errors=error.get("errors"),
            request_id=job.get("requestId"),
        )
        self.job = job


_TYPES = {
    401: Unauthorized,
    403: Unauthorized,
    404: NotFound,
    409: Conflict,
    410: NotFound,
    412: Conflict,
    429: RateLimited,
}
_MAY_PASS = (408, 425, 429, 500, 502, 503, 504)


def error_of(status: int, headers: Message, problem: dict[str, Any]) -> HeavyliftError:
    """The error that an answer is, by its status, its head, and its problem details (RFC 9457), which may be empty."""
    kind = _TYPES.get(status) or (Unavailable if status >= 500 else InvalidRequest)
    return kind(
        problem.get("detail") or f"The server answered {status}.",
        code=problem.get("code") or f"http_{status}",
        status=status,
        errors=problem.get("errors"),
        request_id=problem.get("requestId") or headers.get("X-Request-Id"),
        retryable=status in _MAY_PASS and problem.get("retryable") is not False,
        retry_after=read_retry_after(headers),
    )


def read_retry_after(headers: Message) -> float | None:
    """Seconds until another try makes sense, which the header may also say as a date."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - time.time())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
