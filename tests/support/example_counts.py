"""How many examples Hypothesis tries: few in a test run, many in a soak. No example has a deadline.

``--hypothesis-profile=soak`` chooses the second; ``make soak`` does.
"""

from __future__ import annotations

from hypothesis import HealthCheck, settings

EXAMPLES_IN_A_SOAK = 3000

settings.register_profile("run", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("soak", settings.get_profile("run"), max_examples=EXAMPLES_IN_A_SOAK)
settings.load_profile("run")
