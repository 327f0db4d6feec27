"""How questions to a team begin, in a dozen languages, and what only looks like one."""

from __future__ import annotations

import re


def _any(*patterns: str) -> str:
    return "(?:" + "|".join(patterns) + ")"


POLITE = re.compile(
    r"^(?:\W*(?:please|pls|plz|hey|hi|hello|morning|good morning|ok|okay|so|and|but|also|now|"
    r"well|"
    r"sorry|quick(?: one| question)?|question|a?nd? the client asks|just wondering|team|all|"
    r"folks|"
    r"everyone|guys|there|hallo|moin|hola|salut|bonjour|ciao|hej|hoi|oi)\b(?!'))+\W*",
    re.IGNORECASE,
)

SOMEONE = r"(?:any(?:one|body|1)|some(?:one|body|1)?|any of you|people|folks)"
TO_BE = (
    r"(?:must|may|shall|might|is|are|was|were|'s|'re|s|r|am|has|have|had|do|does|did|can|could|"
    r"should|would|will)"
)
AUX = r"(?:is|are|was|were|do|does|did|can|could|should|would|will|must|may|has|have|am)"
SUBJECT = (
    r"(?:i|we|they|it|there|the|a|an|our|my|your|this|that|these|those|part-timers|any\w*|"
    r"some\w*|"
    r"all|each|every\w*|new|old|contractors|freelancers|staff|customers|clients|guests)"
)

ENGLISH = _any(
    rf"(?:what|where|who|whom|when|why|how|which|whose|wat|whr|wher|wich|hw)(?:\s*'?s|\s+{TO_BE})"
    r"\s+[\"“'«]?\w",
    r"(?:how|what) (?:to|many|much|long|often|far|old|big|soon|late|early)\s+\w",
    rf"how \w+ {AUX} {SUBJECT}\b",
    r"which (?:\w+ ){1,2}\w+[^\Ws]s\s+\w",
    rf"(?:what|whose) (?:[\w-]+ ){{1,3}}{TO_BE}\b",
    rf"which (?:[\w-]+ ){{1,6}}{TO_BE}\b",
    r"(?:who (?!knows|cares|wins)[a-z]+(?:[^\Ws]s|sses|ches|ves)|what (?:happens|counts as|if|"
    r"qualifies))\s+\w",
    rf"(?:is|are|does|should|am|must|can|could|may|would) {SUBJECT}\s+\w",
    rf"(?:do|has|have) (?:i|we|they|you|{SOMEONE})\s+\w",
    r"(?:do|are) [a-z]+s (?:\w+ ){0,2}(?:get|need|have|allowed|paid|entitled|covered)\b",
    r"(?:is|are) \w+ [a-z]{2,}(?:able|ible)\b",
    r"is [\w ]{3,40} (?:or not|or what|allowed|mandatory|required|paid|optional|compulsory|"
    r"permitted)\b",
    r"(?:in|at|for|to|from|by|on|with) (?:which|what|whom)\s+\w",
    r"for how long\b",
    r"(?:in case of|if|when) [\w ]{3,40} (?:where|who|what|how) (?:do|should|can|is|are)\b",
)
OPENING = _any(
    ENGLISH,
    r"(?:what|where|who|whom|when|why|how|which|whose)\b",
    rf"{AUX}\b",
)
GERMAN = (
    r"(?:(?:wer|wie|wo|wann|was|warum|wieso|weshalb|welche[rsnm]?|wieviele?|wohin|woher|womit)"
    r" (?!ein\b|f[üu]r\b)\w|wei(?:ß|ss) (?:jemand|wer|einer)|gibt(?:'s| es)|kennt (?:jemand|wer)"
    r"|hat (?:jemand|wer) (?:die|den|das|eine?n?) |kann (?:mir |uns )?(?:jemand|wer)|(?:darf|"
    r"muss|kann|soll|bekomme) (?:ich|man)"
    r"|(?:dürfen|müssen|haben|können|bekommen) wir|ich (?:suche|finde) \w+ (?:\w+ )*nicht|"
    r"ich suche)"
)
FRENCH = (
    r"(?:(?:où|comment|combien|quand|pourquoi|quel(?:le)?s?|lequel|laquelle) \w|qui \w+ (?:les?|"
    r"la)\b"
    r"|est-ce qu|c'est quoi|qu'est[- ]ce|quelqu'un (?:sait|conna[îi]t|a le|a la)|je cherche"
    r"|y a-t-il|il y a \w+ (?:guide|mod[èe]le)|peut-on|a-t-on|sait-on)"
)
SPANISH = (
    r"(?:(?:d[óo]nde|c[óo]mo|cu[áa]ndo|cu[áa]nt[oa]s?|cu[áa]l(?:es)?|qué|quién|por qu[ée]) \w"
    r"|alguien sabe|hay (?:alg|un)|se puede|puedo|podemos|necesito saber)"
)
ITALIAN = (
    r"(?:(?:dove|come|quando|quant[oiae]|cosa|chi|perché|qual[ei]?) \w"
    r"|qualcuno sa|c'è (?:un|il|la)|si può|posso|possiamo|cerco)"
)
DUTCH = (
    r"(?:(?:waar|hoe|wanneer|wat|wie|waarom|welke?|hoeveel) \w|weet (?:iemand|er iemand)"
    r"|heeft (?:iemand|er iemand)|(?:mag|moet|kan) ik|is er een|hebben we|mogen we)"
)
PORTUGUESE = (
    r"(?:(?:onde|como|quando|quant[oa]s?|quem|qual|quais|o que|por ?que) \w"
    r"|algu[ée]m sabe|(?:posso|podemos|temos)|há algum)"
)
SLAVIC = (
    r"(?:(?:gdzie|jak|jaki[ea]?|kiedy|ile|kto|dlaczego|któr[yaei]) \w|czy (?:ktoś|jest|mamy|"
    r"mog[ęe]|mo[żz]n)"
    r"|(?:kde|kdy|kolik|kdo|proč|jak[ýáé]|který|co) \w|ví někdo|(?:где|как|когда|сколько|кто|"
    r"почему|какой) \w)"
)
NORDIC = (
    r"(?:(?:hur|när|vad|vem|varför|vilken|vilka|hvor|hvordan|hvornår|hvad|hvem|hvorfor|hvilken"
    r"|hva|når|var) \w|vet någon|ved nogen|er der|finns det|får (?:jag|vi|man)|må (?:jeg|vi|man)"
    r"|(?:missä|miten|milloin|mikä|kuka|kuinka|paljonko|montako|miksi|tietääkö|onko) \w)"
)
FOREIGN = _any(GERMAN, FRENCH, SPANISH, ITALIAN, DUTCH, PORTUGUESE, SLAVIC, NORDIC)
NO_ENGLISH = r"(?!.*\b(?:the|and|of|you|is|it|to|we|they|i'm|my|your|with)\b)"

OPENS = re.compile(_any(OPENING, FOREIGN), re.IGNORECASE)
SURELY = re.compile(ENGLISH, re.IGNORECASE)
SURELY_FOREIGN = re.compile(NO_ENGLISH + FOREIGN, re.IGNORECASE)
LEANS = re.compile(  # on the sentence before: "The oven is off. Who do we call?"
    r"(?:(?:what|where|who|when|how|which) (?:do|does|is|are|can|should|would)"
    r"|do|does|is|are|can|should|must|may) (?:i|we|it|that|this|they|these|those)\b"
    r"|any (?:idea|clue|suggestion|advice)s?\b|what (?:now|to do)\b",
    re.IGNORECASE,
)

KNOWS = (
    r"(?:knows?|dealt with|used|tried|worked with|set up|remembers?|recalls?|"
    r"(?:has|have|got|have got|has got|'s got) (?:the|a|an|any)\b)"
)
SEEKS = re.compile(
    _any(
        rf"\b{SOMEONE} (?:here |else )?{KNOWS}",
        r"\bany (?:ideas?|docs?|documentation|guid\w+|info\w*|template|policy|polic\w+|rules?|"
        r"clue)\b"
        r"(?! (?:is|are) )",
        r"\b(?:can't|cannot|can not|couldn't|cant)(?: seem to)? find (?:the|our|any|a|where|"
        r"out)\b",
        r"\bnot sure (?:who|what|where|how|which|when|if|whether)\b.*(?:\?|\bany\b)",
        r"\bnot sure (?:who|which|where) \w+",
        r"\bwondering (?:if|whether|who|what|where|how|which|when|about)\b",
        r"\bi wonder (?:if|whether|where|how) (?:we|i|the|our|there)\b",
        r"\btrying to (?:work|figure|find) out\b",
        r"\b(?:i|we) need(?:s|ed)? to know\b|^\W*need to know\b|\b(?:would|'d) like to know\b",
        r"^\W*(?:i |we )?need (?:some )?help with\b",
        r"\b(?:i'm |i am |we're |we are |^\W*(?:hi\W+)?)looking for (?:the|our|a (?:template|"
        r"form|guide|list)|any)\b",
        r"\bwhere (?:can|could|do|would) (?:i|we|you|one) (?:find|get|see)\b",
    ),
    re.IGNORECASE,
)
TELL_ME = re.compile(
    rf"(?:(?:can|could|would|will) (?:you|u|{SOMEONE})(?: please| pls| kindly)? |please |"
    rf"kindly )?"
    r"(?:(?:tell|remind|show) (?:me|us)(?:\W+again)?\W+(?:what|which|how|where|when|who|why|the|"
    r"if"
    r"|whether)|explain|clarify|point (?:me|us) (?:to|at)|confirm (?:if|whether|what|when)"
    r"|help me (?:find|understand|with (?:the|my))|share the (?:link|doc\w*|guide))\b",
    re.IGNORECASE,
)
PERSON = rf"(?:you|u|ya|y'all|{SOMEONE}|one of you|somebody else)"
FAVOUR = re.compile(
    _any(
        rf"(?:can|could|would|will) {PERSON}\b(?! (?:get|claim|use|still|know|have))",
        rf"(?:does|do|would|will|is|are|has|have|did|were|was) {PERSON}\b(?! (?:\w+ )?{KNOWS})",
        rf"{SOMEONE} (?!.*\b{KNOWS})",
        r"(?:did|are|were|have|will) (?:you|u)\b(?! got (?:the|a|an|any)\b)",
        r"(?:do|d') ?(?:you|u|ya)(?: guys| all| even| ever| really)* (?:want|wanna|like|mind|"
        r"need|fancy|feel|"
        r"think|see|hear|believe|remember|love|care|agree|prefer|come|live|play|work|guys|"
        r"have (?:a )?"
        r"(?:min\w*|sec\w*|moment|time|spare|plans))\b",
        r"(?:shall|let's|lets) \w",
        r"(?:can|could|shall) we (?:talk|meet|chat|speak|start|move|discuss|catch|sync|go|"
        r"do it)\b",
        r"(?:are|is) we (?:still|ready|there|on|good|all)\b|are we (?:still|ready|there|good|"
        r"all|on)\b",
        r"(?:is|are|was) (?:\w+ ){1,2}(?:in|here|around|there|back|free|coming|ok|okay|"
        r"available|up|ready)"
        r"(?: today| yet| now| tonight| this \w+)?\W*$",
        r"has \w+ (?:left|arrived|gone|come)\b",
        r"(?:has|have|did|is|are|was) .*\b(?:yet|already)\W*$",
        r"(?:what|when|where|why|how|who)\b[\w ]{0,20} (?:are|were|did|will) (?:you|u)\b",
        r"(?:can|could) (?:we|everyone|everybody) (?:all |please |just |maybe )+",
        r"who (?:has|'s got|can|could) .*\b(?:minutes?|mins?|time|hand|shift|cover|free|hold|"
        r"help|today)\b",
        r"(?:who(?:'s)?|is|are|was|were|has|does)\b(?!.*\b(?:valid|allowed|open)\b).*\b(?:today|"
        r"tonight|right now|now|at the moment|"
        r"this (?:morning|afternoon|evening))\W*$",
        r"(?:is|are) (?!.*\b(?:valid|allowed|required|true)\b)[\w ]+ still (?:on|in|at|here|"
        r"there|around|up|happening|going|coming)\b",
        r"(?:is|does|do|are|was|did|can) (?:this|that|these|those) (?:look|looks|sound|feel|"
        r"seem|you|us|me|real|yours|normal|"
        r"a joke|thing|one|ok|okay|fair|happening)\b",
        r"(?:(?:what|where|how|why|when) )?did (?!we\b)(?!.*\b(?:decide|agree|change|approve|"
        r"vote|announce)\b)",
        r"(?:is|are) (?:everybody|everyone|all of you|y'all)\b|would anyone mind\b",
        r"may i (?:introduce|present|remind|suggest|add|say|ask)\b|(?:should|shall|"
        r"can) i (?:wear|bring|order|grab|get)\b",
        r"(?:is|are) there (?:any |some )?more\b",
        r"(?:when|where|what|how) are we (?:going|having|doing|meeting|eating)\b",
        r"(?!.*\b(?:do|does|can|should|must|would|did|if|when|once|before|after|that) (?:you|"
        r"u)\b|.*\bof you knows?\b).*\b(?:you|your|u)\b.*\?",
        r"(?:what|which|who|where|how|when)\b.* (?:do|does|can|should|would) (?:you|u) (?:guys |"
        r"all )?"
        r"(?:like|want|prefer|think|mean|feel|love|fancy|live|look)\b",
        r"any chance (?:you|u|some|any)",
        r"(?:is|are) there (?:still )?(?:any |some )?[\w ]+ left\b",
        r".*\b(?:borrow|lend|lend me|drop off|pick up|picking up|pick me up|swap|"
        r"give me a (?:hand|lift|ride))\b",
    ),
    re.IGNORECASE,
)
TREAT = (
    r"(?:coffee|tea|lunch|dinner|breakfast|pizza|beers?|drinks?|essen|mittag\w*|kaffee|bier|"
    r"caf[ée]|"
    r"caff[èe]|pranzo|koffie|lunchen|lunchar?|manger?|bière|cañas?|cervezas?|almorzar|comer|"
    r"obiad|"
    r"kawy?|kaffe|fika|frokost|almoçar|birra|øl|öl)"
)
ASKED_OF_YOU = (
    r"(?:kannst|könntest|bist|warst|magst|willst|kommst) du\b|(?:könnt|könntet|seid|wollt) ihr\b"
    r"|tu (?:peux|veux|as|es|viens)\b|(?:peux|veux|pourrais|as|es)-tu\b|vous pouvez\b|"
    r"pouvez-vous\b"
    r"|(?:me )?(?:puedes|podéis|podrías|pueden|vienes|tienes)\b|me (?:llamas|pasas|mandas|das)\b"
    r"|(?:puoi|potresti|potete|vieni|hai)\b|mi (?:passi|mandi|dai|presti)\b"
    r"|(?:kun|kan|ga|kom|wil|heb|ben) je\b|(?:podes|você pode|vais|vens|tens)\b"
    r"|(?:kan|vil|skal|har|kommer) (?:du|ni|dere)\b|(?:możesz|mógłbyś|masz|idziesz)\b|můžeš\b|"
    r"voitko\b"
)
OF_SOMEBODY = (
    r"(?:kann|könnte|mag|will) (?:jemand|wer)\b|(?:ist|wäre) (?:noch |schon )?(?:jemand|wer)\b"
    r"|hat (?:jemand|wer) (?:mein|gesehen|noch|kurz)|(?:wer|wie|qui|chi|quién|quem|vem|hvem|kto) "
    r"(?:übernimmt|geht|prend|prende|tar|tager|bierze|neemt|.*\b(?:übernehmen|einspringen|helfen|"
    r"tauschen|mitkommen|aider|remplacer|aiutar\w+|sostituire|cubrir|ayudar\w*|ajudar|hjälpa|"
    r"hjælpe|overnemen|helpen|pomóc))\b"
    r"|quelqu'un (?:peut|pourrait|veut|vient|a vu)|qualcuno (?:può|potrebbe|vuole|viene|ha visto)"
    r"|alguien (?:puede|podría|quiere|viene|ha visto)|algu[ée]m (?:pode|quer|viu|vem)"
    r"|(?:kan|wil|heeft) iemand (?!.*\bweet\b)(?!de|het|een)|iemand (?:zin|mee|die)|"
    r"ktoś (?:chce|może|idzie)"
    r"|(?:kan|vill|vil) (?:någon|nogen|noen)\b|(?:bist|seid|estás|eres|vas|quieres|sei|vai)\b"
)
SAYING = (
    r"sagen|erklären|dire|expliquer|indiquer|decir|decirme|explicar|dirmi|dirci|spiegare|"
    r"vertellen|"
    r"zeggen|uitleggen|dizer|dizer-me|säga|förklara|sige|forklare|si|powiedzieć|říct"
)
BANTER = re.compile(
    _any(
        r"^who(?:'s| is| else)? (?:wants?|fancies|cares|needs|in\b|up\b|else|ready|coming|free|"
        r"hungry|"
        r"there|joining|tired|excited|back|a (?:good|bad)|wins?|knows what|else is|did this|"
        r"would)",
        r"^who(?:'s| is| are) \w+ing\b|^whose (?:is|are) (?:it|this|that|these|those)\b|"
        r"^how (?:was|were)\b",
        r"^who (?:ate|let|did|took|left|made|stole|won|said|put|broke|drank|has seen|brought)\b",
        r"^(?:so )?(?:how|how's|how is|how are|hows)(?: is| are| was| were| has| have|'s|"
        r")?(?: it| your| you|"
        r" everyone| everybody| things| life| the (?:trip|weekend|holiday|game|party|kids))\b",
        r"^how (?:about|come we|nice|cool|great|sweet|lovely|cute|funny|dare|lucky|amazing|"
        r"stupid|crazy|weird|beautiful|rude|good|"
        r"\w+ is (?:that|this))\b",
        r"^what(?:'s| is) (?:up|new|for (?:lunch|dinner)|wrong with (?:me|you)|going on|"
        r"happening)\b",
        r"^what (?:about|the (?:heck|hell|fuck)|a\b|an\b|do (?:you|we|u)(?: all|"
        r" guys)? (?:think|say|call)|did i)",
        r"^why (?:is|are) (?:everything|everyone|everybody|it always|nobody|my|there always|"
        r"all the)\b",
        r"^why (?:me|not|oh|bother|didn't i|did i|am i|is \w+ a thing|are (?:you|people|"
        r"mondays))\b",
        r"^where would (?:we|i) be\b|^(?:do|does|is|will) (?:it|this|he|she) ever\b",
        r"^(?:is|isn't) it (?:\w+ )?(?:yet|friday|monday|weekend)\b|\bguess (?:what|who)\b|"
        r"^you know what\b",
        r"^(?:what|which) (?:matters|counts is|helps|remains|bothers|i|we|you|he|she|they|means|"
        r"reminds)\b[^?]*$",
        r"^how to [^:?]*:|^how did .* go\b|^is it (?:just|only) me\b|^what do we want\b",
        rf"^(?:do|have) we (?:have|got) (?:any |some )?(?:{TREAT}|cake|snacks|milk|sugar)\b",
        rf"^(?:{ASKED_OF_YOU})(?!.*\b(?:{SAYING})\b)",
        rf"^(?:{OF_SOMEBODY})(?!.*\b(?:{SAYING})\b)",
        r"^(?:hat|habt|hättet|hast|haben) (?:jemand|wer|ihr|du)\b.*\b(?:lust|bock|zeit)\b",
        r"^(?:isn't|aren't|doesn't|don't|wasn't|ain't|wouldn't) (?:it|that|this|he|she|they|"
        r"you)\b",
        r"\b(?:can|would|do|don't|won't|will) (?:you|u) (?:even )?believe\b|\bbelieve (?:it|"
        r"this)\W*$",
        r"\b(?:lol|lmao|rofl|haha+|jaja+|hehe+)\b|[😂🤣😅😉😩🙃😄😁😆😜🤪😎🥳😭🤦🙈❤🎂🎉📷]",
        rf"^(?:wer|qui|quién|chi|wie gaat|wie wil|wie heeft|quem|kto|vem|hvem|kommt|on|vamos|"
        rf"andiamo|gaan|ska) .*\b{TREAT}\b",
        r"^(?:wie geht|wie war|comment (?:ça|vas|allez)|ça va|qué tal|cómo (?:estás|están|va\b)|"
        r"come (?:va|stai|state)|"
        r"hoe gaat|como (?:vai|estão|está)|jak się|co słychać|hur (?:mår|är läget)|hvordan går)",
        r"^(?:was für|was ein|qué (?:día|bonito|bien)|come on|quel(?:le)? (?:belle|beau|"
        r"journée))\b",
        r"^(?:wer|qui|quién|chi|quem|vem|hvem) (?:hat lust|kommt|will|möchte|macht mit|"
        r"ist dabei|veut|vient|"
        r"se apunta|quiere|viene|vuole|quer|vill|kommer|vil|vem|har lust)\b|^wie (?:gaat|wil|"
        r"komt|doet) ",
        r"^(?:kommt|kommst|hast du|gehen wir|on y va|tu viens|vienes|vieni|ga je|kom je)\b",
    ),
    re.IGNORECASE,
)
JOKE = re.compile(r"\?\s*because\b|\bknock,? knock\b|^what do you call a\b", re.IGNORECASE)
TAG = re.compile(
    r"[,.\s](?:right|ok|okay|no|yes|huh|eh|yeah|correct|innit|oder|gell|nicht wahr|non|hein|"
    r"n'est-ce pas|"
    r"verdad|no es así|vero|toch|né|(?:is|are|do|does|did|was|were|could|would|can|should|has|"
    r"have|will)n't"
    r" (?:it|we|he|she|they|you|i)|don't you think)\W*$",
    re.IGNORECASE,
)
DECLARES = re.compile(
    r"(?:i|i'm|i'll|i've|you|we|we're|we'll|they|he|she|it|it's|that|that's|this|there's|here|"
    r"let|see|"
    r"ich|wir|je|nous|yo|io|ik)\b",
    re.IGNORECASE,
)
BARE = frozenset(  # words that say nothing of what a question is about
    """
    a about all am an and any anyone are as at be been but by can come could did do does doing
    done else ever even everyone for from get go going got had has have he her here him his
    how i if in is it its just know like make me mean more my no not now of off oh ok on one
    or our out really right say see she should so some someone sure that the their them then
    there they thing things think this to too up us was way we well were what when where which
    who whom whose why will with would yes yet you your what's where's who's how's when's it's
    that's there's isn't don't 's
    """.split()
)
