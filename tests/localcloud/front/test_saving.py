"""What was made is there again after a kill, not only after an orderly stop."""

import time

from tests.local_cloud import Cloud, create_role, wait_for
from tests.modules.clouds import zipped


def test_what_was_made_survives_a_kill(tmp_path):
    cloud = Cloud(tmp_path).start()
    try:
        role = create_role(cloud.client("iam"), "reader", "lambda.amazonaws.com")
        cloud.client("s3").create_bucket(Bucket="kept")
        cloud.client("s3").put_object(Bucket="kept", Key="key", Body=b"value")
        cloud.client("sqs").create_queue(QueueName="queue")
        cloud.client("glue").create_database(DatabaseInput={"Name": "kept_db"})
        cloud.client("lambda").create_function(
            FunctionName="answer",
            Runtime="python3.12",
            Handler="handler.lambda_handler",
            Role=role["Arn"],
            Code={"ZipFile": zipped({"handler.py": "def lambda_handler(event, context): return 42\n"})},
        )
        saved = tmp_path / "state" / "ministack" / "lambda.json"
        wait_for(lambda: saved.exists() and "answer" in saved.read_text(), "the saving")
        time.sleep(0.5)  # the other services' files, in the same round
        cloud.stop(kill=True)
        cloud.start()
        assert cloud.client("iam").get_role(RoleName="reader")["Role"]["Arn"] == role["Arn"]
        assert cloud.client("s3").get_object(Bucket="kept", Key="key")["Body"].read() == b"value"
        assert cloud.client("sqs").get_queue_url(QueueName="queue")["QueueUrl"]
        assert cloud.client("glue").get_database(Name="kept_db")["Database"]["Name"] == "kept_db"
        assert cloud.client("lambda").invoke(FunctionName="answer")["Payload"].read() == b"42"
    finally:
        cloud.stop()
