"""Wishes to be rung at another time: "give me a ring when you have a minute", "llámenme cuando puedan"."""

from __future__ import annotations

from voice.dialog.text import any_of, plain_speech

_CALL_ME = any_of(
    r"\b(?:call(?:ing|ed)?|ring(?:ing)?|rang|phon(?:e|ed|ing)|buzz(?:ed)?|ping|contact|get back to) (?:me|"
    r"us)\b(?! (?:an?|the|crazy|mad|names|old)\b)",
    r"\b(?:give|gimme|drop|owe) (?:me|us) (?:an? )?(?:quick )?(?:ring|bell|buzz|call|shout|tinkle|call back|"
    r"callback)\b",
    r"\bget (?:a|someone to give me a) call ?back\b",
    r"\b(?:llamen|llame|llama|llamad|llamar|llamando|telefoneen|telefonee|marquen|marque|contacten)(?:me|nos)\b",
    r"\b(?:me|nos) (?:llam(?:e|en|a|an|as|ais|ara|aran|aria|arian|ase|asen)|(?:puede|pueden|podria|podrian|puedes|"
    r"van a|"
    r"va a) (?:llamar|devolver|marcar|telefonear)|telefone(?:e|en))\b(?! (?:la atencion|mucho))",
    r"\b(?:me|nos) (?:puede|pueden|podria|podrian|da|dan|de|den|dais|das|echa|echan|pega|pegan)(?: dar| echar| pegar)? "
    r"(?:un|una) (?:toque|llamada|llamadita|telefonazo|timbrazo)\b",
    r"\b(?:den|de|deme|denme|echenme|peguenme|hagame|haganme) (?:me |nos )?(?:un|una) (?:toque|llamada|llamadita|"
    r"telefonazo|timbrazo)\b",
    r"\bdev(?:uelv|olv)\w+ (?:me )?la llamada\b",
)
_WHEN_YOU_CAN = any_of(
    r"\b(?:when|once|if|as soon as|whenever) (?:\w+ )?(?:youve|you have|you|they|theyve|they have|youre|theyre|hes|"
    r"shes|somebodys|someones|theres|"
    r"there is|"
    r"somebody|someone|anyone|one of you|its) (?:\w+ ){0,3}?(?:minute|moment|sec|second|time|free|chance|can|quiet|"
    r"quieter|busy|available|convenient|mo|tick|around|back)\b",
    r"\bin (?:a|an|one|two|ten|five|half an) (?:\w+ )?(?:minute|minutes|moment|sec|second|hour|bit|while|mo)\b",
    r"\b(?:later|tomorrow|tonight|this (?:afternoon|evening|morning)|another time|back)\b",
    r"\b(?:cuando|en cuanto|si|una vez que) (?:\w+ )?(?:puedan?|pueda|podais|tengan?|tengais|esteis|tenga|"
    r"haya|esten?|este|les venga|"
    r"le venga|quieran?|sea|se pueda)\b",
    r"\ben (?:un|una|dos|cinco|diez|media) (?:\w+ )?(?:momento|momentito|rato|ratito|minuto|minutos|minutito|hora|"
    r"horas)\b",
    r"\b(?:luego|despues|manana|mas tarde|esta (?:tarde|noche)|otro dia|un dia de estos|dev\w+ la llamada)\b",
)
_POLITELY = any_of(
    r"\b(?:id|i would) (?:rather|prefer(?: it)?)(?: if)? (?:you|they|someone|somebody)\b|\bi wish (?:you|"
    r"someone)(?:d)?\b"
)
"""Ways of asking that sound like telling."""
_NOT_CALLED = any_of(
    r"\b(?:they|he|she|you|somebody|someone|nobody|no one|never) (?:\w+ )?(?:said|promised|told|called|rang|didnt|"
    r"keeps?|"
    r"never|was|were|would|had|ever)\b",
    r"\b(?:dont|do not|didnt|stop|never|quit) (?:\w+ ){0,2}(?:call|ring|phone|calling|ringing)\b",
    r"\b(?:why|por que|quien|who|did|does|has|have they|how come)\b(?: \w+){0,4} (?:call\w*|ring|rang|phone|llam\w+)\b",
    r"\b(?:no|nadie|dijeron|dijo|prometieron|quedaron en) (?:que )?(?:\w+ )?(?:me|nos) (?:llam|iban)\w*|\bme llamo\b",
)
_OTHER_NUMBER = any_of(
    r"\b(?:different|another|other|new|second|alternative) (?:one|number|phone|mobile|line|telephone)\b",
    r"\b(?:on|at|to) (?:my|the|a) (?:landline|mobile|cell|cellphone|work|office|home)(?: (?:one|number|phone|line))?\b",
    r"\bnot (?:on |to |at )?(?:this|that) (?:number|one|phone|line)\b",
    r"\b(?:al?|en|con|es|mejor) (?:el |mi |un )?otr[oa](?: (?:numero|telefono|movil|linea|fijo))?$|"
    r"\botr[oa] (?:numero|telefono|movil|linea|fijo)\b",
    r"\b(?:al|a mi|en el|en mi) (?:movil|fijo|celular|trabajo|telefono (?:fijo|de casa|del trabajo))\b",
    r"\bno (?:a|en) (?:es[et]e|este)(?: (?:numero|telefono))?(?: no)?$",
)


def wants_other_number(text: str) -> bool:
    """Return whether the caller wants to be rung on another number than the one the call comes from."""
    return _OTHER_NUMBER.search(plain_speech(text)) is not None


def asks_to_be_called(text: str, *, offered: bool = False) -> bool:
    """Return whether the caller wants to be rung at another time; when just `offered`, the time need not be said."""
    speech = plain_speech(text)
    if _CALL_ME.search(speech) is None or _NOT_CALLED.search(_POLITELY.sub(" ", speech)):
        return False
    return offered or _WHEN_YOU_CAN.search(speech) is not None
