"""Words for humans, for wishes and for being connected, as parts of patterns over plain text."""

from __future__ import annotations

STRONG_EN = (
    r"(?:agents?|a gent|operators?|operater|representatives?|reps?|represent a tive|"
    r"human ?beings?|humans?|human person|"
    r"advis[eo]rs?|supervisors?|managers?|receptionist|attendant|associate|consultant|"
    r"case ?worker|csr|specialist|"
    r"(?:real|reel|actual|live|living|proper|normal|physical|flesh and blood) "
    r"(?:live |human |breathing |actual |real )?(?:person|people|human|humans|someone|somebody|"
    r"agent|man|woman|voice|one|being)|"
    r"(?:someone|somebody|anyone|anybody|a person|people) (?:real|human|alive|live|who is (?:real|"
    r"human)|with a pulse|in charge|"
    r"whos (?:real|human)|thats (?:real|human))|(?:living |single |human )soul|(?:second|next|tier \w+|"
    r"higher) (?:level|line|tier)? ?(?:of )?support|customer (?:service|services|care|support|"
    r"relations)|call cent(?:er|re)|help ?desk|"
    r"(?:(?:members? of )?(?:your|the)|members? of) (?:staff|team)|tech(?:nical)? support|front desk|switchboard|"
    r"your boss|the boss|"
    r"one of your (?:people|colleagues|guys|team|staff|employees)|your (?:colleagues?|people))"
)
WEAK_EN = (
    r"(?:persons?|per son|people|someone|some one|somebody|some body|anyone|anybody|any body|"
    r"colleagues?|man|woman|lady|gentleman|girl|guy|"
    r"bloke|lad|employee|staff|team|boss|technician|engineer|expert|him|her|them|whoever|"
    r"one of you|support|assistant|service)"
)
DEPARTMENT_EN = (
    r"(?!(?:e|paper|paperless|electronic|digital|online|direct) )(?:\w+ )?(?:department|desk|office|billing|sales|"
    r"complaints|accounts|retentions|technical|tech|support|"
    r"repairs|team)"
)

GO_TO_EN = (
    r"(?:speak|speaking|talk|talking|chat|chatting|spoken|connected|transferred|put through|"
    r"conversation|word) "
    r"(?:directly |again |right now |now |in person |live |instead |please )?(?:to|with|two|too)"
)
BRING_EN = (
    r"(?:(?:put|pass|patch|switch|get|connect|transfer|send|hand|forward|direct|take|bring|route|"
    r"redirect|link|hook|plug)(?:s|es|ting|ing)?"
    r" (?:me|us|my call|this call|the call|it)(?: up| on| over| through| straight| right|"
    r" directly| back)*"
    r"(?: (?:to|with|on to|onto|in touch with|through to))?"
    r"|(?:get|give|find|fetch|call|bring|pass|hand|put)(?: me| us)?(?: on)?|be (?:connected|"
    r"transferred|put through)(?: to| with)?"
    r"|(?:reach|contact|access|see|ask for|looking for|hear from|deal with|dealing with|"
    r"get hold of|get a hold of|"
    r"get through to|get in touch with|come on the (?:line|phone)))"
)
WISH_EN = (
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
GAP = r"(?: \w+){0,4}? "

STRONG_ES = (
    r"(?:agentes?|(?:ser |seres )?humanos?|humana|operador(?:a|es|as)?|asesor(?:a|es|as)?|"
    r"ejecutiv[oa]s?|representantes?|"
    r"supervisor(?:a|es)?|gerentes?|encargad[oa]s?|teleoperador(?:a|es)?|telefonistas?|"
    r"recepcionistas?|consejer[oa]s?|alma (?:viva|humana)|(?:segundo|siguiente) nivel(?: de soporte)?|gestor(?:a|"
    r"es)?|"
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
WEAK_ES = (
    r"(?:persona|personas|alguien|alguno|alguna|gente|senorita|senor|senora|chic[oa]|muchach[oa]|"
    r"companer[oa]s?|colega|"
    r"jef[ea]|responsable|emplead[oa]s?|comercial|tecnic[oa]s?|especialista|personal|ell[oa]s?|"
    r"quien|nadie|hombre|mujer|"
    r"un tipo|una tipa|equipo|experto|uno|una)"
)
GO_TO_ES = (
    r"(?:hablar(?:le)?|hable|hablo(?= con (?:una |un )?(?:persona|agente|humano|alguien))|"
    r"platicar|conversar|charlar|comunicarme|"
    r"contactar(?:me)?|conectarme|tratar|dialogar|entenderme|consultar|"
    r"que hable) (?:\w+ ){0,3}?(?:con|a)"
)
BRING_ES = (
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
SERVE_ES = (
    r"(?:atienda|atiende|atiendan|atender|atenderme|atiendas|atendier[ao]n?|atendiese|ayudara|hablara|contestara|"
    r"respondiera|escuchara|resolviera|ayude|ayudar|ayudarme|ayuda|resuelva|"
    r"conteste|contesten|responda|escuche|coja|ponga|hable)"
)
WISH_ES = (
    r"(?:quiero|quisiera|querria|necesito|necesitaria|deseo|desearia|prefiero|preferiria|"
    r"me gustaria|exijo|pido|busco|solicito|ocupo|requiero|"
    r"puedo|podria|puede|puedes|podes|hay|habra|tienen|teneis|tienes|tendran|esta|donde (?:hay|"
    r"esta)|dejame|dejeme|solo|me urge|a ver si|con)"
)
