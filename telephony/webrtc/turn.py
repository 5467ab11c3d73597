"""Credentials for a TURN server that expire, so that what a page shows to anybody opens no relay for ever. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime

from telephony.webrtc.settings import IceServer


def turn_server(urls: tuple[str, ...], secret: str, now_utc: datetime, valid_s: int, visitor: str) -> IceServer:
    """Return the server with credentials that it accepts until `now_utc` + `valid_s`.

    Source: draft-uberti-behave-turn-rest-00, as coturn's `use-auth-secret` reads it: the user's name begins with the
    second since 1970 at which it ends, the password is its HMAC-SHA1 under the shared secret.
    """
    name = f"{int(now_utc.timestamp()) + valid_s}:{visitor}"
    mac = hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()
    return IceServer(urls=urls, username=name, credential=base64.b64encode(mac).decode())
