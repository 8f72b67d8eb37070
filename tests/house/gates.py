"""The coverage gates: every branch of rules and use cases, and nearly everything of the whole.

``python -m tests.house.gates .coverage.json`` reads coverage's JSON report and exits 1 where a gate is missed.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

COMPLETE = ("incident_app/domain/", "incident_app/services/")
OVERALL = 95.0


def misses(report: Mapping[str, Any]) -> list[str]:
    """Return one line for each gate missed; none where all hold."""
    found = []
    for path, facts in sorted(report["files"].items()):
        summary = facts["summary"]
        if path.startswith(COMPLETE) and (summary["missing_lines"] or summary.get("missing_branches", 0)):
            lines = ",".join(map(str, facts["missing_lines"][:12]))
            branches = " ".join(f"{start}->{end}" for start, end in facts.get("missing_branches", [])[:8])
            found.append(f"{path}: {summary['percent_covered']:.1f} %; lines {lines or '-'}; branches {branches or '-'}")
    overall = float(report["totals"]["percent_covered"])
    if overall < OVERALL:
        found.append(f"overall: {overall:.2f} %, must be {OVERALL:.0f} %")
    return found


def main() -> None:
    """Judge the report named on the command line."""
    report = json.loads(Path(sys.argv[1]).read_text())
    found = misses(report)
    print("\n".join(found) or f"all gates hold: {report['totals']['percent_covered']:.2f} % overall")
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
