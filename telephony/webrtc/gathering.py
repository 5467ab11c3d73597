"""Candidates as they come (RFC 8838), ours and the browser's; with `peer` the only place that reaches into aiortc.

aiortc gathers everything before it answers, so that one STUN server that is slow delays the call for seconds. Here the
answer leaves with the host candidates, and what STUN and TURN servers bring follows.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Any

from aioice import ice, stun
from aiortc.rtcicetransport import candidate_from_aioice
from aiortc.sdp import candidate_from_sdp, candidate_to_sdp

from calls.errors import CallCentreError

logger = logging.getLogger(__name__)

_MOST_REMOTE = 64
"""Candidates of one browser; a laptop with VPN, IPv6 and two relays has about twenty."""

_COMPONENT = 1
"""RTP and RTCP share one. Source: RFC 8834 section 4.5."""


class Gathering:
    """The candidates of one connection."""

    def __init__(self, transport: Any, addresses: Sequence[str], gather_ms: int, name: str) -> None:
        """Take over the gathering of a DTLS transport that has not gathered yet.

        Args:
            transport: aiortc's.
            addresses: Local ones to offer; empty for all but loopback.
            gather_ms: How long STUN and TURN servers may take.
            name: For logs.
        """
        self._ice = transport.transport
        self._connection = self._ice.iceGatherer._connection  # noqa: SLF001 - aioice takes no addresses
        self._gather_ms = gather_ms
        self._name = name
        self._late: asyncio.Task[None] | None = None
        self._remote = 0
        self.ours: list[str] = []
        """Candidates found after the answer, as in `a=` lines."""
        self.complete = True
        """No more of ours will come."""
        self._hosts_only(list(addresses))

    def follow_up(self) -> None:
        """Ask STUN and TURN servers, if there are any; called once the answer is made."""
        if self._connection.stun_server or self._connection.turn_server:
            self.complete = False
            self._late = asyncio.get_running_loop().create_task(self._ask(), name=f"webrtc-gather-{self._name}")

    async def add_remote(self, line: str | None) -> None:
        """Take a candidate of the browser, or None for their end.

        Raises:
            CallCentreError: `webrtc.bad_candidate`.
        """
        if line is None:
            if self._late is not None:  # the end must not fail checks that ours may still pass
                await asyncio.wait({self._late})
            await self._ice.addRemoteCandidate(None)
            return
        self._remote += 1
        try:
            if self._remote > _MOST_REMOTE:
                raise ValueError("too many")
            candidate = candidate_from_sdp(line.removeprefix("candidate:"))
            if candidate.component != _COMPONENT or candidate.protocol.lower() != "udp":
                return  # browsers name TCP candidates too, which nobody here can use
            await self._ice.addRemoteCandidate(candidate)
        except (ValueError, IndexError, AssertionError) as error:
            sentence = "The candidate could not be used."
            raise CallCentreError("webrtc.bad_candidate", sentence, fault="peer") from error

    def stop(self) -> None:
        """Ask no more; idempotent."""
        if self._late is not None:
            self._late.cancel()

    def _hosts_only(self, ours: list[str]) -> None:
        connection = self._connection
        gather = connection.get_component_candidates

        async def gather_hosts(component: int, addresses: list[str], timeout: int = 5) -> Any:  # noqa: ASYNC109
            servers = connection.stun_server, connection.turn_server
            connection.stun_server = connection.turn_server = None
            try:
                return await gather(component=component, addresses=ours or addresses, timeout=timeout)
            finally:
                connection.stun_server, connection.turn_server = servers

        connection.get_component_candidates = gather_hosts

    async def _ask(self) -> None:
        asked = [asyncio.ensure_future(question) for question in self._questions()]
        try:
            for answered in asyncio.as_completed(asked, timeout=self._gather_ms / 1000):
                try:
                    self._found(*await answered)
                except TimeoutError:
                    raise
                except (OSError, ValueError, KeyError, stun.TransactionError) as error:
                    logger.info(
                        "a STUN or TURN server gave no candidate",
                        extra={"leg_id": self._name, "error": type(error).__name__},
                    )
        except TimeoutError:
            logger.warning("STUN or TURN servers did not answer in time", extra={"leg_id": self._name})
        finally:
            for question in asked:
                question.cancel()
            self.complete = True

    def _questions(self) -> list[Any]:
        connection = self._connection
        questions: list[Any] = []
        if connection.stun_server:
            questions += [
                ice.server_reflexive_candidate(protocol, connection.stun_server)
                for protocol in connection._protocols  # noqa: SLF001 - there is no public twin
                if ":" not in protocol.local_candidate.host
            ]
        if connection.turn_server:
            relay = ice.relayed_candidate(
                component=_COMPONENT,
                hide_related_address=False,
                protocol_factory=lambda: ice.StunProtocol(connection),
                turn_server=connection.turn_server,
                turn_username=connection.turn_username,
                turn_password=connection.turn_password,
                turn_ssl=connection.turn_ssl,
                turn_transport=connection.turn_transport,
            )
            questions.append(relay)
        return questions

    def _found(self, candidate: Any, protocol: Any) -> None:
        connection = self._connection
        connection._local_candidates.append(candidate)  # noqa: SLF001 - there is no public twin
        if protocol is not None:
            connection._protocols.append(protocol)  # noqa: SLF001 - the same
            for remote in connection.remote_candidates:
                connection._pair_remote_candidate(remote)  # noqa: SLF001 - the same
            connection.sort_check_list()
        self.ours.append("candidate:" + candidate_to_sdp(candidate_from_aioice(candidate)))
