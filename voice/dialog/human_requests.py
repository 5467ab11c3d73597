"""Patterns of requests for a human in plain text, one for each way of asking."""

from __future__ import annotations

import re

from voice.dialog.human_indirect import asks_indirectly
from voice.dialog.human_words import (
    BRING_EN,
    BRING_ES,
    DEPARTMENT_EN,
    GAP,
    GO_TO_EN,
    GO_TO_ES,
    SERVE_ES,
    STRONG_EN,
    STRONG_ES,
    WEAK_EN,
    WEAK_ES,
    WISH_EN,
    WISH_ES,
)

_ANTI_MACHINE = re.compile(
    r"\b(?:dont|do not|cant|cannot|wont|will not|hate|not|never|refuse|stop|tired of|sick of|"
    r"fed up with|no more|enough of|"
    r"get out of|out of|done with|rather not|dont like|instead of|get me off|get rid of|"
    r"instead)\b(?: \w+){0,6} "
    r"(?:robots?|machines?|computers?|recordings?|bots?|automated|automatic|system|ai|"
    r"answering machine|voice ?mail|machine thing|menu|chatbot|phone tree)\b"
    r"|\b(?:no|not|never|stop) (?:\w+ )?(?:robots?|machines?|bots?|computers?)\b"
    r"|\b(?:no|sin|odio|detesto|me niego|rechazo|hart[oa]|cansad[oa]|me (?:canse|aburri|harte)|no (?:aguanto|"
    r"soporto)|paso|nada|basta|dej(?:ar|e|a|en) de|salir|sacame|saqueme|"
    r"fuera|en vez|quitame|quiteme|harta)\b(?: \w+){0,7} "
    r"(?:robots?|maquinas?|maquinitas?|grabacion(?:es)?|grabadoras?|contestador(?:a|as|es)?|"
    r"ordenador(?:es)?|computadoras?|bots?|automatic[oa]s?|"
    r"inteligencia artificial|sistema automatico|chatbots?|automata)\b"
)
_ANTI_NOT = re.compile(
    r"\b(?:my|mi|el|the) (?:voice ?mail|buzon)\b|"
    r"\b(?:record|grab(?:e|es|en|ar|ando)|listen to|escuchar)\b.*\b(?:recording|grabacion)\b|"
    r"\b(?:work|works|working|turn|turns|start|starts|funciona|funcionan|enciende|va|prende|"
    r"arranca|anda|conecta|connect|lavadora|washing|vending|"
    r"coffee|cafe|payment|pago|debit|direct debit|meter|contador|router|card|tarjeta|atm|cajero|"
    r"updates?|load|boot|print|see|find|ver|pay|paying|pagar|pague|buy|comprar|leer|read|usa|usar|use|uses|using|"
    r"tengo|tiene|maneja|have|has|own)\b(?: \w+){0,4} "
    r"(?:machine|computer|computers|system|maquina|ordenador|computadora|contestador|automatic|"
    r"automatico|automated)\b"
    r"|\b(?:machine|computer|maquina|ordenador|computadora|lavadora) (?:\w+ )?(?:is|isnt|wont|no|"
    r"cant|doesnt|not|esta|va|se)\b"
    r"|\b(?:automatic|automated|automatico|automaticos|automatica) (?:payments?|debit|renewal|"
    r"billing|pagos?|renovacion|top up|topup|cobros?|readings?|lecturas?)\b"
    r"|\bsystem (?:\w+ )?(?:being|is|was|keeps?|down|crash\w*|fail\w*)\b|\bsistema (?:\w+ )?(?:caid|fall|este)\w*"
    r"|\b(?:pagos?|cobros?|renovacion|recarga|lectura|debito|payment) automatic[oa]s?\b"
    r"|\b(?:my|the|mi|el|la|una?|a) (?:\w+ )?(?:computer|ordenador|"
    r"computadora)\b(?! por favor)(?= (?:y|and|to|a|with|con|at|in|en|wifi|por))"
)
_WANT_TALK = re.compile(
    rf"\b(?:{GO_TO_EN})(?: \w+){{0,4}}? (?:{STRONG_EN}|{WEAK_EN})\b|"
    rf"\b(?:{GO_TO_ES})(?: \w+){{0,4}}? (?:{STRONG_ES}|{WEAK_ES})\b"
)
_PASS_TO = re.compile(
    rf"\b(?:{BRING_EN})(?: \w+){{0,3}}? (?:{STRONG_EN})\b|"
    rf"\b(?:{BRING_ES})(?: \w+){{0,3}}? (?:{STRONG_ES})\b"
    rf"|\b(?:{WISH_EN}){GAP}(?:{STRONG_EN})\b|\b(?:{WISH_ES}){GAP}(?:{STRONG_ES})\b"
    rf"|\b(?:{WISH_EN}|{WISH_ES}) (?:{STRONG_EN}|{STRONG_ES})\b"
)
_PASS_WEAK = re.compile(
    r"\b(?:(?:put|pass|patch|switch|connect|transfer|hand|route|forward|"
    r"redirect)(?: (?:me|us|my call|this call|this|it))?(?: (?:up|over|on|straight|now|"
    r"please))? (?:to|with|through|on|over|onto)(?: \w+){0,3}?|get me(?: \w+){0,2}?|"
    r"give me(?: \w+){0,2}?|find me(?: \w+){0,2}?|(?:want|need|like|have|prefer|get|rather) (?:a|"
    r"an|some|another|some other)(?: \w+){0,1}?|get hold of(?: \w+){0,2}?|"
    r"get through to(?: \w+){0,2}?|"
    r"let me have(?: \w+){0,2}?|put(?: \w+){0,3}? on(?: with)?)"
    rf" (?!technician|engineer|expert|support|assistant|service|staff|"
    rf"team)(?:{WEAK_EN})\b(?! (?:over|under|aged|older|with|to (?:sign|come|look|fix|install|"
    rf"check|visit|repair|move|connect|set|"
    rf"read|change)|come|out|plan|else in|at home|name|line))"
    rf"|\b(?:(?:comuni\w+|(?<!que )p[ao]s\w+|pong\w+|pon\w*|transf\w+|conect\w+|deriv\w+|contact\w+|"
    rf"enlac\w+|canali\w+|comunic\w+)(?: \w+){{0,3}}? (?:con|a|al)(?: \w+){{0,3}}?)"
    rf" (?:{WEAK_ES})\b(?! de la (?:cuenta|casa))"
)
_SERVED_BY = re.compile(
    rf"\bme (?:puede |puedes |podria |podrias |va a |pueda )?(?:{SERVE_ES}|lo explique|"
    rf"lo resuelva) (?:ya )?(?:\w+ )?(?:{STRONG_ES}|alguien|una? (?:persona|senorita|chica|chico|"
    rf"senor|companero|companera|compa))\b"
    rf"|\b(?:{STRONG_ES}|alguien|nadie|una? (?:persona|senorita|senor|chica)|"
    rf"quien) (?:\w+ ){{0,3}}?(?:que )?(?:me (?:pueda |puede |va a |quiera )?|pueda |puede |"
    rf"se )(?:{SERVE_ES})(?:me)?\b(?! (?:con|a|para|el|la|los|las|sobre|en) )"
    r"|\b(?:hay|esta|habra|habria|queda|tienen|teneis) (?:ahi )?(?:alguien|nadie|algun[oa]? (?:persona|agente|"
    r"human[oa]|operador\w*|asesor\w*|companer[oa]|emplead[oa])|una persona|"
    r"otra persona|otro agente)(?: (?:ahi|alli|aqui|ya|por ahi|por favor))?(?:$| (?:que (?:no )?(?:me |se |nos )?"
    r"(?:pueda|atienda|puede|quiera|sepa|hable|sea|este)|con (?:quien|el que|la que)|disponible|"
    r"al (?:telefono|otro lado)|para (?:atender|hablar|ayudar)\w*|atendiendo|trabajando$|real|de verdad|"
    r"human\w+|viv[oa])\b)"
    r"|\b(?:is there|isnt there|is|any chance of) (?:really |actually )?(?:any|some|no) ?(?:one|"
    r"body)\b(?: \w+){0,2}? (?:i can|i could|i may|i might|there|who|that|available|around|"
    r"to (?:talk|speak|help)|real|human|alive)"
    r"|\b(?:persona|alguien|nadie|humano|agente|ser humano) con (?:quien|el que|la que|"
    r"el cual) (?:pueda |yo pueda |poder )?(?:hablar|hable|comunicarme|platicar)\b|"
    r"\bhablar (?:\w+ ){0,2}con (?:el|ella|ellos)$"
    r"|\b(?:ponerse|se ponga|se pone|se puede poner) (?:al telefono |ya |"
    r"por favor )?(?:una persona|alguien|un humano|un agente|una senorita|una persona real)\b|"
    r"\bayuda (?:de|por parte de) (?:una? )?(?:persona|alguien|humano|agente|ser humano|asesor)\b"
    r"|\b(?:asked?|asking|said|told you) (?:you )?(?:for|i (?:want|wanted|need)) (?:a |an |"
    r"the )?(?:human|agent|person|operator|representative|real person)\b|\b(?:pedi|pido|pedido|"
    r"dije|he dicho que quiero) (?:una? )?(?:persona|humano|agente|operador|operadora|asesor|"
    r"ser humano)\b"
    r"|\b(?:is|isnt) there (?:a|any) (?:way|chance|possibility) (?:\w+ ){0,4}(?:person|human|"
    r"someone|somebody|agent|anyone)\b"
    r"|\b(?:can|could|would|will|cant|wont|couldnt|wouldnt) (?:some ?one|some ?body|any ?one|"
    r"any ?body|a (?:person|human|"
    r"real person)) (?:please |actually |there |just )*(?:talk to me|speak to me|speak with me|"
    r"talk with me|"
    r"help me|assist me|take (?:my|this|the) call|pick up|answer (?:me|the phone)|"
    r"come on the (?:line|phone)|call)(?: (?:please|out|instead|now|here))*$"
    r"|\b(?:some ?one|some ?body|anyone|anybody|a person|people) (?:who|that|which) (?:can |"
    r"could |will |actually |really |is |has |knows |understands |speaks |breathes )"
    r"|\b(?:que (?:se ponga|me atienda|me hable|me llame|me pase)|me atiende|atiendame|"
    r"me puede atender|que atienda)(?: \w+){0,2} (?:alguien|persona|human[oa]|senorita|agente|"
    r"companer[oa])\b"
    r"|\b(?:atencion|trato) (?:humana|humano|personal|de (?:una )?persona)\b|\bhuman (?:help|"
    r"assistance|support|contact|voice|touch|operator|agent|assistant)\b"
)
_DEPARTMENT = re.compile(
    rf"\b(?:put|pass|patch|connect|transfer|forward|switch)(?: \w+){{0,3}}? (?:to|with|through to|"
    rf"over to) (?:the |your |a )?{DEPARTMENT_EN}\b|\bspeak (?:to|with) (?:the |"
    rf"your )?{DEPARTMENT_EN}\b|\btalk (?:to|with) (?:the |your )?{DEPARTMENT_EN}\b"
    r"|\b(?:comuni\w+|pas(?:e|a|as|eme|ame|ar|arme)\w*|pong\w+|pon(?:me|er|erme)|transf\w+|"
    r"conect\w+|deriv\w+)(?: \w+){0,3}? (?:con|a|al) (?:el |la |los |su )?(?:departamento|area|"
    r"facturacion|ventas|soporte|reclamaciones|cobranza|bajas|averias|seccion|oficina|servicio)\b"
    r"|\bhablar con (?:el |la |los |su )?(?:departamento|area|facturacion|ventas|soporte|"
    r"reclamaciones|cobranza|bajas|averias|oficina)\b"
)
_BARE = re.compile(
    r"^(?:(?:please|por favor|porfavor|porfa|ya|now|just|only|no|yes|si|ok|okay|un|una|an|a|the|"
    r"el|la|real|con|to|oh|uh|um|eh|ah|hello|hi|hola|i|said|want|dije|digo|he dicho|que|"
    r"a ver|carne|hueso|stop|enough|basta|para|pues|bueno|mejor|more|again|otra vez|well|sorry|"
    r"perdon|thanks|"
    r"gracias|need|quiero|mi|my|god|come on|ahora|mismo|right|otro|otra|another|different|"
    rf"por|favor|senorita|reception|recepcion|si es|tan|amable|someone|somebody|anybody|anyone|person|persona|"
    rf"alguien|gente|help|people|"
    rf"{STRONG_EN}|{STRONG_ES}) ?)+$"
)
_BARE_CORE = re.compile(
    rf"\b(?:{STRONG_EN}|{STRONG_ES}|reception|recepcion|person|persona|someone|somebody|anybody|anyone|people|"
    rf"alguien|gente)\b"
)


def is_bare(speech: str) -> bool:
    """Return whether plain text does nothing but name a human ("agent, please")."""
    return bool(_BARE.match(speech) and _BARE_CORE.search(speech))


def is_against_machines(speech: str) -> bool:
    """Return whether the caller refuses to talk to a machine (not: has trouble with one)."""
    return bool(_ANTI_MACHINE.search(speech)) and not _ANTI_NOT.search(speech)


_WISH_TO_TALK = re.compile(
    r"\b(?:want|like|need|wanna|can i|could i|let me|prefer|quiero|quisiera|necesito|puedo|podria|prefiero|gustaria) "
    rf"(?:\w+ ){{0,2}}?(?:{GO_TO_EN}|{GO_TO_ES}) (?:\w+ ){{0,2}}?(?:{STRONG_EN}|{STRONG_ES}|{WEAK_EN}|{WEAK_ES})\b"
)


def wishes_to_talk(speech: str) -> bool:
    """Return whether plain text says in one breath that the caller wants to talk to a human, whoever it is."""
    return bool(_WISH_TO_TALK.search(speech))


def asks_for_human(speech: str) -> bool:
    """Return whether plain text, freed of mere mentions, asks for a human in one of the known ways."""
    ways = (_WANT_TALK, _PASS_TO, _PASS_WEAK, _SERVED_BY, _DEPARTMENT)
    return any(way.search(speech) for way in ways) or asks_indirectly(speech)
