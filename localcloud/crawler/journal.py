"""A crawl's log, where Glue writes it: group /aws-glue/crawlers, a stream per crawler."""

import time

from botocore.exceptions import ClientError

GROUP = "/aws-glue/crawlers"
_BATCH = 1000


class Journal:
    """Lines wait until `flush`, so that a crawl costs two or three calls."""

    def __init__(self, logs, crawler, crawl_id):
        self.logs, self.stream, self.crawl_id = logs, stream_name(crawler), crawl_id
        self._lines, self._ready = [], False

    def info(self, text):
        self._add(f"INFO : {text}")

    def benchmark(self, text):
        self._add(f"BENCHMARK : {text}")

    def warning(self, text):
        self._add(f"WARN : {text}")

    def error(self, text):
        self._add(f"ERROR : {text}")

    def _add(self, text):
        self._lines.append({"timestamp": int(time.time() * 1000), "message": f"[{self.crawl_id}] {text}"})

    def flush(self):
        if not self._ready:
            for create, names in (
                (self.logs.create_log_group, {"logGroupName": GROUP}),
                (self.logs.create_log_stream, {"logGroupName": GROUP, "logStreamName": self.stream}),
            ):
                try:
                    create(**names)
                except ClientError as error:
                    if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                        raise
            self._ready = True
        while self._lines:
            some, self._lines = self._lines[:_BATCH], self._lines[_BATCH:]
            self.logs.put_log_events(logGroupName=GROUP, logStreamName=self.stream, logEvents=some)


def stream_name(crawler):
    """The crawler's name, without the two characters that CloudWatch refuses in a stream's name."""
    return crawler.replace(":", "_").replace("*", "_")
