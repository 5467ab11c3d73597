"""Ways of asking for a human that name it only in passing, or not at all."""

from __future__ import annotations

import re

from voice.dialog.human_words import STRONG_EN, STRONG_ES

_IN_CHARGE_ES = r"(?:jefe|jefa|superior|supervisora?|encargad[oa]|responsable|gerente)"
_UNIT = r"(?:complaints?|billing|sales|accounts?|retentions?|repairs?|support|cancellations?|technical|customer \w+)"
_UNIT_ES = (
    r"(?:facturacion|ventas|soporte|reclamaciones|cobranzas?|cobros|bajas|averias|comercial|"
    r"atencion|quejas|contratacion|portabilidad(?:es)?|cuentas|contratos)"
)
_SOMEBODY_EN = (
    r"(?:(?:a|an|another|some|the) )?(?:other |different )?(?:person|human(?: being)?|someone|somebody|employee)"
)
_SOMEBODY_ES = (
    r"(?:alguien|(?:un |una |otra |otro )?(?:persona|human[oa]|ser humano|companer[oa]|emplead[oa]|agente|asesor))"
)

_BE_SERVED = re.compile(
    r"\b(?:ser|sea|me) (?:atendid[oa]|ayudad[oa]|escuchad[oa]) por\b"
    r"|\bi (?:\w+ ){0,4}?(?:be|get) (?:transferred|helped|assisted|served|attended|put through)"
    rf"(?: by {_SOMEBODY_EN})?$"
    r"|\b(?:hand|pass|patch|send|switch|turn) me (?:over|across|along|through|on)(?: (?:already|now|please|then|"
    r"to (?:an?|"
    r"the|your) \w+))*$"
    rf"|\b(?:like|want|prefer|rather|better|wish)\b(?: \w+){{0,4}}? {_SOMEBODY_EN} (?:(?:from|in|at|"
    rf"of) (?:\w+ ){{1,3}})?"
    r"(?:to )?(?:talk(?:ed|s)?|speaks?|spoke|explain(?:ed|s)?|deal[st]?|help(?:ed|s)?) (?:to|with|it to|this to|me)\b"
    r"|\bput me through\b(?! to (?:my|the (?:web|inter)))|\b(?:can|could|may) i (?:just )?get (?:someone|somebody)$"
    r"|\b(?:can|could) (?:someone|somebody|a person|anyone) (?:else )?take over\b"
    rf"|\b(?:pass|give|hand) the (?:phone|call|line) to {_SOMEBODY_EN}\b"
    rf"|\b(?:pas|d)(?:ar|e|a)(?:le)? el telefono a {_SOMEBODY_ES}\b"
    rf"|\b(?:transfer|connect|switch|route|forward|send)(?: through)? (?:to|with) (?:an? |the )?(?:{STRONG_EN})\b"
    rf"|\b(?:localizar|encontrar|conseguir|ubicar) (?:a )?{_SOMEBODY_ES}\b"
    rf"|\bque alguien (?:me )?(?:coja|conteste|responda|descuelgue|agarre|tome|hable|escuche)\b"
    r"|\b(?:cojan|contesten|cogan|respondan|atiendan)me\b"
)
"""To be served, put through or answered by someone."""

_TELL_SOMEONE = re.compile(
    rf"\b(?:explain|discuss|describe|go over|resolve|sort|settle|converse|deal)(?: \w+){{0,4}}? (?:to|with) "
    rf"(?:{_SOMEBODY_EN}|{STRONG_EN})\b"
    rf"|\b(?:explicar|contar|comentar|plantear|exponer|decir|consultar|preguntar|tratar)\w*(?: \w+){{0,4}}? (?:a|"
    rf"con) "
    rf"{_SOMEBODY_ES}\b"
)
"""To tell the matter to someone."""

_HUMAN_IS_BETTER = re.compile(
    rf"\b(?:lo|la|esto|eso) (?:\w+ )?(?:tiene que|debe|deberia|puede|podria|ha de) (?:\w+)?"
    rf"(?:ver|mirar|resolver|arreglar|solucionar|revisar|entender|atender|llevar)\w* {_SOMEBODY_ES}\b"
    r"|\b(?:a|an actual|a real) (?:person|human)(?: being)? (?:would|could|can|might|should|must|has to|needs to|"
    r"will) "
    r"(?:understand|explain|handle|solve|sort|deal|see|look|help|be (?:nice|better|great|good|best|easier))"
    r"|\b(?:mejor|better|best|easier|facil|prefiero|preferible)(?: \w+){0,3}? (?:con|with) "
    rf"(?:{_SOMEBODY_EN}|{_SOMEBODY_ES})\b"
    rf"|\b(?:quiero|quisiera|necesito|necesita|requiere|dame|deme|denme|prefiero|solicito|pido|busco) (?:a )?"
    rf"(?:una|otra|alguna) persona\b(?! (?:mas|para|en|autorizad|de contacto|que (?:viva|firme|limpie)))"
    rf"|\bque (?:una?|algun|alguna) (?:{STRONG_ES}|persona) (?:me |nos )?(?:lo |la )?\w+[ea]\b"
    rf"|\b(?:alguien|somebody|someone) (?:real|human[oa]?|de verdad|who is real)\b"
    r"|\b(?:comod[oa]|mejor|tranquil[oa]|seguro|segura|contento) hablando con (?:una persona|alguien)\b"
    r"|\b(?:dame|deme|pasame|paseme|ponme|pongame)(?: con| a)? cualquiera\b"
    r"|\b(?:put|get|have)(?: \w+){1,3} (?:technician|engineer|expert) on the (?:phone|line)\b"
    rf"|\bcompla\w+ (?:to|with) {_SOMEBODY_EN}\b|\bcompla\w+ (?:to|with) a (?:real|live|human) \w+\b"
    rf"|\bque (?:me )?(?:siga|lo lleve|intervenga|entre|hable|atienda|conteste|venga) (?:{_SOMEBODY_ES}|"
    rf"un cristiano)\b"
    r"|\b(?:machines?|bots?|robots?|computers?) (?:cant|cannot|wont|doesnt|dont|never) "
    r"(?:answer|solve|understand|help|handle|get (?:it|me|this))\b"
    r"|\b(?:maquinas?|bots?|robots?|computadoras?) no (?:se entera|(?:me )?(?:puede|sabe|entiende|resuelve|"
    r"ayuda)n?)\b"
    r"|\b(?:complex|complicated|difficult|hard|complej[oa]|complicad[oa]|dificil) (?:for|para) (?:a|an|the|this|"
    r"un|una) "
    r"(?:machine|bot|robot|computer|maquina|computadora)\b"
    rf"|\b(?:rather|prefer to|prefiero) (?:\w+ ){{0,6}}?(?:{STRONG_EN}|{STRONG_ES})\b"
    rf"|\b(?:fetch|bring|get|find|grab)(?: me)? {_SOMEBODY_EN} (?:for me|please|now|on|to help|to talk|to speak)\b"
    r"|\bwhere (?:a|an|some|real) (?:\w+ )?(?:person|human|people|body) (?:picks?|answers?|takes?|responds?)\b"
)
"""A human would do it better."""

_HIGHER_UP = re.compile(
    r"\bescalat(?:e|ing) (?:this|it|my|the)\b|\bescal(?:ar|e|en|a|arlo)(?: (?:esto|mi|el|la|este|lo|a)\b|$)"
    rf"|\b(?:llam[ea]|traiga|trae|venga|hable|avis[ea]|busque)(?: \w+){{0,2}}? (?:con |a )?(?:su|tu|el|"
    rf"la) {_IN_CHARGE_ES}\b"
    r"|\b(?:ask|have|tell|call|let)(?: \w+){0,2}? (?:agent|operator|representative|supervisor|manager|human|"
    r"colleague)"
    r"s? (?:to )?(?:join|call|speak|talk|help|take|come|pick)\b"
    r"|\ba colleague of yours\b|\blive (?:assistance|help|support|agent|chat with)\b"
)
"""Someone higher up, or one more at the phone."""

_PAST_THE_MACHINE = re.compile(
    r"\b(?:get|go|getting|way) (?:past|around|beyond|off) (?:you|this thing|all this)\b(?= (?:to|and|so|then|"
    r"please)\b|$)"
    r"|\b(?:skip|bypass|get (?:past|out of|around)|exit|past|escape)(?: \w+)? (?:the |this |your )?"
    r"(?:menu|robots?|bots?|machine|system|recording|assistant|ivr)\b"
    r"|\b(?:robots?|maquinas?|machines?|bots?) no\b(?: por favor| please|$)"
    r"|\b(?:can|could|cant|couldnt|would|wouldnt|please|just|simply)(?: you)?(?: just| simply| not| please)* "
    r"(?:connect|transfer) (?:me|us)$|\b(?:comunicar|transferir|pasar|conectar|comunique|transfiera)(?:me|nos)$"
    r"|\b(?:salgo|salir|salirme|saltar(?:me)?|salta(?:te)?|salte|saqueme|sacame|saquenme) (?:de )?(?:est[ea]|el|"
    r"la|l) ?"
    r"(?:\w+ )?(?:menu|robot|bot|maquina|grabacion|contestador\w*|asistente)\b"
)
"""Out of the menu."""

_IS_NOBODY_THERE = re.compile(
    r"\b(?:trabaja|atiende|contesta|responde|vive) (?:alguien|alguna persona|nadie)\b"
    r"|\b(?:single|any|real|actual|no) (?:\w+ )?(?:person|people|humans?|employees?|staff) (?:\w+ )?"
    r"(?:work(?:ing|s)|there|at your|in your|over there|available|left)\b"
    r"|\bwhere (?:are|is) (?:all )?(?:the|your) (?:\w+ )?(?:people|humans|person|staff)\b"
    r"|\b(?:with|to) wh?om? (?:can|do|could|should|may) i (?:speak|talk)\b"
    r"|\bwho (?:can|do|could|should|may|would) i (?:actually )?(?:speak|talk) (?:to|with)\b"
    r"|\b(?:a|con) quien (?:puedo|podria|debo|tengo que)? ?(?:hablar(?:le)?|hablo|dirigirme|me dirijo)\b"
)
"""Does nobody work here; whom can I speak to."""

_UNIT_OF_COMPANY = re.compile(
    rf"\b(?:want|need|get|give|like|prefer|please)(?: \w+){{0,2}} {_UNIT} (?:department|team|people|desk|line|"
    rf"staff|guys)\b"
    rf"|\b(?:con|a|paseme|pasame|quiero|deme)(?: (?:con|a))? (?:(?:el|la|los|las|al) )?(?:(?:gente|personal|"
    rf"departamento|"
    rf"area|seccion|equipo|chic[oa]s?) )?(?:de )?{_UNIT_ES}(?: por favor| porfa| ya)*$"
    rf"|\bget through to (?:the|your) (?:\w+ )?(?:team|department|office|people)\b"
    rf"|\bhablar con \w+ de(?:l)? {_UNIT_ES}\b|\b(?:comunicar|poner|pasar|conectar)(?:me)? con {_UNIT_ES}\b"
    rf"|\b(?:pas|pong|pon|comuni|conect|transf|deriv)\w*(?: con| a)? (?:los|las|el|la) de {_UNIT_ES}\b"
    r"|^(?:pues )?con (?:el|la|los) (?:mism[oa] )?(?:chic[oa]s?|senor\w*|muchach[oa]s?|persona|gente|otr[oa])\b"
    rf"|^(?:transfer|connect|put through|transferir|transfiera|pasar|pasame|paseme|"
    rf"comunicar)(?: \w+){{0,2}} (?:{_UNIT}|"
    rf"{_UNIT_ES})(?: (?:please|now|por favor|ya|department))*$"
    r"|^(?:transferir|transferencia a agente|comunicar|pasar llamada|pasame|paseme|connect|transfer)$"
)
"""A unit of the company."""

_WORD_FIRST = re.compile(
    rf"^(?:{STRONG_EN}|{STRONG_ES}|person|persona) (?:now|please|ya|por favor|ahora|right now|or|o me|o)\b"
)
"""The word itself, with urgency after it."""


def asks_indirectly(speech: str) -> bool:
    """Return whether plain text, freed of mere mentions, asks for a human in such a way."""
    ways = (
        _BE_SERVED,
        _TELL_SOMEONE,
        _HUMAN_IS_BETTER,
        _HIGHER_UP,
        _PAST_THE_MACHINE,
        _IS_NOBODY_THERE,
        _UNIT_OF_COMPANY,
        _WORD_FIRST,
    )
    return any(way.search(speech) for way in ways)
