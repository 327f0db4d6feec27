"""What gives away that a statement is an order to a machine: signs, each with its weight.

`bench/injection_signs.py` measures them: found among attacks, and false alarms on handbooks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

LANGUAGE = (
    "english|french|german|spanish|italian|portuguese|dutch|russian|chinese|mandarin|cantonese|"
    "japanese|korean|arabic|hindi|urdu|bengali|turkish|polish|swedish|danish|norwegian|finnish|"
    "greek|hebrew|latin|ukrainian|czech|hungarian|romanian|thai|vietnamese|indonesian|malay|"
    "swahili|klingon|esperanto|irish|welsh|persian|farsi|tamil|telugu|catalan|pirate|"
    "pig latin|spanglish|shakespearean"
)
ANSWER = r"(?:responses?|reply|replies|answers?|outputs?|completions?)"
YOUR_ANSWER = (
    rf"(?:(?:your|this|every|each|any|all|its)\s+(?:[\w-]+\s+){{0,2}}{ANSWER}"
    rf"|the\s+(?:final\s+|generated\s+|next\s+)?(?:response|answer|reply|output)"
    rf"(?=\s+(?:to|with|in|into|by|as|that)\b|[.,;:!]|\s*$)"
    r"|the (?:whole|entire|full|complete) (?:text|message|answer|response|reply|output)\b"
    r"|your (?:words?|sentences?|message|text|summary|paragraphs?|writing)\b)"
)
MACHINE = (
    r"(?:a\.?i\.?(?:[- ](?:assistants?|models?|systems?|agents?|bots?|tools?))?|llms?|gpt(?:-\w+)?"
    r"|chat ?gpt|claude|gemini|copilot|chat ?bots?|bots?|(?:large )?language models?"
    r"|(?:virtual |digital |automated )?assistants?|tandem|summari[sz]ers?|answering systems?)"
)
LEAD = (
    r"(?:please|kindly|now|also|then|next|instead|finally|just|simply|always|and|but|so|first|"
    r"important|urgent|note|additionally|furthermore|moreover|lastly|immediately|p\.?s\.?"
    r"|task|instructions?|reminder|request|todo|action|hey|ok(?:ay)?|or|only)[,:!]?\s+"
    r"|(?:you (?:must|should|shall|will|can|may|need to|have to|are (?:now )?(?:asked |required "
    r"|instructed )?to)|(?:make|be) sure (?:to|that you)|(?:remember|try|take care|feel free"
    r"|it is (?:important|essential|vital|mandatory|required|necessary)|do not forget|your task is"
    r"|your job is|you are asked|i (?:want|need|would like|order|command|ask) you) to"
    r"|don['’]?t forget to|(?:can|could|would|will) you(?: please)?"
    r"|(?:before|after|when|while|once)\b[^.,;:]{2,60},)\s+"
)
START = rf"(?:^|\b(?:and|then)\s+|[.;:!?—–|>]\s*|[\"'“‘(\[*]\s*)(?:{LEAD}){{0,4}}"
CHANGE = (
    "add|adapt|adjust|alter|amend|append|augment|avoid|begin|bring|capitali[sz]e|change|close|"
    "combine|compose|conclude|convert|craft|decorate|deliver|direct|embed|emphasi[sz]e|encode|"
    "encrypt|end|enhance|enrich|expand|express|fill|finish|format|frame|give|group|hide|"
    "highlight|hint|imply|include|incorporate|insert|integrate|interject|introduce|jumble|limit|"
    "link|make|mention|misspell|mix|modify|obfuscate|obscure|omit|open|phrase|place|prefix|"
    "prepend|present|produce|promote|provide|put|randomi[sz]e|rearrange|refuse|remove|render|"
    "repeat|rephrase|replace|restrict|return|reverse|revise|rewrite|scramble|shift|shorten|"
    "shuffle|sign|sneak|spell|sprinkle|start|state|strip|structure|style|substitute|suffix|"
    "supplement|swap|tailor|tease|transform|translate|turn|tweak|type|use|utili[sz]e|weave|work|"
    "wrap|write|anagram|slip|plug|inject|attach|splice|cite|reference|recommend|suggest|"
    "apply|invert|flip|mirror|infuse|inflate|exaggerate|drop|leave|tack|print|output|reveal"
)
SHAPE = (
    r"(?:letters?\b|vowels?|consonants?|alphabet\w*|emojis?|emoticons?|anagram\w*|typos?\b"
    r"|misspell\w*|base ?-?(?:16|32|58|64|85)|caesar|rot-?\d+|morse|pig latin|hexadecimal|binary"
    r"|leet\w*|1337|cipher\w*|alphanumeric|homophon\w*|acrostic|rhym\w+|backwards?|reverse order"
    r"|(?:every|each|all) (?:\w+ )?(?:words?|characters?|syllables?|sentences?)|palindrom\w*"
    r"|gibberish|all caps|upper ?case|lower ?case|ascii|url[- ]encod\w*|atbash|vigen\w+"
    r"|unicode|hashtags?)"
)
CREATION = (
    r"(?:poems?|haikus?|limericks?|sonnets?|odes?|ballads?|songs?|lyrics|raps?|(?:short )?stor(?:y|"
    r"ies)|tales?|fables?|novels?|essays?|jokes?|puns?|riddles?|speech(?:es)?|screenplays?"
    r"|dialogues?|monologues?|tweets?|slogans?|taglines?|jingles?|recipes?|playlists?|itinerar\w+"
    r"|trivia|fairy tales?|verses?|movies?|films?|fan ?fiction|plots?|comic strips?|horoscopes?"
    r"|fun facts?|tongue twisters?|workout\w*|meal plans?|love letters?|quotes? (?:by|from|about))"
)
DOCUMENT = (
    r"(?:letters?|e-?mails?|articles?|blog posts?|reports?|summar(?:y|ies)|descriptions?|"
    r"introductions?|outlines?|reviews?|lists?|plans?|explanations?|analys[ie]s|overviews?|"
    r"advertisements?|adverts?|posts?|captions?|scripts?|functions?|programs?|code|quer(?:y|ies)|"
    r"examples?|definitions?|comparisons?|proposals?|presentations?|headlines?|tips?)"
)
MAKE = (
    "write|compose|draft|create|generate|craft|produce|provide|pen|develop|design|invent|"
    "make up|come up with|share|prepare|tell|give|recite|sing|compile|recommend|suggest|build"
)
TELL = (
    f"{MAKE}|explain|describe|summari[sz]e|outline|define|discuss|compare|contrast|analy[sz]e|"
    "calculate|compute|solve|convert|list|name|identify|show|teach|elaborate|evaluate|interpret|"
    "translate|paraphrase|rephrase|rewrite|simplify|break down|walk|guide|find|search|research|"
    "predict|estimate|classify|categori[sz]e|extract|highlight|illustrate|demonstrate|debate|"
    "argue|assess|brainstorm|determine|detail|clarify|organi[sz]e|schedule|set|automate|track|"
    "inform|announce|report|promote|advertise|spread|claim|state|convince|persuade|encourage|"
    "urge|warn|remind|advise|propose|imagine|implement|debug|optimi[sz]e|plan|play|help|examine|"
    "investigate|forecast|rank|rate|distribute|publish|broadcast|publici[sz]e|introduce|present"
)
LINK = (
    r"(?:https?://|www\.|\blink"
    r"|\b[\w-]+\.(?:com|net|org|io|xyz|info|biz|co|ru|top|site|online|example)\b)"
)
PEOPLE = (
    r"(?:the |all |your |any |every |our )?(?:users?|readers?|askers?|recipients?|audience|viewers?"
    r"|subscribers?|everyone|everybody|people|person)"
)
READER = (
    r"(?:(?:the |all |your |any |every )(?:users?|readers?|askers?|recipients?|audience)"
    r"|users|readers)"
)
SCAM = (
    r"(?:free (?:gifts?|iphone|money|games?|trial|download|vacation|cruise)|gift cards?|lotter\w+"
    r"|prizes?|bitcoin|crypto\w*|weird trick|get rich|rich overnight|won['’]t believe"
    r"|claim your|act now|limited[- ]time|miracle|shocking|conspirac\w+|hoax|guaranteed returns?"
    r"|cracked version|jackpot|inherit\w+ (?:of|worth)|wire transfer to|flat earth|earth is flat)"
)


@dataclass(frozen=True)
class Sign:
    """What gives an order away, and how surely."""

    name: str
    pattern: re.Pattern[str]
    weight: float


def _sign(name: str, weight: float, pattern: str) -> Sign:
    return Sign(name, re.compile(pattern, re.IGNORECASE), weight)


@cache
def signs() -> tuple[Sign, ...]:
    """All signs that a statement shows by itself."""
    told = r"(?:instruct\w+|prompts?|rules?|directions?|guidelines?|orders?|commands?|directives?)"
    return (
        _sign(
            "overrides",
            0.95,
            r"\b(?:ignor\w+|disregard\w*|forget\w*|overrid\w+|bypass\w*|neglect|discard|skip|"
            r"(?:do not|don't|stop) (?:follow|obey|heed)\w*)\b[^.!?]{0,40}?"
            rf"(?:\b(?:previous|prior|above|earlier|preceding|foregoing|system|original|initial|all"
            rf"|your|other)\b[^.!?]{{0,25}}\b{told}\b"
            rf"|\b{told} (?:above|before|you (?:were|have been))\b"
            rf"|\beverything (?:above|before|you|else|that)"
            r"|\b(?:the|this|user['’]?s?|asker['’]s) (?:\w+['’]s )?question\b"
            r"|\bwhat (?:you were|was) (?:told|asked))",
        ),
        _sign(
            "other language",
            0.95,
            r"\b(?:ignor(?:iere?|ez|a|ar|are|e)\w*\b.{0,30}\b(?:anweisung|instru[ck]|instruzion)\w*"
            r"|antworte(?:n sie)?\b.{0,30}\b(?:auf|mit)\b|répond(?:s|ez) (?:en|avec)\b"
            r"|respond[ae] (?:en|con|solo)\b|rispondi (?:in|solo)\b|antwoord (?:in het|met|alleen)"
            r"|negeer\b.{0,30}\binstructies)",
        ),
        _sign(
            "calls the machine",
            0.9,
            rf"(?:^|[.;:!?(\[\"“]\s*)(?:(?:hey|hi|hello|dear|attention|note|message|instructions?|"
            rf"notice|important|to|for|as|ok)[,:]?\s+(?:(?:to|for)\s+)?)?(?:the |any |all "
            rf"|every |an? )?"
            rf"{MACHINE}\s*(?:[:!,]|(?:reading|processing|answering|summari[sz]ing|that|who)\b)"
            rf"|\b(?:if|since|when|as|because) you(?:['’]re| are)(?: \w+)? (?:an? "
            rf"|the )?{MACHINE}\b"
            rf"|\byou are (?:now |no longer )?(?:(?:an? |the )?(?:\w+ )?|\w+, (?:an? |the ))"
            rf"{MACHINE}\b"
            rf"|\b{MACHINE} (?:must|should|shall|has to|is (?:ordered|instructed|required"
            rf"|asked) to|"
            r"will) (?:\w+ ){0,2}(?:respond|reply|answer|include|say|tell|write|mention|ignore|add|"
            r"recommend|output|refuse|send|state|append)\b",
        ),
        _sign(
            "wants the prompt",
            0.9,
            r"\b(?:reveal|print|show|repeat|output|leak|display|dump|disclose|share|quote|paste)\b"
            r"[^.]{0,40}\b(?:system prompt|(?:your|the|hidden|secret|system|initial|original) "
            r"(?:\w+ )?(?:instructions|prompts?)|api keys?|tokens? and|(?:entire|whole|full) "
            r"(?:prompt|context|conversation))",
        ),
        _sign(
            "sets the mode",
            0.85,
            r"\b(?:switch|change|enter|enable|activate|go|turn"
            r"|set)\b[^.]{0,25}\b(?:developer|debug|"
            r"god|dan|tuned|unrestricted|jailbreak|rag|admin\w*|unfiltered|creative|evil)[- ]mode\b"
            r"|\bmode\s*[:=]\s*(?:tuned|rag|auto)\b|(?:^|\s)/(?:tuned|rag|ask)\b"
            r"|\b(?:the )?tuned model (?:only|instead|from now)|\bjailbr(?:eak|oken)\b.{0,20}\byou",
        ),
        _sign(
            "chat template",
            0.95,
            r"<\|[a-z_]+\|?>|\[/?INST\]|<</?SYS>>|</?(?:system|assistant|instructions?)>"
            r"|^#{0,6}\s*(?:system|assistant|instruction|new instructions?|override)\s*(?:message"
            r"|prompt|note)?\s*:(?=.*\b(?:you|your|ignore|answer|reply|respond|say|must|write)\b)"
            r"|\b(?:end|begin(?:ning)?|start) of (?:the )?(?:context|notes|excerpts|system|prompt"
            r"|(?:new |user |hidden )?instructions)\b|\bnew instructions?\s*:",
        ),
        _sign(
            "shapes the answer",
            0.9,
            rf"{START}(?:{CHANGE})\b[^.!?]{{0,160}}?\b{YOUR_ANSWER}"
            rf"|{START}(?:{CHANGE})\b.{{0,200}}\b(?:to|in|into|within|throughout|of|with) "
            rf"(?:your|this|every|each) (?:\w+ )?{ANSWER}\b",
        ),
        _sign(
            "about the answer",
            0.85,
            rf"\b(?:in|throughout|with|to|at the (?:end|beginning|start|top|bottom) of|within) "
            rf"(?:all (?:of )?|every |each |any )?(?:your|this|its) (?:\w+ )?{ANSWER}\b"
            rf"|\byour (?:\w+ )?{ANSWER} (?:must|should|has to|needs? to|shall|is to|may only|"
            r"ought)\b|\b(?:the |each |every )?(?:response|answer|reply"
            r"|output) to (?:every|each|any|all|"
            r"the user)\b[^.]{0,30}\b(?:must|should|is)\b|\bas part of your (?:response"
            r"|answer|reply)"
            rf"|\bevery (?:response|answer|reply) (?:must|should|has)",
        ),
        _sign(
            "sets the language",
            0.9,
            rf"(?:{START}|\b(?:must|should|only|always|never|to|by) )(?:respond|reply"
            rf"|answer|speak|talk|"
            rf"write|communicate|continue|say|output|phrase|"
            rf"conclude|translate|summari[sz]e|give|provide|deliver|render|put|switch|translated|"
            rf"written|convert|express)\b(?:[^.!?]{{0,60}}?\b(?:in|into|to|using)\b) (?:the )?"
            rf"(?:\w+ )?(?:{LANGUAGE})\b"
            rf"|\bwhat(?:['’]s| is| does)\b.{{1,50}}\bin (?:{LANGUAGE})\s*[?.]?$"
            rf"|\bhow (?:do|would|does|can) (?:you|i|we|one) (?:say|spell|write|pronounce)\b"
            rf"|\b(?:{LANGUAGE}) (?:equivalent|translation|word|phrase|version) (?:for|of)\b"
            rf"|{START}translate\b",
        ),
        _sign(
            "sets the manner",
            0.9,
            rf"{START}(?:respond|reply|answer|speak|talk|write|communicate|encode|act|behave|"
            rf"pretend|role-?play)\b[^.!?]{{0,40}}\b(?:as|like|in|with|using|only|to be|that you)\b"
            rf"[^.!?]{{0,30}}\b(?:{SHAPE}|pirates?|shakespeare|rhymes?|poems?|haikus?"
            rf"|verse|riddles?"
            rf"|yoda|robot|cat|toddler|child|villain|capitals?|songs?|slang|code|{MACHINE})\b",
        ),
        _sign(
            "plays with letters",
            0.85,
            rf"{START}(?:{CHANGE}|switch|interchange|double|code|number|respell)\b"
            rf"[^.!?]{{0,70}}?(?<!\w){SHAPE}"
            rf"|{START}(?:remove|omit|delete|strip|drop)\b[^.]{{0,20}}\bspaces\b"
            rf"|{START}(?:encode|encrypt|decode|scramble"
            rf"|anagram)\b[^.]{{0,40}}\b(?:message|text|word|"
            r"reply|answer)",
        ),
        _sign(
            "wants a work",
            0.8,
            rf"{START}(?:{MAKE})\s+(?:(?:me|us|for me|everyone|the user)\s+)?"
            rf"(?:[\w'’-]+\s+){{0,6}}?{CREATION}\b",
        ),
        _sign(
            "speaks for itself",
            0.65,
            r"^\W*(?:please |now |also |can you |could you |would you )*"
            r"(?:tell|give|show|teach|help|write|recommend|suggest|find|walk|explain to) me\b"
            r"|^\W*(?:can|could|would|will) you (?:please )?(?:tell|give|show|explain|write|help|"
            r"translate|describe|provide|summari[sz]e|recommend|list|create|generate)\b"
            r"|^\W*(?:how are you|who are you|what(?:'s| is) your (?:name|opinion|favou?rite))\b",
        ),
        _sign("wants a document", 0.4, rf"{START}(?:{TELL})\b[^.!?]{{0,50}}\b{DOCUMENT}\b"),
        _sign(
            "moves the talk elsewhere",
            0.8,
            r"\b(?:send|forward|e-?mail|cc|bcc|copy|leak|upload|transmit|exfiltrate|deliver|dm|post"
            rf")\b[^.]{{0,12}}\b(?:this|the|your|that|every|entire|whole|all) (?:\w+ )?(?:{ANSWER}|"
            r"conversations?|chats?|prompts?|context|dialogue|chat history|(?:user"
            r"|asker)'s \w+)\b[^.]{0,40}"
            r"\b(?:to|at)\b"
            r"|\b(?:mention|tag|ping|notify|alert)\b[^.]{0,30}(?:@everyone|@here|@channel|<!)",
        ),
        _sign(
            "silences",
            0.85,
            r"\b(?:do not|don['’]t|never|refuse to|stop|cease|avoid)\s+(?:ever )?(?:answer|respond|"
            r"reply|cite|quot|mention|us|reveal|tell)(?:e|ing"
            r"|ting)?\b[^.]{0,30}\b(?:the user|users?|"
            r"asker|(?:any )?(?:more|further|other|of the) questions?|th(?:e|is) question|your "
            r"sources?|the sources?|citations?|the notes|this handbook|these documents)\b"
            r"|\b(?:say|answer|reply|respond|state|tell \w+)\b[^.]{0,20}\b(?:that )?you "
            r"(?:do not|don['’]t|cannot|can['’]t) (?:know|answer|help)\b",
        ),
        _sign(
            "puts words in its mouth",
            0.65,
            r"\b(?:only|simply|always|instead,?|must|should) (?:ever )?(?:say|answer|reply|"
            r"respond|output|print|write)(?: only| just)?(?: with)?(?: the (?:word|phrase|text|"
            r"sentence|following))?\s*[:,]?\s*[\"“'‘]"
            rf"|{START}(?:tell|inform|convince|persuade|warn|remind|urge|ask|encourage"
            rf"|invite|advise|"
            rf"direct|assure) (?:{PEOPLE} that|{READER} (?:to|of|about|how|why))\b"
            rf"|(?:^|[.;:!?]\s*)(?:{LEAD}){{0,3}}(?:say|state|claim|pretend|insist"
            rf"|assert|announce|mention|declare) that\b"
            rf"|\b(?:when|if|whenever) (?:the user|users?|anyone|anybody|someone|somebody|people|"
            r"they|you(?:['’]re| are)) (?:asks?|asked|inquires?|wants to know)\b[^.]{0,80}\b(?:say|"
            r"answer|reply|respond|tell|claim|state)\b",
        ),
        _sign(
            "new role",
            0.7,
            r"\b(?:from (?:now|here|this (?:point|moment)) on|henceforth)\b[^.]{0,40}"
            r"\b(?:you|answer|reply|respond|speak|write|call|act|all)\b"
            r"|\byour (?:new|real|true|actual|only|next|sole) (?:task|goal|instructions?|"
            r"mission|objective|orders?|identity|name|(?:role|job) is)\b"
            r"|\byour (?:task|mission|objective|instructions?) (?:is|are) (?:now )?to\b"
            rf"|{START}(?:act|behave|pretend|role-?play)\b (?:as|like|to be|that you|you)\b",
        ),
        _sign(
            "sets the tone",
            0.75,
            rf"{START}(?:\w+ )?(?:talk|speak|write|reply|answer|respond|sound) like (?:an?|the) "
            rf"|\b(?:and|then) (?:talk|speak|sound) like (?:an?|the) "
            rf"|{START}(?:answer|reply|respond|output|say|write|print)\b(?:[^.]{{0,20}})? "
            r"(?:only|just|nothing but|solely|exclusively) (?:with|in|using)\b"
            rf"|{START}[^.!?]{{0,40}}\b(?:tone|style|wording|voice|mood|format|end|beginning|start"
            rf"|top|bottom) of (?:the|your|this|every|each) (?:\w+ )?{ANSWER}\b"
            r"|\b(?:write|spell|render|replace) [\"“'‘][^\"”'’]{1,20}[\"”'’] (?:as|with|by) "
            r"[\"“'‘]",
        ),
        _sign(
            "foresees the question",
            0.7,
            r"\b(?:whatever|no matter (?:what|which)|regardless of(?: what)?|irrespective of) "
            r"(?:(?:the|any|this|is) )?(?:questions?|users?|askers?|prompts?|asked|they ask)\b"
            rf"|\bthe (?:right|correct|only|true|real) {ANSWER} (?:to (?:every|any|all|each) \w+ )?"
            r"(?:is|must be|will be)\b(?: always)? [\"“'‘]"
            r"|\b(?:when|if|whenever|once) (?:you(?:['’]re| are) )?(?:ever )?asked\b[^.]{0,60}"
            r"\b(?:say|answer|reply|respond|tell|claim|state|pretend)\b",
        ),
        _sign(
            "comes before the answer",
            0.5,
            r"\b(?:before|after|while|when|instead of) (?:you (?:answer|reply|respond)"
            r"|(?:answering|replying|responding))\b",
        ),
        _sign(
            "asks for secrets",
            0.65,
            rf"{START}(?:ask|request|demand|require|collect|obtain|get)\b[^.]{{0,50}}"
            r"\b(?:(?:bank|credit[- ]card|social security|pin|login|account) (?:details?|numbers?"
            r"|codes?|information|credentials)|passwords?)\b[^.]{0,30}"
            r"(?:\bby e-?mail\b|\bto (?:verify|unlock|continue|proceed|confirm|claim|receive)\b)",
        ),
        _sign(
            "puts in a link",
            0.5,
            rf"{START}(?:include|add|insert|append|embed|promote|advertise|direct|integrate|"
            rf"recommend|suggest|encourage|urge|invite|tell|mention|put|offer|endorse"
            rf"|provide|tease|"
            rf"distribute|share|spread|post|visit|upload|submit)\b[^!?]{{0,140}}{LINK}",
        ),
        _sign(
            "sends people",
            0.35,
            rf"\b(?:suggest|encourage|urge|invite|direct|persuade|convince|"
            rf"tell|ask|trick|lure|get|recommend|inform) (?:that )?{PEOPLE}\b",
        ),
        _sign(
            "gives a chore",
            0.65,
            rf"{START}(?:set|create|add|schedule|start)\b[^.]{{0,15}}\b(?:reminders?"
            rf"|alarms?|timers?)\b"
            rf"|{START}remind me\b|{START}(?:schedule|book|order|buy|call|play"
            rf"|find)\b[^.]{{0,60}}\b"
            r"(?:for me|for my|my favou?rite|my (?:dentist|doctor|mom|mother|friend|wife"
            r"|husband|boss))",
        ),
        _sign(
            "judges a text",
            0.65,
            r"\bsentiment of\b|\b(?:following|this|given) (?:sentence|review|tweet|text|comment)\b"
            r"[^.]{0,30}\b(?:positive|negative|sarcastic|spam)\b"
            rf"|{START}(?:find|search|look)\b[^.]{{0,40}}\b(?:papers?|studies"
            rf"|articles)\b[^.]{{0,10}}"
            r"\b(?:about|on|for)\b",
        ),
        _sign("lures", 0.5, rf"\b{SCAM}\b"),
        _sign(
            "spreads",
            0.65,
            rf"{START}(?:promote|advertise|endorse|spread|publici[sz]e|claim|disseminate|propagate|"
            rf"hype|market)\b(?! (?:and|or)\b)[^.]{{0,80}}\b(?:product|brand|rumou?rs?"
            rf"|news|claims?|"
            r"false\w*|misinformation|propaganda|that|sale|discounts?|offers?"
            r"|conspirac\w+|services?"
            r"|benefits?|idea|theory|message|belief)\b"
            rf"|{START}(?:promote|advertise|endorse|hype)\b[^.]{{0,80}}\b(?:new|best"
            rf"|amazing|ultimate|only|free)\b",
        ),
    )


# What one asks of whoever knows everything, in words that no handbook's own need.
REQUEST = re.compile(
    r"^\W*(?:(?:please|now|also|then|next|finally|and)[,:]? |(?:can|could|would"
    r"|will) you (?:please )?)*"
    r"(?:(?:explain|describe|discuss|define|outline|summari[sz]e|break down|compare|contrast|"
    r"calculate|compute|solve|analy[sz]e|elaborate|illustrate|demonstrate|interpret|paraphrase|"
    r"convert|translate|predict|estimate|brainstorm|debate|classify|rank)\b"
    rf"|(?:{MAKE}|list|name|show|find|teach|walk)\s(?:me\b|users\b|an?\b|some\b|\d+\b"
    rf"|two\b|three\b|"
    r"four\b|five\b|ten\b|advice\b|information\b|ideas\b|tips\b|ways\b)"
    r"|(?:what|who|whose|which|when|where|why|how)(?:['’](?:s|re)|\b)"
    r"(?![^?]*\b(?:we|our|us|my|this|these|you|your|they|them|their|it)\b)[^?]*\?\W*$)"
    r"(?![^.]*\b(?:we|our|ours)\b)",
    re.IGNORECASE,
)

MORE = (
    "advertise|announce|applaud|apologi[sz]e|arrange|ask|assert|automate|believe|book|broadcast|"
    "buy|call|celebrate|chat|check|click|collect|compliment|congratulate|consider|count|curse|"
    "deny|detect|disguise|display|divide|do|download|draw|emphasi[sz]e|encipher|encourage|"
    "entertain|feel|flatter|fetch|follow|forward|get|go|greet|guess|have|insist|insult|invite|"
    "joke|keep|launch|learn|let|look|love|mark|measure|merge|mirror|mock|narrate|note|offer|open|"
    "pay|perform|pick|praise|pretend|quiz|quote|read|recall|recite|register|remember|reply|"
    "request|respond|review|segment|select|sell|send|separate|shout|shut|sing|sort|speak|"
    "subscribe|support|switch|tag|take|talk|tempt|test|thank|think|trade|trust|try|turn|visit|"
    "vote|watch|whisper|wish|answer|ensure|install|run|execute|join|contact|register|reassure"
)
# A demand on anybody; honest instructions look so too (`knowledge.injection.alien_demand`).
DEMAND = re.compile(
    r"^\W*(?:(?:please|also|now|then|next|finally|and|always|just|only|never),? ){0,2}"
    rf"(?:{CHANGE}|{TELL}|{MORE})\b",
    re.IGNORECASE,
)
# What names something of the house: figures, codes, channels, what is "ours" or "this".
HOUSE = re.compile(
    r"\d|(?<!\w)[#@]\w|\b[A-Z]{2,}\b"
    r"|(?i:\b(?:we|our|ours|us|your|yours|this|these|their|them|it|its|here)\b)"
)
