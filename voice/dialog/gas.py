"""Escaping gas and carbon monoxide in plain text of both languages: by smell, sound, damage, alarms and symptoms."""

from __future__ import annotations

from voice.dialog.text import any_of

_PLAIN = any_of(
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

_PIPE = (
    r"(?:gas|propane|butane) (?:main|mains|lines?|pipes?|pipelines?|piping|hoses?|tubes?|tubing|conduit|"
    r"supply (?:line|pipe))"
)
_GAS_THING = (
    r"(?:(?:gas|propane|butane) (?:main|mains|lines?|pipes?|pipelines?|piping|hoses?|tubes?|tubing|meters?|bottles?|"
    r"cylinders?|canisters?|tanks?|taps?|valves?|hobs?|cookers?|stoves?|rings?|boilers?|heaters?|supply|fire|ovens?|"
    r"fitting|connection)|(?:bottles?|cylinders?|canisters?|tanks?) of (?:gas|propane|butane)|propane|butane|boiler|"
    r"hob)"
)
_BROKEN = (
    r"(?:hit|hits|struck|strike|cut|cuts|nicked|broke|broken|breaks|burst|ruptured|drilled|pierced|punctured|damaged|"
    r"severed|cracked|split|smashed|snapped|torn|tore|ripped|clipped|dug|pulled|sheared|knocked)"
)
_TUBO = (
    r"(?:tuberias?|tubos?|conduccion(?:es)?|canerias?|goma|manguera|toma|latiguillo|acometida|red|canalizacion)"
    r"(?: (?:general|principal))? (?:del?|de la) (?:gas|butano|propano)"
)
_COSA_DE_GAS = (
    r"(?:(?:tuberias?|tubos?|conduccion(?:es)?|canerias?|goma|manguera|toma|contador|caldera|cocina|llave|valvula|"
    r"estufa|"
    r"bombona|tanque|cilindro|calentador|regulador|medidor|fogon|acometida)(?: \w+)? (?:del?|de la|a) (?:gas|butano|"
    r"propano)|bombona|bombonas|(?:tanque|cilindro) de gas|butano|propano)"
)
_ROTO = (
    r"(?:roto|rota|rompieron|rompio|rompi|romper|reventado|reventada|revento|reventaron|partido|partio|picado|"
    r"picaron|pico|"
    r"perforad[oa]|perforo|perforaron|agujeread[oa]|agujereo|cortado|cortada|cortaron|corto|rajad[oa]|rajo|golpeado|"
    r"golpeo|"
    r"danado|danaron|pinchado|pincharon|pincho|arrancado|arranco|enganchado|taladrado|taladro|tocado)"
)
_NO_FLAME = (
    r"(?:without (?:a |any |the )?flame|(?:no|and no) flame|unlit|not lit|the flame (?:is|went|has gone|"
    r"blew) out)"
)

_THINGS = any_of(
    # a pipe was hit, something leaks or hisses, the air is full of it
    rf"\b{_BROKEN}(?: \w+){{0,4}} {_PIPE}\b(?! bill)",
    rf"\b{_PIPE}(?: \w+){{0,5}} {_BROKEN}\b",
    rf"\b(?:hiss|hisses|hissing|whistles?|whistling|hear air|blowing)(?: \w+){{0,7}} {_GAS_THING}\b",
    rf"\b{_GAS_THING}(?: \w+){{0,5}} (?:hiss|hisses|hissing|whistles?|whistling|blowing)\b",
    rf"\b{_GAS_THING}(?: \w+){{0,3}} (?:leak|leaks|leaking|leaked|is losing gas|stinks?|stinking|"
    rf"reeks)\b(?! (?:\w+ )?water)",
    r"\bgass?(?:y|ey|sy) (?:smell|odou?r|stink|stench|whiff|scent|air)|\b(?:smell|smells|smelling|smelled|smelt)"
    r"(?: \w+){0,3} gass?(?:y|ey|sy)\b",
    r"\b(?:smell|smells|smelling|smelled|smelt|stinks|reeks|whiff|odou?r)(?: \w+){0,5} (?:propane|butane|gas)\b",
    r"\b(?:stinks?|stinking|smells?|smelling|reeks?|reeking)(?: \w+){0,6} (?:gas (?:hob|cooker|stove|ring|oven|boiler|"
    r"heater|pipe|meter))\b|\bgas (?:hob|cooker|stove|ring|oven|boiler|heater|pipe|meter)(?: \w+){0,6} (?:stinks?|"
    r"stinking|smells?|smelling|reeks?)\b",
    r"\b(?:full of|filled with|filling with|fills with|filling up with) gas\b",
    r"\bgas (?:alarm|detector|sensor)(?: \w+){0,4} (?:going|gone|went|goes|beep\w*|ringing|rings|sound\w*|scream\w*|"
    r"trigger\w*|off|wont stop)\b",
    rf"\b(?:gas|hob|cooker|stove|burner|ring|oven)(?: \w+){{0,6}} {_NO_FLAME}\b|\b{_NO_FLAME}(?: \w+){{0,5}} (?:gas|"
    rf"hob|"
    r"cooker|stove|burner)\b",
    # a flame or people that show carbon monoxide
    r"\b(?:flame|flames)(?: \w+){0,4} (?:yellow|orange)\b|\b(?:yellow|orange) flames?\b",
    r"\b(?:headaches?|dizzy|nausea|sick|faint|drowsy)(?: \w+){0,8} (?:boiler|gas heater|gas fire|gas stove|"
    r"gas cooker)\b"
    r"(?! (?:of|bill|price))",
    r"\b(?:we|all|both|everyone|kids|family|they)(?: \w+){0,5} (?:dizzy|headaches?|drowsy|faint|"
    r"nauseous)(?: \w+){0,8} (?:heater|fire|stove|"
    r"fireplace|barbecue|generator|flue|chimney)\b",
    r"\b(?:losing|lost|loses|leaking|leaks) gas\b|\bgas (?:is |keeps |was |still )?(?:now )?(?:coming|escaping|"
    r"leaking|streaming|pouring)\b|"
    r"\b(?:stove|cooker|hob|oven|burner|flame|pilot light)(?: \w+){0,8} (?:went out|blew out|"
    r"goes out)(?: \w+){0,5} gas\b",
    r"\bmonoxide(?: \w+){0,6} (?:scream\w*|beep\w*|ringing|rings|going|went|chirp\w*|alarm\w*|off)\b",
    r"\b(?:hose|tube|pipe|connection)(?: \w+){0,5} (?:cooker|stove|boiler|hob|oven|heater)(?: \w+){0,8} (?:smell\w*|"
    r"hiss\w*|stinks?)\b",
    r"\b(?:lorry|truck|car|van|digger|tractor|bulldozer|excavator)(?: \w+){0,8} gas (?:meter|main|line|pipe|box|"
    r"tank)\b(?! (?:bill|reading))",
    # En español
    r"\b(?:goma|tubo|manguera|conexion)(?: \w+){0,5} (?:cocina|caldera|estufa|horno|calentador|"
    r"fogon)(?: \w+){0,8} (?:huele|olor|silba|pierde)\b",
    r"\b(?:camion|coche|carro|excavadora|furgoneta|tractor|grua|maquina)(?: \w+){0,9} (?:contador|tuberia|tubo|caja|"
    r"deposito|acometida)(?: \w+)? "
    r"(?:del?|de la) gas\b",
    r"\b(?:reventado|revento|reventaron|roto|rompieron|rompio|pinchado|picado|perforado)(?: (?:el|la|una?|toma|"
    r"red))+ (?:del? )?gas\b",
    r"\b(?:todos|todas|ambos|los dos|ninos|familia|estamos)(?: \w+){0,3} (?:maread[oa]s?|mareando|dolor de cabeza|"
    r"nauseas|adormilad[oa]s)"
    r"(?: \w+){0,8} (?:estufa|chimenea|calentador|brasero|generador|barbacoa)\b",
    rf"\b{_ROTO}(?: \w+){{0,4}} {_TUBO}\b",
    rf"\b{_TUBO}(?: \w+){{0,4}} {_ROTO}\b",
    rf"\b(?:silbidos?|silba|silban|silbando|siseos?|sisea|siseando|pitido|sopla|soplando|resopla)(?: \w+){{0,6}} "
    rf"{_COSA_DE_GAS}\b",
    rf"\b{_COSA_DE_GAS}(?: \w+){{0,5}} (?:silbidos?|silba|silban|silbando|siseos?|sisea|siseando|pita|sopla|"
    rf"soplando)\b",
    rf"\b{_COSA_DE_GAS}(?: \w+){{0,6}} (?:pierde|perdiendo|perdida|fuga|fugas|gotea|goteando|escapa|escapando|saliendo|"
    r"se sale|sale olor|sale gas|rajad[oa]|huele|apesta)\b(?! (?:agua|presion|dinero))",
    r"\b(?:huele|huelo|olor|tufo|tufillo|peste|olorcillo|oliendo|apesta|hedor|atufa)(?: \w+){0,6} (?:gas|butano|"
    r"propano)\b",
    r"\b(?:cocina|fogon|fuego|hornilla|horno|estufa|quemador|llave)(?: \w+){0,6} sin (?:\w+ )?llama\b",
    r"\b(?:pita|pitando|suena|sonando|salta|saltado|salto|disparado|disparo|chilla|activado)(?: \w+){0,4} (?:alarma|"
    r"detector|"
    r"sensor)(?: \w+)? (?:de |del )gas\b|\b(?:alarma|detector|sensor) (?:de |del )gas(?: \w+){0,4} (?:pita|pitando|"
    r"suena|"
    r"sonando|salta|saltado|salto|disparad[oa]|chilla|activado)\b",
    r"\bllama(?:s)?(?: \w+){0,3} (?:amarill[oa]s?|naranjas?|anaranjad[oa]s?)\b",
    r"\b(?:dolor de cabeza|duele la cabeza|maread[oa]s?|mareando|mareo|mareos|nauseas)(?: \w+){0,8} (?:caldera|"
    r"calentador|"
    r"brasero|estufa de (?:gas|butano))\b",
    r"\b(?:llen[oa]|llena|llenando|llenado) de gas\b",
)


def speaks_of_gas(speech: str, literal: str) -> bool:
    """Return whether plain text speaks of escaping gas or of carbon monoxide.

    Args:
        speech: What was said; pipes, bottles and meters are looked for here.
        literal: The same without figures of speech and without gas bills, boilers and contracts.
    """
    return bool(_PLAIN.search(literal) or _THINGS.search(speech))
