"""The shapes of what the API answers. All that there is of each is in /openapi.json of a running Heavylift."""

from __future__ import annotations

from typing import Any, TypedDict


class File(TypedDict):
    """A result file."""

    name: str
    type: str
    bytes: int
    sha256: str
    url: str


class Job(TypedDict, total=False):
    """A job, in every state; `result` once it has completed, `error` once it has failed or was cancelled."""

    id: str
    kind: str
    state: str
    progress: dict[str, Any]
    attempts: dict[str, int]
    position: int | None
    etaSeconds: int | None
    subject: str | None
    tags: list[str]
    metadata: dict[str, Any]
    createdAt: str
    finishedAt: str | None
    retainedUntil: str | None
    result: dict[str, Any] | None
    error: dict[str, Any] | None
    links: dict[str, str]


class Upload(TypedDict, total=False):
    """A file that jobs may name."""

    id: str
    state: str
    name: str
    type: str
    bytes: int
    received: int
    sha256: str | None
    retainedUntil: str
    links: dict[str, str]


class Event(TypedDict):
    """What a webhook tells: `type` such as "job.completed", `data` such as the job."""

    type: str
    timestamp: str
    data: dict[str, Any]
