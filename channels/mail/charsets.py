"""Bytes of a mail as text, whatever its sender calls their charset. Pure; never raises."""

from __future__ import annotations

import codecs

_OTHER_NAMES = {
    # What browsers take these for too: senders write them and mean Windows' superset. Source: encoding.spec.whatwg.org.
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "latin-1": "cp1252",
    "us-ascii": "cp1252",
    "ascii": "cp1252",
    "ansi": "cp1252",
    "default": "utf-8",
    "unknown-8bit": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "iso-8859-8-i": "iso-8859-8",
}


def decode(data: bytes, charset: str) -> str:
    """Return the text; signs that the charset does not have are replaced, and text in UTF-8 is known as such.

    A sender that calls UTF-8 something of eight bits is believed the bytes: text that is no UTF-8 is hardly ever valid
    as such.
    """
    name = charset.strip().strip("\"'").lower()
    name = _OTHER_NAMES.get(name, name)
    if not name or name in ("cp1252", "utf-8", "utf8"):
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("cp1252", "replace")
    try:
        if not getattr(codecs.lookup(name), "_is_text_encoding", True):
            return data.decode("utf-8", "replace")  # such as `base64` or `zip`, which are no charsets
        return data.decode(name, "replace")
    except (LookupError, ValueError, TypeError, AssertionError):
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            return data.decode("cp1252", "replace")
