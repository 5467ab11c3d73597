"""The SIP gateway: UDP, TCP and TLS, the pure user agent behind them, and calls as the service knows them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import assert_never

from calls.errors import CallCentreError
from calls.ports import CallOffer, Clock, IncomingCall
from telephony.media_port import MediaFactory
from telephony.net.driver import MachineDriver
from telephony.net.resolver import Resolver
from telephony.net.sip_transports import SipTransports
from telephony.outbound import Allowed, CallKind, Denial, Denied, Outbound
from telephony.sdp.codecs import CODECS
from telephony.sip.failover import AvoidedServers, HuntState, TargetHunt
from telephony.sip.grammar import SipSyntaxError, is_ip_address
from telephony.sip.message import Flow
from telephony.sip.registration_signals import LocateRegistrar, RegistrationChanged
from telephony.sip.signals import (
    CallArrived,
    CallConfirmed,
    CallOver,
    CallRinging,
    DatagramReceived,
    DigitReceived,
    EndCause,
    FlowLost,
    HangUpCall,
    MediaAgreed,
    MediaChangeRefused,
    PlaceCall,
    RejectCall,
    SendDatagram,
    SendFailed,
    SessionId,
    TimePassed,
    TransferAsked,
    TransferProgress,
    UserAgentInput,
    UserAgentOutput,
)
from telephony.sip.source_guard import SourceGuard
from telephony.sip.uri import SipUri, parse_uri
from telephony.sip.user_agent import UserAgent
from telephony.sip.wire import UserAgentSettings
from telephony.sip_call import PendingLeg, SipIncomingCall
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings
from telephony.sip_transfer import CallTarget, CallWatch, Transfers
from telephony.trunk_lines import TrunkLines

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CallRefusal:
    """What the admission callback says instead of yes."""

    status: int
    """486 towards carriers, who would drop the whole gateway on 503; 503 towards a proxy of our own."""
    reason: str = ""
    retry_after_s: int | None = None


class SipGateway:
    """Takes and places calls over SIP."""

    def __init__(
        self,
        settings: SipSettings,
        clock: Clock,
        media: MediaFactory,
        on_call: Callable[[IncomingCall], None],
        *,
        admit: Callable[[CallOffer], CallRefusal | None] | None = None,
    ) -> None:
        """Prepare; nothing is bound before `start`.

        Args:
            settings: Section `[telephony.sip]`.
            clock: Where the time comes from.
            media: Makes the media half of each leg.
            on_call: Called on the loop for each new call; it must decide on it soon, not at once.
            admit: Asked first; may refuse a call before anybody hears of it. Settable later as `admit`.

        Raises:
            CallCentreError: `config.unknown_codec`, `config.bad_listen`, `config.bad_advertise`, `config.bad_tls`.
        """
        if settings.advertise and not is_ip_address(settings.advertise):
            raise CallCentreError(
                "config.bad_advertise",
                "[telephony.sip] advertise must be an IP address, for example 203.0.113.5, since it stands in SDP.",
                fault="operator",
            )
        unknown = [name for name in settings.codecs if name not in CODECS]
        if unknown or not settings.codecs:
            raise CallCentreError(
                "config.unknown_codec",
                f"{unknown[0] if unknown else 'an empty list'} is no codec; choose from {', '.join(CODECS)}.",
                fault="operator",
            )
        self.admit = admit
        self.is_trusted: Callable[[Flow], bool] | None = None
        """Whether a peer may vouch for callers (P-Asserted-Identity, Diversion); nobody may while it is None."""
        self._settings = settings
        self._clock = clock
        self._media = media
        self._on_call = on_call
        self._transport_settings = settings.transports
        self._resolver = Resolver(settings.dns_servers)
        self._avoided = AvoidedServers()
        self._transports: SipTransports | None = None
        self._user_agent: UserAgent | None = None
        self._driver: MachineDriver[UserAgentInput, UserAgentOutput] | None = None
        self._calls: dict[SessionId, PendingLeg] = {}
        self.transfers = Transfers(self._feed, self._place_for_peer, self._leg_of)
        """What peers may make us call; its policy is given by the service."""
        self._outbound: Outbound | None = None
        self.guard = SourceGuard(
            (network for trunk in settings.trunks for network in trunk.sources), accept_unknown=settings.accept_unknown
        )
        """Whose requests are looked at."""
        self.trunks = TrunkLines(settings.trunks, self._feed, self._locate_registrar)
        """The carriers' lines."""
        self.is_trusted = self.trunks.vouches
        self._draining = False
        self._empty = asyncio.Event()
        self._empty.set()

    @property
    def listen_address(self) -> tuple[str, int]:
        """Host and port that are bound over UDP and TCP (the first of several), for a listen port of 0 too."""
        return self._bound.addresses[0]

    @property
    def tls_port(self) -> int:
        """Port that is bound over TLS, 0 for none."""
        return self._bound.tls_port

    @property
    def open_connections(self) -> int:
        """How many TCP and TLS connections are open."""
        return self._bound.open_connections

    @property
    def open_calls(self) -> int:
        """How many call legs live, ringing ones too."""
        return len(self._calls)

    async def start(self) -> None:
        """Bind the ports and take calls; idempotent.

        Raises:
            CallCentreError: `sip.port_taken`, `sip.bad_address`, `sip.not_allowed`, `config.bad_tls`.
        """
        if self._transports is not None:
            return
        transports = SipTransports(self._transport_settings, self._clock, self)
        await transports.start()
        self._transports = transports
        self._user_agent = UserAgent(
            UserAgentSettings(
                local_port=self.listen_address[1],
                local_tls_port=transports.tls_port,
                codecs=self._settings.codecs,
                user_agent=self._settings.user_agent,
                answer_ms=self._settings.answer_ms,
                dial_ms=self._settings.dial_ms,
                reach_ms=self._settings.reach_ms,
                session_timer=self._settings.session_timer,
                random_bytes=secrets.token_bytes,
                is_trusted=lambda flow: self.is_trusted is not None and self.is_trusted(flow),
            ),
            _new_token,
            self.guard,
        )
        self._driver = MachineDriver(self._user_agent, self._clock, TimePassed, self._carry_out)
        self._draining = False
        self.trunks.start()

    async def drain(self, patience_s: float) -> bool:
        """Take no new calls (503, also to the OPTIONS of a dispatcher) and let the running ones end by themselves.

        Returns:
            True when the last one ended within `patience_s`; `stop` follows in any case.
        """
        self._draining = True
        if self._user_agent is not None:
            self._user_agent.is_draining = True
        try:
            async with asyncio.timeout(patience_s):
                await self._empty.wait()
        except TimeoutError:
            return False
        return True

    async def stop(self) -> None:
        """Refuse new calls, end the running ones, wait `drain_ms` for the peers, release the ports. Idempotent."""
        if self._transports is None:
            return
        self._draining = True
        await self.transfers.close()
        for call in list(self._calls.values()):
            self._feed(HangUpCall(call.session_id))
            if call.leg is not None:
                call.leg.end("local")
        try:
            async with asyncio.timeout(self._settings.drain_ms / 1000):
                await self._empty.wait()
        except TimeoutError:
            logger.warning("%d calls were not confirmed as ended by their peers", len(self._calls))
        for session_id, call in list(self._calls.items()):
            self._remove(session_id)
            call.finish(CallOver(session_id, "local"))
        if self._driver is not None and self._user_agent is not None:
            registrations = self._user_agent.registrations
            await self.trunks.stop(lambda: registrations.are_over, self._settings.drain_ms / 1000)
            self._driver.close()
        transports, self._transports = self._transports, None
        await transports.close()

    async def place_call(
        self,
        target_uri: str,
        *,
        caller: str = "warmline",
        caller_name: str = "",
        on_early: Callable[[SipLeg], None] | None = None,
    ) -> SipLeg:
        """Call somebody, and return the leg once it is answered.

        Cancelling the waiting cancels the call.

        Args:
            target_uri: A `sip:` URI; its host may be a name or an address.
            caller: User part of our From.
            caller_name: Display name of our From.
            on_early: Called once with the leg when there is something to hear before the answer: ringing, an
                announcement.

        Raises:
            CallCentreError: `call.bad_target`, `call.denied`, `call.refused`, `call.no_answer`, `call.unreachable`,
                `call.no_common_codec` or what opening the media raises.
        """
        self._count(target_uri)
        return await self._place(target_uri, CallWatch(on_early=on_early), caller, caller_name)

    async def transfer(self, leg: SipLeg, target_uri: str) -> None:
        """Ask the peer of a leg to call somebody else instead of us, and hang up once it has (blind transfer).

        Raises:
            CallCentreError: `call.bad_target`, `transfer.refused` when `transfers.may_call` does not allow it,
                `transfer.failed` with the call as it was.
        """
        target = _parse_target(target_uri)
        if self.transfers.refusal(CallTarget(uri=target_uri, why="asked_of_peer", leg_id=leg.leg_id)) is not None:
            raise CallCentreError("transfer.refused", "This number may not be called.", fault="operator")
        await leg.refer(target)
        await leg.hang_up()

    async def transfer_to(self, leg: SipLeg, other: SipLeg) -> None:
        """Connect the peers of two legs of ours with each other, and leave both (attended transfer).

        The target is checked already: we called it.

        Raises:
            CallCentreError: `transfer.failed` with both calls as they were.
        """
        await leg.refer(SipUri("sip", "", "invalid"), replacing=other)
        await leg.hang_up()
        await other.hang_up()

    async def _place(
        self, target_uri: str, watch: CallWatch, caller: str = "warmline", caller_name: str = ""
    ) -> SipLeg:
        if self._transports is None or self._draining:
            raise _closed()
        target = _parse_target(target_uri)
        found = await self._resolver.locate(target, self._bound.transports, self._bound.versions)
        hunt = TargetHunt(self._avoided.order(found, self._clock.now_ms()))
        while True:
            tried = hunt.target
            leg, failure = await self._try_server(tried, target, caller, caller_name, watch, is_last=not hunt.has_next)
            if leg is not None:
                hunt.succeeded()
                self._avoided.forgive(tried)
                return leg
            assert failure is not None, "without a leg there is a failure"
            if hunt.failed(failure.cause, failure.status):
                self._avoided.note(tried, self._clock.now_ms())
            if hunt.state is HuntState.GIVEN_UP:
                watch.status = failure.status
                raise failure.error
            logger.info("a server failed, the next one is tried", extra={"cause": failure.cause})

    async def _try_server(
        self,
        server: Flow,
        target: SipUri,
        caller: str,
        caller_name: str,
        watch: CallWatch,
        *,
        is_last: bool,
    ) -> tuple[SipLeg | None, _Failure | None]:
        """Call through one server; return the leg once it is answered, or why not."""
        try:
            flow = await self._bound.open(server)
        except CallCentreError as error:
            return None, _Failure("transport_error", 0, error)
        if self._transports is None or self._draining:
            raise _closed()
        session_id = _new_token()
        media = await self._media.open()
        call = PendingLeg(session_id, self._feed)
        call.on_early, call.on_ringing = watch.on_early, watch.on_ringing
        leg = call.attach(media)
        self._add(call)
        reach_ms = self._settings.reach_ms
        self._feed(
            PlaceCall(
                session_id=session_id,
                target=target,
                flow=flow,
                local_host=self._bound.local_host(flow.host),
                media_port=media.local_port,
                caller=caller,
                caller_name=caller_name,
                fields=watch.fields,
                credentials=watch.credentials,
                from_host=watch.from_host,
                reach_ms=reach_ms if is_last else min(reach_ms, self._settings.next_server_ms),
            )
        )
        over = await call.settled()
        return (leg, None) if over is None else (None, _Failure(over.cause, over.status, _failure(over, flow)))

    async def place_trunk_call(
        self,
        number: str,
        trunk_name: str,
        *,
        caller: str = "",
        caller_name: str = "",
        on_early: Callable[[SipLeg], None] | None = None,
    ) -> SipLeg:
        """Call a number in E.164 over a trunk, as its carrier wants it dialled.

        Args:
            number: With + and the country's prefix.
            trunk_name: Section of the configuration.
            caller: Number that the callee sees, in E.164; empty: the trunk's.
            caller_name: Display name of our From.
            on_early: As of `place_call`.

        Raises:
            CallCentreError: `call.no_trunk`, `call.denied` and as `place_call`.
        """
        trunk = self.trunks.by_name.get(trunk_name)
        if trunk is None:
            raise CallCentreError("call.no_trunk", "There is no trunk of that name to call over.", fault="operator")
        self._count(number)
        watch = CallWatch(on_early=on_early, credentials=trunk.credentials, from_host=trunk.server.host)
        shown = trunk.numbers.write(caller) if caller else trunk.caller_dialled
        return await self._place(str(trunk.target(number)), watch, shown or "anonymous", caller_name)

    def guard_calls(self, outbound: Outbound) -> None:
        """Let this check decide on every target: of our calls and of transfers."""
        self._outbound = outbound
        self.transfers.may_call = self._transfer_refusal

    async def call_out(
        self, target: str, kind: CallKind = "call", *, on_early: Callable[[SipLeg], None] | None = None
    ) -> SipLeg:
        """Call a number or an address if it may be called; numbers go over the trunk that the rules name.

        Args:
            target: A number in any spelling, or a `sip:` or `tel:` URI.
            kind: Who wants it.
            on_early: As of `place_call`.

        Raises:
            CallCentreError: `call.denied` and as `place_trunk_call`.
        """
        watch = CallWatch(on_early=on_early)
        allowed = self._checked(target, kind)
        return await self._place_allowed(allowed, watch)

    def _count(self, target: str) -> None:
        """Check and count a target of ours where there is a check."""
        if self._outbound is not None:
            self._outbound.note(self._checked(target, "call"))

    def _checked(self, target: str, kind: CallKind) -> Allowed:
        found = Denied(Denial.NO_TRUNK)
        checked = self._outbound.may_call(target, kind, self._clock.now_utc()) if self._outbound is not None else found
        if isinstance(checked, Denied):
            logger.info("a call out was denied", extra={"why": checked.why.name, "kind": kind})
            raise CallCentreError("call.denied", f"The call is not placed: {checked.why.value}.", fault="user")
        return checked

    async def _place_allowed(self, allowed: Allowed, watch: CallWatch) -> SipLeg:
        if self._outbound is not None:
            self._outbound.note(allowed)
        if not allowed.trunk:
            return await self._place(allowed.uri, watch)
        trunk = self.trunks.by_name[allowed.trunk]
        watch.credentials, watch.from_host = trunk.credentials, trunk.server.host
        return await self._place(str(trunk.target(allowed.number)), watch, trunk.caller_dialled or "anonymous")

    async def _place_for_peer(self, target_uri: str, watch: CallWatch) -> SipLeg:
        """Call whom a peer asked us to call; a number goes over a trunk of ours, wherever the peer pointed."""
        if self._outbound is None:
            return await self._place(target_uri, watch)
        return await self._place_allowed(self._checked(target_uri, "refer"), watch)

    def _transfer_refusal(self, target: CallTarget) -> int | None:
        assert self._outbound is not None, "set before this is asked"
        kind: CallKind = "refer" if target.why == "asked_by_peer" else "transfer"
        checked = self._outbound.may_call(target.uri, kind, self._clock.now_utc())
        if isinstance(checked, Denied):
            return checked.status
        if target.why == "asked_of_peer":  # the peer places it; ours are counted when they are placed
            self._outbound.note(checked)
        return None

    async def _locate_registrar(self, registrar: SipUri) -> tuple[tuple[Flow, ...], str]:
        """Return the servers of a carrier and the address of ours that they are told."""
        found = await self._resolver.locate(registrar, self._bound.transports, self._bound.versions)
        self.guard.know(flow.host for flow in found if is_ip_address(flow.host))
        ordered = tuple(self._avoided.order(found, self._clock.now_ms()))
        if ordered and ordered[0].transport != "udp":
            with contextlib.suppress(CallCentreError):  # asking it fails then, and the next one is asked
                ordered = (await self._bound.open(ordered[0]), *ordered[1:])
        return ordered, self._bound.local_host(ordered[0].host) if ordered else ""

    async def hang_up(self, leg: SipLeg) -> None:
        """End a leg of this gateway; the same as `leg.hang_up()`."""
        await leg.hang_up()

    # From the network

    def message_received(self, data: bytes, source: Flow) -> None:
        """Take one message (the transports call this)."""
        if self._transports is not None:
            self._feed(DatagramReceived(data, source, self._transports.local_host(source.host)))

    def send_failed(self, flow: Flow) -> None:
        """Hear that something could not be sent (the transports call this)."""
        self._feed(SendFailed(flow))

    def flow_lost(self, flow: Flow) -> None:
        """Hear that a stream broke (the transports call this)."""
        self._feed(FlowLost(flow))

    def connections_in_use(self) -> set[int]:
        """Return the streams that calls need (the transports call this)."""
        return self._user_agent.connections_in_use if self._user_agent is not None else set()

    def cut_connections(self) -> None:
        """Cut every TCP and TLS connection, as a broken network would; calls go on."""
        self._bound.cut_connections()

    @property
    def _bound(self) -> SipTransports:
        assert self._transports is not None, "start binds it"
        return self._transports

    def _feed(self, event: UserAgentInput) -> None:
        if self._driver is not None:
            self._driver.feed(event)

    # From the user agent

    def _carry_out(self, output: UserAgentOutput) -> None:
        if isinstance(output, SendDatagram):
            if self._transports is not None:
                self._transports.send(output.data, output.flow)
            return
        if isinstance(output, CallArrived):
            self._on_arrived(output)
            return
        if isinstance(output, (LocateRegistrar, RegistrationChanged)):
            self.trunks.on_news(output)
            return
        call = self._calls.get(output.session_id)
        if call is None:
            return
        if isinstance(output, MediaAgreed):
            call.agree(output.agreement)
        elif isinstance(output, DigitReceived):
            if call.leg is not None:
                call.leg.deliver_digit(output.digit, output.duration_ms)
        elif isinstance(output, CallConfirmed):
            call.confirm()
        elif isinstance(output, CallOver):
            logger.info("a call leg ended", extra={"session_id": output.session_id, "cause": output.cause})
            self._remove(output.session_id)
            call.finish(output)
        elif isinstance(output, MediaChangeRefused):
            logger.info("the peer refused a change", extra={"session_id": output.session_id, "status": output.status})
        elif isinstance(output, TransferAsked):
            self.transfers.on_asked(output)
        elif isinstance(output, TransferProgress):
            if call.leg is not None:
                call.leg.transfer_told(output.status, is_last=output.is_last)
        elif isinstance(output, CallRinging):
            if call.on_ringing is not None:
                call.on_ringing()
        else:
            assert_never(output)

    def _on_arrived(self, arrived: CallArrived) -> None:
        trunk = self.trunks.of(arrived.source)
        read = trunk.numbers.read if trunk is not None else str
        offer = CallOffer(
            transport="sip",
            caller=read(arrived.caller),
            caller_name=arrived.caller_name,
            called=read(arrived.called),
            trunk=trunk.name if trunk is not None else "",
            peer_call_id=arrived.call_id,
            remote=str(arrived.source),
            withheld=arrived.withheld,
            asserted=arrived.asserted,
            diverted_from=arrived.diverted_from,
        )
        old = self._leg_of(arrived.replaces)
        refusal = self._refusal(offer) if not arrived.replaces else self._take_over_refusal(old)
        if refusal is not None:
            logger.info("a call was refused", extra={"session_id": arrived.session_id, "status": refusal.status})
            self._feed(RejectCall(arrived.session_id, refusal.status, refusal.reason, refusal.retry_after_s))
            return
        call = SipIncomingCall(arrived.session_id, offer, self._feed, self._media.open)
        self._add(call)
        if old is not None:
            self.transfers.take_over(old, call.answer)
            return
        try:
            self._on_call(call)
        except Exception:
            logger.exception("a new call could not be taken", extra={"session_id": arrived.session_id})
            self._feed(RejectCall(arrived.session_id, 500))

    def _take_over_refusal(self, old: SipLeg | None) -> CallRefusal | None:
        status = 481 if old is None else self.transfers.take_over_refusal(old)
        return CallRefusal(status) if status is not None else None

    def _leg_of(self, session_id: SessionId) -> SipLeg | None:
        call = self._calls.get(session_id)
        return call.leg if call is not None else None

    def _refusal(self, offer: CallOffer) -> CallRefusal | None:
        if self._draining:
            return CallRefusal(503, retry_after_s=5)
        return self.admit(offer) if self.admit is not None else None

    def _add(self, call: PendingLeg) -> None:
        self._calls[call.session_id] = call
        self._empty.clear()

    def _remove(self, session_id: SessionId) -> None:
        self._calls.pop(session_id, None)
        if not self._calls:
            self._empty.set()


@dataclass(frozen=True, slots=True)
class _Failure:
    """Why one server did not bring the call about."""

    cause: EndCause
    status: int
    error: CallCentreError


def _closed() -> CallCentreError:
    return CallCentreError("call.unreachable", "The telephone line is closed.", fault="us", retryable=True)


def _new_token() -> str:
    """Return 64 random bits; RFC 3261 section 19.3 asks for at least 32 in a tag."""
    return secrets.token_hex(8)


def _parse_target(text: str) -> SipUri:
    try:
        uri = parse_uri(text)
    except SipSyntaxError as error:
        raise CallCentreError("call.bad_target", f"The target is no SIP address: {error}.", fault="user") from error
    if not isinstance(uri, SipUri):
        raise CallCentreError(
            "call.bad_target", "Only addresses that begin with sip: or sips: can be called.", fault="user"
        )
    return uri


def _failure(over: CallOver, flow: Flow) -> CallCentreError:
    if over.cause == "refused":
        code = "call.no_common_codec" if over.status == 488 else "call.refused"
        return CallCentreError(
            code, f"The called party refused the call with status {over.status}.", fault="peer", retryable=True
        )
    if over.cause == "bad_answer":
        return CallCentreError("call.no_common_codec", "The called party offers no sound that we know.", fault="peer")
    if over.cause == "timeout":
        return CallCentreError("call.no_answer", "The called party did not answer.", fault="peer", retryable=True)
    sentence = "The called party could not be reached."
    if over.cause == "transport_error":
        sentence = (
            f"Nothing takes SIP calls over UDP at {flow}, or there is no way to it. "
            "Check address and port, and that the program there runs."
        )
    elif over.cause == "no_response":
        sentence = f"Nothing came back from {flow}. Check the address, and that no firewall on the way drops UDP."
    return CallCentreError("call.unreachable", sentence, fault="peer", retryable=True)
