"""PutRecordBatch. The one file that knows boto3."""

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, CredentialRetrievalError, NoCredentialsError

#: This retries by itself, so that order and memory stay its own; a batch may take its time on a slow line.
SETTINGS = Config(
    retries={"total_max_attempts": 1, "mode": "standard"}, connect_timeout=5, read_timeout=30, user_agent_extra="headwater-kinesis-agent"
)


class SendError(Exception):
    """Nothing was taken; the reason."""


class Stream:
    """A delivery stream. Credentials are found anew until there are some: a server may boot before it has its role."""

    def __init__(self, name, endpoint, region):
        self.name, self._endpoint, self._region, self._client = name, endpoint, region, None

    def put(self, records):
        """Send up to 500 records; an error code, or nothing, for each. SendError if the whole call failed."""
        try:
            if self._client is None:
                self._client = boto3.session.Session().client(
                    "firehose", endpoint_url=self._endpoint or None, region_name=self._region, config=SETTINGS
                )
            answer = self._client.put_record_batch(DeliveryStreamName=self.name, Records=[{"Data": data} for data in records])
        except (NoCredentialsError, CredentialRetrievalError) as error:
            self._client = None
            raise SendError(str(error)) from error
        except ClientError as error:
            found = error.response["Error"]
            raise SendError(f"{found.get('Code')}: {found.get('Message')}") from error
        except (BotoCoreError, OSError, ValueError) as error:
            raise SendError(f"{type(error).__name__}: {error}") from error
        if not answer["FailedPutCount"]:
            return [""] * len(records)
        answers = [item.get("ErrorCode") or "" for item in answer["RequestResponses"]]
        if len(answers) != len(records):
            raise SendError(f"{len(records)} records were answered with {len(answers)} results")
        return answers
