"""The client: one object for one Heavylift and one key."""

from __future__ import annotations

import base64
import errno
import hashlib
import http.client
import json
import os
import re
import ssl
import time
import uuid
from collections.abc import Iterator, Mapping
from typing import Any, Callable, Union
from urllib.parse import quote, urlencode

from .errors import HeavyliftError, JobFailed, TimedOut, Unavailable
from .events import read_events
from .files import OpenFile, Source, form_body, open_file
from .transport import BLOCK, Transport, bytes_body
from .types import File, Job, Upload
from .webhooks import verify_webhook

ENDED = ("completed", "failed", "cancelled")
#: Seconds that the server holds a question for a job's end; it holds none longer than 30.
_HOLD = 25
#: A stream of events says something every 15 seconds.
_SILENT = 45
#: What goes wrong with writing here, and not with the connection.
_OWN_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
_TUS = {"Tus-Resumable": "1.0.0"}

Which = Union[str, Mapping[str, Any]]
Progress = Callable[[int, int], None]


class Heavylift:
    """Asks Heavylift at `url` with `key`: unless given, HEAVYLIFT_URL and HEAVYLIFT_KEY of the environment.

    timeout: seconds without a byte after which a connection counts as dead. retries: how often what may pass is asked
    again. ssl_context: for certificates of your own. Threads may share one object, and so may processes that fork.
    Bodies and options are the API's own, as dicts; every method raises HeavyliftError and the types below it.
    """

    verify_webhook = staticmethod(verify_webhook)

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout: float = 60,
        retries: int = 4,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        url = url or os.environ.get("HEAVYLIFT_URL") or "http://127.0.0.1:3000"
        key = key or os.environ.get("HEAVYLIFT_KEY") or ""
        if not key:
            raise ValueError("key is missing: give it, or set HEAVYLIFT_KEY.")
        self._transport = Transport(url, key, timeout=timeout, retries=retries, ssl_context=ssl_context)

    def __repr__(self) -> str:
        return f"Heavylift({self._transport.url!r})"

    def close(self) -> None:
        """Ends the connections that are kept."""
        self._transport.close()

    def __enter__(self) -> Heavylift:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    # Jobs of each kind

    def post(
        self,
        kind: str,
        body: Mapping[str, Any],
        *,
        file: Source | None = None,
        idempotency_key: str | None = None,
    ) -> Job:
        """Posts a job; returns it as it was accepted.

        file: of images, the picture: a path, bytes or an open file, sent along as it is read. idempotency_key: your own
        name for it, such as the id of your record; the same name and body is the same job. Without one, one is made.
        """
        headers = {"Idempotency-Key": _quote_key(idempotency_key)}
        if file is None:
            return self._post_json(f"v1/{_part(kind)}", body, headers)
        with open_file(file, None) as opened:
            content_type, content = form_body(body, opened)
            headers["Content-Type"] = content_type
            return self._transport.ask("POST", f"v1/{_part(kind)}", body=content, headers=headers).json()

    def images(self, body: Mapping[str, Any], *, file: Source | None = None, idempotency_key: str | None = None) -> Job:
        """Has renditions made of a picture: `file`, or what `source` in the body names."""
        return self.post("images", body, file=file, idempotency_key=idempotency_key)

    def reports(self, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> Job:
        """Has a report made of data."""
        return self.post("reports", body, idempotency_key=idempotency_key)

    def emails(self, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> Job:
        """Sends a mail."""
        return self.post("emails", body, idempotency_key=idempotency_key)

    def calls(self, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> Job:
        """Calls an API of somebody else."""
        return self.post("calls", body, idempotency_key=idempotency_key)

    def flows(self, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> Job:
        """Begins a flow: jobs that need files of each other, once or for each row of a file."""
        return self.post("flows", body, idempotency_key=idempotency_key)

    def batch(self, kind: str, body: Mapping[str, Any], *, idempotency_key: str | None = None) -> dict[str, Any]:
        """Posts up to 500 jobs of a kind at once; returns what became of each, in `items`."""
        return self._post_json(f"v1/{_part(kind)}/batch", body, {"Idempotency-Key": _quote_key(idempotency_key)})

    # What becomes of a job

    def job(self, job: Which, *, signed: str | None = None) -> Job:
        """The job as it is now. signed: for how long ("15m") its files have addresses that need no key."""
        return self._get(f"v1/jobs/{_id(job)}" + (f"?{urlencode({'signed': signed})}" if signed else ""))

    def jobs(self, **filters: Any) -> Iterator[Job]:
        """Your jobs, newest first: filters are kind, state, tag, subject, batch, flow, schedule and the others of the API."""
        while True:
            asked = urlencode({name: _query(value) for name, value in filters.items() if value is not None})
            page = self._get(f"v1/jobs?{asked}")
            yield from page["jobs"]
            if not page.get("cursor"):
                return
            filters["cursor"] = page["cursor"]

    def wait(self, job: Which, *, timeout: float | None = None) -> Job:
        """The job once it has completed. Raises JobFailed when it ends otherwise, TimedOut after so many seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _HOLD if until is None else until - time.monotonic()
            asked_at = time.monotonic()
            # An answer that is held must not count as a dead connection.
            hold = {"Prefer": f"wait={int(max(0, min(_HOLD, round(left), self._transport.timeout * 0.8)))}"}
            found: Job = self._transport.ask("GET", f"v1/jobs/{_id(job)}", headers=hold).json()
            if found["state"] == "completed":
                return found
            if found["state"] in ENDED:
                raise JobFailed(dict(found))
            if until is not None and time.monotonic() >= until:
                raise TimedOut(f"The job {found['id']} is still {found['state']}.", code="timed_out")
            if time.monotonic() - asked_at < 0.5:
                time.sleep(0.5)

    def follow(self, job: Which) -> Iterator[Job]:
        """The job each time something of it has changed, until it has ended; a broken connection is taken up again."""
        last, failures = "", 0
        while True:
            headers = {"Accept": "text/event-stream", **({"Last-Event-ID": last} if last else {})}
            cause: Exception | None = None
            try:
                with self._transport.stream(f"v1/jobs/{_id(job)}/events", headers, silent=_SILENT) as response:
                    if response.status == 204:
                        return
                    for last, data in read_events(response):
                        failures = 0
                        found: Job = json.loads(data)
                        yield found
                        if found["state"] in ENDED:
                            return
            except (HeavyliftError, OSError, http.client.HTTPException) as error:
                cause = error
            failures += 1
            lost = Unavailable("The connection ended before its time.", code="no_answer", retryable=True)
            failure = self._transport.judge(cause) if cause else lost
            self._transport.pause_after(failure, failures, cause, most=self._transport.patience)

    def cancel(self, job: Which) -> Job:
        """Cancels the job: one that waits at once, one that runs as soon as it can be stopped."""
        return self._transport.ask("POST", f"v1/jobs/{_id(job)}/cancel").json()

    def retry(self, job: Which) -> Job:
        """Runs a job again that failed or was cancelled."""
        return self._transport.ask("POST", f"v1/jobs/{_id(job)}/retry", repeatable=False).json()

    def erase(self, job: Which) -> None:
        """Erases the job with its files."""
        self._transport.ask("DELETE", f"v1/jobs/{_id(job)}")

    # Files

    def upload(
        self,
        file: Source,
        *,
        name: str | None = None,
        type: str | None = None,
        kind: str | None = None,
        subject: str | None = None,
        idempotency_key: str | None = None,
        on_progress: Progress | None = None,
    ) -> Upload:
        """Uploads a file for jobs to name as {"upload": id}, and goes on where it was after a connection broke.

        file: a path, bytes or an open file; it is never in memory as a whole. kind: of the jobs that it is for. With
        the same idempotency_key another process goes on with what this one has begun. on_progress: called with the
        bytes that were sent, and with all.
        """
        said = {"filename": name, "filetype": type, "kind": kind, "subject": subject}
        with open_file(file, name) as opened:
            said["filename"] = opened.name
            if opened.size == 0:
                raise ValueError(f"{opened.name} is empty.")
            begun = self._begin_upload(opened, said, _quote_key(idempotency_key))
            path = f"v1/uploads/{_part(begun['id'])}"
            self._send_rest(path, opened, begun["received"], on_progress)
        return self._get(path)

    def download(self, file: Which, path: str | os.PathLike[str]) -> None:
        """Writes a result to `path`, which is there once it is whole and as it was made.

        file: a job, its id (it is waited for), one of `job["result"]["files"]`, or the address of a file. Of a job with
        several files `path` is the folder for them; a folder that is there takes one, too.
        """
        target = os.path.abspath(os.fspath(path))
        is_folder = os.path.isdir(target)
        if isinstance(file, str) and "/" in file:
            return self._save(file, None, target)
        found: Mapping[str, Any] = self.wait(file) if isinstance(file, str) else file
        if "url" in found:
            return self._save(found["url"], found.get("sha256"), _within(target, found) if is_folder else target)
        files: list[File] = (found.get("result") or {}).get("files") or []
        if not files:
            raise ValueError(f"The job {found.get('id')} has no file.")
        if len(files) == 1 and not is_folder:
            return self._save(files[0]["url"], files[0]["sha256"], target)
        os.makedirs(target, exist_ok=True)
        for one in files:
            self._save(one["url"], one["sha256"], _within(target, one))
        return None

    # Every other route

    def request(self, method: str, path: str, body: Any | None = None, *, idempotency_key: str | None = None) -> Any:
        """Asks any route, such as ("GET", "/v1/usage"); returns the JSON of its answer, None without one.

        A POST is asked again after a lost answer when it has an idempotency_key.
        """
        headers: dict[str, str] = {}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = _quote_key(idempotency_key)
        if body is not None:
            headers["Content-Type"] = "application/json"
        repeatable = method != "POST" or idempotency_key is not None
        content = None if body is None else bytes_body(json.dumps(body, allow_nan=False).encode())
        answer = self._transport.ask(method, path, body=content, headers=headers, repeatable=repeatable)
        return answer.json() if answer.content else None

    def _get(self, path: str) -> Any:
        return self._transport.ask("GET", path).json()

    def _post_json(self, path: str, body: Mapping[str, Any], headers: dict[str, str]) -> Any:
        content = bytes_body(json.dumps(body, allow_nan=False).encode())
        return self._transport.ask(
            "POST", path, body=content, headers={**headers, "Content-Type": "application/json"}
        ).json()

    def _begin_upload(self, opened: OpenFile, said: Mapping[str, str | None], key: str) -> dict[str, Any]:
        metadata = ",".join(
            f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in said.items() if value
        )
        headers = {**_TUS, "Upload-Length": str(opened.size), "Upload-Metadata": metadata, "Idempotency-Key": key}
        answer = self._transport.ask("POST", "v1/uploads", headers=headers)
        return {"id": answer.json()["id"], "received": _offset(answer.headers)}

    def _send_rest(self, path: str, opened: OpenFile, offset: int, on_progress: Progress | None) -> None:
        headers = {**_TUS, "Content-Type": "application/offset+octet-stream"}
        failures, is_known = 0, True
        while offset < opened.size:
            before = offset
            try:
                if is_known:
                    body = opened.body(offset, on_progress)
                    answer = self._transport.ask_once("PATCH", path, body, {**headers, "Upload-Offset": str(offset)})
                else:
                    # What the server has is what counts, and it knows it for certain.
                    answer = self._transport.ask_once("HEAD", path, headers=_TUS)
                offset = _offset(answer.headers)
                if is_known and offset <= before:
                    raise Unavailable(
                        "The server took a part of the upload, and has no more of it than before.",
                        code="no_answer",
                        retryable=True,
                    )
                is_known = True
            except (HeavyliftError, OSError, http.client.HTTPException) as error:
                failures, was_sent, is_known = failures + 1, is_known, False
                failure = self._transport.judge(error)
                # Bytes for another place than the end, or another request that wrote: the end is asked for. What answers
                # that question says no more than its status.
                is_moved = failure.code in ("conflict", "upload_taken_over") if was_sent else failure.status == 409
                failure.retryable = failure.retryable or is_moved
                if failure.code != "conflict" or failures > self._transport.patience:
                    self._transport.pause_after(failure, failures, error, most=self._transport.patience)
            failures = 0 if offset > before else failures

    def _save(self, address: str, sha256: str | None, target: str) -> None:
        part = f"{target}.{uuid.uuid4().hex[:8]}.part"
        try:
            with open(part, "xb") as out:
                self._fetch(address, sha256, out)
            os.replace(part, target)
        finally:
            if os.path.exists(part):
                os.remove(part)

    def _fetch(self, address: str, sha256: str | None, out: Any) -> None:
        digest, failures = hashlib.sha256(), 0
        etag: str | None = None
        while True:
            before = out.tell()
            headers = {"Accept": "*/*"}
            if before and etag:
                headers.update({"Range": f"bytes={before}-", "If-Range": etag})
            try:
                with self._transport.stream(address, headers) as response:
                    if response.status not in (200, 206):
                        raise HeavyliftError(
                            f"There is no file yet ({response.status}).", code="download_broken", status=response.status
                        )
                    if response.status == 200:
                        out.seek(0)
                        out.truncate()
                        digest = hashlib.sha256()
                    etag = response.headers.get("ETag")
                    for block in iter(lambda: response.read(BLOCK), b""):
                        out.write(block)
                        digest.update(block)
                    if response.length:
                        raise http.client.IncompleteRead(b"", response.length)
                    break
            except (HeavyliftError, OSError, http.client.HTTPException) as error:
                if getattr(error, "errno", None) in _OWN_DISK:
                    raise
                failures = failures + 1 if out.tell() <= before else 1
                self._transport.pause_after(
                    self._transport.judge(error), failures, error, most=self._transport.patience
                )
        known = sha256 or (re.fullmatch(r'"([0-9a-f]{64})"', etag or "") or [None, None])[1]
        if known and digest.hexdigest() != known:
            raise HeavyliftError("The file is not as it was made: its SHA-256 is another.", code="download_broken")


def _id(job: Which) -> str:
    return _part(job if isinstance(job, str) else str(job["id"]))


def _within(folder: str, file: Mapping[str, Any]) -> str:
    return os.path.join(folder, os.path.basename(file["name"]))


def _query(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _offset(headers: Mapping[str, str]) -> int:
    text = headers.get("Upload-Offset") or ""
    if not (text.isascii() and text.isdigit()):
        raise HeavyliftError("The answer to an upload has no Upload-Offset: does a proxy hide it?", code="no_answer")
    return int(text)


def _part(text: str) -> str:
    return quote(text, safe="")


def _quote_key(key: str | None) -> str:
    if key is not None and not re.fullmatch(r"[\x20-\x7e]+", key):
        raise ValueError("idempotency_key must be printable ASCII characters.")
    text = (key or str(uuid.uuid4())).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
