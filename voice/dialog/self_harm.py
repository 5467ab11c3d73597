"""Self-harm in plain text of both languages: by what is wished, seen no sense in, planned, taken, or left behind."""

from __future__ import annotations

from voice.dialog.text import any_of

_PLAIN = any_of(
    r"\b(?:kill|killing|hurt|hurting|harm|harming|hang|hanging|shoot|shooting|cut|cutting|poison|"
    r"poisoning|hung|off|end) (?:my ?self|me self|meself|my self)\b",
    r"\b(?:end|ending|take|taking|ended|finish|finishing) (?:my|me) (?:own )?life\b",
    r"\bsuicid\w*\b",
    r"\b(?:i |just |really )?(?:want|wanna|need|wish|ready|rather|would|prefer|thinking about|"
    r"think of|thought of|thoughts of)(?: to| i could| i would| i was| i were| be| of)* (?:die|"
    r"be dead|dying|dead|not wake up|never wake up|disappear forever|not be here any ?more|"
    r"not exist)\b",
    r"\b(?:dont|do not|no longer|not) (?:\w+ )?(?:want|wanna|wish|wanting|see (?:any|a) (?:reason|"
    r"point))(?: to| in)? (?:live|living|be alive|be here|go on|go on living|keep (?:going|"
    r"living)|carry on|wake up|exist)\b(?! (?:in|at|here in|to (?:an?|the|my|no)|with (?:my|the|this|a)|"
    r"without (?:internet|wifi|light))\b)",
    r"\b(?:no|any|a) (?:reason|point|sense) (?:to|in|for) (?:live|living|life|go on|going on|"
    r"keep going|be alive)\b",
    r"\b(?:cant|cannot|can not) (?:go on(?! (?:paying|waiting|calling|using|spending|being|having|like this (?:with|"
    r"without)))|live like this|take (?:life|living)|"
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

_PERSONS = (
    r"(?:everyone|everybody|people|they|you|the world|family|kids|children|wife|husband|son|daughter|parents|friends|"
    r"mum|mom|dad)"
)
_GONE = (
    r"(?:gone|dead|died|die|disappear(?:ed)?|vanish(?:ed)?|not (?:here|around|alive)|no longer (?:here|around|alive))"
)
_IF_GONE = (
    rf"(?:without me\b|(?:if|when|once) (?:i|im|ive)(?: (?:was|were|am|just|ever|would|had|suddenly|be))* "
    rf"(?:{_GONE}|wasnt|werent|didnt exist|no longer exist\w*|didnt wake up)\b)"
)
_LIVING = r"(?:living|being alive|life|my life|existing|existence|staying alive)"
_LIVE = r"(?:live|living|life|be alive|being alive|stay(?:ing)? alive|alive|exist|existing|keep (?:living|breathing))"
_NOT_ABOUT_SERVICE = r"(?! (?:in|at|near|next|with|without|here|there|of|insurance|sentence|on)\b)"
_HEIGHT = (
    r"(?:bridge|roof|rooftop|ledge|balcony|cliff|window|windowsill|railings?|tracks|rails|platform|edge|viaduct|"
    r"overpass|train|building)"
)
_MEDICINE = (
    r"(?:pills|tablets|medication|medicines?|painkillers|paracetamols?|tylenol|ibuprofen|sleeping pills|"
    r"antidepressants|aspirins?|valium|xanax|bleach|poison)"
)
_MANY = (
    r"(?:all|lots|a lot|loads|whole|entire|full|bottle|bottles|box|boxes|pack|packet|packets|handful|bunch|heap|"
    r"too many|"
    r"so many|dozens?|twenty|thirty|forty|fifty|hundred|overdose)"
)
_BODY = r"(?:wrists?|arms?|veins|legs|thighs?|throat|skin)"

_ENGLISH = any_of(
    # no reason to live, tired of it
    rf"\b(?:no|any|a|much|nothing|little|single|the|lost|whats)(?: \w+){{0,3}} (?:reason|point|sense|meaning|purpose|"
    rf"will|desire|wish|worth)(?: \w+){{0,2}} {_LIVE}\b{_NOT_ABOUT_SERVICE}",
    r"\b(?:no|any|nothing|little|not|without|dont|the)(?: \w+){0,2} (?:reason|point|sense) (?:in |to |"
    r"of )?(?:going on|go on|"
    r"carry(?:ing)? on|being here|me being here)\b(?! (?:with|about|paying|calling|waiting))",
    r"\b(?:nothing|no one|nobody|anything|not much)(?: \w+){0,2} to live for\b",
    r"\b(?:my |this )?(?:life|existence)(?: \w+){0,3} (?:no|without|lost|any) (?:\w+ )?(?:meaning|point|sense|purpose|"
    r"worth|value)\b",
    r"\b(?:my |this )?life (?:is |has become |feels )?(?:just )?(?:meaningless|worthless|pointless|unbearable|over for "
    r"me)\b",
    rf"\b(?:tired|sick|weary|exhausted|done|fed up|finished|through) (?:of|with|from) (?:\w+ )?{_LIVING}\b"
    rf"{_NOT_ABOUT_SERVICE}",
    rf"\b(?:cant|cannot|can not|couldnt|dont want to|not able to|unable to) (?:\w+ )?(?:bear|stand|face|endure|handle|"
    rf"take)(?: to be)? (?:{_LIVING}|alive)\b{_NOT_ABOUT_SERVICE}",
    r"\bcant (?:face|bear|take) another day\b(?! (?:of|with|without))",
    r"\bi (?:want|d like|would like|need|wish)(?: i could| to)? (?:to )?(?:just )?(?:disappear|vanish|cease to exist|"
    r"leave this (?:world|life|earth)|be gone)\b",
    r"\b(?:leav(?:e|ing)|quit(?:ting)?) this (?:world|life|earth)\b",
    r"\b(?:wish|wished|better if|better that) (?:i|id|i had|that i)(?: \w+)? (?:never|not|werent|wasnt|hadnt)(?: \w+)? "
    r"(?:born|existed|exist|alive)\b",
    r"\b(?:whats|what is|what) (?:the |even the )?(?:use|point|good) (?:of |in )?(?:me )?(?:living|being alive|life|"
    r"going on living)\b"
    r"(?! (?:in|at|near|insurance|without)\b)",
    r"\b(?:i|he|she) (?:really )?(?:dont|doesnt|do not|shouldnt) (?:deserve|want|need|have the right) to (?:live|"
    r"be alive|exist|be "
    r"here any ?more|be in this world)\b(?! (?:in|at|with|without|on|near)\b)",
    r"\b(?:want|wanted|wanting|going|ready|need|decided|about|try\w*|thinking of|plan\w*)(?: to)? (?:end|ending|"
    r"finish) (?:things|it|"
    r"it all|everything)(?: (?:tonight|today|now|for good|once and for all|myself))?$",
    r"\bwant(?:ed)? (?:out of|to (?:get|be) out of) (?:this|my) life\b|\b(?:wont|not|"
    r"no longer)(?: \w+){0,6} (?:put up with me|bother "
    r"anyone|be a (?:problem|burden|bother)|have to worry about me)\b",
    r"\b(?:easier|better|best|simpler)(?: for \w+)? if i (?:were|was) (?:dead|gone|not here|no longer here)\b",
    r"\b(?:enough|a lot of|all these|many) (?:pills|tablets|medication|paracetamol|"
    r"insulin)(?: \w+){0,3} to (?:finish|end|die|kill|do)\b",
    r"\b(?:rope|noose|belt)(?: \w+){0,5} (?:ceiling|beam|tree|neck|rafters?|use it|hook)\b",
    r"\b(?:driv\w+|walk\w*|jump\w*|go|going)(?: \w+)? (?:into|in|under)(?: \w+){0,2} (?:river|sea|lake|canal|water|"
    r"traffic|wall|"
    r"oncoming)\b(?! meter)|\b(?:by|at|near) the (?:river|sea|lake|cliff|bridge)(?: \w+){0,6} (?:driving in|jump\w*|"
    r"going in|"
    r"walk\w* in)\b",
    r"\b(?:on|in) this (?:planet|earth|world) (?:any ?more|any longer|much longer)\b",
    r"\b(?:saving|saved|collecting|collected|hoarding|stockpil\w+|keeping)(?: \w+){0,3} (?:pills|tablets|medication)\b",
    r"\b(?:think|thinking|thought|thoughts|dream|dreaming|fantasi[sz]\w+) (?:about|of) (?:dying|death|suicide|"
    r"killing myself|being dead)\b",
    r"\btell (?:my \w+|them|her|him)(?: \w+){0,3} (?:i |that i )?(?:always )?love(?:d)? (?:them|her|him)\b",
    r"\bnothing(?: \w+){0,2} (?:keeping|keeps|holding|holds) me (?:alive|here|in this)\b",
    r"\b(?:rather|prefer|better)(?: \w+){0,2} (?:not|never) (?:to )?(?:exist|be alive|be here any ?more|"
    r"have been born)\b",
    r"\b(?:cut|slit|slashed) (?:her|his|their) (?:wrists?|veins|throat)\b",
    r"\b(?:live|living|go on living) like this any (?:more|longer)\b(?! (?:with|without))",
    # sleeping for ever
    r"\b(?:hope|hoping|wish|wishing|want|wanna|pray|praying|like|love|if only|rather)(?: \w+){0,8} (?:never|dont|not|"
    r"didnt|wouldnt|wont)(?: \w+)? (?:wake|woke|waking|come back)(?: up)?\b(?! (?:up )?(?:to (?:an?|the|my|no)|my|"
    r"the|me|"
    r"him|her|us|them))",
    r"\b(?:sleep|asleep|slept) (?:forever|for ever|and (?:never|not) wake)\b|\bnever (?:ever )?wake up again\b",
    # the others without me
    rf"\b{_PERSONS}(?: \w+)? (?:would|will|d|ll|theyd|theyll)? ?(?:all |probably |surely )?be (?:\w+ )?(?:better|"
    rf"better off|happier|fine|relieved|glad|happy|easier)(?: off)? {_IF_GONE}",
    rf"\b(?:theyd|theyll|youd|itd be|it would be) (?:all |probably )?(?:be )?(?:better|better off|happier|fine|"
    rf"relieved|"
    rf"glad|easier)(?: \w+){{0,3}} {_IF_GONE}",
    rf"\b(?:nobody|no one|noone|who|not a soul|anyone|anybody)(?: \w+){{0,2}} (?:miss|misses|notice|notices|care|cares|"
    rf"cry|mourn|remember|realise|realize)(?: \w+){{0,2}} {_IF_GONE}",
    r"\b(?:nobody|no one|noone) (?:would|will|d) (?:even )?(?:miss me|care if i (?:live|lived|die|died))\b",
    r"\bi(?:m| am| feel like)(?: \w+){0,2} a burden\b",
    # heights and trains
    rf"\b(?:on|from|off|at)(?: \w+){{0,3}} {_HEIGHT}(?: \w+){{0,8}} (?:jump|jumping|let go|letting go|throw myself|"
    rf"step "
    rf"off)\b",
    rf"\b(?:jump|jumping|throw(?:ing)? myself|hurl(?:ing)? myself|step(?:ping)?)(?: \w+){{0,4}} (?:off|from|out of|"
    rf"over|in front of|under|onto)(?: \w+){{0,3}} (?:{_HEIGHT}|truck|lorry|bus|car|tube|subway)\b",
    r"\b(?:standing|sitting|stood|sat|climbed)(?: \w+){0,3} (?:on|onto|over|at)(?: the edge of)? (?:the|a|"
    r"this) (?:\w+ )?"
    r"(?:bridge|ledge|tracks|rails|railings?|parapet|cliff|viaduct|edge)\b",
    r"\b(?:edge|railings?|ledge|parapet|rails?|tracks)(?: \w+){0,5} (?:bridge|roof|cliff|viaduct|platform|train)\b"
    r"(?=.*\b(?:im|i am|standing|sitting|now|tonight|goodbye|bye|sorry)\b)",
    # pills and blades
    rf"\b(?:i|ive|id|ill|im)(?: \w+){{0,4}} (?:take|taken|took|taking|swallow|swallowed|swallowing|downed|drank|"
    rf"drunk|eaten)(?: \w+){{0,2}} {_MANY}(?: \w+){{0,4}} {_MEDICINE}\b",
    rf"\b{_MEDICINE}(?: \w+){{0,3}} (?:on purpose|to end|to die|so i (?:die|dont wake))\b",
    rf"\b(?:cut|cutting|slit|slitting|slash|slashed|slashing|burn|burning)(?: \w+)? my (?:own )?{_BODY}\b"
    r"(?! (?:on|with) (?:the|a|your) (?:meter|router|box|cable|panel|door))",
    r"\b(?:ive|i have|ive got|i have got|theres)(?: \w+){0,2} (?:blade|razor|razor blade|noose|rope|gun|knife|pills)"
    r" (?:here|with me|next to me|beside me|around my neck|ready|in front of me|on the table)\b",
    # goodbyes
    r"\b(?:goodbye|farewell|suicide|good bye) (?:letters?|notes?|message|video)\b",
    r"\bsaid (?:my |our )?(?:last )?(?:goodbyes?|farewells?|good bye)(?: to (?:my|the|everyone|everybody|them|"
    r"all)\b|$)",
    r"\b(?:this|today|tonight) (?:is|will be) my last (?:day|night)\b(?! (?:at|of|with|in|here))",
    r"\btonight (?:its|it is|everything is|it will be) (?:all )?over\b",
    # no way out
    r"\bno (?:other )?way out (?:but|except|other than|apart from|besides|than)(?: \w+){0,2} (?:death|die|dying|"
    r"end\w*)\b",
    r"\b(?:see|find|is|theres)(?: \w+)? (?:no|any|a|"
    r"another) (?:other )?way out(?: of this life)?(?: \w+){0,4} (?:disappear|"
    r"die|end|dead|gone|anymore)\b",
    r"\bonly (?:way out|option|solution|escape)(?: \w+){0,4} (?:die|death|dying|kill\w*|end it)\b",
    # somebody else
    r"\b(?:kill|killing|hurt|hurting|harm|harming|hang|hanging|hanged|shoot|cut|cutting|poison|drown) "
    r"(?:himself|herself|themselves|themself)\b",
    r"\b(?:he|she|they|son|daughter|wife|husband|brother|sister|friend|mother|father|mum|mom|dad|boy|girl|partner|"
    r"neighbou?r|flatmate)(?: \w+){0,4} (?:wants?|wanted|going|threatens?|threatening|trying|tried) to (?:die|"
    r"end (?:his|her|their) life|jump|commit suicide|take (?:his|her|their) (?:own )?life)\b(?! (?:ship|to another))",
)

_OTHERS_ES = (
    r"(?:todos|todas|todo el mundo|mi familia|familia|mis (?:hijos|padres)|hijos|la gente|ellos|el mundo|marido|mujer|"
    r"madre|padre|os|se|ustedes)"
)
_SI_FALTO = (
    r"(?:sin mi\b|(?:si|cuando|el dia que)(?: (?:yo|ya|un dia|de repente))* (?:no (?:\w+ )?(?:estuviera|existiera|este|"
    r"estoy|estuviese|existiese|exista|viviera)|me (?:muero|muriera|muera|muriese|matara|mato|fuera de este mundo)|"
    r"(?:muero|muriera|muera|desapareciera|desaparezco|desaparezca|faltara|falto|falte|faltase))\b(?! (?:de (?:la|su)|"
    r"el|la|en) ))"
)
_ALTURA = (
    r"(?:puente|balcon|azotea|ventana|tejado|cornisa|barandilla|tren|metro|vias?|acantilado|terraza|vacio|barranco|"
    r"precipicio|viaducto|andenes|anden|rio|camion|edificio|torre)"
)
_MEDICINA = (
    r"(?:pastillas|pildoras|tranquilizantes|somniferos|ansioliticos|antidepresivos|medicamentos|medicinas|medicacion|"
    r"paracetamol(?:es)?|ibuprofenos?|orfidal(?:es)?|diazepam|valium|trankimazin|lejia|cloro|veneno|raticida|capsulas)"
)
_MUCHAS = (
    r"(?:todas?|todos?|muchas?|muchos?|un monton|monton|bote|botes|frasco|caja|cajas|blister|punado|enter[oa]|"
    r"demasiad[oa]s?|un monton de|bastantes|veinte|treinta|cuarenta|cincuenta|un puno)"
)
_VIVIR = (
    r"(?:vivir|la vida|mi vida|esta vida|existir|viviendo|existencia|estar viv[oa]|estar en este mundo|seguir aqui)"
)
_NO_DE_SERVICIO = r"(?! (?:en|con|sin|aqui|alli|util|laboral|de (?:la|mi|este|esta)|media)\b)"

_SPANISH = any_of(
    rf"\b(?:no|ni|sin|perdi|perdido|pierdo|que|nada|poco|ningun|ninguna)(?: \w+){{0,4}} (?:sentido|razon|razones|"
    rf"motivos?|"
    rf"ganas|ilusion|fuerzas|objeto|proposito)(?: \w+){{0,3}} {_VIVIR}\b{_NO_DE_SERVICIO}",
    rf"\b{_VIVIR}(?: \w+){{0,3}} (?:no|sin|perdio|perdido|ningun)(?: \w+){{0,2}} (?:sentido|vale|merece|proposito|"
    rf"razon|"
    rf"ilusion|valor)\b",
    r"\b(?:la|mi|esta) vida (?:\w+ ){0,4}(?:insoportable|un infierno y quiero|sin sentido|se acabo|me sobra|me pesa)\b",
    rf"\b(?:para|por) que (?:\w+ ){{0,3}}(?:vivir|viviendo|vivo|seguir (?:aqui|existiendo|con vida|adelante)|existir|"
    rf"existo)\b{_NO_DE_SERVICIO}",
    r"\b(?:ya )?nada (?:ya |me )?tiene (?:ya )?sentido\b(?! (?:en|con|de|aqui) )",
    rf"\b(?:cansad[oa]|hart[oa]|agotad[oa]|aburrid[oa]) (?:ya )?de (?:\w+ )?(?:{_VIVIR}|estar aqui en este mundo)\b"
    rf"{_NO_DE_SERVICIO}",
    rf"\bno (?:\w+ )?(?:aguanto|soporto|quiero|resisto|puedo con)(?: mas| ya)? (?:\w+ )?(?:la|mi|esta) vida\b"
    rf"{_NO_DE_SERVICIO}",
    r"\bno (?:quiero|puedo|soporto|aguanto)(?: \w+)? (?:vivir|viviendo|seguir viviendo) asi\b(?! (?:sin|con|de|por) )",
    rf"\b(?:de que (?:me )?sirve|que sentido tiene|que gano con|que pinto) (?:{_VIVIR}|en este mundo|"
    rf"en la vida)\b{_NO_DE_SERVICIO}",
    r"\bno (?:merezco|deberia|tengo derecho a) (?:seguir )?(?:vivir|viviendo|existir|estar viv[oa])\b(?! (?:en|con|"
    r"sin)\b)",
    r"\bno (?:quiero|deseo|pinto nada|soporto)(?: \w+){0,3} (?:en (?:este|el) mundo|en esta vida)\b",
    r"\b(?:dejar|dejare|dejo|voy a dejar|no (?:sere|voy a ser)) (?:de ser )?(?:un problema|una carga|un estorbo|"
    r"una molestia)\b",
    r"\b(?:mas facil|mejor|mas sencillo)(?: \w+){0,2} si (?:yo )?(?:estuviera|estuviese) muert[oa]\b",
    r"\b(?:me voy|me ire|me marcho|adios) para siempre\b(?! (?:de (?:su|la|esta|vuestra)|a (?:otra|la)))",
    r"\b(?:pastillas|tranquilizantes|insulina)(?: \w+){0,4} (?:suficientes?|bastantes|"
    r"de sobra)(?: \w+){0,2} para (?:no despertar|morir|"
    r"acabar|matar|irme|terminar)\w*\b",
    r"\b(?:soga|cuerda|cinturon)(?: \w+){0,4} (?:techo|viga|cuello|arbol|la voy a usar|para mi|lista|preparada|"
    r"colgad[oa])\b",
    r"\b(?:rio|mar|puente|vias|acantilado|pantano|embalse)(?: \w+){0,6} (?:tirarme|lanzarme|arrojarme|ahogarme|"
    r"meterme)\b|\b(?:quiero|"
    r"voy a|pienso|ganas de) (?:tirarme|lanzarme|arrojarme|ahogarme|estrellarme)\b(?! (?:a la piscina|toda|el dia|"
    r"un rato))",
    r"\b(?:haciendome|hago|hacerme|hice|hecho) (?:mucho )?dano(?: a mi mism[oa]| a proposito|$)",
    r"\bamenaz\w+ con (?:tirarse|matarse|suicidarse|saltar|cortarse|colgarse|quitarse la vida|hacerse dano)\b",
    r"\b(?:mis hijos|mi familia|todos|los ninos|mi (?:marido|mujer|madre))(?: \w+){0,2} (?:mejor|felices|"
    r"tranquil[oa]s) sin (?:su|una) "
    r"(?:madre|padre|mama|papa|marido|mujer|hij[oa]) ?(?:como yo)?\b",
    r"\b(?:bebido|bebi|bebo|tomado un (?:vaso|trago) de) (?:\w+ ){0,4}(?:lejia|veneno|raticida|amoniaco)\b",
    r"\b(?:pienso|pensando|pensar|suenos?|sueno|pensado)(?: \w+){0,2} (?:en|con) (?:la muerte|morir\w*|suicid\w+|"
    r"estar muert[oa])\b",
    r"\b(?:guardando|juntando|acumulando|guardado|juntado|ahorrando)(?: \w+){0,3} (?:pastillas|pildoras|medicacion|"
    r"medicamentos)\b",
    r"\b(?:prefiero|preferiria|quisiera|ojala) no (?:existir|existiera|estar viv[oa]|haber existido)\b",
    r"\bnada(?: \w+){0,3} (?:ate|ata|retenga|retiene)(?: \w+)? a (?:la vida|este mundo)\b",
    r"\b(?:diga\w*|digale\w*|dile\w*)(?: \w+){0,4} que (?:los|las|le|les|la|lo) (?:quiero|quise|amo|ame)\b",
    r"\bcortado las venas\b|\bse (?:corto|ha cortado) las (?:venas|munecas)\b",
    # dormir para siempre
    r"\b(?:ojala|quiero|quisiera|desearia|deseo|gustaria|espero|prefiero|preferiria|rezo|si pudiera|"
    r"ganas de)(?: \w+){0,7} (?:no|nunca|jamas)(?: \w+){0,3} (?:despertar|despertarme|despertara|despertase|despierte|"
    r"despierto|levantarme|levantara)\b",
    r"\b(?:dormir|dormirme|durmiera|durmiese|duerma|dormido|dormida)(?: \w+){0,2} (?:para siempre|"
    r"y no (?:despert\w+|volver)|"
    r"eternamente)\b|\bno (?:volver a )?despert(?:ar|arme) (?:nunca|jamas|mas)\b",
    # los demás sin mí
    rf"\b{_OTHERS_ES}(?: \w+){{0,3}} (?:mejor|tranquil[oa]s?|feliz|felices|aliviad[oa]s?|a gusto|bien|"
    rf"descansad[oa]s?)(?: \w+){{0,2}} {_SI_FALTO}",
    rf"\b(?:nadie|a nadie|quien|a quien|ni)(?: \w+){{0,3}} (?:echaria|echara|echarian|extranaria|extranara|notaria|"
    rf"notara|"
    rf"importaria|importa|importara|lloraria|llorara|acordaria|acordara|enteraria|enterara|cuenta|falta|"
    rf"menos)(?: \w+){{0,4}} {_SI_FALTO}",
    r"\bnadie me (?:va a )?(?:echaria|echara|echar|extranaria|extranara|lloraria|llorara)(?: de menos| en falta)?\b",
    r"\bsoy (?:solo |nada mas que )?(?:una carga|un estorbo|un lastre)\b",
    r"\b(?:no haber nacido|nunca hubiera nacido|no hubiera nacido|nunca haber nacido)\b",
    r"\b(?:mejor|ojala|quiero|deseo|prefiero) (?:que )?(?:me (?:muera|muriera|muero)|estuviera muert[oa]|"
    r"estar muert[oa]|"
    r"morirme|morir)\b",
    # alturas y trenes
    rf"\b(?:saltar|tirarme|lanzarme|arrojarme|me (?:voy a |quiero |vaya a |quisiera )?(?:tiro|tirar|lanzo|lanzar|"
    rf"arrojo|"
    rf"arrojar|aviento|aventar|echar)|dejarme caer|salto)(?: \w+){{0,3}} {_ALTURA}\b",
    rf"\b(?:en|sobre|desde|subid[oa] a|al borde|asomad[oa] a)(?: \w+){{0,3}} {_ALTURA}(?: \w+){{0,8}} (?:saltar|"
    rf"tirarme|"
    rf"lanzarme|arrojarme|salto|soltarme|me (?:voy a |quiero )?(?:tiro|tirar|lanzo|lanzar))\b",
    r"\b(?:parad[oa]|sentad[oa]|subid[oa]|asomad[oa]|de pie)(?: \w+){0,2} (?:en|a|al|sobre|"
    r"borde)(?: \w+){0,3} (?:puente|"
    r"cornisa|barandilla|vias|acantilado|viaducto|precipicio|pretil)\b",
    rf"\b(?:estoy|me he subido|me subi|ya estoy)(?: \w+){{0,4}} {_ALTURA}(?: \w+){{0,5}} (?:barandilla|borde|cornisa|"
    rf"pretil|filo|asomad[oa])\b",
    # pastillas y cuchillas
    rf"\b(?:tomado|tome|tomo|tomarme|tomar|tragado|trague|tragarme|tragar|ingerido|bebido|"
    rf"bebi)(?: \w+){{0,3}} {_MUCHAS}"
    rf"(?: \w+){{0,4}} {_MEDICINA}\b",
    rf"\b(?:tomado|tome|tragado|trague|ingerido)(?: \w+){{0,3}} {_MEDICINA}(?: \w+){{0,4}} (?:enter[oa]|de golpe|"
    rf"a proposito|"
    rf"para (?:morir|no despertar|acabar)|de una vez)\b",
    r"\b(?:me corto|cortarme|me he cortado|me corte|me estoy cortando|rajarme|me rajo) (?:\w+ )?(?:los brazos|"
    r"las munecas|"
    r"las venas|los muslos|las piernas|el cuello|la piel)\b",
    # despedidas
    r"\b(?:carta|cartas|nota|notas|mensaje|video) de (?:despedida|adios|suicidio)\b",
    r"\b(?:me (?:he despedido|despedi|estoy despidiendo)|ya me despedi) (?:ya )?de (?:todos|todo el mundo|mis? \w+|"
    r"la vida|"
    r"ellos)\b|\b(?:despedirme|adios) (?:de|a) (?:la vida|este mundo)\b",
    # irse, desaparecer
    r"\b(?:quiero|quisiera|gustaria|ganas de|necesito|pienso|prefiero) (?:solo )?(?:desaparecer|dejar de existir|"
    r"no existir|esfumarme)\b|\bdesaparecer (?:del (?:mundo|mapa)|de (?:este mundo|la tierra)|para siempre)\b",
    r"\b(?:ir|irme|voy|ire|marcho|marcharme|dejar|dejo|abandonar|quitarme)(?: \w+){0,2} (?:de )?(?:este mundo|"
    r"esta vida|"
    r"al otro (?:barrio|lado|mundo))\b",
    r"\bnada tiene sentido(?: \w+){0,2} (?:quiero )?irme\b",
    r"\b(?:unica|otra) (?:salida|solucion|escapatoria)(?: \w+){0,4} (?:morir\w*|muerte|matarme|acabar con)\b",
    # otra persona
    r"\bse (?:quiere|quieren|va a|iba a|ha intentado|intento|ha querido|quiso|quisiera|puede) (?:matar|suicidar|morir|"
    r"ahorcar|quitar la vida|cortar las venas|hacer dano|tirar (?:por|del|de|al|desde))\b",
    r"\b(?:quiere|quieren|intenta|intento|intentado|amenaza con|va a) (?:matarse|morirse|suicidarse|ahorcarse|"
    r"quitarse la vida|hacerse dano|cortarse|tirarse (?:por|del|al|desde))\b",
)


def speaks_of_self_harm(literal: str) -> bool:
    """Return whether plain text without figures of speech speaks of killing or hurting oneself, or of no will to live.

    The caller's own words and those about somebody near ("my daughter says she wants to die") count alike.
    """
    return any(each.search(literal) for each in (_PLAIN, _ENGLISH, _SPANISH))
