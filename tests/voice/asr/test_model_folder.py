"""Any Whisper by its folder: what is missing is named before anything is loaded, and what is whole recognises."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calls.audio import Samples
from calls.errors import CallCentreError
from calls.ids import Language
from tests.fakes.real_engines import model
from voice.asr.model_folder import look_into
from voice.asr.whisper import WhisperEngine, create

Say = Callable[[str, Language], Samples]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The small English Whisper under a path of the operator's own, its weights linked."""
    source = model("whisper-tiny-en", "model.bin").parent
    folder = tmp_path / "srv" / "our whisper"
    folder.mkdir(parents=True)
    for file in source.iterdir():
        (folder / file.name).symlink_to(file)
    return folder


def text_of(engine: WhisperEngine, samples: Samples) -> str:
    request: dict[str, Any] = {"language": "en"}
    (reply,) = [piece for piece in engine.handle("decode", request, {"samples": samples}) if piece is not None]
    return " ".join(word["text"] for word in reply.data["words"])


def test_when_a_whisper_lies_under_another_path_then_it_recognises(own: Path, say: Say) -> None:
    assert not look_into(own).multilingual
    silero = model("silero-vad", "silero_vad_v6.onnx")
    engine = create({"model_dir": str(own), "vad_model": str(silero)})
    engine.warm_up()
    assert "person" in text_of(engine, say("I would like to speak to a person.", "en"))
    assert engine.name == "our whisper int8"


def test_when_the_shipped_whisper_is_looked_into_then_it_knows_more_than_english() -> None:
    assert look_into(model("whisper-base", "model.bin").parent).multilingual


@pytest.mark.parametrize(
    ("absent", "named"),
    [
        (["model.bin"], "lacks model.bin."),
        (["tokenizer.json", "config.json"], "lacks config.json, tokenizer.json."),
        (["vocabulary.txt"], "lacks vocabulary.json or vocabulary.txt."),
    ],
)
def test_when_files_are_missing_then_all_of_them_are_named_with_what_makes_them(
    own: Path, absent: list[str], named: str
) -> None:
    for name in absent:
        (own / name).unlink()
    with pytest.raises(CallCentreError) as caught:
        look_into(own)
    assert caught.value.code == "model.missing"
    assert named in caught.value.message
    assert "ct2-transformers-converter" in caught.value.message


def test_when_there_is_no_such_folder_then_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(CallCentreError, match="There is no folder") as caught:
        look_into(tmp_path / "none")
    assert caught.value.code == "model.missing"


@pytest.mark.parametrize(
    ("weights", "what"),
    [
        (b"PK\x03\x04 weights of another program", "no CTranslate2 model"),
        (b"", "no CTranslate2 model"),
        (b"\x06\0\0\0\x10\0TransformerSpec\0", "of the kind TransformerSpec"),
    ],
)
def test_when_the_weights_are_of_another_kind_then_it_says_of_which(own: Path, weights: bytes, what: str) -> None:
    (own / "model.bin").unlink()
    (own / "model.bin").write_bytes(weights)
    with pytest.raises(CallCentreError, match=what) as caught:
        look_into(own)
    assert caught.value.code == "model.corrupt"


def test_when_the_words_cannot_be_read_then_it_names_their_file(own: Path) -> None:
    (own / "vocabulary.txt").unlink()
    (own / "vocabulary.json").write_text("[", encoding="utf-8")
    with pytest.raises(CallCentreError, match=r"vocabulary\.json, cannot be read"):
        look_into(own)


def test_when_weights_are_torn_then_loading_says_what_to_do(own: Path) -> None:
    whole = (own / "model.bin").resolve()
    (own / "model.bin").unlink()
    with whole.open("rb") as file:
        (own / "model.bin").write_bytes(file.read(100_000))
    with pytest.raises(CallCentreError, match="a file is damaged") as caught:
        create({"model_dir": str(own), "vad_model": str(model("silero-vad", "silero_vad_v6.onnx"))})
    assert caught.value.code == "model.corrupt"


def test_when_two_threads_recognise_at_once_then_each_hears_its_own_caller(own: Path, say: Say) -> None:
    silero = model("silero-vad", "silero_vad_v6.onnx")
    engine = create({"model_dir": str(own), "vad_model": str(silero), "at_once": 2})
    callers = {"person": say("I would like to speak to a person.", "en"), "bill": say("My bill is wrong.", "en")}
    heard: dict[str, list[str]] = {word: [] for word in callers}

    def listen(word: str) -> None:
        heard[word] += [text_of(engine, callers[word]) for _ in range(3)]

    threads = [threading.Thread(target=listen, args=(word,)) for word in callers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for word, texts in heard.items():
        assert len(texts) == 3
        assert all(word in text for text in texts), texts
