"""Names of what comes of an input. Needs nothing: playbooks derive these names too."""

import re
from hashlib import sha256


def output_name(key: str) -> str:
    """A flat name for what comes of the object `key`: its readable stem and a hash of the whole key.

    The hash keeps a/one.json, b/one.json and a/one.json.gz apart.
    """
    base = key.rsplit("/", 1)[-1]
    stem = re.sub(r"(?i)\.jsonl?(\.gz)?$", "", base)
    readable = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-_")[:80] or "transactions"
    return f"{readable}-{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
