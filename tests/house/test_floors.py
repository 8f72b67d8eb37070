"""The floors hold: arrows point down, and only those who may know a vendor do."""

import subprocess
import sys
from pathlib import Path

TOP = Path(__file__).parents[2]


def test_every_import_respects_the_floors() -> None:
    # A process of its own: in this one it would silence every logger there is.
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=TOP, capture_output=True, text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout
