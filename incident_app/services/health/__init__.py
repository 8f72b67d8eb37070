"""Is everything working? Look, keep count since when it is not, wake somebody, and the numbers that show it."""

from incident_app.domain.health import PARTS, Check
from incident_app.services.health.keeping import keep, remembered
from incident_app.services.health.looking import at_a_glance, database, deadlines, glance, look, signs_of_life
from incident_app.services.health.numbers import Number, numbers
from incident_app.services.health.self_test import LastSelfTest, keep_testing, last_self_test
from incident_app.services.health.trying import Tried, Way, try_way, ways

MUST_LIVE = PARTS

__all__ = [
    "MUST_LIVE", "Check", "LastSelfTest", "Number", "Tried", "Way", "at_a_glance", "database", "deadlines", "glance",
    "keep", "keep_testing", "last_self_test", "look", "numbers", "remembered", "signs_of_life", "try_way", "ways",
]
