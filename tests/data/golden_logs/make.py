"""Writes the golden logs and what each fold says of them: `python -m tests.data.golden_logs.make`.

The logs are stories told by hand. Run this only when a story or a fold changes on purpose, and read the difference.
"""

from __future__ import annotations

import dataclasses
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from calls import codec
from calls.events import (
    SCHEMA_VERSION,
    ActDecided,
    BargedIn,
    BriefFact,
    BriefPrepared,
    BriefSpoken,
    CallAnswered,
    CallbackBooked,
    CallbackDeclined,
    CallbackOffered,
    CallEnded,
    CallerReplaced,
    CallOffered,
    ConsentGiven,
    ConsentRefused,
    Degraded,
    DigitsPressed,
    EmotionEstimated,
    EmotionPoint,
    EscalationRequested,
    Event,
    EventBody,
    FeelingRead,
    FlowFinished,
    HandoverAnswered,
    HandoverCancelled,
    HandoverCompleted,
    HandoverFailed,
    HandoverRinging,
    HandoverStarted,
    LanguageChosen,
    LegHeld,
    LegJoined,
    LegLeft,
    LegQualityMeasured,
    LegResumed,
    NoticeGiven,
    RecordingPaused,
    RecordingResumed,
    RecordingSilenced,
    RecordingStarted,
    RecordingStopped,
    SafetyRaised,
    SecretWithdrawn,
    SlotFilled,
    SoundClass,
    TalkMeasured,
    TopicFound,
    TurnEnded,
    TurnReopened,
    UtteranceHeard,
)
from calls.handover_events import (
    AgentLineBack,
    AgentLineLost,
    AgentMuted,
    AgentReleased,
    CallerPutOnHold,
    CallerTakenBack,
    ConferenceFormed,
    ConsultAnswered,
    ConsultCompleted,
    ConsultEnded,
    ConsultStarted,
    GivenToBot,
    HandoverAccepted,
    HandoverOffered,
    HandoverOfferEnded,
    HandoverTarget,
    SupervisionChanged,
)
from calls.ids import Language, LegId, MemberRole, TurnId, UtteranceId
from calls.speech import EmotionEstimate, Feeling, FeelingScores, Word, WordsEstimate
from records.folds import FOLDS
from records.redaction import MASK

FOLDER = Path(__file__).parent
START = datetime(2026, 11, 20, 10, 30, tzinfo=UTC)


class Story:
    """Collects the facts of one call in order."""

    def __init__(self, call_id: str) -> None:
        """Begin a call."""
        self.call_id = call_id
        self.events: list[Event] = []
        self._turns = 0

    def tell(self, t_ms: int | None, source: str, body: EventBody) -> None:
        """Add a fact; before the answer and after the call the media clock says nothing."""
        at = START + timedelta(milliseconds=2500 + t_ms if t_ms is not None else 250 * len(self.events))
        if t_ms is None and self.events:
            at = max(at, self.events[-1].at_utc + timedelta(milliseconds=10))
        self.events.append(
            Event(
                stream_kind="call",
                stream_id=self.call_id,
                seq=len(self.events) + 1,
                at_utc=at,
                t_ms=t_ms,
                source=source,
                schema_version=SCHEMA_VERSION,
                body=body,
            )
        )

    def begin(self, language: Language, caller: str = "+34600123456", name: str = "", transport: str = "sip") -> None:
        """The usual beginning: offered, answered, legs, notice."""
        sip = transport == "sip"
        offered = CallOffered(
            transport="sip" if sip else "webrtc",
            caller=caller,
            caller_name=name,
            called="bot",
            peer_call_id=f"{self.call_id}@pbx" if sip else self.call_id,
        )
        self.tell(None, "call", offered)
        self.tell(0, "call", CallAnswered(language=language, flow="main"))
        codec_name = "PCMU" if sip else "opus"
        rate_hz = 8000 if sip else 48000
        self.tell(0, "call", LegJoined(leg_id=LegId("leg-1"), member="caller", codec=codec_name, rate_hz=rate_hz))
        self.tell(0, "call", LegJoined(leg_id=LegId("leg-bot"), member="bot", codec="L16", rate_hz=16000))

    def say(self, start_ms: int, end_ms: int, text: str, language: Language, *, interrupted: bool = False) -> TurnId:
        """The bot speaks."""
        return self._turn("bot", start_ms, end_ms, text, language, interrupted=interrupted)

    def hear(
        self,
        start_ms: int,
        end_ms: int,
        text: str,
        language: Language,
        anger_prob: float | None = None,
        *,
        felt: bool = True,
        goes_on_from: TurnId | None = None,
    ) -> TurnId:
        """The caller speaks: utterance, estimate, turn. Without `anger_prob` the estimate abstains."""
        words = text.split()
        step = (end_ms - start_ms) // max(1, len(words))
        utterance_id = UtteranceId(f"u-{self._turns + 1}")
        self.tell(
            end_ms + 400,
            "asr",
            UtteranceHeard(
                utterance_id=utterance_id,
                member="caller",
                language=language,
                language_prob=0.97,
                start_ms=start_ms,
                end_ms=end_ms,
                words=tuple(
                    Word(text=word, start_ms=start_ms + n * step, end_ms=start_ms + (n + 1) * step - 20, prob=0.9)
                    for n, word in enumerate(words)
                ),
                engine="whisper-base",
            ),
        )
        if felt:
            self._feel(utterance_id, start_ms, end_ms, anger_prob)
        utterance_ids: tuple[UtteranceId, ...] = (utterance_id,)
        for event in self.events:
            if isinstance(event.body, TurnEnded) and event.body.turn_id == goes_on_from:
                start_ms, text = event.body.start_ms, f"{event.body.text} {text}"
                utterance_ids = (*event.body.utterance_ids, utterance_id)
        return self._turn("caller", start_ms, end_ms, text, language, utterance_ids, delay_ms=500)

    def _feel(self, utterance_id: UtteranceId, start_ms: int, end_ms: int, anger_prob: float | None) -> None:
        self.tell(
            end_ms + 450,
            "prosody",
            EmotionEstimated(
                utterance_id=utterance_id,
                start_ms=start_ms,
                end_ms=end_ms,
                estimate=EmotionEstimate(
                    anger_prob=anger_prob or 0.0,
                    arousal_score=0.25 if anger_prob is None else min(1.0, anger_prob + 0.1),
                    uncertainty=0.9 if anger_prob is None else 0.2,
                    abstained=anger_prob is None,
                    reasons=("too_short",) if anger_prob is None else ("louder_than_start", "faster_than_start"),
                    model="prosody-1",
                ),
            ),
        )

    def read(self, at_ms: int, turn_id: TurnId, feeling: Feeling | None, score: float, *reasons: str) -> None:
        """The words of a turn are estimated; None abstains."""
        names = {"angry": "anger_score", "frustrated": "frustration_score", "confused": "confusion_score"}
        none = dict.fromkeys((field.name for field in dataclasses.fields(FeelingScores)), 0.05)
        turn = next(e.body for e in self.events if isinstance(e.body, TurnEnded) and e.body.turn_id == turn_id)
        estimate = WordsEstimate(
            feeling=feeling or "neutral",
            scores=FeelingScores(**{**none, **({names[feeling]: score} if feeling in names else {})}),
            call_scores=FeelingScores(**{**none, **({names[feeling]: score / 2} if feeling in names else {})}),
            uncertainty=0.9 if feeling is None else 0.3,
            abstained=feeling is None,
            reasons=reasons,
            model="words-1",
        )
        read = FeelingRead(turn_id=turn_id, start_ms=turn.start_ms, end_ms=turn.end_ms, estimate=estimate)
        self.tell(at_ms, "words", read)

    def _turn(
        self,
        speaker: MemberRole,
        start_ms: int,
        end_ms: int,
        text: str,
        language: Language,
        utterance_ids: tuple[UtteranceId, ...] = (),
        *,
        interrupted: bool = False,
        delay_ms: int = 20,
    ) -> TurnId:
        self._turns += 1
        turn_id = TurnId(f"t-{self._turns}")
        self.tell(
            end_ms + delay_ms,
            "dialog" if speaker == "bot" else "asr",
            TurnEnded(
                turn_id=turn_id,
                speaker=speaker,
                text=text,
                language=language,
                start_ms=start_ms,
                end_ms=end_ms,
                utterance_ids=utterance_ids,
                interrupted=interrupted,
            ),
        )
        return turn_id


def outage_es() -> Story:
    """Spanish: an outage is reported, the caller gets angry, nobody is free, a callback is booked."""
    s = Story("call-outage-es")
    s.begin("es", name="Ana Ruiz")
    s.tell(20, "dialog", NoticeGiven(automatic=True, recording=True, emotion=True))
    s.tell(20, "call", ConsentGiven(subject="recording", how="stayed"))
    s.tell(20, "call", ConsentGiven(subject="emotion", how="stayed"))
    s.tell(40, "recorder", RecordingStarted(file="call-outage-es.wav", rate_hz=8000))
    s.say(100, 6100, "Hola, soy el asistente automático de Lumina. ¿En qué puedo ayudarle?", "es")
    turn = s.hear(6900, 9800, "se ha ido la luz en toda la casa desde las ocho", "es", 0.22)
    s.tell(10320, "dialog", LanguageChosen(language="es", how="detected"))
    s.tell(10330, "dialog", TopicFound(turn_id=turn, topic="power-outage", score=0.81, article_id="power-outage:es"))
    s.tell(10340, "dialog", ActDecided(act="answer", detail="topic:power-outage", turn_id=turn))
    bot = s.say(10600, 14100, "Compruebe primero el interruptor general del cuadro.", "es", interrupted=True)
    s.tell(14150, "dialog", BargedIn(turn_id=bot, heard_ms=3500))
    turn = s.hear(13700, 17600, "que ya lo he mirado y no es eso quiero dar el aviso", "es", 0.61)
    s.read(18110, turn, "frustrated", 0.75, "has_tried")
    s.tell(18120, "dialog", ActDecided(act="ask", detail="flow:outage slot:account_number", turn_id=turn))
    s.say(18400, 20700, "De acuerdo. Dígame su número de cuenta, por favor.", "es")
    turn = s.hear(21800, 26000, "cuarenta y ocho veintiuno cero nueve treinta", "es", 0.58)
    s.tell(26520, "dialog", SlotFilled(slot="account_number", value="48210930", confirmed=False, turn_id=turn))
    s.say(26700, 30900, "Cuatro ocho dos uno cero nueve tres cero. ¿Es correcto?", "es")
    turn = s.hear(31500, 31900, "sí", "es")
    s.tell(32420, "dialog", SlotFilled(slot="account_number", value="48210930", confirmed=True, turn_id=turn))
    s.tell(32430, "dialog", FlowFinished(flow="outage", reference="AV-3141"))
    s.say(32700, 37000, "Aviso registrado con la referencia AV 3141.", "es")
    turn = s.hear(37600, 41200, "esto es una vergüenza páseme con una persona ya", "es", 0.83)
    s.tell(41720, "dialog", ActDecided(act="escalate", detail="caller_asked", turn_id=turn))
    s.tell(41730, "dialog", EscalationRequested(reason="caller_asked", detail="una persona", turn_id=turn))
    s.tell(
        41740,
        "service",
        BriefPrepared(
            caller="Ana Ruiz, +34600123456",
            verified="account_given",
            language="es",
            matter="Avería: sin luz en casa",
            reason="caller_asked",
            facts=(
                BriefFact(
                    text="Número de cuenta 48210930",
                    quote="cuarenta y ocho veintiuno cero nueve treinta",
                    t_ms=21800,
                    event_seq=24,
                ),
            ),
            tried=(),
            open_questions=(),
            emotion=(EmotionPoint(t_ms=9800, anger_prob=0.22, arousal_score=0.32, uncertainty=0.2, abstained=False),),
            suggested_opening="Buenas, Ana. Veo que sigue sin luz.",
            spoken_line="Ana Ruiz, sin luz en casa. Cuenta verificada. Está enfadada.",
        ),
    )
    s.tell(41800, "service", CallbackOffered(agents_signed_in=0))
    s.say(42000, 46500, "Ahora mismo no hay nadie libre. ¿Quiere que le llamemos?", "es")
    turn = s.hear(47000, 47900, "sí llámenme", "es", 0.44)
    s.tell(48420, "dialog", CallbackBooked(number="+34600123456", language="es", matter="Avería: sin luz en casa"))
    s.say(48600, 50900, "Le llamaremos hoy. Gracias por su paciencia.", "es")
    s.tell(51500, "call", LegLeft(leg_id=LegId("leg-1"), member="caller", reason="hung_up"))
    s.tell(51520, "recorder", RecordingStopped(reason="call_ended", duration_ms=51500))
    s.tell(51520, "call", CallEnded(result="callback", reason="caller_hung_up"))
    return s


def card_en() -> Story:
    """English, over WebRTC: a card number is read out, masked and silenced; emotion is refused by a key."""
    s = Story("call-card-en")
    s.begin("en", caller="", transport="webrtc")
    s.tell(20, "dialog", NoticeGiven(automatic=True, recording=True, emotion=True))
    s.tell(20, "call", ConsentGiven(subject="recording", how="stayed"))
    s.tell(20, "call", ConsentGiven(subject="emotion", how="stayed"))
    s.tell(40, "recorder", RecordingStarted(file="call-card-en.wav", rate_hz=16000))
    s.say(100, 4100, "Hi, this is Lumina's automatic assistant. How can I help?", "en")
    s.tell(5000, "call", DigitsPressed(digits="8", secret=False))
    s.tell(5010, "call", ConsentRefused(subject="emotion", how="key"))
    turn = s.hear(5600, 11200, f"I want to pay my bill my card is {MASK} {MASK} {MASK} {MASK}", "en", felt=False)
    s.tell(11720, "recorder", RecordingSilenced(start_ms=8900, end_ms=11400, reason="card_number"))
    s.tell(11730, "dialog", RecordingPaused(reason="secret_digits"))
    s.tell(11740, "dialog", TopicFound(turn_id=turn, topic="pay-bill", score=0.77, article_id="pay-bill:en"))
    s.tell(11750, "dialog", ActDecided(act="answer", detail="topic:pay-bill", turn_id=turn))
    s.say(12000, 16200, "Please don't read your card to me. You can pay on our page.", "en")
    s.tell(16300, "dialog", RecordingResumed())
    turn = s.hear(17000, 17900, "okay thanks bye", "en", felt=False)
    s.tell(18420, "dialog", ActDecided(act="hang_up", detail="goodbye", turn_id=turn))
    s.say(18700, 19800, "Goodbye.", "en")
    s.tell(19900, "call", LegLeft(leg_id=LegId("leg-1"), member="caller", reason="local"))
    s.tell(19920, "recorder", RecordingStopped(reason="call_ended", duration_ms=19900))
    s.tell(19920, "call", CallEnded(result="completed", reason="bot_hung_up"))
    return s


def split_card_es() -> Story:
    """Spanish: half a card number is taken for the account; with the other half what was written of it is masked."""
    s = Story("call-split-card-es")
    s.begin("es", caller="+34600123456")
    s.say(100, 3100, "¿Cuál es su número de cuenta?", "es")
    turn = s.hear(4000, 7000, "46769739", "es")
    s.tell(7400, "dialog", SlotFilled(slot="account_number", value="46769739", confirmed=False, turn_id=turn))
    s.say(7600, 10_600, "He entendido 46769739, ¿verdad?", "es")
    s.hear(11_000, 14_000, MASK, "es")
    held = [event for event in s.events if "46769739" in json.dumps(codec.to_json(event))]
    body = SecretWithdrawn(
        seqs=tuple(event.seq for event in held),
        turn_ids=tuple(event.body.turn_id for event in held if isinstance(event.body, TurnEnded)),
        utterance_ids=tuple(event.body.utterance_id for event in held if isinstance(event.body, UtteranceHeard)),
        slots=("account_number",),
        brief=False,
        reason="card_number",
    )
    s.tell(14_400, "call", body)
    s.tell(15_000, "call", CallEnded(result="abandoned", reason="caller_hung_up"))
    return s


def gas_en() -> Story:
    """English: a gas smell skips everything; recording was refused; the callback is declined; a turn arrives late."""
    s = Story("call-gas-en")
    s.begin("en", caller="+14155550123", name="J. Ortiz")
    s.tell(20, "dialog", NoticeGiven(automatic=True, recording=True, emotion=True))
    s.tell(900, "call", ConsentRefused(subject="recording", how="words"))
    s.tell(900, "call", ConsentGiven(subject="emotion", how="words"))
    s.say(100, 2100, "Hi, this is Lumina's automatic", "en", interrupted=True)
    turn = s.hear(1800, 4300, "please there is a strong smell of gas in my kitchen", "en", 0.35)
    s.tell(4800, "dialog", SafetyRaised(kind="gas", turn_id=turn))
    s.tell(4810, "dialog", EscalationRequested(reason="safety", detail="gas", turn_id=turn))
    s.tell(4820, "dialog", ActDecided(act="say", detail="safety:gas", turn_id=turn))
    s.say(5000, 11000, "Leave the house, touch no switches and call the emergency number.", "en")
    s.tell(11100, "service", CallbackOffered(agents_signed_in=0))
    s.hear(11800, 12300, "no I'm leaving", "en", 0.4)
    s.tell(12820, "dialog", CallbackDeclined())
    s.tell(13000, "call", LegLeft(leg_id=LegId("leg-1"), member="caller", reason="hung_up"))
    s.tell(13020, "call", CallEnded(result="escalated", reason="caller_hung_up"))
    return s


def killed_es() -> Story:
    """Spanish: the process is killed in the middle; the next start ends the call."""
    s = Story("call-killed-es")
    s.begin("es")
    s.tell(20, "dialog", NoticeGiven(automatic=True, recording=True, emotion=True))
    s.tell(20, "call", ConsentGiven(subject="recording", how="stayed"))
    s.tell(40, "recorder", RecordingStarted(file="call-killed-es.wav", rate_hz=8000))
    s.tell(60, "service", Degraded(what="fewer_partials", reason="asr_queue"))
    s.say(100, 3900, "Hola, soy el asistente automático de Lumina.", "es")
    turn = s.hear(4500, 6900, "no me llega el internet", "es", 0.2)
    s.tell(7420, "service", Degraded(what="no_knowledge", reason="worker.lost"))
    s.tell(7430, "service", Degraded(what="fewer_partials", reason="asr_queue"))
    s.tell(7440, "dialog", TopicFound(turn_id=turn, topic=None, score=0.31, article_id=None))
    s.tell(7450, "dialog", ActDecided(act="repair", detail="not_understood", turn_id=turn))
    s.tell(None, "recorder", RecordingStopped(reason="error", duration_ms=7000))
    s.tell(None, "service", CallEnded(result="failed", reason="process_lost"))
    return s


def reopened_en() -> Story:
    """English: the caller goes on while the answer is being prepared, and it answers all that was said."""
    s = Story("call-reopened-en")
    s.begin("en")
    s.tell(20, "dialog", NoticeGiven(automatic=True, recording=True, emotion=True))
    s.say(100, 3900, "Hi, this is Lumina's automatic assistant. How can I help?", "en")
    void = s.hear(4500, 5600, "good morning to you", "en", 0.1)
    s.read(6105, void, None, 0.0)
    s.tell(6110, "dialog", TopicFound(turn_id=void, topic=None, score=0.2, article_id=None))
    s.tell(6120, "dialog", ActDecided(act="repair", detail="repair:1", turn_id=void))
    s.tell(6600, "call", TurnReopened(turn_id=void))
    turn = s.hear(6200, 8700, "my bill is higher than last month", "en", 0.2, goes_on_from=void)
    s.read(9205, turn, "confused", 0.5, "says_not_understood")
    s.tell(9210, "dialog", TopicFound(turn_id=turn, topic="high-bill", score=0.83, article_id="high-bill:en"))
    s.tell(9220, "dialog", ActDecided(act="answer", detail="topic:high-bill", turn_id=turn))
    s.say(9500, 13000, "Bills are higher when you use more.", "en")
    s.tell(13500, "call", LegLeft(leg_id=LegId("leg-1"), member="caller", reason="hung_up"))
    s.tell(13520, "call", CallEnded(result="completed", reason="caller_hung_up"))
    return s


def abandoned() -> Story:
    """The caller gives up while it rings."""
    s = Story("call-abandoned")
    s.tell(
        None,
        "call",
        CallOffered(transport="sip", caller="+34911222333", caller_name="", called="slow", peer_call_id="a@pbx"),
    )
    s.tell(None, "call", CallEnded(result="abandoned", reason="caller_cancelled"))
    return s


def withdrawn_es() -> Story:
    """Spanish: consent to the recording is withdrawn in the middle: the file is gone. A slot is corrected."""
    s = Story("call-withdrawn-es")
    s.begin("es", caller="anonymous")
    s.tell(20, "dialog", NoticeGiven(automatic=True, recording=True, emotion=True))
    s.tell(20, "call", ConsentGiven(subject="recording", how="words"))
    s.tell(40, "recorder", RecordingStarted(file="call-withdrawn-es.wav", rate_hz=8000))
    s.say(100, 3900, "Hola, soy el asistente automático de Lumina.", "es")
    turn = s.hear(4500, 7000, "quiero pedir cita para el técnico el martes", "es")
    s.tell(7520, "dialog", SlotFilled(slot="date", value="2026-11-24", confirmed=False, turn_id=turn))
    s.tell(7530, "dialog", SlotFilled(slot="name", value="Luis", confirmed=False, turn_id=None))
    turn = s.hear(8000, 10000, "no mejor el miércoles y no me grabe", "es")
    s.tell(10520, "call", ConsentRefused(subject="recording", how="words"))
    s.tell(10530, "recorder", RecordingStopped(reason="consent_refused", duration_ms=10500))
    s.tell(10540, "dialog", SlotFilled(slot="date", value="2026-11-25", confirmed=True, turn_id=turn))
    s.tell(10550, "dialog", FlowFinished(flow="appointment", reference="CI-2718"))
    s.say(10800, 14000, "Hecho: miércoles 25 de noviembre. Referencia CI 2718.", "es")
    s.tell(14500, "call", LegLeft(leg_id=LegId("leg-1"), member="caller", reason="hung_up"))
    s.tell(14500, "call", CallEnded(result="completed", reason="caller_hung_up"))
    return s


def _sound(quality: SoundClass, mos: float, concealed_share: float, **more: object) -> LegQualityMeasured:
    """What a period of the caller's leg was like; `more` makes it another stretch."""
    period: dict[str, object] = {
        "leg_id": LegId("leg-1"),
        "member": "caller",
        "scope": "period",
        "duration_ms": 10_000,
        "quality": quality,
        "loss_share": concealed_share,
        "concealed_share": concealed_share,
        "jitter_ms": 12.5,
        "delay_ms": 95.0,
        "round_trip_ms": 40.0,
        "remote_loss_share": 0.0,
        "mos": mos,
        "worst_mos": mos,
        "mos_source": "e_model",
    }
    return LegQualityMeasured(**(period | more))  # type: ignore[arg-type]


def bad_line_en() -> Story:
    """English: the caller's line is poor for a while and gets well again."""
    s = Story("call-bad-line-en")
    s.begin("en")
    s.tell(20, "dialog", NoticeGiven(automatic=True, recording=True, emotion=True))
    s.say(100, 3900, "Hi, this is Lumina's automatic assistant. How can I help?", "en")
    s.hear(4500, 8700, "hello can you hear me", "en", 0.2)
    s.tell(20000, "call", _sound("fair", 3.82, 0.031))
    s.tell(30000, "call", _sound("poor", 2.64, 0.19, jitter_ms=58.0, round_trip_ms=None))
    s.tell(40000, "call", _sound("poor", 3.1, 0.12, worst_mos=3.1))
    s.tell(50000, "call", _sound("good", 4.35, 0.0))
    s.say(50100, 53000, "Yes. How can I help?", "en")
    whole = _sound("good", 4.08, 0.024, scope="whole", duration_ms=58_000, jitter_ms=20.7, worst_mos=2.64)
    s.tell(58000, "call", whole)
    s.tell(58000, "call", LegLeft(leg_id=LegId("leg-1"), member="caller", reason="caller_hung_up"))
    s.tell(58000, "call", CallEnded(result="completed", reason="caller_hung_up"))
    return s


def handed_over_en() -> Story:
    """English: the caller's side holds us, somebody else comes to the phone, a human is reached at the third try."""
    s = Story("call-handed-over-en")
    s.begin("en", caller="+34911111111", name="Reception")
    s.tell(20, "dialog", NoticeGiven(automatic=True, recording=True, emotion=True))
    s.say(100, 3900, "Hi, this is Lumina's automatic assistant. How can I help?", "en")
    s.tell(5000, "call", LegHeld(leg_id=LegId("leg-1"), member="caller"))
    s.tell(9000, "call", LegResumed(leg_id=LegId("leg-1"), member="caller", held_ms=4000))
    s.say(9100, 12000, "Thank you for waiting. How can I help you?", "en")
    s.tell(13000, "call", LegHeld(leg_id=LegId("leg-1"), member="caller"))
    s.tell(20000, "call", LegLeft(leg_id=LegId("leg-1"), member="caller", reason="replaced"))
    s.tell(20000, "call", LegJoined(leg_id=LegId("leg-2"), member="caller", codec="PCMA", rate_hz=8000))
    s.tell(
        20000,
        "call",
        CallerReplaced(
            old_leg_id=LegId("leg-1"),
            leg_id=LegId("leg-2"),
            caller="+34922222222",
            caller_name="Ana",
            how="taken_over",
        ),
    )
    turn = s.hear(23000, 25500, "I want to talk to a person", "en", 0.3)
    s.tell(26020, "dialog", EscalationRequested(reason="caller_asked", detail="words", turn_id=turn))
    s.tell(26030, "call", HandoverStarted(target="+34933333333", how="bridge"))
    s.tell(29000, "call", HandoverFailed(reason="busy"))
    s.tell(40000, "call", HandoverStarted(target="+34933333333", how="bridge"))
    s.tell(41000, "call", HandoverRinging())
    s.tell(44000, "call", HandoverCancelled(reason="caller_withdrew"))
    s.tell(50000, "call", HandoverStarted(target="+34933333333", how="bridge"))
    s.tell(50500, "call", HandoverRinging())
    s.tell(56000, "call", LegJoined(leg_id=LegId("leg-3"), member="agent", codec="PCMU", rate_hz=8000))
    s.tell(56000, "call", HandoverAnswered(leg_id=LegId("leg-3")))
    s.tell(61000, "call", BriefSpoken(heard_ms=4800, whole=True))
    s.tell(61020, "call", HandoverCompleted(how="bridge"))
    s.tell(90000, "call", LegLeft(leg_id=LegId("leg-3"), member="agent", reason="hung_up"))
    s.tell(91000, "call", LegLeft(leg_id=LegId("leg-2"), member="caller", reason="agent_hung_up"))
    s.tell(91000, "call", CallEnded(result="escalated", reason="agent_hung_up"))
    return s


def with_people_en() -> Story:
    """English: a queue, an agent who declines, one who consults and gives the caller on; then back to the bot."""
    s = Story("call-with-people-en")
    s.begin("en")
    s.tell(9000, "dialog", EscalationRequested(reason="caller_asked", detail="", turn_id=None))
    s.tell(9010, "call", HandoverStarted(target="billing", how="queue"))
    s.tell(9020, "call", HandoverOffered(agent="ana", for_ms=20_000))
    s.tell(12000, "call", HandoverOfferEnded(agent="ana", reason="declined"))
    s.tell(12010, "call", HandoverOffered(agent="ben", for_ms=20_000))
    s.tell(15000, "call", HandoverAccepted(agent="ben"))
    s.tell(15020, "call", LegJoined(leg_id=LegId("leg-2"), member="agent", codec="opus", rate_hz=48000))
    s.tell(16000, "call", HandoverCompleted(how="queue"))
    s.tell(17000, "call", SupervisionChanged(supervisor="sue", mode="listen", announced=True))
    s.tell(18000, "call", AgentMuted(on=True))
    s.tell(19000, "call", AgentMuted(on=False))
    s.tell(20000, "call", CallerPutOnHold(reason="hold"))
    s.tell(25000, "call", CallerTakenBack())
    s.tell(26000, "call", CallerPutOnHold(reason="consult"))
    s.tell(26010, "call", ConsultStarted(target=HandoverTarget(kind="agent", name="cid")))
    s.tell(28000, "call", ConsultEnded(reason="no_answer"))
    s.tell(30000, "call", ConsultStarted(target=HandoverTarget(kind="agent", name="cid")))
    s.tell(31000, "call", ConsultAnswered())
    s.tell(33000, "call", AgentLineLost(agent="ben"))
    s.tell(35000, "call", AgentLineBack(agent="ben"))
    s.tell(36000, "call", CallerTakenBack())
    s.tell(36010, "call", ConferenceFormed())
    s.tell(37000, "call", SupervisionChanged(supervisor="sue", mode="barge", announced=True))
    s.tell(40000, "call", ConsultCompleted(reason="completed"))
    s.tell(41000, "call", SupervisionChanged(supervisor="sue", mode="off", announced=False))
    s.tell(42000, "call", GivenToBot(agent="cid", instruction="flow:appointment"))
    s.say(43000, 45000, "I can book an appointment for you.", "en")
    s.tell(46000, "call", HandoverStarted(target="billing", how="queue"))
    s.tell(46010, "call", HandoverOffered(agent="ana", for_ms=20_000))
    s.tell(47000, "call", HandoverAccepted(agent="ana"))
    s.tell(48000, "call", HandoverCompleted(how="queue"))
    s.tell(52000, "call", LegLeft(leg_id=LegId("leg-1"), member="caller", reason="hung_up"))
    s.tell(52010, "call", AgentReleased(agent="ana", reason="caller_gone"))
    s.tell(52020, "call", CallEnded(result="escalated", reason="caller_hung_up"))
    return s


def imported_en() -> Story:
    """English: the recording of a call that was held elsewhere; who the caller is was not said."""
    s = Story("call-imported-en")
    offered = CallOffered(transport="import", caller="", caller_name="", called="900100200", peer_call_id="9f86d081")
    s.tell(None, "import", offered)
    s.tell(0, "import", CallAnswered(language="en", flow="import"))
    for number, member in enumerate(("agent", "caller"), 1):
        leg_id = LegId(f"speaker-{number}")
        s.tell(0, "import", LegJoined(leg_id=leg_id, member=member, codec="FLAC", rate_hz=16000))  # type: ignore[arg-type]
    s.tell(0, "recorder", RecordingStarted(file="call-imported-en.wav", rate_hz=16000))
    s.tell(0, "import", Degraded(what="no_emotion", reason="caller_unknown"))
    s._turn("agent", 400, 2400, "good morning how can I help", "en")
    s.hear(2200, 5200, "hello I have lost my router", "en")
    shares = TalkMeasured(
        speakers=2,
        talk_over_share=0.025,
        silence_share=0.4,
        longest_silence_start_ms=5200,
        longest_silence_ms=2800,
    )
    s.tell(8000, "import", shares)
    s.tell(8000, "recorder", RecordingStopped(reason="call_ended", duration_ms=8000))
    s.tell(8000, "import", CallEnded(result="completed", reason="recording_over"))
    return s


def main() -> None:
    """Write every log and its expected folds."""
    live = (
        outage_es,
        card_en,
        split_card_es,
        gas_en,
        killed_es,
        abandoned,
        withdrawn_es,
        reopened_en,
        bad_line_en,
        handed_over_en,
        with_people_en,
    )
    for story in (tell() for tell in (*live, imported_en)):
        path = FOLDER / f"{story.call_id.removeprefix('call-')}.jsonl"
        lines = [json.dumps(codec.to_json(event), ensure_ascii=False) for event in story.events]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        expected = {fold.name: fold.snapshot(fold.over(story.events)) for fold in FOLDS}
        text = json.dumps(expected, ensure_ascii=False, indent=1)
        path.with_suffix(".expected.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
