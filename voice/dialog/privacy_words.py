"""Questions about what is kept of this call: "is this recorded?", "¿quién escucha la grabación?", in any wording."""

from __future__ import annotations

from voice.dialog.text import any_of

_KEPT = r"(?:record(?:ed|ing|s)?|tap(?:ed|ing|e)|sav(?:ed|ing|e)|stor(?:ed|ing|e)|kept|keep(?:ing)?|logg(?:ed|ing))"
_MINE_EN = (
    r"(?:me|us|this|this (?:call|conversation|chat)|(?:my|our|the) (?:call|voice|conversation|words|data|audio|sound)|"
    r"(?:these |my |your |the |all )?(?:calls|conversations)|"
    r"what (?:i|ive|we) (?:say|said|am saying|told you|tell you)|"
    r"(?:the|this|these|that|your|my|any) (?:call )?recordings?|recordings|everything i say|anything i say)"
)
_OURS_EN = _MINE_EN.replace("me|us|this|", "", 1)
"""The same without bare "this" and "me", which may be about anything ("how long is this going to last?")."""
_MINE_ES = (
    r"(?:la (?:llamada|conversacion|voz|grabacion)|esta (?:llamada|conversacion|grabacion)|"
    r"las (?:llamadas|grabaciones)|"
    r"mi (?:voz|llamada|conversacion)|lo que (?:digo|he dicho|hablo|hablamos|decimos|cuento|dije|diga)|mis palabras|"
    r"(?:mi|la) grabacion)"
)
_TAPED = r"(?:record(?:ed|ing|s)?|tap(?:ed|ing|e))"
_PRIVACY = any_of(
    rf"\b(?:is|are|am|was|were|will|do|does|did|have|has|being)(?: \w+){{0,2}}? (?:{_MINE_EN}(?: \w+){{0,2}}? {_TAPED}|"
    rf"{_OURS_EN}(?: \w+){{0,2}}? {_KEPT})\b",
    rf"\b(?:is|are|do|does|will|did|was|were)(?: (?:you|anyone|anybody|someone|they|it|the \w+|being|i)){{1,2}}"
    rf"(?: (?:still|really|actually|guys|all|also|always|going to|allowed to|being)){{0,2}} "
    rf"(?:{_TAPED} {_MINE_EN}|{_KEPT} {_OURS_EN})\b",
    r"\b(?:am i|are we) (?:\w+ ){0,2}(?:being )?(?:recorded|taped)\b|\bis (?:this|it|that) (?:being |getting )?"
    r"(?:recorded|taped)\b|\bare you (?:\w+ )?(?:recording|taping)$|\bdo you record\b(?! (?:my|the) "
    r"(?:meter|reading|payment))",
    rf"\b(?:who|how many people)(?: \w+){{0,4}}? (?:listen|hear|hears|listens|get|gets|see|sees|access|play|use)"
    rf"(?: \w+){{0,4}}? (?:this|{_OURS_EN})\b",
    rf"\b(?:will|does|can|could|is) (?:some ?one|some ?body|any ?one|any ?body|people|staff)(?: \w+){{0,2}}? "
    rf"(?:listen|hear|listening)(?: \w+){{0,2}} (?:this|{_OURS_EN}|later)\b",
    rf"\bhow long (?:do|will|is|are|does)(?: \w+){{0,3}}? {_OURS_EN}\b(?: \w+){{0,2}}",
    rf"\bhow long (?:do|will|is|are|does)(?: \w+){{0,3}}? (?:this|it|that)(?: \w+){{0,2}}? {_KEPT}\b",
    r"\bwhat (?:happens to|do you do with|are you doing with|will you do with|becomes of|will happen to) "
    rf"(?:my voice|my data|{_OURS_EN})\b(?! (?:plan|allowance))",
    r"\bwhat (?:do you|are you|is being|is) (?:keep|kept|keeping|store|stored|storing|record|recorded|recording|know)"
    r"(?: (?:of|about|from) (?:me|this|this call|my call|us))?$",
    r"\bwhy (?:are you|do you|is this|am i)(?: \w+){0,2}? (?:record|tap)(?:ing|ed|e)?\b",
    r"\bdo i (?:have|need) to be (?:recorded|taped)\b|\b(?:legal|lawful|allowed)(?: \w+){0,4} (?:record|tape|"
    r"recording)\b",
    rf"\b(?:where|when) (?:do|does|is|are|will)(?: \w+){{0,3}}? {_OURS_EN}(?: \w+){{0,2}}? (?:go|goes|kept|stored|"
    rf"saved|"
    rf"deleted|erased|end up)\b|\bwhen (?:do|will) you (?:delete|erase) {_MINE_EN}\b",
    r"\bare you (?:listening to|reading|guessing|working out|checking|tracking) (?:my (?:mood|feelings|emotions|tone)|"
    r"how i (?:feel|sound))\b",
    rf"^(?:\w+ )?(?:graban?|guardan?|estan guardando) (?:{_MINE_ES}|esto|todo)$",
    rf"\b(?:van|va|vais|vas) a (?:grabar|guardar) (?:{_MINE_ES}|esto)\b|\b(?:para que|como|por que) (?:usan?|utilizan?|"
    rf"quieren?) {_MINE_ES}\b|\b(?:queda|esta|se queda) (?:registrad|guardad|grabad)[oa] (?:{_MINE_ES}|esto)\b",
    r"\b(?:para que|por que) (?:es|sirve|hay|hacen) (?:la|esta) grabacion\b|"
    r"\bquien(?:es)? (?:tiene|tienen|guarda|guardan) (?:mis|las|la|mi) grabacion\w*|\b(?:escuchan?|"
    r"oyen?) esto (?:luego|despues)\b",
    r"\bare you (?:\w+ )?(?:keeping|making) (?:a |any )?recordings?\b|\bwhat (?:gets|is|will be|"
    r"do you) (?:get )?record(?:ed)?$|"
    r"^(?:so |and )?whos (?:listening|recording)(?: (?:to )?(?:this|me|us|in))*$",
    rf"\b(?:cuando|cada cuanto) (?:se )?(?:borr|elimin)\w+ {_MINE_ES}\b",
    r"\b(?:esta|estan|estas) (?:analizando|juzgando|midiendo|estimando|evaluando) (?:\w+ ){0,2}(?:voz|animo|"
    r"emociones|tono)\b",
    r"\bhow (?:do|can|would) you (?:know|tell) how i (?:feel|sound)\b|"
    r"\bare you (?:analy[sz]ing|judging|estimating|measuring)(?: \w+){0,2} "
    r"(?:voice|mood|feelings|emotions)\b",
    r"\b(?:me|nos|se|lo|la) (?:esta|estan|estas|van a|va a|vais a|vas a|queda|quedara|"
    r"quedo)(?: \w+){0,2}? ?"
    r"(?:grabando|grabar|grabad[oa]|guardando|guardad[oa])\b(?! (?:el|la) (?:deco|serie))",
    rf"\b(?:esta|estan|estas|estais) (?:\w+ )?grabando(?:me|nos)?(?: (?:esto|ahora(?: mismo)?|{_MINE_ES}|"
    r"todo|usted))*$",
    rf"\b(?:se|me|nos) graban?(?: {_MINE_ES}| esto| todo| siempre)?$|\b{_MINE_ES} (?:se|esta|queda|sera)(?: \w+)? ?"
    r"(?:graba|grabada|grabado|guarda|guardada|grabando|guardado)\b",
    r"\b(?:para que|por que) (?:me|nos|se|lo|la|las) (?:graba|graban|grabas|grabais|estan grabando|guardan)\b",
    rf"\b(?:quien|quienes|alguien)(?: \w+){{0,3}}? (?:escuch\w+|oye|oyen|oira|oir|ve|acced\w+|tien\w+ acceso)"
    rf"(?: \w+){{0,3}}? ?(?:{_MINE_ES}|esto|grabacion(?:es)?)\b",
    rf"\b(?:que (?:pasa|hacen|hace|haran|hara|ocurre|sucede|va a pasar|van a hacer) con) (?:{_MINE_ES}|"
    r"mi voz|mis datos|lo grabado|esto que digo)\b",
    rf"\b(?:cuanto tiempo|hasta cuando|cuanto|donde)(?: \w+){{0,3}}? (?:{_MINE_ES}|las grabaciones|lo grabado)\b",
    rf"\b(?:guardan|guarda|guardas|almacenan|almacena|conservan|conserva|graban|graba)(?: \w+)? ?"
    rf"(?:{_MINE_ES}|todo esto)\b",
    r"\bque (?:guardan|guarda|graban|graba|saben|almacenan)(?: (?:de|sobre) (?:mi|esto|la llamada|esta llamada))?$",
)
_A_RECORDING = any_of(r"\b(?:is this|are you|am i (?:talking|speaking) (?:to|with)) (?:\w+ )?a recording\b")
"""Asks whether a machine speaks, not whether it records."""


def asks_what_is_kept(speech: str) -> bool:
    """Return whether plain text asks if, why, how long or for whom this call is recorded or analysed."""
    return _PRIVACY.search(speech) is not None and _A_RECORDING.search(speech) is None
