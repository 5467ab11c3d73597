"""Questions: looking up, answering in the article's own words, asking which was meant, admitting what is not known."""

from __future__ import annotations

from dataclasses import dataclass, field

from rapidfuzz import fuzz

from calls.ports import Passage
from voice.dialog.acts import FoundTopic, LookUp, PassagesFound
from voice.dialog.answering import Finding, is_question, judge, with_context
from voice.dialog.flow_spec import FlowSpec, load_flows
from voice.dialog.handing_over import begin_asked_flow, escalate, start_flow
from voice.dialog.slots.yes_no import parse_yes_no
from voice.dialog.talk import Talk
from voice.dialog.text import plain, plain_speech

SAME_ANSWER_LIMIT = 3
"""The same answer asked for a third time in a row did not help twice. Source: our choice."""

MISS_LIMIT = 3
"""Turns in a row without understanding after which a human is looked for. Source: our choice."""

_TITLE_MATCH = 70.0
"""Similarity in percent from which words are taken for a title that was offered. Source: own dialogues in the tests."""

_FIRST = {
    "first",
    "former",
    "one",
    "1",
    "primero",
    "primera",
    "uno",
    "primer",
    "lo primero",
    "la primera",
    "el primero",
}
_SECOND = {
    "second",
    "latter",
    "two",
    "2",
    "segundo",
    "segunda",
    "dos",
    "other",
    "otro",
    "otra",
    "ultimo",
    "ultima",
    "last",
}
_NEITHER = {"neither", "none", "no", "ninguno", "ninguna", "ninguna de las dos", "ninguno de los dos", "nope", "nada"}


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question being looked up."""

    query_id: str
    text: str
    flow: FlowSpec | None = None
    """A flow that the same words seem to ask for; it begins when the articles agree."""


def choice_names(choices: tuple[Passage, ...]) -> list[str]:
    """Return the titles as they stand inside of a question."""
    return [choice.title.strip().rstrip(".?¿") for choice in choices]


@dataclass(slots=True)
class Questions:
    """Keeps the question in hand and what was answered before."""

    talk: Talk
    inquiry: Inquiry | None = None
    last_question: str = ""
    topics: list[str] = field(default_factory=list)
    """Topics answered so far, in order."""
    texts: list[str] = field(default_factory=list)
    """Passages spoken so far, in order."""
    offered: list[str] = field(default_factory=list)
    """Flows that were offered after an answer; each is offered once."""

    def ask(self, text: str, flow: FlowSpec | None = None) -> None:
        """Look `text` up; `flow` begins afterwards when its topic is found."""
        talk = self.talk
        query_id = talk.new_id("query-")
        talk.do(LookUp(query_id=query_id, query=with_context(text, self.last_question), language=talk.language))
        self.inquiry = Inquiry(query_id, text, flow)
        if talk.flow is None:
            talk.pending = "look_up"
            talk.matter = text
        talk.at("look_up", talk.settings.look_up_ms)
        talk.at("look_up_filler", talk.settings.look_up_filler_ms)

    def found(self, event: PassagesFound) -> None:
        """Take an answer of the knowledge; late and unknown ones are ignored."""
        inquiry = self.inquiry
        if inquiry is None or event.query_id != inquiry.query_id:
            return
        self._close()
        finding = judge(event.passages, self.talk.settings)
        flow = inquiry.flow
        if flow is not None and finding.kind != "unknown" and flow.topic in [p.topic for p in finding.passages]:
            self._begin_flow(flow, finding)
        elif finding.kind == "answer":
            self.last_question = inquiry.text
            self.speak(finding.passages)
        elif finding.kind == "unsure" and self.talk.flow is None:
            self._ask_which(finding.passages)
        else:
            self._unknown(inquiry, finding.passages)

    def _begin_flow(self, flow: FlowSpec, finding: Finding) -> None:
        """Speak what is not about the flow's own topic, and begin the flow."""
        passages = [p for p in finding.passages if finding.kind == "answer" or p.topic == flow.topic]
        for passage in passages:
            self.talk.do(FoundTopic(topic=passage.topic, score=passage.score, article_id=passage.article_id))
            self.topics.append(passage.topic)
        for passage in passages:
            if passage.topic != flow.topic:
                self._say_passage(passage)
        self.talk.misses = 0
        self.offered.append(flow.name)
        start_flow(self.talk, flow, offer=False)

    def _say_passage(self, passage: Passage) -> None:
        self.talk.say_text(
            passage.text,
            kind="answer",
            language=passage.language,
            detail=f"topic:{passage.topic}",
            topic=passage.topic,
            article_id=passage.article_id,
        )

    def trouble(self) -> None:
        """Say that nothing can be looked up now, and offer a human."""
        if self.inquiry is None:
            return
        flow = self.inquiry.flow
        self._close()
        talk = self.talk
        if flow is not None:
            begin_asked_flow(talk, flow)
            return
        talk.misses += 1
        if talk.misses >= MISS_LIMIT:
            escalate(talk, "engine_failure", "knowledge")
            return
        talk.say("answer.knowledge_trouble", detail="trouble:knowledge")
        self._resume_or_offer_human()

    def drop(self) -> None:
        """Forget the question in hand, because the caller went on to something else."""
        if self.inquiry is not None:
            self._close()

    def _close(self) -> None:
        self.inquiry = None
        self.talk.clear("look_up", "look_up_filler")
        if self.talk.pending == "look_up":
            self.talk.pending = "open"

    def speak(self, passages: tuple[Passage, ...]) -> None:
        """Speak passages as they stand; then resume, offer a flow, or leave the caller the word."""
        talk = self.talk
        for passage in passages:
            talk.do(FoundTopic(topic=passage.topic, score=passage.score, article_id=passage.article_id))
        human = next((p.topic for p in passages if p.topic in talk.settings.human_topics), None)
        if human is not None:
            escalate(talk, "topic", human)
            return
        text = passages[0].text
        recent = self.texts[-(SAME_ANSWER_LIMIT - 1) :]
        if len(passages) == 1 and recent == [text] * (SAME_ANSWER_LIMIT - 1) and talk.flow is None:
            self.texts.clear()
            escalate(talk, "repeated_failure", f"same_answer:{passages[0].topic}")
            return
        if len(passages) == 1 and self.texts[-1:] == [text]:
            talk.say("answer.again", kind="answer", detail="answer:again")
        self.texts.extend(p.text for p in passages)
        self.topics.extend(p.topic for p in passages)
        talk.misses = 0
        for i, passage in enumerate(passages):
            if i:
                talk.say("answer.second_topic", kind="answer")
            self._say_passage(passage)
        talk.answers_given += 1
        self._after_answer(passages)

    def _after_answer(self, passages: tuple[Passage, ...]) -> None:
        talk = self.talk
        if talk.flow is not None:
            self.resume_flow()
            return
        topics, heads = {p.topic for p in passages}, {p.flow for p in passages}
        flows = [spec for spec in load_flows().values() if spec.name in talk.settings.flows]
        spec = next((s for s in flows if s.name in heads or (s.topic in topics and not s.only_named)), None)
        if spec is not None and spec.name not in self.offered:
            self.offered.append(spec.name)
            start_flow(talk, spec, offer=True, introduce=False)
            return
        talk.pending = "anything_else"
        if talk.answers_given == 1:
            talk.say("meta.anything_else", detail="anything_else")

    def resume_flow(self) -> None:
        """Go back to the question of the flow that a digression interrupted."""
        talk = self.talk
        if talk.flow is None:
            return
        talk.pending = "flow"
        talk.say("flow.resume", detail="flow:resume")
        line = talk.flow.question(talk.language)
        talk.say_text(line.text, expects=line.expects, length=line.length, detail=line.detail)

    def _ask_which(self, passages: tuple[Passage, ...]) -> None:
        talk = self.talk
        talk.choices = passages
        talk.pending = "which"
        names = choice_names(passages)
        if len(passages) == 2:
            talk.say("answer.which", expects="open", detail="which", first=names[0], second=names[1])
        else:
            talk.say("answer.which_one", expects="yes_no", detail="which", first=names[0])

    def choose(self, index: int) -> None:
        """Speak the choice."""
        chosen, self.talk.choices = self.talk.choices[index], ()
        self.talk.pending = "open"
        self.speak((chosen,))

    def hear_choice(self, text: str) -> bool:
        """Take the answer to "did you mean …?"; False when it is something else."""
        talk, choices = self.talk, self.talk.choices
        speech = plain_speech(text)
        words = set(speech.split())
        answer = parse_yes_no(text, talk.language)
        if len(choices) == 1 and answer is not None and answer.value == "true":
            self.choose(0)
            return True
        if (answer is not None and answer.value == "false" and len(words) <= 5) or (
            words & _NEITHER and len(words) <= 5
        ):
            self.neither()
            return True
        if len(choices) == 2:
            if len(words) <= 5 and words & _FIRST and not words & _SECOND:
                self.choose(0)
                return True
            if len(words) <= 5 and words & _SECOND and not words & _FIRST:
                self.choose(1)
                return True
        scores = [fuzz.token_set_ratio(speech, plain(choice.title)) for choice in choices]
        best = max(range(len(scores)), key=scores.__getitem__)
        if scores[best] >= _TITLE_MATCH and sorted(scores)[-1] - (sorted(scores)[-2] if len(scores) > 1 else 0) > 10:
            self.choose(best)
            return True
        return False

    def neither(self) -> None:
        """The caller meant nothing of what was asked about."""
        talk = self.talk
        talk.choices = ()
        talk.misses += 1
        talk.do(FoundTopic(topic=None, score=0.0, article_id=None))
        if talk.misses >= MISS_LIMIT:
            escalate(talk, "repeated_failure", "neither")
            return
        talk.pending = "open"
        talk.say("answer.neither", detail="which:neither")

    def _unknown(self, inquiry: Inquiry, nearest: tuple[Passage, ...]) -> None:
        talk = self.talk
        talk.do(FoundTopic(topic=None, score=nearest[0].score if nearest else 0.0, article_id=None))
        talk.misses += 1
        if talk.misses >= MISS_LIMIT:
            escalate(talk, "repeated_failure", "unknown")
            return
        if len(plain(inquiry.text).split()) <= 2 and not is_question(inquiry.text):
            talk.say("repair.first" if talk.misses == 1 else "repair.second", detail=f"repair:{talk.misses}")
            talk.say("repair.say_shorter" if talk.misses == 1 else "repair.menu", detail=f"repair:{talk.misses}")
            if talk.flow is not None:
                self.resume_flow()
            return
        talk.say("answer.unknown", kind="answer", detail="out_of_scope")
        self._resume_or_offer_human()

    def _resume_or_offer_human(self) -> None:
        if self.talk.flow is not None:
            self.resume_flow()
            return
        self.talk.pending = "offer_human"
        self.talk.say("answer.unknown_offer", expects="yes_no", detail="offer_human")
