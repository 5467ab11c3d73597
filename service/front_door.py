"""In front of all that the web side answers: by which name it was asked, and from where a proxy says that it comes."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send


class FrontDoor:
    """ASGI middleware: refuses foreign names, believes the proxies that are ours, and keeps the peer's own address.

    A page of another site whose name was turned to our address (DNS rebinding) asks by that name; a name that is not
    ours is therefore answered with 421. An IP address is nobody's name and is always ours.
    """

    def __init__(self, app: ASGIApp, *, names: Iterable[str], proxies: Iterable[str]) -> None:
        """Stand before `app`.

        Args:
            app: What is behind.
            names: Names of ours besides localhost.
            proxies: Networks whose `X-Forwarded-For` and `X-Forwarded-Proto` count.
        """
        self._app = app
        self._names = {name.lower() for name in names}
        self._proxies = tuple(ipaddress.ip_network(network) for network in proxies)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or let in."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        peer = str(scope["client"][0]) if scope.get("client") else ""
        scope = {**scope, "warmline.peer": peer}
        if self._is_proxy(peer):
            visitor = self._visitor(",".join(headers.getlist("x-forwarded-for")))
            if visitor:
                scope["client"] = (visitor, 0)
            if headers.get("x-forwarded-proto", "").strip() == "https":
                scope["scheme"] = "wss" if scope["type"] == "websocket" else "https"
        if self._is_ours(headers.get("host", "")):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is open: answered with 403
        else:
            detail = "This service does not go by that name; add it to [service] hosts if it is one of yours."
            await JSONResponse({"detail": detail}, 421)(scope, receive, send)

    def _visitor(self, forwarded: str) -> str:
        """Return who the outermost proxy of ours says that it serves; empty when it says nothing that is an address.

        Each proxy appends whom it was asked by; what stands further left is the visitor's own word and counts nothing.
        """
        visitor = ""
        for hop in reversed([part.strip() for part in forwarded.split(",")]):
            if plain_address(hop) is None:
                break
            visitor = hop
            if not self._is_proxy(hop):
                break
        return visitor

    def _is_proxy(self, peer: str) -> bool:
        address = plain_address(peer)
        return address is not None and any(address in network for network in self._proxies)

    def _is_ours(self, header: str) -> bool:
        if not header:
            return True  # no browser leaves it out
        try:
            name = (urlsplit(f"//{header}").hostname or "").rstrip(".")
        except ValueError:
            return False
        if plain_address(name) is not None:
            return True
        return name == "localhost" or name.endswith(".localhost") or name in self._names


def plain_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address, an IPv4 one that came over IPv6 as such; None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address
