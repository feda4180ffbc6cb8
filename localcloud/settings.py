"""Settings of the local cloud, from the environment of its process."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Where the local cloud listens and keeps its data; `account` is 12 digits."""

    host: str
    port: int
    region: str
    account: str
    state_dir: Path
    firehose_mib_per_second: float = 100.0  # what a delivery stream takes; AWS's quota in us-east-1 is 5

    @property
    def endpoint_url(self):
        return f"http://{self.host}:{self.port}"

    @property
    def s3_dir(self):
        """MiniStack keeps each object as the plain file `<s3_dir>/<account>/<bucket>/<key>`."""
        return self.state_dir / "s3"


def from_environment(environ=os.environ):
    """Settings of this process; HEADWATER_LOCALCLOUD_* override the defaults."""
    get = lambda name, default: environ.get(f"HEADWATER_LOCALCLOUD_{name}", default)  # noqa: E731 - one-line local
    return Settings(
        host=get("HOST", "127.0.0.1"),
        port=int(get("PORT", "4566")),
        region=get("REGION", "us-east-1"),
        account=get("ACCOUNT", "000000000000"),
        state_dir=Path(get("STATE_DIR", ".state/localcloud")).resolve(),
        firehose_mib_per_second=float(get("FIREHOSE_MIB_PER_SECOND", "100")),
    )
