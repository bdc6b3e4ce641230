"""How every test runs: repeatable by default, searching on demand (`make fuzz`)."""

import os

from hypothesis import HealthCheck, Phase, settings

_CALM = (HealthCheck.too_slow, HealthCheck.data_too_large)

settings.register_profile(
    "repeatable",
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=_CALM,
)
settings.register_profile(
    "search",
    deadline=None,
    max_examples=2_000,
    phases=tuple(Phase),
    suppress_health_check=_CALM,
)
settings.load_profile(os.environ.get("SIGNALFIRE_HYPOTHESIS", "repeatable"))
