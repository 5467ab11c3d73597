"""What holds in every call, whatever happens on the line."""

from __future__ import annotations

import re
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.ids import Language, TurnId
from calls.ports import Passage
from calls.speech import CallWish, EmotionEstimate, MeaningEstimate, SafetyKind, Turn
from tests.voice.dialog import scripted
from voice.dialog import acts
from voice.dialog.flow_spec import load_flows
from voice.dialog.policy import DialogPolicy
from voice.dialog.prompts import all_fixed_texts, phrase, phrase_keys
from voice.dialog.settings import DialogSettings
from voice.tts.clauses import clauses_of
from voice.tts.normalise import read_aloud

SAID = [
    "sí",
    "no",
    "yes",
    "no thanks",
    "agent",
    "quiero hablar con una persona",
    "I smell gas",
    "me quiero morir",
    "no tengo luz",
    "I want to book a technician",
    "explain my bill",
    "que me llamen más tarde",
    "cuatro cero dos nueve, cinco cinco uno siete",
    "six one two, three four five, six seven eight",
    "mañana a las diez de la mañana",
    "tomorrow",
    "ten in the morning",
    "repeat please",
    "más despacio",
    "espere un momento",
    "never mind",
    "goodbye",
    "gracias",
    "uh-huh",
    "no me grabe",
    "don't judge my mood",
    "in English, please",
    "en español",
    "what can you do",
    "are you a robot",
    "you are useless",
    "tengo mucho miedo",
    "the first one",
    "my card number is four five three two",
    "64 euros",
    "",
    "...",
    "¿y cuánto cuesta?",
    "ñandú \U0001f600 \u0301",
    "call me back",
    "1",
    "the date",
]

TEXTS = st.sampled_from(SAID) | st.text(max_size=40)
LANGUAGE = st.sampled_from(["es", "en"])
ESTIMATES = st.builds(
    EmotionEstimate,
    anger_prob=st.floats(0, 1),
    arousal_score=st.floats(0, 1),
    uncertainty=st.floats(0, 1),
    abstained=st.booleans(),
    reasons=st.just(()),
    model=st.just("test"),
)
EMOTIONS = st.none() | ESTIMATES
MEANINGS = st.builds(
    MeaningEstimate,
    danger=st.sampled_from(get_args(SafetyKind)),
    danger_score=st.floats(0, 1),
    wish=st.sampled_from(get_args(CallWish)),
    wish_score=st.floats(0, 1),
)
PASSAGES = st.lists(
    st.builds(
        Passage,
        article_id=st.just("a:es"),
        topic=st.sampled_from(["bill-explained", "power-outage-report", "technician-appointment", "roaming-abroad"]),
        title=st.sampled_from(["Understanding your bill", "Roaming"]),
        language=LANGUAGE,
        text=st.just("Words of the article."),
        score=st.floats(0, 1),
    ),
    max_size=3,
).map(tuple)
TURNS = st.builds(
    Turn,
    turn_id=st.just(TurnId("t")),
    speaker=st.just("caller"),
    text=TEXTS,
    language=LANGUAGE,
    start_ms=st.just(0),
    end_ms=st.just(1),
)
EVENTS = st.one_of(
    st.builds(acts.CallerTurn, turn=TURNS, emotion=EMOTIONS, meaning=st.none() | MEANINGS),
    st.builds(acts.MeaningFound, turn_id=st.sampled_from([TurnId("t"), TurnId("other")]), meaning=MEANINGS),
    st.builds(acts.EmotionFound, turn_id=st.sampled_from([TurnId("t"), TurnId("other")]), emotion=ESTIMATES),
    st.builds(acts.KeysPressed, digits=st.text("0123456789*#", max_size=9), complete=st.booleans()),
    st.builds(acts.PassagesFound, query_id=st.just("last"), passages=PASSAGES),
    st.just(acts.SayDone(say_id="oldest", heard_text="", interrupted=False)),
    st.just(acts.SayDone(say_id="all", heard_text="", interrupted=True)),
    st.builds(acts.AgentsSignedIn, n=st.integers(-1, 3)),
    st.just(acts.HandedOver()),
    st.just(acts.LookingAgain(why="lost")),
    st.sampled_from(["", "flow:appointment", "ask:how do I pay", "say:One moment."]).map(
        lambda wish: acts.GivenBack(instruction=wish)
    ),
    st.builds(acts.CallerHeld, held=st.booleans()),
    st.just(acts.CallerReplaced(caller="+34600000002")),
    st.just(acts.HandoverFailed()),
    st.just(acts.HeardNothing()),
    st.builds(acts.CallerSpeaking, speaking=st.booleans()),
    st.just(acts.HistoryKnown(matter="Your bill explained", when="today")),
    st.builds(
        acts.CallerNeeds,
        slower=st.booleans(),
        more_time=st.booleans(),
        keypad=st.booleans(),
        language=st.sampled_from([None, "es", "en"]),
    ),
    st.builds(acts.Trouble, kind=st.sampled_from(["knowledge", "hearing", "voice"])),
    st.just(acts.DeadlineReached()),
)
SETTINGS = st.builds(
    DialogSettings,
    recording=st.sampled_from(["stay", "ask", "off"]),
    emotion=st.sampled_from(["stay", "ask", "off"]),
    other_language=st.booleans(),
    human_topics=st.sampled_from([frozenset(), frozenset({"roaming-abroad"})]),
)


class Line:
    """A line on which anything may happen; checks the invariants after each step."""

    def __init__(self, chosen: DialogSettings, language: Language, agents: int, caller: str, *, open_now: bool) -> None:
        self.policy = DialogPolicy(chosen, language, new_reference=lambda flow: "48213")
        self.now_ms = 0
        self.agents = agents
        self.unplayed: list[str] = []
        self.last_query = ""
        self.feed(
            acts.CallBegan(now_local=scripted.SUNDAY, caller=caller, open=open_now, agents_signed_in=agents, flow="")
        )

    def feed(self, event: acts.DialogInput) -> tuple[acts.DialogAct, ...]:
        decided = self.policy.step(event, self.now_ms)
        if isinstance(event, acts.LookingAgain):
            self.agents = max(1, self.agents)  # who looks knows of somebody
        for act in decided:
            if isinstance(act, acts.Say):
                assert act.text.strip()
                assert "{" not in act.text
                self.unplayed.append(act.say_id)
            elif isinstance(act, acts.LookUp):
                self.last_query = act.query_id
        phase = self.policy.state.split(":")[0]
        if phase in ("talking", "waiting_for_human"):
            assert self.policy.next_deadline_ms() is not None, "dead air: neither a deadline nor the end"
        else:
            assert self.policy.next_deadline_ms() is None
        if phase == "ended" and decided:
            assert any(isinstance(act, acts.EndCall) for act in decided)
        if phase == "waiting_for_human":
            assert self.agents > 0, "nobody is there to be waited for"
        if self.agents == 0:
            words = " ".join(act.text for act in decided if isinstance(act, acts.Say))
            assert not re.search(
                r"stay on the line while|I'll look for a colleague|Voy a buscarle|No cuelgue, por", words
            )
        return decided

    def happen(self, event: acts.DialogInput, wait_ms: int) -> None:
        self.now_ms += wait_ms
        if isinstance(event, acts.AgentsSignedIn):
            self.agents = max(0, event.n)
        if isinstance(event, acts.PassagesFound):
            event = acts.PassagesFound(query_id=self.last_query, passages=event.passages)
        if isinstance(event, acts.SayDone):
            count = len(self.unplayed) if event.say_id == "all" else min(1, len(self.unplayed))
            for say_id in [self.unplayed.pop(0) for _ in range(count)]:
                self.feed(acts.SayDone(say_id=say_id, heard_text="", interrupted=event.interrupted))
            return
        if isinstance(event, acts.DeadlineReached):
            self.now_ms = max(self.now_ms, self.policy.next_deadline_ms() or 0)
        self.feed(event)


HISTORIES = st.lists(st.tuples(EVENTS, st.integers(0, 9000)), max_size=25)


@given(
    SETTINGS,
    LANGUAGE,
    st.integers(0, 2),
    st.sampled_from(["", "+34612345678", "anonymous", "+1"]),
    st.booleans(),
    HISTORIES,
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_when_anything_happens_then_nothing_raises_and_the_line_is_never_dead(
    chosen: DialogSettings,
    language: Language,
    agents: int,
    caller: str,
    open_now: bool,
    history: list[tuple[acts.DialogInput, int]],
) -> None:
    line = Line(chosen, language, agents, caller, open_now=open_now)
    for event, wait_ms in history:
        line.happen(event, wait_ms)


@given(SETTINGS, LANGUAGE, HISTORIES)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_when_the_same_call_is_held_twice_then_the_acts_are_the_same(
    chosen: DialogSettings, language: Language, history: list[tuple[acts.DialogInput, int]]
) -> None:
    records = []
    for _ in range(2):
        policy = DialogPolicy(chosen, language, new_reference=lambda flow: "48213")
        began = acts.CallBegan(now_local=scripted.SUNDAY, caller="", open=True, agents_signed_in=1)
        decided = [policy.step(began, 0)]
        for now_ms, (event, _) in enumerate(history):
            decided.append(policy.step(event, now_ms * 1000))
        records.append(decided)
    assert records[0] == records[1]


STATES: dict[str, list[str]] = {
    "open": [],
    "consent": [],
    "look_up": ["> how do I read my bill"],
    "answered": ["> how do I pay", "found payment-methods 0.9"],
    "slot": ["> book a technician", "found technician-appointment 0.9"],
    "summary": [
        "> book a technician",
        "found technician-appointment 0.9",
        "> four zero two nine, five five one seven",
        "> tomorrow",
        "> ten in the morning",
    ],
    "flow_offer": ["> I have no power", "found power-outage-report 0.9"],
    "which": ["> the monthly thing", "found change-billing-date 0.4 bill-explained 0.35"],
    "offer_human": ["> who won the match", "found x 0.1"],
    "offer_callback": ["> agent"],
    "callback": ["> agent", "> yes"],
    "patience": ["> hang on a second"],
    "silence": ["silence", "silence"],
}


def in_state(state: str, agents: int) -> scripted.ScriptedCall:
    chosen = DialogSettings(recording="ask") if state == "consent" else DialogSettings()
    call = scripted.ScriptedCall("en", settings=chosen, agents=0)
    call.begin()
    for script in STATES[state]:
        call.line(script)
    call.line(f"agents {agents}")
    return call


@pytest.mark.parametrize("agents", [0, 1])
@pytest.mark.parametrize("asked", ["> I want to talk to a person", "> quiero hablar con una persona", "keys"])
@pytest.mark.parametrize("state", STATES)
def test_when_a_human_is_asked_for_in_any_state_then_it_escalates(state: str, asked: str, agents: int) -> None:
    call = in_state(state, agents)
    brought = call.line("# 0#") if asked == "keys" else call.line(asked)
    if asked == "keys":
        brought = [c for c in brought if not c.startswith("say keys")]
    assert "escalate caller_asked" in brought
    assert ("offer callback" in brought) == (agents == 0)


@pytest.mark.parametrize("agents", [0, 1])
@pytest.mark.parametrize(("said", "kind"), [("> I smell gas", "gas"), ("> me quiero morir", "self_harm")])
@pytest.mark.parametrize("state", [*STATES, "waiting"])
def test_when_danger_is_spoken_of_in_any_state_then_advice_comes_first(
    state: str, said: str, kind: str, agents: int
) -> None:
    if state == "waiting":
        call = scripted.ScriptedCall("en", agents=1)
        call.begin()
        call.line("> agent")
    else:
        call = in_state(state, agents)
    brought = [c for c in call.line(said) if not c.startswith(("consent", "language", "resume"))]
    assert brought[:2] == [f"danger {kind}", f"say safety:{kind}"]


IN_DANGER: list[tuple[Language, str, SafetyKind]] = [
    ("en", "> there's a fire in my kitchen", "danger_to_life"),
    ("es", "> hay un incendio en mi cocina", "danger_to_life"),
    ("en", "> I smell gas", "gas"),
    ("es", "> huele a gas en casa", "gas"),
    ("en", "> I want to kill myself", "self_harm"),
    ("es", "> me quiero morir", "self_harm"),
    ("en", "> somebody called me from your company and asked for my card PIN", "fraud"),
    ("es", "> me han llamado de su empresa pidiendo el PIN de mi tarjeta", "fraud"),
]


@pytest.mark.parametrize("country", ["ES", "US"])
@pytest.mark.parametrize(("language", "said", "kind"), IN_DANGER)
def test_when_danger_is_spoken_of_after_hours_then_the_emergency_number_is_said_first_and_nobody_is_promised(
    language: Language, said: str, kind: SafetyKind, country: str
) -> None:
    chosen = DialogSettings(country=country)
    call = scripted.ScriptedCall(language, settings=chosen, agents=0, open=False)
    call.begin()
    before = len(call.said)
    brought = call.line(said)
    assert brought[:2] == [f"danger {kind}", f"say safety:{kind}"]
    advice, *rest = call.said[before:]
    assert (advice.language, advice.kind, advice.interruptible) == (language, "safety", False)
    assert " ".join(chosen.emergency) in advice.text
    assert "escalate safety" in brought
    assert not any(say.detail.startswith("escalate:") for say in rest), "nobody is looked for"


ABOUT_THE_TALK = [
    ("> can you repeat that?", "repeat"),
    ("> ¿me lo puede repetir?", "repeat"),
    ("> more slowly please", "slower"),
    ("> más despacio, por favor", "slower"),
    ("> hold on a second", "wait"),
    ("> espere un momento", "wait"),
]


@pytest.mark.parametrize(("said", "wish"), ABOUT_THE_TALK)
@pytest.mark.parametrize("state", [*STATES, "doubt", "waiting", "waiting_on"])
def test_when_repeat_slower_or_more_time_is_asked_for_in_any_state_then_it_is_done(
    state: str, said: str, wish: str
) -> None:
    if state.startswith("waiting"):
        call = scripted.ScriptedCall("en", agents=1)
        call.begin()
        call.line("> agent")
        if state == "waiting_on":
            call.line("silence")
    elif state == "doubt":
        call = in_state("open", 0)
        call.line("~ recording_off 0.8 about that tape of yours")
    else:
        call = in_state(state, 0)
    before, state_before = list(call.said), call.policy.state
    brought = call.line(said)
    news = call.said[len(before) :]
    if wish == "wait":
        assert "say wait" in brought
    else:
        assert [say.text for say in news if say.text in {old.text for old in before}], "what was said is said again"
    if wish == "slower":
        assert "say slower" in brought
        assert {say.speed for say in news} == {0.85}
    assert call.policy.state.split(":")[0] == state_before.split(":")[0]


def test_when_the_emergency_number_is_configured_then_the_advice_names_it() -> None:
    call = scripted.ScriptedCall("en", settings=DialogSettings(country="US"))
    call.begin()
    call.line("> there's a fire in my kitchen")
    assert any("9 1 1" in say.text for say in call.said if say.kind == "safety")
    assert all(not say.interruptible for say in call.said if say.detail.startswith("safety:danger"))


def test_when_the_caller_asks_for_slower_then_everything_after_is_slower() -> None:
    call = scripted.ScriptedCall("es")
    call.begin()
    call.line("> más despacio, por favor")
    assert {say.speed for say in call.said[-2:]} == {0.85}
    call.line("> más despacio, por favor")
    call.line("> más despacio, por favor")
    assert call.said[-1].speed == 0.7


def test_when_more_time_is_asked_for_then_the_silence_may_be_longer() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    call.line("> hold on a second")
    deadline = call.policy.next_deadline_ms()
    assert deadline is not None
    assert deadline - call.now_ms == DialogSettings().patience_ms


def test_when_the_caller_speaks_then_silence_is_not_counted() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    quiet = call.policy.next_deadline_ms()
    call.feed(acts.CallerSpeaking(speaking=True))
    speaking = call.policy.next_deadline_ms()
    assert quiet is not None
    assert speaking is not None
    assert speaking > quiet


def test_when_the_answer_is_spoken_then_it_is_the_passage_word_by_word() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    call.line("> how do I pay")
    call.line("found payment-methods 0.9")
    spoken = next(say for say in call.said if say.kind == "answer")
    assert (spoken.text, spoken.topic, spoken.article_id) == (
        "All about payment-methods.",
        "payment-methods",
        "payment-methods:en",
    )


@pytest.mark.parametrize("language", ["es", "en"])
def test_when_sentences_are_prerendered_then_all_are_whole_and_both_languages_have_the_same(language: Language) -> None:
    chosen = DialogSettings()
    texts = all_fixed_texts(language, chosen)
    assert len(texts) > 60
    assert all("{" not in text and text == text.strip() for text in texts)
    assert phrase(chosen, language, "greeting.open") in texts
    assert phrase(chosen, language, "safety.gas") in texts
    assert phrase_keys("es") == phrase_keys("en")


@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("realtime_factor", [0.1, 0.6])
@pytest.mark.parametrize("key", ["answer.which", "answer.which_one", "history.today"])
def test_when_a_sentence_ends_in_a_callers_own_words_then_its_beginning_was_prerendered(
    key: str, realtime_factor: float, language: Language
) -> None:
    chosen = DialogSettings()
    holes = {"first": "Slow internet", "second": "Ways to pay", "matter": "Slow internet"}

    def first_clause(text: str) -> str:
        return next(clauses_of(read_aloud(text, language), realtime_factor)).text

    made_ahead = {first_clause(text) for text in all_fixed_texts(language, chosen)}
    assert first_clause(phrase(chosen, language, key, **holes)) in made_ahead


@pytest.mark.parametrize("language", ["es", "en"])
def test_when_nothing_personal_is_in_a_call_then_every_prompt_was_prerendered(language: Language) -> None:
    fixed = {text for each in ("es", "en") for text in all_fixed_texts(each, DialogSettings())}
    call = scripted.ScriptedCall(language, caller="")
    call.begin()
    for script in ("> agent", "> yes", "> blue", "> green", "silence", "silence", "silence"):
        call.line(script)
    assert {say.text for say in call.said} - fixed == set()


def test_when_flows_are_loaded_then_each_has_its_sentences_in_both_languages() -> None:
    flows = load_flows()
    assert set(flows) == {"bill_explained", "outage_report", "appointment", "callback", "electronic_bill"}
    for spec in flows.values():
        assert set(spec.texts["es"]) == set(spec.texts["en"])
        for slot in spec.slots:
            assert {"ask", "again"} <= set(slot.texts["es"])
            assert set(slot.texts["es"]) == set(slot.texts["en"])


def test_when_the_dial_plan_starts_with_a_flow_then_it_begins_after_the_greeting_and_consent() -> None:
    call = scripted.ScriptedCall("es", flow="outage_report")
    assert call.begin()[-5:-3] == ["say flow:outage_report", "say slot:account_number"]
    asking = scripted.ScriptedCall("es", flow="outage_report", settings=DialogSettings(recording="ask", emotion="off"))
    assert "say slot:account_number" not in asking.begin()
    assert asking.line("> sí")[-1] == "say slot:account_number"


def test_when_a_topic_needs_a_human_then_it_escalates_by_topic() -> None:
    chosen = DialogSettings(human_topics=frozenset({"complaint-procedure"}))
    call = scripted.ScriptedCall("en", settings=chosen, agents=1)
    call.begin()
    call.line("> I want to complain about my contract")
    assert "escalate topic" in call.line("found complaint-procedure 0.9")


def test_when_an_estimate_abstains_then_it_never_escalates() -> None:
    call = scripted.ScriptedCall("en")
    call.begin()
    for _ in range(3):
        turn = Turn(turn_id=TurnId("t"), speaker="caller", text="my bill please", language="en", start_ms=0, end_ms=1)
        unsure = EmotionEstimate(
            anger_prob=0.99, arousal_score=1.0, uncertainty=0.9, abstained=True, reasons=(), model="test"
        )
        assert not any(c.startswith("escalate") for c in call.feed(acts.CallerTurn(turn=turn, emotion=unsure)))


def test_when_humans_have_gone_then_a_repetition_does_not_promise_them() -> None:
    call = scripted.ScriptedCall("en", agents=1)
    call.begin()
    call.line("> agent, and call me back otherwise")
    call.line("# 4")
    call.line("agents 0")
    spoken = len(call.said)
    call.line("> can you repeat that?")
    assert not any("look for a colleague" in say.text for say in call.said[spoken:])
