"""Posts signed JSON to an address of the configuration, and to no other: what it resolves to is judged each time."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from calls.errors import CallCentreError
from calls.ports import Clock
from channels.webhook.addresses import WebhookUrl, parse_url, why_denied
from channels.webhook.signature import KEY_HEADER, signature_headers
from service.channels.tls import tls_context
from service.channels_config import SignedSection

LARGEST_ANSWER_BYTES = 64_000
"""More of an answer is not read."""
AGENT = "Warmline-Webhook/1"
_WHY = {
    "denied_address": "its name leads to an address that is never posted to",
    "private_address": "its name leads into the own network; allow_private = true allows that",
    "not_encrypted": "it is public and without https",
    "no_address": "its name leads nowhere",
}


@dataclass(frozen=True, slots=True)
class Posted:
    """What was answered."""

    status: int
    body: bytes


class SignedPoster:
    """Posts for one webhook. Opens a connection each time: there are few, and none is left open to an old address."""

    def __init__(self, name: str, url: str, section: SignedSection, clock: Clock) -> None:
        """Connect to nothing yet.

        Raises:
            CallCentreError: `config.unreadable` or `channels.bad_ca` when a file cannot be read.
        """
        self.name, self._section, self._clock = name, section, clock
        self.url: WebhookUrl = parse_url(url)
        self._secrets: Sequence[str] = section.secrets(f"the webhook {name}")
        self._tls: ssl.SSLContext | bool = tls_context(section.ca_file) if self.url.scheme == "https" else False

    async def post(self, body: bytes, key: str) -> Posted:
        """Post and return the answer, whatever its status.

        Raises:
            CallCentreError: `webhook.denied_address`, `webhook.unreachable`, `webhook.too_slow`; all but the first are
                retryable.
        """
        allowed = await self.resolve()
        try:
            async with asyncio.timeout(self._section.timeout_s):
                for address in allowed[:-1]:
                    with contextlib.suppress(httpx.ConnectError):  # the next one may be better
                        return await self._post_to(address, body, key)
                return await self._post_to(allowed[-1], body, key)
        except (TimeoutError, httpx.TimeoutException) as error:
            sentence = f"The webhook {self.name} did not answer within {self._section.timeout_s} s."
            raise CallCentreError("webhook.too_slow", sentence, fault="peer", retryable=True) from error
        except (httpx.HTTPError, OSError, ValueError) as error:
            sentence = f"The webhook {self.name} cannot be reached ({type(error).__name__})."
            raise CallCentreError("webhook.unreachable", sentence, fault="peer", retryable=True) from error

    async def _post_to(self, address: str, body: bytes, key: str) -> Posted:
        host = f"[{self.url.host}]" if ":" in self.url.host else self.url.host
        there = f"[{address}]" if ":" in address else address
        usual = {"https": 443, "http": 80}[self.url.scheme]
        headers = {
            **signature_headers(body, int(self._clock.now_utc().timestamp()), self._secrets),
            KEY_HEADER: key,
            "Content-Type": "application/json",
            "User-Agent": AGENT,
            "Host": host if self.url.port == usual else f"{host}:{self.url.port}",
        }
        async with (
            httpx.AsyncClient(verify=self._tls, trust_env=False, follow_redirects=False) as client,
            client.stream(
                "POST",
                f"{self.url.scheme}://{there}:{self.url.port}{self.url.path}",
                content=body,
                headers=headers,
                extensions={"sni_hostname": self.url.host},
                timeout=self._section.timeout_s,
            ) as answer,
        ):
            return Posted(answer.status_code, await _bounded(answer))

    async def resolve(self) -> list[str]:
        """Return the addresses that may be posted to, at least one.

        Raises:
            CallCentreError: `webhook.denied_address`, or `webhook.unreachable` when the name is not known.
        """
        found = await self._addresses()
        reasons = [why_denied(self.url, address, allow_private=self._section.allow_private) for address in found]
        allowed = [address for address, why in zip(found, reasons, strict=True) if not why]
        if allowed:
            return list(dict.fromkeys(allowed))[:4]
        why = _WHY[reasons[0]] if reasons else _WHY["no_address"]
        raise CallCentreError(
            "webhook.denied_address", f"Nothing is posted to the webhook {self.name}: {why}.", fault="operator"
        )

    async def _addresses(self) -> list[str]:
        try:
            ipaddress.ip_address(self.url.host)
        except ValueError:
            pass
        else:
            return [self.url.host]
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._section.timeout_s):
                found = await loop.getaddrinfo(self.url.host, self.url.port, type=socket.SOCK_STREAM)
        except (OSError, TimeoutError) as error:
            sentence = f"The name of the webhook {self.name} is not known at the moment."
            raise CallCentreError("webhook.unreachable", sentence, fault="peer", retryable=True) from error
        return [str(entry[4][0]) for entry in found]


async def _bounded(answer: httpx.Response) -> bytes:
    body = b""
    async for piece in answer.aiter_bytes():
        body += piece
        if len(body) >= LARGEST_ANSWER_BYTES:
            break
    return body[:LARGEST_ANSWER_BYTES]


def refusal(name: str, posted: Posted, code: str, retryable: bool | None) -> CallCentreError:
    """Return what an answer other than 2xx means: what is busy or broken is tried again, what is wrong is not."""
    passes = posted.status >= 500 or posted.status in (408, 409, 425, 429) or 300 <= posted.status < 400
    return CallCentreError(
        f"webhook.{code or f'status_{posted.status}'}"[:80],
        f"The webhook {name} did not take it (status {posted.status}).",
        fault="peer",
        retryable=passes if retryable is None else retryable,
    )
