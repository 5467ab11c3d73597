"""The SIP gateway: UDP, TCP and TLS, the pure user agent behind them, and calls as the service knows them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from typing import assert_never

from calls.errors import CallCentreError
from calls.nonces import SharedNonces
from calls.phones import PhoneBindings
from calls.ports import CallOffer, Clock, IncomingCall
from telephony.dialling import CallWatch, Dialler, denied
from telephony.media_port import DoesDtls, MediaFactory
from telephony.net.driver import MachineDriver
from telephony.net.sip_transports import SipTransports
from telephony.outbound import PHONE_PREFIX, CallKind, Denial, Denied, Outbound
from telephony.phone_lines import PhoneLines
from telephony.phone_memory import MemoryBindings
from telephony.shared_proofs import SharedProofs
from telephony.sip.grammar import is_ip_address
from telephony.sip.message import Flow
from telephony.sip.registrar_signals import ChangeBindings
from telephony.sip.registration_signals import LocateRegistrar, RegistrationChanged
from telephony.sip.signals import (
    CallArrived,
    CallConfirmed,
    CallOver,
    CallRinging,
    ChallengeCall,
    DatagramReceived,
    DigitReceived,
    FlowLost,
    HangUpCall,
    MediaAgreed,
    MediaChangeRefused,
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
from telephony.sip.uri import SipUri
from telephony.sip.user_agent import UserAgent
from telephony.sip_call import CallRefusal, PendingLeg, SipIncomingCall, offer_of
from telephony.sip_leg import SipLeg
from telephony.sip_settings import SipSettings
from telephony.sip_transfer import CallTarget, Transfers
from telephony.trunk_lines import NO_ROOM_HERE, TrunkLines

logger = logging.getLogger(__name__)

RETRY_AFTER_S = 5
"""When a proxy may ask again. Source: our choice; a call of a minute leaves one of twelve lines within it."""


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
        bindings: PhoneBindings | None = None,
        nonces: SharedNonces | None = None,
        owner: str = "alone",
    ) -> None:
        """Prepare; nothing is bound before `start`.

        Args:
            settings: Section `[telephony.sip]`.
            clock: Where the time comes from.
            media: Makes the media half of each leg.
            on_call: Called on the loop for each new call; it must decide on it soon, not at once.
            admit: Asked first; may refuse a call before anybody hears of it. Settable later as `admit`.
            bindings: Where it is kept which phones are registered; None: in memory.
            nonces: Where processes that share the phones count their proofs; None: this one is alone.
            owner: Name of this process among those that share the bindings.

        Raises:
            CallCentreError: `config.unknown_codec`, `config.bad_listen`, `config.bad_advertise`, `config.bad_tls`.
        """
        settings.check()
        self.admit = admit
        self._settings = settings
        self._clock = clock
        self._media = media
        self._on_call = on_call
        self._transport_settings = settings.transports
        self._transports: SipTransports | None = None
        self._user_agent: UserAgent | None = None
        self._driver: MachineDriver[UserAgentInput, UserAgentOutput] | None = None
        self._calls: dict[SessionId, PendingLeg] = {}
        self._proofs = SharedProofs(nonces, self._feed)
        self.phones = PhoneLines(
            settings.phones,
            bindings or MemoryBindings(),
            owner,
            settings.register_limits,
            clock,
            self._feed,
            self._proofs.take,
        )
        """The phones that register here."""
        self._dialler = Dialler(
            settings,
            clock,
            media,
            self._way_out,
            self._add,
            self._feed,
            self.phones.ways,
            self.phones.way_failed,
        )
        self.transfers = Transfers(self._feed, self._dialler.call, self._leg_of)
        """What peers may make us call; its policy is given by the service."""
        self.guard = SourceGuard(
            (network for trunk in settings.trunks for network in trunk.sources),
            accept_unknown=settings.accept_unknown,
            phone_networks=settings.phone_networks,
        )
        """Whose requests are looked at."""
        self.trunks = TrunkLines(settings.trunks, self._feed, self._locate_registrar)
        """The carriers' lines."""
        self._draining = self._closing = False
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
            self._settings.user_agent_settings(
                self.listen_address[1],
                transports.tls_port,
                is_trusted=self.trunks.vouches,
                is_proxy=self.trunks.is_proxy,
                may_carry_keys=self.trunks.may_carry_keys,
                fingerprint=self._media.fingerprint if isinstance(self._media, DoesDtls) else None,
            ),
            _new_token,
            self.guard,
            self._settings.door(self.trunks.of, self._proofs.seal_key),
            self._settings.register_limits,
        )
        self._driver = MachineDriver(self._user_agent, self._clock, TimePassed, self._carry_out)
        self._draining = self._closing = False
        await self._proofs.start()
        self.phones.start(transports)
        self.trunks.start()

    async def drain(self, patience_s: float) -> bool:
        """Take no new calls (503 to a proxy of ours, also to its OPTIONS) and let the running ones end by themselves.

        They may still be transferred: what they need is dialled.

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
        self._draining = self._closing = True
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
        await self.phones.stop()
        await self._proofs.stop()
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
        """Call somebody, and return the leg once it is answered; any address while there are no rules.

        Cancelling the waiting cancels the call.

        Args:
            target_uri: A `sip:` URI; its host may be a name or an address.
            caller: User part of our From.
            caller_name: Display name of our From.
            on_early: Called once with the leg when there is something to hear before the answer: ringing, an
                announcement.

        Raises:
            CallCentreError: `call.bad_target`, `call.denied`, `call.refused`, `call.no_answer`, `call.unreachable`,
                `call.not_trusted`, `call.no_common_codec` or what opening the media raises.
        """
        watch = CallWatch(on_early=on_early, caller=caller, caller_name=caller_name)
        return await self._dialler.call(target_uri, "call", watch)

    async def call_phone(
        self,
        name: str,
        kind: CallKind = "call",
        *,
        caller: str = "warmline",
        caller_name: str = "",
        on_early: Callable[[SipLeg], None] | None = None,
    ) -> SipLeg:
        """Call a phone of ours wherever it is registered; the first place that answers has the call.

        Args:
            name: Its table is `[telephony.sip.phones.NAME]`.
            kind: Who wants it.
            caller: Whom its display shall show: user part of our From.
            caller_name: The same in words.
            on_early: As of `place_call`, while it rings at one place alone.

        Raises:
            CallCentreError: `call.denied` without rules or for an unknown name, `phone.not_registered`,
                `phone.elsewhere`, and as `place_call`.
        """
        watch = CallWatch(on_early=on_early, caller=caller, caller_name=caller_name)
        return await self._call_by_the_rules(PHONE_PREFIX + name, kind, watch)

    async def call_out(self, target: str, kind: CallKind = "call", *, watch: CallWatch | None = None) -> SipLeg:
        """Call a number or an address if the rules let it; numbers go over the trunk that they name.

        Args:
            target: A number in any spelling, a `sip:` or `tel:` URI, or `phone:NAME` for a phone of ours.
            kind: Who wants it.
            watch: What to tell while it rings.

        Raises:
            CallCentreError: `call.denied`, without rules always, and as `place_call`.
        """
        return await self._call_by_the_rules(target, kind, watch or CallWatch())

    async def _call_by_the_rules(self, target: str, kind: CallKind, watch: CallWatch) -> SipLeg:
        if self._dialler.outbound is None:
            raise denied(Denied(Denial.NO_TRUNK), kind)
        return await self._dialler.call(target, kind, watch)

    def target_on(self, trunk: str, target: str) -> str:
        """Return the address by which the line `trunk` knows a target: numbers as it writes them."""
        line = next((line for line in self._settings.trunks if line.name == trunk), None)
        if line is None or target.partition(":")[0].lower() in ("sip", "sips"):
            return target
        return str(line.target(target))

    def guard_calls(self, outbound: Outbound) -> None:
        """Let these rules decide on every target: of our calls and of transfers."""

        async def refusal(target: CallTarget) -> int | None:
            now = self._clock.now_utc()
            if target.why == "asked_of_peer":  # the peer places it; ours are counted when they are placed
                checked = await outbound.take(target.uri, "transfer", now)
            else:
                checked = await outbound.may_call(target.uri, "refer", now)
            return checked.status if isinstance(checked, Denied) else None

        self._dialler.outbound = outbound
        self.transfers.may_call = refusal

    async def _locate_registrar(self, registrar: SipUri) -> tuple[tuple[Flow, ...], str]:
        """Return the servers of a carrier and the address of ours that they are told."""
        servers = await self._dialler.servers_of(registrar, self._bound)
        self.guard.know(flow.host for flow in servers if is_ip_address(flow.host))
        with contextlib.suppress(CallCentreError):  # asking it fails then, and the next one is asked
            servers[0] = await self._bound.open(servers[0])
        return tuple(servers), self._bound.local_host(servers[0].host)

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
        self.phones.flow_lost(flow)

    def connections_in_use(self) -> set[int]:
        """Return the streams that calls and phones need (the transports call this)."""
        in_calls = self._user_agent.connections_in_use if self._user_agent is not None else set()
        return in_calls | self.phones.connections_in_use

    @property
    def _bound(self) -> SipTransports:
        assert self._transports is not None, "start binds it"
        return self._transports

    def _way_out(self) -> SipTransports:
        """Return what calls leave by.

        Raises:
            CallCentreError: `call.unreachable` while none may be placed.
        """
        if self._transports is None or self._closing:
            raise CallCentreError("call.unreachable", "The telephone line is closed.", fault="us", retryable=True)
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
        if isinstance(output, ChangeBindings):
            self.phones.on_wish(output)
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
        offer = offer_of(arrived, self.trunks.of(arrived.source), self.trunks.proxy_at(arrived.hop or arrived.source))
        old = self._leg_of(arrived.replaces)
        refusal = self._refusal(offer) if not arrived.replaces else self._take_over_refusal(old, offer)
        if refusal is not None:
            logger.info("a call was refused", extra={"session_id": arrived.session_id, "status": refusal.status})
            self._proofs.spend_later(arrived.use)
            self._feed(refusal.order(arrived.session_id))
            return
        call = SipIncomingCall(arrived.session_id, offer, self._feed, self._media.open, self.no_room(offer))
        self._add(call)
        if arrived.use is None:
            self._begin(call, arrived)
        else:
            self._proofs.judge(arrived.use, lambda is_good: self._judged(call, arrived, is_good=is_good))

    def _judged(self, call: SipIncomingCall, arrived: CallArrived, *, is_good: bool) -> None:
        """Begin a call whose proof was counted, unless the caller gave up meanwhile."""
        if self._calls.get(call.session_id) is not call:
            return
        if is_good:
            self._begin(call, arrived)
        else:
            self._feed(ChallengeCall(call.session_id))

    def _begin(self, call: SipIncomingCall, arrived: CallArrived) -> None:
        """Give a call to whoever takes it, or the place of the one that it takes over."""
        old = self._leg_of(arrived.replaces)
        if old is not None:
            self.transfers.take_over(old, call.offer, call.answer)
            return
        if arrived.replaces:  # it ended meanwhile
            self._feed(RejectCall(call.session_id, 481))
            return
        try:
            self._on_call(call)
        except Exception:
            logger.exception("a new call could not be taken", extra={"session_id": arrived.session_id})
            self._feed(RejectCall(arrived.session_id, 500))

    def no_room(self, offer: CallOffer) -> CallRefusal:
        """Return how the sender of a call is told that it cannot be taken here now: as its trunk wants it."""
        status = self.trunks.busy_status(offer)
        return CallRefusal(status, retry_after_s=RETRY_AFTER_S if status == NO_ROOM_HERE else None)

    def _take_over_refusal(self, old: SipLeg | None, offer: CallOffer) -> CallRefusal | None:
        status = 481 if old is None else self.transfers.take_over_refusal(old, offer)
        return CallRefusal(status) if status is not None else None

    def _leg_of(self, session_id: SessionId) -> SipLeg | None:
        call = self._calls.get(session_id)
        return call.leg if call is not None else None

    def _refusal(self, offer: CallOffer) -> CallRefusal | None:
        refusal = self.admit(offer) if self.admit is not None else None
        return self.no_room(offer) if refusal is None and self._draining else refusal

    def _add(self, call: PendingLeg) -> None:
        self._calls[call.session_id] = call
        self._empty.clear()

    def _remove(self, session_id: SessionId) -> None:
        self._calls.pop(session_id, None)
        if not self._calls:
            self._empty.set()


def _new_token() -> str:
    """Return 64 random bits; RFC 3261 section 19.3 asks for at least 32 in a tag."""
    return secrets.token_hex(8)
