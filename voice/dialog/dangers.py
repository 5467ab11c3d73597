"""Patterns of danger to life, of gas and of self-harm, in plain text of both languages."""

from __future__ import annotations

from voice.dialog.text import any_of

GAS = any_of(
    r"\b(?:smell|smells|smelling|smelled|smelt|stinks|stink|reeks|whiff|odou?r|scent|stench|"
    r"sniff)(?: \w+){0,4} (?:gas|gaz|guess leak|rotten eggs?|sulphur|sulfur)\b",
    r"\b(?:gas|gaz)(?: \w+){0,3} (?:smell|smells|smelling|leak|leaks|leaking|leaked|escaping|"
    r"hissing|hiss|stinks|odou?r|poisoning|explosion|exploded|coming out|stench|fumes)\b",
    r"\b(?:leak|leaks|leaking|leakage|escape|hissing|fumes)(?: \w+){0,3} (?:of )?(?:gas|gaz)\b",
    r"\brotten eggs?\b",
    r"\b(?:left|leave|leaving) the gas on\b",
    r"\bgas (?:is |was )?(?:still )?(?:left )?(?:on all|turned on and)\b",
    r"\b(?:gas|propane|butane|natural gas)(?: \w+){0,3} (?:in the (?:house|kitchen|air|flat|room|"
    r"apartment|basement|hallway)|everywhere|filling)\b",
    r"\bcarbon monoxide\b",
    r"\b(?:co|monoxide) (?:alarm|detector|poisoning)\b",
    r"\b(?:huele|huelo|olimos|olio|olieron|olido|olor|oliendo|olia|hueles|olemos|oler|huelen|apesta|peste|tufo|"
    r"hedor|ole|"
    r"uele|huelle)(?: \w+){0,5} (?:gas|gaz|gases|butano|huevos? podridos?|azufre)\b",
    r"\b(?:a|de) gas (?:huele|apesta)\b",
    r"\b(?:fuga|fugas|escape|escapa|escapando|escapado|perdida|sale|saliendo|salio|pierde|"
    r"perdiendo|escaparse|se fuga|fugando|suga|buga)(?: \w+){0,3} (?:de |del |el )?(?:gas|gaz|"
    r"butano)\b",
    r"\b(?:gas|butano)(?: \w+){0,4} (?:escapando|fuga|fugando|escapa|saliendo|sale|huele|pierde|"
    r"apesta|exploto|explotar|abiert[oa]|escape)\b",
    r"\bmonoxido\b",
    r"\b(?:intoxica\w+|envenena\w+)(?: \w+){0,4} (?:gas|monoxido|humo)\b",
    r"\bhuevos? podridos?\b",
    r"\b(?:deje|dejo|dejaron|dejado|quedo) (?:\w+ ){0,3}(?:el gas|la llave del gas|"
    r"el gas abierto)(?: \w+){0,2} (?:abiert[oa]|encendid[oa])\b",
    r"\bhay gas en\b",
)


SELF_HARM = any_of(
    r"\b(?:kill|killing|hurt|hurting|harm|harming|hang|hanging|shoot|shooting|cut|cutting|poison|"
    r"poisoning|hung|off|end) (?:my ?self|me self|meself|my self)\b",
    r"\b(?:end|ending|take|taking|ended|finish|finishing) (?:my|me) (?:own )?life\b",
    r"\bsuicid\w*\b",
    r"\bsuicidal\b",
    r"\b(?:i |just |really )?(?:want|wanna|need|wish|ready|rather|would|prefer|thinking about|"
    r"think of|thought of|thoughts of)(?: to| i could| i would| i was| i were| be| of)* (?:die|"
    r"be dead|dying|dead|not wake up|never wake up|disappear forever|not be here any ?more|"
    r"not exist)\b",
    r"\b(?:dont|do not|no longer|not) (?:\w+ )?(?:want|wanna|wish|wanting|see (?:any|a) (?:reason|"
    r"point))(?: to| in)? (?:live|living|be alive|be here|go on|go on living|keep (?:going|"
    r"living)|carry on|wake up|exist)\b(?! (?:in|at|here in|with (?:my|the|this|a)|"
    r"without (?:internet|wifi|light))\b)",
    r"\b(?:no|any|a) (?:reason|point|sense) (?:to|in|for) (?:live|living|life|go on|going on|"
    r"keep going|be alive)\b",
    r"\b(?:cant|cannot|can not) (?:go on|live like this|take (?:life|living)|"
    r"do this any ?more i want to (?:die|end))(?: any ?more)?\b(?! with (?:this|the|"
    r"your) (?:internet|speed|bill|service))",
    r"\bbetter off (?:dead|without me)\b",
    r"\b(?:jump|jumping|throw(?:ing)? myself) (?:off|from|out of|"
    r"in front of)(?: \w+){0,3} (?:bridge|roof|building|balcony|window|train|cliff|car|bus)?",
    r"\b(?:overdose|overdosed|overdosing|(?:took|taken|swallowed) all (?:my|the|of my) (?:pills|"
    r"tablets|medication)|swallow(?:ed)? (?:\w+ ){0,3}pills|slit my wrists?|cut my wrists?)\b",
    r"\b(?:end|finish) it all\b",
    r"\bnothing matters\b(?: \w+){0,6} end(?:ing)? (?:it|things|everything)\b",
    r"\b(?:thinking|thought) (?:of|about) ending (?:it all|things|everything|my life)\b",
    r"\bme (?:quiero|voy a|quisiera) quitar(?:me)? de en medio\b",
    r"\bself ?harm\w*\b",
    r"(?<!do )(?<!can )(?<!could )(?<!may )(?<!should )\b(?:i|id|ill|im)(?: \w+){0,3} (?:end it|"
    r"not be around (?:any ?more|much longer|tomorrow))\b",
    r"\bno (?:longer )?want to be alive\b",
    r"\b(?:me|nos) (?:quiero|voy a|quisiera|queria|pienso|vaya a|puedo|debo|dan ganas de|gustaria|"
    r"he intentado|intente) (?:a )?(?:matar|suicidar|morir|ahorcar|colgar de|tirar (?:por|al|de|"
    r"a las)|cortar las venas|quitar la vida|pegar un tiro|envenenar|hacer dano)\b",
    r"\b(?:quiero|voy a|quisiera|queria|pienso|pensando en|pensado en|ganas de|deseo|prefiero|"
    r"preferiria|intento|intentado|capaz de|planeo|necesito|dispuest[oa] a|"
    r"a punto de)(?: \w+){0,2}? (?:matarme|suicidarme|morir|morirme|ahorcarme|quitarme la vida|"
    r"quitarme de en medio|hacerme dano|cortarme las venas|tirarme (?:por|al|de|a|desde)|"
    r"lanzarme (?:al|de|por)|desaparecer (?:de este mundo|para siempre)|pegarme un tiro|"
    r"acabar con mi vida|acabar con todo|terminar con (?:mi vida|todo)|envenenarme|"
    r"dejar de (?:existir|vivir))\b",
    r"\b(?:matarme|suicidarme|suicidar|ahorcarme|quitarme la vida|cortarme las venas|suicidi\w+|"
    r"autolesion\w*|me mato|me voy a matar|me suicido|me ahorco|hacerme dano)\b",
    r"\b(?:me|te) (?:quiero morir|quiero matar|quisiera morir|queria morir)\b",
    r"\b(?:ya )?no (?:quiero|deseo|tengo ganas de|puedo|vale la pena|merece la pena|"
    r"tengo (?:por que|para que|motivos? para|razon(?:es)? para)|encuentro (?:sentido a|"
    r"motivos para))(?: (?:seguir|mas))? (?:vivir|viviendo|la vida|vivo|viva|"
    r"seguir aqui)\b(?! (?:en|aqui en|con|sin (?:internet|luz|wifi))\b)",
    r"\b(?:mi|la) vida (?:ya )?no (?:tiene sentido|vale (?:nada|la pena)|merece la pena)\b",
    r"\b(?:estaria|estarian|estaran|estariais|estareis) mejor (?:muert[oa]|sin mi)\b",
    r"\bno quiero (?:despertar|estar (?:viv[oa]|en este mundo)|existir)\b",
    r"\b(?:me he tomado|me tome|me trague|tome|tomarme) (?:\w+ ){0,3}(?:pastillas|veneno|lejia|"
    r"barbituricos)\b",
    r"\b(?:i )?(?:just )?want (?:it|everything|it all|this all|all of it) to (?:be over|stop|end)\b(?! (?:with|"
    r"already|now so))",
    r"\bquiero que (?:todo )?(?:esto )?(?:se )?(?:acabe|termine|pare) (?:todo)\b|\bquiero que todo (?:esto )?(?:se )?"
    r"(?:acabe|termine)\b",
    r"\b(?:have|got|holding|with) (?:\w+ )?(?:the|a|my|all these) (?:\w+ )?(?:pills|tablets|knife|blade|rope|"
    r"gun) (?:\w+ )?"
    r"(?:in front of me|in my hand|in my hands|ready|here)\b",
    r"\btengo (?:las|un|una|el|la|todas las) (?:pastillas|cuchillo|cuchilla|soga|cuerda|pistola|navaja) (?:aqui|"
    r"delante|preparad[oa]s?|list[oa]s?|en la mano|enfrente|a mano)\b",
    r"\blife (?:isnt|is not|aint|no longer is|is no longer) worth (?:living|it|anything)\b",
    r"\bacabar con mi vida\b",
    r"\b(?:acabo|termino) con (?:todo|mi vida)\b",
    r"\bme voy a (?:tirar|lanzar|aventar) (?:por|al|de|desde|a)\b",
)


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
    r"sockets|electrics|electrical panel|outlet|electricity box|power strip|consumer unit|wiring|"
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
    r"\b(?:explosion|exploto|explotado|exploto|explota|explotando|va a explotar|"
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
    r"levanta|contesta y|respira)\b",
    r"\bauxilio\b",
    r"\bsocorro\b(?! (?:perez|garcia|lopez|martinez|hernandez|gonzalez))",
)


_HARMLESS = any_of(
    r"\b(?:where|how|what|when|do you|can i|is it|donde|como|cuanto|se puede|puedo|"
    r"hay que)\b(?: \w+){0,8} (?:register|registrar|registro|dar de alta|apply|discount|descuento|"
    r"priority|prioridad|equipo medico registrado)\b",
    r"\bin case of (?:a |an )?(?:fire|emergency)\b",
    r"\ben caso de (?:incendio|emergencia)\b",
)


def is_harmless(literal: str) -> bool:
    """Return whether danger is only asked about ("what to do in case of fire"), not there."""
    return bool(_HARMLESS.search(literal))
