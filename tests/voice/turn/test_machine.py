"""Every row of the turn machine's drawing, in virtual time."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.fakes.virtual_talk import Said, Talk
from voice.turn.messages import (
    BotSpeaking,
    Decode,
    Expecting,
    KeyPressed,
    SpeechStarted,
    SpeechStopped,
    TurnInput,
    TurnOver,
    TurnStands,
    UtteranceEnded,
)
from voice.turn.settings import WINDOW_MS, TurnSettings

NUMBERS = TurnSettings()
BOT = (0, BotSpeaking(speaking=True))


def test_when_a_finished_sentence_ends_then_the_turn_ends_as_soon_as_its_words_are_there() -> None:
    talk = Talk([Said(1_000, 3_000, "I have not got my bill")]).run()
    assert [text for _, text in talk.turns] == ["I have not got my bill"]
    told_ms = talk.turns[0][0]
    assert told_ms - 3_000 <= 192 + 32 + 400 + 32


def test_when_the_words_come_fast_then_a_finished_sentence_ends_within_400_ms() -> None:
    talk = Talk([Said(1_000, 3_000, "I have not got my bill")], decode_ms=lambda _: 60).run()
    assert 250 <= talk.turns[0][0] - 3_000 <= 400


def test_when_speech_starts_then_the_decode_begins_before_the_first_phoneme() -> None:
    talk = Talk([Said(1_000, 3_000, "I have not got my bill")]).run()
    started = next(output for _, output in talk.told if isinstance(output, SpeechStarted))
    decode = next(output for _, output in talk.told if isinstance(output, Decode))
    assert abs(started.t_ms - 1_000) <= 32
    assert started.t_ms - decode.start_ms >= 300


def test_when_the_caller_pauses_then_the_final_decode_starts_200_ms_after_the_last_voice() -> None:
    talk = Talk([Said(1_000, 3_000, "I have not got my bill")]).run()
    asked_ms, final = next((t, output) for t, output in talk.told if isinstance(output, Decode) and output.final)
    assert asked_ms - 3_000 <= 192 + 32
    assert final.end_ms >= 3_000 + 160


def test_when_it_sounds_unfinished_and_the_caller_goes_on_then_it_is_one_turn() -> None:
    talk = Talk(
        [Said(1_000, 2_500, "I would like to ask"), Said(3_400, 5_000, "something about my bill")],
        end_prob=lambda t: 0.1 if t < 3_000 else 0.95,
    ).run()
    assert [text for _, text in talk.turns] == ["I would like to ask something about my bill"]
    assert sum(isinstance(output, UtteranceEnded) for _, output in talk.told) == 1


def test_when_the_caller_goes_on_while_the_final_decode_runs_then_its_words_are_not_final() -> None:
    talk = Talk([Said(1_000, 2_500, "my name is"), Said(2_900, 4_000, "Anna")]).run()
    assert [text for _, text in talk.turns] == ["my name is Anna"]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("I want to pay the", "en"),
        ("quiero hablar de mi", "es"),
        ("it is about um", "en"),
        ("es por una factura que", "es"),
    ],
)
def test_when_the_last_word_ends_no_sentence_then_silence_is_waited_for_even_if_it_sounds_finished(
    text: str, language: str
) -> None:
    talk = Talk([Said(1_000, 3_000, text)], language=language).run()
    assert talk.turns[0][0] - 3_000 >= 1_500


def test_when_it_sounds_unfinished_then_the_wait_is_longer_but_bounded() -> None:
    talk = Talk([Said(1_000, 3_000, "I have not got my bill")], end_prob=lambda _: 0.05).run()
    assert 1_200 <= talk.turns[0][0] - 3_000 <= 1_700


def test_when_smart_turn_is_silent_then_the_turn_ends_all_the_same() -> None:
    talk = Talk([Said(1_000, 3_000, "I have not got my bill")], end_prob=lambda _: None).run()
    assert talk.turns[0][0] - 3_000 <= 900
    assert talk.late == ["smart_turn"]


def test_when_smart_turn_answers_late_then_its_answer_still_counts() -> None:
    talk = Talk([Said(1_000, 3_000, "I have not got my bill")], end_prob=lambda _: 0.02, judge_ms=500).run()
    assert talk.turns[0][0] - 3_000 >= 1_500


def test_when_digits_are_dictated_with_long_pauses_then_it_is_one_turn() -> None:
    talk = Talk(
        [
            Said(1_000, 2_000, "six one two"),
            Said(3_500, 4_500, "three four five"),
            Said(6_200, 7_200, "six seven eight"),
        ],
        inputs=[(0, Expecting(kind="digits"))],
    ).run()
    assert [text for _, text in talk.turns] == ["six one two three four five six seven eight"]


def test_when_all_expected_digits_are_there_then_the_turn_ends_fast() -> None:
    talk = Talk([Said(1_000, 3_000, "one two 34")], inputs=[(0, Expecting(kind="digits", length=4))]).run()
    assert talk.turns[0][0] - 3_000 <= 700


def test_when_all_expected_digits_are_there_then_the_turn_ends_fast_however_it_sounds() -> None:
    said = Said(1_000, 5_000, "forty seventy-one eighty two thirty six")
    talk = Talk(
        [said], end_prob=lambda _: 0.05, decode_ms=lambda _: 100, inputs=[(0, Expecting(kind="digits", length=8))]
    )
    assert talk.run().turns[0][0] - 5_000 <= 400


def test_when_one_of_the_expected_digits_is_missing_then_it_is_waited_for_however_it_sounds() -> None:
    said = Said(1_000, 5_000, "forty seventy-one eighty two thirty")
    talk = Talk([said], end_prob=lambda _: 0.99, inputs=[(0, Expecting(kind="digits", length=9))]).run()
    assert talk.turns[0][0] - 5_000 >= NUMBERS.dictation_ms


def test_when_a_code_is_spelled_with_long_pauses_then_it_is_one_turn_and_ends_fast_when_it_is_whole() -> None:
    talk = Talk(
        [Said(1_000, 2_500, "S W 1 A"), Said(4_200, 5_000, "1 A A")], inputs=[(0, Expecting(kind="code", length=7))]
    ).run()
    assert [text for _, text in talk.turns] == ["S W 1 A 1 A A"]
    assert talk.turns[0][0] - 5_000 <= 700


def test_when_an_address_is_dictated_with_pauses_then_it_is_one_turn() -> None:
    talk = Talk(
        [Said(1_000, 2_500, "calle de Alcalá"), Said(3_900, 5_000, "número veinte tercero izquierda")],
        inputs=[(0, Expecting(kind="address"))],
        language="es",
    ).run()
    assert len(talk.turns) == 1


def test_when_a_number_stands_at_the_end_of_an_open_answer_then_it_may_go_on() -> None:
    talk = Talk(
        [Said(1_000, 3_000, "my account number is four four seven"), Said(4_200, 5_000, "nine one two")],
        end_prob=lambda _: 0.7,
    ).run()
    assert len(talk.turns) == 1


def test_when_an_e_mail_address_has_no_end_then_it_is_waited_for() -> None:
    talk = Talk(
        [Said(1_000, 2_500, "anna punto lopez arroba"), Said(4_000, 5_000, "correo punto es")],
        inputs=[(0, Expecting(kind="email"))],
        language="es",
    ).run()
    assert [text for _, text in talk.turns] == ["anna punto lopez arroba correo punto es"]
    assert talk.turns[0][0] - 5_000 <= 900


def test_when_yes_was_asked_for_then_yes_ends_the_turn_at_once() -> None:
    talk = Talk([Said(1_000, 1_400, "sí")], inputs=[(0, Expecting(kind="yes_no"))], language="es").run()
    assert talk.turns[0][0] - 1_400 <= 700


def test_when_yes_only_begins_what_a_caller_has_to_say_then_it_is_one_turn() -> None:
    talk = Talk([Said(1_000, 1_400, "yes"), Said(2_100, 4_000, "I would like to book a visit")]).run()
    assert [text for _, text in talk.turns] == ["yes I would like to book a visit"]


def test_when_a_caller_stammers_then_no_pause_cuts_the_caller_off() -> None:
    bursts = [
        Said(1_000 + i * 1_300, 1_400 + i * 1_300, text)
        for i, text in enumerate(["I", "I", "w-", "want", "want", "to", "pay"])
    ]
    talk = Talk(bursts, end_prob=lambda t: 0.3 if t < 3_500 else 0.8).run()
    assert len(talk.turns) == 1


def test_when_a_caller_pauses_long_then_later_pauses_are_waited_for_longer() -> None:
    first = [Said(1_000, 2_000, "so I got"), Said(3_450, 4_500, "a letter"), Said(5_950, 7_000, "from you today")]
    later = [Said(12_000, 13_000, "it says I owe"), Said(14_750, 16_000, "two hundred euros")]

    def unsure(t_ms: int) -> float:
        return 0.02 if t_ms < 6_000 or 12_000 < t_ms < 14_000 else 0.95

    learned = Talk([*first, *later], end_prob=unsure).run()
    assert [text for _, text in learned.turns] == [
        "so I got a letter from you today",
        "it says I owe two hundred euros",
    ]
    stands = (14_650, TurnStands())
    assert len(Talk(later, end_prob=unsure, inputs=[stands]).run().turns) == 2


def test_when_an_utterance_is_long_and_the_pause_as_well_then_the_turn_has_two_utterances() -> None:
    talk = Talk(
        [Said(1_000, 11_000, "word " * 20 + "and"), Said(12_200, 13_500, "that was it")],
        end_prob=lambda t: 0.2 if t < 12_000 else 0.9,
    ).run()
    over = [output for _, output in talk.told if isinstance(output, TurnOver)]
    assert len(over) == 1
    assert len(over[0].utterances) == 2
    assert over[0].start_ms <= 1_032
    assert 13_400 <= over[0].end_ms <= 13_550


def test_when_there_is_silence_then_nothing_is_told() -> None:
    assert Talk([]).run().told == []


def test_when_a_click_is_heard_then_nothing_is_told() -> None:
    assert Talk([Said(1_000, 1_040, "")]).run().told == []


def test_when_noise_looks_like_voice_then_nothing_was_heard_and_no_turn_ends() -> None:
    talk = Talk([Said(1_000, 2_000, "")]).run()
    assert talk.turns == []
    assert len(talk.nothings) == 1
    assert talk.nothings[0] - 2_000 <= 1_000


def test_when_noise_never_ends_then_nothing_heard_is_told_once_within_28_s() -> None:
    talk = Talk([Said(1_000, 61_000, "")]).run()
    assert len(talk.nothings) == 1
    assert talk.nothings[0] <= 28_000


@pytest.mark.parametrize("inputs", [[], [BOT]])
def test_when_voice_turns_out_to_be_endless_noise_then_the_caller_is_told_to_have_stopped(
    inputs: list[tuple[int, TurnInput]],
) -> None:
    talk = Talk([Said(1_000, 61_000, "")], inputs=inputs).run()
    told = [(t, output) for t, output in talk.told if isinstance(output, SpeechStarted | SpeechStopped)]
    assert [type(output) for _, output in told] == [SpeechStarted, SpeechStopped]
    assert told[1][0] <= 6_000


def test_when_partials_are_off_then_endless_noise_is_known_all_the_same_within_12_s() -> None:
    talk = Talk([Said(1_000, 61_000, "")], partials=False).run()
    assert talk.nothings[0] <= 12_000
    assert sum(isinstance(output, Decode) for t, output in talk.told if t <= 12_000) <= 4


def test_when_partials_are_off_and_noise_never_ends_then_nothing_heard_is_told_all_the_same() -> None:
    talk = Talk([Said(1_000, 61_000, "")], partials=False).run()
    assert len(talk.nothings) == 1
    assert talk.nothings[0] <= 28_000


@pytest.mark.parametrize("took_ms", [100, 400, 1_000])
def test_when_decodes_are_slow_then_live_words_are_asked_for_less_often(took_ms: int) -> None:
    talk = Talk([Said(1_000, 25_000, "word " * 60)], decode_ms=lambda _: took_ms).run()
    asked = [t for t, output in talk.told if isinstance(output, Decode) and not output.final]
    gaps_ms = [later - sooner for sooner, later in pairwise(asked)]
    least_ms = max(NUMBERS.partial_interval_ms, NUMBERS.partial_load_factor * took_ms)
    assert min(gaps_ms) >= least_ms
    assert max(gaps_ms) <= least_ms + 2 * WINDOW_MS
    assert sum(took_ms for _ in asked) / 24_000 <= 1 / NUMBERS.partial_load_factor + 0.05, "cores"


def test_when_words_end_but_noise_goes_on_then_the_turn_ends_without_silence() -> None:
    talk = Talk([Said(1_000, 3_000, "there is no light in my street"), Said(3_000, 40_000, "")]).run()
    assert [text for _, text in talk.turns] == ["there is no light in my street"]
    assert talk.turns[0][0] <= 9_000


def test_when_somebody_speaks_in_endless_noise_then_the_words_are_a_turn() -> None:
    noise = [Said(1_000, 20_000, ""), Said(22_000, 40_000, "")]
    talk = Talk([*noise, Said(20_000, 22_000, "hello is anybody there")]).run()
    assert [text for _, text in talk.turns] == ["hello is anybody there"]
    assert talk.turns[0][0] <= 30_000


def test_when_noise_ends_with_a_word_then_the_word_is_a_turn() -> None:
    talk = Talk([Said(1_000, 20_000, ""), Said(20_000, 20_600, "yes please")]).run()
    assert [text for _, text in talk.turns] == ["yes please"]


def test_when_partials_are_off_and_noise_never_ends_then_the_words_are_told_within_32_s() -> None:
    talk = Talk([Said(1_000, 3_000, "there is no light here"), Said(3_000, 60_000, "")], partials=False).run()
    assert [text for _, text in talk.turns] == ["there is no light here"]
    assert talk.turns[0][0] <= 32_000


def test_when_a_caller_speaks_for_a_minute_then_utterances_are_cut_and_the_turn_is_one() -> None:
    talk = Talk([Said(1_000, 61_000, "word " * 150)]).run()
    ended = [output for _, output in talk.told if isinstance(output, UtteranceEnded)]
    assert len(ended) == 3
    assert len(talk.turns) == 1
    assert max(output.end_ms - output.start_ms for output in ended) <= 26_500


def test_when_a_caller_never_stops_then_the_turn_ends_after_two_minutes_at_the_latest() -> None:
    talk = Talk([Said(1_000, 181_000, "word " * 400)]).run()
    assert talk.turns[0][0] <= 120_000


def test_when_recognition_is_dead_then_trouble_is_told_and_the_turn_goes_on_as_nothing_heard() -> None:
    talk = Talk([Said(1_000, 3_000, "hello")], decode_ms=lambda _: None).run()
    assert talk.late == ["asr"]
    assert len(talk.nothings) == 1
    assert talk.nothings[0] - 3_000 <= NUMBERS.decode_deadline_ms + 300


def test_when_only_the_final_decode_is_dead_then_the_partial_words_are_taken() -> None:
    talk = Talk([Said(1_000, 5_000, "one thing is very clear")], decode_ms=lambda t: 300 if t < 4_800 else None).run()
    assert len(talk.turns) == 1
    assert talk.turns[0][1].startswith("one thing is")


def test_when_final_words_come_too_late_then_the_turn_goes_on_and_what_was_missing_is_told_as_a_rest() -> None:
    said = Said(1_000, 8_000, "my card number is four one one one one one one one")
    late_ms = NUMBERS.decode_deadline_ms + 2_000
    talk = Talk([said], decode_ms=lambda t: 300 if t < 5_000 else late_ms).run()
    ((turn_ms, text),) = talk.turns
    ended = [(t, output) for t, output in talk.told if isinstance(output, UtteranceEnded)]
    (_, told), (rest_ms, rest) = ended
    assert talk.late == ["asr"]
    assert rest_ms > turn_ms
    assert (rest.is_rest, rest.in_turn, rest.utterance) == (True, False, told.utterance)
    words = [word.text for word in (*told.words, *rest.words)]
    assert words == said.text.split(), "each word once"
    assert text == " ".join(word.text for word in told.words)
    assert (rest.start_ms, rest.end_ms) == (rest.words[0].start_ms, told.end_ms)


def test_when_words_come_too_late_for_an_utterance_without_any_then_all_of_them_are_a_rest() -> None:
    talk = Talk([Said(1_000, 3_000, "hello there")], decode_ms=lambda _: NUMBERS.decode_deadline_ms + 500).run()
    assert (len(talk.nothings), talk.turns) == (1, [])
    (rest,) = (output for _, output in talk.told if isinstance(output, UtteranceEnded))
    assert [word.text for word in rest.words] == ["hello", "there"]
    assert rest.is_rest


def test_when_the_caller_goes_on_before_late_words_come_then_they_are_told_once() -> None:
    said = [Said(1_000, 3_000, "hello there"), Said(9_500, 11_000, "is anybody in")]
    talk = Talk(said, decode_ms=lambda t: 7_000 if t < 9_000 else 300, partials=False).run()
    told = [word.text for _, output in talk.told if isinstance(output, UtteranceEnded) for word in output.words]
    assert sorted(told) == sorted(["hello", "there", "is", "anybody", "in"])


def test_when_the_recogniser_restarts_then_the_final_decode_is_asked_for_again() -> None:
    talk = Talk([Said(1_000, 3_000, "hello there")], decode_ms=lambda t: -5 if t < 5_000 else 300).run()
    assert [text for _, text in talk.turns] == ["hello there"]
    assert talk.late == []


def test_when_voice_activity_dies_in_the_middle_of_speech_then_the_words_are_told_all_the_same() -> None:
    talk = Talk(
        [Said(1_000, 5_000, "the line is very bad")], deaf=[(2_500, 60_000)], inputs=[(15_000, KeyPressed())]
    ).run()
    assert "vad" in talk.late
    assert len(talk.answered) == 1
    assert talk.answered[0] <= 4_000 + NUMBERS.decode_deadline_ms


def test_when_the_caller_speaks_over_the_bot_then_it_pauses_at_once_and_yields_to_words() -> None:
    talk = Talk([Said(1_000, 3_000, "no wait I want a person")], inputs=[BOT]).run()
    assert [action for _, action in talk.barge_ins] == ["pause", "yield"]
    assert talk.barge_ins[0][0] - 1_000 <= 230
    assert talk.barge_ins[1][0] - 1_000 <= 1_200
    assert len(talk.turns) == 1


@pytest.mark.parametrize(("text", "language"), [("mm", "en"), ("uh-huh", "en"), ("sí vale", "es"), ("ok", "es")])
def test_when_the_caller_only_listens_aloud_then_the_bot_goes_on_and_no_turn_ends(text: str, language: str) -> None:
    talk = Talk([Said(1_000, 1_450, text)], inputs=[BOT], language=language).run()
    assert [action for _, action in talk.barge_ins] == ["pause", "resume"]
    assert talk.turns == []
    assert [output.in_turn for _, output in talk.told if isinstance(output, UtteranceEnded)] == [False]


@pytest.mark.parametrize(
    ("text", "language"),
    [("I see", "en"), ("thank you", "en"), ("okay, I see", "en"), ("de acuerdo", "es"), ("muy bien", "es")],
)
def test_when_a_listeners_phrase_is_said_slowly_over_the_bot_then_its_first_word_does_not_stop_it(
    text: str, language: str
) -> None:
    talk = Talk([Said(1_000, 2_200, text)], inputs=[BOT], decode_ms=lambda _: 60, language=language).run()
    assert [action for _, action in talk.barge_ins] == ["pause", "resume"]
    assert talk.turns == []


@pytest.mark.parametrize(("text", "language"), [("I see you", "en"), ("muy mal", "es"), ("de nada sirve", "es")])
def test_when_words_over_the_bot_only_begin_like_a_listeners_phrase_then_the_bot_yields(
    text: str, language: str
) -> None:
    talk = Talk([Said(1_000, 2_200, text)], inputs=[BOT], language=language).run()
    assert [action for _, action in talk.barge_ins] == ["pause", "yield"]
    assert len(talk.turns) == 1


@pytest.mark.parametrize("length_ms", [450, 1_400])
def test_when_one_doubtful_word_is_all_that_is_heard_over_the_bot_then_the_bot_goes_on(length_ms: int) -> None:
    talk = Talk([Said(1_000, 1_000 + length_ms, "Beep", prob=0.3)], inputs=[BOT]).run()
    assert [action for _, action in talk.barge_ins] == ["pause", "resume"]
    assert talk.turns == []


def test_when_one_clear_word_is_said_over_the_bot_then_the_bot_yields() -> None:
    talk = Talk([Said(1_000, 1_450, "stop", prob=0.8)], inputs=[BOT]).run()
    assert [action for _, action in talk.barge_ins] == ["pause", "yield"]
    assert [text for _, text in talk.turns] == ["stop"]


def test_when_yes_was_asked_for_then_even_a_doubtful_yes_over_the_bot_is_an_answer() -> None:
    said = Said(1_000, 1_450, "sí", prob=0.3)
    talk = Talk([said], inputs=[BOT, (0, Expecting(kind="yes_no"))], language="es").run()
    assert [text for _, text in talk.turns] == ["sí"]


def test_when_yes_was_asked_for_then_yes_over_the_bot_is_an_answer() -> None:
    talk = Talk([Said(1_000, 1_450, "sí")], inputs=[BOT, (0, Expecting(kind="yes_no"))], language="es").run()
    assert [action for _, action in talk.barge_ins] == ["pause", "yield"]
    assert len(talk.turns) == 1


def test_when_noise_covers_the_bot_then_it_goes_on_and_is_not_paused_again() -> None:
    talk = Talk([Said(1_000, 9_000, "")], inputs=[BOT]).run()
    assert [action for _, action in talk.barge_ins] == ["pause", "resume"]
    assert talk.barge_ins[1][0] - talk.barge_ins[0][0] <= 2_000
    assert talk.nothings == []


def test_when_recognition_is_dead_then_long_voice_over_the_bot_still_makes_it_yield() -> None:
    talk = Talk([Said(1_000, 6_000, "stop stop stop")], inputs=[BOT], decode_ms=lambda _: None).run()
    assert [action for _, action in talk.barge_ins] == ["pause", "yield"]
    assert talk.barge_ins[1][0] - talk.barge_ins[0][0] <= 2_032


def test_when_the_bot_may_not_be_interrupted_then_it_is_not_paused_but_the_caller_is_heard() -> None:
    talk = Talk(
        [Said(1_000, 3_000, "no wait I want a person")], inputs=[(0, BotSpeaking(speaking=True, interruptible=False))]
    ).run()
    assert talk.barge_ins == []
    assert len(talk.turns) == 1


def test_when_a_key_is_pressed_while_the_bot_speaks_then_it_yields() -> None:
    talk = Talk([], inputs=[BOT, (1_000, KeyPressed())]).run()
    assert talk.barge_ins == [(1_000, "yield")]


def test_when_the_bot_begins_while_the_caller_speaks_then_it_yields_to_words_already_heard() -> None:
    talk = Talk(
        [Said(1_000, 5_000, "and another thing I have to say")], inputs=[(4_000, BotSpeaking(speaking=True))]
    ).run()
    assert [action for _, action in talk.barge_ins] == ["pause", "yield"]
    assert talk.barge_ins[1][0] <= 4_100


def test_when_the_caller_goes_on_before_the_answer_then_the_turn_is_taken_back_and_the_answer_held() -> None:
    talk = Talk([Said(1_000, 2_000, "Good morning to you"), Said(2_800, 4_500, "I have not got my bill")]).run()
    assert [text for _, text in talk.turns] == ["Good morning to you I have not got my bill"]
    (reopened_ms,) = talk.reopened
    assert [action for _, action in talk.barge_ins] == ["pause", "yield"]
    assert talk.barge_ins[0][0] - 2_800 <= 100, "nothing is begun over the caller"
    assert talk.barge_ins[1][0] == reopened_ms <= 4_500


def test_when_the_caller_and_the_answer_begin_together_then_the_turn_is_taken_back() -> None:
    begins = (2_700, BotSpeaking(speaking=True))
    talk = Talk([Said(1_000, 2_000, "Good morning"), Said(2_800, 4_500, "I have not got my bill")], inputs=[begins])
    assert [text for _, text in talk.run().turns] == ["Good morning I have not got my bill"]


def test_when_the_answer_was_heard_then_what_the_caller_says_over_it_is_a_new_turn() -> None:
    begins = (2_700, BotSpeaking(speaking=True))
    talk = Talk([Said(1_000, 2_000, "Good morning"), Said(3_400, 4_500, "I have not got my bill")], inputs=[begins])
    assert [text for _, text in talk.run().turns] == ["Good morning", "I have not got my bill"]
    assert talk.reopened == []


def test_when_something_final_was_done_then_the_turn_stands_and_the_bot_is_not_held() -> None:
    talk = Talk(
        [Said(1_000, 2_000, "Delete my recording"), Said(3_000, 4_500, "I have not got my bill")],
        inputs=[(2_650, TurnStands())],
    ).run()
    assert [text for _, text in talk.turns] == ["Delete my recording", "I have not got my bill"]
    assert talk.barge_ins == []


def test_when_only_noise_follows_a_turn_then_the_answer_is_held_for_it_and_the_turn_stands() -> None:
    talk = Talk([Said(1_000, 2_000, "Good morning to you"), Said(2_800, 3_200, "")]).run()
    assert [text for _, text in talk.turns] == ["Good morning to you"]
    assert [action for _, action in talk.barge_ins] == ["pause", "resume"]
    assert talk.nothings == [], "the answer is coming"


def test_when_the_caller_says_okay_while_the_answer_is_prepared_then_the_turn_stands() -> None:
    talk = Talk([Said(1_000, 2_000, "I have not got my bill"), Said(2_800, 3_100, "okay")]).run()
    assert [text for _, text in talk.turns] == ["I have not got my bill"]
    assert talk.reopened == []


def test_when_no_answer_comes_for_long_then_what_the_caller_says_is_a_new_turn() -> None:
    talk = Talk([Said(1_000, 2_000, "I have not got my bill"), Said(6_500, 7_100, "hello are you there")]).run()
    assert [text for _, text in talk.turns] == ["I have not got my bill", "hello are you there"]


def test_when_a_turn_is_taken_back_again_and_again_then_it_still_ends_within_two_minutes() -> None:
    talk = Talk([Said(1_000 + i * 2_500, 2_600 + i * 2_500, "and another thing is this") for i in range(60)]).run()
    assert len(talk.turns) >= 2
    assert max(text.count("another") for _, text in talk.turns) <= 90_000 / 2_500 + 1


def test_when_speech_stops_then_the_end_of_the_last_voice_is_told() -> None:
    talk = Talk([Said(1_000, 3_000, "I have not got my bill")]).run()
    stopped = [output.t_ms for _, output in talk.told if isinstance(output, SpeechStopped)]
    assert len(stopped) == 1
    assert abs(stopped[0] - 3_000) <= 32
