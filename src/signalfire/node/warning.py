"""Civil warnings: where the common view threatens areas of our own country."""

from signalfire.assess.alert import EventFacts
from signalfire.assess.areas import AreaThreat
from signalfire.assess.threats import threats
from signalfire.basis.canonical import canonical
from signalfire.basis.utc import utc_text
from signalfire.formats.native.lines import warning_line
from signalfire.node.desk import Desk
from signalfire.node.events import Event
from signalfire.node.outbox import Stream
from signalfire.node.post import Post
from signalfire.node.watching import Changes
from signalfire.picture.warning import Warning
