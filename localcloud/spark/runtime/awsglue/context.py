"""GlueContext: frames from S3 and from the catalog, and back."""

import warnings

from pyspark.sql import SparkSession, SQLContext

from awsglue import bookmarks, catalog, files, formats
from awsglue.dynamicframe import DynamicFrame
from awsglue.missing import only, refuse

#: Options of a source on S3. Those on the second line change how the work is shared out, not what is read.
_SOURCE = ("paths", "recurse", "exclusions")
_SHARING = ("groupFiles", "groupSize", "maxBand", "maxFilesInBand", "useS3ListImplementation", "compressionType")
_SINK = ("path", "partitionKeys", "compression")
#: What AWS's GlueContext has besides.
_MISSING = (
    "add_ingestion_time_columns", "append_to_catalog_data_frame", "begin_transaction", "cancel_transaction", "commit_transaction",
    "create_sample_dynamic_frame_from_catalog", "create_sample_dynamic_frame_from_options", "extract_jdbc_conf", "forEachBatch",
    "getSampleStreamingDynamicFrame", "getSink", "getSource", "get_catalog_schema_as_spark_schema", "purge_s3_path", "purge_table",
    "start_transaction", "transition_s3_path", "transition_table", "write_data_frame", "write_data_frame_from_catalog",
    "write_dynamic_frame_from_catalog", "write_dynamic_frame_from_jdbc_conf", "write_from_jdbc_conf",
)  # fmt: skip


class GlueContext(SQLContext):
    """Spark's SQL context with Glue's sources and sinks; `spark_session` is the session."""

    def __init__(self, sparkContext, **_):
        session = SparkSession.builder.getOrCreate()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that SQLContext is deprecated
            super().__init__(sparkContext, session)
        self.spark_session = session
        self.create_dynamic_frame = _Dynamic(self)
        self.create_data_frame = _Data(self)
        self.write_dynamic_frame = _Write(self)

    def get_logger(self):
        return self.spark_session._jvm.org.apache.log4j.LogManager.getLogger("GlueLogger")

    def create_dynamic_frame_from_options(self, *args, **more):
        return self.create_dynamic_frame.from_options(*args, **more)

    def create_dynamic_frame_from_catalog(self, *args, **more):
        return self.create_dynamic_frame.from_catalog(*args, **more)

    def create_data_frame_from_options(self, *args, **more):
        return self.create_data_frame.from_options(*args, **more)

    def create_data_frame_from_catalog(self, *args, **more):
        return self.create_data_frame.from_catalog(*args, **more)

    def write_dynamic_frame_from_options(self, *args, **more):
        return self.write_dynamic_frame.from_options(*args, **more)

    def __getattr__(self, name):
        if name in _MISSING:
            refuse(f"GlueContext.{name}")
        raise AttributeError(name)


class _Source:
    def __init__(self, context):
        self._context = context

    def _options(self, connection_type, connection_options, format, format_options, transformation_ctx):
        if connection_type != "s3":
            refuse(f"connection_type {connection_type!r}")
        options = connection_options or {}
        only(options, (*_SOURCE, *_SHARING), "connection_options")
        paths = options.get("paths")
        if not paths:
            raise ValueError('connection_options needs "paths", a list of s3:// addresses')
        recurse = str(options.get("recurse", False)).lower() == "true"
        listed = {}
        for path in [paths] if isinstance(paths, str) else paths:
            listed |= {each["address"]: each for each in files.below(path, recurse, options.get("exclusions"))}
        new = bookmarks.unseen(transformation_ctx, list(listed.values()))
        return formats.read(self._context.spark_session, [each["address"] for each in new], format, format_options)

    def _catalog(self, database, table_name, transformation_ctx, push_down_predicate, additional_options):
        only(additional_options, _SHARING, "additional_options")
        return catalog.read(self._context.spark_session, database, table_name, push_down_predicate, transformation_ctx)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return refuse(f"create_dynamic_frame.{name}")


class _Dynamic(_Source):
    """`create_dynamic_frame`"""

    def from_options(
        self,
        connection_type,
        connection_options=None,
        format=None,
        format_options=None,
        transformation_ctx="",
        push_down_predicate="",
        **more,
    ):
        only(more, (), "create_dynamic_frame.from_options")
        if push_down_predicate:
            refuse("create_dynamic_frame.from_options with push_down_predicate")
        frame = self._options(connection_type, connection_options, format, format_options, transformation_ctx)
        return DynamicFrame(frame, self._context, transformation_ctx)

    def from_catalog(
        self,
        database=None,
        table_name=None,
        redshift_tmp_dir="",
        transformation_ctx="",
        push_down_predicate="",
        additional_options=None,
        catalog_id=None,
        **more,
    ):
        only(more, (), "create_dynamic_frame.from_catalog")
        frame = self._catalog(database, table_name, transformation_ctx, push_down_predicate, additional_options)
        return DynamicFrame(frame, self._context, transformation_ctx)


class _Data(_Source):
    """`create_data_frame`"""

    def from_options(self, connection_type, connection_options=None, format=None, format_options=None, transformation_ctx="", **more):
        only(more, (), "create_data_frame.from_options")
        return self._options(connection_type, connection_options, format, format_options, transformation_ctx)

    def from_catalog(
        self,
        database=None,
        table_name=None,
        transformation_ctx="",
        push_down_predicate="",
        additional_options=None,
        catalog_id=None,
        **more,
    ):
        only(more, ("redshift_tmp_dir",), "create_data_frame.from_catalog")
        return self._catalog(database, table_name, transformation_ctx, push_down_predicate, additional_options)


class _Write:
    """`write_dynamic_frame`"""

    def __init__(self, context):
        self._context = context

    def from_options(
        self, frame, connection_type, connection_options=None, format=None, format_options=None, transformation_ctx="", **more
    ):
        only(more, (), "write_dynamic_frame.from_options")
        if connection_type != "s3":
            refuse(f"writing to connection_type {connection_type!r}")
        options = connection_options or {}
        only(options, _SINK, "connection_options")
        if not options.get("path"):
            raise ValueError('connection_options needs "path", an s3:// address')
        table = frame.toDF()
        if table.columns:
            formats.write(table, options["path"], format, format_options, options.get("partitionKeys"), options.get("compression"))
        return frame

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return refuse(f"write_dynamic_frame.{name}")
