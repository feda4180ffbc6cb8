"""The journal tells who called, what it was, and what IAM was asked."""

from tests.localcloud.iam.conftest import arn, lines, refusal


def test_a_line_has_principal_operation_and_checks(cloud, user):
    cloud.client("s3").create_bucket(Bucket="journal-bucket")
    cloud.client("s3").put_object(Bucket="journal-bucket", Key="a/x", Body=b"1")
    user.may(("s3:GetObject", "arn:aws:s3:::journal-bucket/*"), ("s3:PutObject", "arn:aws:s3:::journal-bucket/copy"))
    s3 = user.client("s3")
    s3.copy_object(Bucket="journal-bucket", Key="copy", CopySource="journal-bucket/a/x")
    refusal(lambda: s3.delete_object(Bucket="journal-bucket", Key="a/x"))
    refusal(user.client("ec2").describe_instances)
    copied, deleted, described = lines(cloud, principal=user.arn)
    assert (copied["operation"], copied["write"], copied["status"]) == ("CopyObject", True, 200)
    assert copied["checks"] == [
        ["s3:PutObject", "arn:aws:s3:::journal-bucket/copy", "allow"],
        ["s3:GetObject", "arn:aws:s3:::journal-bucket/a/x", "allow"],
    ]
    assert (deleted["operation"], deleted["status"]) == ("DeleteObject", 403)
    assert deleted["checks"] == [["s3:DeleteObject", "arn:aws:s3:::journal-bucket/a/x", "deny"]]
    assert described["checks"] == [["ec2:DescribeInstances", "*", "deny"]]


def test_roots_questions_are_written_down_too(cloud):
    cloud.client("athena").list_work_groups()
    line = lines(cloud, operation="ListWorkGroups", principal=arn("iam", "root", region=""))[-1]
    assert line["checks"] == [["athena:ListWorkGroups", "*", "allow"]]


def test_what_services_do_unseen_is_marked(cloud, role):
    made = role("glue.amazonaws.com")
    cloud.client("s3").create_bucket(Bucket="unseen-bucket")
    cloud.client("glue").create_crawler(
        Name="unseen", Role=made["RoleName"], DatabaseName="d", Targets={"S3Targets": [{"Path": "s3://unseen-bucket/a/"}]}
    )
    looked = [line for line in lines(cloud, operation="GetRole") if line.get("via") == "glue.amazonaws.com"]
    assert looked
    made_by_caller = lines(cloud, operation="CreateCrawler")[-1]
    assert "via" not in made_by_caller
    assert ["iam:PassRole", made["Arn"], "allow"] in made_by_caller["checks"]
