"""A phone of another stack, PJSIP, in a process of its own: orders as JSON lines on stdin, news likewise on stdout.

Nothing of this project is imported, and nothing imports this: PJSIP is under the GPL, is used by tests alone and never
ships. Run as `python driver.py '{"sip_port": 0, ...}'`; see `Peer` in `tests/telephony/pjsua2_peer.py`, its other side.
"""

from __future__ import annotations

import json
import os
import select
import sys
from pathlib import Path
from typing import Any

import pjsua2 as pj

TRANSPORTS = {"udp": pj.PJSIP_TRANSPORT_UDP, "tcp": pj.PJSIP_TRANSPORT_TCP, "tls": pj.PJSIP_TRANSPORT_TLS}
SRTP = {"off": pj.PJMEDIA_SRTP_DISABLED, "may": pj.PJMEDIA_SRTP_OPTIONAL, "must": pj.PJMEDIA_SRTP_MANDATORY}
TIMERS = {
    "off": pj.PJSUA_SIP_TIMER_INACTIVE,
    "optional": pj.PJSUA_SIP_TIMER_OPTIONAL,
    "required": pj.PJSUA_SIP_TIMER_REQUIRED,
    "always": pj.PJSUA_SIP_TIMER_ALWAYS,
}
RELIABLE = {"off": pj.PJSUA_100REL_NOT_USED, "may": pj.PJSUA_100REL_OPTIONAL, "must": pj.PJSUA_100REL_MANDATORY}
DIRECTIONS = {0: "inactive", 1: "sendonly", 2: "recvonly", 3: "sendrecv"}
"""PJMEDIA_DIR_ENCODING is 1, _DECODING 2, seen from the phone."""
HANDLE_MS = 10


def tell(event: str, **details: Any) -> None:
    sys.stdout.write(json.dumps({"event": event, **details}) + "\n")
    sys.stdout.flush()


class PhoneCall(pj.Call):  # type: ignore[misc]
    def __init__(self, phone: Phone, call_id: int = pj.PJSUA_INVALID_ID) -> None:
        super().__init__(phone.account, call_id)
        self.phone = phone
        self.recorder: Any = None
        phone.calls.append(self)
        self.number = len(phone.calls) - 1

    def onCallState(self, prm: Any) -> None:  # noqa: N802 - the library's name
        info = self.getInfo()
        tell(
            "state",
            call=self.number,
            state=info.stateText,
            status=int(info.lastStatusCode),
            reason=info.lastReason,
            remote=info.remoteUri,
        )

    def onCallMediaState(self, prm: Any) -> None:  # noqa: N802
        info = self.getInfo()
        for index, media in enumerate(info.media):
            if media.type != pj.PJMEDIA_TYPE_AUDIO:
                continue
            running = media.status in (pj.PJSUA_CALL_MEDIA_ACTIVE, pj.PJSUA_CALL_MEDIA_REMOTE_HOLD)
            if running:
                audio = self.getAudioMedia(index)
                self.phone.player.startTransmit(audio)
                if self.recorder is None:
                    self.recorder = pj.AudioMediaRecorder()
                    self.recorder.createRecorder(str(self.phone.folder / f"heard{self.number}.wav"))
                audio.startTransmit(self.recorder)
            codec = self.getStreamInfo(index).codecName if running else ""
            tell("media", call=self.number, status=int(media.status), direction=DIRECTIONS[media.dir], codec=codec)

    def onDtmfDigit(self, prm: Any) -> None:  # noqa: N802
        tell("digit", call=self.number, digit=prm.digit, method=int(prm.method))

    def onCallTransferRequest(self, prm: Any) -> None:  # noqa: N802
        prm.newCall = PhoneCall(self.phone)
        tell("asked_to_call", call=self.number, target=prm.dstUri, new=prm.newCall.number)

    def onCallTransferStatus(self, prm: Any) -> None:  # noqa: N802
        tell("transfer", call=self.number, status=int(prm.statusCode), last=bool(prm.finalNotify))

    def onCallReplaceRequest(self, prm: Any) -> None:  # noqa: N802
        tell("replaced", call=self.number)

    def onCallReplaced(self, prm: Any) -> None:  # noqa: N802
        prm.newCall = PhoneCall(self.phone, prm.newCallId)

    def onCallTsxState(self, prm: Any) -> None:  # noqa: N802
        tsx = prm.e.body.tsxState.tsx
        accepted = tsx.state == pj.PJSIP_TSX_STATE_TERMINATED and tsx.method == "INVITE" and tsx.statusCode < 300
        if tsx.state == pj.PJSIP_TSX_STATE_COMPLETED or accepted:
            role = "client" if tsx.role == pj.PJSIP_ROLE_UAC else "server"
            tell("transaction", call=self.number, role=role, method=tsx.method, status=int(tsx.statusCode))


class PhoneAccount(pj.Account):  # type: ignore[misc]
    phone: Phone

    def onRegState(self, prm: Any) -> None:  # noqa: N802
        tell("registered", status=int(prm.code), reason=prm.reason)

    def onIncomingCall(self, prm: Any) -> None:  # noqa: N802
        call = PhoneCall(self.phone, prm.callId)
        tell("ringing", call=call.number, caller=call.getInfo().remoteUri)
        if self.phone.answers:
            call.answer(parameters(200))


def parameters(status: int = 0, *flags: int) -> Any:
    made = pj.CallOpParam(True)
    if status:
        made.statusCode = status
    for flag in flags:
        made.opt.flag |= flag
    made.opt.videoCount = 0
    return made


class Phone:
    def __init__(self, config: dict[str, Any]) -> None:
        self.folder = Path(config["folder"])
        self.answers = bool(config.get("answers", False))
        self.calls: list[PhoneCall] = []
        self.endpoint = pj.Endpoint()
        self.endpoint.libCreate()
        settings = pj.EpConfig()
        settings.uaConfig.threadCnt = 0
        settings.uaConfig.mainThreadOnly = True
        settings.uaConfig.userAgent = "pjsua2"
        settings.logConfig.level = settings.logConfig.consoleLevel = 0
        settings.logConfig.filename = str(self.folder / "pjsip.log")
        settings.logConfig.level = 5
        settings.medConfig.noVad = True
        settings.medConfig.ecTailLen = 0
        settings.medConfig.clockRate = 16_000
        settings.medConfig.channelCount = 1
        self.endpoint.libInit(settings)
        self.endpoint.audDevManager().setNullDev()
        transport = config.get("transport", "udp")
        self.transport = self.endpoint.transportCreate(TRANSPORTS[transport], self._transport_config(config))
        self.endpoint.libStart()
        self.use_codecs(config.get("codecs", ["PCMU", "PCMA", "G722"]))
        self.player = pj.AudioMediaPlayer()
        self.player.createPlayer(config["says"])
        address = self.endpoint.transportGetInfo(self.transport).localName
        self.account = PhoneAccount()
        self.account.phone = self
        self.account.create(self._account_config(config, transport, address))
        tell("ready", address=address)

    def _transport_config(self, config: dict[str, Any]) -> Any:
        made = pj.TransportConfig()
        made.boundAddress = "127.0.0.1"
        made.port = 0
        if "ca" in config:
            made.tlsConfig.CaListFile = config["ca"]
            made.tlsConfig.certFile = config["certificate"]
            made.tlsConfig.privKeyFile = config["key"]
            made.tlsConfig.verifyServer = True
        return made

    def _account_config(self, config: dict[str, Any], transport: str, address: str) -> Any:
        made = pj.AccountConfig()
        tail = "" if transport == "udp" else f";transport={transport}"
        made.idUri = f"sip:{config.get('user', 'phone')}@{address}{tail}"
        made.sipConfig.transportId = self.transport
        if "registrar" in config:
            user = config["user"]
            made.idUri = f"sip:{user}@{config['registrar']}{tail}"
            made.regConfig.registrarUri = f"sip:{config['registrar']}{tail}"
            made.regConfig.timeoutSec = 120
            made.sipConfig.authCreds.append(pj.AuthCredInfo("digest", "*", user, 0, config["password"]))
        made.callConfig.timerUse = TIMERS[config.get("timers", "optional")]
        made.callConfig.timerSessExpiresSec = config.get("interval_s", 1800)
        made.callConfig.prackUse = RELIABLE[config.get("reliable", "off")]
        if config.get("old_hold"):
            made.callConfig.holdType = pj.PJSUA_CALL_HOLD_TYPE_RFC2543
        made.mediaConfig.srtpUse = SRTP[config.get("srtp", "off")]
        made.mediaConfig.srtpSecureSignaling = 0
        made.mediaConfig.transportConfig.boundAddress = "127.0.0.1"
        made.mediaConfig.transportConfig.port = config["rtp_port"]
        made.mediaConfig.transportConfig.portRange = 40
        return made

    def use_codecs(self, names: list[str]) -> None:
        for codec in self.endpoint.codecEnum2():
            name = codec.codecId.partition("/")[0]
            self.endpoint.codecSetPriority(codec.codecId, 200 - names.index(name) if name in names else 0)

    def take(self, order: dict[str, Any]) -> bool:
        what = order["do"]
        call = self.calls[order.get("call", 0)] if self.calls else None
        if what == "quit":
            return False
        if what == "call":
            flags = (pj.PJSUA_CALL_NO_SDP_OFFER,) if order.get("without_offer") else ()
            PhoneCall(self).makeCall(order["uri"], parameters(0, *flags))
        elif what == "use_codecs":
            self.use_codecs(order["names"])
        elif call is not None:
            self._take_in_call(call, what, order)
        return True

    def _take_in_call(self, call: PhoneCall, what: str, order: dict[str, Any]) -> None:
        if what == "answer":
            call.answer(parameters(order.get("status", 200)))
        elif what == "hang_up":
            call.hangup(parameters())
        elif what == "hold":
            call.setHold(parameters())
        elif what == "resume":
            call.reinvite(parameters(0, pj.PJSUA_CALL_UNHOLD))
        elif what == "offer_again":
            call.reinvite(parameters(0, pj.PJSUA_CALL_REINIT_MEDIA))
        elif what == "offer_again_late":
            call.reinvite(parameters(0, pj.PJSUA_CALL_NO_SDP_OFFER))
        elif what == "update":
            call.update(parameters())
        elif what == "press":
            keys = pj.CallSendDtmfParam()
            keys.digits = order["digits"]
            keys.method = pj.PJSUA_DTMF_METHOD_SIP_INFO if order.get("info") else pj.PJSUA_DTMF_METHOD_RFC2833
            keys.duration = order.get("duration_ms", 160)
            call.sendDtmf(keys)
        elif what == "transfer":
            call.xfer(order["uri"], parameters())
        elif what == "transfer_to_call":
            call.xferReplaces(self.calls[order["other"]], parameters())
        else:
            raise ValueError(what)


def main() -> None:
    phone = Phone(json.loads(sys.argv[1]))
    waiting = b""
    open_ended = True
    while open_ended:
        phone.endpoint.libHandleEvents(HANDLE_MS)
        if not select.select([0], [], [], 0)[0]:
            continue
        data = os.read(0, 65_536)
        if not data:
            break
        *lines, waiting = (waiting + data).split(b"\n")
        for line in lines:
            try:
                open_ended = phone.take(json.loads(line)) and open_ended
            except pj.Error as error:
                tell("error", text=error.info())
    phone.endpoint.hangupAllCalls()
    for _ in range(5):
        phone.endpoint.libHandleEvents(HANDLE_MS)
    for call in phone.calls:
        call.recorder = None  # the file is finished when its recorder goes, which the bridge does on a later turn
    for _ in range(10):
        phone.endpoint.libHandleEvents(HANDLE_MS)
    tell("bye")
    os._exit(0)  # the library's own end needs every object to be gone in an order that Python does not promise


main()
