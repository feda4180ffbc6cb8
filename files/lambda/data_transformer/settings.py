"""What the deployer sets by environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Where inputs and outputs lie in the bucket, and the table in the catalog."""

    raw_prefix: str
    processed_prefix: str
    changed_prefix: str
    rejected_prefix: str
    audit_prefix: str
    database: str
    table: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Settings":
        """Raises ValueError with all that is wrong."""
        defaults = {name: f"{name}/" for name in ("raw", "processed", "changed", "rejected", "audit")}
        prefixes = {name: environment.get(f"{name.upper()}_PREFIX", default) for name, default in defaults.items()}
        wrong = [
            f"{name.upper()}_PREFIX is {prefix!r}; it must end with a slash, such as {defaults[name]!r}"
            for name, prefix in prefixes.items()
            if not prefix.endswith("/") or prefix == "/"
        ]
        database = environment.get("DATABASE", "")
        if not database:
            wrong.append("DATABASE is not set; it must be the name of the table's database, such as ecommerce_db")
        if wrong:
            raise ValueError("; ".join(wrong))
        return cls(
            **{f"{name}_prefix": prefix for name, prefix in prefixes.items()},
            database=database,
            table=environment.get("TABLE") or "transactions",
        )
