"""A worker that reads what waits and is killed while it seals: ``python -m tests.faults.reader URL SEALS``."""

import os
import signal
import sys

from sqlalchemy import create_engine
from sqlalchemy.orm import Session

import incident_app.models  # noqa: F401 (fills the metadata)
from incident_app.models.engine import prepare
from incident_app.services import recipients
from incident_app.services.recipients.importing import NoSheets
from tests.fakes import FakeClock, FakeVault


class KilledVault(FakeVault):
    """A vault in whose middle the process is killed, as by the kernel: nothing is tidied up."""

    def __init__(self, seals: int) -> None:
        """Live for ``seals`` seals."""
        super().__init__()
        self.left = seals

    def seal(self, wrapped_key: bytes, plain: bytes, scope: str) -> bytes:
        """Seal, or be killed."""
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1
        return super().seal(wrapped_key, plain, scope)


if __name__ == "__main__":
    with Session(prepare(create_engine(sys.argv[1])), expire_on_commit=False) as session:
        recipients.read_claimed(session, clock=FakeClock(), vault=KilledVault(int(sys.argv[2])), sheets=NoSheets())
