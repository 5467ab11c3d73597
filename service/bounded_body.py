"""Reads the body of a request up to a bound, and no more than that."""

from __future__ import annotations

from fastapi import Request


async def read_bounded(request: Request, most_bytes: int) -> bytes | None:
    """Return the body, None when it is larger than `most_bytes`."""
    length = request.headers.get("content-length", "0")
    if not length.isdecimal() or len(length) > 12 or int(length) > most_bytes:
        return None
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > most_bytes:
            return None
    return bytes(content)
