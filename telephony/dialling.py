"""Calls that we place: whether they may be, over which line, through which server, and why one failed."""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from calls.errors import CallCentreError
from calls.ports import Clock
from telephony.media_port import MediaFactory
from telephony.net.resolver import Resolver
from telephony.net.sip_transports import SipTransports
from telephony.outbound import CallKind, Denied, Outbound
from telephony.rtp.dtls_terms import SrtpWish
from telephony.sdp.crypto_attribute import sdes_allowed
from telephony.sip.digest_client import Credentials
from telephony.sip.failover import AvoidedServers, HuntState, TargetHunt
from telephony.sip.grammar import SipSyntaxError, is_ip_address
from telephony.sip.message import Flow
from telephony.sip.name_addr import NameAddr
from telephony.sip.phone_ways import PhoneWay
from telephony.sip.signals import CallOver, EndCause, PlaceCall, UserAgentOrder
from telephony.sip.uri import SipUri, parse_uri
from telephony.sip_call import PendingLeg
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class CallWatch:
    """What the side that places a call wants to hear and to say."""

    on_early: Callable[[SipLeg], None] | None = None
    """Called once with the leg when there is something to hear before the answer: ringing, an announcement."""
    on_ringing: Callable[[], None] | None = None
    caller: str = "warmline"
    """User part of our From."""
    caller_name: str = ""
    """Display name of our From."""
    asked_utc: datetime | None = None
    """When whom we call asked to be called themselves; None: they did not."""
    fields: tuple[tuple[str, str], ...] = ()
    """Further fields of the INVITE."""
    credentials: Credentials | None = None
    """What a carrier's challenge is answered with."""
    from_host: str = ""
    """Host part of our From; empty: our address."""
    srtp: SrtpWish = False
    """The sound must be encrypted; always so for `sips:` targets."""
    keys_in_clear: bool = False
    """Its keys may travel in signalling that is not encrypted."""
    reach_ms: int = 0
    """Longest time without anything from the callee, e.g. of a telephone that should be near; 0: the usual one."""
    status: int = 0
    """The refusal's status once the call failed, 0 for none."""


FLOW_FAILED = 430
"""A proxy has no connection to the phone any more. Source: RFC 5626 section 11.5."""
_NOBODY = (0, 408, FLOW_FAILED)
"""What is said of a place where nobody is; where somebody answered at another place, that is told."""


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why one server did not bring the call about."""

    cause: EndCause
    status: int
    error: CallCentreError


_FLOW_FAILED = CallCentreError(
    "phone.not_registered",
    "The phone's connection to the proxy broke; it is not registered there any more.",
    fault="peer",
)
_KEYS_WOULD_SHOW = CallCentreError(
    "call.not_trusted",
    "The call must be encrypted, but its keys, or the fingerprint that stands for them, would travel in the clear; "
    "let the trunk use TLS, or set keys_in_clear.",
    fault="operator",
)


class Dialler:
    """Places the calls of one gateway."""

    def __init__(
        self,
        settings: SipSettings,
        clock: Clock,
        media: MediaFactory,
        transports: Callable[[], SipTransports],
        add: Callable[[PendingLeg], None],
        feed: Callable[[UserAgentOrder], None],
        phone_ways: Callable[[str], Awaitable[Sequence[PhoneWay]]],
        phone_lost: Callable[[PhoneWay], None],
    ) -> None:
        """Prepare; nothing is asked of the network yet.

        Args:
            settings: Section `[telephony.sip]`.
            clock: Where the time comes from.
            media: Makes the media half of each leg.
            transports: Gives what calls leave by; raises `call.unreachable` while none may be placed.
            add: Takes each call that begins, so that it hears of its fate.
            feed: Gives an order to the user agent.
            phone_ways: Says how a phone of ours is called, the most wanted place first; raises when it is not there.
            phone_lost: Hears of a place whose proxy has no connection to it any more.

        Raises:
            CallCentreError: `config.bad_dns_server`.
        """
        self.outbound: Outbound | None = None
        """Decides on every target and counts the calls; while it is None only addresses are called, and any."""
        self._settings = settings
        self._clock = clock
        self._media = media
        self._transports = transports
        self._add = add
        self._feed = feed
        self._phone_ways = phone_ways
        self._phone_lost = phone_lost
        self._trunks = {trunk.name: trunk for trunk in settings.trunks}
        self._resolver = Resolver(settings.dns_servers)
        self._avoided = AvoidedServers()

    async def call(self, target: str, kind: CallKind, watch: CallWatch) -> SipLeg:
        """Call somebody, and return the leg once it is answered; a number goes over the line that the rules name.

        Cancelling the waiting cancels the call.

        Args:
            target: A `sip:` URI, or with rules a number in any spelling or `phone:NAME` too.
            kind: Who wants it.
            watch: What the caller wants; a line's own number stands in From.

        Raises:
            CallCentreError: `call.bad_target`, `call.denied`, `call.refused`, `call.no_answer`, `call.unreachable`,
                `call.not_trusted`, `call.no_common_codec`, `phone.not_registered`, `phone.elsewhere`, or what opening
                the media raises.
        """
        if self.outbound is None:
            return await self._reach(parse_target(target), watch)
        allowed = await self.outbound.take(target, kind, self._clock.now_utc(), watch.asked_utc)
        if isinstance(allowed, Denied):
            raise denied(allowed, kind)
        if allowed.phone:
            return await self._call_phone(allowed.phone, watch)
        if not allowed.trunk:
            return await self._reach(parse_target(allowed.uri), watch)
        trunk = self._trunks[allowed.trunk]
        watch.credentials, watch.from_host = trunk.credentials, trunk.server.host
        watch.caller = trunk.caller_dialled or "anonymous"
        watch.srtp, watch.keys_in_clear = trunk.srtp, trunk.keys_in_clear
        return await self._reach(trunk.target(allowed.number), watch)

    async def servers_of(self, uri: SipUri, transports: SipTransports) -> list[Flow]:
        """Return where requests for a URI may go, at least one, best first; servers that failed lately are the last.

        Raises:
            CallCentreError: `call.unreachable` when its name leads nowhere.
        """
        found = await self._resolver.locate(uri, transports.transports, transports.versions)
        return self._avoided.order(found, self._clock.now_ms())

    async def _reach(self, target: SipUri, watch: CallWatch) -> SipLeg:
        """Try the servers of a target until one takes the call."""
        hunt = TargetHunt(await self.servers_of(target, self._transports()))
        while True:
            tried = hunt.target
            reached = await self._try_server(tried, target, watch, is_last=not hunt.has_next)
            if isinstance(reached, SipLeg):
                hunt.succeeded()
                self._avoided.forgive(tried)
                return reached
            if hunt.failed(reached.cause, reached.status):
                self._avoided.note(tried, self._clock.now_ms())
            if hunt.state is HuntState.GIVEN_UP:
                watch.status = reached.status
                raise reached.error
            logger.info("a server failed, the next one is tried", extra={"cause": reached.cause})

    async def _call_phone(self, name: str, watch: CallWatch) -> SipLeg:
        """Ring a phone of ours at its most wanted places, at all of the same preference at once, then at the next ones.

        Source: RFC 3261 section 16.6: equal q-values are tried in parallel, lower ones afterwards.
        """
        ways = await self._phone_ways(name)
        failures: list[_Failure] = []
        for _, group in itertools.groupby(ways, key=lambda way: way.q):
            leg = await self._ring_together(list(group), watch, failures)
            if leg is not None:
                return leg
            if any(failure.status >= 600 for failure in failures):
                break  # somebody said no for all places (section 21.6)
        told = next((failure for failure in failures if failure.status not in _NOBODY), failures[-1])
        watch.status = told.status
        raise told.error

    async def _ring_together(self, ways: list[PhoneWay], watch: CallWatch, failures: list[_Failure]) -> SipLeg | None:
        """Ring several places; return the leg of the first that answers, with the other calls taken back."""
        # Of several phones that ring none is heard.
        watch = replace(watch, srtp=ways[0].srtp, on_early=watch.on_early if len(ways) == 1 else None)
        ringing = {asyncio.create_task(self._try_phone(way, watch)) for way in ways}
        answered: list[SipLeg] = []
        try:
            while ringing and not answered:
                done, ringing = await asyncio.wait(ringing, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    reached = task.result()
                    if isinstance(reached, SipLeg):
                        answered.append(reached)
                    else:
                        failures.append(reached)
                        if reached.status >= 600:
                            return None
            return answered[0] if answered else None
        finally:
            for task in ringing:
                task.cancel()
            late = await asyncio.gather(*ringing, return_exceptions=True)
            for leg in (*answered[1:], *(item for item in late if isinstance(item, SipLeg))):
                await leg.hang_up()

    async def _try_phone(self, way: PhoneWay, watch: CallWatch) -> SipLeg | _Failure:
        """Call one place of a phone, through the proxy of ours that it registered through if it did."""
        server = way.flow
        if way.behind is not None:
            hop = way.route[0].uri
            try:
                if isinstance(hop, SipUri) and not is_ip_address(server.host):
                    server = (await self.servers_of(hop, self._transports()))[0]
            except CallCentreError as error:
                return _Failure("transport_error", 0, error)
            over_tls = way.behind.transport == "tls"
            if way.srtp and not sdes_allowed(over_tls=over_tls, peer_host=way.behind.host, trusted_trunk=False):
                return _Failure("transport_error", 0, _KEYS_WOULD_SHOW)  # the proxy would show them
            proxies = (trunk for trunk in self._trunks.values() if trunk.kind == "proxy" and trunk.knows(server.host))
            watch = replace(watch, keys_in_clear=any(trunk.keys_in_clear for trunk in proxies))
        reached = await self._try_server(server, way.target, watch, is_last=True, route=way.route)
        if isinstance(reached, _Failure) and reached.status == FLOW_FAILED and way.route:
            self._phone_lost(way)
            return replace(reached, error=_FLOW_FAILED)
        return reached

    async def _try_server(
        self, server: Flow, target: SipUri, watch: CallWatch, *, is_last: bool, route: tuple[NameAddr, ...] = ()
    ) -> SipLeg | _Failure:
        """Call through one server; return the leg once it is answered, or why not."""
        try:
            flow = await self._transports().open(server)
        except CallCentreError as error:
            return _Failure("transport_error", 0, error)
        secure = watch.srtp or target.scheme == "sips"
        in_private = sdes_allowed(
            over_tls=flow.transport == "tls", peer_host=flow.host, trusted_trunk=watch.keys_in_clear
        )
        if secure and not in_private:
            return _Failure("transport_error", 0, _KEYS_WOULD_SHOW)
        transports = self._transports()  # they may have been closed meanwhile
        media = await self._media.open()
        call = PendingLeg(secrets.token_hex(8), self._feed)
        call.on_early, call.on_ringing = watch.on_early, watch.on_ringing
        leg = call.attach(media)
        self._add(call)
        reach_ms = min(self._settings.reach_ms, watch.reach_ms or self._settings.reach_ms)
        self._feed(
            PlaceCall(
                session_id=call.session_id,
                target=target,
                flow=flow,
                local_host=transports.local_host(flow.host),
                media_port=media.local_port,
                caller=watch.caller,
                caller_name=watch.caller_name,
                secure=secure,
                fields=watch.fields,
                credentials=watch.credentials,
                from_host=watch.from_host,
                route=route,
                reach_ms=reach_ms if is_last else min(reach_ms, self._settings.next_server_ms),
            )
        )
        over = await call.settled()
        return leg if over is None else _Failure(over.cause, over.status, _explain(over, flow))


def parse_target(text: str) -> SipUri:
    """Read the address of somebody to call.

    Raises:
        CallCentreError: `call.bad_target`.
    """
    try:
        uri = parse_uri(text)
    except SipSyntaxError as error:
        raise CallCentreError("call.bad_target", f"The target is no SIP address: {error}.", fault="user") from error
    if not isinstance(uri, SipUri):
        raise CallCentreError(
            "call.bad_target", "Only addresses that begin with sip: or sips: can be called.", fault="user"
        )
    return uri


def denied(why: Denied, kind: CallKind) -> CallCentreError:
    """Return the error of a call that may not be placed, and log that it was not."""
    logger.info("a call out was denied", extra={"why": why.why.name, "kind": kind})
    return CallCentreError("call.denied", f"The call is not placed: {why.why.value}.", fault="user")


def _explain(over: CallOver, flow: Flow) -> CallCentreError:
    """Return why a call through this server did not come about."""
    if over.cause == "refused":
        code = "call.no_common_codec" if over.status == 488 else "call.refused"
        return CallCentreError(
            code, f"The called party refused the call with status {over.status}.", fault="peer", retryable=True
        )
    if over.cause == "bad_answer":
        return CallCentreError("call.no_common_codec", "The called party offers no sound that we know.", fault="peer")
    if over.cause == "timeout":
        return CallCentreError("call.no_answer", "The called party did not answer.", fault="peer", retryable=True)
    transport = flow.transport.upper()
    sentence = "The called party could not be reached."
    if over.cause == "transport_error":
        sentence = (
            f"Nothing takes SIP calls over {transport} at {flow}, or there is no way to it. "
            "Check address and port, and that the program there runs."
        )
    elif over.cause == "no_response":
        sentence = (
            f"Nothing came back from {flow}. Check the address, and that no firewall on the way drops {transport}."
        )
    return CallCentreError("call.unreachable", sentence, fault="peer", retryable=True)
