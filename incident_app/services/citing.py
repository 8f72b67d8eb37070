"""How a duty is cited: by the source its article is an article of, where the name of its law would say another one."""

import tomllib
from collections.abc import Mapping
from functools import cache
from typing import Any

from incident_app.paths import PACKAGE

NO_ARTICLE = "-"


@cache
def _regimes() -> Mapping[str, Mapping[str, Any]]:
    read = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted((PACKAGE / "law" / "regimes").glob("*.toml"))]
    return {one["id"]: one for one in read}


@cache
def article(regime: str, provision: str, recipient_type: str = "") -> str:
    """Return the article of a duty with its source, where it is of another one than its law is called after: “Civ. Code
    1798.82(a)”; the whole law where it names no article; otherwise the article alone."""
    law = _regimes().get(regime)
    if law is None:
        return provision
    found = {rule["citation"] for rule in law["rule"] if rule["provision"] == provision and "citation" in rule
             and recipient_type in ("", rule["recipient_type"])}
    if len(found) == 1:
        return str(*found)
    return str(law["instrument"]) if provision == NO_ARTICLE else provision


@cache
def cited(regime: str, provision: str, recipient_type: str = "") -> str:
    """Return law and article: “EU-GDPR Art 33(1)”, or the article with its source where that stands apart from the law."""
    found = article(regime, provision, recipient_type)
    return f"{regime} {provision}" if found == provision else found
