"""What a server answered, read within bounds: headers that were asked for, a body of so many bytes, text, JSON.

Bodies are asked for unpacked; one that comes packed anyway is unpacked piece by piece, so that a small answer can't
become a large one. Absent: deciding what an answer means (`web` does), and any knowledge of connections.
"""

import json
import re
import zlib
from collections.abc import AsyncIterator
from typing import Final

from mntui.core.values import LARGEST_INTEGER, Json
from mntui.tools.base import ToolFailure, refused
from mntui.tools.protocol import checked_json

BODY_BYTES: Final = 8 * 1024 * 1024
LONGEST_INTEGER: Final = 20
_CHARSET: Final = re.compile(r"charset=[\"']?([A-Za-z0-9._-]+)", re.IGNORECASE)


async def read_body(pieces: AsyncIterator[bytes], packing: str, most_bytes: int = BODY_BYTES) -> bytes:
    """The whole body, unpacked. Raises ToolFailure where it is too large or packed in a way that can't be read."""
    unpack = _unpacker(packing)
    body = b""
    async for piece in pieces:
        waiting = piece
        while waiting or (unpack is not None and unpack.unconsumed_tail):
            room = most_bytes + 1 - len(body)
            body += waiting[:room] if unpack is None else _unpacked(unpack, waiting, room)
            if len(body) > most_bytes:
                raise ToolFailure("TooLarge", f"the answer has more than {most_bytes:,} bytes")
            waiting = b"" if unpack is None else unpack.unconsumed_tail
    return body


def body_text(body: bytes, media_type: str) -> str:
    """The body as text, by the charset that the server names, else UTF-8. Raises ToolFailure `NotText`."""
    named = _CHARSET.search(media_type)
    charset = named[1] if named else "utf-8-sig"
    try:
        return body.decode(charset)
    except LookupError:
        raise ToolFailure("NotText", f"the answer is in the unknown charset {charset}") from None
    except UnicodeDecodeError:
        kind = media_type.partition(";")[0] or "no media type"
        raise ToolFailure("NotText", f"the answer ({kind}, {len(body):,} bytes) is no {charset} text") from None


def body_json(text: str, media_type: str) -> Json:
    """The value of a JSON answer; None of any other. Integers beyond 2^53 become text, as in the rows of a query.

    Raises ToolFailure `NotJson`.
    """
    kind = media_type.partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        return None
    try:
        return checked_json(json.loads(text, parse_int=_whole), "the answer") if text.strip() else None
    except (ValueError, RecursionError, ToolFailure) as error:
        raise ToolFailure("NotJson", f"the answer says that it is JSON, but: {error}"[:500]) from None


def _whole(digits: str) -> int | str:
    return digits if len(digits) > LONGEST_INTEGER or abs(int(digits)) > LARGEST_INTEGER else int(digits)


def _unpacker(packing: str) -> "zlib._Decompress | None":
    match packing.strip().lower():
        case "" | "identity":
            return None
        case "gzip" | "x-gzip":
            return zlib.decompressobj(wbits=31)
        case "deflate":
            return zlib.decompressobj()
        case other:
            raise refused("NotText", f"the answer is packed as {other[:40]}, which wasn't asked for")


def _unpacked(unpack: "zlib._Decompress", piece: bytes, most_bytes: int) -> bytes:
    try:
        return unpack.decompress(piece, most_bytes)
    except zlib.error as error:
        raise ToolFailure("NotText", f"the answer can't be unpacked: {error}") from None
