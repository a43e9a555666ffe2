"""Requests and answers: connections that are kept, what is sent again and when, the errors that answers are."""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import re
import ssl
import time
import urllib.parse
import urllib.request
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from typing import Any, Callable, NamedTuple, TypeVar

from .errors import HeavyliftError, Unavailable, error_of

T = TypeVar("T")
BLOCK = 256 * 1024
#: Longer than this no request waits for its next try: the error says when there may be one.
MOST_PAUSE = 60.0


class Body(NamedTuple):
    """What a request sends: its length, and its blocks anew for each try."""

    length: int
    blocks: Callable[[], Iterable[bytes]]


def bytes_body(content: bytes) -> Body:
    return Body(len(content), lambda: [content])


class Answer(NamedTuple):
    status: int
    headers: Message
    content: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.content)
        except ValueError:
            raise HeavyliftError(
                "The answer is no JSON: does the url lead to Heavylift?", code="not_json", status=self.status
            ) from None


class _Request(NamedTuple):
    method: str
    address: urllib.parse.SplitResult
    headers: dict[str, str]
    body: Body | None


class Transport:
    """Asks one Heavylift, with one key. Threads may share it; so may processes that fork."""

    def __init__(self, url: str, key: str, *, timeout: float, retries: int, ssl_context: ssl.SSLContext | None) -> None:
        self._idle: list[http.client.HTTPConnection] = []
        parts = urllib.parse.urlsplit(url)
        if (
            parts.scheme not in ("http", "https")
            or not parts.hostname
            or parts.username
            or parts.query
            or parts.fragment
        ):
            raise ValueError("url must be http:// or https://, a host, and a path where there is one.")
        # It must not come to light by the error that http.client would make of it.
        if not re.fullmatch(r"[\x21-\x7e]+", key):
            raise ValueError("key must be printable ASCII characters without spaces.")
        self.url = url.rstrip("/")
        self.retries = retries
        #: Tries without any progress of what goes on where it was: for as long as a server takes to start again.
        self.patience = max(0, 3 * retries - 2)
        self._origin = _origin_of(parts)
        self._key = key
        self.timeout = timeout
        self._ssl_context = ssl_context
        self._pid = os.getpid()

    def close(self) -> None:
        """Ends the connections that are kept; another request opens a new one."""
        while self._idle:
            self._idle.pop().close()

    __del__ = close

    def ask(
        self,
        method: str,
        path: str,
        *,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        repeatable: bool = True,
    ) -> Answer:
        """The whole answer to a request. Raises what is not 2xx; what may pass is asked again."""

        return self.persist(lambda: self.ask_once(method, path, body, headers, reuse=repeatable), repeatable)

    def ask_once(
        self,
        method: str,
        path: str,
        body: Body | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        reuse: bool = False,
    ) -> Answer:
        """The same, and nothing is asked again."""
        with self._exchange(method, path, body, headers or {}, reuse=reuse) as response:
            answer = Answer(response.status, response.headers, response.read())
        if answer.status >= 300:
            raise _refusal(answer)
        return answer

    def persist(self, once: Callable[[], T], repeatable: bool = True) -> T:
        """What `once` gives, tried again after what may pass."""
        for tries in range(1, self.retries + 2):
            try:
                return once()
            except (HeavyliftError, OSError, http.client.HTTPException) as error:
                failure = self.judge(error)
                # What was refused was certainly not done; of what was not answered nobody knows.
                was_refused = failure.status in (429, 503) and failure.code != "outcome_unknown"
                self.pause_after(failure, tries if repeatable or was_refused else self.retries + 1, error)
        raise AssertionError("unreachable")

    def judge(self, error: Exception) -> HeavyliftError:
        """An error as callers see it."""
        if isinstance(error, HeavyliftError):
            return error
        sentence = f"No answer from {self.url}: {str(error) or type(error).__name__}"
        return Unavailable(sentence, code="no_answer", retryable=not isinstance(error, ssl.SSLCertVerificationError))

    def pause_after(
        self, failure: HeavyliftError, tries: int, cause: Exception | None = None, *, most: int | None = None
    ) -> None:
        """Waits before the next try, of so many at most; raises where that is of no use."""
        asked = failure.retry_after or 0
        if not failure.retryable or tries > (self.retries if most is None else most) or asked > MOST_PAUSE:
            raise failure from (None if failure is cause else cause)
        # As the server asks for, or longer each time; and never as long as others do.
        backoff = min(0.5 * 2 ** (tries - 1), 8) * random.uniform(0.5, 1)
        time.sleep(asked * random.uniform(1, 1.2) if asked else backoff)

    @contextmanager
    def stream(
        self, path: str, headers: Mapping[str, str], *, silent: float = 0
    ) -> Iterator[http.client.HTTPResponse]:
        """The answer to a GET while it comes, on a connection of its own. Raises what is not 2xx.

        silent: so many seconds at least may pass without a byte.
        """
        with self._exchange("GET", path, None, headers, reuse=False, silent=silent) as response:
            if response.status == 307 and response.headers.get("Location"):
                # Storage that is elsewhere: its address says all there is to know, so the key does not go there.
                elsewhere = urllib.parse.urljoin(self.absolute(path), response.headers["Location"])
                with self._exchange("GET", elsewhere, None, headers, reuse=False, with_key=False) as other:
                    yield _accepted(other)
            else:
                yield _accepted(response)

    def absolute(self, path: str) -> str:
        """A path below the url (`v1/jobs`), or an address as answers have them: whole, or from the root of the host."""
        if path.startswith(("http://", "https://")):
            return path
        below = urllib.parse.urlsplit(self.url).path
        if below and path.startswith(f"{below}/"):
            return self.url[: -len(below)] + path
        return f"{self.url}/{path.lstrip('/')}"

    @contextmanager
    def _exchange(
        self,
        method: str,
        path: str,
        body: Body | None,
        headers: Mapping[str, str],
        *,
        reuse: bool,
        with_key: bool = True,
        silent: float = 0,
    ) -> Iterator[http.client.HTTPResponse]:
        address = urllib.parse.urlsplit(self.absolute(path))
        is_ours = _origin_of(address) == self._origin
        sent = {"User-Agent": "heavylift-python", "Accept": "application/json, */*;q=0.1", **headers}
        if body or method in ("POST", "PUT", "PATCH"):
            sent["Content-Length"] = str(body.length if body else 0)
        if is_ours and with_key:
            sent["Authorization"] = f"Bearer {self._key}"
        request = _Request(method, address, sent, body)
        reuse = reuse and is_ours
        kept = self._take_idle() if reuse else None
        try:
            opened = kept or self._connect(address)
            opened.timeout = max(self.timeout, silent)
            connection, response, is_whole = self._send(opened, request)
        except (ConnectionError, http.client.HTTPException):
            if not kept:
                raise
            # It had ended while it was idle.
            connection, response, is_whole = self._send(self._connect(address), request)
        try:
            yield response
            if reuse and is_whole and response.isclosed() and not response.will_close:
                self._idle.append(connection)
                return
        except BaseException:
            connection.close()
            raise
        connection.close()

    def _send(
        self, connection: http.client.HTTPConnection, request: _Request
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse, bool]:
        method, address, headers, body = request
        is_whole = True
        try:
            target = (address.path or "/") + (f"?{address.query}" if address.query else "")
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            try:
                for block in body.blocks() if body else ():
                    connection.send(block)
            except (BrokenPipeError, ConnectionResetError):
                is_whole = False  # What is refused before it was read to its end has its answer all the same.
            return connection, connection.getresponse(), is_whole
        except BaseException:
            connection.close()
            raise

    def _take_idle(self) -> http.client.HTTPConnection | None:
        if self._pid != os.getpid():
            self._idle, self._pid = [], os.getpid()
        try:
            return self._idle.pop()
        except IndexError:
            return None

    def _connect(self, address: urllib.parse.SplitResult) -> http.client.HTTPConnection:
        host, port = address.hostname or "", address.port
        if address.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=self.timeout)
        context = self._ssl_context or ssl.create_default_context()
        proxy = urllib.request.getproxies().get("https")
        if not proxy or urllib.request.proxy_bypass(address.netloc):
            return http.client.HTTPSConnection(host, port, timeout=self.timeout, context=context)
        parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        connection = http.client.HTTPSConnection(
            parts.hostname or "", parts.port or 80, timeout=self.timeout, context=context
        )
        user = urllib.parse.unquote(f"{parts.username or ''}:{parts.password or ''}").encode()
        allowed = {"Proxy-Authorization": f"Basic {base64.b64encode(user).decode()}"} if parts.username else {}
        connection.set_tunnel(host, port or 443, allowed)
        return connection


def _origin_of(address: urllib.parse.SplitResult) -> tuple[str, str, int]:
    return address.scheme, address.hostname or "", address.port or (443 if address.scheme == "https" else 80)


def _accepted(response: http.client.HTTPResponse) -> http.client.HTTPResponse:
    if response.status >= 300:
        raise _refusal(Answer(response.status, response.headers, response.read()))
    return response


def _refusal(answer: Answer) -> HeavyliftError:
    status, headers, content = answer
    if status < 400:
        where = headers.get("Location", "nowhere")
        return HeavyliftError(
            f"The server leads to {where}, which is not followed: is the url right?", code="redirected", status=status
        )
    problem: dict[str, Any] = {}
    if headers.get_content_type() == "application/problem+json":
        try:
            said = json.loads(content)
            problem = said if isinstance(said, dict) and isinstance(said.get("detail"), str) else {}
        except ValueError:
            pass
    return error_of(status, headers, problem)
