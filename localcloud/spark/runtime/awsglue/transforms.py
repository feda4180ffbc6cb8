"""Glue's transforms of DynamicFrames are not here: `toDF()` and Spark do the same. Using one says so."""

from awsglue.missing import refuse

_NAMES = (
    "ApplyMapping DropFields DropNullFields ErrorsAsDynamicFrame FillMissingValues Filter FindIncrementalMatches FindMatches FlatMap "
    "GlueTransform Join Map MapToCollection Relationalize RenameField ResolveChoice SelectFields SelectFromCollection SplitFields "
    "SplitRows Spigot Unbox UnnestFrame"
)


class _Missing:
    def __init__(self, name):
        self._name = name

    def __call__(self, *_, **__):
        refuse(f"awsglue.transforms.{self._name}")

    apply = __call__


__all__ = [*_NAMES.split()]
globals().update({name: _Missing(name) for name in __all__})
