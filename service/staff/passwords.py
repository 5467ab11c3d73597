"""Passwords of staff: which are refused, how they are kept, how long a look at one takes."""

from __future__ import annotations

import re
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from calls.errors import CallCentreError

LEAST_CHARS = 12
"""Source: NIST SP 800-63B-4 section 3.1.1.2 wants 15 for a password alone and 8 with a second factor; between them,
since guessing is slowed and common ones are refused."""
MOST_CHARS = 256
"""Longer ones would only cost time. Source: NIST asks for at least 64 to be allowed."""
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
"""Argon2id. Source: OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane."""
_NOBODYS = _HASHER.hash(secrets.token_urlsafe(24))
"""Looked at when there is no account of the name, so that this takes as long."""
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
"""Of passwords that are printed: nothing that looks like something else."""
_NO_LETTER = "[^a-zñáéíóúü]"
_LEET = str.maketrans({"0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i"})
_WORDS = """
password passw passwort contrasena contraseña clave claves secreto secret qwerty qwertyuiop asdfgh asdfghjkl zxcvbnm
admin administrador administrator root letmein welcome bienvenido bienvenida bienvenidos hola hello abc abcdef
abcdefgh iloveyou tequiero teamo amor princesa princess dragon monkey football futbol baseball superman batman master
maestro shadow sunshine trustno michael jordan charlie daniel jessica michelle ashley nicole hunter soccer killer
pokemon starwars internet computer ordenador google facebook samsung login access acceso whatever freedom ninja
mustang summer verano invierno winter spring primavera autumn otono otoño realmadrid barcelona madrid espana españa
spain mexico colombia argentina america enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre
diciembre january february march april june july august september october november december lunes martes miercoles
jueves viernes sabado domingo monday tuesday wednesday thursday friday saturday sunday changeme cambiame default
temporal temp test testing prueba usuario user guest invitado company empresa callcenter callcentre contactcenter
agente agent supervisor soporte support warmline lumina telefono phone estrella star jesus dios god familia family
mama papa bonita chocolate flower flores cookie cheese banana orange pepper
"""
COMMON = frozenset(_WORDS.split())
"""Words that lists of leaked passwords begin with, in Spanish and English: a password is refused that is one, or a few
of them, with digits and signs around."""


def check_password(password: str, name: str) -> None:
    """Refuse a password that is tried first.

    Raises:
        CallCentreError: `staff.weak_password`; the sentence says what is wrong with it.
    """
    if len(password) < LEAST_CHARS:
        raise weak(
            f"A password has at least {LEAST_CHARS} characters; three or four words that belong to nobody are good"
        )
    if len(password) > MOST_CHARS:
        raise weak(f"A password has at most {MOST_CHARS} characters")
    plain = password.lower()
    if name and name.lower() in plain and len(plain) < len(name) + LEAST_CHARS:
        raise weak("This password is made of the name")
    if len(set(plain)) < 5 or _is_row(plain):
        raise weak("This password repeats itself or runs along the keyboard")
    core = re.sub(rf"^{_NO_LETTER}+|{_NO_LETTER}+$", "", plain)
    if not core:
        raise weak("This password is a number")
    for text in (core, core.translate(_LEET)):
        if _is_made_of([part for part in re.split(f"{_NO_LETTER}+", text) if part]):
            raise weak("This password is among the first that are tried")


def hash_password(password: str) -> str:
    """Return what is kept of a password."""
    return _HASHER.hash(password)


def matches(kept: str | None, password: str) -> bool:
    """Tell whether this is the password; takes as long for an account that is not there (None)."""
    try:
        right = _HASHER.verify(kept if kept else _NOBODYS, password)
    except (VerificationError, InvalidHashError):
        return False
    return right and bool(kept)


def is_outdated(kept: str) -> bool:
    """Tell whether it was kept with other costs than today's."""
    return _HASHER.check_needs_rehash(kept)


def new_password() -> str:
    """Return a password to hand out once: 80 random bits in groups that can be read out."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def weak(why: str) -> CallCentreError:
    """Return the error about a password that is not taken."""
    return CallCentreError("staff.weak_password", f"{why}. Choose another.", fault="user")


def _is_made_of(parts: list[str]) -> bool:
    """Tell whether every part is a common word, or several of them run together."""
    return bool(parts) and all(_splits(part) for part in parts)


def _splits(text: str) -> bool:
    if not text:
        return False
    ends = {0}
    for end in range(1, len(text) + 1):
        if any(text[start:end] in COMMON for start in ends):
            ends.add(end)
    return len(text) in ends


_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjklñ", "zxcvbnm", "1q2w3e4r5t6y7u8i9o0p")


def _is_row(text: str) -> bool:
    """Tell whether nothing is left once keys that follow one another are taken out, four and more at a time."""
    left = text
    for row in (*_ROWS, *(row[::-1] for row in _ROWS)):
        for size in range(len(row), 3, -1):
            for start in range(len(row) - size + 1):
                left = left.replace(row[start : start + size], "")
    return len(left) < 4
