"""Patterns of fraud against the caller, told apart from calling the company one."""

from __future__ import annotations

from voice.dialog.text import any_of

FRAUD = any_of(
    r"\b(?:scam|scammed|scammers?|phishing|phished|smishing|conned|swindled|fraudsters?|con ?man|"
    r"defrauded|impersonat\w+|identity theft|identity fraud|sim swap\w*|ponzi)\b",
    r"\b(?:report|victim|case|commit\w*|been|is|be|suspect|suspicious|possible|a|was|some|bank|"
    r"card|credit card|think its) (?:of |a |an )?fraud\b",
    r"\bfraud (?:on|in|with|department|team|happened|alert|case|against)\b",
    r"\bfraudulent\b",
    r"\b(?:hacked|hacker|hackers|hacking|cloned|clone)\b(?! (?:off))",
    r"\b(?:stole|stolen|steal|stealing|using|used|uses|opened|taken out|took out|got hold of|"
    r"took)(?: \w+){0,3} (?:my|in my) (?:identity|name without|bank details|card details|"
    r"account without|details|personal data|id|bank account|card number|credit card|"
    r"name and (?:id|details))\b",
    r"\b(?:contract|account|line|phone|plan|lines|service)(?: \w+){0,4} (?:in|under|"
    r"with) my (?:name|details|id)(?: \w+){0,4} (?:i (?:never|didnt|did not|havent)|without|"
    r"that isnt mine|not me|wasnt me)\b",
    r"\bi (?:never|didnt|did not) (?:open|opened|sign|signed|authori[sz]ed?|took out|take out|"
    r"make|made|approve|approved|order|ordered)(?: \w+){0,3} (?:account|contract|line|payment|"
    r"payments|transfer|charge|charges|purchase|transaction|transactions|debit|loan)\b",
    r"\b(?:pretend(?:ed|ing|s)?|claim(?:ed|ing|s)?|said|saying|says|posing|posed|"
    r"sayin)(?: \w+){0,3} (?:to be|hes|shes|theyre|they were|he was|she was|they are|he is|as|"
    r"from|being|was|i was speaking)(?: \w+){0,2} (?:lumina|you|your company|the electric company|"
    r"the power company|the phone company|your (?:staff|technician|employee)|from you|one of your|"
    r"the bank|microsoft|the company)\b(?: (?:and|but|asking|asked|so|wanting|wanted|then|who|i|"
    r"he|she|they|to|for|on|the|came))",
    r"\b(?:asked|asking|asks|wanted|wants|told me to give|gave|give|given|"
    r"demanding)(?: \w+){0,6} (?:my (?:bank|card|pin|password|passcode|security code|cvv|sms code|"
    r"verification code|one time code|social security|account details|bank details|credit card|"
    r"debit card)|the (?:pin|code from|code they|sms code|code i got|code you sent|"
    r"verification code|cvv)|card number|gift cards?|bitcoin|crypto|remote access)\b(?! (?:reset|"
    r"to be reset|again so i can pay))",
    r"\b(?:suspicious|fake|strange|weird|dodgy|bogus|false) (?:\w+ )?(?:call|calls|caller|text|"
    r"message|messages|email|e ?mail|link|invoice|bill|technician|website|web|letter|sms|agent|"
    r"engineer)\b(?! (?:noise|sound|light|charge|amount))",
    r"\bsomeone(?: \w+){0,4} (?:my account|into my account|my identity|my money|from my account|"
    r"with my card|emptied|pretending|posing)\b",
    r"\b(?:unauthori[sz]ed|unknown|unrecogni[sz]ed) (?:\w+ )?(?:charge|charges|payment|payments|"
    r"transaction|transactions|transfer|access|purchase|withdrawal|login|debit|line)\b",
    r"\b(?:link|text|email|e mail|call|message|letter|invoice|sms|"
    r"website)\b(?: \w+){0,10} (?:dodgy|suspicious|fishy|fake|bogus|phoney)\b",
    r"\b(?:line|contract|plan|account|loan)(?: \w+){0,5} i never (?:ordered|signed|asked|opened|"
    r"requested|agreed|took)\b",
    r"\b(?:diciendo|dijeron|decian|decia|dijo) (?:que )?(?:eran|era|ser|son|llamaban|"
    r"llamaba) (?:\w+ )?(?:de )?(?:parte de )?(?:lumina|ustedes|vosotros|la compania|la empresa|"
    r"la luz)\b",
    r"\b(?:contrat\w+|abri\w+|sac(?:o|aron|ado)|dieron de alta|pidieron|"
    r"pidio)(?: \w+){0,4} con mi (?:dni|ine|nombre|cedula|identificacion|pasaporte|datos|"
    r"identidad)\b",
    r"\bi clicked (?:on )?(?:a|the|that) link\b",
    r"\bemptied (?:my|the|our) (?:\w+ )?account\b",
    r"\bbogus\b",
    r"\b(?:estafad[oa]s?|estafaron|estafado|estafando|estafar|estafarme|intento de estafa|(?:es|"
    r"sea|fue|era|una?|victima de|posible|de|sufrido|denunciar) (?:una |un |la )?(?:estafa|fraude|"
    r"timo)|estafa (?:telefonica|con|por|de|a)|fraude (?:con|en|de|telefonico|bancario)|timad[oa]|"
    r"timaron|timado|timador(?:es)?|estafador(?:es)?|defraud\w+|phishing|suplant\w+|"
    r"robo de identidad|usurp\w+|fraudulent[oa]s?|extorsion\w*)\b(?! (?:lo que cobr|vuestr|cobrar|"
    r"su factura|la factura|este recibo|estos precios))",
    r"\b(?:hackead[oa]|hackearon|hackeado|hackear|hacker|jackearon|jaquearon|jaqueado|clonaron|"
    r"clonado|clonad[oa]|duplicaron mi|clonar)\b",
    r"\b(?:se (?:hace|hacen|hizo|hicieron|hacia|hacian|ha hecho|han hecho|haciendo) pasar por|"
    r"haciendose pasar|dice(?:n)? (?:que )?(?:es|son|ser|llama\w*|"
    r"trabaja\w*)(?: \w+){0,3} (?:lumina|ustedes|vosotros|la compania|la luz)|"
    r"dijo que era(?: \w+){0,3} (?:lumina|ustedes|vosotros|la compania|la luz)|decia ser|"
    r"dijeron (?:ser|que eran)(?: \w+){0,3} (?:lumina|ustedes|vosotros|la compania|la luz))\b",
    r"\b(?:pid|ped)(?:io|ieron|iendo|ia|ian|ido)(?:me|nos)?(?: \w+){0,6} (?:clave del banco|"
    r"claves|numero de (?:la |mi )?tarjeta|mi tarjeta|cvv|pin|codigo (?:que|del|de|sms|por)|"
    r"el codigo|los codigos|contrasena|datos (?:bancarios|del banco|de (?:la|mi) tarjeta|"
    r"de mi cuenta)|cuenta del banco|tarjetas de regalo|bitcoin|coordenadas)\b(?! de (?:la )?app)",
    r"\b(?:di|dado|dije|pase|mande|envie|di le|le di|les di)(?: \w+){0,4} (?:codigo|"
    r"clave del banco|claves|numero de tarjeta|cvv|pin|datos bancarios|datos de (?:la|mi) tarjeta|"
    r"contrasena)(?: \w+){0,6} (?:alguien|senor|senora|hombre|tipo|estafa\w*|llamaron|"
    r"desconocid[oa]|telefono|supuest[oa])\b",
    r"\b(?:llamada|llamadas|mensaje|correo|sms|enlace|link|pagina|tecnico|factura|recibo|carta|"
    r"web|whatsapp|numero|senor|empleado|email) (?:\w+ )?(?:sospechos[oa]s?|fals[oa]s?|"
    r"extran[oa]s? pidiendo|rar[oa] (?:pidiendo|diciendo|que pide)|trucha|trucho|"
    r"fraudulent[oa]s?)\b",
    r"\b(?:falso|falsa|supuesto|supuesta|falsos|supuestos) (?:\w+ )?(?:tecnico|empleado|comercial|"
    r"factura|mensaje|correo|llamada|agente|revisor|inspector|trabajador|empleados|tecnicos)\b",
    r"\b(?:robado|robaron|robo|usando|usado|uso|usan|utiliz\w+|sacado|abierto|abrieron|contratado|"
    r"contrataron|sacaron|cogido)(?: \w+){0,5} (?:mi identidad|la identidad|mis datos|"
    r"mi nombre (?:sin|y yo)|mi tarjeta (?:sin|de credito sin)|mi dni|mi cedula|mi ine|"
    r"a mi nombre sin|a mi nombre y yo|mi cuenta sin|mi cuenta (?:de banco|bancaria))\b",
    r"\b(?:cargo|cargos|cobro|cobros|compra|compras|movimiento|movimientos|linea|lineas|contrato|"
    r"transferencia|pago|pagos)(?: \w+){0,3} (?:que (?:yo )?no (?:he hecho|reconozco|autorice|"
    r"hice|he autorizado|contrate|pedi|firme|he contratado|he firmado)|no autorizad[oa]s?|"
    r"no reconocid[oa]s?|desconocid[oa]s?|sin mi (?:permiso|autorizacion|consentimiento)|"
    r"fraudulent[oa]s?)\b",
    r"\b(?:pinche|he pinchado|di clic|hice clic|he hecho clic|pulse) (?:\w+ )?(?:en )?(?:un|el|"
    r"ese) (?:enlace|link)\b",
    r"\b(?:someone|somebody|they|he|she) (?:has |have )?(?:opened|signed up|ordered|took out|registered|"
    r"bought)(?: \w+){1,4} "
    r"(?:in|under|with) my (?:name|details|id)\b",
    r"\b(?:alguien|otra persona|un desconocido|no se quien|me)(?: (?:ha|han))? (?:abri|contrat(?:o|ado|aron)|dio|"
    r"dado|"
    r"pidi|registr|compr(?:o|ado|aron)|sac(?:o|ado|aron))\w*(?: \w+){1,5} (?:a|en|con) "
    r"mi (?:nombre|documento|identidad)\b(?! (?:y quiero|porque))",
    r"\b(?:payments?|charges?|debits?|transfers?|purchases?|withdrawals?)(?: \w+){0,5} (?:i )?(?:never|didnt|"
    r"did not|havent|"
    r"have not|not) (?:\w+ )?(?:authori[sz]ed?|approved?|agreed?|consent\w*)\b",
    r"\b(?:pagos?|cargos?|cobros?|transferencias?|compras?|retiros?|adeudos?)(?: \w+){0,5} (?:nunca|no|jamas|"
    r"sin que) "
    r"(?:\w+ )?(?:autori\w+|aprob\w+|consent\w+)\b",
    r"\b(?:contract|agreement)(?: \w+){0,6} (?:i )?(?:never|didnt|did not|havent) (?:\w+ )?sign(?:ed)?\b",
    r"\bcontrato(?: \w+){0,6} (?:nunca|no|jamas) (?:\w+ )?(?:firme|firmado|contrate)\b",
    r"\b(?:vaciaron|vaciado|limpiaron) (?:\w+ )?cuenta\b",
    r"(?<!como )(?<!no )(?<!cuando )(?<!donde )(?<!yo )(?<!si )(?<!que )"
    r"\bentr(?:o|aron|ado|ando)(?: \w+){0,2} (?:en|a) mi cuenta\b",
)


_OTHERS = (
    r"(?:someone|somebody|a stranger|strangers?|they|he|she|people|another person|a (?:man|woman|guy|caller|fellow|"
    r"lady|girl|boy|"
    r"salesman)|the (?:man|woman|guy|caller|fellow|lady|person|salesman)|whoever|some (?:man|woman|guy|fellow|lady|"
    r"people))"
)
_PRIVATE = (
    r"(?:(?:\w+ )?codes?|pin|passwords?|passcode|otp|digits|card (?:number|details|data)|(?:bank|debit|"
    r"credit) (?:card|details|"
    r"account|data)|card|cards|iban|bank|cvv|account number|login)"
)
_DATOS = (
    r"(?:codigos?|claves?|pin|contrasena|cifras|(?:numero (?:de )?)?(?:la |mi )?tarjeta|datos|cuenta(?: bancaria|"
    r" del banco)?|"
    r"iban|cvv|numero de cuenta|coordenadas)"
)
_MESSAGE = r"(?:links?|texts?|sms|messages?|e ?mails?|whatsapps?|page (?:i|that|they|from)|qr(?: code)?)"
_MENSAJE = r"(?:enlaces?|link|sms|mensajes?|correos?|whatsapp|pagina que|web que|codigo qr|qr)"

_DEEDS = any_of(
    # signed up, opened, changed without being asked
    rf"\b{_OTHERS}(?: \w+){{0,2}} (?:opened|signed|registered|ordered|took|taken|got|set up|activated|put|made|"
    rf"switched|enrolled|"
    rf"moved|bought)(?: \w+){{0,7}} (?:in|under|with|using) my (?:\w+ )?(?:name|details|id|identity|data|passport)\b",
    r"\b(?:signed|sign|switched|enrolled|registered|moved|put)(?: (?:me|us))(?: \w+){0,6} without (?:asking|telling|"
    r"me|my (?:\w+ )?"
    r"(?:consent|permission|knowledge|agreement|signature|say so)|me knowing)\b",
    r"\b(?:contract|loan|line|account|debt|sim|number|credit|plan|subscription|phone)(?: \w+){0,3} (?:in|"
    r"under) my name(?: \w+){0,2} "
    r"(?:isnt mine|is not mine|not mine|i (?:never|didnt|dont|havent)|i know nothing|wasnt me|and i (?:never|didnt|"
    r"have no))\b",
    r"\b(?:alguien|otra persona|un desconocido|desconocidos|no se quien|un tipo|me (?:ha|han|he|hicieron|hizo)|"
    r"nos han)(?: \w+){0,2} "
    r"(?:hecho|hizo|hicieron|abierto|abrio|contratad\w+|contrato|sacado|saco|pedido|firmado|firmo|registrado|"
    r"puesto|dado de alta|"
    r"activado|cambiado)(?: \w+){0,6} (?:(?:a|en|con) mi (?:nombre|dni|documento|identidad)|sin (?:que (?:yo|"
    r"nadie)|mi \w+|yo \w+|"
    r"pedir\w*|preguntar\w*|consultar\w*|haberlo \w+|decirme|avisar\w*|permiso|autoriz\w+))\b(?! (?:por favor|"
    r"gracias))",
    r"\b(?:dieron|dado|dio|pasado|pasaron|cambiado|cambiaron) (?:de alta|de compania|"
    r"a otra compania)(?: \w+){0,5} (?:sin (?:que|mi|yo|"
    r"pedir\w*|permiso|avisar\w*|preguntar\w*|consentimiento|autoriz\w+)|con mi (?:dni|nombre))\b",
    r"\b(?:contrato|prestamo|linea|cuenta|deuda|credito|numero|tarjeta|"
    r"movil)(?: \w+){0,3} a mi nombre(?: \w+){0,2} (?:que (?:yo )?"
    r"(?:no|nunca|jamas)|y (?:yo )?(?:no|nunca|jamas)|sin)\b",
    # made to tell a secret
    rf"\b(?:made|trick\w*|got|asked|persuaded|convinced|fooled|told|had|forced|talked|wanted|"
    rf"pressured)(?: me)?(?: (?:to|into|in))? "
    rf"(?:\w+ )?(?:read\w*|tell\w*|giv\w+|send\w*|shar\w+|forward\w*|say\w*|hand\w*|reveal\w*|"
    rf"dictat\w*)(?: \w+){{0,4}} "
    rf"{_PRIVATE}\b",
    rf"\bi (?:\w+ )?(?:gave|read|told|sent|handed|shared|dictated)(?: \w+)? (?:them|him|her|someone|somebody|a|"
    rf"the)(?: \w+){{0,4}} "
    rf"{_PRIVATE}\b(?! (?:is|was|last|on the bill|to your|from my bill|for (?:the|my) (?:direct|payment)))",
    rf"\b(?:hicieron|hizo|hecho|engan\w+|pidieron|pidio|pedido|convenc\w+|sacaron|saco|obligaron|obligo|insistieron|"
    rf"presionaron|"
    rf"querian|queria)(?: \w+){{0,4}} (?:leer\w*|leyera|dar\w*|diera|decir\w*|dijera|dict\w+|mandar\w*|mandara|"
    rf"enviar\w*|pasar\w*|"
    rf"pasara|ensen\w+)(?: \w+){{0,4}} {_DATOS}\b",
    rf"\b(?:les|le) (?:\w+ )?(?:di|dije|lei|dicte|mande|pase|he dado|he leido|"
    rf"he dicho)(?: \w+){{0,4}} {_DATOS}\b(?! (?:de la factura|el (?:mes|ano)|la semana|cuando|para (?:domiciliar|"
    rf"el pago|pagar)|a "
    rf"(?:su|tu) compan))",
    # data typed behind a link that came
    rf"\b{_MESSAGE}\b(?: \w+){{0,14}} (?:typed|entered|put|filled|gave|submitted|paid|"
    rf"clicked and)(?: \w+){{0,4}} {_PRIVATE}\b",
    rf"\b(?:typed|entered|put|filled|gave|"
    rf"submitted)(?: \w+){{0,4}} {_PRIVATE}(?: \w+){{0,8}} {_MESSAGE}\b(?! (?:you|from you|me the))",
    rf"\b{_MENSAJE}\b(?: \w+){{0,14}} (?:meti|puse|introduje|di|rellene|escribi|teclee|metido|puesto|dado|pague|"
    rf"pagado)(?: \w+){{0,4}} "
    rf"{_DATOS}\b",
    rf"\b(?:meti|puse|introduje|di|rellene|escribi|teclee|metido|puesto|"
    rf"dado)(?: \w+){{0,4}} {_DATOS}(?: \w+){{0,10}} {_MENSAJE}\b",
    # threats and odd ways to pay
    r"\b(?:cut|cutting|disconnect\w*|switch\w* off|shut off|turn\w* off)(?: \w+){0,6} (?:unless|if i dont|"
    r"if i didnt)(?: \w+){0,4} pay"
    r"(?: \w+){0,6} (?:links?|gift|app|transfer|bitcoin|now by phone|immediately|within)\b",
    r"\b(?:cortan|cortaran|corten|cortarme|corte|desconect\w+)(?: \w+){0,6} si no pag\w+(?: \w+){0,6} (?:enlace|"
    r"link|bizum|"
    r"transferencia|tarjetas?|bitcoin|inmediat\w+|ya mismo)\b",
    r"\b(?:told|asked|asks|wants?|wanted|said|says|made|demand\w*|insist\w*)(?: \w+){0,10} (?:gift cards?|bitcoins?|"
    r"crypto\w*|"
    r"western union|moneygram|steam cards?|itunes cards?)\b",
    r"\b(?:llam\w+|pid\w+|pedian|dij\w+|quier\w+|queria\w*|exig\w+|oblig\w+|"
    r"insist\w+)(?: \w+){0,10} (?:tarjetas? (?:de )?regalo|"
    r"bitcoins?|cripto\w*|western union|moneygram)\b",
    rf"\b{_MESSAGE}(?: \w+){{0,14}} (?:cut off|disconnect\w*|block\w*|suspend\w*|switch\w* off|"
    rf"fine[ds]?)(?: \w+){{0,8}} "
    r"pay(?: \w+){0,8} (?:clicked|opened|tapped|pressed|followed|paid|filled)\b",
    rf"\b{_MENSAJE}(?: \w+){{0,14}} (?:cort\w+|desconect\w+|bloque\w+|suspend\w+|multa\w*)(?: \w+){{0,8}} pag\w+"
    r"(?: \w+){0,8} (?:pinche|pique|clique|abri|entre|pulse|toque|pague|rellene|di clic|hice clic)\b",
    rf"\b(?:said|told|promised|offered|claimed)(?: \w+){{0,10}} (?:if|when|once) i (?:\w+ )?(?:read|gave|told|sent|"
    rf"shared|"
    rf"confirmed)(?: \w+){{0,5}} {_PRIVATE}\b",
    rf"\b(?:si|cuando) (?:les|le) (?:leia|leyera|daba|diera|decia|dijera|pasaba|pasara|mandaba|dictaba|confirmaba)"
    rf"(?: \w+){{0,4}} {_DATOS}\b",
    # forged, taken over, controlled from afar
    r"\b(?:forged?|forging|faked?|copied|falsif\w+|imit\w+)(?: \w+){0,2} (?:signature|firma|dni|passport|pasaporte|"
    r"identity|identidad)\b",
    r"\b(?:sim|mobile|phone|movil|linea)(?: \w+){0,8} (?:bank account|my account|cuenta)(?: \w+){0,3} (?:emptied|"
    r"drained|cleared|empty|vaci\w+|"
    r"limpi\w+)\b|\b(?:sim|mobile|phone|movil|celular|telefono|linea|chip)(?: \w+){0,8} (?:bank|savings|banco|"
    r"ahorros|cuenta)"
    r"(?: \w+){0,5} (?:emptied|drained|cleared|cleaned|gone|vaci\w+|limpi\w+)\b|\b"
    r"(?:vaci|limpi)(?:ado|aron|o) (?:\w+ )?(?:banco|cuenta|cuentas|ahorros|tarjeta)\b|\b(?:bank account|"
    r"savings)(?: \w+){0,3} (?:emptied|drained|cleaned out|cleared out)\b",
    r"\b(?:install\w*|instal\w+|descarg\w+|download\w*)(?: \w+){0,8} (?:control\w*|remote\w*|remot[oa]|access|"
    r"acceso|take over|anydesk|"
    r"teamviewer|ver mi pantalla)\b(?: \w+){0,3} (?:my |mi )?(?:phone|computer|movil|ordenador|screen|pantalla|pc|"
    r"laptop|telefono)\b",
    r"\b(?:fell|fallen|fall) for (?:a|the|it|some)(?: \w+)? (?:scam|trick|fraud|fake)\b|\b(?:cai|caido|caimos|"
    r"picado|pique) en (?:\w+ )?"
    r"(?:estafa|timo|trampa|engano|fraude)\b",
    r"\b(?:sender|remitente|direccion|address)(?: \w+){0,3} (?:strange|odd|weird|rar[oa]|extran[oa]|sospechos\w+)\b",
    r"\b(?:dice|dicen|decia|decian) (?:que )?(?:es|son|ser|era|eran) (?:\w+ ){0,3}(?:companer[oa]|companeros|"
    r"compania|vuestr[oa]|suy[oa]|de ustedes|"
    r"lumina|tecnico|agente|empleado)(?: \w+){0,8} (?:pin|clave|codigo|tarjeta|contrasena|iban|datos|cuenta|dinero)\b",
    r"\b(?:says|said|claims) (?:hes|shes|theyre|he is|she is|they are) (?:\w+ ){0,3}(?:colleague|employee|"
    r"technician|agent|lumina|staff)"
    r"(?: \w+){0,8} (?:pin|code|password|card|bank|iban|money|account)\b",
    r"\b(?:swapp?ed|swapping|duplicat\w+|(?:hicieron|hizo|hecho|sacaron|sacado|pidieron|pidio) un duplicado|"
    r"(?<!un )(?<!el )(?<!mi )(?<!del )"
    r"duplicad[oa](?! de)|copied|clon\w+)(?: \w+){0,2} (?:sim|card|tarjeta|"
    r"chip)\b(?! (?:for|because|from your))",
    r"\bpretend\w* to be (?:lumina|you|your|from|an? (?:technician|employee|engineer)|my bank|the bank)\b",
    r"\b(?:tricked|deceived|fooled|enganad[oa]|engano|enganaron)(?: \w+){0,5} (?:technician|caller|employee|tecnico|"
    r"llamada|comercial|empleado|"
    r"vendedor)\b",
    r"\b(?:saco|sacaron|sacado|sonsac\w+) (?:el|la|mi|los|las) (?:codigos?|claves?|pin|contrasena|datos)\b",
    r"\b(?:abierto|abrieron|abrio|contratad\w+|sacado|sacaron)(?: \w+){0,4} con mi (?:numero de )?(?:pasaporte|dni|"
    r"documento|identidad|tarjeta)\b",
    # impostors
    r"\b(?:con ?artists?|impost[eo]rs?|swindlers?|tricksters?|impostor\w*|farsante)\b",
    r"\b(?:said|says|saying|claim\w*|pretend\w*|told me)(?: \w+){0,3} (?:worked|works|working|work|came|comes|"
    r"calling|was|were) "
    r"(?:for|from|at|with) (?:lumina|you|your \w+|the (?:\w+ )?company|the bank)\b",
    r"\b(?:decia|decian|dijo|dijeron|dice|diciendo|asegur\w+)(?: \w+){0,3} (?:trabajaba\w*|trabaja|trabajan|"
    r"venia\w*|viene|vienen|"
    r"llamaba\w*) (?:para|en|de|por)(?: parte de)? (?:lumina|ustedes|vosotros|la (?:compania|empresa|luz)|su \w+)\b",
    r"\b(?:door|doorstep|doorbell)(?: \w+){0,12} (?:iban|bank details|my bank|bank account|my card|"
    r"photo of my (?:bill|id)|copy of my "
    r"(?:bill|id)|made me sign|my signature)\b",
    r"\bpuerta(?: \w+){0,12} (?:iban|datos (?:bancarios|del banco)|cuenta (?:bancaria|del banco)|mi tarjeta|"
    r"foto (?:a|de) (?:la|mi) "
    r"(?:factura|dni)|me hizo firmar|hicieron firmar|mi firma)\b",
    # money gone after a call; "it is fraud"
    r"\b(?:money|savings|cash)(?: \w+){0,6} (?:gone|taken|missing|disappeared|vanished|withdrawn|"
    r"stolen)(?: \w+){0,5} (?:after|when|since)"
    r"(?: \w+){0,4} (?:call|text|link|message|e ?mail|visit)\b",
    r"\b(?:sacado|sacaron|quitado|quitaron|desaparecido|desaparecio|robado|cargado|retirado)(?: \w+){0,6} (?:cuenta|"
    r"dinero|tarjeta|"
    r"ahorros)(?: \w+){0,5} (?:despues|tras|por|desde|cuando)(?: \w+){0,4} (?:llam\w+|mensaje|sms|enlace|correo|"
    r"visita)\b",
    r"\b(?:its|this is|that is|thats|must be) (?:a )?(?:case of )?frauds?\b",
)


FRAUD_AS_INSULT = any_of(
    r"\b(?:you|youre|you are|you people|you guys|your company|this company|lumina|company|bill|"
    r"bills|price|prices|fee|fees|plan|charge|this|that|thats|its|what a|such a|total|complete|"
    r"absolute|like a|it is|feels like a?)(?: \w+){0,4} (?:scam|scammers?|fraud|fraudsters?|"
    r"fraudulent|rip ?off|thieves|robbery|swindle|con)\b(?! (?:call|text|email|message|calls|"
    r"texts|caller|messages|in your name))",
    r"\b(?:ustedes|vosotros|sois|son|sois unos|son unos|lumina|esta compania|esta empresa|"
    r"compania|factura|recibo|precio|precios|tarifa|cuota|esto|eso|menuda|vaya|que|pura|puro|"
    r"es una|es un|me parece una|me parece un|parece una|una|un)(?: \w+){0,3} (?:estafa|timo|"
    r"fraude|estafadores|estafador|timadores|ladrones|robo|atraco)\b(?! (?:telefonic|por telefono|"
    r"con mi|a mi nombre|de identidad|bancari|por internet|por sms|por whatsapp|por correo))",
    r"\b(?:me|nos) (?:estais|estan|habeis|han|estas) (?:\w+ )?(?:estafando|timando|robando|"
    r"estafado|timado)\b(?= (?:con (?:la|el|esta|este|las|los) (?:factura|recibo|precio|cuota|"
    r"tarifa|facturas)|ustedes|vosotros))",
    r"\b(?:stop|quit|stopped) scamming\b",
    r"\byou(?:re| are|ve| have)? (?:\w+ )?(?:scamm\w+|conn\w+|defraud\w+|swindl\w+)\b",
    r"\bladrones\b",
)


REAL_FRAUD = any_of(
    r"\b(?:call|called|calling|caller|text|message|email|link|someone|somebody|man|woman|guy|code|"
    r"card|pin|identity|door|technician|website|llam\w+|mensaje|correo|enlace|alguien|"
    r"senor\w*|hombre|tipo|codigo|tarjeta|identidad|puerta|tecnico|pagina|whatsapp|sms|victima|cai|caido|caimos|"
    r"fell for|fallen for|"
    r"victim|report|denunciar|me han|me estafaron|timaron)\b"
)


def speaks_of_fraud(literal: str) -> bool:
    """Return whether plain text without figures of speech speaks of fraud against the caller.

    Calling the company a fraud is none, unless a stranger, a code or a card is in it too.
    """
    meant = FRAUD_AS_INSULT.search(literal) is None or REAL_FRAUD.search(literal)
    return bool(meant and (FRAUD.search(literal) or _DEEDS.search(literal)))
