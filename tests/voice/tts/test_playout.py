import numpy as np
import pytest

from calls.audio import AudioFrame
from calls.ports import SpeechChunk, SpokenWord
from voice.tts.playout import Playout, PlayoutQueue, PlayoutResult, PlayoutState


def chunk(*words: tuple[str, int, int], length_ms: int, level: int = 1000, rate_hz: int = 16_000) -> SpeechChunk:
    spoken = tuple(SpokenWord(text=text, start_ms=start, end_ms=end) for text, start, end in words)
    samples = np.full(rate_hz * length_ms // 1000, level, np.int16)
    return SpeechChunk(samples=samples, rate_hz=rate_hz, words=spoken, cached=False)


def play(playout: Playout | PlayoutQueue, ticks: int, start_ms: int = 0) -> list[AudioFrame | None]:
    return [playout.read(start_ms + 20 * tick) for tick in range(ticks)]


def levels(frames: list[AudioFrame | None]) -> list[int]:
    return [0 if frame is None else int(frame.samples[-1]) for frame in frames]


def test_when_nothing_was_appended_then_it_is_empty_and_silent() -> None:
    playout = Playout()
    assert playout.state is PlayoutState.EMPTY
    assert play(playout, 3) == [None, None, None]
    assert (playout.underruns, playout.underrun_ms, playout.heard_ms) == (0, 0, 0)


def test_when_played_to_the_end_then_all_words_were_heard_and_done_is_told_once() -> None:
    done: list[PlayoutResult] = []
    playout = Playout(done.append)
    playout.append(chunk(("buenas", 0, 40), ("tardes", 40, 90), length_ms=90))
    playout.finish()
    assert playout.state is PlayoutState.READY
    frames = play(playout, 6, start_ms=1000)
    assert [frame is not None for frame in frames] == [True] * 5 + [False]
    assert [frame.t_ms for frame in frames if frame] == [1000, 1020, 1040, 1060, 1080]
    assert frames[4] is not None
    assert frames[4].samples.shape == (320,)
    assert not frames[4].samples[160:].any()
    assert done == [PlayoutResult(heard_text="buenas tardes", heard_ms=90, interrupted=False)]
    assert (playout.started_at_ms, playout.ended_at_ms) == (1000, 1100)
    playout.stop()
    assert len(done) == 1


def test_when_a_voice_says_that_a_word_ends_behind_its_sound_then_it_was_heard_once_all_was_played() -> None:
    done: list[PlayoutResult] = []
    playout = Playout(done.append)
    playout.append(chunk(("this", 0, 40), ("call", 40, 95), length_ms=90))
    playout.finish()
    play(playout, 4)
    assert playout.heard_text == "this"
    play(playout, 1)
    assert done == [PlayoutResult(heard_text="this call", heard_ms=90, interrupted=False)]


def test_when_stopped_in_a_word_then_that_word_was_not_heard() -> None:
    done: list[PlayoutResult] = []
    playout = Playout(done.append)
    playout.append(chunk(("su", 0, 60), ("factura", 60, 300), length_ms=300))
    playout.finish()
    play(playout, 10)
    playout.stop()
    assert done == [PlayoutResult(heard_text="su", heard_ms=200, interrupted=True)]
    assert playout.read(200) is None
    assert playout.state is PlayoutState.DONE


def test_when_a_word_spans_chunks_then_times_count_from_the_start_of_the_saying() -> None:
    playout = Playout()
    playout.append(chunk(("one", 0, 100), length_ms=100))
    playout.append(chunk(("two", 10, 90), length_ms=100))
    play(playout, 10)
    assert [(word.text, word.start_ms, word.end_ms) for word in playout.heard_words] == [
        ("one", 0, 100),
        ("two", 110, 190),
    ]


def test_when_audio_runs_dry_then_the_underrun_is_counted_once_and_playing_goes_on() -> None:
    playout = Playout()
    playout.append(chunk(("a", 0, 30), length_ms=30))
    assert [frame is None for frame in play(playout, 4)] == [False, True, True, True]
    assert (playout.underruns, playout.underrun_ms) == (1, 60)
    assert not playout.speaking
    playout.append(chunk(("b", 0, 30), length_ms=30))
    assert [frame is None for frame in play(playout, 3)] == [False, False, True]
    assert playout.underruns == 2
    playout.finish()
    assert playout.state is PlayoutState.DONE
    assert playout.result == PlayoutResult(heard_text="a b", heard_ms=60, interrupted=False)


def test_when_the_rest_is_shorter_than_a_frame_and_more_may_come_then_it_waits() -> None:
    playout = Playout()
    playout.append(chunk(length_ms=10))
    assert playout.read(0) is None
    assert playout.underruns == 0
    playout.finish()
    assert playout.read(20) is not None


def test_when_paused_then_one_fading_frame_and_silence() -> None:
    playout = Playout()
    playout.append(chunk(("word", 0, 200), length_ms=200))
    play(playout, 2)
    playout.pause()
    playout.pause()
    assert playout.state is PlayoutState.PAUSED
    frames = play(playout, 3, start_ms=40)
    assert frames[0] is not None
    assert frames[0].samples[0] == 1000
    assert frames[0].samples[-1] == 0
    assert frames[1:] == [None, None]
    assert playout.heard_ms == 40
    assert playout.underruns == 0


def test_when_resumed_then_it_starts_the_cut_word_again_and_fades_in() -> None:
    playout = Playout()
    playout.append(chunk(("one", 0, 60), ("two", 60, 200), length_ms=60, level=100))
    playout.append(chunk(length_ms=140, level=1000))
    play(playout, 6)
    playout.pause()
    play(playout, 3, start_ms=120)
    playout.resume()
    playout.resume()
    frames = play(playout, 7, start_ms=180)
    first = frames[0]
    assert first is not None
    assert (first.samples[0], first.samples[-1]) == (0, 1000)
    assert levels(frames) == [1000] * 7
    assert playout.heard_ms == 200
    assert playout.heard_text == "one two"


def test_when_resumed_in_a_long_reading_then_it_goes_back_about_200_ms() -> None:
    playout = Playout()
    samples = np.repeat(np.arange(100, dtype=np.int16), 320)
    word = SpokenWord(text="71003392", start_ms=0, end_ms=2000)
    playout.append(SpeechChunk(samples=samples, rate_hz=16_000, words=(word,), cached=False))
    play(playout, 60)
    playout.pause()
    play(playout, 2)
    playout.resume()
    assert levels(play(playout, 3)) == [50, 51, 52]


def test_when_paused_before_the_first_frame_then_nothing_plays_until_resumed() -> None:
    playout = Playout()
    playout.append(chunk(("a", 0, 40), length_ms=40))
    playout.pause()
    assert play(playout, 2) == [None, None]
    playout.resume()
    frame = playout.read(40)
    assert frame is not None
    assert frame.samples[0] == 1000


def test_when_resumed_twice_then_heard_never_shrinks() -> None:
    playout = Playout()
    playout.append(chunk(("a", 0, 50), ("b", 50, 400), length_ms=400))
    for _ in range(5):
        play(playout, 4)
        heard = playout.heard_ms
        playout.pause()
        playout.read(0)
        playout.resume()
        assert playout.heard_ms == heard
        assert playout.heard_text == "a"


def test_when_finished_without_samples_then_it_is_done_at_once() -> None:
    done: list[PlayoutResult] = []
    Playout(done.append).finish()
    assert done == [PlayoutResult(heard_text="", heard_ms=0, interrupted=False)]


def test_when_stopped_before_anything_was_played_then_nothing_was_heard() -> None:
    playout = Playout()
    playout.append(chunk(("a", 0, 20), length_ms=20))
    playout.stop()
    assert playout.result == PlayoutResult(heard_text="", heard_ms=0, interrupted=True)
    playout.append(chunk(("b", 0, 20), length_ms=20))
    playout.finish()
    playout.pause()
    playout.resume()
    assert playout.read(0) is None


def test_when_a_chunk_has_another_rate_or_comes_late_then_it_is_refused() -> None:
    playout = Playout()
    with pytest.raises(ValueError, match="16000 Hz, not 8000"):
        playout.append(chunk(length_ms=20, rate_hz=8000))
    playout.append(chunk(length_ms=20))
    playout.finish()
    with pytest.raises(ValueError, match="after finish"):
        playout.append(chunk(length_ms=20))


def test_when_several_sayings_wait_then_the_queue_plays_them_one_after_the_other() -> None:
    queue = PlayoutQueue()
    assert queue.read(0) is None
    first, second = Playout(), Playout()
    for playout, level in ((first, 100), (second, 200)):
        playout.append(chunk(length_ms=40, level=level))
        playout.finish()
        queue.add(playout)
    assert levels(play(queue, 5)) == [100, 100, 200, 200, 0]
    assert queue.current is None


def test_when_the_queue_is_stopped_then_every_saying_ends_as_interrupted() -> None:
    queue = PlayoutQueue()
    results: list[PlayoutResult] = []
    for _ in range(2):
        playout = Playout(results.append)
        playout.append(chunk(length_ms=100))
        playout.finish()
        queue.add(playout)
    queue.read(0)
    speaking = [queue.speaking]
    queue.pause()
    speaking.append(queue.speaking)
    queue.resume()
    queue.stop_all()
    assert speaking == [True, False]
    assert [(result.heard_ms, result.interrupted) for result in results] == [(20, True), (0, True)]
    assert not queue.speaking
