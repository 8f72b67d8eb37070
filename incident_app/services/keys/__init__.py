"""The keys of cases: who wraps them, wrapped anew by another outer key, replaced with everything sealed under them.

A case's ``data_key``, ``file_key`` and ``text_key`` are rings: the first key seals, all of them open, the last one blinds. So a row
sealed a moment ago still opens, and the blind index answers as before, whoever renews the key in between.
"""

from incident_app.services.keys.own import Owned, renew_own, rewrap_own
from incident_app.services.keys.renewing import Renewal, renew, to_renew
from incident_app.services.keys.rewrapping import Rewrapped, rewrap
from incident_app.services.keys.showing import Standing, show

__all__ = ["Owned", "Renewal", "Rewrapped", "Standing", "renew", "renew_own", "rewrap", "rewrap_own", "show", "to_renew"]
