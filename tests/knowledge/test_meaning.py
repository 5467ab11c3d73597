"""The net of meanings: its wordings are well formed, and unseen turns land where they belong."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from calls.errors import CallCentreError
from calls.ids import LANGUAGES, Language
from knowledge.embedding import EmbeddingEngine
from knowledge.meaning import DANGERS, HARMLESS, WISHES, WORDINGS, MeaningNet, read_wordings
from knowledge.vectors import EmbedKind, Floats
from service.models_store import ModelStore
from tests.knowledge.conftest import LetterEmbedding


@pytest.fixture(scope="module")
def net(engine: EmbeddingEngine) -> MeaningNet:
    async def embed(texts: Sequence[str], kind: EmbedKind) -> Floats:
        assert len(texts) == 1, "the vectors of the wordings ship with them: run knowledge.build"
        return engine.embed([f"{kind}: {text}" for text in texts])

    net = MeaningNet(embed, model=ModelStore().sha256("e5"))
    asyncio.run(net.load())
    return net


@pytest.mark.parametrize("language", LANGUAGES)
def test_when_the_wordings_are_read_then_each_kind_is_said_in_many_ways_and_none_twice(language: Language) -> None:
    rows = read_wordings(WORDINGS, language)
    ways = {kind: {style for k, style, _ in rows if k == kind} for kind in (*DANGERS, *WISHES, HARMLESS)}
    assert min(len(styles) for styles in ways.values()) >= 5
    assert min(Counter(kind for kind, *_ in rows)[kind] for kind in DANGERS) >= 60
    assert len({words.lower() for *_, words in rows}) == len(rows)


@pytest.mark.parametrize(
    ("language", "text", "danger"),
    [
        ("en", "the plug behind the fridge spat a little fire and went black", "danger_to_life"),
        ("en", "we all get light headed whenever the boiler is running", "gas"),
        ("en", "by Sunday nobody will have to look after me because I'll be gone for good", "self_harm"),
        ("en", "I read that nice lady the six digits and now my savings have been moved", "fraud"),
        ("es", "mi suegra se ha caído por la escalera a oscuras y no responde", "danger_to_life"),
        ("es", "desde que encendemos la caldera nos mareamos los cuatro", "gas"),
        ("es", "el domingo ya no tendrá que cuidarme nadie porque me habré ido para siempre", "self_harm"),
        ("es", "le leí las seis cifras a esa señora tan amable y me han movido los ahorros", "fraud"),
    ],
)
async def test_when_danger_is_told_in_new_words_then_it_is_at_least_asked_about(
    net: MeaningNet, language: Language, text: str, danger: str
) -> None:
    meaning = await net.estimate(text, language)
    assert meaning.danger_score >= 0.36
    assert meaning.danger == danger


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "my bill came out higher than last month, how come"),
        ("en", "four oh eight nine one one two"),
        ("en", "Firth Street eleven, flat two"),
        ("es", "quiero saber por qué ha subido tanto mi recibo"),
        ("es", "cuatro cero ocho nueve uno uno dos"),
        ("es", "calle de la Llama once, segundo be"),
    ],
)
async def test_when_the_matter_is_ordinary_or_a_value_then_no_danger_and_no_wish_is_seen(
    net: MeaningNet, language: Language, text: str
) -> None:
    meaning = await net.estimate(text, language)
    assert meaning.danger_score < 0.36
    assert meaning.wish_score < 0.2


@pytest.mark.parametrize(
    ("language", "text", "wish"),
    [
        ("en", "where does my voice go once we have finished talking", "privacy"),
        ("es", "¿dónde acaba mi voz cuando terminemos de hablar?", "privacy"),
        ("en", "I'd sooner nothing of this was stored on tape", "recording_off"),
        ("es", "que no quede guardado nada en cinta, por favor", "recording_off"),
        ("en", "do not measure how I feel from my voice", "emotion_off"),
        ("es", "no me mida el ánimo por la voz", "emotion_off"),
        ("en", "a living employee is what I want to speak to", "human"),
        ("es", "lo que quiero es un empleado vivo con quien hablar", "human"),
    ],
)
async def test_when_a_wish_about_the_call_is_put_in_new_words_then_it_is_seen(
    net: MeaningNet, language: Language, text: str, wish: str
) -> None:
    meaning = await net.estimate(text, language)
    assert (meaning.wish, meaning.wish_score >= 0.2) == (wish, True)


async def test_when_a_turn_is_weighed_twice_then_the_result_is_the_same_and_quick(net: MeaningNet) -> None:
    text = "the landing is full of haze and the alarm will not stop"
    first = await net.estimate(text, "en")
    start_s = time.perf_counter()
    assert await net.estimate(text, "en") == first
    assert time.perf_counter() - start_s < 1.0


async def test_when_the_wordings_are_not_loaded_then_an_estimate_says_so(letters: LetterEmbedding) -> None:
    with pytest.raises(CallCentreError, match="not loaded"):
        await MeaningNet(letters).estimate("hello there", "en")


async def test_when_a_wording_has_a_kind_that_nobody_knows_then_the_line_is_named(
    letters: LetterEmbedding, tmp_path: Path
) -> None:
    (tmp_path / "en.txt").write_text("[none a]\nhello there\n[dragons a]\na dragon\n", encoding="utf-8")
    (tmp_path / "es.txt").write_text("[none a]\nhola\n", encoding="utf-8")
    with pytest.raises(CallCentreError, match=r"en\.txt, line 3: 'dragons'"):
        await MeaningNet(letters, folder=tmp_path).load()


async def test_when_callers_speak_then_their_words_are_not_kept(letters: LetterEmbedding, tmp_path: Path) -> None:
    for language in LANGUAGES:
        (tmp_path / f"{language}.txt").write_text(
            "[none a]\nthe bill is high\n[gas a]\nit smells of gas\n[privacy a]\nis this kept\n", encoding="utf-8"
        )
    net = MeaningNet(letters, folder=tmp_path, cache=tmp_path / "kept.npz")
    await net.load()
    kept = (tmp_path / "kept.npz").read_bytes()
    assert (await net.estimate("it smells of gas here", "en")).danger == "gas"
    await net.load()
    assert (tmp_path / "kept.npz").read_bytes() == kept
