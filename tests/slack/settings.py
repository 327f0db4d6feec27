"""The dials of the local Slack: its patience, its switches, what it remembers."""

from __future__ import annotations

from dataclasses import dataclass

SCOPES = frozenset(
    "app_mentions:read assistant:write channels:history channels:read chat:write commands "
    "groups:history groups:read im:history im:read im:write mpim:history mpim:read "
    "reactions:read reactions:write usergroups:read users:read".split()
)
EVENTS = frozenset(
    "agent_session_stopped agent_session_title_changed app_home_opened app_mention "
    "message.channels message.groups message.im message.mpim reaction_added reaction_removed "
    "member_joined_channel member_left_channel".split()
)


@dataclass(frozen=True)
class Settings:
    """How this Slack behaves; durations in seconds."""

    seed: int = 0  # of what is random: the order of events, the socket that an event goes to
    ack_timeout_s: float = 3.0  # of an event, which is sent again then
    answer_timeout_s: float = 60.0  # of a click or a command, sent once; Slack: 3, when not busy
    retry_after_s: tuple[float, ...] = (0.0, 60.0, 300.0)  # before each further try
    stream_age_s: float = 300.0  # then a stream is closed, whatever happens in it
    trigger_age_s: float = 60.0  # Slack: 3
    status_age_s: float = 120.0
    response_url_age_s: float = 1800.0
    response_url_uses: int = 5
    streaming_refused: str = ""  # the error of chat.startStream; empty: it streams
    has_sessions: bool = True  # agents.sessions.*; otherwise unknown_method
    rate_limits: bool = False  # refuse calls beyond their tier
    rate_minute_s: float = 60.0  # how long the minute of the tiers is
    echoes: bool = True  # the bot's own posts come back as events
    edits_mention: bool = False  # an edit that adds the mention also sends app_mention
    events_url: str = ""  # post signed events there; empty: Socket Mode
    ping_s: float = 10.0
    scopes: frozenset[str] = SCOPES
    events: frozenset[str] = EVENTS  # that the app subscribes to
    keep_messages: int = 20_000
    keep_calls: int = 5_000
    keep_events: int = 5_000
    keep_arguments: bool = True  # of calls; off in a bench
