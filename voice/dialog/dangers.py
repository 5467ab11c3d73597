"""Patterns of danger to life, in plain text of both languages."""

from __future__ import annotations

import re

from voice.dialog.text import any_of

DANGER = any_of(
    # numb or unable to move, an intruder
    r"\b(?:cant|cannot|dont|no longer) (?:feel|move) (?:my|his|her|the) (?:\w+ )?(?:arms?|hands?|legs?|foot|feet|"
    r"fingers?|"
    r"side|face|body)\b",
    r"\bno (?:me )?(?:siento|siente|puedo mover|puede mover|mueve) (?:bien )?(?:el|la|los|las|mi|un|una|"
    r"medio) (?:\w+ )?"
    r"(?:brazos?|manos?|piernas?|pies?|dedos?|cara|lado|cuerpo)\b",
    r"\b(?:breaking|broke|break|broken) in(?:to)? (?:my|our|the) (?:house|home|flat|apartment|door)\b|"
    r"\b(?:intruder|burglars?|"
    r"prowler|someone|somebody) (?:is |are )?in (?:my|our|the) (?:house|home|flat|garden|kitchen)\b",
    r"\b(?:estan|esta|quieren|intentan|intentando) (?:\w+ )?(?:entrando|entrar|forzando|forzar|rompiendo|reventando) "
    r"(?:a robar|(?:en )?(?:mi|la|nuestra) (?:casa|puerta|ventana|cerradura))\b|\bhay (?:un |unos )?(?:ladron(?:es)?|"
    r"intrusos?) (?:en|dentro|entrando)\b",
    r"\b(?:ha |han |he )?(?:dejo|dejado|deja|dejaron) de respirar\b|\bno (?:esta )?respira(?:ndo)?\b",
    r"\b(?:is|are|keeps|he|she|they) (?:beating|hitting|attacking|strangling|stabbing|punching|"
    r"choking) (?:up )?(?:me|her|him|us|my|"
    r"the|a|someone|somebody)\b|\b(?:le|la|lo|me|nos|les) (?:estan?|siguen?) (?:pegando|golpeando|atacando|ahorcando|"
    r"apunalando)\b",
    # fire, smoke, explosion
    r"\bburning (?:coming|from|behind|inside|in the (?:wall|ceiling|roof|attic|loft))\b",
    r"\b(?:on|caught|catch|catching|set) fire\b",
    r"\bfires? (?:in|at|inside|near|started|broke|has started|has broken|coming|alarm)\b",
    r"\b(?:theres|there is|there s|we have|a|big|small|electrical|house|kitchen|"
    r"got a) (?:\w+ )?fire\b(?! (?:place|stick|wall|work|sale|door|insurance|station|exit|tv|"
    r"drill))",
    r"\b(?:flames?|in flames|burning smell|smell (?:of )?burning|smells? like (?:its )?(?:burning|"
    r"burnt|smoke|something burning)|smelling (?:burning|smoke|burnt))\b",
    r"\bsmell(?:s|ing)?(?: \w+){0,4} (?:burning|burnt|smoke|burned)\b",
    r"\b(?:smoke|smoking)(?: \w+){0,3} (?:coming|pouring|out of|from|in (?:the|my)|everywhere|"
    r"rising|filling)\b",
    r"\b(?:theres|there is|seeing|see|full of|i see|got|lots of|black) (?:\w+ )?smoke\b",
    r"\b(?:socket|plug|outlet|meter|fuse ?box|panel|box|wire|wires|wiring|cable|router|charger|"
    r"breaker|transformer|pole|heater|house|building|kitchen|appliance|"
    r"battery)(?: \w+){0,4} (?:burning|smoking|sparking|sparks|melting|melted|burned up|exploded|"
    r"exploding|on fire|flames|blew up|glowing|is burnt|arcing|buzzing and hot|blown up)\b",
    r"\b(?:smoke alarm|fire alarm|smoke detector)(?: \w+){0,3} (?:going|ringing|went|wont stop|is|"
    r"keeps|beeping)\b",
    r"\b(?:sparks?|sparking|arcing)\b(?! plugs?)",
    r"\b(?:explosion|exploded|exploding|blew up|blown up)\b(?! (?:in price|my phone with|"
    r"with (?:calls|messages|notifications)))",
    r"\bmy (?:house|home|flat|apartment|kitchen|garage) is burning\b",
    # electricity and lines
    r"\bgot (?:an? )?(?:\w+ )?jolt\b|\b(?:electrocut\w+|electric shocks?|electrical shocks?|"
    r"got a shock|get a shock|"
    r"getting (?:a )?shocks?|got shocked|gave me a shock|gives? (?:me |you |us )?(?:a )?shocks?|"
    r"got zapped|getting zapped|zapped (?:me|him|her)|shocked (?:me|him|her) when)\b",
    r"\b(?:live|exposed|bare|fallen|downed|broken|hanging|loose|snapped|down|naked|"
    r"torn) (?:\w+ )?(?:wires?|cables?|power ?lines?|lines?|electricity lines?|"
    r"conductors?)\b(?! (?:speed|test|rental))",
    r"\b(?:wires?|cables?|power ?lines?|electricity lines?|pylon|electric pole|power pole|"
    r"utility pole|transformer|overhead line)(?: \w+){0,4} (?:down|fallen|fell|fallen down|"
    r"on the (?:ground|road|street|floor|pavement|sidewalk|car|roof|fence)|hanging|snapped|live|"
    r"exposed|dangling|came down|come down|collapsed|in the (?:road|street|water|garden|yard))\b",
    r"\b(?:water|flood|flooded|flooding|leak|leaking|rain)(?: \w+){0,5} (?:meter|fuse ?box|socket|"
    r"sockets|electrics|electric(?:al|ity)? (?:panel|board|cabinet|cupboard)|fuse ?board|outlet|electricity box|"
    r"power strip|consumer unit|wiring|"
    r"breaker)\b",
    # people
    r"\b(?:not|isnt|stopped|cant|cannot|can not|cannt|hardly|barely|trouble|difficulty|unable to|"
    r"struggling to|hard to)(?: \w+){0,2} (?:breathing|breathe|breath)\b",
    r"\b(?:unconscious|passed out|collapsed(?! (?:bundle|line))|not responding|unresponsive|"
    r"wont wake up|isnt waking|not waking|bleeding|choking|drowning|heart attack|cardiac arrest|"
    r"stroke|seizure|having a fit|suffocating|overdose|convulsing|chest pains?|pain in (?:my|his|"
    r"her) chest|labor pains|giving birth)\b(?! (?:edge|money|of genius))",
    r"\b(?:his|her|their|my (?:\w+ )?)(?: \w+)? ?(?:heart|pulse) (?:has )?stopped\b",
    r"\b(?:call|need|send|get|calling) (?:\w+ ){0,3}?(?:ambulance|paramedics?|the police|"
    r"fire ?(?:brigade|department|fighters?|men|service|truck|engine)|911|999|112|nine one one|"
    r"nine nine nine|one one two|a doctor urgently|emergency services)\b",
    r"\b(?:this is|its|it is|theres|there is|medical|life threatening|real|we have|"
    r"got) (?:really )?(?:an |a )?(?:medical |real |life (?:and|"
    r"or) death )?emergency\b(?! (?:number|contact|credit|plan|kit|contacts))",
    r"\blife (?:or|and) death\b",
    r"\b(?:life|lives) (?:is|are|at|in) (?:at )?(?:risk|danger|stake)\b",
    r"\b(?:in|great|real|serious|mortal|immediate) danger\b",
    r"\b(?:somebody|someone|he|she|they|husband|wife|son|daughter|mother|father|mum|mom|dad|child|"
    r"baby|neighbou?r|man|woman|worker|technician|people|person|guy|kid|boy|girl|grandmother|"
    r"grandfather|nan|brother|sister)(?: \w+){0,3} (?:dying|going to die|gonna die|might die|"
    r"could die|will die|trapped|stuck in the (?:lift|elevator)|burned|burnt badly|hurt badly|"
    r"badly hurt|seriously (?:hurt|injured)|injured|been shot|been stabbed|stabbed|shot|"
    r"not moving|fell off|fainted|turned blue|turning blue)\b",
    r"\b(?:im|i am|were|we are|i think im|i might be|hes|shes|they are|theyre) (?:\w+ )?(?:dying|"
    r"trapped|stuck in (?:the|a|this) (?:lift|elevator)|bleeding|going to die|gonna die|"
    r"badly hurt|being attacked|being followed|injured|locked in|in danger)\b",
    r"\b(?:oxygen|ventilator|respirator|dialysis|concentrator|breathing machine|life support|cpap|"
    r"nebuli[sz]er|feeding pump|heart monitor|apnea monitor|incubator|medical (?:equipment|device|"
    r"machine))\b(?! (?:priority|register|registration|discount|form))",
    r"\b(?:kill|hurt|murder|shoot|stab|attack|beat|threatening|threatened|hit|hits|hitting|"
    r"attacking|beating|hurting|rape|raped) (?:me|us|my (?:wife|kids|children|family|husband|"
    r"daughter|son|mother)|him|her)(?! (?:with (?:fees|charges|a (?:fee|charge|bill|penalty))|by|"
    r"for paying|up for|twice|in the wallet))\b(?! (?:a |another |with |that |when )*(?:fee|fees|"
    r"charge|bill|penalty))",
    r"\b(?:has|got|with|holding|waving|pointing) (?:a|an|his|her) (?:\w+ )?(?:gun|knife|weapon|"
    r"axe|machete)\b",
    r"\b(?:break|breaking|broke|broken) in(?:to)? (?:my|the|our|right|now) ?(?:house|home|flat|"
    r"now|apartment)?\b(?! (?:service|the (?:line|connection|signal|cable|contract)))",
    r"\b(?:intruder|burglar|robber|kidnap\w+|hostage|bomb)\b",
    r"\b(?:poisoned|poisoning)\b",
    r"\b(?:trapped|stuck|locked) in(?:side)? (?:the|an?|our|my|this) (?:lift|elevator|fire|car|"
    r"burning \w+)\b",
    r"\bhelp me (?:please )?(?:im|i am|hes|shes) (?:dying|bleeding|trapped|hurt)\b",
    # Fire, smoke, explosion, in Spanish
    r"\b(?:incendio|incendiando|incendiado|incendia|incendiar|se incendio|fuego|llamas|se quema|"
    r"quemandose|se esta quemando|se estan quemando|se prendio fuego|en llamas|ardiendo|"
    r"se esta prendiendo|prendid[oa] fuego|se queman|lumbre|prendiendose|esta ardiendo|arde la|"
    r"arde el)\b(?! (?:los (?:gigas|datos)|la (?:bateria|tarjeta)|de (?:gas|la cocina)$|"
    r"artificial\w*))",
    r"\b(?:olor|huele|huelo|oliendo|olia)(?: \w+){0,3} (?:quemad[oa]|humo|quemarse|chamuscad[oa]|"
    r"plastico|cable quemado|quemandose|tostado)\b",
    r"\bhumo\b",
    r"\b(?:explosion|exploto|explotado|explota|explotando|va a explotar|"
    r"reventado el transformador|estall\w+)\b(?! de (?:risa|rabia|alegria))",
    r"\b(?:chispas?|chispazos?|chisporrote\w+|echando chispas|chispea\w*|cortocircuito|"
    r"corto circuito|fogonazo|fogonazos|llamarada)\b",
    r"\b(?:enchufe|toma|contador|medidor|cuadro|caja|cable|cables|transformador|poste|cargador|"
    r"router|regleta|multicontacto|tablero|fusibles|breaker|diferencial|bateria|"
    r"aparato)(?: \w+){0,4} (?:quemado|quemada|quemando|quemandose|derretid[oa]|derritiendo\w*|"
    r"ardiendo|humeando|echando|al rojo|chamuscad[oa]|humea|quemo|derritio|exploto|trono|arde|"
    r"quema)\b",
    # Electricity and lines, in Spanish
    r"\b(?:electrocut\w+|descarga electrica|una descarga|da corriente|dado corriente|(?:da|dado|"
    r"dio|pegado|pego) (?:la |una )(?:corriente|descarga|calambre)|dio corriente|da calambre|"
    r"dado calambre|dio calambre|dando corriente|dando calambre|da toques|dio toques|calambrazo|"
    r"calambrazos|latigazo electrico|pega corriente|pasa corriente|paso corriente|"
    r"pateo la corriente|pateo|da la corriente|dio la corriente|me quede pegad[oa]|dan toques|"
    r"agarro la corriente|agarro corriente)\b",
    r"\b(?:cable|cables|poste|postes|linea electrica|lineas electricas|torre|torreta|tendido|"
    r"transformador|alta tension|catenaria)(?: \w+){0,5} (?:caid[oa]s?|tirad[oa]s?|colgando|"
    r"suelt[oa]s?|pelad[oa]s?|en el suelo|en la calle|en la banqueta|en la acera|en el agua|"
    r"rot[oa]s?|cayo|se cayo|cayeron|arrancad[oa]s?|al descubierto|descolgad[oa]s?|"
    r"descubiert[oa]s?|encima|por el suelo|partid[oa]|expuest[oa]s?)\b(?! (?:del router|de red|"
    r"de fibra|de internet|del telefono|de la tele))",
    r"\b(?:caido|cayo|cayeron|caida|caidos|tirado|se ha caido|hay un|han caido|arrancado|"
    r"pelad[oa])(?: \w+){0,3} (?:cable electrico|cable de (?:la )?(?:luz|alta|corriente|"
    r"electricidad)|poste|postes|torre electrica|torreta|alta tension|cables de (?:la )?(?:luz|"
    r"alta|corriente|electricidad)|tendido|cables? pelados?|linea de alta)\b",
    r"\bcables? (?:de alta|pelad[oa]s?|caid[oa]s?|vivos?)\b",
    r"\b(?:agua|inundad[oa]|inundacion|gotera|mojad[oa]|inundando|"
    r"inundo)(?: \w+){0,6} (?:contador|cuadro|enchufe|enchufes|medidor|caja de (?:luz|fusibles)|"
    r"tablero|instalacion electrica|diferencial|corriente|contactos)\b",
    # People, in Spanish
    r"\b(?:no|apenas|dejo de|deja de|cuesta|casi no|sin poder) (?:\w+ ){0,3}?(?:respira|respiro|"
    r"respirar|respirando|respire|respiran)\b",
    r"\b(?:inconsciente|desmay\w+|desvanecid[oa]|sin conocimiento|perdio el conocimiento|"
    r"ha perdido el conocimiento|no responde (?:mi|el|la) (?:madre|padre|hijo|hija|marido|mujer|"
    r"abuel[oa]|esposo|esposa|senor|senora|nino|nina|bebe)|no reacciona|no despierta|"
    r"no se despierta|sangrando|desangr\w+|se esta ahogando|me estoy ahogando|me ahogo|se ahoga|"
    r"asfixia\w*|atragant\w+|infarto|paro cardiaco|ictus|derrame cerebral|convulsion\w*|"
    r"ataque al corazon|ataque cardiaco|dolor (?:en el|de) pecho|me duele (?:mucho )?el pecho|"
    r"sobredosis|de parto|embolia|envenenad[oa]|envenenamiento|intoxicad[oa]s?)\b",
    r"\b(?:llame|llamen|llama|llamar|llamad|manden|mande|mandad|envien|envie|necesito|necesitamos|"
    r"hace falta|avisa|avise|avisen|avisar)(?: \w+){0,3} (?:ambulancia|bomberos|policia|"
    r"emergencias|911|112|091|paramedicos|uvi|samur|cruz roja|medico urgente)\b",
    r"\b(?:es|tengo|tenemos|hay|esto es) (?:una )?(?:\w+ )?(?:emergencia)\b(?! (?:de datos|"
    r"el numero))",
    r"\b(?:vida o muerte|peligra la vida|peligro de muerte|peligro de vida|riesgo de muerte|"
    r"vida (?:esta )?en (?:peligro|riesgo)|corre peligro|corremos peligro|estamos en peligro|"
    r"estoy en peligro|esta en peligro|hay peligro|en peligro)\b(?! mi (?:contrato|negocio|linea))",
    r"\b(?:se|nos|me) (?:esta|estamos|estoy|va a|vamos a|voy a|puede|puedo) (?:a )?(?:muriendo|"
    r"morir|desangrando|ahogando|asfixiando)\b",
    r"\b(?:se muere|se nos muere|me muero|nos morimos|se me muere|se puede morir|se va a morir|"
    r"se esta muriendo|estoy muriendo|me estoy muriendo)\b(?! (?:el|la|mi) (?:movil|telefono|"
    r"celular|bateria|internet|wifi|router))",
    r"\b(?:atrapad[oa]s?|encerrad[oa]s? en (?:el|un) (?:ascensor|elevador)|heridos?|herida|"
    r"lesionad[oa]s?|malherid[oa]|apunalad[oa]|baleado|accidentad[oa]|accidente grave|quemaduras?|"
    r"se ha quemado|se quemo (?:la mano|el brazo|mi|un|una))\b(?! el sentimiento)",
    r"\b(?:oxigeno|respirador|ventilador mecanico|concentrador|dialisis|ventilacion mecanica|"
    r"aparato para respirar|maquina para respirar|maquina de respirar|incubadora|soporte vital|"
    r"cpap|bomba de infusion|nebulizador|bipap|equipo medico|aparato medico|maquina de oxigeno|"
    r"marcapasos)\b(?! (?:prioridad|registro))",
    r"\b(?:me|nos|la|lo|le|a mi \w+ (?:lo|la)) (?:quiere|quieren|va a|van a|esta|estan|intenta|"
    r"amenaza con|amenazo con|amenazan con|amenazaron con|amenaza de)(?: a)? ?(?:matar|matarme|"
    r"matarnos|matando|pegando|golpeando|atacando|agrediendo|violando|violar|secuestr\w+|"
    r"amenazando)\b",
    r"\bamenaz\w+ (?:de muerte|con (?:una? |matar)|a mi familia)",
    r"\b(?:tiene|con|saco|lleva|trae) (?:una?|su) (?:pistola|cuchillo|arma|navaja|machete|"
    r"escopeta|hacha)\b",
    r"\b(?:me|nos) (?:pega|golpea|maltrata|persiguen|persigue|apuntan?|secuestr\w+)\b(?! (?:con|"
    r"en) (?:la|el|una) (?:factura|recibo|subida|cobro))",
    r"\b(?:estan|esta|alguien|han) (?:\w+ ){0,2}(?:entrando|entrado|entro|metid[oa]|metio|"
    r"metiendo) (?:\w+ )?(?:en|a) (?:mi|la|nuestra) (?:casa|vivienda|piso)\b",
    r"\b(?:hay (?:un |unos )?(?:ladron|ladrones)|(?:ladron|ladrones) (?:en|dentro)|bomba (?:en|"
    r"de)|rehen|rehenes|secuestro)\b",
    r"\b(?:abuel[oa]|madre|padre|mama|papa|hij[oa]|marido|mujer|espos[oa]|vecin[oa]|senora?|"
    r"nin[oa]|bebe|herman[oa]|"
    r"amig[oa]|trabajador|tecnico|alguien|persona|chic[oa])(?: \w+){0,5} no (?:se )?(?:responde|"
    r"mueve|despierta|reacciona|"
    r"levanta|contesta y|respira)\b(?! (?:a (?:mis?|las?|los?|nadie|ningun\w*)|al|mis|las|el telefono|"
    r"ni a) ?(?:llamad\w+|"
    r"mensaj\w+|correos?|telefono|whatsapp|nada|timbre|preguntas?)?\b)",
    r"\bauxilio\b",
    r"\bno (?:para|deja|paro|cesa|dejo) de sangrar\b|\bsangra (?:mucho|muchisimo|a chorros)\b|\bwont stop bleeding\b",
    # somebody, a socket, and then nothing
    r"\b(?:stuck|put|poked|pushed|touched|touching|grabbed|met(?:io|ido|iendo)|toc(?:o|ado|ar|ando)|agarr(?:o|ado|ar)|"
    r"cogi(?:o|do))(?: \w+){0,5} (?:sockets?|outlet|plug|wires?|cables?|enchufes?|contacto|toma(?:corriente)?)"
    r"(?: \w+){0,5} (?:no (?:responde|reacciona|se mueve|contesta|respira)|limp|not (?:moving|responding|breathing)|"
    r"isnt (?:moving|responding|breathing)|shaking|stiff|ties[oa]|tirad[oa] en el suelo|temblando)\b",
    r"\bsocorro\b(?! (?:perez|garcia|lopez|martinez|hernandez|gonzalez))",
)


_HARMLESS = any_of(
    r"\b(?:where|how|what|when|do you|can i|is it|donde|como|cuanto|se puede|puedo|"
    r"hay que)\b(?: \w+){0,8} (?:register|registrar|registro|dar de alta|apply|discount|descuento|"
    r"priority|prioridad|equipo medico registrado)\b",
    r"\bin case of (?:a |an )?(?:fire|emergency)\b",
    r"\ben caso de (?:incendio|emergencia)\b",
)


_SOMEBODY = (
    r"(?:(?:my|our|the|a|an|his|her) (?:\w+ )?(?:mother|father|mum|mom|dad|husband|wife|son|daughter|child|baby|boy|"
    r"girl|"
    r"grandmother|grandfather|gran|nan|grandma|grandpa|brother|sister|aunt|uncle|neighbou?r|man|woman|lady|friend|"
    r"partner|"
    r"flatmate|worker|technician|engineer|guy|kid|grandson|granddaughter|old man|old lady)|someone|somebody|he|she)"
)
_FALL = (
    r"(?:fell|fallen|falling|had a fall|collapsed|lying|slumped|on the (?:floor|ground)|tripped|hit (?:his|her) head|"
    r"knocked out|keeled over)"
)
_NO_SIGN = (
    r"(?:not|isnt|doesnt|wont|cant|cannot|no longer|stopped|never|didnt)(?: \w+){0,2} (?:answer\w*|respond\w*|"
    r"mov(?:e|es|ing)|"
    r"react\w*|wak(?:e|ing)|talk\w*|get(?:ting)? up|speak\w*|stand)"
)
_ALGUIEN = (
    r"(?:madre|padre|mama|papa|abuel[oa]|hij[oa]|marido|mujer|espos[oa]|vecin[oa]|niet[oa]|nin[oa]|bebe|herman[oa]|"
    r"ti[oa]|"
    r"amig[oa]|senora?|hombre|chic[oa]|companer[oa]|pareja|anciano|anciana|trabajador|tecnico|alguien|suegr[oa]|"
    r"cunad[oa])"
)
_CAIDA = (
    r"(?:se (?:me |nos )?(?:ha caido|cayo|ha desplomado|desplomo)|tirad[oa]|tumbad[oa]|tendid[oa]|en el suelo|"
    r"ha caido|caid[oa]|"
    r"desplomad[oa]|golpe(?:ado)? (?:en )?la cabeza)"
)
_NO_DA_SENAL = (
    r"no (?:me |nos |se |le )?(?:\w+ )?(?:(?:contesta|responde|coge)(?! (?:al|el|los|las|a|la) )|mueve|reacciona|"
    r"despierta|habla|levanta|puede levantarse|"
    r"se puede levantar|puede moverse|abre los ojos)"
)

PEOPLE = any_of(
    rf"\b{_SOMEBODY}(?: \w+){{0,4}} {_FALL}(?: \w+){{0,8}} {_NO_SIGN}\b",
    rf"\b{_SOMEBODY}(?: \w+){{0,5}} {_NO_SIGN}(?: \w+){{0,6}} {_FALL}\b",
    rf"\b{_ALGUIEN}(?: \w+){{0,4}} {_CAIDA}(?: \w+){{0,8}} {_NO_DA_SENAL}\b",
    rf"\b{_CAIDA}(?: \w+){{0,4}} {_ALGUIEN}(?: \w+){{0,6}} {_NO_DA_SENAL}\b",
    rf"\b{_ALGUIEN}(?: \w+){{0,3}} {_NO_DA_SENAL}(?: \w+){{0,5}} {_CAIDA}\b",
    # touched something live
    r"\b(?:touched|grabbed|stuck|put)(?: \w+){0,5} (?:wires?|cables?|socket|plug|outlet|fuse ?box|meter)(?: \w+){0,5} "
    r"(?:shaking|trembling|burned|burnt|burns|thrown|knocked|twitching|cant let go|floor|hurt|numb|unconscious)\b",
    r"\b(?:tocado|toco|toque|metido|metio|agarrado|agarro|cogido)(?: \w+){0,5} (?:cable|cables|enchufe|cuadro|hilo)"
    r"(?: \w+){0,5} (?:temblando|tiembla|quemad[oa]|quemado|suelo|convuls\w+|dormid[oa]|despedid[oa]|pegad[oa])\b",
    # heart, stroke
    r"\b(?:my|his|her) chest(?: \w+){0,3} (?:hurts?|hurting|tight|aches|aching|pains?|burning|pressure|heavy|"
    r"crushing)\b|"
    r"\b(?:tightness|pressure|pain|crushing)(?: \w+){0,3} (?:my|his|her) chest\b",
    r"\b(?:arm|face|side|mouth|leg)(?: \w+){0,3} (?:numb|droop\w*|tingling|paraly[sz]ed|gone dead|limp|dropped)\b|"
    r"\b(?:slurring|slurred)\b",
    r"\b(?:aprieta|oprime|duele|presion|opresion|dolor|pinchazos?|ardor)(?: \w+){0,4} pecho\b",
    r"\b(?:duerme|dormid[oa]|adormecid[oa]|paraliz\w+|cae|caida|torcid[oa]|hormiguea)(?: \w+){0,2} (?:el brazo|la cara|"
    r"la boca|medio cuerpo|el lado)\b|\b(?:el brazo|la cara|la boca|medio cuerpo)(?: \w+){0,2} (?:dormid[oa]|"
    r"adormecid[oa]|"
    r"paraliz\w+|torcid[oa])\b",
    # swallowed, born, shut in
    r"\b(?:swallowed|drank|drunk|eaten|ate|ingested|chewed)(?: \w+){0,3} (?:battery|batteries|bleach|poison|"
    r"detergent|coin|"
    r"magnets?|cleaner|chemicals?|antifreeze|drain \w+|rat poison|dishwasher tablet)\b",
    r"\b(?:tragado|trago|bebido|bebio|comido|ingerido)(?: \w+){0,3} (?:pila|pilas|lejia|veneno|detergente|moneda|"
    r"iman|imanes|"
    r"producto|quimico|amoniaco|raticida|cloro)\b",
    r"\b(?:in|into|gone into) labou?r\b(?! (?:day|law|dispute|costs?))|\b(?:my|her) waters? (?:have |has |had |just )?"
    r"(?:broke|broken)\b|\bcontractions\b|\b(?:rompi|roto|rompio) aguas\b|\bcontracciones\b|\bde parto\b",
    r"\b(?:baby|child|toddler|son|daughter|bebe|nin[oa]|hij[oa])(?: \w+){0,4} (?:locked|shut|encerrad[oa]|"
    r"atrapad[oa])(?: \w+)?"
    r" (?:in|inside|en|dentro)\b",
    # what burns, what is live, who cannot be woken
    r"\b(?:flat|house|home|apartment|building|kitchen|car|garage|roof|shop|balcony|shed)(?: is| are|s)? (?:burning|"
    r"ablaze)\b(?! (?:money|through))",
    r"\bburn(?:ing|t) (?:plastic|rubber|wires?|electrical|cables?|hair|insulation)\b",
    r"\bcables? (?:con corriente|electric[oa]s?|de la luz)(?: \w+){0,4} (?:charco|agua|suelo|acera|jardin)\b",
    r"\b(?:cant|cannot|couldnt|unable to) (?:\w+ )?wake (?:him|her|them|my \w+)\b|\bno (?:la|lo|le|los|"
    r"se) (?:podemos|puedo|consigo|logro|"
    r"conseguimos) despertar\b|\b(?:abuel[oa]|madre|padre|marido|mujer|hij[oa]|vecin[oa]|hombre|"
    r"senora?)(?: \w+){0,3} desplom\w+\b",
    # no air, no feeling
    r"\b(?:turning|turned|going|gone|went) (?:blue|purple|grey|gray)\b(?! (?:light|screen|on the router))|"
    r"\b(?:poniendo|puesto|pone|quedado|"
    r"puso) (?:\w+ )?(?:morad[oa]|azul|gris|livid[oa])\b(?! (?:la luz|la pantalla|el router))",
    r"\b(?:quedado|quedo|esta|sigue) pegad[oa]s? (?:al?|a la|en) (?:\w+ )?(?:cable|enchufe|lampara|luz|cambiar|"
    r"corriente|cuadro|poste|maquina|"
    r"nevera|lavadora)\b",
    # armed or violent people
    r"\b(?:trying|tries|tried|attempting) to (?:get|break|force|climb)(?: \w+)? (?:in|into|through|"
    r"inside)(?: \w+){0,3} (?:house|home|flat|"
    r"door|window|apartment|garden|room)\b|\b(?:intentando|intenta|intentan|tratando de|quiere|quieren) (?:entrar|"
    r"meterse|colarse) (?:en|a|por) "
    r"(?:mi|la|nuestra) (?:casa|piso|ventana|puerta|vivienda)\b",
    r"\b(?:armed|masked) (?:man|men|robbers?|person|people|guy|intruder)\b|\b(?:hombre|hombres|tipo|tipos|persona|"
    r"gente|"
    r"alguien|encapuchad[oa]s?|ladron\w*) (?:\w+ )?armad[oa]s?\b",
    r"\b(?:man|men|guy|someone|somebody|husband|son|neighbou?r|he|she)(?: \w+){0,3} (?:with|has|holding|got|"
    r"carrying) (?:a|an|his)"
    r" (?:\w+ )?(?:gun|knife|rifle|axe|machete|pistol)\b",
)


_LIFE_OR_DEATH = re.compile(r"\b(?:life (?:and|or) death|vida o muerte)\b")
_ONLY_SERVICE = re.compile(
    r"\b(?:internet|wifi|wi fi|fib(?:er|re)|fibra|line|linea|signal|cobertura|business|negocio|work|trabajo|job|"
    r"meeting|"
    r"reunion|exam|examen|deadline|plazo|phone|movil|telefono|partido|match|serie|delivery|pedido|invoice|factura|mail|"
    r"correo|app|screen|streaming|teletrabajo|empresa|company|oficina|office)\b"
)
_SERVICE_EMERGENCY = re.compile(
    r"\bemergenc(?:y|ia)\b.*\b(?:sim|pin|puk|internet|wifi|roaming|factura|bill|app|fib(?:er|re)|fibra|password|"
    r"contrasena|datos)\b"
)
_A_BODY = re.compile(
    r"\b(?:oxygen|oxigeno|breath\w*|respir\w*|heart|corazon|blood|sangr\w*|ambulan\w*|hospital|patient|paciente|"
    r"sick|enferm\w*|"
    r"baby|bebe|mother|madre|father|padre|husband|marido|wife|mujer|child|nin[oa]|hij[oa]|son|daughter|machine|maquina|"
    r"medic\w*|insulin\w*|dialysis|dialisis|dying|muriendo|hurt|herid[oa])\b"
)


def _is_only_service(literal: str) -> bool:
    """Return whether "life or death" is said of a line or a business, with nobody's body in it."""
    said = _LIFE_OR_DEATH.search(literal) is not None
    return said and bool(_ONLY_SERVICE.search(literal)) and not _A_BODY.search(literal)


def speaks_of_danger(literal: str) -> bool:
    """Return whether plain text without figures of speech speaks of a danger to life, not only asks about it."""
    if PEOPLE.search(literal):
        return True
    if _SERVICE_EMERGENCY.search(literal) and not _A_BODY.search(literal):
        literal = re.sub(r"\bemergenc(?:y|ia)\b", " xx ", literal)
    if _is_only_service(literal):
        literal = _LIFE_OR_DEATH.sub(" xx ", literal)
    return bool(DANGER.search(literal)) and not _HARMLESS.search(literal)
