"""What holds whatever callers, engines and the bot do: laws over made-up calls with faults, in virtual time."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.fakes.virtual_talk import Said, Talk
from voice.turn.messages import (
    BotSpeaking,
    Expecting,
    KeyPressed,
    TurnInput,
    TurnOver,
    TurnReopened,
    TurnStands,
    UtteranceEnded,
)
from voice.turn.settings import Expectation, TurnSettings

NUMBERS = TurnSettings()
TEXTS = ("", "", "mm", "yes", "no", "I want to pay the", "six one two", "my bill is wrong", "hello hello I I", "a" * 3)
EXPECTED: tuple[Expectation, ...] = ("open", "yes_no", "digits", "email", "address", "name", "date")
LONGEST_WAIT_MS = NUMBERS.longest_patience_ms + NUMBERS.decode_deadline_ms + NUMBERS.voice_deadline_ms + 500
"""After the last voice, the program has its turn within this: the longest patience, a dead recogniser, dead ears."""


@st.composite
def talks(draw: st.DrawFn) -> Talk:
    """Draw a call: voice with or without words, gaps, faults of each engine, and a bot that talks in between."""
    said: list[Said] = []
    at = 500
    for _ in range(draw(st.integers(1, 7))):
        length = draw(st.sampled_from((40, 100, 250, 600, 1_500, 4_000, 12_000, 31_000)))
        said.append(Said(at, at + length, draw(st.sampled_from(TEXTS))))
        at += length + draw(st.sampled_from((0, 60, 150, 250, 500, 900, 1_700, 4_000)))
    times = st.integers(0, at)
    inputs: list[tuple[int, TurnInput]] = []
    for _ in range(draw(st.integers(0, 3))):
        begin = draw(times)
        inputs.append((begin, BotSpeaking(speaking=True, interruptible=draw(st.booleans()))))
        inputs.append((begin + draw(st.integers(100, 9_000)), BotSpeaking(speaking=False)))
    kinds = st.builds(Expecting, kind=st.sampled_from(EXPECTED), length=st.sampled_from((None, 4, 9)))
    inputs += draw(st.lists(st.tuples(times, kinds), max_size=2))
    if draw(st.booleans()):
        inputs.append((draw(times), KeyPressed()))
    if draw(st.booleans()):
        inputs.append((draw(times), TurnStands()))
    deaf = []
    if draw(st.integers(0, 3)) == 0:
        begin = draw(times)
        deaf.append((begin, begin + draw(st.integers(500, 20_000))))
    durations = draw(
        st.lists(st.sampled_from((80, 300, 450, 1_200, 3_000, 5_000, -10, -900, None)), min_size=1, max_size=6)
    )
    probs = draw(st.lists(st.sampled_from((0.0, 0.2, 0.55, 0.95, None)), min_size=1, max_size=4))
    return Talk(
        said,
        end_prob=lambda t: probs[t // 700 % len(probs)],
        decode_ms=lambda t: durations[t // 900 % len(durations)],
        inputs=inputs,
        deaf=deaf,
        partials=draw(st.booleans()),
    )


@settings(max_examples=60, deadline=None, derandomize=True)
@given(talks())
def test_whatever_happens_then_every_pause_of_the_bot_ends_within_its_deadline(talk: Talk) -> None:
    talk.run()
    actions = [(t, action) for t, action in talk.barge_ins]
    for (t, action), (next_t, following) in pairwise([*actions, (10**9, "none")]):
        if action == "pause":
            assert following in ("resume", "yield")
            assert next_t - t <= NUMBERS.barge_in_deadline_ms
        else:
            assert following != "resume"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(talks())
@example(Talk([Said(500, 31_500, ""), Said(31_500, 62_500, "")], partials=False))
@example(Talk([Said(500, 4_500, "mm")], decode_ms=lambda _: None, end_prob=lambda _: None))
def test_whatever_happens_then_the_machine_comes_to_rest_and_awaits_nothing(talk: Talk) -> None:
    talk.run()
    assert talk.machine.state == "quiet"
    assert talk.machine.next_deadline_ms() is None


@settings(max_examples=60, deadline=None, derandomize=True)
@given(talks())
def test_whatever_happens_then_voice_is_answered_and_never_left_in_dead_air(talk: Talk) -> None:
    talk.run()
    bot_talks = any(isinstance(turn_input, BotSpeaking) for _, turn_input in talk.inputs)
    stretches: list[tuple[int, int]] = []
    for said in talk.said:
        # Noise that goes on is told once; it goes on if it comes again before its last decode is answered.
        same_ms = NUMBERS.backchannel_pause_ms + (0 if said.text else NUMBERS.decode_deadline_ms)
        if stretches and said.start_ms - stretches[-1][1] <= same_ms:
            stretches[-1] = (stretches[-1][0], said.end_ms)
        elif said.end_ms - said.start_ms >= NUMBERS.nothing_voice_ms + 100:
            stretches.append((said.start_ms, said.end_ms))
    if talk.deaf or bot_talks or not stretches:
        return
    start_ms, end_ms = stretches[-1]
    assert any(start_ms <= t <= end_ms + LONGEST_WAIT_MS for t in talk.answered)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(talks())
def test_whatever_happens_then_turns_are_made_of_told_utterances_each_used_once_and_in_order(talk: Talk) -> None:
    talk.run()
    told: list[int] = []
    used: list[int] = []
    last: tuple[int, ...] = ()
    for _, output in talk.told:
        if isinstance(output, UtteranceEnded):
            assert output.words
            assert output.start_ms <= output.end_ms
            if output.in_turn:
                told.append(output.utterance)
        elif isinstance(output, TurnOver):
            assert output.utterances
            assert output.start_ms <= output.end_ms
            used += output.utterances
            last = output.utterances
        elif isinstance(output, TurnReopened):
            assert last, "only the last turn is taken back, and once"
            del used[-len(last) :]
            last = ()
    assert used == told == sorted(set(told))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.tuples(st.integers(0, 30), st.floats(0, 1)), min_size=1, max_size=200), st.booleans())
def test_when_the_voice_activity_is_arbitrary_then_nothing_raises_and_deadlines_move_on(
    windows: list[tuple[int, float]], bot: bool
) -> None:
    said, at = [], 0
    for length, prob in windows:
        if prob > 0.5:
            said.append(Said(at, at + 32 * length, "word" if prob > 0.75 else ""))
        at += 32 * length
    Talk(said, inputs=[(0, BotSpeaking(speaking=bot))]).run()
