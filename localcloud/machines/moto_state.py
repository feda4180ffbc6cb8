"""moto's EC2 state on disk: it lives in memory, and machines outlive the process."""

import logging
import pickle
from pathlib import Path

log = logging.getLogger(__name__)


class MotoState:
    """The EC2 backends of one account, a file for each region under `folder`."""

    def __init__(self, folder, account):
        self.folder, self.account = Path(folder), account

    def backend(self, region):
        from moto.ec2.models import ec2_backends

        return ec2_backends[self.account][region]

    def saved_regions(self):
        return [file.stem for file in sorted(self.folder.glob("*.pickle"))]

    def save(self, region):
        """Write a region's state; what is there afterwards is the old or the new, never half of one."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # key pairs and user data hold private keys
        new = self.folder / f"{region}.new"
        new.write_bytes(pickle.dumps(self.backend(region)))
        new.rename(self.folder / f"{region}.pickle")

    def load(self, region):
        """Take up a region's state; one that cannot be read (another version of moto) is put aside."""
        from moto.ec2.models import ec2_backends

        file = self.folder / f"{region}.pickle"
        try:
            ec2_backends[self.account][region] = pickle.loads(file.read_bytes())  # noqa: S301 - the file is this program's own
        except Exception:
            log.exception("EC2's state in %s cannot be read and is put aside; EC2 starts empty", file)
            file.rename(file.with_suffix(".unreadable"))
