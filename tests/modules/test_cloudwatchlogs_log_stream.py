"""Log streams that services made by themselves."""

import pytest

from tests.modules.clouds import on, unique
from tests.modules.runner import done


class Group:
    """A log group with streams."""

    def __init__(self, aws, *streams):
        self.logs, self.name = aws.client("logs"), f"/aws-glue/{unique('group')}"
        self.logs.create_log_group(logGroupName=self.name)
        for stream in streams:
            self.logs.create_log_stream(logGroupName=self.name, logStreamName=stream)

    def streams(self):
        return [item["logStreamName"] for item in self.logs.describe_log_streams(logGroupName=self.name)["logStreams"]]

    def exists(self):
        return bool(self.logs.describe_log_groups(logGroupNamePrefix=self.name)["logGroups"])

    def remove(self, stream, check=False):
        return done("cloudwatchlogs_log_stream", check, log_group_name=self.name, log_stream_name=stream)


@on()
def test_our_stream_goes_and_those_of_others_stay(aws):
    # "ours-too" begins with our stream's name, which is how the API looks for it.
    group = Group(aws, "ours", "ours-too")
    planned = group.remove("ours", check=True)
    assert planned.changed
    assert planned.writes == []
    assert planned.before == {"log_group_name": group.name, "log_stream_name": "ours"}
    assert group.remove("ours").writes == ["logs:DeleteLogStream"]
    assert group.streams() == ["ours-too"]
    for check in (True, False):
        again = group.remove("ours", check)
        assert not again.changed
        assert again.writes == []


@on()
@pytest.mark.parametrize("streams", [["ours"], []])
def test_a_group_without_streams_goes_too(aws, streams):
    group = Group(aws, *streams)
    assert group.remove("ours").changed
    assert not group.exists()
    assert not group.remove("ours").changed


@on()
def test_a_group_that_never_was_is_as_wanted(aws):
    assert not done("cloudwatchlogs_log_stream", log_group_name="/never", log_stream_name="s").changed
