"""What staff read about customers in both languages: reasons for and against a join, why a case may go on. Pure."""

from __future__ import annotations

from calls.customer_events import JoinReason
from calls.ids import Language

_REASONS: dict[str, dict[Language, str]] = {
    "same_account_verified": {
        "en": "Same account number, verified in both records",
        "es": "Mismo número de contrato, verificado en las dos fichas",
    },
    "same_email_verified": {
        "en": "Same e-mail address, verified in both records",
        "es": "Mismo correo electrónico, verificado en las dos fichas",
    },
    "same_social_verified": {
        "en": "Same profile, verified in both records",
        "es": "Mismo perfil, verificado en las dos fichas",
    },
    "same_account": {"en": "Same account number", "es": "Mismo número de contrato"},
    "same_social": {"en": "Same profile", "es": "Mismo perfil"},
    "same_email": {"en": "Same e-mail address", "es": "Mismo correo electrónico"},
    "same_chat_visitor": {
        "en": "Wrote from the same browser, which several people may use",
        "es": "Escribió desde el mismo navegador, que pueden usar varias personas",
    },
    "same_phone": {
        "en": "Same telephone number, which several people may share",
        "es": "Mismo teléfono, que pueden compartir varias personas",
    },
    "same_name": {"en": "Same name", "es": "Mismo nombre"},
    "similar_name": {"en": "Similar name", "es": "Nombre parecido"},
    "different_name": {"en": "Against it: different names", "es": "En contra: nombres distintos"},
    "different_account": {
        "en": "Against it: different account numbers",
        "es": "En contra: números de contrato distintos",
    },
    "staff": {"en": "A member of staff knows it", "es": "Lo sabe una persona del equipo"},
}

_CONTINUES: dict[str, dict[Language, str]] = {
    "same_topic_recent": {
        "en": "An open case on the same topic, touched lately",
        "es": "Un caso abierto sobre el mismo tema, con actividad reciente",
    },
    "same_topic_older": {
        "en": "An open case on the same topic, untouched for some time",
        "es": "Un caso abierto sobre el mismo tema, sin actividad desde hace tiempo",
    },
    "same_topic_solved": {
        "en": "A case on the same topic that was solved lately",
        "es": "Un caso sobre el mismo tema, resuelto hace poco",
    },
    "waiting_for_us": {
        "en": "An open case in which the customer waits for us",
        "es": "Un caso abierto en el que el cliente espera nuestra respuesta",
    },
    "only_open_case": {"en": "The only open case", "es": "El único caso abierto"},
}


def reason_text(reason: JoinReason, language: Language) -> str:
    """Return a reason as a line for people, with its detail."""
    known = _REASONS.get(reason.code)
    text = known[language] if known is not None else reason.code
    return f"{text} ({reason.detail})" if reason.detail else text


def continuation_text(code: str, language: Language) -> str:
    """Return why a contact may continue a case, as a line for people."""
    return _CONTINUES[code][language]


def reason_codes() -> frozenset[str]:
    """Return every reason that has words."""
    return frozenset(_REASONS)


def continuation_codes() -> frozenset[str]:
    """Return every reason to continue a case that has words."""
    return frozenset(_CONTINUES)
