"""The error tree: who must act?

::

    SignalfireError
    ├── PeerError          the peer: quarantine, count, tell it; the rest of the batch survives
    │   ├── Malformed        bytes or a field that no correct peer would send
    │   ├── LimitExceeded    larger, longer or more than basis.limits allows
    │   ├── OutOfOrder       repeated, reflected, or out of its epoch
    │   └── NotAuthentic     the signature, the key or the sender does not hold
    ├── CallerError        we or our operator: raised at the call, names the cure
    │   ├── WrongFrame       a value in one frame where another is needed
    │   ├── WrongRealm       values of two realms met
    │   ├── BadPolicy        an agreement that cannot be used
    │   ├── NotReleased      something tried to leave without a release decision
    │   └── BadInput         a file, option or setting that cannot be used
    └── Unavailable        nobody, later: retry by rule, show as degraded

An answer that is not known is no error: it is ``Unknown(reason)`` or ``Withheld(reason)``.
"""


class SignalfireError(Exception):
    """Anything that this software raises on purpose; the text says what came and what to do."""


class PeerError(SignalfireError):
    """The other side sent what it must not send."""


class Malformed(PeerError):
    """Bytes or a field that no correct peer would send."""


class LimitExceeded(PeerError):
    """More than the stated limit."""


class OutOfOrder(PeerError):
    """A repeat, a reflection, or a message of a closed epoch."""


class NotAuthentic(PeerError):
    """A signature, key or sender that does not hold."""


class CallerError(SignalfireError):
    """The caller, or the operator behind it, must change something."""


class WrongFrame(CallerError):
    """A value in one frame where another is needed."""


class WrongRealm(CallerError):
    """A value of one realm met another realm."""


class BadPolicy(CallerError):
    """An agreement that cannot be used: unsigned, expired, contradictory."""


class NotReleased(CallerError):
    """Something tried to leave a nation without a release decision."""


class BadInput(CallerError):
    """A file, option or setting that cannot be used; the text names the cure. Exit status 2."""


class Unavailable(SignalfireError):
    """A part of the world that may come back: retry by rule, show as degraded."""
