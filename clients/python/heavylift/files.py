"""Files that are sent: opened, measured, and read in blocks, from wherever sending has to go on."""

from __future__ import annotations

import io
import json
import os
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, Union

from .transport import BLOCK, Body

Source = Union[str, "os.PathLike[str]", bytes, BinaryIO]


class OpenFile:
    """A file of a known size; what stands before the place where it was handed over is no part of it."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file = file
        self._start = file.tell()
        self.name = name
        self.size = file.seek(0, os.SEEK_END) - self._start

    def body(self, offset: int = 0, on_progress: Any | None = None) -> Body:
        """Its bytes from there on."""

        def blocks() -> Iterator[bytes]:
            self._file.seek(self._start + offset)
            sent = offset
            while sent < self.size:
                block = self._file.read(min(BLOCK, self.size - sent))
                if not block:
                    raise ValueError(f"{self.name} has become shorter while it was sent.")
                yield block
                sent += len(block)
                if on_progress:
                    on_progress(sent, self.size)

        return Body(self.size - offset, blocks)


@contextmanager
def open_file(source: Source, name: str | None) -> Iterator[OpenFile]:
    """Opens a path, bytes, or a file that is open already and stays so. A stream is put into a temporary file first."""
    if isinstance(source, (bytes, bytearray)):
        yield OpenFile(io.BytesIO(source), name or "upload")
    elif isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            yield OpenFile(file, name or os.path.basename(os.fspath(source)))
    else:
        named = name or os.path.basename(str(getattr(source, "name", "") or "upload"))
        if source.seekable():
            yield OpenFile(source, named)
            return
        with tempfile.TemporaryFile() as copy:
            for block in iter(lambda: source.read(BLOCK), b""):
                copy.write(block)
            copy.seek(0)
            yield OpenFile(copy, named)


def form_body(fields: Mapping[str, Any], file: OpenFile) -> tuple[str, Body]:
    """A form with fields and one file, and its content type."""
    boundary = uuid.uuid4().hex
    texts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{_quoted(name)}"\r\n\r\n{_text(value)}\r\n'
        for name, value in fields.items()
        if value is not None
    )
    disposition = f'Content-Disposition: form-data; name="file"; filename="{_quoted(file.name)}"'
    head = f"{texts}--{boundary}\r\n{disposition}\r\nContent-Type: application/octet-stream\r\n\r\n".encode()
    tail = f"\r\n--{boundary}--\r\n".encode()
    content = file.body()

    def blocks() -> Iterator[bytes]:
        yield head
        yield from content.blocks()
        yield tail

    return f"multipart/form-data; boundary={boundary}", Body(len(head) + content.length + len(tail), blocks)


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
