"""Scripted calls: what happens on the line as short lines of text, and the policy's acts as short codes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import get_args

from calls.ids import Language, TurnId
from calls.ports import Passage
from calls.speech import CallWish, EmotionEstimate, MeaningEstimate, SafetyKind, Turn, WordsEstimate
from voice.dialog import acts
from voice.dialog.policy import DialogPolicy
from voice.dialog.settings import DialogSettings

SUNDAY = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
CALLER = "+34612345678"


def code(act: acts.DialogAct) -> str:
    """Write an act as a short code."""
    match act:
        case acts.Say(detail=detail):
            return f"say {detail}"
        case acts.LookUp(query=query):
            return f"look up {query}"
        case acts.FoundTopic(topic=topic):
            return f"found {topic}"
        case acts.FillSlot(slot=slot, value=value, confirmed=confirmed):
            return f"fill {slot}={value}{'!' if confirmed else ''}"
        case acts.FinishFlow(flow=flow, reference=reference):
            return f"finish {flow} {reference}"
        case acts.RaiseSafety(kind=kind):
            return f"danger {kind}"
        case acts.Escalate(reason=reason):
            return f"escalate {reason}"
        case acts.StopLooking():
            return "stop looking"
        case acts.TakeMessage():
            return "take message"
        case acts.KeepMessage():
            return "keep message"
        case acts.SetConsent(subject=subject, given=given, how=how):
            return f"consent {subject} {'yes' if given else 'no'} {how}"
        case acts.GiveNotice(recording=recording, emotion=emotion):
            return f"notice{' recording' if recording else ''}{' emotion' if emotion else ''}"
        case acts.SetLanguage(language=language, how=how):
            return f"language {language} {how}"
        case acts.OfferCallback():
            return "offer callback"
        case acts.BookCallback(number=number):
            return f"book callback {number}"
        case acts.DeclineCallback():
            return "decline callback"
        case acts.PauseRecording(reason=reason):
            return f"pause {reason}"
        case acts.ResumeRecording():
            return "resume"
        case acts.EndCall(reason=reason):
            return f"end {reason}"


def meant(kind: str, score: float) -> MeaningEstimate:
    """Return an estimate that sees one danger or wish, and nothing else."""
    return next(
        MeaningEstimate(
            danger=danger,
            danger_score=score if kind == danger else 0.0,
            wish=wish,
            wish_score=score if kind == wish else 0.0,
        )
        for danger in get_args(SafetyKind)
        for wish in get_args(CallWish)
        if kind in (danger, wish)
    )


@dataclass
class ScriptedCall:
    """A call whose line is a script."""

    language: Language
    settings: DialogSettings = field(default_factory=DialogSettings)
    agents: int = 0
    open: bool = True
    outside: acts.Outside = "callback"
    caller: str = CALLER
    flow: str = ""
    queue: str = ""
    now_ms: int = 0
    turns: int = 0
    said: list[acts.Say] = field(default_factory=list)
    unplayed: list[str] = field(default_factory=list)
    queries: list[str] = field(default_factory=list)
    booked: list[acts.BookCallback] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.policy = DialogPolicy(self.settings, self.language, new_reference=lambda flow: "48213")

    def feed(self, event: acts.DialogInput) -> list[str]:
        """Feed one input and return the codes of its acts."""
        decided = self.policy.step(event, self.now_ms)
        for act in decided:
            if isinstance(act, acts.Say):
                self.said.append(act)
                self.unplayed.append(act.say_id)
            elif isinstance(act, acts.LookUp):
                self.queries.append(act.query_id)
            elif isinstance(act, acts.BookCallback):
                self.booked.append(act)
        return [code(act) for act in decided]

    def begin(self) -> list[str]:
        """Answer the call and play the greeting to its end."""
        began = acts.CallBegan(
            now_local=SUNDAY,
            caller=self.caller,
            open=self.open,
            outside=self.outside,
            agents_signed_in=self.agents,
            flow=self.flow,
            queue=self.queue,
        )
        return self.feed(began) + self.play()

    def play(self) -> list[str]:
        """Play everything that was said."""
        found: list[str] = []
        while self.unplayed:
            say_id = self.unplayed.pop(0)
            self.now_ms += 1000
            text = next(say.text for say in self.said if say.say_id == say_id)
            found += self.feed(acts.SayDone(say_id=say_id, heard_text=text, interrupted=False))
        return found

    def hear(
        self,
        text: str,
        *,
        language: Language | None = None,
        anger: float | None = None,
        words: WordsEstimate | None = None,
        meaning: MeaningEstimate | None = None,
    ) -> list[str]:
        """Let the caller say a turn."""
        self.turns += 1
        self.now_ms += 2000
        turn = Turn(
            turn_id=TurnId(f"turn-{self.turns}"),
            speaker="caller",
            text=text,
            language=language or self.policy.language,
            start_ms=self.now_ms - 1500,
            end_ms=self.now_ms - 300,
        )
        emotion = None
        if anger is not None:
            emotion = EmotionEstimate(
                anger_prob=anger, arousal_score=anger, uncertainty=0.1, abstained=False, reasons=(), model="test"
            )
        return self.feed(acts.CallerTurn(turn=turn, emotion=emotion, meaning=meaning, words=words))

    def line(self, script: str) -> list[str]:
        """Do one line of a script.

        `> words` the caller speaks (`>en words` in another language, `>! words` angrily), `# keys`, `silence` waits for
        the next deadline, `found topic score …` answers the last look-up, `agents n`, `nothing` a voice without words,
        `~ kind score words` says what means a danger or wish with a score, `late kind score` tells so of the last turn.
        """
        head, _, rest = script.partition(" ")
        match head:
            case ">" | ">es" | ">en" | ">!":
                spoken: Language | None = "es" if head == ">es" else "en" if head == ">en" else None
                found = self.hear(rest, language=spoken, anger=0.9 if head == ">!" else None)
            case "~":
                kind, score, words = rest.split(" ", 2)
                found = self.hear(words, meaning=meant(kind, float(score)))
            case "late":
                kind, score = rest.split()
                turn_id = TurnId(f"turn-{self.turns}")
                found = self.feed(acts.MeaningFound(turn_id=turn_id, meaning=meant(kind, float(score))))
            case "#":
                self.now_ms += 500
                found = [c for key in rest for c in self.feed(acts.KeysPressed(digits=key))]
            case "silence":
                deadline = self.policy.next_deadline_ms()
                assert deadline is not None
                self.now_ms = max(self.now_ms, deadline)
                found = self.feed(acts.DeadlineReached())
            case "found":
                found = self.feed(acts.PassagesFound(query_id=self.queries[-1], passages=self.passages(rest)))
            case "agents":
                found = self.feed(acts.AgentsSignedIn(n=int(rest)))
            case "nothing":
                found = self.feed(acts.HeardNothing())
            case "handed":
                found = self.feed(acts.HandedOver())
            case "failed":
                found = self.feed(acts.HandoverFailed())
            case "trouble":
                found = self.feed(acts.Trouble(kind="knowledge"))
            case _:
                raise ValueError(script)
        return found + self.play()

    def passages(self, rest: str) -> tuple[Passage, ...]:
        """Make passages from `topic score topic score …`; `topic+flow` is of an article that offers a flow."""
        parts = rest.split()
        return tuple(
            Passage(
                article_id=f"{topic}:{self.policy.language}",
                topic=topic,
                flow=flow,
                title=topic.replace("-", " ").capitalize(),
                language=self.policy.language,
                text=f"All about {topic}.",
                score=float(score),
            )
            for (topic, _, flow), score in zip((p.partition("+") for p in parts[::2]), parts[1::2], strict=True)
        )
