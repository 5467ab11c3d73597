"""What callers ask of the conversation itself: a repetition, more time, another language, what this is, the end.

Each function takes the words as heard and works in both languages at once, because callers mix them; recognisers
drop accents and punctuation, so patterns are matched on plain text (`voice.dialog.text`).
"""

from __future__ import annotations

import re
from typing import Literal

from calls.ids import LANGUAGES, Language
from voice.dialog.callback_words import asks_to_be_called
from voice.dialog.pace_words import asks_again, asks_slower, asks_to_wait
from voice.dialog.privacy_words import asks_what_is_kept
from voice.dialog.text import any_of, clauses, plain, plain_speech, without_hesitation

Meta = Literal[
    "repeat",
    "slower",
    "wait",
    "capabilities",
    "identity",
    "privacy",
    "goodbye",
    "thanks",
    "never_mind",
    "greeting",
    "ok",
]
"""Requests about the talk itself. `identity`: is this a machine?; `privacy`: what is kept of this call?; `ok`: a
backchannel without content."""


_POLITE = (
    r"(?:please|por favor|porfa|gracias|thanks|thank you|sorry|perdon|perdone|perdona|disculpe|"
    r"disculpa|excuse me|oh|ok|okay|"
    r"vale|bueno|hey|hola|hello|hi|no|si|yes|sir|madam|maam|senorita|senor|un momento|eh|ay|uy|ah|"
    r"just|and|y|but|pero|que|es que|"
    r"alright|right|so|then|entonces|pues|a ver|mate|love|dear|carino|hombre|mujer|well|now|ahora|"
    r"ahorita)"
)
_WRAP = rf"^(?:{_POLITE} )*(?:%s)(?: {_POLITE})*$"


def _whole(*patterns: str) -> re.Pattern[str]:
    """Match only when the pattern is the whole utterance, courtesies apart."""
    return re.compile(_WRAP % "|".join(patterns))


_NUMBER_AGAIN = any_of(
    r"\b(?:number|numero|telefono)\b",
    r"\b(?:who|where|what|which|quien|donde|cual|que)\b(?: \w+){0,5} (?:call|ring|phone|dial|llam\w+|"
    r"marc\w+)(?: again)?$",
)
_OWN_NUMBER = any_of(
    r"\b(?:my|mi|mis|account|cuenta|contract|contrato|bill|factura|meter|contador|reference|referencia)\b"
)
_NUMBER_AGAIN_WORDS = 9
"""Longest question for a number that was said before, in words. Source: own sentences in the tests."""
_CAPABILITIES = any_of(
    r"\bwhat (?:can|do|could) (?:you|this|it) (?:do|help|offer)\b",
    r"\bwhat (?:are my|are the) options$",
    r"\bhow can you help\b",
    r"\bwhat can i (?:ask|say|do here)\b",
    r"\bwhat (?:sort|kind) of things? can\b",
    r"\b(?:the )?(?:main )?menu\b(?: please)?$",
    r"^(?:help|ayuda)(?: me)?(?: please| por favor)?$",
    r"\bwhat are you for\b",
    r"\b(?:que|en que|con que|que cosas) (?:\w+ )?(?:puedes|puede|sabes|sabe|"
    r"podes) (?:\w+ )?(?:hacer|ayudar|ayudarme|ofrecer|ofrecerme)\b",
    r"\bpara que sirve(?:s)?(?: usted| esto| tu)?$",
    r"\b(?:cuales son (?:las|mis)|que) opciones\b",
    r"\bque (?:te )?puedo (?:preguntar|preguntarle|preguntarte|pedir|pedirle|pedirte|decir|"
    r"hacer aqui)\b",
    r"\bmenu principal\b",
    r"^(?:el )?menu(?: por favor)?$",
)
_IDENTITY = any_of(
    r"\bare you (?:a |an |even |actually |really |just )*(?:robot|machine|human|real|bot|person|"
    r"computer|recording|ai|alive)\b",
    r"\bis this (?:a |an |just )*(?:robot|machine|recording|bot|computer|real person|human|"
    r"person)\b",
    r"\bam i (?:talking|speaking) (?:to|with) (?:a |an )?(?:real |actual )?(?:robot|machine|"
    r"recording|bot|computer|person|human)\b",
    r"\bwho (?:are you|am i (?:talking|speaking) (?:to|with))\b",
    r"\b(?:eres|es usted|sos|es esto|esto es|estoy hablando con) (?:un |una )?(?:robot|maquina|"
    r"persona|humano|humana|grabacion|contestadora|bot|ordenador|computadora)\b$",
    r"\b(?:quien eres|con quien hablo|quien es usted|con quien estoy hablando|quien habla)\b",
    r"\bwhat (?:exactly |actually |even |the hell )?are you(?: exactly| actually| then)?$",
    r"\bwhat am i (?:talking|speaking) (?:to|with)\b",
    r"\bwhat is (?:this|it) (?:im|i am) (?:talking|speaking) (?:to|with)\b",
    r"\b(?:y )?(?:que|pero que) (?:es usted|eres(?: tu)?|sos(?: vos)?|cosa (?:es|eres))(?: exactamente)?$|"
    r"\b(?:usted|tu) que (?:es|eres)$|\b(?:eres|es usted|es esto|hablo con) (?:una? )?(?:persona|maquina|robot|"
    r"humano|bot) o ",
    r"\bcon que (?:estoy hablando|hablo)\b|\bde verdad eres (?:una? )?(?:persona|maquina|robot)\b",
)
_GOODBYE = any_of(
    r"^(?:\w+ ){0,6}(?:good ?bye|bye(?: bye)?|see you(?: later)?|have a (?:good|nice|"
    r"great) (?:one|day|evening|weekend|night)|take care|cheerio|ta ta)$",
    r"\b(?:thats|that is|that will be|thatll be|that would be) (?:all|it|"
    r"everything)(?: (?:i needed|for now|for today|thanks|thank you|then|bye|i wanted|i need))*$",
    r"^(?:\w+ )?nothing (?:else|more)(?: \w+){0,3}$",
    r"\bi(?:m| am) (?:all )?(?:done|good|set)(?: (?:thanks|thank you|now|here|then))*$",
    r"\b(?:i have to|ive got to|i gotta|got to) (?:go|hang up|run)\b",
    r"\byou can hang up\b",
    r"^(?:\w+ ){0,6}(?:adios|hasta luego|hasta pronto|hasta la vista|hasta manana|chao|chau|"
    r"chaito|nos vemos|bye|que (?:tenga|tengas|pase|pases|este|estes) (?:un )?(?:buen|muy buen|"
    r"buena|feliz|bien)(?: (?:dia|tarde|noche|fin de semana))?)$",
    r"\b(?:eso (?:es|seria|era) todo|nada mas|es todo|seria todo|ya esta todo|"
    r"con eso (?:es suficiente|basta|me vale|tengo)|ya no necesito nada)(?: (?:gracias|por hoy|muy amable|"
    r"por ahora|muchas gracias|adios|hasta luego|de momento|por todo))*$",
    r"\b(?:tengo que colgar|voy a colgar|ya puede colgar|puedes colgar|ya cuelgo)\b",
)
_THANKS = _whole(
    r"(?:ok |okay |great |perfect |lovely |right |cheers |oh |brilliant )*(?:thanks|thank you|"
    r"cheers|much appreciated)(?: (?:so much|very much|a lot|a million|for that|for your help|"
    r"for the help|indeed|you too|mate))*",
    r"(?:perfecto |genial |vale |ok |estupendo |muy bien |muy amable )*(?:(?:muchas |"
    r"mil )?gracias|se lo agradezco|te lo agradezco|muy amable)(?: (?:por (?:todo|la ayuda|"
    r"su ayuda|tu ayuda|la informacion)|muy amable|igualmente))*",
)
_NEVER_MIND = any_of(
    r"\bnever ?mind\b",
    r"\bforget (?:it|about it|that)\b",
    r"\b(?:lets|let us) (?:leave|drop|forget) (?:it|that)\b",
    r"^(?:\w+ ){0,2}(?:cancel|stop|leave it)(?: (?:that|it|this|please))*$",
    r"\bi(?:ve)? changed my mind\b",
    r"\bi dont want (?:to do )?(?:that|it|this|to do (?:that|this)) (?:any ?more|now)\b",
    r"\bstart over\b",
    r"\bstart again\b",
    r"\b(?:dejalo|dejelo|dejemoslo|dejalo asi|dejelo asi|olvidalo|olvidelo|no importa|da igual|"
    r"cancelalo|cancelelo|ya no (?:lo )?quiero|mejor no|lo dejamos)\b$",
    r"^(?:no )?(?:i dont want (?:it|that|anything)|no quiero (?:nada|eso|hacerlo))(?: gracias| thanks| thank you)?$",
    r"^(?:\w+ ){0,2}(?:cancela|cancelar|cancele|anula|parar|para)(?: (?:eso|esto|todo|por favor))*$",
    r"\b(?:dejalo|dejelo|olvidalo|olvidelo)\b",
    r"\bhe cambiado de (?:idea|opinion)\b",
    r"\bcambie de (?:idea|opinion)\b",
    r"\bempezar de (?:nuevo|cero)\b",
)
_GREETING = _whole(
    r"(?:hello|hi|hey|hiya|good (?:morning|afternoon|evening)|hi there|hello there|hola|buenas|"
    r"buenos dias|buenas tardes|buenas noches|buen dia|que tal|alo|bueno|diga|digame|oiga)"
    r"(?: (?:hello|hi|there|hola|buenas|tardes|dias|noches|que tal|buenos dias|buenas tardes|"
    r"buenas noches|how are you(?: doing)?(?: today)?|como (?:esta|estas|le va|va)|"
    r"is (?:any(?:one|body)|someone) there|can you hear me|me (?:escucha|oye|escuchas|oyes)|"
    r"hay alguien))*",
    r"(?:can you hear me|are you (?:still )?there|me (?:escucha|oye|escuchas|oyes)(?: bien)?|"
    r"sigue ahi|estas ahi|esta ahi)",
)
_OK = _whole(
    r"(?:(?:u+h+ ?h+u+h+|uh huh|mm+ ?h+m+|mhm|mm+|hmm+|okay|ok|right|yeah|yep|sure|i see|got it|"
    r"gotcha|im with you|go on|alright|fine|great|perfect|cool|good|understood|aha|aja|ya|claro|"
    r"vale|si|entiendo|entendido|"
    r"ya veo|perfecto|de acuerdo|sale|listo|orale|muy bien|bien|dime|digame|te escucho|le escucho|"
    r"sigue|siga|adelante|ah|eh|oh|dale)\b ?)+",
)

_LANGUAGE_NAMES: dict[Language, str] = {
    "es": r"(?:spanish|espanol|castellano|espanyol|espaniol)",
    "en": r"(?:english|ingles|inglish|ingels)",
}
_IN: dict[Language, re.Pattern[str]] = {
    language: any_of(
        rf"^(?:\w+ ){{0,2}}{name}(?: (?:please|por favor|porfa|porfavor|mejor|only|solo))*$",
        rf"\b(?:in|en|to|al|a) {name}\b(?: (?:please|por favor|mejor|better))?",
        rf"\b(?:speak|talk|habla|hablas|hablan|hablo|hablar|hable|habl[ae]me|prefiero|prefer|i want|"
        rf"quiero|change to|switch to|only know|solo se|no english,?) (?:\w+ ){{0,2}}{name}\b",
    )
    for language, name in _LANGUAGE_NAMES.items()
}
_NOT_IN: dict[Language, re.Pattern[str]] = {
    language: re.compile(
        rf"\b(?:dont|do not|cant|no) (?:\w+ )?(?:speak|understand|talk|hablo|entiendo|se|hablar) (?:\w+ )?{name}\b"
    )
    for language, name in _LANGUAGE_NAMES.items()
}
"""A language that the caller asks for, and one that the caller does not speak."""


def find_meta(text: str) -> Meta | None:
    """Return which request about the talk itself the caller makes, or None."""
    speech = plain_speech(text)
    bare = without_hesitation(speech)
    if not speech:
        return None
    if asks_slower(speech):
        return "slower"
    if asks_again(speech, plain(text), _WRAP):
        return "repeat"
    if asks_what_is_kept(speech):
        return "privacy"
    if _IDENTITY.search(speech):
        return "identity"
    if _CAPABILITIES.search(speech):
        return "capabilities"
    words = len(speech.split())
    called = asks_to_be_called(text)
    for pattern, meta, longest in _ORDER:
        if pattern is None:
            if not called and (asks_to_wait(speech, clauses(text)) or asks_to_wait(bare, ())):
                return meta
        elif words <= longest and (pattern.search(speech) or pattern.search(bare)):
            return meta
    return None


def asks_number_again(text: str) -> bool:
    """Return whether a caller who was just told a number asks for it again ("what number was that?")."""
    speech = without_hesitation(plain_speech(text))
    short = len(speech.split()) <= _NUMBER_AGAIN_WORDS
    return short and _NUMBER_AGAIN.search(speech) is not None and _OWN_NUMBER.search(speech) is None


_ORDER: tuple[tuple[re.Pattern[str] | None, Meta, int], ...] = (
    (_THANKS, "thanks", 14),
    (_GREETING, "greeting", 14),
    (_GOODBYE, "goodbye", 9),
    (_NEVER_MIND, "never_mind", 8),
    (None, "wait", 0),
    (_OK, "ok", 14),
)
"""Pattern, what it means, and the longest utterance in words in which it is the point of what was said. Pleas to wait
have a rule of their own (`voice.dialog.pace_words`)."""


def asks_language(text: str) -> Language | None:
    """Return the language the caller asks to speak, or None. "Do you speak English?" counts too."""
    speech = plain_speech(text)
    refused = [language for language in LANGUAGES if _NOT_IN[language].search(speech)]
    for language in LANGUAGES:
        if language not in refused and _IN[language].search(speech):
            return language
    return None if not refused else "en" if refused[0] == "es" else "es"
