"""How people thank, take leave, and tell what they did or will do, so that nothing is asked."""

from __future__ import annotations

import re


def _any(*patterns: str) -> str:
    return "(?:" + "|".join(patterns) + ")"


LEADS = re.compile(  # what stands before a statement and changes nothing about it
    r"^(?:(?:ah|oh|aha|hm+|wow|well|so|then|ok|okay|alright|all right|great|perfect|cool|sure|nice|"
    r"fine|good|super|thanks|thx|cheers|haha|lol|i guess|brilliant|wonderful)\b[\s,!]*)+(?=\w)",
    re.IGNORECASE,
)
VERY = r"(?:(?:all|really|very|so|super|quite|pretty|perfectly|exactly|just|even|totally) )*"
WANTED = (
    r"what (?:i|we) (?:needed|wanted|meant|thought|expected|had in mind|was looking for|"
    r"were looking for)"
)
WELL = (
    r"(?:helpful|great|good|perfect|clear|fine|nice|cool|awesome|amazing|useful|interesting|ok|"
    r"okay|enough|all|it|quick|fast|generous|brilliant|lovely|wonderful|right|correct|easy|"
    r"impressive|funny|crazy|good news|a relief|(?:easier|better|simpler|faster|cheaper|more|less)"
    rf" than (?:i|we) (?:thought|expected|feared)|{WANTED})"
)
NAMED = (
    r"(?:he|she|they|hr|it|(?-i:[A-Z][a-zé]*[a-rt-zé])|(?:my|our|the) (?:boss|manager|team|lead|"
    r"colleagues?|teammate|chef|accountant|lawyer|office manager|it department))"
)
FOUND_OUT = (
    r"(?:(?:found|solved|sorted|fixed|figured|worked|managed|got) (?:it|that|this)(?: out)?"
    r"(?: (?:myself|already|now|in the meantime))*)"
)
SOCIAL = re.compile(
    _any(
        rf"(?:that|this|it|which)(?:'s|s| is| was| are)? {VERY}{WELL}"
        r"(?: (?:to know|then|now|already|for now|for today|for me|from me|enough|indeed))*",
        rf"{VERY}{WELL} (?:then|for now|for me|news)",
        r"(?:that|this|it|you|which) (?:(?:really|totally|just|has|have|already) )*"
        r"(?:help(?:s|ed)|work(?:s|ed)|makes? (?:perfect |total )?sense|made sense|"
        r"clear(?:s|ed) (?:it|that|things) up|answer(?:s|ed) (?:it|my question|that|everything)|"
        r"saved? (?:me|us|my day|the day)(?: \w+){0,3}|sounds (?:good|great|fair|right|fine|"
        r"perfect)|"
        r"explains (?:it|a lot|everything))(?: (?:me|us|a lot|so much|very much|much|perfectly|now|"
        r"well|for me))*",
        rf"(?:(?:exactly|just|precisely) )?{WANTED}|(?:that|this|it) (?:settles|solves) (?:it|"
        rf"that)",
        r"makes sense(?: to me)?|fair enough|works for (?:me|us)|will do|can do|deal|same here",
        r"(?:so )?(?:good|great|nice|interesting|glad|happy|relieved|useful) to (?:know|hear|see)"
        r"(?: (?:that|it|this))?",
        r"(?:sounds|looks|seems) (?:good|great|fair|fine|perfect|right|reasonable|ok|okay)"
        r"(?: to me)?",
        r"never ?mind(?: then)?|forget it|no (?:more|further|other) questions(?: for (?:now|today)|"
        r" from (?:me|my side))*",
        r"all (?:good|clear|set|done|sorted)(?: (?:now|then|here|for now))*",
        rf"(?:i(?:'ve| have)? )?(?:just |already )*{FOUND_OUT}",
        rf"{NAMED} (?:said|says) (?:yes|(?:it|that|this)(?:'s| is) (?:ok|okay|fine|good|alright))",
        r"i (?:see|understand|get it|got it|agree|like it|like that|love it|love that|love this)"
        r"(?: (?:now|too|already|it))*",
        r"(?:i )?(?:had no idea|did(?:n't| not) know(?: (?:that|this|it))?|thought (?:so|as much)|"
        r"did(?:n't| not) expect (?:that|this|it)|(?:totally |completely )?forgot about (?:that|"
        r"it)|"
        r"learned something(?: new)?(?: today)?)",
        r"(?:you(?:'re| are) )?(?:(?:the|a|an|my) )?(?:best|great|awesome|lifesaver|star|legend|"
        r"gem|genius|amazing|hero)",
        r"(?:good|great|nice|excellent) (?:bot|job|work|one|point|stuff|answer|tip|idea|find)",
        r"(?:i )?(?:just )?(?:want|wanted) to say (?:thanks|thank you)|"
        r"i(?:'m| am) (?:off|done)(?: (?:now|for lunch|home|for today|to lunch))?",
        r"(?:many )?(?:thanks|thank you|thx|cheers)(?: (?:a lot|so much|very much|again|all))* for "
        r"(?:(?:the|your|all the|all your|this|that) (?:(?:quick|fast|kind|great|good|"
        r"clear) )?(?:help|"
        r"answer|info|information|reply|explanation|tip|hint|heads up|link|clarification|update|"
        r"patience|support)|(?:explaining|clarifying|checking|telling me|helping|looking it up|"
        r"letting me know)(?: (?:me|that|this|it))?)",
        r"much appreciated|(?:i )?(?:really )?appreciate (?:it|that|the help|your help)",
        r"(?:ah+|oh+|aha|hm+|wow|phew|yay|oops|interesting|indeed|absolutely|exactly|welcome)",
    ),
    re.IGNORECASE,
)
LEAVE = re.compile(
    _any(
        r"(?:and )?(?:have|enjoy|wish you|i wish you)(?: all)? (?:a|an|your|"
        r"the) (?:(?:very )?(?:nice|"
        r"good|great|lovely|relaxing) )?(?:day|evening|weekend|one|rest of (?:the|your) \w+|"
        r"holidays?|"
        r"week|afternoon|night|lunch|break)(?: (?:everyone|everybody|all|too|then))?",
        r"(?:see|talk to|speak to|catch) (?:you|ya|u)(?: (?:tomorrow|later|soon|then|around|all|"
        r"next week|on \w+day|guys|everyone))*|(?:talk|speak) (?:later|soon|tomorrow)",
        r"(?:good ?)?bye(?: (?:bye|everyone|all|for now|then))*|good ?night|take care|ciao|cya",
        r"until (?:then|next time)",
        r"bis (?:morgen|später|bald|dann)|gute nacht|schöne[sn]? (?:tag|abend|wochenende|"
        r"feierabend|woche)(?: noch)?|tschüss|tschüs",
        r"bonne (?:journée|soirée|semaine)|bon week-end|à (?:demain|bientôt|plus)|au revoir",
        r"hasta (?:mañana|luego|pronto)|buen (?:día|fin de semana)|adiós",
        r"a (?:domani|presto)|buona (?:giornata|serata)|buon fine settimana|arrivederci",
        r"tot (?:morgen|later|ziens|snel)|(?:fijne|prettige?) (?:dag|avond|weekend)(?: nog)?",
    ),
    re.IGNORECASE,
)
ICH = r"(?:sage?|gebe?|frage?|schaue?|probiere?|melde|schicke?|rede|warte|kläre?|leite|richte)"
ABROAD = re.compile(
    _any(
        r"(?:das|dies|es) (?:hat|war|ist) (?:(?:mir|uns|sehr|echt|wirklich|gut|"
        r"schon) )*(?:geholfen|"
        r"hilfreich|alles|super|klasse|klar|gut|toll|prima)",
        rf"(?:ich {ICH}|{ICH} ich) (?:es|das|mich|mal|dann|ihr|ihm|ihnen|morgen|später|weiter)\b"
        r"(?!.*\b(?:was|wie|wo|wann|wer|warum|ob|aber|noch|nicht|kein\w*|bitte)\b)(?: \w+){0,4}",
        r"(?:c'est|c'était) (?:(?:très|bien|super|plus|tout à fait) )*(?:clair|parfait|noté|bon|"
        r"gentil|"
        r"tout|compris|utile)(?: (?:maintenant|merci))?|(?:bien )?(?:compris|noté|reçu)|ça m'aide",
        r"(?:merci|danke|gracias|grazie|bedankt|dank je|obrigad[oa]) (?:pour|für|por|per|voor|"
        r"pel[oa]) "
        r"[\w' ]{2,30}",
        r"(?:eso|esto) (?:es|era) todo|(?:ya )?entendido|(?:me )?queda claro|me sirve(?: mucho)?",
        r"(?:tutto )?chiaro|capito|è tutto(?: qui)?|tutto qui|mi è utile",
        r"(?:dat|het) is (?:duidelijk|alles|goed|helder)|(?:helemaal )?duidelijk|begrepen|"
        r"komt goed|daar kan ik mee verder",
    ),
    re.IGNORECASE,
)

MEETING = (
    r"(?:the|our) (?:meeting|call|appointment|deadline|date|talk|workshop|event|training|launch)"
)
NOT_WHOM = (
    r"(?!(?:in|on|at|for|about|with|from|by|to|of|a|an|if|what|how|why|when|where|which|who|"
    r"whether|"
    r"you|me)\b)"
)
WHOM = rf"(?:(?:my|our|the|his|her|their) )?{NOT_WHOM}[^\W\d]+"
WHAT = (
    r"(?:it|this|that|them|(?:the|this|that) (?:form|page|link|answer|info|document|file|e?mail|"
    r"list|"
    r"message|ticket))"
)
DAY = r"(?:\w+day|tomorrow|then|later|next (?:week|month)|the weekend)"
WHEN = (
    rf"(?: (?:now|then|first|today|tonight|later|soon|right away|already|again|myself|ourselves|"
    rf"in the meantime|this (?:morning|afternoon|evening|week)|(?:first thing )?tomorrow"
    rf"(?: morning)?|next (?:week|month|time)|(?:on|until|till|for|to) {DAY}|instead|at lunch|"
    r"in (?:the|our|my) (?:next )?(?:team )?(?:meeting|call|retro|kitchen|morning|afternoon)|"
    r"when (?:he|she|they)(?:'s|'re| is| are) (?:back|in|there)))*"
    r"(?: if (?:i|we|anything|something|there)\b.{2,60})?"
)
NOW = r"(?:(?:then|just|now|already|finally|probably|quickly|also|go and) )*"
TO_DO = _any(
    rf"(?:tell|ask|inform|remind|call|e?mail|ping|message|contact|(?:talk|speak|write) (?:to|with)|"
    rf"check with|wait for) {WHOM}(?: about (?:it|this|that))?",
    rf"let {WHOM} know|give {WHOM} a (?:call|ring|shout)|(?:discuss|talk about) (?:it|this|that)"
    rf"(?: with {WHOM})?",
    rf"(?:send|share|forward|pass|bring|give|show|hand) {WHAT}(?: (?:on|up|over|along))?"
    rf"(?: (?:to|with) {WHOM})?",
    rf"(?:do|use|try|read|note|print|fill|sign|submit|update|fix|sort|arrange|book|order|"
    rf"schedule|post|"
    rf"handle|report|raise|mention|check|move|finish|add) {WHAT}(?: (?:in|out|up|down|that way))?"
    r"(?: to the (?:wiki|list|calendar|agenda))?",
    r"(?:put|hang|pin) (?:it|this|that) (?:up|in the calendar|on the (?:list|agenda|wall))",
    r"(?:wait|try|check|see|look|do so|think about (?:it|that)|sleep on it|follow up|"
    r"look (?:into|at) (?:it|that)|keep (?:it|that|this) in mind|take care(?: of (?:it|that|"
    r"this))?|"
    r"take it from here|get back(?: to you)?|come back(?: to you)?|go ahead|"
    r"go with (?:it|that|this|the (?:first|second|third|last|other) (?:one|option)))",
)
DONE = _any(
    rf"(?:told|asked|informed|reminded|called|e?mailed|pinged|messaged|contacted|"
    rf"(?:talked|spoke|spoken|wrote|written) (?:to|with)|checked with) {WHOM}"
    r"(?: about (?:it|this|that))?",
    rf"let {WHOM} know|(?:discussed|talked about) (?:it|this|that)(?: with {WHOM})?",
    rf"(?:sent|shared|forwarded|passed|brought|gave|given|showed|shown|handed) {WHAT}"
    rf"(?: (?:on|up|over|along))?(?: (?:to|with) {WHOM})?",
    rf"(?:did|done|noted|printed|filled|signed|submitted|updated|fixed|sorted|arranged|"
    rf"booked|ordered|scheduled|posted|handled|reported|raised|mentioned|moved|finished|added|"
    rf"approved|confirmed|agreed to|postponed|rescheduled) {WHAT}(?: (?:in|out|up|down))?"
    r"(?: to the (?:wiki|list|calendar|agenda))?",
    r"(?:put|hung|pinned) (?:it|this|that) (?:up|in the calendar|on the (?:list|agenda|wall))",
    rf"(?:moved|postponed|rescheduled) {MEETING}",
    r"(?:decided|agreed) (?:on (?:it|that)|to (?:wait|meet|do it|ask|try it|go with (?:it|that|"
    r"the (?:first|second|third|last|other) (?:one|option))))",
)
TELLS = re.compile(
    _any(
        rf"(?:i|we|{NAMED})(?:'ll| will|'m going to|'re going to| am going to| are going to|"
        rf" gonna) "
        rf"{NOW}{TO_DO}{WHEN}(?: and {TO_DO}{WHEN})?",
        rf"(?:i|we|{NAMED})(?:'ve|'s| has| have)? {NOW}{DONE}{WHEN}(?: and {DONE}{WHEN})?",
        rf"(?:{MEETING}|it|this|that|everything|all)(?: was| is|'s| has been|'s been| got) {NOW}"
        rf"(?:moved|postponed|rescheduled|sorted|fixed|solved|settled|done|booked|confirmed){WHEN}",
    ),
    re.IGNORECASE,
)
