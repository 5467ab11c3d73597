"""The user agent as one pure machine: `step(input, now_ms) -> outputs`, `next_deadline_ms()`.

    datagram -> parse -> check -> transaction layer -> screening -> door -> session, registrar -> responses and news
                  |         |            |                 |          |
               dropped   400, 505   absorbed, resent       |       401 403
                                             405 415 416 420 481 482 501

No datagram, in whatever order, raises; only a mistake of our own code can.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import assert_never

from telephony.sip.checked_request import CheckedRequest, check_request, check_response
from telephony.sip.grammar import SipSyntaxError, readable
from telephony.sip.identity import read_identity
from telephony.sip.message import RELIABLE_TRANSPORTS, Flow, SipRequest, SipResponse
from telephony.sip.parse_message import MalformedRequestError, NotSipError, is_keep_alive, parse_message
from telephony.sip.phone_door import DoorSettings, PhoneDoor, Proof
from telephony.sip.refer import format_replaces, parse_replaces
from telephony.sip.refusal import Refusal
from telephony.sip.register_wish import RegisterLimits
from telephony.sip.registrar import Registrar
from telephony.sip.registrar_signals import BindingsChanged
from telephony.sip.registration_signals import RegistrarLocated, StartRegistration, StopRegistrations
from telephony.sip.registrations import Registrations
from telephony.sip.respond import make_response, response_flow
from telephony.sip.screening import allowed_methods, screen, screen_invite
from telephony.sip.session_incoming import IncomingSession
from telephony.sip.session_outgoing import OutgoingSession
from telephony.sip.session_refer import ReferringSession
from telephony.sip.session_states import SessionState
from telephony.sip.signals import (
    AnswerCall,
    AskTransfer,
    BeginEarlyMedia,
    CallArrived,
    ChallengeCall,
    DatagramReceived,
    DecideTransfer,
    DirectMedia,
    FlowLost,
    HangUpCall,
    PlaceCall,
    RejectCall,
    ReportTransfer,
    RingCall,
    SendDatagram,
    SendDigit,
    SendFailed,
    SessionId,
    SessionOrder,
    SharedClock,
    TimePassed,
    TransferProgress,
    UserAgentInput,
    UserAgentOutput,
)
from telephony.sip.sip_dialog import DialogKey
from telephony.sip.source_guard import SourceGuard
from telephony.sip.transaction_layer import ResponseArrived, TransactionKey, cancelled_key, server_key
from telephony.sip.wire import ACCEPT, SUPPORTED, UserAgentSettings, Wire

MAX_SESSIONS = 2_000
"""Calls beyond it are refused with 503 before anybody is asked; admission keeps far below it."""
_RETRY_AFTER = ("Retry-After", "5")


class UserAgent:
    """SIP for many calls, without I/O."""

    def __init__(
        self,
        settings: UserAgentSettings,
        new_token: Callable[[], str],
        guard: SourceGuard | None = None,
        door: DoorSettings | None = None,
        limits: RegisterLimits = RegisterLimits(),  # noqa: B008 -- frozen
    ) -> None:
        """Start without calls.

        Args:
            settings: What it is told once.
            new_token: Gives an unpredictable word of letters and digits each time.
            guard: Says whose requests are looked at; None: everybody's.
            door: Who may prove to be somebody; None: nobody, and no phone registers.
            limits: What phones are granted that register.
        """
        self._guard = guard
        self._door = PhoneDoor(door, guard, new_token) if door is not None and door.is_needed else None
        self._wire = Wire(settings, new_token)
        self._registrar = Registrar(self._wire, limits, self._challenge)
        self._stateless_tag = new_token()
        self.registrations = Registrations(self._wire, lambda data, flow: self._wire.tell(SendDatagram(data, flow)))
        self.is_draining = False
        """OPTIONS are answered with 503, so that a dispatcher sends new calls elsewhere."""
        self._sessions: dict[SessionId, ReferringSession] = {}
        self._by_dialog: dict[DialogKey, SessionId] = {}
        self._by_invite: dict[TransactionKey, SessionId] = {}

    @property
    def open_sessions(self) -> int:
        """How many call legs live."""
        return len(self._sessions)

    @property
    def open_transactions(self) -> int:
        """How many transactions live."""
        return self._wire.layer.open_count

    @property
    def connections_in_use(self) -> set[int]:
        """Numbers of the streams that calls are reached through."""
        dialogs = (session.dialog for session in self._sessions.values())
        in_calls = {dialog.flow.connection for dialog in dialogs if dialog is not None} - {0}
        return in_calls | self.registrations.connections_in_use

    def step(self, event: UserAgentInput, now_ms: int) -> tuple[UserAgentOutput, ...]:
        """Take what happened and return what to do about it."""
        if isinstance(event, DatagramReceived):
            self._on_datagram(event, now_ms)
        elif isinstance(event, SendFailed):
            self._wire.handle(self._wire.layer.transport_failed(event.flow, now_ms))
        elif isinstance(event, FlowLost):
            self._wire.handle(self._wire.layer.flow_lost(event.flow, now_ms))
            self.registrations.flow_lost(event.flow, now_ms)
        elif isinstance(event, PlaceCall):
            self._sessions[event.session_id] = OutgoingSession(event, self._wire, now_ms)
        elif isinstance(event, (StartRegistration, RegistrarLocated, StopRegistrations)):
            self.registrations.take(event, now_ms)
        elif isinstance(event, BindingsChanged):
            self._registrar.changed(event, now_ms)
        elif isinstance(event, SharedClock):
            if self._door is not None:
                self._door.set_shared_clock(event.shared_ms, now_ms)
        elif not isinstance(event, TimePassed):
            self._on_order(event, now_ms)
        self._expire(now_ms)
        self._deliver_news(now_ms)
        self._forget_ended()
        return self._wire.take_outputs()

    def next_deadline_ms(self) -> int | None:
        """Return when `step(TimePassed())` shall be called, None when nothing waits."""
        deadlines = [session.next_deadline_ms() for session in self._sessions.values()]
        deadlines += [self._wire.layer.next_deadline_ms(), self.registrations.next_deadline_ms()]
        return min((item for item in deadlines if item is not None), default=None)

    # Orders of our own side

    def _on_order(self, order: SessionOrder, now_ms: int) -> None:
        session = self._sessions.get(order.session_id)
        if session is None:
            return
        if isinstance(order, HangUpCall):
            session.hang_up(now_ms)
        elif isinstance(order, DirectMedia):
            session.direct(order.direction, now_ms)
        elif isinstance(order, SendDigit):
            session.send_digit(order.digit, order.duration_ms, now_ms)
        elif isinstance(order, AskTransfer):
            self._on_ask_transfer(session, order, now_ms)
        elif isinstance(order, DecideTransfer):
            session.decide_transfer(order.transfer_id, order.status, now_ms)
        elif isinstance(order, ReportTransfer):
            session.report_transfer(order.transfer_id, order.status, now_ms)
        elif isinstance(session, IncomingSession):
            if isinstance(order, RingCall):
                session.ring(now_ms)
            elif isinstance(order, BeginEarlyMedia):
                session.begin_early_media(order.media_port, now_ms)
            elif isinstance(order, AnswerCall):
                session.answer(order.media_port, now_ms)
            elif isinstance(order, RejectCall):
                session.reject(order.status, order.reason, order.retry_after_s, now_ms)
            elif isinstance(order, ChallengeCall):
                session.challenge(self._challenge(now_ms), now_ms)
            else:
                assert_never(order)

    def _on_ask_transfer(self, session: ReferringSession, order: AskTransfer, now_ms: int) -> None:
        """Send REFER; for an attended transfer the target is the other peer's Contact, and its dialog is named."""
        other = self._sessions.get(order.replaces)
        if not order.replaces:
            session.transfer(order.target, "", now_ms)
        elif other is None or other.dialog is None or other.state is not SessionState.TALKING:
            self._wire.tell(TransferProgress(order.session_id, 481, is_last=True))  # the target left meanwhile
        else:
            session.transfer(other.dialog.remote_target, format_replaces(other.dialog.key), now_ms)

    def _expire(self, now_ms: int) -> None:
        self._wire.handle(self._wire.layer.expire(now_ms))
        self.registrations.expire(now_ms)
        for session in list(self._sessions.values()):
            deadline_ms = session.next_deadline_ms()
            if deadline_ms is not None and deadline_ms <= now_ms:
                session.expire(now_ms)

    def _deliver_news(self, now_ms: int) -> None:
        """Give responses and failures to the sessions that asked; that may cause further ones."""
        while self._wire.layer_news:
            news = self._wire.layer_news.pop(0)
            if self.registrations.hear(news, now_ms):
                continue
            session = self._sessions.get(news.owner)
            if session is None:
                continue
            if isinstance(news, ResponseArrived):
                session.on_response(check_response(news.response), now_ms)
            else:
                session.on_failure(news.request, timed_out=news.timed_out, now_ms=now_ms)
            self._note_dialogs(session)

    def _note_dialogs(self, session: ReferringSession) -> None:
        """Make requests within its dialogs find a session."""
        for key in session.dialog_keys:
            self._by_dialog[key] = session.session_id

    def _forget_ended(self) -> None:
        over = [name for name, session in self._sessions.items() if session.is_over]
        for name in over:
            session = self._sessions.pop(name)
            self._wire.wallets.pop(name, None)
            for key in session.dialog_keys:
                self._by_dialog.pop(key, None)
            if isinstance(session, IncomingSession):
                self._by_invite.pop(session.invite_key, None)

    # What comes from the network

    def _on_datagram(self, datagram: DatagramReceived, now_ms: int) -> None:
        if is_keep_alive(datagram.data):
            return
        try:
            message = parse_message(datagram.data, from_stream=datagram.source.transport in RELIABLE_TRANSPORTS)
            if isinstance(message, SipResponse):
                self._wire.handle(self._wire.layer.receive_response(check_response(message), now_ms))
            else:
                self._on_request(check_request(message), datagram, now_ms)
        except MalformedRequestError as error:
            if self._guard is None or self._guard.serves(datagram.source.host, now_ms):
                self._refuse_statelessly(error, datagram.source)
        except (NotSipError, SipSyntaxError):
            return

    def _refuse_statelessly(self, error: MalformedRequestError, source: Flow) -> None:
        """Answer what could not be read whole, if there is a way back; an ACK is never answered."""
        if error.request.method == "ACK":
            return
        try:
            fields = (("Server", self._wire.settings.user_agent),)
            response = make_response(
                error.request, error.status, source, reason=error.reason, to_tag=self._stateless_tag, fields=fields
            )
            self._wire.send(response, response_flow(response, source))
        except SipSyntaxError:
            return

    def _on_request(self, checked: CheckedRequest, datagram: DatagramReceived, now_ms: int) -> None:
        layer, source = self._wire.layer, datagram.source
        key = server_key(checked)
        if checked.method == "ACK":
            session = self._find_session(checked)
            if not layer.receive_ack(key, checked.request, now_ms) and session is not None:
                session.on_ack(checked, now_ms)
            return
        if layer.is_known(key):
            self._wire.handle(layer.receive_again(key, now_ms))
            return
        origin = self._wire.origin(checked, source)
        if layer.is_full or not self._is_served(checked, datagram, origin, now_ms):
            return
        back = _way_back(checked.request, source)
        layer.begin_server(key, checked, back, reliable=source.transport in RELIABLE_TRANSPORTS)
        try:
            self._serve(key, checked, datagram, now_ms)
        except Exception:  # a mistake of ours; neither the peer nor our tables shall wait for ever because of it
            self._refuse(key, checked, source, Refusal(500), now_ms)
            raise

    def _serve(self, key: TransactionKey, checked: CheckedRequest, datagram: DatagramReceived, now_ms: int) -> None:
        """Serve a new request in its transaction."""
        layer, source = self._wire.layer, datagram.source
        refusal = screen(checked, takes_phones=self._takes_phones, from_proxy=self._wire.is_proxy(source))
        if refusal is not None:
            self._refuse(key, checked, source, refusal, now_ms)
        elif checked.method == "CANCEL":
            self._on_cancel(key, checked, source, now_ms)
        elif checked.recipient.tag is not None:
            session = self._find_session(checked)
            if session is None:
                self._refuse(key, checked, source, Refusal(481), now_ms)
            else:
                session.on_request(key, checked, source, now_ms)
        elif layer.is_merged(checked, key):
            self._refuse(key, checked, source, Refusal(482), now_ms)
        else:
            self._on_beginning(key, checked, datagram, now_ms)

    def _on_beginning(
        self, key: TransactionKey, checked: CheckedRequest, datagram: DatagramReceived, now_ms: int
    ) -> None:
        """Serve a request that belongs to nothing yet, once it proved what it has to."""
        source, method = datagram.source, checked.method
        proven: Proof | None = None
        origin = self._wire.origin(checked, source)
        if self._door is not None and self._door.must_prove(checked, origin, datagram.local_host):
            found = self._door.ask(checked, origin, now_ms)
            if isinstance(found, Refusal):
                self._refuse(key, checked, source, found, now_ms)
                return
            proven = found
        if method == "OPTIONS" and self.is_draining:
            self._refuse(key, checked, source, Refusal(503, (_RETRY_AFTER,)), now_ms)
        elif method == "OPTIONS":
            methods = allowed_methods(takes_phones=self._takes_phones)
            fields = (("Allow", ", ".join(methods)), ("Accept", ACCEPT), ("Accept-Encoding", "identity"))
            self._wire.respond(key, checked, source, 200, now_ms, fields=(*fields, ("Supported", ", ".join(SUPPORTED))))
        elif method == "REGISTER" and proven is not None:
            self._registrar.take(key, checked, source, proven, now_ms)
        elif method == "REFER":
            self._refuse(key, checked, source, Refusal(403, reason="Refer within a call"), now_ms)
        elif method == "INVITE":
            self._on_new_call(key, checked, datagram, proven, now_ms)
        else:
            self._refuse(key, checked, source, Refusal(481), now_ms)

    def _challenge(self, now_ms: int) -> Refusal:
        """Return what asks once more for a password that was right."""
        assert self._door is not None, "nobody else asked for it"
        return self._door.challenge(now_ms)

    @property
    def _takes_phones(self) -> bool:
        return self._door is not None and self._door.takes_phones

    def _is_served(self, checked: CheckedRequest, datagram: DatagramReceived, origin: Flow, now_ms: int) -> bool:
        """True for a request of a call that lives, and for others as the guard says."""
        if self._guard is None:
            return True
        if checked.recipient.tag is not None and self._find_session(checked) is not None:
            return True
        if checked.method == "CANCEL" and self._wire.layer.is_known(cancelled_key(checked)):
            return True
        must_prove = self._door is not None and self._door.must_prove(checked, origin, datagram.local_host)
        return self._guard.serves(origin.host, now_ms, must_prove=must_prove)

    def _on_new_call(
        self,
        key: TransactionKey,
        checked: CheckedRequest,
        datagram: DatagramReceived,
        proven: Proof | None,
        now_ms: int,
    ) -> None:
        source, origin = datagram.source, self._wire.origin(checked, datagram.source)
        refusal = screen_invite(
            checked, self._wire.settings, datagram.local_host, keys_allowed=self._wire.key_source(source) is not None
        )
        if refusal is None and len(self._sessions) >= MAX_SESSIONS:
            refusal = Refusal(503, (_RETRY_AFTER,))
        if refusal is not None:
            self._refuse(key, checked, source, refusal, now_ms)
            return
        try:
            replaced = self._replaced_by(checked)
        except SipSyntaxError:
            self._refuse(key, checked, source, Refusal(400, reason="Bad Request: Replaces"), now_ms)
            return
        if isinstance(replaced, Refusal):
            self._refuse(key, checked, source, replaced, now_ms)
            return
        session_id = self._wire.new_token()
        session = IncomingSession(session_id, self._wire, key, checked, source, datagram.local_host, now_ms)
        self._sessions[session_id] = session
        self._by_invite[key] = session_id
        self._note_dialogs(session)
        told = read_identity(checked, trusted=self._wire.trusts(origin))
        phone = proven.account if proven is not None and proven.account.is_phone else None
        if phone is not None:
            told = replace(told, number=phone.user, name=phone.display_name, withheld=False, asserted=True)
        self._wire.tell(
            CallArrived(
                session_id=session_id,
                caller=told.number,
                caller_name=told.name,
                called=readable(checked.uri.user_text),
                call_id=readable(checked.call_id),
                source=origin,
                replaces=replaced,
                withheld=told.withheld,
                asserted=told.asserted,
                diverted_from=told.diverted_from,
                phone=phone.name if phone is not None else "",
                hop=source,
                use=proven.use if proven is not None else None,
            )
        )

    def _replaced_by(self, checked: CheckedRequest) -> SessionId | Refusal:
        """Return the call leg that a new call takes over, empty for none (RFC 3891 section 3).

        Only a leg that talks can be taken over; one that ends is declined, one that we do not know is 481.

        Raises:
            SipSyntaxError: When Replaces is malformed.
        """
        wanted = parse_replaces(checked.headers)
        if wanted is None:
            return ""
        session_id = self._by_dialog.get(wanted.key, "")
        session = self._sessions.get(session_id)
        if session is None or session.state in (SessionState.RINGING, SessionState.PROCEEDING, SessionState.CALLING):
            return Refusal(481)
        if session.state is not SessionState.TALKING:
            return Refusal(603)
        return Refusal(486) if wanted.early_only else session_id

    def _on_cancel(self, key: TransactionKey, checked: CheckedRequest, source: Flow, now_ms: int) -> None:
        """Answer a CANCEL and take back the call that it aims at, if that still rings (RFC 3261 section 9.2)."""
        aimed = cancelled_key(checked)
        session = self._sessions.get(self._by_invite.get(aimed, ""))
        if session is None and not self._wire.layer.is_known(aimed):
            self._refuse(key, checked, source, Refusal(481), now_ms)
            return
        tag = session.dialog.local.tag or "" if session is not None and session.dialog is not None else ""
        self._wire.respond(key, checked, source, 200, now_ms, to_tag=tag)
        if isinstance(session, IncomingSession):
            session.cancel(now_ms)

    def _refuse(
        self, key: TransactionKey, checked: CheckedRequest, source: Flow, refusal: Refusal, now_ms: int
    ) -> None:
        self._wire.respond(key, checked, source, refusal.status, now_ms, reason=refusal.reason, fields=refusal.fields)

    def _find_session(self, checked: CheckedRequest) -> ReferringSession | None:
        key = (checked.call_id, checked.recipient.tag or "", checked.sender.tag or "")
        return self._sessions.get(self._by_dialog.get(key, ""))


def _way_back(request: SipRequest, source: Flow) -> Flow:
    """Return where the responses to a request go."""
    return response_flow(make_response(request, 100, source), source)
