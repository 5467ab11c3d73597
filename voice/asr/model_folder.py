"""The folder of a CTranslate2 Whisper: what must lie in it, and whether it knows more than English, without loading."""

from __future__ import annotations

import json
import struct
from dataclasses import dataclass
from pathlib import Path

from calls.errors import CallCentreError

_FILES = ("model.bin", "config.json", "tokenizer.json")
_VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
"""One of them. Source: CTranslate2 4, `src/models/whisper.cc` and `model.cc`; older conversions have the text file."""
_SPEC = "WhisperSpec"
_MULTILINGUAL_TOKENS = 51_865
"""Tokens of a Whisper that knows more than English; the others have one less. Source: CTranslate2, `whisper.cc`."""
_LONGEST_NAME_BYTES = 64
MEND = (
    "Run `warmline models fetch` for a model of the manifest. One of your own is made by `ct2-transformers-converter "
    "--model openai/whisper-small --output_dir FOLDER --quantization int8 --copy_files tokenizer.json "
    "preprocessor_config.json`."
)


@dataclass(frozen=True, slots=True)
class WhisperFolder:
    """A folder that holds a Whisper."""

    path: Path
    multilingual: bool
    """False when it knows English alone."""


def look_into(folder: Path) -> WhisperFolder:
    """Return what is in a folder.

    Raises:
        CallCentreError: `model.missing` when there is no such folder or a file is not in it, naming all that are not;
            `model.corrupt` when its weights are not those of a Whisper or its words cannot be read.
    """
    if not folder.is_dir():
        raise CallCentreError(
            "model.missing", f"There is no folder {folder} with a recognition model. {MEND}", fault="operator"
        )
    missing = [name for name in _FILES if not (folder / name).is_file()]
    vocabulary = next((folder / name for name in _VOCABULARIES if (folder / name).is_file()), None)
    if vocabulary is None:
        missing.append(" or ".join(_VOCABULARIES))
    if missing or vocabulary is None:
        sentence = f"The recognition model in {folder} lacks {', '.join(missing)}. {MEND}"
        raise CallCentreError("model.missing", sentence, fault="operator")
    spec = _spec_of(folder / "model.bin")
    if spec != _SPEC:
        what = f"a CTranslate2 model of the kind {spec}" if spec else "no CTranslate2 model"
        raise CallCentreError(
            "model.corrupt", f"{folder / 'model.bin'} is {what}, not a Whisper. {MEND}", fault="operator"
        )
    return WhisperFolder(folder, _count_tokens(vocabulary) >= _MULTILINGUAL_TOKENS)


def _spec_of(weights: Path) -> str:
    """Return what kind of model the weights say that they are; empty when they are not CTranslate2's.

    Source: CTranslate2, `python/ctranslate2/specs/model_spec.py`: version, length of the name, name, a zero byte.
    """
    with weights.open("rb") as file:
        head = file.read(6)
        if len(head) < 6:
            return ""
        _, length = struct.unpack("<IH", head)
        name = file.read(length) if length <= _LONGEST_NAME_BYTES else b""
    plain = name.rstrip(b"\0")
    return plain.decode() if plain.isalnum() and plain.isascii() and plain.endswith(b"Spec") else ""


def _count_tokens(vocabulary: Path) -> int:
    try:
        text = vocabulary.read_text(encoding="utf-8")
        if vocabulary.suffix == ".json":
            return len(json.loads(text))
    except (OSError, ValueError, TypeError) as error:
        sentence = f"The words of the recognition model, {vocabulary}, cannot be read ({type(error).__name__}). {MEND}"
        raise CallCentreError("model.corrupt", sentence, fault="operator") from error
    return text.count("\n") + (not text.endswith("\n"))
