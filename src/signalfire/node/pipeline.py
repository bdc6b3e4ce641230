"""THE MAIN PATH, top to bottom: decode, track, fuse, assess, show, warn, decide, seal.

Each step takes the node's post (its state), does one thing, and puts what leaves on the desk.
Nothing here waits, reads a clock or touches the world: the same inboxes give the same outboxes.
"""

from signalfire.basis.instant import Instant
from signalfire.node.desk import Desk
from signalfire.node.inbox import InboxItem, ItemKind
from signalfire.node.intake import decode
from signalfire.node.outbox import Outbox
from signalfire.node.post import Post
from signalfire.node.sharing import share
from signalfire.node.showing import show
from signalfire.node.warning import warn
from signalfire.node.watching import assess, fuse, track


def run(post: Post, now: Instant, inbox: tuple[InboxItem, ...]) -> Outbox:
    """Take what came, think, and say what leaves."""
    desk = Desk(now, is_second=any(item.kind is ItemKind.TICK for item in inbox))

    intake = decode(post, desk, inbox)  # bytes become detections, partners' reports, commands
    track(post, desk, intake.detections)  # own detections move own tracks
    changes = fuse(post, desk, intake.reports)  # whose missile is whose: one missile, one event
    assess(post, desk, changes)  # from own sensors, which may be shared; then from all that is seen
    show(post, desk, changes)  # the picture, view beside view
    warnings = warn(post, desk, changes)  # what our people are told
    share(post, desk, changes, warnings)  # decide and seal: to each partner what it may have
    post.retire(now)

    return desk.outbox(is_idle=post.is_idle())
