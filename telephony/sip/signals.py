"""What goes into the user agent (`UserAgentInput`) and what comes out of it (`UserAgentOutput`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from calls.nonces import NonceUse
from telephony.rtp.dtls_terms import SrtpWish
from telephony.sdp.offer_answer import Direction, MediaAgreement
from telephony.sip.digest_client import Credentials
from telephony.sip.message import Flow
from telephony.sip.name_addr import NameAddr
from telephony.sip.registrar_signals import BindingsChanged, ChangeBindings
from telephony.sip.registration_signals import LocateRegistrar, RegistrationChanged, RegistrationOrder
from telephony.sip.uri import SipUri

SessionId = str
"""Our own name of one call leg; unlike a Call-ID no peer can choose it."""

EndCause = Literal[
    "hung_up",
    "cancelled",
    "no_ack",
    "refused",
    "no_response",
    "timeout",
    "transport_error",
    "bad_answer",
    "session_expired",
    "local",
]
"""`no_response`: nothing at all came back; `timeout`: somebody was there, but nobody answered in time;
`session_expired`: the session timer ran out without a sign of life (RFC 4028)."""


@dataclass(frozen=True, slots=True)
class DatagramReceived:
    """Bytes came in."""

    data: bytes
    source: Flow
    local_host: str
    """The address of ours that this peer shall be told."""


@dataclass(frozen=True, slots=True)
class SendFailed:
    """The transport could not send there."""

    flow: Flow


@dataclass(frozen=True, slots=True)
class FlowLost:
    """The stream is gone on which messages were sent to this flow."""

    flow: Flow


@dataclass(frozen=True, slots=True)
class TimePassed:
    """A deadline may have come."""


@dataclass(frozen=True, slots=True)
class SharedClock:
    """What the clock shows that the processes share; None: it cannot be asked."""

    shared_ms: int | None


@dataclass(frozen=True, slots=True)
class RingCall:
    """Send 180."""

    session_id: SessionId


@dataclass(frozen=True, slots=True)
class BeginEarlyMedia:
    """Send 183 with our side of the media: the caller hears us before we answer."""

    session_id: SessionId
    media_port: int


@dataclass(frozen=True, slots=True)
class AnswerCall:
    """Send 200 with our side of the media."""

    session_id: SessionId
    media_port: int


@dataclass(frozen=True, slots=True)
class RejectCall:
    """Refuse an incoming call."""

    session_id: SessionId
    status: int
    reason: str = ""
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class ChallengeCall:
    """Refuse an incoming call whose proof was used before, and ask for another."""

    session_id: SessionId


@dataclass(frozen=True, slots=True)
class HangUpCall:
    """End a call in whatever state it is: BYE, CANCEL, or a refusal."""

    session_id: SessionId


@dataclass(frozen=True, slots=True)
class DirectMedia:
    """Let sound flow this way only from now on, seen from us: hold and resume the peer."""

    session_id: SessionId
    direction: Direction


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Call somebody."""

    session_id: SessionId
    target: SipUri
    flow: Flow
    """Where the INVITE goes: the target's resolved address."""
    local_host: str
    media_port: int
    caller: str
    """User part of our From and Contact."""
    caller_name: str = ""
    secure: SrtpWish = False
    """Offer SRTP; nothing else is taken then. Who asks for it knows that keys may stand in signalling there."""
    fields: tuple[tuple[str, str], ...] = ()
    """Further fields of the INVITE: Replaces, Referred-By."""
    reach_ms: int | None = None
    """How long this server may stay mute; None: as the settings say."""
    credentials: Credentials | None = None
    """What a challenge is answered with; None: a challenge is a refusal."""
    from_host: str = ""
    """Host part of our From: a carrier's domain; empty: our address."""
    route: tuple[NameAddr, ...] = ()
    """Proxies that the INVITE visits first; `flow` leads to the first of them (RFC 3261 section 8.1.2)."""


@dataclass(frozen=True, slots=True)
class SendDigit:
    """Send a digit by INFO."""

    session_id: SessionId
    digit: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class AskTransfer:
    """Ask the peer to call somebody (REFER)."""

    session_id: SessionId
    target: SipUri
    replaces: SessionId = ""
    """A call leg of ours with the target that the new call shall take over (attended transfer)."""


@dataclass(frozen=True, slots=True)
class DecideTransfer:
    """Accept (202) or refuse a transfer that the peer asked for."""

    session_id: SessionId
    transfer_id: int
    status: int


@dataclass(frozen=True, slots=True)
class ReportTransfer:
    """Tell the peer how far the transfer is that it asked for."""

    session_id: SessionId
    transfer_id: int
    status: int


SessionOrder = (
    RingCall
    | BeginEarlyMedia
    | AnswerCall
    | RejectCall
    | ChallengeCall
    | HangUpCall
    | DirectMedia
    | SendDigit
    | AskTransfer
    | DecideTransfer
    | ReportTransfer
)
"""What a call leg that lives is told."""
UserAgentOrder = SessionOrder | PlaceCall
UserAgentInput = (
    DatagramReceived
    | SendFailed
    | FlowLost
    | TimePassed
    | SharedClock
    | UserAgentOrder
    | RegistrationOrder
    | BindingsChanged
)


@dataclass(frozen=True, slots=True)
class SendDatagram:
    """Send these bytes."""

    data: bytes
    flow: Flow


@dataclass(frozen=True, slots=True)
class CallArrived:
    """A new INVITE that could be answered; 100 has been sent."""

    session_id: SessionId
    caller: str
    caller_name: str
    called: str
    call_id: str
    source: Flow
    """Where it really comes from: behind a proxy of ours what the proxy says."""
    replaces: SessionId = ""
    """A call leg that this call takes over (RFC 3891); answering it ends that one. Whether it may is not checked."""
    withheld: bool = False
    """The caller does not want to be known."""
    asserted: bool = False
    """A trusted peer vouches for the caller, or the caller proved it."""
    phone: str = ""
    """Name of the phone of ours that proved to be it; empty: none did."""
    diverted_from: str = ""
    """Who was called first, when a trusted peer says that the call was diverted."""
    hop: Flow | None = None
    """Who sent it to us: a proxy of ours, or the source itself, which None says too."""
    use: NonceUse | None = None
    """What must be counted before `phone`, or that a trunk proved itself, is believed; None: nothing more."""


@dataclass(frozen=True, slots=True)
class CallRinging:
    """The party that we call rings."""

    session_id: SessionId


@dataclass(frozen=True, slots=True)
class CallConfirmed:
    """Both sides agree that the call stands: the ACK came, or we sent it."""

    session_id: SessionId


@dataclass(frozen=True, slots=True)
class MediaAgreed:
    """Offer and answer settled something new."""

    session_id: SessionId
    agreement: MediaAgreement


@dataclass(frozen=True, slots=True)
class MediaChangeRefused:
    """The peer refused a change that we asked for; everything is as it was."""

    session_id: SessionId
    status: int


@dataclass(frozen=True, slots=True)
class DigitReceived:
    """A key came by INFO."""

    session_id: SessionId
    digit: str
    duration_ms: int


@dataclass(frozen=True, slots=True)
class TransferAsked:
    """The peer asks us to call somebody; `DecideTransfer` answers it."""

    session_id: SessionId
    transfer_id: int
    target: str
    replaces: str
    """Value of the Replaces field that the new call shall carry; empty for none."""
    referred_by: str


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """How far a transfer is that we asked for."""

    session_id: SessionId
    status: int
    """What the target's side answered the peer, or the refusal of the REFER itself; 0: it was not said."""
    is_last: bool


@dataclass(frozen=True, slots=True)
class CallOver:
    """The call is gone; the last output of a session."""

    session_id: SessionId
    cause: EndCause
    status: int = 0
    """The refusal's status when `cause` is `refused`."""
    reason: str = ""


UserAgentOutput = (
    SendDatagram
    | CallArrived
    | CallRinging
    | CallConfirmed
    | MediaAgreed
    | MediaChangeRefused
    | DigitReceived
    | TransferAsked
    | TransferProgress
    | CallOver
    | LocateRegistrar
    | RegistrationChanged
    | ChangeBindings
)
