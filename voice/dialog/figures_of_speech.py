"""Figures of speech that sound like danger and are none: "this bill is killing me", "me muero de risa"."""

from __future__ import annotations

from voice.dialog.text import any_of

_LOAD = (
    r"(?:calls?|letters?|e ?mails?|messages?|paper\w*|forms?|bills?|fees?|charges?|debts?|invoices?|bureaucracy|"
    r"ads?|adverts?|"
    r"offers?|questions?|prices?|costs?|payments?|work|reminders?|notifications?|commissions?|rates?|interest|taxes|"
    r"options?|"
    r"rules?|red tape|spam)"
)
"""What people say they are drowning in, strangled by, or burning with, when nobody is."""
_CARGA = (
    r"(?:llamadas?|cartas?|correos?|mensajes?|papel\w*|formularios?|facturas?|recibos?|deudas?|cargos?|"
    r"comision(?:es)?|cuotas?|"
    r"precios?|gastos?|pagos?|trabajo|tramites?|anuncios?|publicidad|ofertas?|preguntas?|impuestos?|avisos?|burocracia|"
    r"tarifas?|intereses|subidas?|quejas?|reclamaciones|recargos?|spam|dudas?)"
)

FIGURES = any_of(
    # what fire does not harm, and fright without current
    r"\bfire (?:resistan\w+|proof|rated|retardant|safety)\b|\bfireproof\b|\b(?:resistente|resistencia|resiste) (?:al|"
    r"a el) "
    r"(?:fuego|calor)\b|\b(?:gave|got|had|giving|gives) (?:me |us )?(?:a |such a |quite a )shock when (?:he|she|they|"
    r"somebody|someone|i (?:saw|read|heard|got) (?:the|my|your) (?:bill|price|amount|letter|total))\b",
    # hair and walls
    r"\b(?:tirar|arrancar|jalar)(?:me|se|te|nos|le)? (?:de )?(?:los|el) pelos?\b|\b(?:tear|pull|rip)(?:ing)? (?:my|our|"
    r"his|her) hair(?: out)?\b|\b(?:subir|trepar|tirar)(?:me|se|nos) por las paredes\b",
    r"\b(?:estoy|estaba|estas|esta|estan|estamos|estabamos|sigo|seguia|iba|voy) que (?:echo|echaba|echa|echan|"
    r"echamos|ardo|"
    r"ardia|exploto|explotaba|reviento|reventaba) ?(?:humo|chispas|fuego)?\b",
    # what is drowned in, strangled by, bled by, on fire with
    rf"\b(?:drown\w*|suffocat\w*|strangl\w*|chok\w*|smother\w*|bur(?:y|ied|ying)|kill\w*|crush\w*|explod\w*|"
    rf"explosion|fire|"
    rf"flood\w*|bomb\w*|attack\w*|dying|trapped|stuck|sparks?)(?: (?:me|us|him|her|my \w+))? (?:\w+ )?(?:in|with|by|"
    rf"under|of|"
    rf"from) (?:\w+ ){{0,3}}{_LOAD}\b",
    rf"\b(?:ahog\w*|asfixi\w*|sangr\w*|desangr\w*|estrangul\w*|mat\w+|aplast\w*|bombarde\w*|explosion|estall\w*|"
    rf"incendios?|"
    rf"fuegos?|infartos?|muer\w+|muriendo|inund\w*|quem\w+|ataque|atrapad[oa]s?|bombas?)(?: \w+)? (?:con|de|en|"
    rf"entre|por|a|"
    rf"bajo) (?:\w+ ){{0,3}}{_CARGA}\b",
    r"\bble(?:ed|eds|eding|d) (?:me|us|you|him|them|people|customers|everyone|my \w+)(?: (?:dry|out|"
    r"white))?\b(?! to death)",
    r"\b(?:me|nos|os) (?:estais |estan |teneis |tienen |esta )?(?:sangrando|desangrando|sangran|sangrais|exprim\w+)\b",
    # what is sent, cut or broken
    r"\bshoot(?:ing)? (?:me|us|him|her|over|you)? ?(?:an?|over|across|the|that|your|through|some) \w+\b(?! (?:gun|"
    r"bullet))",
    r"\bcut(?:ting)? (?:my ?self|me|us) (?:in|out|off|loose|short|some slack|(?:an?|the) (?:\w+ )?(?:deal|break|"
    r"discount|"
    r"check|cheque|share|slice|offer|bargain))\b",
    r"\b(?:screen|glass|display|bulb|light ?bulb|lamp|pantalla|cristal|vidrio|bombilla|lampara|"
    r"foco)(?: \w+){0,5} (?:explo\w+|blew up|estall\w+|revent\w+)\b|"
    r"\bexplo\w+ (?:la |el )?(?:pantalla|cristal|bombilla|lampara|foco)\b",
    r"\b(?:was|were|had|been)(?: \w+){0,4} (?:fire|explosion|flood|burglar|gas leak)(?: \w+){0,6} (?:last (?:year|"
    r"month|week|"
    r"summer|winter|autumn|spring)|ago|years back)\b|\b(?:last (?:year|month|week)|years ago)(?: \w+){0,4} (?:was|had)"
    r"(?: \w+){0,3} (?:fire|explosion|flood)\b",
    r"\b(?:hubo|habia|tuvimos|hemos tenido|sufrimos|tuve)(?: \w+){0,4} (?:incendio|fuego|explosion|inundacion|"
    r"fuga(?: de gas)?)"
    r"(?: \w+){0,4} (?:pasad[oa]|hace (?:\w+ )?(?:ano|anos|mes|meses|semana|semanas|tiempo)|anterior)\b|"
    r"\bhace (?:\w+ )?"
    r"(?:anos?|mes|meses|semanas?)(?: \w+){0,3} (?:hubo|tuvimos)(?: \w+){0,3} (?:incendio|fuego|explosion)\b",
    r"\b(?:gave|give|given|giving|sent) (?:you|lumina) (?:all )?my (?:card|bank|account) ?(?:details|number)?\b",
    r"\bflame (?:symbol|icon|sign|light)\b|\b(?:simbolo|icono|dibujo) de (?:la |una )?llama\b",
    r"\b(?:whats|what is) the meaning of life\b|\bel sentido de la vida$",
    r"\bbombas? de (?:calor|agua|aire|piscina|inflar|riego)\b|\bwater meter\b(?! (?:\w+ )?(?:spark|smok|burn))",
    r"\b(?:insur\w+|asegurar|seguro)(?: \w+){0,4} (?:fire|incendios?)\b",
    r"\b(?:codigo|clave|contrasena|code|password) (?:del?|de la|of the|for the|on the|of my) (?:router|wifi|wi fi|"
    r"modem|app|buzon|portal)\b",
    # shocked by what is to be paid
    r"\b(?:my )?heart (?:nearly |almost )?(?:stopped|skipped|sank)(?: \w+){0,3} (?:saw|seeing|read|reading|opened|"
    r"heard|bill|total|"
    r"price)\b",
    r"\b(?:faint\w*|pass(?:ed)? out|collapsed?)(?: \w+)? (?:at|when|over|from)(?: \w+){0,3} (?:price|bill|total|"
    r"amount|invoice|cost|"
    r"saw|opened|read)\b",
    r"\b(?:desmay\w+|infarto|ataque|paro el corazon)(?: \w+)? (?:con|al|por|cuando|cada vez que|"
    r"de)(?: \w+){0,3} (?:precio|factura|"
    r"recibo|total|importe|ver|leer|abrir|leo|vi)\b",
    # emergencies that are only a line
    r"\b(?:outages?|power cuts?|blackout|internet|wifi|line|bill|lack of \w+)(?: (?!and\b|so\b|my\b|with\b)\w+){0,4} "
    r"(?:an )?emergency\b",
    r"\b(?:apagon|corte|averia|internet|wifi|linea|factura|falta de \w+)(?: (?!y\b|pero\b|mi\b|"
    r"con\b)\w+){0,6} (?:una )?"
    r"emergencia\b",
    # dying of surprise or without a service
    r"\b(?:fuerte|ay|uy|uf|buf|madre mia|dios mio|jaja\w*|casi|que risa|que verguenza|vamos)(?: \w+){0,2} me (?:muero|"
    r"moria|mori)\b",
    r"\bme (?:muero|moriria|moria|estoy muriendo|mato|mataria) (?:sin|si no (?:tengo|me|hay|llega|vuelve|"
    r"funciona)) (?:\w+ )"
    r"{0,2}(?:internet|wifi|movil|telefono|datos|fibra|cobertura|linea|netflix|tele|luz|conexion|series?|futbol|"
    r"agua caliente)\b",
    r"\b(?:die|dying|dead|lost) without (?:\w+ ){0,2}(?:internet|wifi|wi fi|phone|mobile|data|fib(?:er|re)|signal|"
    r"netflix|tv)\b",
    r"\b(?:boss|jef[ea]|marido|mujer|madre|padre|novi[oa]) (?:me mata|me va a matar|me matara)(?: \w+)? (?:si|como|"
    r"cuando)\b",
    r"\b(?:boss|wife|husband|mum|mom|dad|mother|father|teacher|landlord|kids)(?: \w+){0,2} (?:kill|murder|"
    r"shoot) me (?:if|when|"
    r"for|over|because)\b",
    # smoke and sparks of anger
    r"^(?:esta|estan|estoy|anda|ando|estamos) que (?:echa|echan|echo|echamos) (?:humo|chispas|fuego)\b",
    r"\b(?:cliente|clienta|jef[ea]|senora?|gente|marido|mujer|madre|padre|hij[oa]|compan\w+|yo|vecinos?|estoy|"
    r"estamos)(?: \w+)"
    r"{0,3} (?:echa|echan|echo|echamos|echando|sale|saliendo) (?:humo|chispas|fuego)\b",
    r"\b(?:salt\w+ chispas|chispas?) entre\b|\bsparks (?:fly|flew|flying) between\b|\bchispa(?:s)? de (?:gracia|"
    r"la vida|suerte)\b",
    r"\b(?:apagar|apagando|putting out|fighting) (?:fuegos|fires)\b|\bput out fires\b",
    # is this call real
    r"\b(?:is|are|isnt|aint)(?: (?:this|you|really|all|just))+ (?:(?:call|line|number|robot|voice|"
    r"conversation) )?"
    r"(?:not )?(?:an? |some |another )?(?:kind of )?(?:scam\w*|frauds?|fraudsters?|fake|phishing|con)\b",
    r"\b(?:es|sera|sea|seria|no es) (?:esto|esta llamada|este numero)(?: \w+)? (?:una? )?(?:estafa|timo|fraude)$",
    r"\b(?:how|como)(?: \w+){0,4} (?:this|esto|esta llamada)(?: \w+){0,4} (?:scam|fraud|timo|estafa|fraude)\b",
    # English figures of speech
    r"\b(?:bill|bills|wait|waiting|price|prices|music|hold music|heat|suspense|this|it|that|you|"
    r"feet|back|cost|costs|charges|fees|kids|boss|signal|speed|internet|line|connection) "
    r"(?:\w+ ){0,2}?(?:is|are|s|was|been|youre|re)? ?(?:\w+ )?(?:killing|kill|kills) (?:me|us|"
    r"my \w+)\b",
    r"\bkilling (?:me|us|time|it|my \w+)\b(?! (?:with|he|she|help))",
    r"\b(?:dying|die|died|dead) (?:to (?:know|see|get|try|go|talk)|of (?:laughter|laughing|"
    r"boredom|embarrassment|shame|curiosity|old age)|laughing|for a|on me|line|battery|zone|spot|"
    r"end|slow|serious|easy|in here)\b",
    r"\b(?:phone|router|line|internet|battery|connection|signal|modem|sim|computer|screen|wifi|"
    r"wi fi|tv|laptop|call|thing|it|meter|plant|plants|fridge|freezer|car|box|light|lights) "
    r"(?:\w+ ){0,2}?(?:died|dies|dead|is dying|keeps dying|has died|went dead|is going to die|"
    r"burned through|is toast)\b",
    r"\b(?:id|i would|would) (?:rather|sooner) die\b",
    r"\bover my dead body\b",
    r"\bdrop dead\b",
    r"\bdead (?:on|right|wrong|easy|slow|simple|serious|phone|line|battery|cheap)\b",
    r"\b(?:sick|scared|bored|bore me|worried|tickled|frightened) to death\b",
    r"\bheart attack (?:when|at|from|on|reading) (?:\w+ )?(?:i|the|seeing|opening|that|this|my|"
    r"bill)\b",
    r"\b(?:nearly|almost|practically) (?:had|gave me|died|a heart attack|"
    r"having)(?: \w+){0,4}? (?:heart attack|when|seeing|of)\b",
    r"\b(?:gave|give|gives|giving) me a heart attack\b",
    r"\bfire (?:you|him|her|them|that|sale|stick|tv|wall|fox|up|away|the)\b",
    r"\bfire ?(?:stick|fox|wall|tv)\b",
    r"\b(?:amazon|tv) fire\b",
    r"\bon fire (?:today|lately|this|with (?:all )?(?:these|those|the|so many))\b",
    r"\bfire drills?\b",
    r"\b(?:cant|cannot|hard to|can hardly|can barely) breathe (?:with|under|because of) (?:\w+ ){0,2}?(?:bills?|"
    r"debts?|"
    r"costs?|prices?|payments?|fees?)\b",
    r"\bcon (?:est[aeo]s?|tant[ao]s?) (?:facturas?|recibos?|deudas?|precios?|gastos?) no (?:puedo )?respir\w+",
    r"\bno (?:puedo )?respir\w+ con (?:\w+ )?(?:facturas?|recibos?|deudas?|precios?|gastos?)\b",
    r"\b(?:oxygen|oxigeno) sensors?\b|\bsensor(?:es)? de oxigeno\b",
    r"\b(?:gave|give|gives|giving|nearly had|almost had) (?:me )?a (?:stroke|seizure|fit)\b",
    r"\b(?:smoke|fire) (?:detect\w+|sensors?)\b(?! (?:\w+ )?(?:is|went|going|keeps|ringing|beeping|wont))",
    r"\bdetector(?:es)? de (?:humos?|incendios?)\b(?! (?:\w+ )?(?:suena|sonando|pita|pitando|salto|no para))",
    r"\b(?:que|esta que|estan que) arden? (?:de|con) (?!fuego|llamas|verdad)",
    r"\bsimulacros? (?:de (?:incendios?|fuego|evacuacion))?\b",
    r"\b(?:burn|burns|burned|burning) (?:through|a hole|money|my data|up (?:my|the) (?:data|gigs)|"
    r"calories)\b",
    r"\bsmoke (?:break|a cigarette|outside|alarm(?: (?:battery|needs|installed|"
    r"fitted))?)\b(?! (?:is|went|going|keeps|ringing|wont))",
    r"\b(?:quit|stop|stopped|dont) smok\w+\b",
    r"\bsmoked\b",
    r"\bsmoking (?:area|room)\b",
    r"\b(?:gas|electric|electricity|power|water) (?:company|companies|bill|bills|contract|plan|"
    r"supplier|meter|reading|account|prices?|price|provider|station|tariff|rates?|usage|boiler|"
    r"heating|cooker|stove|oven)\b(?! (?:smell|leak|is leaking|leaking|stinks|hissing|exploded))",
    r"\bgas (?:and|or) (?:electric\w*|power|water|light)\b",
    r"\b(?:electric\w*|light|power|water) (?:and|or) gas\b",
    r"\b(?:sell|supply|offer|provide|do|have|got|use|install|add|"
    r"buy) (?:\w+ ){0,2}?gas\b(?! (?:leak|smell))",
    r"\bsmells? (?:fishy|like a (?:scam|rip ?off)|of rip)\b",
    r"\b(?:price|prices|bill|bills|sticker|total|reverse|culture) shock\b",
    r"\b(?:shock|shocked) (?:when|at|by|to (?:see|get)) (?:\w+ )?(?:the|my|this|i|that|how|bill|"
    r"amount)\b",
    r"\bwas (?:a )?(?:shock|shocked)\b(?! (?:by the (?:socket|plug|wire|cable|outlet|meter)))",
    r"\bkill(?:ed|ing|s)? (?:the (?:internet|wifi|power|signal|call|line|battery|deal|plan|switch|"
    r"mood|engine|breaker)|time|my (?:battery|data|internet|wifi|signal)|two birds)\b",
    r"\b(?:someone|person|somebody) (?:who )?died\b",
    r"\bsuicide prevention\b",
    # Spanish figures of speech
    r"\b(?:me|nos) (?:muero|moria|estoy muriendo|mori|voy a morir|morimos) de (?:la )?(?:risa|"
    r"ganas|hambre|sueno|verguenza|aburrimiento|pena|frio|calor|asco|curiosidad|rabia|amor|sed|"
    r"envidia|impaciencia|los nervios|nervios|coraje)\b",
    r"\bmuert[oa]s? de (?:risa|hambre|sueno|verguenza|frio|calor|miedo|cansancio|aburrimiento|sed|"
    r"asco|curiosidad|envidia)\b",
    r"\b(?:me|nos) (?:mata|matan|esta matando|estan matando|va a matar|van a matar|"
    r"mataron) (?:\w+ )?(?:la|el|los|las|esta|este|estos|estas|con|a|de|tanto|"
    r"tanta)\b(?! (?:mi (?:marido|esposo|pareja|ex)|cuchillo|pistola|golpes|palos))",
    r"\b(?:factura|facturas|recibo|boleta|precio|precios|espera|calor|musica|cuota|recargo|pago|"
    r"pagos|internet|lentitud) (?:\w+ ){0,3}?(?:mata|matan|matando|matar|matarme|ahoga|ahogando)\b",
    r"\bmatar el (?:tiempo|rato)\b",
    r"\bmatando el tiempo\b",
    r"\b(?:se )?(?:me )?(?:ha |esta )?(?:murio|muerto|muere|muriendo) (?:el|la|mi) (?:telefono|"
    r"movil|celular|router|modem|internet|bateria|linea|senal|wifi|pantalla|tele|ordenador|"
    r"computadora|aparato|llamada|pila|equipo|contador|medidor|nevera|lavadora)\b",
    r"\b(?:telefono|movil|celular|router|modem|internet|bateria|linea|senal|wifi|pantalla|tele|"
    r"ordenador|computadora|aparato|equipo|pila) (?:\w+ ){0,3}?(?:murio|muerto|muerta|muere|"
    r"muriendo)\b",
    r"\b(?:linea|punto|zona|tiempo|horas?|naturaleza|angulo|peso) muert[oa]s?\b",
    r"\b(?:casi )?me (?:da|dio|va a dar|iba a dar|ha dado|daba) un (?:infarto|patatus|ataque|yuyu|"
    r"soponcio|sincope)\b(?! (?:al corazon|cardiaco de verdad))",
    r"\b(?:ni|antes) muert[oa]\b",
    r"\bde vida o muerte\b(?= no| tampoco)",
    r"\bno es (?:de |cuestion de )?vida o muerte\b",
    r"\bnot (?:a matter of )?life (?:and|or) death\b",
    r"\b(?:compania|empresa|factura|recibo|boleta|contrato|contador|tarifa|bombona|calefaccion|"
    r"caldera|cocina|estufa|plan|consumo|medidor|lectura|alta|suministro|oferta|cuenta|"
    r"calentador) (?:\w+ )?(?:del?|con|a) gas\b(?! (?:que huele|huele|y huele|que pierde))",
    r"\b(?:luz|agua|electricidad) (?:y|o|e) (?:el |de |del )?gas\b",
    r"\bgas (?:y|o) (?:la |el )?(?:luz|electricidad|agua)\b",
    r"\b(?:vend\w+|ofrec\w+|tien\w+|contrat\w+|suministr\w+|llev\w+|manej\w+|dan|"
    r"hay) (?:\w+ )?gas\b(?! (?:escap|en (?:la|mi|el|toda|mi) (?:casa|cocina|piso|aire|cuarto|"
    r"departamento)))",
    r"\bgas (?:natural|butano|ciudad|lp)\b(?! (?:escap|huele|esta saliendo))",
    r"\b(?:agua|refresco|bebida) con gas\b",
    r"\ba todo gas\b",
    r"\b(?:esto|eso|aqui|me|todo) huele (?:\w+ )?(?:a (?:chamusquina|estafa|timo|cuento|robo|"
    r"gato encerrado|fraude|mal)|mal|raro)\b",
    r"\bfuego (?:amigo|lento)\b",
    r"\bjuegos? de fuego\b",
    r"\b(?:echando|que echo|echa|echo) (?:humo|chispas|fuego) (?:con|por|de (?:la|lo|rabia|coraje|"
    r"enojo)|de lo)\b",
    r"\b(?:estoy|ando|tengo|me tienen?|me pone\w*) (?:que echo |echando |que )?(?:humo|chispas|"
    r"quemad[oa]|encendid[oa])\b",
    r"\b(?:muy|tan|bien|re) quemad[oa]\b",
    r"\bfumar\b",
    r"\bfumando\b",
    r"\bhumo (?:blanco|del tabaco|del cigarro)\b",
    r"\b(?:me|nos) (?:ahoga|ahogan|asfixia|asfixian|estan ahogando|"
    r"estan asfixiando) (?:\w+ ){0,2}?(?:las? )?(?:deudas?|facturas?|cuotas?|pagos?|recibos?)\b",
    r"\bahogad[oa]s? (?:en|de|con|por) (?:\w+ )?(?:deudas|facturas|trabajo|pagos|recibos)\b",
    r"\bdrowning in (?:\w+ )?(?:bills|debt|paperwork|work|fees)\b",
    r"\bme (?:muero|moria|estoy muriendo) por\b",
    r"\bfuegos? de la (?:cocina|estufa)\b(?! (?:se esta|esta quem|prend))",
    r"\b(?:im|i am|my \w+ is|soy|es) (?:a |un )?(?:fire ?fighter|bombero|fireman)\b",
    r"\bnot (?:really )?(?:an?|any) (?:\w+ )?emergency\b",
    r"\bno (?:es|tengo) (?:una |ninguna )?(?:\w+ )?emergencia\b",
    r"\bstroke of (?:luck|genius|midnight)\b",
    r"\b(?:it|phone|sim|mobile|app|screen|card|website|page|movil|telefono|"
    r"celular) (?:\w+ ){0,2}?(?:asks|is asking|asked|asking|wants|pide|"
    r"pidio)(?: me)?(?: for)?(?: \w+){0,2} (?:pin|puk|code|password|codigo|clave|contrasena)\b",
    r"\b(?:cables?|hilo|cablecito) (?:del? (?:la |el )?|of the |from the )?(?:router|fibra|red|"
    r"internet|telefono|tele|television|modem|ethernet|wifi)\b(?! (?:\w+ ){0,3}(?:chispas?|"
    r"quem\w+|arde|ardiendo|humo|sparks?|smok\w+|burn\w+))",
    r"\b(?:network|ethernet|router|fibre|fiber|lan|phone|tv|hdmi|usb) (?:cables?|wires?|"
    r"leads?)\b(?! (?:\w+ ){0,3}(?:sparks?|smok\w+|burn\w+|fire))",
    r"\b(?:mi|me) (?:\w+ )?(?:quede|quedo|quedamos) (?:helad[oa]|de piedra|muert[oa])\b",
)
