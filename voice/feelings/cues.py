"""Signs of a feeling in the words themselves, each with a name that people can check against what was said.

A cue is one piece of evidence among others (`voice.feelings.model`): it never decides alone, and no cue means nothing.
Patterns look at plain speech: lower case, no accents, no punctuation, `don't` written `dont`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from calls.ids import Language
from calls.speech import Feeling
from voice.dialog.text import plain

HESITATES = "hesitates"
HESITATIONS = 2
"""From so many on, hesitation is named. Source: our choice; one "um" is in every second turn."""

_HESITATION = re.compile(r"\b(?:u+h+m*|u+m+|e+r+m*|h+m+|mm+|e+h+|e+m+|este)\b(?! (?:es|no es|mes|ano|numero)\b)")


@dataclass(frozen=True, slots=True)
class Cue:
    """One kind of evidence."""

    code: str
    feeling: Feeling
    patterns: dict[Language, re.Pattern[str]]


def _cue(code: str, feeling: Feeling, en: str, es: str) -> Cue:
    return Cue(code, feeling, {"en": re.compile(rf"\b(?:{en})\b"), "es": re.compile(rf"\b(?:{es})\b")})


CUES: tuple[Cue, ...] = (
    _cue(
        "says_not_understood",
        "confused",
        r"(?:dont|didnt|cant|not|never|still dont|do not|did not) (?:really |quite |even )?(?:understand|get it|get "
        r"(?:how|why|what)|follow|see (?:how|why)|know (?:what|which|whether|who|how) (?:that|this|it|to|you|one|i)|"
        r"make (?:sense|head))|makes? (?:no|any) sense|im (?:a bit |so |totally |really |completely )?(?:lost|"
        r"confused)|"
        r"got lost|lost me|(?:confus\w+|mixed up|puzzl\w+)|no idea what|not sure (?:what|which|i (?:get|understand))|"
        r"dont add up|all greek",
        r"no (?:le |te |lo |la |me )?(?:entiend\w+|entend\w+|sig[ou]|capt[eo]|comprend\w+|aclaro|cuadra\w*)|"
        r"sin entender\w*|no (?:se|tengo claro) (?:que|cual|quien|a que|si) \w+|me (?:perdi|pierdo|he perdido|"
        r"enred[eo]|li[eo]|confund\w+)|hago (?:un lio|bolas)|hice (?:un lio|bolas)|confundid[oa]|perdid[oa]|"
        r"suena a chino|no me (?:entra|queda claro)|no veo por que|ni idea de que|no hay quien (?:lo|la) entienda",
    ),
    _cue(
        "asks_meaning",
        "confused",
        r"what do you mean|what does (?:\w+ ){1,5}mean|how do you mean|whats (?:a|an|the difference|that|this|the)|"
        r"what (?:on earth |the hell |exactly )?(?:is|are) (?:a|an|that|this|those|these)|what (?:is|are) it|meant by|"
        r"supposed to (?:be|mean|look|do)|can you explain|explain (?:it|that|this)",
        r"que (?:significa\w*|quiere decir|es (?:un|una|eso|esto|el|la|lo)|son (?:los|las|esos|esas))|a que se "
        r"refiere|que diferencia|me lo explica|explicar\w* (?:otra vez|de nuevo)|como asi",
    ),
    _cue(
        "asks_which",
        "confused",
        r"which (?:one|of|number|password|code|is it|do)|(?:do|should|is it|am) i? ?.{0,30} or (?:the|is it|do i|not|"
        r"am i)|or is (?:it|that)|or the other way|so which|so (?:is|do|am|are) (?:i|it|that|you|we)",
        r"cual (?:de|es|era|leo|pongo|de los|de las)|cuales?$|que (?:numero|clave|contrasena|codigo)|"
        r"o (?:es|era) (?:al reves|lo mismo|otra|el|la|cuando)|o como|o no (?:\w+)?$|entonces (?:que|cual|cuando|"
        r"pago|tengo|primero|contesto)",
    ),
    _cue(
        "asks_to_repeat",
        "confused",
        r"(?:say|repeat|explain|go through|tell me) (?:it |that |this |me )?(?:again|once more|more slowly|slower)|"
        r"can you repeat|didnt catch|pardon|more slowly|what was the (?:first|last)|how (?:was|is) that",
        r"(?:repet\w+|repite|explic\w+|dec\w+) (?:\w+ )?(?:otra vez|de nuevo|mas despac\w+)|me (?:lo )?(?:puede )?"
        r"repet\w+|mas despac\w+|mande|como dice|como era|cual era",
    ),
    _cue(
        "says_again",
        "frustrated",
        r"(?:second|third|fourth|fifth|tenth|umpteenth) (?:time|call|one)|again and again|over and over|yet again|"
        r"not again|another (?:form|week|month|call|appointment)|every (?:single )?(?:time|month|day|week)|"
        r"(?:its|it is) always|(?:same|all) over again|from the (?:beginning|start)|start(?:ing)? (?:over|again)|"
        r"keep(?:s)? \w+ing|keep(?:s)? (?:on|asking|telling|saying)|how many times|in circles|went (?:off|down) again",
        r"(?:segunda|tercera|cuarta|quinta|enesima) (?:vez|llamada)|otra vez (?:\w+ ){0,2}(?:lo mismo|igual|no|la|el)|"
        r"cada vez que|siempre (?:es )?(?:lo mismo|igual|me)|todos los (?:meses|dias)|desde (?:el principio|cero)|"
        r"(?:volver|vuelvo|vuelta) a (?:empezar|explicar\w*|llamar|repetir\w*|mandar)|cuantas veces|dar vueltas|"
        r"la misma (?:historia|cosa|cancion)|a cada rato|me siguen",
    ),
    _cue(
        "waits_long",
        "frustrated",
        r"(?:been|be|keep|kept) (?:waiting|on hold|calling|trying|without)|still waiting|on hold for|waited|"
        r"takes forever|nobody (?:came|comes|calls|called|ever|turned|answers|can|seems)|no one (?:came|comes|calls|"
        r"called|ever|answers|can)|supposed to (?:be here|come|arrive|call)|how much longer|(?:for|its been) "
        r"(?:two|three|four|five|six|nine|ten|forty|\w+ty) (?:minutes|days|weeks|months)|waste of time",
        r"llevo (?:como |mas de |ya )?(?:\w+ )?(?:\w+ )?(?:esperando|minutos|horas?|dias|semanas|meses|"
        r"la manana|la tarde"
        r"|llamando)|(?:sigo|seguimos|estoy) (?:sin|esperando)|nadie (?:vino|viene|llama|me|contesta|sabe|da|aparece)|"
        r"en espera|perdida de tiempo|hasta cuando|quedaron (?:en|de)|me dijeron que",
    ),
    _cue(
        "has_tried",
        "frustrated",
        r"already (?:told|said|did|done|sent|gave|given|explained|paid|tried|restarted)|ive (?:done|tried|restarted|"
        r"explained|told|sent|reported|called|filled)|still (?:not|doesnt|isnt|nothing|no|the same|broken)|"
        r"(?:doesnt|not|never) work\w*|not what i (?:said|asked|meant)|not answering|same (?:as always|answer|thing)|"
        r"fed up|tired of|(?:cant|shouldnt|should not) be (?:that|this|so) (?:hard|difficult)|give up|"
        r"someone who can|goodness sake|thanks for nothing",
        r"ya (?:se )?(?:lo|la|le|les|los|las|eso|todo) (?:\w+ )?(?:dije|di|hice|mande|explique|conte|pague|probe|"
        r"reinicie|he \w+)|sigue (?:sin|igual|igualito|mal|fallando|roja)|y nada|no (?:es|era) lo que (?:\w+ )?"
        r"(?:dije|pedi|pregunt\w+)|no me (?:esta )?contest\w+|ya me (?:canse|estoy cansando)|cansad[oa]|me rindo|"
        r"no puede ser (?:tan|que)|alguien que (?:me )?(?:pueda|sepa)|nunca (?:funciona|llaman|contestan|hay)|"
        r"todo igual|"
        r"gracias por nada",
    ),
    _cue(
        "insults",
        "angry",
        r"idiots?|morons?|incompeten\w+|useless|liars?|lied|lying|lies|thieves|thief|crooks?|bandits?|scam\w*|fraud|"
        r"theft|robbery|stole|clowns?|pathetic|garbage|rubbish|joke|disgust\w+|disgrace\w*|outrag\w+|ridiculous|"
        r"unacceptable|sham(?:e|eful) on you|ashamed of yoursel\w+|should be ashamed|bullshit|fuck\w*|shit\w*|damn|"
        r"bastards?|cowards?|worst company|ripp?(?:ing|ed)? (?:me )?off|makes? me sick|hate you|like dirt|stupid",
        r"idiotas?|imbecil\w*|inutil\w*|incompetentes?|mentiros[oa]s?|mentira|mintiendo|mintio|ladron\w*|bandidos?|"
        r"estaf\w+|fraude|robo|robaron|payasos?|basura|porqueria|mierda|burla|asco|vergonzos\w+|que verguenza|una "
        r"verguenza|poca verguenza|darles? verguenza|sinverguenzas?|desgraciad\w+|indignante|escandalo|ridiculo|"
        r"inaceptable|abus\w+|impresentables?|cobardes|malditos?|joder|cono|carajos?|cabron\w*|put[oa]s?|hart[oa] de|"
        r"no sirven|desfachatez|descaro|delito",
    ),
    _cue(
        "threatens",
        "angry",
        r"(?:ill|im going to|going to|will) (?:\w+ )?(?:sue|report|smash|break|throw|make sure|burn|"
        r"come (?:over|down))|"
        r"my lawyer|the press|newspaper|to court|regulator|how dare|dont you dare|you dare|youll (?:regret|pay|be "
        r"hearing|hear)|i demand|go to hell|to hell with|shut up|what kind of|who do you think|want (?:him|her|your "
        r"manager|somebody) (?:fired|punished|on the phone)|dont (?:you )?(?:tell|talk)|(?:another|one more) (?:penny|"
        r"cent|word)|furious|livid|your fault",
        r"(?:los |les |lo )?(?:voy|vamos) a (?:\w+ )?(?:denunci\w+|demand\w+|romp\w+|revent\w+|quem\w+|parti\w+)|"
        r"demand\w+|denunci(?:o|ar(?:los|les)?)|abogado|la prensa|periodico|a juicio|se atrev\w+|ni se le ocurra|no se "
        r"le ocurra|(?:se van a|va a) (?:arrepentir|enterar)|me la van a pagar|exijo|vayase|al diablo|callese|"
        r"que clase "
        r"de|quien se cree|no me (?:hable|diga|interrumpa|grite)|ni un (?:peso|centavo|euro)|furios[oa]|rabia|"
        r"culpa (?:suya|de ustedes)|por su culpa|no (?:lo )?voy a consentir|no pienso pagar|encargado|metanse",
    ),
    _cue(
        "speaks_of_fear",
        "distressed",
        r"(?:im|i am|so|very|really) (?:\w+ )?(?:scared|afraid|terrified|frightened|worried|desperate|ashamed|nervous|"
        r"heartbroken|overwhelmed|upset|alone)|(?:scares|terrifies) me|panic\w*|shaking|trembling|cant sleep|havent "
        r"slept|lie awake|worried sick|heart stops|nerves|i feel (?:so|sick|terrible|like|as if)|anxious|anxiety",
        r"(?:tengo|da|de) (?:\w+ )?(?:miedo|panico|terror|angustia|pena|apuro)|(?:estoy|ando|me siento) (?:\w+ )?"
        r"(?:asustad[oa]|aterrad[oa]|desesperad[oa]|angustiad[oa]|preocupad[oa]|nervios[oa]|destrozad[oa]|hundid[oa]|"
        r"sol[oa]|mal|fatal|tont[oa])|tembl\w+|tiemblan?|no duermo|ni duermo|no pego ojo|los nervios|"
        r"se me (?:parte|cae|cierra|para)|me siento|muerta de",
    ),
    _cue(
        "speaks_of_loss",
        "distressed",
        r"cry\w*|cried|in tears|cope|take (?:it|much more|any more)|begging|i beg|help me|dont know what to do|(?:cant|"
        r"cannot) (?:go on|do this|anymore|any more|pay|afford)|died|buried|funeral|late husband|late wife|lost "
        r"everything|nothing left|my savings|lose the (?:house|flat|home)|no way out|breaks my heart|"
        r"too much for me|all "
        r"alone|end of my|falling apart|wits end|who else to turn|oh god|oh my god",
        r"llor\w+|lagrimas|no (?:lo )?puedo (?:mas|pagar\w*|seguir|ni)|ya no (?:puedo|aguanto|se)|no aguanto|"
        r"(?:se lo |le )?(?:suplico|ruego)|ayudeme|no se (?:\w+ )?(?:que|a quien|como) (?:\w+ )?(?:hacer|acudir|"
        r"pedir\w*|"
        r"pasar|pagar)|murio|fallecio|enterr\w+|entierro|difunt[oa]|perdi(?:mos)? (?:todo|la casa)|"
        r"lo perdi todo|perder "
        r"la casa|no me (?:queda|alcanza)|ahorros|no le veo salida|el alma|me supera|demasiado|ay dios|dios mio",
    ),
    _cue(
        "gives_thanks",
        "satisfied",
        r"(?:thank you|thanks) (?:so|very|ever|a lot|a million|for (?!nothing|your apolog))|many thanks|appreciate|"
        r"grateful|bless you|cheers|much appreciated|(?:big|such a) help|so helpful|(?:youve|you have) been (?:so|very|"
        r"really|great|a)",
        r"(?:muchas|muchisimas|mil|un millon de) gracias|gracias (?:por (?!nada)|de verdad|otra vez|a usted)|"
        r"agradec\w+|"
        r"dios (?:se lo pague|l[ae] bendiga|te bendiga)|(?:muy|tan|que) amables?|muy (?:bien|buena) atenci\w+|me ayudo "
        r"mucho|muchisimo",
    ),
    _cue(
        "praises",
        "satisfied",
        r"perfect\w*|brilliant\w*|wonderful\w*|fantastic|excellent|lovely|great|awesome|amazing|superb?|delighted|"
        r"thrilled|pleased|happy|glad|relief|relieved|impressed|well done|good job|works? (?:perfectly|great|like a "
        r"charm|now)|(?:its|is) (?:working|back)|back on|five stars|recommend|love the|angel|a star|the best|"
        r"made my day|"
        r"much clearer|couldnt be better",
        r"perfect[oa]|genial|estupend[oa]|fantastic[oa]|excelente|maravill\w+|buenisim[oa]|fenomenal|"
        r"increible servicio|"
        r"encant\w+|content[oa]s?|feliz|alivi\w+|alegr\w+|que (?:bien|bueno|gusto|padre|chevere|rapido|detalle|facil)|"
        r"enhorabuena|felicit\w+|felicidades|de maravilla|de lujo|de diez|ya (?:funciona|volvio|quedo|tengo senal|"
        r"agarro|esta conectad\w)|clarisimo|angel|menos mal|por fin|recomendar\w*|rapidisim[oa]|la mejor",
    ),
    _cue(
        "asks_for_haste",
        "urgent",
        r"urgent\w*|emergency|hurry|quick(?:ly|est)?|fast(?:est)?|right (?:now|away)|immediately|straight away|"
        r"at once|as "
        r"soon as|asap|this (?:second|instant|minute|very moment)|no time|cant wait|(?:speed|rush)|soon as possible|"
        r"has to be (?:today|now|done|fixed)|must (?:be|come)|(?:someone|somebody) (?:now|tonight|immediately)",
        r"urgen\w+|emergencia|rapid\w+|apur\w+|dense prisa|dese prisa|prisa|deprisa|ahora mismo|ya mismo|enseguida|"
        r"inmediat\w+|de inmediato|cuanto antes|lo antes posible|lo mas (?:rapido|pronto)|no (?:hay|tengo) (?:\w+ )?"
        r"tiempo|no puede esperar|(?:alguien|hagalo|mand\w+|bloquee\w*|pare\w*|necesito|mismo|rapido) ya|ya por favor|"
        r"tiene que (?:ser|quedar|estar|venir|entrar|llegar)|corra|en este (?:momento|momentito)",
    ),
    _cue(
        "names_deadline",
        "urgent",
        r"(?:in|within|only|got) (?:\w+ ){0,3}(?:\w+ )?(?:minutes?|hours?|seconds?|quarter of an hour)|"
        r"(?:before|by|until) (?:\w+ )?(?:noon|midnight|one|two|three|four|five|six|seven|eight|nine|ten|tonight|"
        r"tomorrow|the wedding|it goes)|deadline|last day|closes? in|close at|boarding|my (?:flight|"
        r"train) (?:leaves|is)|"
        r"fly (?:tonight|tomorrow)|battery|(?:one|two|three) percent|too late|(?:tonight|today) (?:at|is)|at the "
        r"(?:airport|till)",
        r"(?:en|quedan?|tengo|cada|unos|dentro de) (?:\w+ )?(?:minutos?|un minuto|media hora|una hora|horas|"
        r"un cuarto de "
        r"hora)|antes de(?:l| la| las)? \w+|plazo|ultimo dia|cierran|embarc\w+|abordar|(?:mi|el|la) (?:vuelo|"
        r"tren|avion) "
        r"sale|vuelo (?:esta|hoy)|viajo (?:hoy|manana)|bateria|por ciento|ya es tarde|aeropuerto|esta noche|entrevista|"
        r"quirofano|a las \w+ (?:tengo|entro|abro|abrimos)",
    ),
    _cue(
        "names_danger",
        "urgent",
        r"smoke|smok\w+|sparks?|sparking|fire|flames?|burning|gas leak|smells? of|flood\w*|filling up|water (?:\w+ )?"
        r"(?:everywhere|running)|wire down|cable(?:s)? (?:down|lying|sparking)|oxygen|breathing machine|insulin|"
        r"vaccines?|"
        r"humming|child inside|ambulance|spoiling|using (?:it|my card)|emptying",
        r"humo|chispas?|chispe\w+|fuego|llamas|quem\w+ (?:en|el|la)|huele a|ardiendo|inund\w+|se esta llenando|"
        r"agua por|"
        r"cable (?:caido|tirado|en la|suelto)|oxigeno|respirador|insulina|vacunas|zumba|nino adentro|ambulancia|"
        r"vaciando|echando a perder|usando|corriente",
    ),
)

FEELING_OF: dict[str, Feeling] = {cue.code: cue.feeling for cue in CUES}


def find_cues(text: str, language: Language) -> tuple[str, ...]:
    """Return the codes of the cues in `text`, in the order of `CUES`."""
    speech = plain(text)
    return tuple(cue.code for cue in CUES if cue.patterns[language].search(speech))


def hesitations(text: str) -> int:
    """Return how often the speaker hesitated: "um", "eh", "este"."""
    return len(_HESITATION.findall(plain(text)))
