"""Server-sent events, as they come."""

from __future__ import annotations

import http.client
from collections.abc import Iterator

#: A line that is longer is none of Heavylift's.
_MOST_LINE = 16 * 1024 * 1024


def read_events(response: http.client.HTTPResponse) -> Iterator[tuple[str, str]]:
    """The id and the data of each event; comments, which keep a connection alive, are passed over."""
    event_id = ""
    data: list[str] = []
    while True:
        line = response.readline(_MOST_LINE)
        if not line.endswith(b"\n"):
            return
        text = line.rstrip(b"\r\n").decode("utf-8", "replace")
        if text == "":
            if data:
                yield event_id, "\n".join(data)
            data = []
            continue
        name, _, value = text.partition(":")
        value = value.removeprefix(" ")
        if name == "id":
            event_id = value
        elif name == "data":
            data.append(value)
