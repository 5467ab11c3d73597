"""Talk about humans that asks for none: what an agent said, other senses of the words, what a queue announces."""

from __future__ import annotations

import re

from voice.dialog.human_words import STRONG_EN, STRONG_ES, WEAK_EN, WEAK_ES

_REPORTED = re.compile(
    r"\b(?:spoke|talked|chatted|was (?:speaking|talking|told|chatting)|am i (?:speaking|talking)|"
    r"(?:got|had|get) (?:a |an )?(?:call|message|letter|visit|email|text) from|"
    r"been (?:speaking|talking)|have spoken|ive spoken|had spoken|"
    r"after (?:speaking|talking)|when i (?:spoke|talked|called)|told me|said|sent me|promised|"
    r"hung up on|came|visited|called me|rang me|"
    r"gave me|sold me|"
    r"(?<!que )(?<!que me )(?<!quiere )hable|hablamos|hablaba|he hablado|habia hablado|hablado|"
    r"est(?:uve|oy|aba) hablando|"
    r"me dijo|"
    r"me dijeron|"
    r"me ha dicho|me atendio|me atendieron|"
    r"me paso con|me pasaron|me comunicaron|me vendio|me colgo|me llamo|vino|me prometio|"
    r"me explico|me contesto|despues de hablar|tras hablar)\b"
    r"(?: (?:\w+ ){0,4}?(?:to|with|con|a|by|una|un|an|the|el|la|one)){0,1}"
    rf"(?: \w+){{0,3}}? (?:{STRONG_EN}|{STRONG_ES}|{WEAK_EN}|{WEAK_ES})\b"
)
_REPORTED_BEFORE = re.compile(
    rf"\b(?:an?|the|your|one of your|una?|el|la|su|uno de sus) (?:{STRONG_EN}|{STRONG_ES}|"
    rf"{WEAK_EN}|{WEAK_ES})"
    r" (?:\w+ ){0,2}?(?:told|said|promised|sent|gave|called|came|hung|sold|explained|never|was|"
    r"did|has|had|already|is coming|will come|visited|"
    r"me (?:dijo|dijeron|ha|han|vendio|colgo|llamo|atendio|prometio|explico|paso|mando)|dijo|vino|"
    r"viene|vendra|quedo|nunca|ya me)\b"
)
_NOT_WANTED = re.compile(
    r"\b(?:i )?(?:dont|do not|didnt|no) (?:really )?(?:want|need|"
    r"have) (?:\w+ ){0,2}?(?:to )?(?:speak|talk|an?|any|be|wait)\b(?: \w+){0,4}"
    r" (?:agent|person|human|operator|representative|anyone|anybody|someone|advisor|adviser|"
    r"supervisor)s?\b"
    r"|\bwithout (?:having to )?(?:speak|talk)ing? \w+ (?:\w+ )?\w+"
    r"|\b(?:no (?:quiero|necesito|hace falta|deseo)|sin|sin tener que) (?:que me )?(?:hablar|pase|"
    r"pasen|hablando)(?: \w+){0,2} (?:con|a) (?:\w+ ){0,2}?"
    r"(?:agente|persona|humano|nadie|operador|operadora|asesor|ejecutivo|alguien|representante|"
    r"supervisor)\b"
)
_OTHER_SENSE = re.compile(
    r"\b(?:mobile|phone|telephone|network|internet|another|other|new|different|old|previous|"
    r"current|tour|donor|recipient) (?:operators?|operaters?|agents?)\b|\boperators? (?:lock|code|"
    r"name)\b"
    r"|\b(?:cambi\w+|vengo|venir|traer|portar|irme|mud\w+|otra|otras|mi|nueva|vieja|anterior|"
    r"antigua|actual|distinta|misma) (?:\w+ ){0,2}(?:operador(?:a|as))\b"
    r"|\b(?:travel|estate|real estate|insurance|secret|cleaning|letting|free|police|"
    r"inmobiliari[oa]s?) agents?\b|\bagentes? (?:inmobiliari\w+|de (?:viajes|policia|seguros|"
    r"transito|limpieza))\b"
    r"|\b(?:property|building|office|bank|project|account|password|shop|store|task|estate|"
    r"line) managers?\b|\bmanager of (?:the|my|a)\b|\b(?:human) (?:resources|error|rights)\b|"
    r"\brecursos humanos\b|\berror(?:es)? humanos?\b"
    r"|\brepresentante legal\b|\blegal representative\b|\ben representacion\b|"
    r"\bencargad[oa] de (?:pagar|la (?:casa|finca|comunidad|tienda)|el)\b|\b(?:soy|i am|im|"
    r"ella es|el es) (?:\w+ ){0,3}(?:encargad[oa]|responsable|manager|supervisor|agent|gestor|"
    r"gestora|ejecutivo|ejecutiva)\b"
    r"|\b(?:telefono|numero|horarios?|correo|email|direccion|address|number|hours|opening hours|"
    r"phone) (?:de|del|of|for) (?:la |su |your |the )?"
    r"(?:atencion al cliente|servicio al cliente|customer (?:service|services|care|support))\b|"
    r"\b(?:atencion al cliente|servicio al cliente|customer (?:service|care|support)) "
    r"(?:is |are )?(?:number|hours|open|opens|closed|address|abre|cierra|atiende)\b"
    r"|\b(?:agent|supervisor|manager|representative|operator|advisor)s? (?:names?|number|email|"
    r"decided|decides|app|area|"
    r"portal|code|who (?:came|called))\b|\bwhat (?:did )?(?:the|your|that) (?:agent|supervisor|"
    r"manager|representative|"
    r"operator|advisor)\b|\b(?:que|lo que) (?:dijo|decidio|hizo) (?:el|la|su) \w+\b"
    r"|\ba nombre de (?:mi |su |una? |otra |la |el )?\w+\b"
    r"|\b(?:plan|cuenta|tarifa|clase) ejecutiv[oa]\b"
    r"|\b(?:same|mismo|misma|whose|which|que) operador(?:a|es|as)?\b|\bsame operators?\b"
    r"|\b(?:cambi\w+|conservar|portabilidad|portar|numero|linea|movil) (?:\w+ ){0,3}"
    r"(?:de|a|otro|nuevo|por) (?:otro |nuevo )?operador\b"
    r"|\b(?:authori[sz]ed|add(?:ing)?|appoint|name|register) (?:a |an |my )?(?:new )?representatives?\b"
    r"|\b(?:alta a|anadir a|agregar a|nombrar a|registrar a) (?:un|una|mi)(?: nuev[oa])? representante\b"
    r"|\brepresentante (?:autorizad[oa]|de (?:la|los|mi|una) \w+)\b|\ba persons \w+\b"
    r"|\b(?:my|mi|his|her|their) (?:\w+ )?(?:boss|colleagues?|manager|team|staff|jef[ea]|companer[oa]s?|"
    r"equipo|employees?|personal)\b"
    r"|\b(?:go|going|gone|signed?|switch\w*|mov\w+) (?:with|to) (?:someone|somebody|another company) ?(?:else)?\b"
    r"|\b(?:one|someone|somebody) (?:of|from) your \w+ to (?:come|fix|install|repair|look|visit|check)\b|"
    r"\btake me off\b"
    r"|\b(?:phone|movil|telefono|pantalla|screen|display) (?:pone|dice|sale|shows|says)(?: \w+){0,2}\b"
    r"|\b(?:soy|im|i am) (?:el|la|un|una|the|a) (?:\w+ ){0,2}representa(?:nte|tive)\b"
    r"|\b(?:app|aplicacion|pagina|web|formulario|chat|correo) de (?:la )?(?:atencion al cliente|"
    r"servicio al cliente)\b"
    r"|\bcustomer (?:service|care|support) (?:app|website|web|page|form|chat|portal)\b"
    r"|\b(?:how many|cuant[oa]s|more than one|mas de una?) \w+\b"
    r"|\bin person\b|\ben persona\b|\b(?:per|each|por|cada) persona?\b"
)
"""Senses of the words that are no human at the other end: companies, trades, offices of others."""

_OWN_PEOPLE = re.compile(
    r"\b(?:my|mi|mis|his|her) (?:\w+ )?(?:husband|wife|partner|son|daughter|mother|father|mum|mom|dad|brother|"
    r"sister|family|grand\w+|landlord|landlady|neighbou?rs?|flatmates?|lawyer|accountant|"
    r"marido|mujer|espos[oa]|pareja|hij[oa]s?|madre|padre|mama|papa|herman[oa]s?|familia|abuel[oa]s?|"
    r"caser[oa]|vecin[oa]s?|compan(?:er[oa]) de piso|abogad[oa]|contable|niet[oa]s?|novi[oa])\b"
)
"""People on the caller's side; to talk to them or to hand them the phone is no request."""

_COMPLAINED_OF = re.compile(
    r"\b(?:complain\w*|complaint|report(?:ing)?|unhappy|rude|queja\w*|quejarme|reclam\w+|denunciar|denuncia)\b"
    r"(?: \w+){0,3}? (?:about|against|of|de|del|contra|al|por|report|your|the) (?:\w+ ){0,2}?"
    rf"(?:{STRONG_EN}|{STRONG_ES}|{WEAK_EN}|{WEAK_ES})\b"
)

_BAD_LINE = re.compile(
    r"\b(?:cant|cannot|couldnt|dont|doesnt|no) (?:\w+ ){0,3}?(?:talk|speak|hear|call|connect|hablar|oyen?|escuchan?|"
    r"llamar|comunicarme)\b.*\b(?:signal|line|cuts?|phone|calls?|coverage|reception|when i (?:talk|speak|call)|"
    r"senal|linea|corta|cobertura|telefono|cuando (?:hablo|llamo))\b"
    r"|\bphone (?:\w+ )?(?:cant|wont|doesnt) connect\b"
)
"""Trouble with the line, told by what cannot be done on it."""

_ANNOUNCEMENT = re.compile(
    r"\byour call (?:will|is|has|may|can)\b|\b(?:calls|this call|the call) (?:may|will|can|could|are|is) "
    r"(?:\w+ )?(?:be(?:ing)? )?(?:recorded|monitored)\b"
    r"|\ball (?:of )?(?:our|the) (?:\w+ )?(?:agents|operators|advis[eo]rs|representatives|lines|staff|assistants)\b"
    r"|\b(?:will be with you|connecting you|transfer(?:ring)? you|while we|thank you for (?:holding|waiting))\b"
    r"|\bto (?:speak|talk|be connected)\b.{0,40}\bpress (?:zero|one|two|three|\d|star|hash)\b"
    r"|\bfor \w+ press \w+\b"
    r"|\b(?:waiting time|tiempo (?:\w+ )?de espera)\b"
    r"|\b(?:an?|our|one of our) (?:agents?|advis[eo]rs?|operators?|representatives?) will (?:help|assist|call|"
    r"contact|answer|"
    r"take|be)\b|\b(?:un|una|nuestro) (?:agente|asesor|operador|representante)[a]? (?:le|lo|la) (?:ayudara|atendera|"
    r"llamara|contactara|respondera)\b"
    r"|\bsu llamada (?:sera|esta|ha sido|va a ser|es)\b|\b(?:su|esta|la) llamada (?:\w+ ){0,3}(?:grabada|"
    r"monitoreada)\b"
    r"|\btod[oa]s (?:nuestr[oa]s|l[oa]s) (?:\w+ )?(?:agentes|operador[ea]s|asesor[ea]s|ejecutiv[oa]s|representantes|"
    r"lineas)\b|\b(?:uno|una|alguno) de nuestr[oa]s\b|\btomara su llamada\b"
    r"|\b(?:en breve|en unos (?:instantes|minutos|momentos)|enseguida|a continuacion) (?:le|lo|la|sera)\b"
    r"|\b(?:le|lo|la) (?:atendera|atenderemos|atenderan|estamos|comunicaremos|transferiremos|pasamos|comunicamos|"
    r"transferimos)\b|\bgracias por (?:esperar|su (?:espera|paciencia))\b"
    r"|^para\b.{0,60}\b(?:marque|pulse|oprima|presione|digite)\b"
)
_FIRST_PERSON = re.compile(
    r"\b(?:i|me|my|im|id|ive|lets|yo|mi|quiero|quisiera|necesito|prefiero|deme|dame|paseme|pasame|pongame|ponme|"
    r"comuniqueme|comunicame|puedo|podria)\b"
)


def is_announcement(speech: str) -> bool:
    """Return whether the words are those of a queue or a menu ("all our agents are busy"), not of a caller."""
    return bool(_ANNOUNCEMENT.search(speech)) and not _FIRST_PERSON.search(speech)


def without_mentions(speech: str) -> str:
    """Return plain text with all talk about humans blanked that asks for none."""
    return _without(speech, (_REPORTED_BEFORE, _REPORTED, _NOT_WANTED, _COMPLAINED_OF, _OTHER_SENSE, _OWN_PEOPLE))


def without_other_senses(speech: str) -> str:
    """Return plain text with the words blanked that are no human at the other end, reports left as they are."""
    return _without(speech, (_OTHER_SENSE, _OWN_PEOPLE))


def _without(speech: str, patterns: tuple[re.Pattern[str], ...]) -> str:
    if _BAD_LINE.search(speech):
        return ""
    for pattern in patterns:
        speech = pattern.sub(" xx ", speech)
    return " ".join(speech.split())


def is_refusal(speech: str) -> bool:
    """Return whether the caller says that no human is wanted."""
    return bool(_NOT_WANTED.search(speech))


def has_other_sense(speech: str) -> bool:
    """Return whether a word for a human means something else here ("another operator", "estate agent")."""
    return bool(_OTHER_SENSE.search(speech))


def is_report(speech: str) -> bool:
    """Return whether the caller tells what a human said or did."""
    return bool(_REPORTED.search(speech) or _REPORTED_BEFORE.search(speech))
