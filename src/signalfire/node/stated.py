"""Events that partners tell of without a state: what each of them said."""

from signalfire.assess.stated import Statement
from signalfire.node.event import Event
from signalfire.node.post import Post
from signalfire.picture.marking import Kind


def statements(post: Post, event: Event) -> list[Statement]:
    """What nations told of an event without a track of it, in the order of their names."""
    own, found = post.setup.nation, []
    cells_m = {
        share.originator: share.round_position_m or 0.0
        for share in post.setup.policy.agreement.shares
        if own in share.recipients and Kind.EVENT in share.kinds
    }
    for nation, view in sorted(event.partners.items()):
        if view.report is None and view.assessment is not None:
            heard_at = view.heard_at or view.assessment.last_observed_at
            cell_m = cells_m.get(nation, 0.0)
            found.append(Statement(nation, view.assessment, heard_at, cell_m))
    return found
