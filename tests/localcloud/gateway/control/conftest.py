"""One local cloud for all tests of the control plane, and an API of each test's own in it."""

import json

import pytest

from tests.local_cloud import Cloud, create_role
from tests.localcloud.gateway.control.documents import clicks
from tests.localcloud.iam.conftest import User, unique


@pytest.fixture(scope="session")
def cloud(tmp_path_factory):
    running = Cloud(tmp_path_factory.mktemp("gateway"))
    with running:
        yield running


@pytest.fixture(scope="session")
def gateway(cloud):
    return cloud.client("apigateway")


@pytest.fixture(scope="session")
def role(cloud):
    """ARN of a role that API Gateway may assume."""
    return create_role(cloud.client("iam"), "for-gateway", "apigateway.amazonaws.com")["Arn"]


@pytest.fixture
def user(cloud):
    return User(cloud)


@pytest.fixture
def api(gateway, role):
    """An API of the document `clicks`, not deployed: as ImportRestApi answers."""
    made = gateway.import_rest_api(body=json.dumps(clicks(role, unique("clicks"))), parameters={"endpointConfigurationTypes": "REGIONAL"})
    yield made
    if any(each["id"] == made["id"] for each in gateway.get_rest_apis(limit=500)["items"]):
        gateway.delete_rest_api(restApiId=made["id"])


@pytest.fixture
def stage(gateway, api):
    """The API deployed as its stage v1."""
    gateway.create_deployment(restApiId=api["id"], stageName="v1", variables={"stream": "clicks"})
    return {"restApiId": api["id"], "stageName": "v1"}


@pytest.fixture(scope="session")
def logging(cloud, gateway):
    """The account has a role with which API Gateway writes logs."""
    actions = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"]
    made = create_role(cloud.client("iam"), "logs", "apigateway.amazonaws.com", actions)["Arn"]
    gateway.update_account(patchOperations=[{"op": "replace", "path": "/cloudwatchRoleArn", "value": made}])
    return made
