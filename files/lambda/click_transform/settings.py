"""What the deployer sets by environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Where rejects and counts go, and whose they are."""

    bucket: str
    rejected_prefix: str
    audit_prefix: str
    pipeline: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Raises ValueError with all that is wrong."""
        prefixes = {name: environment.get(f"{name.upper()}_PREFIX", f"{name}/") for name in ("rejected", "audit")}
        wrong = [
            f"{name.upper()}_PREFIX is {prefix!r}; it must end with a slash, such as '{name}/'"
            for name, prefix in prefixes.items()
            if not prefix.endswith("/") or prefix == "/"
        ]
        bucket = environment.get("BUCKET_NAME", "")
        if not bucket:
            wrong.append("BUCKET_NAME is not set; it must be the name of the pipeline's bucket")
        if wrong:
            raise ValueError("; ".join(wrong))
        return cls(bucket, prefixes["rejected"], prefixes["audit"], environment.get("PIPELINE") or "clickstream")
