"""What services are asked for each minute: Firehose's counts, the depth of queues, the size of buckets."""

import time

from localcloud.cloudwatch import publish

#: Seconds for which a queue counts as active after its last message.
_ACTIVE = 6 * 3600
#: Minutes between two measurements of the buckets; AWS measures once a day.
_BUCKETS_EVERY = 5
_BYTES = {"IncomingBytes", "DeliveryToS3.Bytes"}


def minute_sources(settings):
    """The sources: called with a minute's end in epoch seconds, each publishes for that minute."""
    queues, buckets = Queues(settings), Buckets(settings)
    return firehose, queues.publish, buckets.publish


def firehose(end):
    """What delivery streams counted since the last time; see `localcloud.firehose.meter`."""
    from localcloud.firehose import meter

    for (region, stream), counts in meter.taken().items():
        for name, number in counts.items():
            unit = "Bytes" if name in _BYTES else "Count"
            publish.put(region, "AWS/Firehose", {name: number}, {"DeliveryStreamName": stream}, unit, end - 1)
    for region, stream, age in meter.waiting():
        publish.put(region, "AWS/Firehose", {"DeliveryToS3.DataFreshness": age}, {"DeliveryStreamName": stream}, "Seconds", end - 1)


class Queues:
    """Depth and age, for queues with messages now or in the last six hours, as SQS publishes them."""

    def __init__(self, settings):
        self.settings, self.active = settings, {}

    def publish(self, end):
        from ministack.services import sqs

        for (account, region, _), queue in list(sqs._queues._data.items()):
            if account != self.settings.account:
                continue
            messages, now, key = list(queue["messages"]), time.time(), (region, queue["name"])
            if messages or key not in self.active:
                self.active[key] = now
            if now - self.active[key] > _ACTIVE:
                continue
            visible = sum(each["visible_at"] <= now for each in messages)
            delayed = sum(each["visible_at"] > now and not each["receive_count"] for each in messages)
            counts = {
                "ApproximateNumberOfMessagesVisible": visible,
                "ApproximateNumberOfMessagesDelayed": delayed,
                "ApproximateNumberOfMessagesNotVisible": len(messages) - visible - delayed,
            }
            age = max((now - each["sent_at"] for each in messages), default=0)
            named = {"QueueName": queue["name"]}
            publish.put(region, "AWS/SQS", counts, named, "Count", end - 1)
            publish.put(region, "AWS/SQS", {"ApproximateAgeOfOldestMessage": int(age)}, named, "Seconds", end - 1)


class Buckets:
    """Size and number of objects."""

    def __init__(self, settings):
        self.settings = settings

    def publish(self, end):
        if end // 60 % _BUCKETS_EVERY:
            return
        from ministack.services import s3

        for (account, name), bucket in list(s3._buckets._data.items()):
            if account != self.settings.account:
                continue
            sizes = [each.get("size", 0) for each in list(bucket["objects"].values())]
            region = bucket.get("region") or self.settings.region
            size = {"BucketName": name, "StorageType": "StandardStorage"}
            publish.put(region, "AWS/S3", {"BucketSizeBytes": sum(sizes)}, size, "Bytes", end - 1)
            number = {"BucketName": name, "StorageType": "AllStorageTypes"}
            publish.put(region, "AWS/S3", {"NumberOfObjects": len(sizes)}, number, "Count", end - 1)
