"""Every sentence of Tandem's own that people read in a chat, one name for each; plain text."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from bot.conversation import Answer, Interaction, Mode, Outcome

NAME = "Tandem"

# While an answer is written.
SEARCHING = "Searching the documents"
FOUND_NOTHING = "Nothing was found"
WORKING = "Working on it…"
WRITING = "still writing…"
STOP = "Stop"
STOPPED = "Stopped."
EMPTY = "There is nothing to show."
REST_LEFT = "The rest is too long to be shown here. Post it to the thread to read all of it."

# Under an answer.
SOURCES = "Sources"
UNTITLED = "A page without a title"
ANSWER = "Answer"
CORRECTED_BY = "corrected by the team"
HELPFUL = "Good answer"
UNHELPFUL = "Bad answer"
AGAIN = "Try again"
SHARE, SHARE_IN_CHANNEL = "Share in thread", "Share in channel"
ONLY_YOU = "Only you see this."
BASE_MODEL = "base model"
OUTCOMES = {
    Outcome.CITED: "answered from the documents",
    Outcome.WRITTEN: "written",
    Outcome.UNKNOWN: "the sources don't say",
    Outcome.STOPPED: "stopped",
    Outcome.FAILED: "failed",
}
MODES = {
    Mode.AUTO: "Tandem chooses",
    Mode.RAG: "from the documents",
    Mode.TUNED: "by the fine-tuned model",
}

# After a thumbs-down.
REASONS = {
    "wrong": "It is wrong",
    "wrong_source": "It relies on the wrong page",
    "outdated": "The source is out of date",
    "incomplete": "Something is missing",
    "off_topic": "It is not what I asked",
    "too_long": "It is too long",
    "unwanted": "It should not have been answered",
    "other": "Something else",
}
ASK_REASON_TITLE = "What was wrong?"
ASK_REASON = "Your thumbs-down is noted. Tell us more, if you like: answers get better by it."
REASON = "Choose what fits best"
CORRECTION = "What is the right answer?"
CORRECTION_HINT = "In your own words. It may be shown to those who run Tandem."
SEND, SKIP, CLOSE = "Send", "Skip", "Close"
NO_ANSWER_HERE = "I can't tell which answer that is about."

# A result for one person.
POST_TO_THREAD = "Post to thread"
POSTED, POSTED_TO_CHANNEL = "Posted to the thread.", "Posted to the channel."
NOT_YOURS = "Only the person who asked can do that."
NOT_HERE = (
    "I can't answer in this channel, as I may not post in it. Invite me with /invite, ask in a "
    "channel that I am in, or write to me directly."
)
NO_DIRECT = (
    "I can't write to you directly. Allow direct messages from members of this server and ask "
    "again, or use /ask with its option private."
)
GONE = "That question was deleted, and its answer with it."
GONE_NAME = "A deleted question"  # of its thread
MAY_NOT_WRITE = "I may not write there. Ask those who run this server to allow it."
STALE = "What I answered here no longer holds: a page that it relied on has changed. It says now:"
STALE_UNKNOWN = "What I answered here no longer holds: the pages that it relied on say it no more."

# Orders.
CHOOSING = "From here on I choose myself how to answer in this thread."
UNKNOWN_ORDER = "I don't know that order."
NO_TEXT = "There is no text in that message that I could work on."
NOTHING_ASKED = "What would you like to know? Write your question after the command."

# What is chosen from a list of commands or from a message's menu.
COMMAND_ASK = "Ask Tandem; it chooses how to answer, and says so"
COMMAND_RAG = "Answer from the documents only"
COMMAND_TUNED = "Answer in our style, without the documents"
COMMAND_TANDEM = "Help and settings"
COMMAND_ORDERS = {
    "help": "How to ask",
    "status": "How Tandem is: who waits, what is read",
    "mute": "Be quiet in this thread, or in this channel",
    "unmute": "Listen again in this thread, or in this channel",
    "forget-me": "Delete all that you asked and voted",
    "privacy": "What is kept of your words, and whether Tandem learns from them",
    "privacy-channel-off": "Learn nothing from what is said in this channel",
    "privacy-channel-on": "Learn again from what is said in this channel",
}
OPTION_QUESTION = "Your question"
OPTION_TEXT = "The text to work on"
OPTION_TASK = "What to do with it; without one Tandem chooses"
OPTION_PRIVATE = "Only you see the answer"
MENU_ASK = "Ask Tandem about this"
MENU_SUMMARIZE = "Summarize in our style"
MENU_REWRITE = "Rewrite in our style"
UNKNOWN_COMMAND = f"{UNKNOWN_ORDER} Reload Discord, and look at the list of commands again."
NOWHERE = "I can't tell where you are asking. Write to me directly, or mention me in a channel."
LIMITED = "I can answer no more questions here just now. Ask me again a little later."

# A vote by a button.
VOTED = "Thank you for your vote."
VOTED_DOWN = "Your thumbs-down is noted."
CORRECTED = "Thank you. That is noted."
TAKE_BACK = "Take it back"
TAKEN_BACK = "Your vote was taken back."
NOT_TAKEN_BACK = "That vote does not stand any more."

# Privacy.
PRIVACY = "Your privacy"
LEARNING_ON = "Your questions and votes may be used to make Tandem's answers better."
LEARNING_OFF = "Your questions and votes are not used to make Tandem's answers better."
LEARNED_HERE = "What is said in this channel may be learned from."
NOT_LEARNED_HERE = "Nothing that is said in this channel is learned from."
SETTLED_HERE = (
    "Those who run Tandem have set that nothing is learned from this channel. They alone can "
    "change that."
)
LEARN_LESS = "Don't learn from me"
LEARN_MORE = "Learn from me"
FORGET_ME = "Forget me"
FORGET_SURE = "Forget what you asked?"
FORGET_WHAT = (
    "Your questions, their answers and your votes are deleted, also from what Tandem learns "
    "from. This cannot be undone."
)
KEEP = "Keep"
NOT_FORGOTTEN = "Nothing was deleted."
KEPT = (
    "What you ask, what was answered and how it was judged are kept by those who run Tandem here. "
    "Secrets and personal data are masked before anything is learnt from it."
)
PRIVACY_HOW = (
    "To change that, open my home tab in Slack, or use /tandem privacy in Discord; for a whole "
    "channel write: privacy-channel-off. To have all that you asked deleted, write: forget-me"
)

# The home tab and help.
HOME = "Ask your team's documents"
READABLE = "What I can read for you"
READ_AT = "last read"
READS_NOTHING = "Nothing is set up yet that you may read."
RECENT = "Your recent questions"
ASKED_NOTHING = "You have asked nothing yet."
HOW_TO_ASK = "How to ask"
HELP = (
    "Mention me in a channel, or write to me directly. In a thread that I take part in, just ask "
    "on: no new mention is needed.",
    "Begin with rag: to be answered only from the documents, with tuned: or tuned rewrite: to have "
    "a text worked on, with private: to be answered where only you see it. auto: lets me choose "
    "again.",
    "Or use a command: /ask chooses, /rag and /tuned do as they are told.",
    "The thumbs under an answer teach me. After a thumbs-down you can say what was wrong.",
    "Orders, alone after a mention or after /tandem: help, status, mute, unmute, privacy, "
    "privacy-channel-off, privacy-channel-on, forget-me.",
)
STATUS = "How things are"
READS = "{sources}"  # in a notice that is kept: counted when it is known who will read it
MENTION_ONLY = (
    "Mention only: I may not read what is said in channels and threads. Mention me each time, "
    "reply to a message of mine, or use a command, a message's menu or a direct message."
)
NOT_SERVED = "This server is not set as one of the team's: I answer here from public sources only."


def reading(pages: int) -> str:
    """A search found so many pages."""
    return "Found 1 page" if pages == 1 else f"Found {pages} pages"


def pages_found(pages: int, titles: Sequence[str]) -> str:
    """The same, with what the first of them are called."""
    others = [more(pages - len(titles))] if pages > len(titles) else []
    return f"{reading(pages)}: {', '.join([*titles, *others])}"


def more(left: int) -> str:
    """What a list leaves out."""
    return f"and {left} more"


def part_of(part: int, parts: int) -> str:
    """Which part of a long answer a message is; from 1."""
    return f"Part {part} of {parts}"


def redo_as(mode: Mode) -> str:
    """The button that asks for an answer in another mode; AUTO: once more as it was asked."""
    return AGAIN if mode is Mode.AUTO else f"Redo as {mode}"


def footer(interaction: Interaction, times: Sequence[str] | None = None) -> str:
    """Mode, task, why, what wrote it, `times` and id, in a line; by default the time it took.

    An answer that somebody stopped says so first.
    """
    route, answer = interaction.route, interaction.answer
    mode = f"{route.mode}/{route.task}" if route.task else str(route.mode)
    times = [taken(interaction)] if times is None else times
    told = [f"{mode}: {route.reason}", wrote(answer), *times, f"#{interaction.id}"]
    ended = f"{STOPPED} " if answer.outcome is Outcome.STOPPED else ""
    return ended + " · ".join(part for part in told if part)


def wrote(answer: Answer) -> str:
    """Who: a person, a trained version, the base model of that task; else which model."""
    if answer.curated_from is not None:
        return CORRECTED_BY
    if answer.version:
        return answer.version
    half = answer.outcome is Outcome.STOPPED and bool(answer.model)  # a task, as is all written
    return BASE_MODEL if half or answer.outcome is Outcome.WRITTEN else answer.model


def taken(interaction: Interaction) -> str:
    """How long an answer took, or since when it stands."""
    earlier, total = interaction.answer.cached_from, interaction.timings.total_ms
    if earlier is not None:
        return again(moment(earlier.asked_at))
    return "" if total is None else f"{total / 1000:.1f} s"


def said_by_team(pages: Sequence[str], cited: bool) -> str:
    """What stands under a correction with sentences that no page supports."""
    told = "What has no number is" if cited else "These are"
    see = f" See also: {', '.join(pages)}." if pages else ""
    return f"({told} the team's own words.{see})"


def again(when: str) -> str:
    """An answer was given before, then."""
    return f"answered before, {when}; sources unchanged"


def moment(at: datetime) -> str:
    """A time as people read it, in UTC."""
    return at.astimezone(UTC).strftime("%d %b %Y, %H:%M UTC")


def gave_up(code: str) -> str:
    """The apology when all tries failed."""
    return f"Something went wrong on my side, and trying again did not help. (code {code})"


def muted(thread: bool) -> str:
    """A thread or a whole channel was muted."""
    where, how = ("thread", "unmute") if thread else ("channel", "/tandem unmute")
    return f"I am quiet in this {where} from now on. To end that, write: {how}"


def unmuted(thread: bool) -> str:
    """A thread or a whole channel is listened to again."""
    return f"I am listening again in this {'thread' if thread else 'channel'}."


def forced(mode: Mode, task: str | None = None) -> str:
    """A thread's mode was set."""
    if mode is Mode.AUTO:
        return CHOOSING
    how = f"{mode} ({task})" if task else str(mode)
    return f"From here on I answer in this thread as {how}. To end that, write: auto:"


def help_text(tasks: Sequence[str]) -> str:
    """How to ask, and which tasks there are."""
    known = [f"The tasks of tuned: {', '.join(tasks)}."] if tasks else []
    return "\n".join(f"• {line}" for line in (*HELP, *known))


def status(model: str, waiting: int, reads: str) -> str:
    """How the bot is: what answers, who waits, and what is read, as `reads` says it."""
    line = "Nobody waits" if not waiting else f"{_count(waiting, 'question')} waiting"
    return f"I am here. {line}. I answer with {model} and read {reads}."


def reads(sources: int, alone: bool) -> str:
    """How much is read, of what one person may read, or all who read it there."""
    return f"{_count(sources, 'source')} {'for you' if alone else 'for all who read this'}"


def set_aside(version: str) -> str:
    """A trained version that should serve and does not."""
    return f"{version} can't be used just now; what was there before it goes on. The log says why."


def style_by(version: str) -> str:
    """Which trained version does the stylistic tasks."""
    return f"Texts are worked on by {version}."


def privacy(may_learn: bool, here: bool) -> str:
    """What is kept of a person's words, and what they can do about it; `here`: as `learns`."""
    return f"{KEPT}\n{learns(may_learn, here)}\n{PRIVACY_HOW}"


def forgotten(questions: int, votes: int, examples: int = 0) -> str:
    """What forget-me deleted; `examples`: that a model would have been taught by."""
    learned = f", {_count(examples, 'example')}" if examples else ""
    return f"Done. Deleted: {_count(questions, 'question')}, {_count(votes, 'vote')}{learned}."


def learns(may_learn: bool, here: bool | None = None) -> str:
    """May Tandem learn from this person, and in this channel? None: it is said in none."""
    told = LEARNING_ON if may_learn else LEARNING_OFF
    return told if here is None else f"{told} {learns_here(here)}"


def learns_here(here: bool) -> str:
    """May Tandem learn in this channel?"""
    return LEARNED_HERE if here else NOT_LEARNED_HERE


def channel_chosen(learns: bool) -> str:
    """A channel was taken out of learning, or put back."""
    if learns:
        return "From now on I learn from what is said in this channel: the thumbs here teach me."
    told = "From now on I learn nothing from what is said in this channel, and drop what I learned"
    return f"{told} here. To end that, write: privacy-channel-on"


def kept_back(sources: Sequence[str]) -> str:
    """Why an answer may not be shared where others read it."""
    named = ", ".join(sources)
    return f"I can't share it there: not everyone who reads that channel may read {named}."


def source_line(documents: int) -> str:
    """How much a source holds."""
    return _count(documents, "document")


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
