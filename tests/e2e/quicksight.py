"""A subscription to QuickSight in the local cloud, whose account has none at first."""

import contextlib

ACCOUNT = "000000000000"
#: What a deployment says to share with, and the people whom `subscribe` registers.
SETTINGS = {"quicksight_enabled": True, "quicksight_viewers": ["group/analysts"], "quicksight_authors": ["user/ada"]}


def subscribe(client):
    """Subscribe the account and register who SETTINGS names. `client`: boto3's of QuickSight; a second time changes nothing."""
    own, taken = {"AwsAccountId": ACCOUNT}, client.exceptions.ResourceExistsException
    signed = {"Edition": "ENTERPRISE", "AuthenticationMethod": "IAM_AND_QUICKSIGHT", "NotificationEmail": "a@example.com"}
    with contextlib.suppress(taken):
        client.create_account_subscription(**own, AccountName="headwater", **signed)
    with contextlib.suppress(taken):
        client.create_group(**own, Namespace="default", GroupName="analysts")
    with contextlib.suppress(taken):
        person = {"IdentityType": "QUICKSIGHT", "Email": "ada@example.com", "UserRole": "AUTHOR", "UserName": "ada"}
        client.register_user(**own, Namespace="default", **person)
