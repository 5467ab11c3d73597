"""What holds whatever callers, engines and the bot do: laws over made-up calls with faults, in virtual time."""

from __future__ import annotations

import itertools
from collections import Counter
from functools import partial
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
ASR_DEAD_MS = NUMBERS.decode_deadline_ms
LONGEST_WORD_MS = 2_000
MUCH = 0.8
"""Share of the made-up calls to which a law must apply, or it says nothing."""


def longest_wait_ms(talk: Talk) -> int:
    """After the last voice that was reported, the program has its turn within this, whatever the engines do.

    The longest patience and the recogniser's time for what is not decoded yet, its deadline at the most; and if voice
    activity is dead, the time until that is noticed.
    """
    took = [talk.decode_ms(t) for t in range(0, 200_000, 100)]
    slowest_ms = max(ASR_DEAD_MS if ms is None or ms < 0 else min(ms, ASR_DEAD_MS) for ms in took)
    deaf_ms = NUMBERS.voice_deadline_ms if talk.deaf else 0
    return NUMBERS.longest_patience_ms + slowest_ms + deaf_ms + 500


def reported_voice(talk: Talk) -> list[tuple[int, int, bool]]:
    """What is reported of the voice, in pieces: (start, end, whether all of it has words as people say them)."""
    pieces: list[tuple[int, int, bool]] = []
    for said in talk.said:
        has_words = bool(said.text) and said.end_ms - said.start_ms <= LONGEST_WORD_MS * len(said.text.split())
        spans = [(said.start_ms, said.end_ms)]
        for begin, end in talk.deaf:
            spans = [part for a, b in spans for part in ((a, min(b, begin)), (max(a, end), b)) if part[0] < part[1]]
        for a, b in spans:
            if pieces and a - pieces[-1][1] < NUMBERS.final_pause_ms and not _deaf_between(talk, pieces[-1][1], a):
                pieces[-1] = (pieces[-1][0], b, pieces[-1][2] and has_words)
            else:
                pieces.append((a, b, has_words and (a, b) == (said.start_ms, said.end_ms)))
    return pieces


def _deaf_between(talk: Talk, start_ms: int, end_ms: int) -> bool:
    return any(begin < end_ms and end > start_ms for begin, end in talk.deaf)


def stretches(talk: Talk) -> list[list[tuple[int, int, bool]]]:
    """All reported voice, in stretches behind which nothing is reported for so long that they must be answered.

    What is too short for a word is dropped without a word to anybody.
    """
    wait_ms = longest_wait_ms(talk)
    out: list[list[tuple[int, int, bool]]] = []
    for piece in reported_voice(talk):
        if out and piece[0] - out[-1][-1][1] <= wait_ms:
            out[-1].append(piece)
        else:
            out.append([piece])
    least_ms = NUMBERS.nothing_voice_ms + 100
    return [stretch for stretch in out if any(end_ms - start_ms >= least_ms for start_ms, end_ms, _ in stretch)]


def bot_present(talk: Talk, start_ms: int, end_ms: int) -> bool:
    """Whether the bot spoke at any time from `start_ms` to `end_ms`, or its answer was due when that began."""
    speaks = False
    for (t, news), (until, _) in pairwise([*sorted(talk.inputs, key=lambda item: item[0]), (10**9, None)]):
        if isinstance(news, BotSpeaking):
            speaks = news.speaking
        if speaks and t < end_ms and until > start_ms:
            return True
    return any(start_ms - NUMBERS.reopen_ms <= t <= start_ms for t, output in talk.told if isinstance(output, TurnOver))


def is_let_go(talk: Talk, start_ms: int, end_ms: int) -> bool:
    """Whether a bot that was made to pause between these times goes on, or was stopped, within the deadline."""
    for (t, action), (later, following) in pairwise([*talk.barge_ins, (10**9, "pause")]):
        let_go = following != "pause" and later - t <= NUMBERS.barge_in_deadline_ms
        if action == "pause" and start_ms <= t <= end_ms and not let_go:
            return False
    return True


@st.composite
def talks(draw: st.DrawFn, bots: int = 1, *, clear: bool = False) -> Talk:
    """Draw a call: voice with and without words, gaps, faults of each engine, a bot that talks up to `bots` times.

    `clear`: the caller's words are clear and recognition answers.
    """
    said: list[Said] = []
    at = 500
    for _ in range(draw(st.integers(1, 7))):
        text = draw(st.sampled_from([text for text in TEXTS if text] if clear else TEXTS))
        lengths = (600, 1_500) if clear else (40, 100, 250, 600, 1_500, 4_000, 12_000, 31_000)
        length = draw(st.sampled_from(lengths))
        said.append(Said(at, at + length, text))
        at += length + draw(st.sampled_from((0, 60, 150, 250, 500, 900, 1_700, 4_000, 14_000, 14_000)))
    times = st.integers(0, at)
    inputs: list[tuple[int, TurnInput]] = []
    for _ in range(draw(st.integers(bots // 3, bots))):
        begin = draw(st.sampled_from([max(0, each.start_ms - 300) for each in said]) | times)
        inputs.append((begin, BotSpeaking(speaking=True, interruptible=draw(st.integers(0, 3)) > 0)))
        inputs.append((begin + draw(st.integers(100, 9_000)), BotSpeaking(speaking=False)))
    kinds = st.builds(Expecting, kind=st.sampled_from(EXPECTED), length=st.sampled_from((None, 4, 9)))
    inputs += draw(st.lists(st.tuples(times, kinds), max_size=2))
    if draw(st.booleans()):
        inputs.append((draw(times), KeyPressed()))
    if draw(st.booleans()):
        inputs.append((draw(times), TurnStands()))
    deaf = []
    if not clear and draw(st.integers(0, 3)) == 0:
        begin = draw(times)
        deaf.append((begin, begin + draw(st.integers(500, 20_000))))
    answering = (80, 300, 450, 1_200, 3_000, 5_000)
    times_taken = st.sampled_from(answering if clear or draw(st.booleans()) else (*answering, -10, -900, None))
    durations = draw(st.lists(times_taken, min_size=1, max_size=6))
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


def test_whatever_happens_then_every_stretch_of_voice_is_answered_within_the_bound() -> None:
    """With dead voice activity and a speaking bot too; over the bot, noise and doubt need no answer but words do."""
    seen: Counter[str] = Counter()

    @settings(max_examples=80, deadline=None, derandomize=True)
    @given(talks())
    def law(talk: Talk) -> None:
        talk.run()
        wait_ms = longest_wait_ms(talk)
        never_fails = all((talk.decode_ms(t) or -1) > 0 for t in range(0, 200_000, 100))
        seen["calls"] += 1
        applied: set[str] = set()
        for stretch in stretches(talk):
            start_ms, end_ms = stretch[0][0], stretch[-1][1]
            present = bot_present(talk, start_ms, end_ms + wait_ms)
            applied |= {"all", "beside the bot" if present else "alone", "deaf" if talk.deaf else "not deaf"}
            assert is_let_go(talk, start_ms, end_ms + wait_ms)
            if present and not (never_fails and all(has_words for _, _, has_words in stretch)):
                continue
            applied.add("words beside the bot" if present else "owed an answer")
            assert any(start_ms <= t <= end_ms + wait_ms for t in talk.answered), (start_ms, end_ms, wait_ms)
        seen.update(applied)

    law()
    assert seen["all"] >= MUCH * seen["calls"], seen
    assert seen["owed an answer"] >= 0.5 * seen["calls"], seen
    assert seen["deaf"] >= 10, seen


def test_whatever_happens_then_words_over_the_bot_are_heard_and_a_bot_that_was_held_is_let_go() -> None:
    """A caller whose voice makes the bot pause hears it, or is listened to, again within the deadline."""
    seen: Counter[str] = Counter()

    @settings(max_examples=60, deadline=None, derandomize=True)
    @given(talks(bots=3, clear=True))
    def law(talk: Talk) -> None:
        talk.run()
        wait_ms = longest_wait_ms(talk)
        applied = set()
        for stretch in stretches(talk):
            start_ms, end_ms = stretch[0][0], stretch[-1][1]
            assert is_let_go(talk, start_ms, end_ms + wait_ms)
            if all(has_words for _, _, has_words in stretch):
                assert any(start_ms <= t <= end_ms + wait_ms for t in talk.answered), (start_ms, end_ms, wait_ms)
                applied.add("heard beside the bot" if bot_present(talk, start_ms, end_ms) else "heard")
        if any(action == "pause" for _, action in talk.barge_ins):
            applied.add("held")
        seen.update({"calls", *applied})

    law()
    assert min(seen["held"], seen["heard beside the bot"]) >= 0.5 * seen["calls"], seen


def _always(took_ms: int | None, _: int) -> int | None:
    return took_ms


def test_whatever_happens_then_endless_voice_is_answered_while_it_goes_on() -> None:
    """Voice that never ends is noise, or a caller who does not stop: the bot is heard of again all the same."""
    cases = (("", True, 20_000), ("", False, 28_000 + ASR_DEAD_MS), ("word " * 400, True, 97_000))
    for (text, partials, bound_ms), took_ms in itertools.product(cases, (80, 450, 1_200, 3_000, None)):
        talk = Talk([Said(500, 150_000, text)], decode_ms=partial(_always, took_ms), partials=partials).run()
        within_ms = 34_000 + 2 * ASR_DEAD_MS if took_ms is None else bound_ms
        assert talk.answered, (text[:5], partials, took_ms)
        assert talk.answered[0] <= within_ms, (text[:5], partials, took_ms, talk.answered[0])


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
