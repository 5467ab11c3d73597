"""The proof of sound proves: it finds what was said, and nothing in what was not."""

from __future__ import annotations

import numpy as np

from telephony.codecs.g711 import G711
from tests.telephony.likeness import correlations, heard_s, strange_s, unique_sound


def test_when_a_sound_was_coded_delayed_and_made_quieter_then_it_is_found_and_another_one_is_not() -> None:
    said, other = unique_sound(1), unique_sound(2)
    line = G711("PCMU")
    coded = line.decode(line.encode((said[1_234:21_234] * 0.4).astype(np.int16)))
    assert heard_s(said, coded) >= 2.2
    assert strange_s(said, coded) == 0
    assert heard_s(other, coded) == 0
    assert max(correlations(other, coded)) < 0.3


def test_when_there_is_silence_then_nothing_is_heard_and_nothing_is_strange() -> None:
    said = unique_sound(3)
    silence = np.zeros(16_000, dtype=np.int16)
    assert (heard_s(said, silence), strange_s(said, silence)) == (0, 0)


def test_when_a_phone_splices_what_was_said_then_only_the_splices_are_strange() -> None:
    said, other = unique_sound(1), unique_sound(2)
    at = range(1_000, 17_000, 1_600)
    spliced = np.concatenate([said[start : start + 1_400] for start in at])  # 25 ms are left out each 200 ms
    assert strange_s(said, spliced) <= len(at) * 0.05
    assert strange_s(other, spliced) >= 0.95 * len(spliced) / 8_000
    mixed = np.concatenate([said[:8_000], other[:4_000]])
    assert 0.45 <= strange_s(said, mixed) <= 0.55
