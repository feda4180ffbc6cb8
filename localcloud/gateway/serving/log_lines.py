"""Lines on their way into log groups or a stream: kept for a second, then written together, with the account's role."""

import base64
import contextlib
import json
import logging
import threading
import time

from botocore.exceptions import BotoCoreError, ClientError

from localcloud import engine
from localcloud.gateway.serving.refusals import Refused

logger = logging.getLogger(__name__)
#: Lines that a log stream of ours keeps in the local cloud, which has logs in memory; lines that wait to be written.
KEPT, WAITING = 2000, 20_000
#: Events of one PutLogEvents; AWS's quota is 10,000 and 1 MiB.
_BATCH = 1000


class LogLines:
    """Takes lines from any thread and writes them in its own. `role(region)`: the account's CloudWatch role, or None."""

    def __init__(self, endpoint_url, role, roles, firehose):
        self.endpoint_url, self.role, self.roles, self.firehose = endpoint_url, role, roles, firehose
        self._lock, self._waiting, self._known, self._told = threading.Lock(), {}, set(), {}
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gateway-logs", daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        """Write no more: by now nobody answers at the endpoint, and lines of the last second are lost."""
        self._stopping.set()

    def note(self, arn, stream, milliseconds, *messages, make_group=False):
        """Take lines for a log group's (or a Firehose stream's) ARN; beyond what may wait they are lost."""
        with self._lock:
            lines = self._waiting.setdefault((arn, stream, make_group), [])
            if len(lines) < WAITING:
                lines += [{"timestamp": milliseconds, "message": each} for each in messages]

    def _run(self):
        while not self._stopping.wait(1):
            self.flush()

    def flush(self):
        """Write what waits."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
        for (arn, stream, make_group), events in waiting.items():
            try:
                if ":firehose:" in arn:
                    self._to_firehose(arn, events)
                else:
                    self._to_logs(arn, stream, events, make_group)
            except Exception as error:  # a log that cannot be written stops no request
                self._tell(arn, error)

    def _to_logs(self, arn, stream, events, make_group):
        region, group = arn.split(":")[3], arn.split(":", 6)[6].removesuffix(":*")
        role = self.role(region)
        if not role:
            raise RuntimeError("the account has no CloudWatch role (UpdateAccount)")
        logs = engine.client_with("logs", self.endpoint_url, region, "apigateway", self.roles.credentials(role))
        events.sort(key=lambda event: event["timestamp"])
        for start in range(0, len(events), _BATCH):
            self._put(logs, group, stream, events[start : start + _BATCH], make_group)
        _trim(arn, group, stream)

    def _put(self, logs, group, stream, events, make_group):
        put = {"logGroupName": group, "logStreamName": stream, "logEvents": events}
        try:
            if (group, stream) not in self._known:
                self._create(logs, group, stream, make_group)
            logs.put_log_events(**put)
        except logs.exceptions.ResourceNotFoundException:  # the group was made anew
            self._create(logs, group, stream, make_group)
            logs.put_log_events(**put)

    def _create(self, logs, group, stream, make_group):
        if make_group:
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                logs.create_log_group(logGroupName=group)
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        self._known.add((group, stream))

    def _to_firehose(self, arn, events):
        region, account, name = arn.split(":")[3], arn.split(":")[4], arn.partition("/")[2]
        for start in range(0, len(events), 500):
            records = [{"Data": base64.b64encode((each["message"] + "\n").encode()).decode()} for each in events[start : start + 500]]
            body = {"DeliveryStreamName": name, "Records": records}
            status, answer = self.firehose.handle(engine.Request("PutRecordBatch", body, region, account, engine.ROOT_KEY))
            if status != 200:
                raise RuntimeError(json.dumps(answer))

    def _tell(self, arn, error):
        """Once a minute at most."""
        known = isinstance(error, ClientError | BotoCoreError | Refused | RuntimeError)
        if time.monotonic() - self._told.get(arn, float("-inf")) >= 60:
            self._told[arn] = time.monotonic()
            logger.warning("%s: %s", arn, getattr(error, "detail", "") or error, exc_info=not known)


def _trim(arn, group, stream):
    """MiniStack keeps logs in memory and saves them all at each change: of a busy API only the newest lines stay."""
    from ministack.core.responses import request_scope
    from ministack.services import cloudwatch_logs

    with request_scope(arn.split(":")[4], arn.split(":")[3]):
        found = cloudwatch_logs._log_groups.get(group, {}).get("streams", {}).get(stream)
        with cloudwatch_logs._log_events_lock:
            old = found["events"][:-KEPT] if found and len(found["events"]) > KEPT else []
            if old:
                found["events"] = found["events"][-KEPT:]
                found["firstEventTimestamp"] = found["events"][0]["timestamp"]
        for event in old:
            cloudwatch_logs._log_records.pop(event["eventId"], None)
