"""The header line of a CSV file: its columns and its delimiter, read by rule.

DuckDB's own sniffer takes `a;b / 1,5;2,5` apart at the commas, drops lines before one that has more columns and those
that begin with `#`, all in silence. So the delimiter is what the header line holds most of, and every line must then
have as many columns as it. Absent: files without a header, other quotes than `"`, encodings other than UTF-8.
"""

import gzip
import io
import os
import zlib
from csv import reader

from mntui.tools.base import refused

LONGEST_HEADER = 1024 * 1024
DELIMITERS = ",;\t|"


def read_header(descriptor: int, path: str, delimiters: str = DELIMITERS) -> tuple[str, tuple[str, ...]]:
    """The delimiter and the names of the columns; the descriptor stands at its beginning again. Raises ToolFailure."""
    line = _header_line(descriptor, path)
    delimiter = max(delimiters, key=_without_quoted(line).count)
    names = [name.strip() for name in next(reader([line], delimiter=delimiter, strict=False), [])]
    columns = tuple(name or f"column{number}" for number, name in enumerate(names))
    if not columns:
        raise refused("BadTable", f"{path} has no header line")
    folded = [name.casefold() for name in columns]
    twice = next((name for name in columns if folded.count(name.casefold()) > 1), None)
    if twice is not None:
        raise refused("BadTable", f"{path} has two columns named {twice!r}")
    return delimiter, columns


def _header_line(descriptor: int, path: str) -> str:
    try:
        with os.fdopen(os.dup(descriptor), "rb") as file:
            plain = gzip.GzipFile(fileobj=file) if path.lower().endswith(".gz") else file
            with io.TextIOWrapper(plain, encoding="utf-8-sig") as text:
                line = text.readline(LONGEST_HEADER)
                while line.count('"') % 2 and (more := text.readline(LONGEST_HEADER)) and len(line) < LONGEST_HEADER:
                    line += more
    except UnicodeDecodeError:
        raise refused("NotText", f"{path} isn't UTF-8 text; save it as CSV UTF-8") from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise refused("BadTable", f"{path} can't be unpacked: {error}") from None
    os.lseek(descriptor, 0, os.SEEK_SET)
    return line.rstrip("\r\n")


def _without_quoted(line: str) -> str:
    return "".join(line.split('"')[::2])
