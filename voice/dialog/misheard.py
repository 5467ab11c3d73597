"""Words for humans and for talking that the recogniser, or the caller, spelled a little wrong."""

from __future__ import annotations

import re
from functools import lru_cache

from rapidfuzz.distance import OSA

from voice.dialog.text import word_list

_NOUNS = word_list(
    "agent agente associate human humano humana person persona someone somebody operator operador operadora advisor "
    "adviser asesor asesora representative representante supervisor supervisora manager encargado gerente ejecutivo "
    "customer service servicio cliente alguien employee empleado speak hablar atencion colleague companero"
)

_NEVER = frozenset(
    word_list(
        "personal personals persons personas personae parson perdon perdona humans humane humanas humanos "
        "agents agentes argent arent managed manages manger managers employed employer employees empleados "
        "empleada operate operado operada operators operadores advise advised advises advisory asesores "
        "asesoras asesorar speech speaks spear steak sneak peak costumes customers services servicios "
        "serviced clientes client clients hablas hablan hablare habla hable halar hallar gerentes gente "
        "colleagues college collage companera companeros companeras comparo supervise supervises supervision "
        "supervisors supervisores representatives representantes representation ejecutiva ejecutivos "
        "efectivo efectiva executive encargada encargados encargo someones somebodys"
    )
)
"""Words of their own that are only a letter away."""

_ONE_LETTER, _TWO_LETTERS = 5, 9
"""Letters from which one or two wrong ones are forgiven. Source: shorter words have too many neighbours."""

_SOUNDS = (
    (re.compile("qu(?=[ei])"), "k"),
    (re.compile("c(?=[eiy])"), "s"),
    (re.compile("ph"), "f"),
    (re.compile("^sum(?=[ob])"), "some"),
    (re.compile("h"), ""),
    (re.compile("e$"), ""),
    (re.compile("ll"), "y"),
    (re.compile("ee|ea"), "e"),
    (re.compile(r"(.)\1"), r"\1"),
)
_SAME_SOUND = str.maketrans({"v": "b", "z": "s", "q": "k", "c": "k", "x": "s"})


def _sound(word: str) -> str:
    """Return about how `word` sounds in Spanish or English, for comparing spellings only."""
    for pattern, same in _SOUNDS:
        word = pattern.sub(same, word)
    return word.translate(_SAME_SOUND)


_WELL_SPELLED = _NEVER | set(_NOUNS)

_BY_SOUND = {_sound(noun): noun for noun in reversed(_NOUNS)}


@lru_cache(maxsize=4096)
def _mended(word: str) -> str:
    if {word, word.removesuffix("s"), word.removesuffix("es")} & _WELL_SPELLED or len(word) < _ONE_LETTER - 1:
        return word
    if _sound(word) in _BY_SOUND:
        return _BY_SOUND[_sound(word)]
    for noun in _NOUNS:
        allowed = 0 if len(noun) < _ONE_LETTER else 1 if len(noun) < _TWO_LETTERS else 2
        if word[0] == noun[0] and abs(len(word) - len(noun)) <= allowed and OSA.distance(word, noun) <= allowed:
            return noun
    return word


def mend_human_words(speech: str) -> str:
    """Return plain text with misspelled words for humans put right: `agnet`, `perzona`, `ablar`."""
    return " ".join(_mended(word) for word in speech.split())
