"""A frame of records; here always one with a schema, a DataFrame in a wrapper."""

from awsglue.missing import refuse


class DynamicFrame:
    """What sources return and sinks take. An empty source has no columns, as on AWS."""

    def __init__(self, frame, glue_ctx, name=""):
        self._frame, self.glue_ctx, self.name = frame, glue_ctx, name

    @classmethod
    def fromDF(cls, dataframe, glue_ctx, name):
        return cls(dataframe, glue_ctx, name)

    def toDF(self, options=None):
        if options:
            refuse("DynamicFrame.toDF with options")
        return self._frame

    def count(self):
        return self._frame.count()

    def schema(self):
        return self._frame.schema

    def printSchema(self):
        self._frame.printSchema()

    def show(self, num_rows=20):
        self._frame.show(num_rows)

    def getNumPartitions(self):
        return self._frame.rdd.getNumPartitions()

    def repartition(self, num_partitions, *_, **__):
        return DynamicFrame(self._frame.repartition(num_partitions), self.glue_ctx, self.name)

    def coalesce(self, num_partitions, *_, **__):
        return DynamicFrame(self._frame.coalesce(num_partitions), self.glue_ctx, self.name)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return refuse(f"DynamicFrame.{name}")
