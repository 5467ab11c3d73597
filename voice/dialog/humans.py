"""Whether a caller wants a human: high recall, because a missed request is the worst a bot can do.

A request is a wish ("I want", "me pasa con") near a word for a human, a bare word for a human ("agent", "operadora"),
a department with a verb of transfer, or a refusal to talk to a machine. Telling about humans ("I spoke to an agent
yesterday", "está a nombre de otra persona") and visits ("send someone to look at it") are not requests.
"""

from __future__ import annotations

import re

from rapidfuzz import fuzz

from calls.ids import Language
from voice.dialog.human_cues import CUE_THRESHOLD, cue_score
from voice.dialog.text import clauses, plain_speech

_STRONG_EN = (
    r"(?:agents?|a gent|operators?|operater|representatives?|reps?|represent a tive|"
    r"human ?beings?|humans?|human person|"
    r"advis[eo]rs?|supervisors?|managers?|receptionist|attendant|associate|consultant|"
    r"case ?worker|csr|specialist|"
    r"(?:real|reel|actual|live|living|proper|normal|physical|flesh and blood) "
    r"(?:live |human |breathing |actual |real )?(?:person|people|human|humans|someone|somebody|"
    r"agent|man|woman|voice|one|being)|"
    r"(?:someone|somebody|anyone|anybody|a person|people) (?:real|human|alive|live|who is (?:real|"
    r"human)|with a pulse|in charge|"
    r"whos (?:real|human)|thats (?:real|human))|customer (?:service|services|care|support|"
    r"relations)|call cent(?:er|re)|help ?desk|"
    r"(?:members? of|your|the) (?:staff|team)|tech(?:nical)? support|front desk|switchboard|"
    r"your boss|the boss|"
    r"one of your (?:people|colleagues|guys|team|staff|employees)|your (?:colleagues?|people))"
)
_WEAK_EN = (
    r"(?:persons?|per son|people|someone|some one|somebody|some body|anyone|anybody|any body|"
    r"colleagues?|man|woman|lady|gentleman|girl|guy|"
    r"bloke|lad|employee|staff|team|boss|technician|engineer|expert|him|her|them|whoever|"
    r"one of you|support|assistant|service)"
)
_DEPARTMENT_EN = (
    r"(?:\w+ )?(?:department|desk|office|billing|sales|complaints|accounts|retentions|support|"
    r"repairs|team)"
)

_GO_TO_EN = (
    r"(?:speak|speaking|talk|talking|chat|chatting|spoken|connected|transferred|put through|"
    r"conversation|word) "
    r"(?:directly |again |right now |now |in person |live |instead |please )?(?:to|with|two|too)"
)
_BRING_EN = (
    r"(?:(?:put|pass|patch|switch|get|connect|transfer|send|hand|forward|direct|take|bring|route|"
    r"redirect|link|hook|plug)"
    r" (?:me|us|my call|this call|the call|it)(?: up| on| over| through| straight| right|"
    r" directly| back)*"
    r"(?: (?:to|with|on to|onto|in touch with|through to))?"
    r"|(?:get|give|find|fetch|call|bring|pass|hand|put)(?: me| us)?(?: on)?|be (?:connected|"
    r"transferred|put through)(?: to| with)?"
    r"|(?:reach|contact|access|see|ask for|looking for|hear from|deal with|dealing with|"
    r"get hold of|get a hold of|"
    r"get through to|get in touch with|come on the (?:line|phone)))"
)
_WISH_EN = (
    r"(?:i want|i wanna|i need|i would like|id like|i d like|i prefer|id prefer|id rather (?:have|"
    r"get|deal with|it was)|"
    r"i would (?:rather|prefer)(?: have)?|i demand|i insist on|i require|can i (?:get|have|"
    r"please have|please get)|"
    r"could i (?:get|have|please have|please get)|may i (?:have|get)|let me (?:have|get)|lemme get|"
    r"is there (?:a|an|any|some|no)|isnt there|are there (?:any|no)|do you have|dont you have|"
    r"have you got|"
    r"id feel better with|how do i (?:get|reach|find)|where (?:is|are)|gimme|give me|just|only|"
    r"rather have|"
    r"no one|nobody|i wish)"
)
_GAP = r"(?: \w+){0,4}? "

_STRONG_ES = (
    r"(?:agentes?|(?:ser |seres )?humanos?|humana|operador(?:a|es|as)?|asesor(?:a|es|as)?|"
    r"ejecutiv[oa]s?|representantes?|"
    r"supervisor(?:a|es)?|gerentes?|encargad[oa]s?|teleoperador(?:a|es)?|telefonistas?|"
    r"recepcionistas?|gestor(?:a|es)?|"
    r"(?:persona|personas|alguien|gente|senorita|ser|voz|hombre|mujer|agente|"
    r"una) (?:\w+ )?(?:real|reales|human[oa]s?|de verdad|"
    r"de carne y hueso|viv[oa]|fisic[oa]|normal|competente|que (?:me )?(?:entienda|ayude|atienda|"
    r"resuelva|sepa|escuche|hable|piense|respire))|"
    r"atencion al cliente|servicio al cliente|servicio de atencion|atencion personal(?:izada)?|"
    r"persona humana|"
    r"companer[oa]s? (?:suy[oa]s?|tuy[oa]s?)|(?:su|tu|un|una|algun|alguna) (?:companer[oa]|colega|"
    r"jefe|jefa|superior)|"
    r"uno de (?:ustedes|vosotros)|alguno de (?:ustedes|vosotros))"
)
_WEAK_ES = (
    r"(?:persona|personas|alguien|alguno|alguna|gente|senorita|senor|senora|chic[oa]|muchach[oa]|"
    r"companer[oa]s?|colega|"
    r"jef[ea]|responsable|emplead[oa]s?|comercial|tecnic[oa]s?|especialista|personal|ell[oa]s?|"
    r"quien|nadie|hombre|mujer|"
    r"un tipo|una tipa|equipo|experto|uno|una)"
)
_GO_TO_ES = (
    r"(?:hablar(?:le)?|hable|hablo(?= con (?:una |un )?(?:persona|agente|humano|alguien))|"
    r"platicar|conversar|charlar|comunicarme|"
    r"contactar(?:me)?|conectarme|tratar|dialogar|entenderme|consultar|"
    r"que hable) (?:\w+ ){0,3}?(?:con|a)"
)
_BRING_ES = (
    r"(?:(?:me )?(?:comuni(?:que|ca|cas|quen|queme|came|quenme|car|carme|cara|caria)|pas(?:e|a|as|"
    r"en|eme|ame|enme|ar|arme|aras|arias|aria|adme|ais|aseis)|"
    r"pon(?:ga|e|es|eme|me|ganme|game|gan|er|erme|edme|dria|drias|dra|gas)|transf(?:iera|iere|"
    r"ieres|erir|erirme|iereme|ierame|ieran)|"
    r"conect(?:e|a|as|eme|ame|ar|arme|enme)|deriv(?:e|a|as|eme|ame|ar|arme)|contact(?:e|a|as|eme|"
    r"ame)|redirij(?:a|ame)|"
    r"localic(?:e|eme)|llev(?:e|eme|ame)|d(?:e|eme|ame|a|as|ar|arme|enme)|busqu?(?:e|eme|ame|a)|"
    r"consig(?:ue|ueme|ame|a)|manda(?:me)?|mandeme|"
    r"enlac(?:e|eme)|canalic(?:e|eme)|traig(?:a|ame)|traeme)(?: (?:ya|por favor|porfa|ahora|mejor|"
    r"usted|directamente|directo|de una|de una vez))*"
    r"(?: (?:con|a|al|en contacto con|en comunicacion con|en linea con))?)"
)
_SERVE_ES = (
    r"(?:atienda|atiende|atiendan|atender|atenderme|atiendas|ayude|ayudar|ayudarme|ayuda|resuelva|"
    r"conteste|contesten|conteste|responda|escuche|coja|ponga|hable)"
)
_WISH_ES = (
    r"(?:quiero|quisiera|querria|necesito|necesitaria|deseo|desearia|prefiero|preferiria|"
    r"me gustaria|exijo|pido|busco|solicito|ocupo|requiero|"
    r"puedo|podria|puede|puedes|podes|hay|habra|tienen|teneis|tienes|tendran|esta|donde (?:hay|"
    r"esta)|dejame|dejeme|solo|me urge|a ver si|con)"
)

_REPORTED = re.compile(
    r"\b(?:spoke|talked|chatted|was (?:speaking|talking|told|chatting)|am i (?:speaking|talking)|"
    r"(?:got|had|get) (?:a |an )?(?:call|message|letter|visit|email|text) from|"
    r"been (?:speaking|talking)|have spoken|ive spoken|had spoken|"
    r"after (?:speaking|talking)|when i (?:spoke|talked|called)|told me|said|sent me|promised|"
    r"hung up on|came|visited|called me|rang me|"
    r"gave me|sold me|"
    r"hable|hablamos|hablaba|he hablado|habia hablado|hablado|estuve hablando|me dijo|me dijeron|"
    r"me ha dicho|me atendio|me atendieron|"
    r"me paso con|me pasaron|me comunicaron|me vendio|me colgo|me llamo|vino|me prometio|"
    r"me explico|me contesto|despues de hablar|tras hablar)\b"
    r"(?: (?:\w+ ){0,4}?(?:to|with|con|a|by|una|un|an|the|el|la|one)){0,1}"
    rf"(?: \w+){{0,3}}? (?:{_STRONG_EN}|{_STRONG_ES}|{_WEAK_EN}|{_WEAK_ES})\b"
)
_REPORTED_BEFORE = re.compile(
    rf"\b(?:an?|the|your|one of your|una?|el|la|su|uno de sus) (?:{_STRONG_EN}|{_STRONG_ES}|"
    rf"{_WEAK_EN}|{_WEAK_ES})"
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
_ANTI_MACHINE = re.compile(
    r"\b(?:dont|do not|cant|cannot|wont|will not|hate|not|never|refuse|stop|tired of|sick of|"
    r"fed up with|no more|enough of|"
    r"get out of|out of|done with|rather not|dont like|instead of|get me off|get rid of|"
    r"instead)\b(?: \w+){0,6} "
    r"(?:robots?|machines?|computers?|recordings?|bots?|automated|automatic|system|ai|"
    r"answering machine|voice ?mail|machine thing|menu|chatbot|phone tree)\b"
    r"|\b(?:no|not|never|stop) (?:\w+ )?(?:robots?|machines?|bots?|computers?)\b"
    r"|\b(?:no|sin|odio|detesto|hart[oa]|cansad[oa]|me (?:canse|aburri|harte)|no (?:aguanto|"
    r"soporto)|paso|nada|basta|dejar|salir|sacame|saqueme|"
    r"fuera|en vez|quitame|quiteme|harta)\b(?: \w+){0,7} "
    r"(?:robots?|maquinas?|maquinitas?|grabacion(?:es)?|grabadoras?|contestador(?:a|as|es)?|"
    r"ordenador(?:es)?|computadoras?|bots?|automatic[oa]s?|"
    r"inteligencia artificial|sistema automatico|chatbots?|automata)\b"
)
_ANTI_NOT = re.compile(
    r"\b(?:record|grab(?:e|es|en|ar|ando)|listen to|escuchar)\b.*\b(?:recording|grabacion)\b|"
    r"\b(?:work|works|working|turn|turns|start|starts|funciona|funcionan|enciende|va|prende|"
    r"arranca|anda|conecta|connect|lavadora|washing|vending|"
    r"coffee|cafe|payment|pago|debit|direct debit|meter|contador|router|card|tarjeta|atm|cajero|"
    r"updates?|load|boot|print|see|find|ver)\b(?: \w+){0,4} "
    r"(?:machine|computer|computers|system|maquina|ordenador|computadora|contestador|automatic|"
    r"automatico|automated)\b"
    r"|\b(?:machine|computer|maquina|ordenador|computadora|lavadora) (?:\w+ )?(?:is|isnt|wont|no|"
    r"cant|doesnt|not|esta|va|se)\b"
    r"|\b(?:automatic|automated|automatico|automaticos|automatica) (?:payments?|debit|renewal|"
    r"billing|pagos?|renovacion|top up|topup|cobros?|readings?|lecturas?)\b"
    r"|\b(?:pagos?|cobros?|renovacion|recarga|lectura|debito|payment) automatic[oa]s?\b"
    r"|\b(?:my|the|mi|el|la|una?|a) (?:\w+ )?(?:computer|ordenador|"
    r"computadora)\b(?! por favor)(?= (?:y|and|to|a|with|con|at|in|en|wifi|por))"
)
_WANT_TALK = re.compile(
    rf"\b(?:{_GO_TO_EN})(?: \w+){{0,4}}? (?:{_STRONG_EN}|{_WEAK_EN})\b|"
    rf"\b(?:{_GO_TO_ES})(?: \w+){{0,4}}? (?:{_STRONG_ES}|{_WEAK_ES})\b"
)
_PASS_TO = re.compile(
    rf"\b(?:{_BRING_EN})(?: \w+){{0,3}}? (?:{_STRONG_EN})\b|"
    rf"\b(?:{_BRING_ES})(?: \w+){{0,3}}? (?:{_STRONG_ES})\b"
    rf"|\b(?:{_WISH_EN}){_GAP}(?:{_STRONG_EN})\b|\b(?:{_WISH_ES}){_GAP}(?:{_STRONG_ES})\b"
    rf"|\b(?:{_WISH_EN}|{_WISH_ES}) (?:{_STRONG_EN}|{_STRONG_ES})\b"
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
    rf"team)(?:{_WEAK_EN})\b(?! (?:over|under|aged|older|with|to (?:sign|come|look|fix|install|"
    rf"check|visit|repair|move|connect|set|"
    rf"read|change)|come|out|plan|else in|at home|name|line))"
    rf"|\b(?:(?:comuni\w+|p[ao]s\w+|pong\w+|pon\w*|transf\w+|conect\w+|deriv\w+|contact\w+|"
    rf"enlac\w+|canali\w+|comunic\w+)(?: \w+){{0,3}}? (?:con|a|al)(?: \w+){{0,3}}?)"
    rf" (?:{_WEAK_ES})\b(?! de la (?:cuenta|casa))"
)
_SERVED_BY = re.compile(
    rf"\bme (?:puede |puedes |podria |podrias |va a |pueda )?(?:{_SERVE_ES}|lo explique|"
    rf"lo resuelva) (?:ya )?(?:\w+ )?(?:{_STRONG_ES}|alguien|una? (?:persona|senorita|chica|chico|"
    rf"senor|companero|companera|compa))\b"
    rf"|\b(?:{_STRONG_ES}|alguien|nadie|una? (?:persona|senorita|senor|chica)|"
    rf"quien) (?:\w+ ){{0,3}}?(?:que )?(?:me (?:pueda |puede |va a |quiera )?|pueda |puede |"
    rf"se )(?:{_SERVE_ES})(?:me)?\b(?! (?:con|a|para|el|la|los|las|sobre|en) )"
    r"|\b(?:hay alguien|no hay nadie|hay algun|esta alguien|habra alguien|"
    r"hay una persona)\b(?! (?:en (?:casa|la casa|mi)|robando|sin|con luz|herid|mas|entrando))"
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
    rf"over to) (?:the |your |a )?{_DEPARTMENT_EN}\b|\bspeak (?:to|with) (?:the |"
    rf"your )?{_DEPARTMENT_EN}\b|\btalk (?:to|with) (?:the |your )?{_DEPARTMENT_EN}\b"
    r"|\b(?:comuni\w+|pas(?:e|a|as|eme|ame|ar|arme)\w*|pong\w+|pon(?:me|er|erme)|transf\w+|"
    r"conect\w+|deriv\w+)(?: \w+){0,3}? (?:con|a|al) (?:el |la |los |su )?(?:departamento|area|"
    r"facturacion|ventas|soporte|reclamaciones|cobranza|bajas|averias|seccion|oficina|servicio)\b"
    r"|\bhablar con (?:el |la |los |su )?(?:departamento|area|facturacion|ventas|soporte|"
    r"reclamaciones|cobranza|bajas|averias|oficina)\b"
)
_PERSON_MENTION = re.compile(rf"\b(?:{_STRONG_EN}|{_STRONG_ES})\b")
_BARE = re.compile(
    r"^(?:(?:please|por favor|porfavor|porfa|ya|now|just|only|no|yes|si|ok|okay|un|una|an|a|the|"
    r"el|la|real|con|to|oh|uh|um|eh|ah|hello|hi|hola|i|said|want|dije|digo|he dicho|que|"
    r"a ver|carne|hueso|stop|enough|basta|para|um|pues|bueno|mejor|more|again|otra vez|well|sorry|"
    r"perdon|thanks|"
    r"gracias|need|quiero|mi|my|god|come on|ahora|mismo|right|otro|otra|another|different|"
    rf"por|favor|senorita|someone|somebody|anybody|anyone|person|persona|alguien|gente|help|people|"
    rf"{_STRONG_EN}|{_STRONG_ES}) ?)+$"
)
_BARE_CORE = re.compile(
    rf"\b(?:{_STRONG_EN}|{_STRONG_ES}|person|persona|someone|somebody|anybody|anyone|people|"
    rf"alguien|gente)\b"
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
)
_FUZZY_NOUNS = ("representative", "supervisor", "operator", "representante", "operadora", "ejecutivo", "asesora")
_FUZZY_MIN = 88.0
"""Similarity in percent from which a misheard long word counts. Source: own list in the tests."""


def _mend(speech: str) -> str:
    """Put right long words for a human that the recogniser misspelled."""
    words = speech.split()
    for i, word in enumerate(words):
        if len(word) < 7 or _PERSON_MENTION.fullmatch(word):
            continue
        for noun in _FUZZY_NOUNS:
            if len(noun) >= 8 and word != noun and word[0] == noun[0] and fuzz.ratio(word, noun) >= _FUZZY_MIN:
                words[i] = noun
    return " ".join(words)


def _blank(pattern: re.Pattern[str], speech: str) -> str:
    return pattern.sub(" xx ", speech)


def wants_human(text: str, language: Language | None = None) -> bool:
    """Return whether the caller asks for a human now. Both languages are always tried; `language` is a hint only."""
    del language
    speech = _mend(plain_speech(text))
    if not speech:
        return False
    if (
        _BARE.match(speech)
        and _BARE_CORE.search(speech)
        and len(speech.split()) <= 8
        and not _NOT_WANTED.search(speech)
    ):
        return not _OTHER_SENSE.search(speech)
    if _ANTI_MACHINE.search(speech) and not _ANTI_NOT.search(speech):
        return True
    rest = " ".join(
        _blank(_OTHER_SENSE, _blank(_NOT_WANTED, _blank(_REPORTED, _blank(_REPORTED_BEFORE, speech)))).split()
    )
    if any(pattern.search(rest) for pattern in (_WANT_TALK, _PASS_TO, _PASS_WEAK, _SERVED_BY, _DEPARTMENT)):
        return True
    parts = clauses(text)
    short = [part for part in parts if len(part.split()) <= _BARE_WORDS]
    if len(parts) > 1 and any(_BARE.match(part) and _BARE_CORE.search(part) for part in short):
        return not (_REPORTED.search(speech) or _REPORTED_BEFORE.search(speech) or _OTHER_SENSE.search(speech))
    return cue_score(rest) >= CUE_THRESHOLD


_BARE_WORDS = 5
"""A clause of up to so many words that only names a human is a request: "Stop. Agent." """
