"""QuickSight's API as a store that is held against botocore's model. It draws nothing."""

from localcloud.quicksight.engine import QuickSight

__all__ = ["QuickSight"]
