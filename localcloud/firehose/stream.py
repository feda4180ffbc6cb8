"""One running stream: which queue its records are in, and what becomes of those that are due.

    records → S3
    records → the function → transformed → S3, and processing-failed → S3 under the error prefix
    (with a table's schema) … → Parquet → S3, and format-conversion-failed → S3 under the error prefix
    backup → S3: the records as they came

A segment that was dealt with is removed only after what it became is in S3 or in the next queue, so that a kill repeats
some work and loses nothing.
"""

import shutil
import time

from localcloud.engine import ServiceError
from localcloud.firehose import convert, definition, delivery, errorlog, meter, transform
from localcloud.firehose.queue import MIB, Queue, Undone

PROCESSING, CONVERSION = "processing-failed", "format-conversion-failed"
#: In the order in which they are emptied.
QUEUES = ("records", "transformed", PROCESSING, CONVERSION, "backup")


class Stream:
    """`current()`: the stream's record by now. `folder`: where its queues are. `quota`: a limits.Quota."""

    def __init__(self, region, account, current, folder, roles, quota):
        self.region, self.account, self.current, self.folder, self.roles, self.quota = region, account, current, folder, roles, quota
        self._ending = False
        self.destination = delivery.Destination(roles, region, folder / "scratch")
        handlers = {
            "records": self._records,
            "transformed": self._deliver,
            PROCESSING: lambda segment: self._errors(segment, PROCESSING),
            CONVERSION: lambda segment: self._errors(segment, CONVERSION),
            "backup": self._backup,
        }
        self.queues = {name: Queue(name, folder / name, self._hints(name), handlers[name]) for name in QUEUES}

    def start(self):
        for queue in self.queues.values():
            queue.start()
        meter.watch(self.region, self.current()["name"], self._age)
        return self

    def _age(self):
        """Seconds for which the oldest record waits on its way to S3, None without any."""
        spools = [queue.spool for queue in self.queues.values()]
        segments = [each for spool in spools for each in (*spool.sealed, spool.open) if each is not None and each.count]
        return max(0.0, time.time() - min(each.oldest for each in segments) / 1000) if segments else None

    def put(self, data):
        """Keep the records' data; it is on disk when this returns."""
        now = int(time.time() * 1000)
        records = [(now, each) for each in data]
        record = self.current()
        try:
            if record["destination"]["S3BackupMode"] == "Enabled":
                self.queues["backup"].put(records)
            self.queues["records"].put(records)
        except OSError as error:
            raise ServiceError("ServiceUnavailableException", f"The records could not be kept: {error}", 503) from error
        meter.count(self.region, record["name"], IncomingRecords=len(data), IncomingBytes=sum(map(len, data)), IncomingPutRequests=1)

    def wake(self):
        """The settings have changed."""
        for queue in self.queues.values():
            queue.wake()

    def stop(self, seconds):
        """End the threads within about so many seconds; what waits stays on disk. Returns whether all have ended."""
        meter.watch(self.region, self.folder.stem, None)
        for queue in self.queues.values():
            queue.stop()
        until = time.monotonic() + seconds
        ended = [queue.ended(max(0.0, until - time.monotonic())) for queue in self.queues.values()]
        for queue in self.queues.values():
            queue.spool.close()
        return all(ended)

    def remove(self, seconds):
        """End for good: deliver what waits, if that goes at the first attempt, and remove the files."""
        self._ending = True
        if self.stop(seconds):
            for queue in self.queues.values():
                queue.flush()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _hints(self, name):
        """(bytes, seconds) that make a queue's segment due, by the settings of the moment."""

        def hints():
            destination = self.current()["destination"]
            if name == "backup":
                destination = destination.get("S3BackupConfiguration") or destination
            function = definition.processor(destination, "Lambda") if name == "records" else None
            if function is not None:
                size, seconds = (float(function.get(key, default)) for key, default in definition.LAMBDA_HINTS.items())
            else:
                size, seconds = destination["BufferingHints"]["SizeInMBs"], destination["BufferingHints"]["IntervalInSeconds"]
            return int(size * MIB), seconds

        return hints

    # -- what becomes of a segment

    def _records(self, segment):
        if definition.processor(self.current()["destination"], "Lambda") is None:
            self._deliver(segment)
        else:
            self._transform(segment)

    def _transform(self, segment):
        record = self.current()
        target = record["destination"]
        function = definition.processor(target, "Lambda")
        arn = function["LambdaArn"]
        invoke = transform.caller(self.roles, function.get("RoleArn") or target["RoleARN"], self.region, arn)
        retries = 0 if self._ending else definition.retries(function)
        for some in transform.requests(segment.records()):
            began = time.time()
            kept, failed, problem = transform.transformed(invoke, record["arn"], self.region, some, retries)
            if problem:
                errorlog.write(self.roles, self.region, record, target, problem.code, problem.message, processor=arn)
            self.queues["transformed"].put(kept)
            self.queues[PROCESSING].put([(each.arrival, transform.error_line(each, arn)) for each in failed])
            name = record["name"]
            meter.count(self.region, name, SucceedProcessing_Records=len(some) - len(failed), FailedProcessing_Records=len(failed))
            meter.measure(self.region, name, ExecuteProcessing_Success=0 if problem else 1)
            meter.measure(self.region, name, "Milliseconds", ExecuteProcessing_Duration=(time.time() - began) * 1000)

    def _deliver(self, segment):
        record = self.current()
        target = record["destination"]
        settings = definition.conversion(target)
        if settings is not None:
            self._convert(segment, record, settings)
            return
        extension = target.get("FileExtension") or delivery.EXTENSIONS.get(target["CompressionFormat"], "")
        self._put(record, target, segment, extension, definition.delimiter(target))

    def _convert(self, segment, record, settings):
        target = record["destination"]
        try:
            columns = convert.schema(self.roles, settings, self.region)
        except convert.SchemaError as error:
            errorlog.write(self.roles, self.region, record, target, error.code, error.message)
            raise Undone(error.message) from error
        with self.destination.file() as file:
            written, refused = convert.write(file, segment.records(), columns, settings)
            if written:
                extension = target.get("FileExtension") or ".parquet"
                size = self._sent(record, target, self.destination.key(record, target, segment, extension), file, segment)
                meter.count(self.region, record["name"], DeliveryToS3_Records=segment.count - len(refused), DeliveryToS3_Bytes=size)
        lines = [(each[0], convert.error_line(*each, settings, self.account, self.region)) for each in refused]
        self.queues[CONVERSION].put(lines)

    def _errors(self, segment, error):
        record = self.current()
        self._put(record, record["destination"] | {"CompressionFormat": "UNCOMPRESSED"}, segment, "", error=error)

    def _backup(self, segment):
        record = self.current()
        target = record["destination"].get("S3BackupConfiguration")
        if target:  # else it was never one, and the records are where they belong
            self._put(record, target, segment, delivery.EXTENSIONS.get(target["CompressionFormat"], ""))

    def _put(self, record, target, segment, extension, delimiter=b"", error=""):
        """The segment's data as one object."""
        with self.destination.file() as file:
            delivery.write(target, file, segment, delimiter)
            size = self._sent(record, target, self.destination.key(record, target, segment, extension, error), file, segment)
        if not error:
            meter.count(self.region, record["name"], DeliveryToS3_Records=segment.count, DeliveryToS3_Bytes=size)

    def _sent(self, record, target, key, file, segment):
        """Write an object and tell whether that went well; the object's size."""
        try:
            size = self.destination.put(record, target, key, file)
        except Undone:
            meter.measure(self.region, record["name"], DeliveryToS3_Success=0)
            raise
        meter.measure(self.region, record["name"], DeliveryToS3_Success=1)
        meter.measure(self.region, record["name"], "Seconds", DeliveryToS3_DataFreshness=max(0.0, time.time() - segment.oldest / 1000))
        return size
