"""Words that ask nothing: thanks and agreement, in the languages of Europe and some more."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
EMOJI_NAME = re.compile(r":[\w+'-]+:")
CARRIES = re.compile(r"```|\S://|[?？]")  # what makes more of it than thanks
THANKS = frozenset(
    """
    thanks thank thx tks ty tysm thanx cheers ta thankyou ok okay okey okie k kk great perfect
    nice cool awesome super brilliant excellent lovely wonderful amazing fantastic good got
    gotcha noted understood yes yep yeah yup no nope nah sure alright right agreed done fine
    wow lol haha hehe bye worked works helpful helps danke dankeschön vielen merci gracias
    grazie bedankt dank dankjewel obrigado obrigada valeu dzięki dziękuję tack takk tak kiitos
    děkuji díky dekuji ďakujem köszönöm köszi mulțumesc multumesc mersi hvala aitäh aciu ačiū
    paldies ευχαριστώ спасибо дякую благодаря teşekkürler sağol arigato ありがとう
    谢谢 감사합니다 prima
    klasse toll alles klar passt genau parfait génial vale perfecto genial perfetto ottimo
    bene top ótimo perfeito świetnie bra fint hyvä ja oui sí si nein non nee não nie nej lgtm
    np yw
    """.split()
)
AROUND = frozenset(
    """
    a all and that that's thats this it it's its is was for the so very much many lot lots
    really you your u i i'll ill will do me my we again everyone team guys bot tandem mate man
    quick info answer help one then now just what needed wanted to know makes sense clear
    exactly helped how appreciate appreciated job work stuff enough welcome no worries problem
    in advance schön sehr für die hilfe dir euch ihnen das war hat geholfen beaucoup pour bien
    à toi vous muchas muchísimas por todo de nada mille tante molto per veel heel je wel muito
    mesmo pela bardzo så mycket mange paljon moc большое
    """.split()
)


def nothing_asked(text: str) -> bool:
    """Is there no text, or only thanks, agreement, signs and emoji?"""
    words = {word.casefold().replace("’", "'") for word in WORD.findall(EMOJI_NAME.sub(" ", text))}
    if not words:
        return True
    return not CARRIES.search(text) and bool(words & THANKS) and words <= THANKS | AROUND
