import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.ids import Language
from voice.tts.clauses import clauses_of
from voice.tts.normalise import read_aloud


def texts_of(text: str, language: Language = "es", realtime_factor: float = 0.6) -> list[str]:
    return [clause.text for clause in clauses_of(read_aloud(text, language), realtime_factor)]


def test_when_a_saying_is_long_then_the_first_clause_is_short_and_later_ones_grow() -> None:
    text = (
        "Entiendo. Su factura subió porque terminó el descuento de bienvenida en marzo, "
        + "y puede ver el detalle. " * 8
    )
    lengths = [len(clause) for clause in texts_of(text)]
    assert lengths[0] <= 32
    assert all(later <= max(earlier / 0.6, 20) + 24 for earlier, later in itertools.pairwise(lengths))
    assert max(lengths) <= 130


def test_when_the_voice_is_fast_then_the_first_clause_may_be_longer() -> None:
    text = "Your bill went up because the welcome discount ended."
    assert texts_of(text, "en", 0.1) == ["Your bill went up because the welcome discount ended."]
    assert texts_of(text, "en", 0.6)[0] == "Your bill went up,"


def test_when_a_clause_is_cut_without_a_mark_then_it_ends_before_a_small_word_and_keeps_the_voice_up() -> None:
    first, second = texts_of("Su factura llegará el lunes con el detalle de todos sus consumos.")[:2]
    assert first == "Su factura llegará el lunes,"
    assert second.startswith("con el detalle")


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("El importe de 1.234,56 € se cobra el 14/03/2026.", "es"),
        ("Le atiende el Sr. Pérez de la oficina central.", "es"),
        ("It was charged on March 3rd, 2026 at 10:30 a.m. by Mr. Smith.", "en"),
        ("Llame al 900 123 456 o al +34 600 123 456 cuando quiera.", "es"),
    ],
)
def test_when_there_are_numbers_and_abbreviations_then_none_is_cut(text: str, language: Language) -> None:
    pieces = read_aloud(text, language)
    whole = [piece for clause in clauses_of(pieces) for piece in clause.pieces]
    assert tuple(whole) == pieces


def test_when_sentences_end_then_pauses_follow_but_none_after_the_last() -> None:
    pauses = [
        clause.pause_ms for clause in clauses_of(read_aloud("Muy bien, señora. Un momento, por favor. Gracias", "es"))
    ]
    assert pauses[0] == 280
    assert pauses[-1] == 0


def test_when_the_last_clause_has_no_mark_then_it_falls_like_a_sentence() -> None:
    assert texts_of("Hasta luego") == ["Hasta luego."]


def test_when_there_is_nothing_to_say_then_there_is_no_clause() -> None:
    assert texts_of("") == []
    assert texts_of("«» — …") == []


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet="ab ,.;:!?12€", max_size=300), st.sampled_from([0.05, 0.3, 0.6, 2.0]))
def test_when_any_text_is_cut_then_every_spoken_piece_is_in_exactly_one_clause(text: str, factor: float) -> None:
    pieces = read_aloud(text, "es")
    kept = [piece for clause in clauses_of(pieces, factor) for piece in clause.pieces if piece.spoken]
    assert kept == [piece for piece in pieces if piece.spoken]
