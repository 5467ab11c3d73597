"""Yes or no, in the many ways people say it."""

from __future__ import annotations

import re

from calls.ids import Language
from voice.dialog.slots.types import Parsed
from voice.dialog.text import plain_speech, without_hesitation

_YES = re.compile(
    r"\b(?:yes|yeah|yep|yup|yeh|ya(?= (?:please|that))|yas|ye|aye|uh huh|uhhuh|mhm|mm hm|sure|ok|"
    r"okay|alright|all right|fine|absolutely|definitely|certainly|of course|indeed|correct|right|"
    r"write|rite|exactly|precisely|affirmative|agreed|"
    r"go ahead|go for it|please do|do it|do that|lets do (?:it|that)|sounds (?:good|great|right|"
    r"fine)|works for me|that works|go on(?: then)?|"
    r"if you (?:would|like|want|dont mind)|thats (?:it|me|right|the one|correct|good|fine|write|him|her|"
    r"mine|great)|it is|i do|i am|i would|id love (?:to|that)|"
    r"thats what i said|i guess|i suppose|i reckon|i think so|i guess so|i suppose so|perfect|great|spot on|"
    r"why not|you bet|you got it|"
    r"no problem|by all means|true|very good|thank you yes|bang on|got it|cool|deal|"
    r"its mine|thats my|"
    r"(?:^|(?<=thats )|(?<=would be )|(?<=thatd be )|(?<=itd be )|(?<=sounds ))"
    r"(?:lovely|brilliant|wonderful|fantastic|awesome|excellent|marvellous)|"
    r"(?:^|(?<=seria )|(?<=estaria )|(?<=suena )|(?<=esta ))"
    r"(?:genial|estupendo|fenomenal|fantastico|excelente|maravilloso|barbaro|chevere)|"
    r"si|sip|sep|sii+|claro|claro que si|por supuesto|desde luego|vale|dale|bueno|venga|correcto|"
    r"exacto|exactamente|eso es|ese es|esa es|asi es|asi mero|ese mero|es correcto|esta bien|"
    r"de acuerdo|efectivamente|efectivo|afirmativo|cierto|"
    r"perfecto|adelante|como no|obvio|ok|okey|oki|orale|andale|sale|simon|ajam?|aja|ya lo creo|"
    r"hagalo|hazlo|eso mismo|justo|justamente|tal cual|me parece bien|suena bien|eso (?:he dicho|dije|"
    r"mismo)|por mi (?:esta )?bien|sin duda|"
    r"seguro|"
    r"a huevo|va|listo|cabal|positivo|confirmo|confirmado|lo confirmo|"
    r"me interesa|"
    r"me (?:viene|va|parece) (?:muy )?(?:bien|genial|perfecto)|supongo que si|encantad[oa]|con gusto|muy bien|"
    r"hecho|el mismo|la misma|es ese|es esa|ese|esa|"
    r"(?:lo|si) quiero|^quiero$|quiero (?:eso|hacerlo|que (?:lo haga|me llam\w+|si))|se lo agradec\w+|"
    r"me vendr\w+ (?:muy )?bien|id appreciate (?:that|it)|"
    r"si (?:es tan amable|quiere|no le importa)|i agree|asi)\b"
)
_STRONG = re.compile(
    r"\b(?:yes|yeah|yep|yup|absolutely|definitely|certainly|of course|correct|exactly|precisely|affirmative|agreed|"
    r"i agree|go ahead|go for it|please do|do it|do that|lets do (?:it|that)|sounds (?:good|great|right|fine)|"
    r"works for me|that works|thats (?:it|me|right|the one|correct|good|fine|him|her|mine|great)|id love (?:to|that)|"
    r"i think so|i guess so|i suppose so|by all means|why not|you bet|go on then|its mine|if you would|spot on|"
    r"si|sip|claro que si|por supuesto|desde luego|correcto|exacto|exactamente|eso es|ese es|esa es|asi es|"
    r"es correcto|esta bien|de acuerdo|efectivamente|afirmativo|adelante|como no|hagalo|hazlo|me parece bien|"
    r"suena bien|sin duda|confirmo|confirmado|lo confirmo|(?:lo|si) quiero|quiero (?:eso|hacerlo|que (?:lo haga|"
    r"me llam\w+|si))|me (?:viene|va|parece) (?:muy )?(?:bien|genial|perfecto)|supongo que si|se lo agradec\w+|"
    r"me vendr\w+ (?:muy )?bien|id appreciate (?:that|it)|"
    r"con gusto|el mismo|la misma|es ese|es esa|eso mismo)\b"
)
"""A yes whatever follows; every other yes ("right", "claro", "ok") only counts with little beside it."""
_COURTESY = re.compile(
    r"\b(?:please|por favor|porfa|thanks|thank you|gracias|muchas|very much|then|pues|entonces|so|and|y|that|eso|thing|"
    r"with me|by me|conmigo|oh|ah|eh|um|uh|usted|you|yo|lo|la|it|mate|love|now|ahora|ya|me|le|se)\b"
)
_LITTLE = 2
"""Words that may stand beside a weak yes ("ok, call me"); with more it begins something else. Source: own sentences."""
_ANOTHER = re.compile(
    r"\b(?:and|y|but|pero)\b(?! (?:thanks|thank you|gracias|yes|si|please))|\b(?:my|our|another|mi|mis|otra|otro)\b|"
    r"\bpues (?:el|la|los|las)\b"
)
"""Words by which a weak yes goes over to something else."""
_ASKING_NICELY = re.compile(r"^(?:(?:please|por favor|porfa|porfavor|pretty|yes|gracias|thanks|thank you) ?)+$")
_NO = re.compile(
    r"\b(?:no|nope|nah|nay|naw|know|not|never|negative|wrong|incorrect|dont|do not|isnt|wasnt|"
    r"wont|cant|neither|rather not|id rather not|rather you didnt|no thanks|no thank you|nothing|"
    r"leave it|ill pass|i pass|forget it|not (?:really|now|today|that i know of|at all|quite|yet)|no way|false|"
    r"stop|cancel|skip it|didnt|doubt it|"
    r"nada|nunca|jamas|tampoco|para nada|que va|ni hablar|de ninguna manera|negativo|incorrecto|"
    r"nel|ni de broma|ni loc[oa]|dejelo|dejalo|mejor no|va a ser que no|que no|en absoluto|"
    r"ni modo|falso|ninguno|nanay|nones|no hace falta|paso|mal|equivocad[oa]|erroneo|erronea|"
    r"prefiero que no)\b"
)
_YES_DESPITE_NO = re.compile(
    r"\b(?:no no (?:thats|its|it is|yes|si|esta|es (?:ese|esa|correcto|asi)|claro|si si)|"
    r"no problem|no hay problema|sin problema|no worries|why not|como no|por que no|cant wait|"
    r"not a problem|no doubt|no duda|no me importa|i dont mind|dont mind|no se preocupe si|"
    r"not wrong|not bad|"
    r"no esta mal|no tengo inconveniente|ningun problema|no objection|no objections|no issue|"
    r"no pasa nada si|sure no problem|no thats right|no its (?:right|correct|fine|good)|"
    r"no esta bien asi si|no si si|no yes|no yeah|no si)\b"
)
_NO_DESPITE_YES = re.compile(
    r"\b(?:yeah no|yes no|si no|ya no|si pero no|ok no|okay no|well no|no gracias|no thanks|"
    r"no thank you|id rather (?:you )?(?:not|didnt)|not right|esta mal|not (?:quite )?correct|"
    r"not (?:ok|okay|sure|fine|exactly|really|please|now)|no (?:es|esta|estoy) (?:correcto|bien|"
    r"ese|esa|asi|de acuerdo|cierto|mi\w*)|"
    r"no (?:quiero|me interesa|por favor|claro|estoy segur[oa]|lo confirmo|ese no|esa no)|"
    r"claro que no|por supuesto que no|desde luego que no|of course not|absolutely not|"
    r"definitely not|certainly not|dont (?:do|want|think so|please)|doesnt (?:work|sound)|"
    r"isnt (?:right|correct|it|me|mine|fine)|thats (?:not|wrong|incorrect)|"
    r"va a ser que no|please dont|por favor no|ese no (?:es)?|esa no (?:es)?|obvio no|"
    r"obvio que no|nada de eso|dont think so|i dont|no i dont|seguro que no|i would not|i wouldnt|"
    r"it is not|it isnt|i am not|im not|i do not|not (?:the one|it|me|that))\b"
)
_LAST_WORD = re.compile(
    r"\b(?:(?:a|ah|ay|eh|oh|bueno|no|pero|wait|actually|espera|mejor|"
    r"pensandolo bien) )+(?:si (?:si )?(?:quiero|por favor|claro|esta bien|es)|yes(?: please)?|"
    r"sure)\b.{0,25}$|\b(?:si quiero|on second thought yes|actually yes|pensandolo bien si|"
    r"mejor si)\b"
)
_LAST_WORD_NO = re.compile(
    r"\b(?:actually no|wait no|on second thought no|espera no|espere no|mejor no|"
    r"pensandolo bien no|bueno no|perdon no|digo no)\b"
)


_LEADING = (
    r"(?:yes|yeah|yep|yup|yes yes|si|si si|sip|sure|of course|certainly|absolutely|definitely|by all means|agreed|"
    r"i (?:do )?(?:agree|consent)(?: to (?:that|it|this|the recording|being recorded))?|go ahead|please do|"
    r"no problem|i dont mind|i do not mind|"
    r"(?:thats|that is|its|it is|that would be) (?:fine|ok|okay|all right|alright|good|no problem)|"
    r"you (?:may|can|have my (?:permission|consent))|feel free|claro que si|por supuesto(?: que si)?|"
    r"desde luego(?: que si)?|"
    r"de acuerdo|(?:estoy|si estoy) (?:de acuerdo|conforme)|acepto|lo acepto|consiento|(?:le |les |te |lo |la )*"
    r"(?:autorizo|permito|doy (?:mi |el )?(?:permiso|consentimiento|autorizacion))|"
    r"(?:si )?(?:puede|puedes|pueden) (?:grab\w+|hacerlo|estimar\w*)|grab(?:e|en|elo|enlo|enla|ela|a)|adelante|"
    r"hagalo|haganlo|no hay problema|sin problema|ningun problema|no me importa|no tengo inconveniente|"
    r"(?:me parece|esta) bien|con gusto)"
)
_ALONE = (
    r"(?:ok|okay|okey|vale|alright|all right|fine|right ok|very well|muy bien|bueno si|claro|"
    r"dale|venga|perfecto)"
)
_NICE = (
    r"(?:please|por favor|thanks|thank you|gracias|muchas gracias|sir|madam|sure|yes|si|fine|okay|ok|vale|with me|"
    r"by me|go ahead|you may|you can|do|record|record (?:me|it|this|the call)|that|it|all right|alright|then|pues|"
    r"senorita|sin problema|no problem|claro|oh|um|uh|eh|well|bueno|hombre|mujer)"
)
_CLEAR_YES = re.compile(
    rf"^(?:{_NICE} )*{_LEADING}(?: (?:{_NICE}|{_LEADING}))*$"
    rf"|^(?:(?:oh|um|uh|eh|well|bueno|vale|ok|okay|please) )*"
    rf"(?!(?:yeah|yep|yup|sure|no problem)\b){_LEADING}\b(?! (?:but|pero|no|not|hello|hi|hey|hola|buenas|buenos|good|"
    r"diga\w*|dime|oiga|oye|mire|mira|aqui|what|why|who|how|que|quien|como|para que|por que|which|is|are|to|or|"
    r"o|y o)\b)"
    rf"|^(?:{_NICE} )*{_ALONE}(?: {_NICE})*$"
)
_REFUSING = (
    r"(?:no|nope|nah|nay|never|not|thanks|thank|you|gracias|please|por|favor|i|id|would|dont|do|prefer|rather|"
    r"really|que|mejor|prefiero|quiero|se|lo|me|le|haga|sorry|perdon|siento|didnt|wouldnt|may|must|cant|"
    r"want|to|that|it|this|eso|esto|way|absolutely|agree|consent|accept|acepto|autorizo|consiento|permito|de|acuerdo|"
    r"estoy|ninguna|manera|ni|hablar|gusta|gustaria|thats|not|ok|okay|fine|with|muchas|for|now|today|hoy|puede|can|"
    r"nunca|jamas|negativo|si|pues|claro|en|absoluto|para|nada|doy|permiso|mi|consentimiento)"
)
_CLEAR_NO = re.compile(rf"^(?=.*\b(?:no|nope|nah|not|never|dont|didnt|nunca|jamas|negativo)\b)(?:{_REFUSING} ?)+$")


def clear_yes(text: str) -> bool:
    """Return whether the words agree beyond doubt: an explicit yes, alone or leading ("okay, so my router" is none)."""
    speech = plain_speech(text)
    return _CLEAR_YES.match(speech) is not None and _LAST_WORD_NO.search(speech) is None


def clear_no(text: str) -> bool:
    """Return whether the words do nothing but refuse; "no tengo internet" is a matter, not a refusal."""
    return _CLEAR_NO.match(plain_speech(text)) is not None


def _says_more(bare: str) -> bool:
    """Return whether much is left of the words beside a weak yes."""
    left = len(_COURTESY.sub(" ", _YES.sub(" ", bare)).split())
    return left > _LITTLE or (left > 0 and _ANOTHER.search(bare) is not None)


def parse_yes_no(text: str, language: Language) -> Parsed | None:
    """Return `true` or `false`, or None when the words are neither."""
    del language
    speech = plain_speech(text)
    bare = without_hesitation(speech) or speech
    words = len(bare.split())
    if _LAST_WORD_NO.search(bare):
        return Parsed("false", 0.7, needs_confirmation=False)
    if _LAST_WORD.search(bare):
        return Parsed("true", 0.7, needs_confirmation=False)
    if _YES_DESPITE_NO.search(bare) and not re.search(r"^(?:yeah|yes|si) no\b|\bno gracias\b|\bno thanks\b", bare):
        return Parsed("true", 0.8, needs_confirmation=False)
    if _NO_DESPITE_YES.search(bare):
        return Parsed("false", 0.85, needs_confirmation=False)
    if _ASKING_NICELY.match(bare):
        return Parsed("true", 0.8, needs_confirmation=False)
    no, yes = _NO.search(bare), _YES.search(bare)
    if yes is not None and no is None and not _STRONG.search(bare) and _says_more(bare):
        return None
    if no is None and yes is None:
        return None
    score = 0.95 if words <= 4 else 0.75 if words <= 9 else 0.5
    if no is not None and yes is not None:
        first_no = no.start() <= yes.start()
        return Parsed("false" if first_no else "true", min(score, 0.6), needs_confirmation=False)
    return Parsed("false" if no is not None else "true", score, needs_confirmation=False)
