"""Workgroups: settings, their changes, and what they impose on a query; tags."""

import re
import time

from localcloud.athena.requests import invalid, paged
from localcloud.engine import ServiceError

ENGINE = {"SelectedEngineVersion": "AUTO", "EffectiveEngineVersion": "Athena engine version 3"}
_VERSIONS = ("AUTO", "Athena engine version 3")
_LATER = (
    "ManagedQueryResultsConfiguration",
    "ExecutionRole",
    "MonitoringConfiguration",
    "EngineConfiguration",
    "IdentityCenterConfiguration",
    "QueryResultsS3AccessGrantsConfiguration",
)


class WorkGroups:
    """The workgroups of one account and region, kept in a Documents."""

    def __init__(self, documents):
        self.documents = documents
        with documents.lock:
            if "primary" not in documents.items:
                documents.items["primary"] = self._new("primary", "", {}, [])
                documents.items["primary"]["Configuration"]["EnforceWorkGroupConfiguration"] = False
                documents.save()

    def _new(self, name, description, configuration, tags):
        return {
            "Name": name,
            "State": "ENABLED",
            "Description": description,
            "Configuration": _complete(configuration),
            "CreationTime": time.time(),
            "Tags": tags,
        }

    def get(self, name):
        found = self.documents.items.get(name)
        if found is None:
            raise invalid(f"WorkGroup {name} is not found.", "INVALID_INPUT")
        return found

    def names(self):
        return sorted(self.documents.items)

    def list(self, body):
        chosen, token = paged(self.names(), body, 50)
        listed = []
        for name in chosen:
            group = self.get(name)
            listed.append(
                {
                    **{key: group[key] for key in ("Name", "State", "Description", "CreationTime")},
                    "EngineVersion": group["Configuration"]["EngineVersion"],
                }
            )
        return {"WorkGroups": listed, **({"NextToken": token} if token else {})}

    def create(self, body):
        name, configuration = body["Name"], body.get("Configuration") or {}
        if not re.fullmatch(r"[a-zA-Z0-9._-]{1,128}", name):
            raise invalid(f"the workgroup name {name!r} may have letters, digits, '.', '_' and '-' only, at most 128")
        _check_configuration(configuration)
        with self.documents.lock:
            if name in self.documents.items:
                raise invalid(f"WorkGroup {name} is already created")
            self.documents.items[name] = self._new(name, body.get("Description", ""), configuration, body.get("Tags") or [])
            self.documents.save()

    def delete(self, name, in_use, recursive):
        """`in_use`: named queries and prepared statements that it holds."""
        if name == "primary":
            raise invalid("The primary workgroup cannot be deleted.")
        with self.documents.lock:
            self.get(name)
            if in_use and not recursive:
                raise invalid(f"WorkGroup {name} is not empty")
            del self.documents.items[name]
            self.documents.save()

    def update(self, body):
        changes = body.get("ConfigurationUpdates") or {}
        with self.documents.lock:
            group = self.get(body["WorkGroup"])
            configuration = _updated(group["Configuration"], changes)
            _check_configuration(configuration)
            group["Configuration"] = configuration
            group["Description"] = body.get("Description", group["Description"])
            group["State"] = body.get("State", group["State"])
            self.documents.save()

    def tags(self, arn):
        """The tag list of a workgroup's ARN, to read or to change under the lock."""
        name = arn.rpartition("/")[2]
        if ":workgroup/" not in arn or name not in self.documents.items:
            raise ServiceError("ResourceNotFoundException", f"Resource {arn} is not found", ResourceName=arn)
        return self.documents.items[name].setdefault("Tags", [])

    def tag(self, arn, tags):
        with self.documents.lock:
            held = self.tags(arn)
            keys = {tag["Key"] for tag in tags}
            held[:] = [tag for tag in held if tag["Key"] not in keys] + tags
            if len(held) > 50:
                raise invalid("a resource may have at most 50 tags")
            self.documents.save()

    def untag(self, arn, keys):
        with self.documents.lock:
            held = self.tags(arn)
            held[:] = [tag for tag in held if tag["Key"] not in keys]
            self.documents.save()


def _complete(configuration):
    """A new workgroup's configuration with AWS's defaults filled in."""
    made = {"EnforceWorkGroupConfiguration": True, "PublishCloudWatchMetricsEnabled": False, "RequesterPaysEnabled": False, **configuration}
    made["EngineVersion"] = {
        **ENGINE,
        **{key: value for key, value in (configuration.get("EngineVersion") or {}).items() if key == "SelectedEngineVersion"},
    }
    made.setdefault("ResultConfiguration", {})
    return made


def _check_configuration(configuration):
    for name in _LATER:
        if configuration.get(name):
            raise invalid(f"{name} is not in the local cloud; see docs/local-cloud.md")
    version = (configuration.get("EngineVersion") or {}).get("SelectedEngineVersion", "AUTO")
    if version not in _VERSIONS:
        raise invalid(f"the engine version {version!r} is not in the local cloud; it has {' and '.join(_VERSIONS)}")
    check_result_configuration(configuration.get("ResultConfiguration") or {})


def check_result_configuration(configuration):
    location = configuration.get("OutputLocation")
    if location and not re.fullmatch(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?", location):
        raise invalid(f"outputLocation is not a valid S3 path: {location!r}; give s3://bucket/prefix/")
    encryption = configuration.get("EncryptionConfiguration") or {}
    if encryption.get("EncryptionOption") in ("SSE_KMS", "CSE_KMS") and not encryption.get("KmsKey"):
        raise invalid(f"KmsKey is required for {encryption['EncryptionOption']}")
    if encryption.get("EncryptionOption") == "CSE_KMS":
        raise invalid("CSE_KMS is not in the local cloud; see docs/local-cloud.md")


def _updated(configuration, changes):
    made = {**configuration, "ResultConfiguration": dict(configuration.get("ResultConfiguration") or {})}
    for name, value in changes.items():
        if name == "ResultConfigurationUpdates":
            for key, change in value.items():
                if key.startswith("Remove"):
                    if change:
                        made["ResultConfiguration"].pop(key.removeprefix("Remove"), None)
                else:
                    made["ResultConfiguration"][key] = change
        elif name == "RemoveBytesScannedCutoffPerQuery":
            if value:
                made.pop("BytesScannedCutoffPerQuery", None)
        elif name == "RemoveCustomerContentEncryptionConfiguration":
            if value:
                made.pop("CustomerContentEncryptionConfiguration", None)
        elif name == "EngineVersion":
            made["EngineVersion"] = {**ENGINE, "SelectedEngineVersion": value.get("SelectedEngineVersion", "AUTO")}
        else:
            made[name.replace("ConfigurationUpdates", "Configuration")] = value
    return made


def effective(group, requested):
    """The ResultConfiguration that a query gets: the workgroup's where enforced or where the client says nothing."""
    configuration = group["Configuration"]
    own = configuration.get("ResultConfiguration") or {}
    if configuration.get("EnforceWorkGroupConfiguration"):
        chosen = dict(own)
    else:
        chosen = {**own, **(requested or {})}
        if requested and requested.get("OutputLocation") and not requested.get("EncryptionConfiguration"):
            chosen.pop("EncryptionConfiguration", None)  # the workgroup's encryption belongs to its own location
    return chosen
