"""Off-switches and on-switches: what the caller wants kept or estimated, in any of the ways people say it.

A caller who says "don't record me" must be obeyed, whatever words it takes; a caller who speaks of records, recorders
and television must not. So a word for recording only counts when what stands before it is a refusal or a stop, with
nothing between them but small words and words of consent; shows, meters and things on file are never meant.
"""

from __future__ import annotations

import re
from typing import Literal

from voice.dialog.text import any_of, clauses, plain_speech

Switch = Literal["recording_off", "recording_on", "emotion_off", "emotion_on"]

_STOP_EN = (
    r"(?:stop(?:ping)?|end|quit|cease|halt|cancel|disable|delete|erase|get rid of|scrap|ditch|knock off|call off|"
    r"pull the plug on|deactivate|"
    r"cut(?: out)?|kill|drop|"
    r"pause|finish|suspend|"
    r"(?:turn|switch|shut|put|take)(?: off)?)"
)
_STOP_ES = (
    r"(?:par(?:e|a|en|ar|es)|det(?:enga|en|engan|ener|engas)|cort(?:e|a|en|ar|es)|apag\w+|apagu\w+|quit(?:e|a|en|ar|"
    r"es)|"
    r"desactiv\w+|suspend\w+|interrump\w+|cancel(?:e|a|en|ar|es)|termin(?:e|a|en|ar)|finalic\w+|desconect\w+|"
    r"paus(?:e|a|en|ar)|ces(?:e|en|ar)|elimin(?:e|a|en|ar)|borr(?:e|a|en|ar))"
    r"(?:me|nos|lo|la)?"
)
_NOT_EN = (
    r"(?:(?:havent|have not|hasnt|dont have|do not have|never had|no longer have|without|didnt get|"
    r"lack) (?:got )?(?:my |"
    r"our |any )?(?:permission|consent|authori[sz]ation|agreement|approval|okay|ok)|dont|do not|(?<!i )never|without|"
    r"(?:havent|have not|never|didnt|did not) (?:\w+ )?(?:agreed?|consent\w*|"
    r"allow\w*|"
    r"authori[sz]ed?|given|gave|give|asked)|not to|mustnt|shouldnt|nobody|no one|nor|or|"
    r"(?<!i )(?:cant|cannot)|i (?:cant|cannot|wont) (?:allow|accept|agree|let|have)|"
    r"(?:do|you|please|rather|may|prefer|to|should|must|would|better|this|call|it|im|am|"
    r"ok|okay|happy|comfortable) not|not (?:okay|ok|happy|comfortable|fine|agree\w*|consent\w*|allow\w*)|"
    r"(?:rather|prefer|wish|better|happier|like it|grateful|appreciate it) (?:\w+ ){0,3}?(?:didnt|isnt|wasnt|werent|"
    r"wouldnt|not)|(?:make sure|ensure|see to it|see) (?:\w+ ){0,3}?(?:isnt|is not|dont|doesnt|does not|not)|"
    r"would you mind not|mind not)"
)
_NOT_ES = (
    r"(?:no (?:he|hemos) (?:dado|autorizado|consentido|permitido|aceptado|pedido|dicho)|"
    r"no|ni|nunca|sin|nada|basta|evite|eviten|evita|dej(?:e|en|a|es|ar)(?:se|nse)?|dejate|par(?:e|en|a|ar) de)"
)
_SMALL_EN = (
    r"(?:me|us|to|be|being|get|getting|it|this|that|these|my|the|any|a|an|our|your|you|call|calls|conversation|voice|"
    r"words|what|say|want|like|wish|have|having|for|i|am|is|are|consent|agree|agreed|allow|allowed|authori[sz]e|"
    r"permit|permission|with|okay|ok|happy|comfortable|fine|of|keep|keeping|make|making|start|on|should|going|need|"
    r"give|given|please|just|about|if|and|record|recorded|analy[sz]e|s|try|trying|put|dare|anyone|anybody)"
)
_SMALL_ES = (
    r"(?:me|nos|se|lo|la|le|les|os|esto|eso|esta|este|que|quiero|quisiera|deseo|gusta|gustaria|autorizo|autoriz\w+|"
    r"permit\w+|doy|damos|permiso|consentimiento|consient\w+|acept\w+|apruebo|para|a|al|ser|sea|quede|queden|haya|hay|"
    r"usted|ustedes|mi|mis|su|sus|llamada|conversacion|voz|hagan|haga|hacer|ninguna|ningun|un|una|estoy|acuerdo|con|"
    r"de|del|mas|seguir|siga|sigan|sigue|debe|deben|puede|pueden|hace|falta|es|necesario|el|en|por|favor|mejor|ya|"
    r"ni|analizar|dese|gana|tengo ganas|vaya|vayan|vayas|apetece|ocurra|ocurras|conforme)"
)
_VERB_EN = r"(?:(?<!a )(?<!my )(?<!no )(?<!the )(?<!on )(?<!any )(?<!your )record|recorded|recordings?|taped?|taping)"
_NOUN_EN = r"(?:(?:call |voice |audio )?(?:recording|recordings|recorder|taping|tape|grabacion|grabaciones))"
_KEEP = (
    r"(?:(?:keep|store|save|retain|archive|hold on to|guard\w+|almacen\w+|conserv\w+|archiv\w+|"
    r"registr\w+) (?:a copy of |"
    r"any of |una copia de )?(?:my voice|this (?:call|conversation)|the audio|my words|what i (?:say|said)|mi voz|"
    r"(?:la|esta) (?:llamada|conversacion)|el audio|mis palabras|lo que (?:digo|diga|he dicho)))"
)
"""To keep the sound of this call."""
_VERB_ES = (
    r"(?:grab(?:e|en|es|eis|ar|ando|ase|asen|ara|aran|ado|ada|acion|aciones)|"
    r"grav(?:e|en|es|ar|ando|ado|ada|acion))(?:me|nos|lo|la|se|le|melo)?"
)
_AGAINST_EN = r"(?:no|not|dont|wont|isnt|never|uncomfortable|unhappy|hate|dislike)"
_AGAINST_ES = r"(?:no|molest\w+|incomod\w+|odio|detesto|disgusta)"
_CALM_EN = (
    r"(?!(?:mind|know|sure|remember|if|whether|think|understand|why|problem|objection|care|matter|worry|said|told)\b)"
)
_CALM_ES = r"(?!(?:importa\w*|se|sabia|sabe|problema|inconveniente|creo|entiendo|si|pasa|recuerdo|ha|han|he)\b)"
"""Words after which a no is none against recording ("I don't mind being recorded", "no sé si me graban")."""
_ANY_WORD = r"(?:\w+ )"

_RECORDING_OFF = any_of(
    rf"\b{_NOT_EN} (?:{_SMALL_EN} ){{0,7}}{_VERB_EN}\b",
    rf"\b(?:{_NOT_EN}|{_NOT_ES}) (?:(?:{_SMALL_EN}|{_SMALL_ES}) ){{0,5}}?{_KEEP}\b",
    rf"\b(?:stop|quit|cease|end|halt|stopping) (?:{_SMALL_EN} ){{0,4}}{_VERB_EN}\b",
    rf"\b{_STOP_EN} (?:the |this |that |your |my |all |any |off |of ){{0,3}}{_NOUN_EN}\b",
    rf"\b{_NOUN_EN} (?:\w+ ){{0,3}}?(?:off|stopped|ended|cancelled|switched off|turned off)$",
    rf"\b(?:refuse|object|decline|opt out|withdraw|revoke|oppose|opposed|say no|against|forbid|take back) {_ANY_WORD}"
    rf"{{0,6}}?(?:record\w*|tap(?:ed|ing))\b",
    r"^(?:(?:please|so|and|but|well|ok|okay|hi|hello|yes|no thanks|i said|i told you|like i said|"
    r"i want) )*no (?:more |call |voice |to (?:the |any )?)?"
    r"(?:recording|recordings|taping)\b",
    r"\brecording (?:off|no)\b",
    r"^(?:\w+ ){0,5}off the record(?: please)?$",
    rf"\b{_NOT_ES} (?:{_SMALL_ES} ){{0,7}}{_VERB_ES}\b",
    rf"\b{_STOP_ES} (?:ya |de |con |lo |eso |la |esta |esa |su |toda |por favor ){{0,4}}"
    r"(?:grab(?:acion|aciones|adora|ar|arme|arnos)|recording|recordings)\b",
    rf"\b(?:niego|rechazo|opongo|renuncio|retiro|revoco|prohibo|prohibid\w+|en contra|desautorizo) {_ANY_WORD}"
    rf"{{0,6}}?{_VERB_ES}\b",
    r"\bno me grab(?:as|a|an)\b",
    rf"\b{_AGAINST_EN} (?:{_CALM_EN}\w+ ){{0,6}}?(?:(?:record|recording|tape|taping) (?:me|us|this|my voice|"
    rf"the call|any)|"
    r"(?:be|being|get|getting|have (?:this|it|me)|having (?:this|it|me)) (?:recorded|taped|on tape))\b",
    rf"\b{_AGAINST_ES} (?:{_CALM_ES}\w+ ){{0,5}}?(?:(?:me|nos|se) (?:grab|grav|registr)(?:e|en|es|eis|as\w*|ar\w*)|"
    r"(?:salir|quedar|ser|estar|verme) (?:grabad|registrad)[oa]|registr(?:e|en|es|ar) (?:mi voz|la llamada))\b",
    r"\b(?:turn|switch|shut|take) (?:it|that|this) off (?:the |your |that )?recording\b",
    r"\b(?:keep|leave|want|prefer|make|have|stay|go) (?:\w+ ){0,2}unrecorded\b",
    r"\bgrabacion(?:es)? (?:no|fuera|off)\b",
)
_THING = (
    r"(?:shows?|programmes?|programs?|games?|match|films?|movies?|series|episodes?|telly|tv|television|dvr|pvr|"
    r"set top|box|decoder|channels?|camera|football|serie|programas?|partidos?|peliculas?|deco\w*|tele|"
    r"canal(?:es)?|camaras?|capitulos?|buzon|contestador|voicemail|contactos|answering machine|meeting|reunion|"
    r"meter|contador|payments?|pagos?|pin|letters?|delivery|readings?|lecturas?|usage|consumption|consumo)"
)
_THING_BEFORE = re.compile(rf"\b{_THING}\b")
_THING_AFTER = re.compile(
    r"^(?:(?:the|my|your|a|an|any|anything|something|stuff|of|on|in|from|for|light|at|la|el|las|los|mi|mis|de|del|"
    r"en|un|una|sus?|set|top) )*"
    rf"{_THING}\b"
)
_NOT_THIS_CALL = any_of(
    r"\b(?:have|has|had|havent|hasnt|see|find|found|got|theres|there is|there was|there are|is there|isnt|arent) "
    r"(?:got )?(?:no|a|any|the|my|your|that) (?:\w+ )?(?:records?|recordings?)\b(?! (?:on this|me))",
    r"\b(?:no|any|a|on|the|my|your) records?\b(?! (?:of (?:this|the|our|my) (?:call|conversation)|me|this|my voice))",
    r"\b(?:no|never) (?:signal|internet|wifi|power|sound|sonido|senal|luz)\b|\bsin (?:internet|senal|luz|wifi)\b",
    r"\b(?:no encuentro|no veo|no funciona|no va|no oigo|donde esta|no consta|no tengo grabad[oa]|no puedo grabar|"
    r"no se (?:como|si)|how (?:do|can|to) i? ?)\b",
    r"\b(?:dont|do not|didnt|no) (?:\w+ )?(?:stop|dej\w+ de|par\w+) (?:\w+ )?(?:record|grab)\w*",
    r"\b(?:hablar|hablo|hable|talk\w*|speak\w*|escuch\w+|listen\w*) (?:\w+ ){0,6}?(?:grabacion(?:es)?|recordings?)\b",
    r"\bdont you (?:guys )?record (?:calls|all|every)\b",
)
_NEAR_WORDS = 5
"""How many words before a refusal may name what it is about. Source: own sentences in the tests."""
_PEOPLE = (
    r"(?:me|us|my voice|my call|this call|this conversation|our (?:call|conversation)|mi voz|la llamada|esta llamada)"
)
_THIS_CALL = any_of(
    rf"\b(?:record|recording|tape|taping) {_PEOPLE}\b",
    r"\b(?:me|nos|que se) (?:grab|grav)(?:e|en|es|eis|a|an|as)\b|\b(?:grab|grav)(?:arme|arnos|eme)\b",
    r"\b(?:this (?:call|conversation)|esta (?:llamada|conversacion))\b",
)
_RECORDING_ON = any_of(
    r"\b(?:you (?:can|may)|feel free to|go ahead and|start|resume|turn on|"
    r"switch on) (?:\w+ ){0,3}record(?:ing)?\b",
    r"\b(?:puede|puedes|pueden|ya puede|vuelva a|vuelve a|si grabe|active|"
    r"activa) (?:(?!par|dej)\w+ ){0,2}(?:grabar|grabarme|grabacion|la grabacion)\b",
)

_ANALYSE_EN = (
    r"(?:analy[sz]\w*|estimat\w*|guess\w*|judg\w*|assess\w*|measur\w*|evaluat\w*|detect\w*|monitor\w*|track\w*|"
    r"rat(?:e|ing|ed)|scor(?:e|ing|ed)|interpret\w*|work(?:ing)? out|figur(?:e|ing) out|listen(?:ing)? to|infer\w*|"
    r"study\w*|scan\w*|profil\w*)"
)
_ANALYSE_ES = (
    r"(?:anali[cz]\w+|estim(?:e|en|es|ar|ando|ada|ado|a|an|acion)(?:me|la|lo)?|juz(?:g|gu)\w+|mid(?:a|an|as|iendo|e|"
    r"en)|"
    r"medi(?:r|rme|cion)|evalu\w+|detect\w+|adivin\w+|estudi(?:e|en|ar|ando)\w*|interpret\w+|valor(?:e|en|ar|ando)\w*|"
    r"calcul\w+|deduzca\w*|deduc\w+|examin\w+|rastre\w+|calif\w+|puntu\w+)"
)
_FEEL = (
    r"(?:emotions?|emotional (?:state|analysis|detection|estimate|estimation)|feelings?|mood|tone|"
    r"how (?:i|i am|im|my voice|my tone) ?(?:feel|feeling|sound|sounds|sounding|doing)?|"
    r"(?:my )?voice(?: tone)?|the way (?:i|my voice) sounds?|"
    r"sentiments?|emocion(?:es)?|sentimientos?|animos?|tono|(?:mi |la )?voz|como (?:me )?(?:siento|sueno|encuentro|"
    r"estoy|hablo)|"
    r"como suena\w*)"
)
_FEEL_NOUN = (
    r"(?:(?:emotions?|emotional|feelings?|sentiments?|mood|voice|tone) (?:analysis|detection|estimat\w*|guess\w*|"
    r"tracking|reading|"
    r"thing|stuff|recognition|judg\w*|check\w*|monitoring)|"
    r"(?:analisis|estimacion|deteccion|medicion|reconocimiento|lo|eso|esto|evaluacion) (?:de |del |de la |de las |"
    r"de los |de mi |de mis )(?:emocion(?:es)?|animo|voz|sentimientos|estado de animo|tono)|"
    r"(?:analisis|deteccion|estimacion|lectura|reconocimiento) (?:emocional|animic[oa]|sentimental))"
)
_MOOD = (
    r"(?:emotions?|emotional \w+|feelings?|mood|sentiments?|emocion(?:es)?|sentimientos?|animos?|estado (?:de animo|"
    r"emocional))"
)
"""What can mean nothing but the estimate."""
_READ = (
    rf"(?:{_ANALYSE_EN}|{_ANALYSE_ES}|read(?:ing)?|le(?:a|an|er|yendo)(?:me)?|mir(?:e|en|ar|ando)(?:me)?|observ\w+|"
    r"vigil\w+|watch(?:ing)?)"
)
_OFF = rf"(?:{_NOT_EN}|{_NOT_ES}|{_STOP_EN}|{_STOP_ES}|off)"
_SMALL = rf"(?:{_SMALL_EN}|{_SMALL_ES})"

_EMOTION_OFF = any_of(
    rf"\b{_OFF} (?:{_SMALL} ){{0,6}}?(?:{_ANALYSE_EN}|{_ANALYSE_ES}) {_ANY_WORD}{{0,4}}?{_FEEL}\b",
    rf"\b(?:{_NOT_EN}|{_NOT_ES}) (?:{_SMALL} ){{0,6}}?{_FEEL} {_ANY_WORD}{{0,2}}?(?:{_ANALYSE_EN}|{_ANALYSE_ES})\b",
    rf"\b(?:{_OFF}|no) (?:{_SMALL} ){{0,3}}?{_FEEL_NOUN}\b",
    rf"\b(?:{_NOT_EN}|{_STOP_EN}|{_NOT_ES}) (?:{_SMALL} ){{0,3}}?(?:analy[sz]\w+|anali[cz]\w+|profil\w+) (?:me|us)\b|"
    rf"\bno (?:me|nos) anali[cz]\w+",
    rf"\b(?:refuse|object|opt out|niego|opongo|rechazo|withdraw|against|en contra) {_ANY_WORD}{{0,5}}?"
    rf"(?:emotions?|feelings|mood|emociones|sentimientos|animo|tono)\b",
    r"^(?:\w+ ){0,2}(?:sin|no|without) (?:emotions?|emociones)(?: (?:por favor|please|thanks|gracias))?$",
    rf"\b{_OFF} (?:{_SMALL} ){{0,4}}?(?:read(?:ing)?|le(?:a|an|er|yendo)(?:me)?) (?:my |me |mi |mis |el )?{_FEEL}\b",
    rf"\b(?:{_AGAINST_EN}|{_AGAINST_ES}|no) (?:(?:{_CALM_EN}{_CALM_ES}\w+) ){{0,6}}?{_READ} (?:\w+ ){{0,3}}?{_MOOD}\b",
    rf"\b{_MOOD}\b(?: \w+){{0,6}}? (?:(?:turn|switch|shut) (?:it|that|this|them) off|(?:apag|apagu|desactiv|quit|"
    r"desconect)\w*(?:l[oa]s?|(?= (?:es[oa]|est[oa])\b))|(?:no|dont) (?:l[oa]s? )?(?:quiero|want (?:it|that)))\b",
    rf"\b(?:no|dont|do not|nor|ni|sin) (?:\w+ ){{0,3}}?(?:want|quiero|deseo|autorizo|acepto|need|consent to|agree to|"
    rf"doy "
    rf"(?:mi )?(?:consentimiento|permiso) (?:para|a)) (?:the |your |any |la |el |lo de |al? )*(?:\w+ )?{_FEEL_NOUN}\b",
    rf"\b(?:leave|keep) (?:out (?:the |my )?{_FEEL}|(?:the |my )?{_FEEL} out)\b",
    r"\bturn (?:the |that )?(?:emotion|emotions|mood)(?: \w+)? off\b",
)
_EMOTION_ON = any_of(
    r"\b(?:you can|you may|turn on|switch on|puede|puedes|active|activa) (?:\w+ ){0,4}"
    r"(?:emotions?|feelings?|mood|emocion|emociones|sentimientos?|animo)\b"
)


def find_switches(text: str) -> tuple[Switch, ...]:
    """Return what the caller wants switched: keeping the recording, estimating emotion."""
    return tuple(switch for subject in _KINDS if (switch := _read(text, subject)[0]) is not None)


def without_switches(text: str) -> str:
    """Return the words of `text` without those that ask for a switch."""
    for subject in _KINDS:
        text = _read(text, subject)[1]
    return text


_Kind = tuple[Switch, re.Pattern[str], Switch, re.Pattern[str]]
_KINDS: tuple[_Kind, ...] = (
    ("recording_off", _RECORDING_OFF, "recording_on", _RECORDING_ON),
    ("emotion_off", _EMOTION_OFF, "emotion_on", _EMOTION_ON),
)


def _read(text: str, kind: _Kind) -> tuple[Switch | None, str]:
    """Return the switch of one kind and the rest of the words; each thought is read by itself, then all as one."""
    off_name, off, on_name, on = kind
    for thoughts in dict.fromkeys((clauses(text), (plain_speech(text),))):
        for name, pattern in ((off_name, off), (on_name, on)):
            kept, found = [], False
            for thought in thoughts:
                hit = next((m for m in pattern.finditer(thought) if _is_meant(thought, m, name)), None)
                found = found or hit is not None
                kept.append(thought if hit is None else f"{thought[: hit.start()]} {thought[hit.end() :]}")
            if found:
                return name, ", ".join(" ".join(part.split()) for part in kept if part.strip())
    return None, text


def _is_meant(thought: str, hit: re.Match[str], name: Switch) -> bool:
    """Return whether a match speaks of this call, not of television, meters or what is on file."""
    if name.startswith("emotion") or _THIS_CALL.search(thought):
        return True
    before = " ".join(thought[: hit.start()].split()[-_NEAR_WORDS:])
    return not (
        _NOT_THIS_CALL.search(thought)
        or _THING_BEFORE.search(f"{before} {hit.group()}")
        or _THING_AFTER.search(thought[hit.end() :].strip())
    )
