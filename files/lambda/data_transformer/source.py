"""The bytes of one version of an object, more than once."""

from collections.abc import Mapping

from s3_inputs.inputs import Inputs
from s3_inputs.stream import Readable
from s3_inputs.versions import Version


class ReplacedError(RuntimeError):
    """The version that is being read is no longer there."""


class Source:
    """The bytes of one version of an object, as often as they are asked for. `response`: GetObject's, to begin with."""

    def __init__(self, inputs: Inputs, key: str, version: Version, response: Mapping) -> None:
        self._inputs, self._key, self._version, self._response = inputs, key, version, response

    def open(self) -> Readable:
        """A body to read; raises ReplacedError if the version is gone."""
        response, self._response = self._response or self._inputs.fetch(self._key, self._version), None
        if response is None:
            raise ReplacedError(f"{self._key} was replaced or deleted while it was being processed")
        return response["Body"]
