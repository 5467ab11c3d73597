"""Keys: one master key of the installation, one key a subject, and the encryption of personal fields with it.

AES-256-GCM. A field's ciphertext is bound to its place (stream, number, field), so it cannot be moved elsewhere.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import hmac
import json
import logging
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from calls.errors import CallCentreError
from calls.events import EVENT_BODIES, PERSONAL_FIELDS
from records.private import private_folder

logger = logging.getLogger(__name__)

KEY_BYTES = 32
NONCE_BYTES = 12
"""Source: NIST SP 800-38D section 8.2, 96-bit nonces; random ones are safe far beyond a subject's number of fields."""

ERASED = "[erased]"
"""What a text reads as after its key was destroyed."""

_SEALED = "$sealed"
"""The key of `{"$sealed": BASE64}`, which stands in a stored body for a personal value; empty text: erased at once."""


class MasterKey:
    """Wraps the subjects' keys. Whoever has it and the database can read everything that was not erased."""

    def __init__(self, secret: bytes) -> None:
        """Use 32 random bytes."""
        if len(secret) != KEY_BYTES:
            raise CallCentreError(
                "key.invalid", f"The master key must be {KEY_BYTES} bytes in base64.", fault="operator"
            )
        self._cipher = AESGCM(secret)
        self._marking = hmac.digest(secret, b"warmline/mark", "sha256")

    @classmethod
    def from_text(cls, text: str) -> MasterKey:
        """Read the key from base64."""
        try:
            return cls(base64.b64decode(text.strip(), validate=True))
        except binascii.Error as error:
            raise CallCentreError("key.invalid", "The master key is not base64.", fault="operator") from error

    @classmethod
    def load_or_create(cls, path: Path) -> MasterKey:
        """Read the key file; make it with mode 0600 if there is none, whole at once: of several processes one makes it.

        Raises:
            CallCentreError: `key.unreadable` or `key.invalid`.
        """
        aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            if not path.exists():
                private_folder(path.parent)
                _write_new_key(aside)
                with contextlib.suppress(FileExistsError):
                    os.link(aside, path)
        except OSError as error:
            raise CallCentreError(
                "key.unreadable",
                f"The key file {path} cannot be made ({error.strerror}). Make the folder writable, or name another "
                "`data_dir`.",
                fault="operator",
            ) from error
        finally:
            with contextlib.suppress(OSError):
                aside.unlink()
        return cls._read(path)

    @classmethod
    def _read(cls, path: Path) -> MasterKey:
        try:
            if path.stat().st_mode & 0o077:
                logger.warning("the key file %s can be read by others; give it the mode 0600", path)
            return cls.from_text(path.read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError) as error:
            raise CallCentreError(
                "key.unreadable",
                f"The key file {path} cannot be read. Without it personal fields stay unreadable: restore it.",
                fault="operator",
            ) from error

    def new_subject_key(self, subject: str) -> bytes:
        """Return a fresh key of a subject, wrapped."""
        return self.seal(os.urandom(KEY_BYTES), f"subject:{subject}")

    def subject_key(self, subject: str, wrapped: bytes) -> SubjectKey:
        """Unwrap a subject's key.

        Raises:
            CallCentreError: `key.wrong_master` when it was wrapped by another master key.
        """
        return SubjectKey(self.open(wrapped, f"subject:{subject}"))

    def mark(self, text: str, use: str) -> str:
        """Return 64 letters that stand for a text where it is only compared: the same each time, for this use alone.

        Telephone numbers are so few that a hash without a key would be undone by trying them all.
        """
        return hmac.digest(self._marking, f"{use}\0{text}".encode(), "sha256").hex()

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt bytes that belong to `place`."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt what `seal` made for the same place."""
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
        except InvalidTag as error:
            raise CallCentreError(
                "key.wrong_master",
                "The master key does not fit the database: it was made for another one. Restore the key file that "
                "belongs to it.",
                fault="operator",
            ) from error


class SubjectKey:
    """Encrypts and decrypts the personal fields of one subject."""

    def __init__(self, secret: bytes) -> None:
        """Use 32 random bytes."""
        self._cipher = AESGCM(secret)

    def seal(self, value: Any, place: str) -> dict[str, str]:
        """Return the JSON value that stands for `value` (JSON data) in storage."""
        nonce = os.urandom(NONCE_BYTES)
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return {_SEALED: base64.b64encode(nonce + self._cipher.encrypt(nonce, plain, place.encode())).decode()}

    def open(self, sealed: dict[str, str], place: str) -> Any:
        """Return what was sealed at `place`.

        Raises:
            CallCentreError: `event.damaged` when the text was changed or moved.
        """
        data = base64.b64decode(sealed[_SEALED])
        try:
            return json.loads(self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], place.encode()))
        except InvalidTag as error:
            raise CallCentreError(
                "event.damaged", f"A personal field at {place} was changed after it was written.", fault="us"
            ) from error


def seal_body(body: dict[str, Any], key: SubjectKey | None, place: str) -> dict[str, Any]:
    """Return a body as JSON with its personal fields sealed; without a key (it was destroyed) they are gone at once."""
    sealed = dict(body)
    for field in PERSONAL_FIELDS.get(body["type"], ()):
        sealed[field] = key.seal(body[field], f"{place}/{field}") if key else {_SEALED: ""}
    return sealed


def open_body(body: dict[str, Any], key: SubjectKey | None, place: str) -> dict[str, Any]:
    """Return a stored body with its personal fields readable, or replaced when the key was destroyed."""
    opened = dict(body)
    for field, value in body.items():
        if isinstance(value, dict) and _SEALED in value:
            readable = key is not None and value[_SEALED]
            opened[field] = key.open(value, f"{place}/{field}") if key and readable else _erased_value(body, field)
    return opened


def _erased_value(body: dict[str, Any], field: str) -> Any:
    special = _ERASED_VALUES.get((body["type"], field))
    if special is not None:
        return special(body)
    return [] if (body["type"], field) in _LISTS else ERASED


_ERASED_VALUES: dict[tuple[str, str], Callable[[dict[str, Any]], Any]] = {
    ("utterance_heard", "words"): lambda body: [
        {"text": ERASED, "start_ms": body["start_ms"], "end_ms": body["end_ms"], "prob": 0.0}
    ],
}
"""Personal fields whose times stay: what stands in their place, so that the body keeps its shape."""

_LISTS = frozenset(
    (str(body.__dataclass_fields__["type"].default), name)
    for body in EVENT_BODIES
    for name, field in body.__dataclass_fields__.items()
    if str(field.type).startswith("tuple[")
)
"""Fields that hold several things, of which none is left."""


def _write_new_key(path: Path) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(base64.b64encode(os.urandom(KEY_BYTES)).decode() + "\n")
        out.flush()
        os.fsync(out.fileno())
