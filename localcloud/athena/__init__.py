"""Athena on DuckDB over the bucket's objects."""

from localcloud.athena.engine import Athena

__all__ = ["Athena"]
