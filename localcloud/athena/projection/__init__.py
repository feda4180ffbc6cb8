"""Partition projection: the partitions of a table by a rule in its properties, without asking the catalog for any.

Everything here is pure: properties, predicates and a moment in, texts out. The engine prunes with it (`readers.partitions`),
and `outside` says without any engine which objects a table's rule leaves out.
"""

from localcloud.athena.projection.layout import Projection, is_projected, outside

__all__ = ["Projection", "is_projected", "outside"]
