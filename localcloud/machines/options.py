"""Settings of the machines, from the environment of the local cloud's process."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    """`wanted`: boot machines where that is possible. `net`: the first two octets of all their addresses.

    `cache_dir` holds the base file system, `machines_dir` a folder for each machine, `tag` tells this local
    cloud's interfaces and control groups from those of others. `credentials_seconds`: how long the
    credentials last that a machine gets for its role (EC2: about six hours).
    """

    wanted: bool
    net: str
    cache_dir: Path
    machines_dir: Path
    tag: str
    credentials_seconds: int


def from_environment(state_dir, environ=os.environ):
    """Options for the local cloud with this state folder; ValueError names a setting that cannot be used."""
    get = lambda name, default: environ.get(f"HEADWATER_LOCALCLOUD_{name}", default)  # noqa: E731 - one-line local
    net = get("MACHINES_NET", "10.77")
    octets = [int(octet) for octet in net.split(".")] if re.fullmatch(r"\d{1,3}\.\d{1,3}", net) else []
    private = (
        len(octets) == 2 and octets[1] < 256 and (octets[0] == 10 or octets == [192, 168] or (octets[0] == 172 and 16 <= octets[1] < 32))
    )
    if not private:
        raise ValueError(f"HEADWATER_LOCALCLOUD_MACHINES_NET is {net!r}; give the first two octets of a private /16 such as 10.77")
    state_dir = Path(state_dir).resolve()
    return Options(
        wanted=get("MACHINES", "auto").lower() not in ("no", "false", "0", "off"),
        net=net,
        cache_dir=Path(get("CACHE_DIR", ".cache/machines")).resolve(),
        machines_dir=state_dir / "machines",
        tag="hw" + hashlib.sha256(str(state_dir).encode()).hexdigest()[:6],
        credentials_seconds=int(get("MACHINES_CREDENTIALS_SECONDS", "21600")),
    )
