"""The compactor without AWS: which days, which files, which rows. No boto3, clock or environment.

`plan` and its kin take plain listings; `Merger` takes and gives Parquet, as a stream. compacting/day.py puts them in order.
"""

from compacting.merging import Merger, SchemaError, add_part, add_single
from compacting.planning import Contents, ForeignFileError, Plan, contents, deletable, due, is_stale, newcomers, plan, singles

__all__ = [
    "Contents",
    "ForeignFileError",
    "Merger",
    "Plan",
    "SchemaError",
    "add_part",
    "add_single",
    "contents",
    "deletable",
    "due",
    "is_stale",
    "newcomers",
    "plan",
    "singles",
]
