"""The mind of one conversation in writing: the same policy, knowledge and flows as on the telephone, act by act.

    messages -> CallerTurn -> DialogPolicy -> acts -> facts and one reply
                                 ^  `-> LookUp -> knowledge -'

Nothing is sent or written here: `hear` returns what was decided, for `channels.conversation` to write in one piece.
The policy's state is not stored anywhere: after a restart, `replay` feeds it the same messages again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

import numpy as np
import numpy.typing as npt

from calls.conversation_events import (
    AgentEntered,
    MessagePassed,
    MessageReceived,
    MessageSent,
    StaffAwaited,
    StaffWaitOver,
)
from calls.errors import CallCentreError
from calls.events import (
    ActDecided,
    CallbackBooked,
    CallbackDeclined,
    CallbackOffered,
    ConsentGiven,
    ConsentRefused,
    EscalationRequested,
    Event,
    EventBody,
    FeelingRead,
    FlowFinished,
    LanguageChosen,
    NoticeGiven,
    SafetyRaised,
    SlotFilled,
    TopicFound,
)
from calls.ids import LANGUAGES, Language, MessageId, TurnId
from calls.ports import Passage
from calls.speech import MeaningEstimate, Turn, WordsEstimate
from records.redaction import redact_text
from service.acts import CARD_HEARD, MASK, act_name
from service.desk.queue_hours import HoursNow
from service.feeling import WordsFeeling
from service.ids import new_reference
from voice.dialog import acts
from voice.dialog.policy import DialogPolicy
from voice.dialog.prompts import phrase
from voice.dialog.settings import DialogSettings
from voice.dialog.text import guess_language
from voice.feelings.model import FeelingModel

logger = logging.getLogger(__name__)

THINK_S = 10.0
"""Longest wait for a vector or an article. Source: our choice; a question takes 30 ms, and 1 s behind a busy worker."""

NEVER_MS = 10**13
"""Longer than any conversation: in writing nobody is asked whether they are still there."""

_DROPPED = frozenset({"greeting.how_can_i_help"})
"""Details of what is not written before an answer: who writes has said already how they can be helped."""

_CARD_STAND_IN = "4111 1111 1111 1111"
"""A number that is nobody's card, in place of the masked one when a conversation is read again. Source: the test number
that payment providers publish."""


class TextKnowledge(Protocol):
    """What the talk asks of the articles; `service.knowledge_base.KnowledgeBase` is one."""

    async def search(self, query: str, language: Language, limit: int = 5) -> Sequence[Passage]:
        """Return the best passages, best first."""
        ...

    async def understand(self, text: str, language: Language) -> tuple[MeaningEstimate, npt.NDArray[np.float32]]:
        """Return what a turn means beside its matter, and its vector."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Replied:
    """What the bot decided on some messages."""

    text: str
    """Empty for nothing to say."""
    facts: tuple[EventBody, ...]
    language: Language
    ends: bool
    wants_staff: Literal["no", "live", "later"]
    stops_waiting: bool


@dataclass(slots=True)
class _Gathering:
    """What one input brought so far."""

    turn_id: TurnId | None
    agents: int
    says: list[acts.Say] = field(default_factory=list)
    facts: list[EventBody] = field(default_factory=list)
    look_ups: deque[acts.LookUp] = field(default_factory=deque)
    ends: bool = False
    wants_staff: Literal["no", "live", "later"] = "no"
    stops_waiting: bool = False


def text_settings(settings: DialogSettings) -> DialogSettings:
    """Return the choices of a line for its text channels: no sound, no keys, no hurry.

    How somebody feels is estimated by their words only where staying agrees to it on the telephone too; nobody is asked
    for it in writing.
    """
    return DialogSettings(
        medium="text",
        company=settings.company,
        recording="off",
        emotion="stay" if settings.emotion == "stay" else "off",
        emergency_number=settings.emergency_number,
        country=settings.country,
        crisis_line=settings.crisis_line,
        retention_days=settings.retention_days,
        default_country=settings.default_country,
        other_language=settings.other_language,
        flows=settings.flows,
        human_topics=settings.human_topics,
        answer_min_score=settings.answer_min_score,
        clarify_min_score=settings.clarify_min_score,
        no_input_ms=NEVER_MS,
        slot_no_input_ms=NEVER_MS,
        patience_ms=NEVER_MS,
        look_up_ms=NEVER_MS,
        look_up_filler_ms=NEVER_MS,
        waiting_word_ms=NEVER_MS,
        anger_prob=settings.anger_prob,
    )


class TextMind:
    """One conversation's policy. Feed it in the order of the log; it is not to be used by two tasks at once."""

    def __init__(
        self,
        settings: DialogSettings,
        language: Language,
        knowledge: TextKnowledge,
        feelings: FeelingModel | None,
        *,
        number: str = "",
        silent_start: bool = False,
    ) -> None:
        """Start before the first message.

        Args:
            settings: As `text_settings` returns them.
            language: Of the first message.
            knowledge: The articles.
            feelings: Weights that read feelings in words; None: nobody's are read.
            number: Telephone number that the customer writes from, in E.164; empty for none.
            silent_start: The notice was given before; do not greet again.
        """
        self._knowledge, self._feelings = knowledge, WordsFeeling(feelings) if feelings is not None else None
        self._number, self._silent_start, self._settings = number, silent_start, settings
        self._references: deque[str] = deque()
        self.policy = DialogPolicy(settings, language, new_reference=self._reference)
        self._begun = False
        self._feels = False
        self._agents = 0
        self._now_ms = 0
        self._inputs: deque[acts.DialogInput] = deque()
        self._got = _Gathering(None, 0)

    # What happens

    async def hear(self, message_id: MessageId, text: str, *, hours: HoursNow, agents: int, now_ms: int) -> Replied:
        """Take what the customer wrote, several messages as one, and return what the bot makes of it.

        Args:
            message_id: The last of the messages.
            text: All of them, as they were written, a line each.
            hours: The wall clock, and whether people work at this hour.
            agents: Humans who could take it now; at a closed hour they count for nothing.
            now_ms: Wall-clock milliseconds.
        """
        agents = agents if hours.open else 0
        turn_id = TurnId(message_id)
        self._start(turn_id, agents, now_ms)
        if not self._begun:
            self._begin(hours, agents)
        else:
            self._know(hours)
            if agents != self._agents and not self.policy.waits_for_human:
                self._tell(acts.AgentsSignedIn(n=agents))
        self._agents = agents
        if not text.strip():
            return self._took_files(turn_id)
        language = self._language_of(text)
        turn = Turn(turn_id=turn_id, speaker="caller", text=text, language=language, start_ms=now_ms, end_ms=now_ms)
        meaning, words = await self._understood(turn)
        self._tell(acts.CallerTurn(turn=turn, meaning=meaning, words=words))
        await self._look_up()
        return self._replied()

    def nobody_came(self, now_ms: int, hours: HoursNow) -> Replied:
        """No human is free any more, or their queue closed: say so, and offer to call back."""
        self._start(None, 0, now_ms)
        self._agents = 0
        if self._begun:
            self._know(hours)
        self._tell(acts.AgentsSignedIn(n=0))
        return self._replied()

    def handed_over(self, now_ms: int) -> None:
        """A human answers from here on."""
        self._start(None, self._agents, now_ms)
        if self._begun:
            self._tell(acts.HandedOver())

    async def replay(self, events: Sequence[Event], clock: Mapping[int, HoursNow]) -> int:
        """Become what the conversation made of the policy; return how many replies were others then.

        Args:
            events: From where the bot began (opened, reopened, handed back) on.
            clock: Number of a fact -> the wall clock where the line is, and whether people worked then.
        """
        waiting: list[Event] = []
        batch: list[EventBody] = []
        different = 0
        for event in events:
            body, now_ms = event.body, int(event.at_utc.timestamp() * 1000)
            match body:
                case MessageReceived():
                    waiting.append(event)
                    batch = []
                case MessageSent(author="bot", answers=None):
                    if any(isinstance(each, StaffWaitOver) for each in batch):
                        self.nobody_came(now_ms, clock[event.seq])
                    batch = []
                case MessageSent(author="bot", answers=str(name)) | MessagePassed(message_id=name):
                    turn, waiting = _up_to(waiting, name)
                    self._references.extend(each.reference for each in batch if isinstance(each, FlowFinished))
                    agents = _agents_then(batch, self._agents)
                    hours = _hours_then(batch, clock[event.seq])
                    text = _as_heard(turn, batch)
                    again = await self.hear(MessageId(name), text, hours=hours, agents=agents, now_ms=now_ms)
                    different += isinstance(body, MessageSent) and again.text != body.text
                    batch = []
                case MessageSent(author="agent", answers=str(name)):
                    _, waiting = _up_to(waiting, name)
                case AgentEntered():
                    self.handed_over(now_ms)
                case _:
                    batch.append(body)
        self._references.clear()
        return different

    # How it is done

    def _start(self, turn_id: TurnId | None, agents: int, now_ms: int) -> None:
        self._got = _Gathering(turn_id, agents)
        self._now_ms = max(self._now_ms, now_ms)

    def _begin(self, hours: HoursNow, agents: int) -> None:
        self._begun = True
        began = acts.CallBegan(
            now_local=hours.now_local,
            caller=self._number,
            open=hours.open,
            opens_at=hours.opens_at,
            outside=hours.outside,
            agents_signed_in=agents,
        )
        self._tell(began)
        if self._silent_start:
            self._got.says.clear()
        self._got.says = [say for say in self._got.says if say.detail not in _DROPPED]

    def _know(self, hours: HoursNow) -> None:
        """Tell what the clock says now: a talk in writing may go on after closing time, or the next day."""
        now = acts.HoursAre(now_local=hours.now_local, open=hours.open, opens_at=hours.opens_at, outside=hours.outside)
        self._tell(now)

    def _tell(self, event: acts.DialogInput) -> None:
        """Feed the policy, and tell it at once that what it says is read."""
        self._inputs.append(event)
        while self._inputs:
            for act in self.policy.step(self._inputs.popleft(), self._now_ms):
                self._take(act)

    async def _look_up(self) -> None:
        while self._got.look_ups:
            wanted = self._got.look_ups.popleft()
            try:
                async with asyncio.timeout(THINK_S):
                    passages = tuple(await self._knowledge.search(wanted.query, wanted.language))
            except (CallCentreError, TimeoutError) as error:
                logger.warning("the articles could not be looked up for a message: %s", _code(error))
                self._tell(acts.Trouble(kind="knowledge"))
            else:
                self._tell(acts.PassagesFound(query_id=wanted.query_id, passages=passages))

    async def _understood(self, turn: Turn) -> tuple[MeaningEstimate | None, WordsEstimate | None]:
        try:
            async with asyncio.timeout(THINK_S):
                meaning, vector = await self._knowledge.understand(turn.text, turn.language)
        except (CallCentreError, TimeoutError) as error:
            logger.warning("no meaning for a message: %s", _code(error))
            return None, None
        if self._feelings is None or not self._feels:
            return meaning, None
        words = self._feelings.read(turn, vector)
        at_ms = turn.end_ms
        self._got.facts.append(FeelingRead(turn_id=turn.turn_id, start_ms=at_ms, end_ms=at_ms, estimate=words))
        return meaning, words

    def _language_of(self, text: str) -> Language:
        return guessed(text) or self.policy.language

    def _reference(self, flow: str) -> str:
        return self._references.popleft() if self._references else new_reference(flow)

    def _took_files(self, turn_id: TurnId) -> Replied:
        """Answer files that came without a word: nothing of them is read here."""
        if self.policy.waits_for_human:
            return self._replied()
        key = "written.file_noted" if self.policy.asked_slot else "written.file_only"
        self._got.facts.append(ActDecided(act="say", detail="file", turn_id=turn_id))
        replied = self._replied()
        said = phrase(self._settings, self.policy.language, key)
        return replace(replied, text="\n\n".join([*([replied.text] if replied.text else []), said]))

    def _replied(self) -> Replied:
        got = self._got
        return Replied(
            text=_composed(got.says),
            facts=tuple(got.facts),
            language=self.policy.language,
            ends=got.ends,
            wants_staff=got.wants_staff,
            stops_waiting=got.stops_waiting,
        )

    def _take(self, act: acts.DialogAct) -> None:
        got = self._got
        note = got.facts.append
        turn_id = got.turn_id
        match act:
            case acts.Say():
                self._inputs.append(acts.SayDone(say_id=act.say_id, heard_text=act.text, interrupted=False))
                if act.kind != "filler":
                    note(ActDecided(act=act_name(act), detail=act.detail, turn_id=turn_id))
                    got.says.append(act)
                if act.detail.startswith("repair:") and self._feelings is not None:
                    self._feelings.bot_asked_again()
            case acts.LookUp():
                note(ActDecided(act="look_up", detail=f"query:{act.query_id}", turn_id=turn_id))
                got.look_ups.append(act)
            case acts.FoundTopic(topic=topic, score=score, article_id=article_id):
                if turn_id is not None:
                    note(TopicFound(turn_id=turn_id, topic=topic, score=score, article_id=article_id))
            case acts.FillSlot(slot=slot, value=value, confirmed=confirmed, secret=secret):
                shown = MASK * len(value) if secret else redact_text(value)
                note(SlotFilled(slot=slot, value=shown, confirmed=confirmed, turn_id=turn_id))
            case acts.FinishFlow(flow=flow, reference=reference):
                note(FlowFinished(flow=flow, reference=reference))
            case acts.RaiseSafety(kind=kind):
                note(SafetyRaised(kind=kind, turn_id=turn_id))
            case acts.Escalate(reason=reason, detail=detail):
                note(EscalationRequested(reason=reason, detail=detail, turn_id=turn_id))
                got.wants_staff = "live" if got.agents > 0 else "later"
            case acts.StopLooking():
                got.stops_waiting = True
            case acts.SetConsent():
                self._consent(act)
            case acts.GiveNotice(automatic=automatic, recording=recording, emotion=emotion):
                if not self._silent_start:
                    note(NoticeGiven(automatic=automatic, recording=recording, emotion=emotion))
            case acts.SetLanguage(language=language, how=how):
                note(LanguageChosen(language=language, how=how))
            case acts.OfferCallback():
                note(CallbackOffered(agents_signed_in=got.agents))
            case acts.BookCallback(number=number, matter=matter):
                booked = CallbackBooked(number=number, language=self.policy.language, matter=redact_text(matter))
                note(booked)
            case acts.DeclineCallback():
                note(CallbackDeclined())
            case acts.EndCall(reason=reason):
                note(ActDecided(act="hang_up", detail=reason, turn_id=turn_id))
                got.ends = True
            case acts.PauseRecording() | acts.ResumeRecording():
                pass  # there is no sound

    def _consent(self, act: acts.SetConsent) -> None:
        if act.subject == "emotion":
            self._feels = act.given
        if act.how == "anew" or act.subject != "emotion" or (act.how == "stayed" and self._silent_start):
            return
        if not act.given:
            if act.how != "stayed":  # else the notice comes once more, in another language
                self._got.facts.append(ConsentRefused(subject=act.subject, how=act.how))
        elif act.how != "unanswered":
            self._got.facts.append(ConsentGiven(subject=act.subject, how=act.how))


def guessed(text: str) -> Language | None:
    """Return the language that the small words of a text clearly speak, None when they do not."""
    guess = guess_language(text)
    return next((language for language in LANGUAGES if language == guess), None)


def _composed(says: Sequence[acts.Say]) -> str:
    """Return one message: the sentences of the notice in one paragraph, everything else a paragraph each."""
    notice = " ".join(say.text for say in says if say.kind == "notice" and say.text)
    rest = [say.text for say in says if say.kind != "notice" and say.text]
    return "\n\n".join([*([notice] if notice else []), *rest])


def _up_to(waiting: Sequence[Event], name: str) -> tuple[list[Event], list[Event]]:
    """Return the messages up to the one with this name, and those behind it."""
    names = [event.body.message_id for event in waiting if isinstance(event.body, MessageReceived)]
    cut = names.index(MessageId(name)) + 1 if name in names else len(names)
    return list(waiting[:cut]), list(waiting[cut:])


def _as_heard(turn: Sequence[Event], batch: Sequence[EventBody]) -> str:
    text = "\n".join(event.body.text for event in turn if isinstance(event.body, MessageReceived))
    card = any(isinstance(each, ActDecided) and each.detail == CARD_HEARD for each in batch)
    return _CARD_STAND_IN if card else text


def _agents_then(batch: Sequence[EventBody], otherwise: int) -> int:
    """Return how many humans there seem to have been, as far as it mattered: somebody or nobody."""
    awaited = [each.live for each in batch if isinstance(each, StaffAwaited)]
    return (1 if awaited[-1] else 0) if awaited else otherwise


def _hours_then(batch: Sequence[EventBody], otherwise: HoursNow) -> HoursNow:
    """Return what held then: who was let wait for people came at an open hour, whatever the configuration says now."""
    was_open = any(isinstance(each, StaffAwaited) and each.live for each in batch)
    return replace(otherwise, open=True, opens_at=None) if was_open else otherwise


def _code(error: BaseException) -> str:
    return error.code if isinstance(error, CallCentreError) else type(error).__name__
