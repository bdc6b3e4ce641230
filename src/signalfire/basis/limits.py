"""Every bound in the system, in one place, and the relations between them."""

# What comes in.
LINE_BYTES_MAX = 16 * 1024
"""Longest line of a detections file or feed."""
DATAGRAM_BYTES_MAX = 8 * 1024
"""Longest UDP datagram; one or more detection lines."""
FILE_BYTES_MAX = 2 * 1024**3
"""Largest file that is read as a whole."""
CLOCK_LEAD_MAX_S = 60.0
"""A line further ahead of the line after it does not move the clock (contract, "Time in replay")."""
LATE_MAX_S = 30.0
"""A detection older than this, counted from its receipt, no longer moves an estimate."""

# What is held.
TRACKS_MAX = 20_000
"""Tracks of one node; the weakest tentative ones go first."""
SENSORS_MAX = 1_000
EVENTS_MAX = 2_000
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
"""How far a sequence number may run ahead of the last unbroken one."""

# Agreements.
PARTIES_MAX = 64
RULES_MAX = 4_096

assert BULLETIN_BYTES_MAX < BROKER_PAYLOAD_BYTES_MAX
assert LATE_MAX_S < CLOCK_LEAD_MAX_S
assert DATAGRAM_BYTES_MAX <= LINE_BYTES_MAX
