"""Cues that add up to a request for a human, for wordings that no single pattern foresees."""

from __future__ import annotations

import re

CUE_THRESHOLD = 2.0
"""Cues of this weight together make a request. Source: chosen on our own lists, `tests/voice/dialog/humans.txt`."""

_STRONG = re.compile(
    r"\b(?:agents?|operators?|representatives?|reps?|human(?:s| beings?)?|advis[eo]rs?|"
    r"supervisors?|receptionist|"
    r"(?:real|actual|live|living|proper) (?:person|people|human|someone|somebody|voice)|"
    r"customer (?:services?|care|support)|"
    r"agentes?|(?:seres? )?human[oa]s?|operador(?:a|es)?|asesor(?:a|es)?|ejecutiv[oa]s?|"
    r"representantes?|"
    r"supervisor(?:a|es)?|encargad[oa]|gerente|teleoperador(?:a|es)?|telefonista|"
    r"atencion al cliente|"
    r"servicio al cliente|companer[oa]s?|manager)\b"
)
_WEAK = re.compile(
    r"\b(?:persons?|people|someone|some one|somebody|anyone|anybody|colleague|employee|boss|"
    r"whoever|lady|gentleman|"
    r"personas?|alguien|gente|nadie|senorita|emplead[oa]|jef[ea]|quien sea|colega)\b"
)
_TALK = re.compile(
    r"\b(?:speak|speaking|talk|talking|chat|chatting|conversation|transferred|put through|"
    r"assistance|"
    r"hablar|hable|hablo|hablen|platicar|platico|conversar|charlar|comunicarme|comunicar|"
    r"atiend[ae]n?|atender(?:me)?|"
    r"atiendame|contactar|dialogar|asistencia)\b"
)
_MOVE = re.compile(
    r"\b(?:put|pass|passing|patch|connect|connecting|transfer|transferring|hand|switch|get|"
    r"getting|give|bring|find|"
    r"route|forward|take|direct|redirect)(?: \w+)? (?:me|us|my call|this call)\b"
    r"|\bput (?:someone|somebody|a person|an? \w+|your \w+) (?:on|through)\b|\bget through to\b"
    r"|\b(?:put|get|have|want|bring)(?: \w+){1,4} (?:on|to) the (?:line|phone)\b|\bone of (?:the|"
    r"your) (?:girls|guys|lads|boys|ladies|people|team)\b"
    r"|\bal telefono\b"
    r"|\b(?:pas|pong|pon|comuni|transfi|transfe|conect|deriv|mand|contact|enlac|canali|dam|dem|"
    r"dej)\w*(?:me|nos)\b"
    r"|\b(?:me|nos) (?:puede[ns]? |podria[ns]? |va a |podes )?(?:pas|pon|comuni|transfi|transfe|"
    r"conect|deriv|contact)\w+\b"
    r"|\b(?:(?<!hace )(?<!hacen )(?<!hacerse )pasar|poner|comunicar|transferir|conectar)(?:me|nos)?\b|"
    r"\b(?:transferir|"
    r"transfiera) (?:a|con)\b"
)
_WANT = re.compile(
    r"\b(?:want|wanna|need|needs|like|prefer|rather|can|cant|could|would|may|please|let|wish|"
    r"demand|instead|appreciate|available|free|find|wait|isnt there|"
    r"is there|are there|do you have|have you got|quiero|quiere|quisiera|querria|necesito|"
    r"necesita|prefiero|preferiria|"
    r"puedo|puede|puedes|podria|podrias|gustaria|deseo|por favor|dejame|dejeme|solicito|ocupo|"
    r"exijo|pido|hay|habra|agradeceria|libres?|disponibles?|encontrar|tendra|tendran|tendria|tienen|"
    r"teneis|tienes|no entiendes?|no entiende)\b"
)
_PREFER = re.compile(
    r"\b(?:prefer|rather (?:have|a|an|someone|somebody)|prefiero|preferiria|mejor|better|"
    r"instead)\b(?: \w+){0,3}? "
    r"(?:a |an |una |un )?(?:person|persona|human|humano|someone|somebody|alguien|people|gente)$"
    r"|\b(?:prefer|rather have|prefiero|preferiria) (?:people|humans|persons|gente|personas|"
    r"humanos)\b"
    r"|\b(?:person|human|someone|somebody) (?:\w+ )?(?:call|ring|phone) me\b|\bllam(?:ar|e|"
    r"en)(?:me)? (?:una persona|alguien|un humano|un agente)\b"
    r"|\bwhos? (?:is )?in charge(?: (?:there|here))?$|\bquien (?:manda|esta a cargo)(?: (?:ahi|"
    r"aqui))?$|^(?:\w+ ){0,2}con (?:alguien|una persona)\b(?! (?:mas|que ya))"
    r"|\bput (?:them|him|her) (?:on|through)\b|\bcompla\w+ (?:to|with) (?:an? |the |"
    r"your )?(?:manager|supervisor|person|human|boss)\b"
    r"|\bque me (?:lo |la |los |las )?(?:mire|explique|resuelva|arregle|diga|cuente|aclare|"
    r"solucione|lleve|hable|llame)\w* (?:ya )?(?:una persona|alguien|un humano|un agente|"
    r"un cristiano)\b"
    r"|\b(?:one of (?:the|your)) (?:girls|guys|lads|boys|ladies|people|team|colleagues|"
    r"agents)\b(?! (?:came|said|told|called|was|did))"
    r"|\b(?:can|could|would|will) (?:a|an) (?:real |actual )?(?:person|human|human being|"
    r"agent) (?:please )?(?:help|assist|talk|speak|be able|call|take)\b"
    r"|\bhave (?:a person|a human|an agent|a real person) (?:look|explain|check|handle|deal|sort|"
    r"help)\b"
    r"|\b(?:is|isnt) there (?:any ?one|some ?one|any ?body|some ?body) else$|\b(?:hay|tienen|"
    r"teneis) (?:a )?(?:gente|personas|alguien|humanos)"
    r"(?: \w+)? ?(?:ahi|alli|mas|aqui|de verdad)?$"
    r"|\b(?:robots?|maquinas?|machines?|bots?|grabaciones)(?: \w+)? (?:no|i dont|i do not|"
    r"yo no)(?: \w+)? (?:hablo|talk|speak|quiero|trato)\b"
    r"|^(?:\w+ ){0,2}(?:just |please |solo )?(?:transfer|connect|put)(?: me| us| through|"
    r" me through)*(?: please| now| already)*$"
    r"|^(?:\w+ ){0,2}(?:transfierame|transfiereme|paseme|pasame|comuniqueme|comunicame|conecteme|"
    r"paseme ya)(?: ya| por favor| porfa| de una vez)*$"
)
_ENDS = re.compile(
    r"(?:^|"
    r"(?<!\ban)(?<!\ba)(?<!\bthe)(?<!\bmy)(?<!\byour)(?<!\bof)(?<!\bby)(?<!\bfrom)(?<!\bother)"
    r"(?<!\bun)(?<!\buna)(?<!\bel)(?<!\bla)(?<!\bde)(?<!\bmi)(?<!\bsu)(?<!\bdel)(?<!\bsoy)"
    r"(?<!\bis)(?<!\bes)(?<!\bto)(?<!\bwith)(?<!\bcon)(?<!\bno)(?<!\bbeing)) ?"
    r"\b(?:agent|operator|representative|human|advisor|supervisor|agente|humano|operador|"
    r"operadora|asesor|asesora|representante)"
    r"(?: please| por favor| now| ya| gracias| thanks)*$"
)
_OTHER_MATTER = re.compile(
    r"\b(?:come|coming|came|fix|install|repair|look at|visit|at home|en casa|house|name|contract|"
    r"meter|bill|wifi|wi fi|router|"
    r"internet|(?<!on the )(?<!to the )line|sim|number|plan|tariff|roaming|signal|password|using|"
    r"stole|stolen|"
    r"venga|venir|vengan|vino|arregl\w+|instal\w+|visita|nombre|contrato|contador|medidor|factura|"
    r"recibo|linea|numero|tarifa|"
    r"senal|clave|usando|rob\w+|titular)\b"
)


_SHORT_WORDS = 12
"""A wish alone beside a word for a human counts in so short a turn only. Source: own lists in the tests."""


def cue_score(speech: str) -> float:
    """Return the weight of all cues in plain text; `CUE_THRESHOLD` and more is a request for a human."""
    if _PREFER.search(speech) or _ENDS.search(speech):
        return CUE_THRESHOLD
    human = 2.0 if _STRONG.search(speech) else 1.0 if _WEAK.search(speech) else 0.0
    if not human:
        return 0.0
    talk = 1.0 if _TALK.search(speech) else 0.0
    move = 1.0 if _MOVE.search(speech) else 0.0
    cues = talk + move + (0.5 if _WANT.search(speech) else 0.0)
    away = 0.75 * len(set(_OTHER_MATTER.findall(speech)))
    if not cues or (cues < 1.0 and (human < 2.0 or len(speech.split()) > _SHORT_WORDS)):
        return 0.0
    return human + cues - away
