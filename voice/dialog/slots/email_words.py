"""Words of spoken e-mail addresses, what recognisers make of them, and what only stands beside them."""

from __future__ import annotations

import re

from calls.ids import Language
from voice.dialog.text import word_list

REPAIRS: dict[Language, tuple[tuple[str, str], ...]] = {
    "en": (
        (r"\b(?:at|that) (?:hot ?(?:mail|male)|hotmale)\b", "at hotmail"),
        (r"\bhot ?(?:mail|male)\b", "hotmail"),
        (r"\b(?:g|gee|jee|ji|gi|she) ?-?(?:mail|male|nail|mal)\b", "gmail"),
        (r"\bi ?-?cloud\b", "icloud"),
        (r"\beye cloud\b", "icloud"),
        (r"\bout ?look\b", "outlook"),
        (r"\bya(?:h)?oo\b|\byahu\b", "yahoo"),
        (r"\b(?:under ?score|underscored)\b", " underscore "),
        (r"\b(?:hyphen|dash|minus(?: sign)?)\b", " hyphen "),
        (r"\b(?:dot|period|point|full stop|dought|dotted)\b", " dot "),
        (r"\bplus(?: sign)?\b", " plussign "),
        (r"\bcalm\b", "com"),
        (r"\b(?:at sign|at symbol)\b", "at"),
        (r"\bcapital ([a-z]),? (?=\1\b)", ""),
        (r"\b([a-z]),? (?:for|as in|like in|like) \1[a-z]{2,}\b", r"\1"),
        (r"\bcom(?:e)?\b(?= (?:mx|dot))", "com"),
    ),
    "es": (
        (r"(?<=[a-z0-9])(?:arroba|arrova|arova|aroba)(?=[a-z0-9])", " arroba "),
        (r"\b(?:a ?roba|arrova|arova|arrob|roba|haroba|at)\b", "arroba"),
        (r"\bhot ?(?:mail|meil|mei|male|mayl)\b", "hotmail"),
        (r"\b(?:g|ge|ye|yi|ji|gi|je|jota) ?-?(?:mail|meil|mei|male|mayl)\b|\bjimeil\b|\b[gj]email\b", "gmail"),
        (r"\bi ?-?cloud\b|\bai ?claud\b|\biclaud\b", "icloud"),
        (r"\b(?:out|aut) ?(?:look|luk|luc)\b", "outlook"),
        (r"\byaju\b|\byahu\b|\bja?u\b(?= punto)|\bllajoo\b", "yahoo"),
        (
            r"\b(?:guion (?:bajo|abajo)|barra baja|raya (?:baja|abajo)|subguion|sub guion|under ?score|"
            r"guionbajo)\b",
            " underscore ",
        ),
        (r"\b(?:guion(?: (?:medio|alto|normal))?|raya(?: (?:en medio|media))?|menos)\b", " hyphen "),
        (r"\b(?:punto|pto|dot)\b", " dot "),
        (r"\b(?:signo (?:de )?mas)\b", " plussign "),
        (r"\b(?:con|kom|come|comm)\b$", "com"),
        (r"(?<= dot )\s*(?:con|kom|comm)\b", "com"),
    ),
}


NOISE: dict[Language, re.Pattern[str]] = {
    "en": re.compile(
        r"\b(?:all (?:one|in) word|one word|as one word|all together|(?:all |in )*lower ?case|"
        r"all (?:small|lower)|no (?:spaces?|capitals?|dots?|accents?)|without (?:spaces?|an accent|"
        r"the accent)|(?:with )?(?:an? |the )?(?:accent|capital)|plural|singular|in letters|"
        r"as (?:a )?numbers?|in numbers?|the (?:number|letter|word|digits?|sign)|"
        r"(?:the )?(?:number|letter) (?=\w)|as in \w+|like the \w+|for \w{4,}(?= dot)|dont laugh|"
        r"and then|then|altogether|lower|spelled (?:just )?(?:like|as) it sounds)\b"
    ),
    "es": re.compile(
        r"\b(?:todo(?: en)? (?:junto|minusculas?|pegado|seguido)|(?:todo )?en minusculas?|"
        r"todo sin (?:tildes?|acentos?|espacios?)|todo|junto|pegado|seguido|sin (?:tildes?|acentos?|"
        r"espacios?|la tilde|el acento|(?:la )?(?:ene|hache|ache))|con mayusculas?|en (?:numeros?|"
        r"numero|letras?)|(?:el |los )?numeros? (?=\w)|la letra|la palabra|de (?:burro|barco|vaca|"
        r"casa|perro|dedo|"
        r"[a-z]{4,})(?= dot| arroba|,|$)|y luego|luego|despues|en singular|en plural|como suena|"
        r"tal cual)\b"
    ),
}


WITH_LETTER: dict[Language, re.Pattern[str]] = {
    "en": re.compile(r"\bwith (?:an? |the )?(?:letter )?([a-z]+)(?: at the end| instead of [a-z]+)?\b"),
    "es": re.compile(r"\b(?:y )?con (?:la )?(?:letra )?([a-z]+)(?: al final| en vez de [a-z]+)?\b"),
}


SOUND_ALIKE = {
    "z": "s",
    "s": "z",
    "c": "k",
    "k": "c",
    "b": "v",
    "v": "b",
    "y": "i",
    "i": "y",
    "j": "g",
    "g": "j",
    "ph": "f",
    "f": "ph",
}


STOP: dict[Language, frozenset[str]] = {
    "en": frozenset(
        word_list(
            "is its it's my email emails mail address to send be would that's thats this it e can you use spanish "
            "business work personal one, i i'm use on account write here so yes yeah ok okay um uh well sure "
            "please and for me get reach have got right go goes like"
        )
    ),
    "es": frozenset(
        word_list(
            "es correo email mail mi el la su direccion electronico seria al a mandelo mandalo envialo envielo "
            "que lo siempre ponen mal deletreo apunte apunta anote escriba si claro pues bueno vale eh este mire "
            "mira le doy ser puede usar uso tengo para"
        )
    ),
}


SIGNS = {"dot": ".", "underscore": "_", "hyphen": "-", "plussign": "+"}


DOUBLES = {"double": 2, "triple": 3, "doble": 2}


ENDINGS = frozenset(word_list("com es net org mx us uk co io edu gov info eu ar cl pe cat biz"))


KNOWN_DOMAINS = ("gmail.com", "hotmail.com", "yahoo.com", "outlook.com", "icloud.com")
