"""Firehose's actions."""

import logging
import re
import secrets
import threading
import time

from botocore.exceptions import ClientError

from localcloud.engine import Engine, ServiceError
from localcloud.firehose import definition, limits, meter
from localcloud.firehose.identity import PRINCIPAL, Roles
from localcloud.firehose.limits import Quota
from localcloud.firehose.store import Store
from localcloud.firehose.stream import Stream
from localcloud.iam import gate
from localcloud.iam.questions import Question

logger = logging.getLogger(__name__)
#: Seconds that a deletion and an orderly stop wait for what is under way.
_DELETION, _STOP = 10, 3
#: Seconds for which the state of a customer key is remembered.
_KEY_SECONDS = 5


class Firehose(Engine):
    """Direct PUT into S3. Definitions and accepted records lie in `<state>/firehose`."""

    service, target_prefix, owns_service = "firehose", "Firehose_20150804", True

    def __init__(self, settings):
        super().__init__(settings)
        self.folder = settings.state_dir / "firehose"
        self.store, self.roles = Store(self.folder / "streams.json"), Roles(settings.endpoint_url)
        self._running, self._keys = {}, {}

    def start(self):
        with self.store.lock:
            for region, record in self.store.everything():
                if record["status"] == "ACTIVE":
                    self._run(region, record["name"])
                elif record["status"] == "DELETING":
                    self._delete_later(region, record["name"])

    def stop(self):
        with self.store.lock:
            running = list(self._running.values())
        stops = [threading.Thread(target=stream.stop, args=(_STOP,)) for stream in running]
        for stop in stops:
            stop.start()
        for stop in stops:
            stop.join(_STOP + 1)

    # -- definitions

    def create_delivery_stream(self, request):
        name = request.body.get("DeliveryStreamName") or ""
        if not re.fullmatch(r"[a-zA-Z0-9_.-]{1,64}", name):
            raise definition.refused(f"DeliveryStreamName is {name!r}: 1 to 64 letters, digits, dots, underscores and hyphens")
        if not re.fullmatch(r"[a-z0-9-]+", request.region):  # it names a folder
            raise definition.refused(f"The region {request.region!r} is none")
        record = definition.new(request.body, f"arn:aws:firehose:{request.region}:{request.account}:deliverystream/{name}")
        asked = request.body.get("DeliveryStreamEncryptionConfigurationInput")
        if asked:
            failure = self._encrypt(request, record, asked)
            if failure:
                record |= {"status": "CREATING_FAILED", "failure": failure}
        with self.store.lock:
            if name in self.store.region(request.region):
                raise ServiceError("ResourceInUseException", f"Firehose {name} under accountId {request.account} already exists")
            self.store.region(request.region)[name] = record
            self.store.save()
            if record["status"] == "ACTIVE":
                self._run(request.region, name)
        return {"DeliveryStreamARN": record["arn"]}

    def describe_delivery_stream(self, request):
        with self.store.lock:
            return {"DeliveryStreamDescription": definition.shown(self._record(request))}

    def list_delivery_streams(self, request):
        kind, after = request.body.get("DeliveryStreamType", "DirectPut"), request.body.get("ExclusiveStartDeliveryStreamName", "")
        limit = request.body.get("Limit") or 10
        with self.store.lock:
            names = sorted(name for name in self.store.region(request.region) if name > after) if kind == "DirectPut" else []
        return {"DeliveryStreamNames": names[:limit], "HasMoreDeliveryStreams": len(names) > limit}

    def update_destination(self, request):
        with self.store.lock:
            record = self._active(request)
            record["destination"] = definition.updated(record, request.body)
            record["version"] += 1
            record["updated"] = time.time()
            self.store.save()
        self._running[request.region, record["name"]].wake()

    def delete_delivery_stream(self, request):
        with self.store.lock:
            record = self._record(request)
            if definition.status(record) == "CREATING":
                raise ServiceError("ResourceInUseException", f"Firehose {record['name']} is CREATING; wait until it is ACTIVE")
            if record["status"] == "DELETING":
                return
            record["status"] = "DELETING"
            self.store.save()
        self._delete_later(request.region, record["name"])

    # -- records

    def put_record(self, request):
        stream, record = self._accepting(request)
        data = limits.decoded([request.body.get("Record")], of_batch=False)
        encrypted = self._encrypted(request, record)
        if not stream.quota.taken([len(data[0])]):
            meter.count(request.region, record["name"], ThrottledRecords=1)
            raise ServiceError("ServiceUnavailableException", limits.SLOW_DOWN, 503)
        stream.put(data)
        return {"RecordId": _record_id(), "Encrypted": encrypted}

    def put_record_batch(self, request):
        stream, record = self._accepting(request)
        data = limits.decoded(request.body.get("Records"), of_batch=True)
        encrypted = self._encrypted(request, record)
        taken = stream.quota.taken([len(each) for each in data])
        if taken < len(data):
            meter.count(request.region, record["name"], ThrottledRecords=len(data) - taken)
        if not taken:
            raise ServiceError("ServiceUnavailableException", limits.SLOW_DOWN, 503)
        stream.put(data[:taken])
        refused = {"ErrorCode": "ServiceUnavailableException", "ErrorMessage": limits.SLOW_DOWN}
        answers = [{"RecordId": _record_id()} for _ in range(taken)] + [refused] * (len(data) - taken)
        return {"FailedPutCount": len(data) - taken, "Encrypted": encrypted, "RequestResponses": answers}

    # -- encryption

    def start_delivery_stream_encryption(self, request):
        asked = request.body.get("DeliveryStreamEncryptionConfigurationInput") or {"KeyType": "AWS_OWNED_CMK"}
        with self.store.lock:
            record = self._active(request)
            self._require_settled(record)
            self._encrypt(request, record, asked)
            self.store.save()

    def stop_delivery_stream_encryption(self, request):
        with self.store.lock:
            record = self._active(request)
            self._require_settled(record)
            record["encryption"] = {"Status": "DISABLING", "settles": time.time() + definition.SETTLING}
            self.store.save()

    # -- tags

    def tag_delivery_stream(self, request):
        with self.store.lock:
            record = self._record(request)
            merged = record["tags"] | definition.tags(request.body.get("Tags") or [])
            record["tags"] = definition.tags([{"Key": key, "Value": value} for key, value in merged.items()])
            self.store.save()

    def untag_delivery_stream(self, request):
        with self.store.lock:
            record = self._record(request)
            for key in request.body.get("TagKeys") or []:
                record["tags"].pop(key, None)
            self.store.save()

    def list_tags_for_delivery_stream(self, request):
        after, limit = request.body.get("ExclusiveStartTagKey", ""), request.body.get("Limit") or 50
        with self.store.lock:
            tags = self._record(request)["tags"]
        keys = sorted(key for key in tags if key > after)
        return {"Tags": [{"Key": key, "Value": tags[key]} for key in keys[:limit]], "HasMoreTags": len(keys) > limit}

    # -- within

    def _record(self, request):
        """The stream's record; hold the store's lock."""
        name = request.body.get("DeliveryStreamName")
        record = self.store.region(request.region).get(name)
        if record is None:
            raise ServiceError("ResourceNotFoundException", f"Firehose {name} under account {request.account} not found.")
        return record

    def _active(self, request):
        record = self._record(request)
        state = definition.status(record)
        if state != "ACTIVE":
            raise ServiceError("ResourceInUseException", f"Firehose {record['name']} is {state}; it can be changed when it is ACTIVE")
        return record

    def _accepting(self, request):
        """(the running stream, its record) of a put; only an ACTIVE one takes records."""
        with self.store.lock:
            record = self._record(request)
            stream = self._running.get((request.region, record["name"]))
            if definition.status(record) != "ACTIVE" or stream is None:
                text = f"Firehose {record['name']} under account {request.account} not found: it is {definition.status(record)}."
                raise ServiceError("ResourceNotFoundException", text)
            return stream, record

    def _run(self, region, name):
        """Start a stream's queues; hold the store's lock."""

        def current():
            with self.store.lock:
                return dict(self.store.region(region)[name])

        quota = Quota(self.settings.firehose_mib_per_second)
        self._running[region, name] = Stream(region, self.settings.account, current, self._folder(region, name), self.roles, quota).start()

    def _folder(self, region, name):
        """Where a stream's records are; a stream may be called `..`."""
        return self.folder / region / f"{name}.stream"

    def _delete_later(self, region, name):
        threading.Thread(target=self._delete, args=(region, name), name=f"firehose-delete-{name}", daemon=True).start()

    def _delete(self, region, name):
        with self.store.lock:
            if (region, name) not in self._running and self.store.region(region)[name].get("failure") is None:
                self._run(region, name)  # after a restart: what waits is delivered first
            stream = self._running.get((region, name))
        try:
            if stream:
                stream.remove(_DELETION)
        except Exception:
            logger.exception("firehose %s: what waited is left in %s", name, self._folder(region, name))
        with self.store.lock:
            self._running.pop((region, name), None)
            del self.store.region(region)[name]
            self.store.save()

    @staticmethod
    def _require_settled(record):
        state = definition.encryption(record)["Status"]
        if state in ("ENABLING", "DISABLING"):
            raise ServiceError("ResourceInUseException", f"The encryption of Firehose {record['name']} is {state}; try again later")

    def _encrypt(self, request, record, asked):
        """Set a record's encryption as asked; returns a FailureDescription if the key cannot be used, else None."""
        kind, key = asked.get("KeyType"), asked.get("KeyARN")
        if kind not in ("AWS_OWNED_CMK", "CUSTOMER_MANAGED_CMK") or (kind == "CUSTOMER_MANAGED_CMK") != bool(key):
            raise definition.refused(
                f"KeyType is {kind!r} and KeyARN {key!r}: CUSTOMER_MANAGED_CMK needs a KeyARN, AWS_OWNED_CMK takes none"
            )
        failure = self._key_failure(request, key) if key else None
        record["encryption"] = {
            "KeyType": kind,
            **({"KeyARN": key} if key else {}),
            **({"FailureDescription": failure} if failure else {}),
            "Status": "ENABLING_FAILED" if failure else "ENABLING",
            "settles": time.time() + definition.SETTLING,
        }
        return failure

    def _key_failure(self, request, key):
        """Why Firehose gets no grant for a customer key, or None. It is the caller who has to be allowed to give it."""
        try:
            found = self.client("kms", request.region).describe_key(KeyId=key)["KeyMetadata"]
        except ClientError as error:
            return {"Type": "KMS_KEY_NOT_FOUND", "Details": str(error)}
        if found["KeyState"] != "Enabled":
            return {"Type": "DISABLED_KMS_KEY", "Details": f"The key {key} is {found['KeyState']}"}
        context = {"kms:ViaService": f"firehose.{request.region}.amazonaws.com", "kms:GrantIsForAWSResource": "true"}
        asked = [Question("kms:CreateGrant", found["Arn"], context)]
        refused = gate.refusals(request.access_key, asked, "kms", request.account, request.region, PRINCIPAL)
        return {"Type": "KMS_ACCESS_DENIED", "Details": refused[0]} if refused else None

    def _encrypted(self, request, record):
        """Whether a put is encrypted; ServiceError if the customer key cannot be used any more."""
        state = definition.encryption(record)
        if state["Status"] not in ("ENABLED", "ENABLING"):
            return False
        key = state.get("KeyARN")
        if key and self._key_state(key, request.region) != "Enabled":
            raise ServiceError("InvalidKMSResourceException", f"The key {key} is not usable", code="KMS.DisabledException")
        return True

    def _key_state(self, key, region):
        state, until = self._keys.get(key, (None, 0))
        if time.monotonic() > until:
            try:
                state = self.client("kms", region).describe_key(KeyId=key)["KeyMetadata"]["KeyState"]
            except ClientError:
                state = None
            self._keys[key] = state, time.monotonic() + _KEY_SECONDS
        return state


def _record_id():
    return secrets.token_urlsafe(96)
