"""Every bound in the system, in one place, and the relations between them."""

# What comes in.
LINE_BYTES_MAX = 16 * 1024
"""Longest line of a detections file or feed."""
DATAGRAM_BYTES_MAX = 8 * 1024
"""Longest UDP datagram; one or more detection lines."""
FILE_BYTES_MAX = 2 * 1024**3
"""Largest file that is read as a whole."""
CLOCK_LEAD_MAX_S = 60.0
"""A line further ahead of the line after it does not move the clock (docs/reference/formats.md)."""
LATE_MAX_S = 30.0
"""A detection older than this, counted from its receipt, no longer moves an estimate."""
REPORT_AGE_MAX_S = 3.0 * 3600.0
"""A partner's track older than this is of no flight that still lasts: refused."""

TABLE_BYTES_MAX = 4 * 1024**2
"""Longest sensors, scenario, agreement or trust file."""

# What is held.
TRACKS_MAX = 20_000
"""Tracks of one node; the weakest tentative ones go first."""
SENSORS_MAX = 1_000
PATHS_MAX = 1_024
"""Communications paths that are told apart; any more count as one."""
EVENTS_MAX = 2_000
EVENTS_PER_PARTNER_MAX = 500
"""Open events that rest on one partner's word alone; further ones are refused."""
REPLAY_TAIL_MAX_S = 4.0 * 3600.0
"""How long after the last line a replay goes on ticking; every event ends before."""
REPEATS_REMEMBERED_MAX = 200_000
"""Detections remembered to recognise an exact repeat."""

# What crosses a border.
BULLETIN_BYTES_MAX = 60 * 1024
"""Largest envelope."""
BROKER_PAYLOAD_BYTES_MAX = 64 * 1024
"""``max_payload`` of the generated broker configuration."""
ROUNDS_MAX = 16
"""Rounds of exchange at one instant in replay."""
UNRECEIPTED_MAX = 10_000
"""Bulletins kept for one recipient until its receipt comes."""
WINDOW_MAX = 4_096
"""Envelopes of one node and epoch whose digests are remembered, to tell a repeat from a lie."""
GAPS_MAX = 4_096
"""Ranges of sequence numbers not yet seen that are remembered of one node and epoch."""
EPOCHS_MAX = 64
"""Epochs of one node that are kept open; older ones are closed."""
NODES_MAX = 256
"""Originating nodes that one node listens to."""
RELEASED_TRACKS_MAX = 40
"""Tracks in one bulletin."""
RECEIPTS_MAX = 500
"""Receipts in one bulletin."""
MEMBERS_MAX = 64
"""Ids under which one missile has been known, in one message."""
AREAS_MAX = 100
"""Areas of one warning."""
TEXT_LENGTH_MAX = 2_000
"""Longest text of a message for people, in characters and in one language."""
REASON_LENGTH_MAX = 500
"""Longest reason, in characters."""

# Scenarios.
SCENARIO_OBJECTS_MAX = 1_000
SCENARIO_EVENTS_MAX = 10_000

# Agreements.
PARTIES_MAX = 64
RULES_MAX = 4_096

# What people are told.
AREAS_NAMED_MAX = 16
"""Areas that one sentence names; the others are counted."""

assert BULLETIN_BYTES_MAX < BROKER_PAYLOAD_BYTES_MAX
assert SENSORS_MAX < PATHS_MAX
assert LATE_MAX_S < CLOCK_LEAD_MAX_S < REPORT_AGE_MAX_S
assert EVENTS_PER_PARTNER_MAX < EVENTS_MAX
assert DATAGRAM_BYTES_MAX <= LINE_BYTES_MAX

# What a browser is shown.
VIEWERS_MAX = 64
"""Open pictures, and open warning lists, of one page's server."""
VIEWER_MESSAGE_BYTES_MAX = 1024
"""Longest message that a viewer may send."""
EVENTS_SHOWN_MAX = 200
"""Events of one nation on its page; over ones go first, then the oldest."""
WARNINGS_SHOWN_MAX = 20_000
"""Warning messages kept for the list of one page."""
FRAME_BYTES_MAX = 32 * 1024 * 1024
"""Largest picture frame that a relay takes from a node of its own machine."""

# What is written and waits at the rim.
JOURNAL_RECORD_BYTES_MAX = 16 * 1024**2
"""Largest body of one journal record."""
JOURNAL_SEGMENT_BYTES_MAX = 64 * 1024**2
"""A journal file this long is closed and the next one begun."""
ENVELOPES_AT_ONCE_MAX = 256
"""Envelopes that a node takes in one advance."""
MOMENTS_WAITING_MAX = 4_096
"""Moments of a feed that wait for the node; the feed is then not read further."""
DATAGRAMS_WAITING_MAX = 8_192
"""Datagrams that wait for the node; the oldest go first, and are counted."""
RELIABLE_WAITING_MAX = 4_096
"""Envelopes of reliable kinds that wait for the node; the broker then holds the rest."""
LOSSY_WAITING_MAX = 2_048
"""Envelopes of latest-wins kinds that wait for the node; the oldest go first, and are counted."""

assert BULLETIN_BYTES_MAX < JOURNAL_RECORD_BYTES_MAX < JOURNAL_SEGMENT_BYTES_MAX
