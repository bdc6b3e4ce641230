"""What a supervisor may count about the page."""

from collections.abc import Iterable
from dataclasses import dataclass

from prometheus_client import Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from signalfire.web.live import LivePicture


@dataclass(frozen=True)
class PictureCollector(Collector):
    """Read at each scrape; holds no numbers of its own."""

    live: LivePicture

    def collect(self) -> Iterable[Metric]:
        """What the registry asks for at a scrape."""
        yield GaugeMetricFamily(
            "signalfire_picture_viewers", "Open screens", value=self.live.viewer_count
        )
        yield GaugeMetricFamily(
            "signalfire_picture_feed_age_seconds",
            "Wall time since the node last fed the picture",
            value=self.live.feed_age_s,
        )
        yield CounterMetricFamily(
            "signalfire_picture_frames",
            "Frames sent to screens",
            value=self.live.frames_sent,
        )
        yield CounterMetricFamily(
            "signalfire_picture_warnings",
            "Warning messages listed",
            value=self.live.warning_count,
        )
