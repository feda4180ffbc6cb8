"""Named queries and prepared statements."""

import time
import uuid

from localcloud.athena.requests import invalid, paged
from localcloud.engine import ServiceError


class NamedQueries:
    """Named queries by id, in a Documents; those of a workgroup are listed in order of creation."""

    def __init__(self, documents):
        self.documents = documents

    def of(self, workgroup):
        return [identity for identity, item in self.documents.items.items() if item["WorkGroup"] == workgroup]

    def get(self, identity):
        found = self.documents.items.get(identity)
        if found is None:
            raise invalid(f"NamedQuery {identity} was not found", "INVALID_INPUT")
        return {key: value for key, value in found.items() if key != "Token"}

    def create(self, body, workgroup):
        made = {key: body[key] for key in ("Name", "Description", "Database", "QueryString") if key in body}
        token = body.get("ClientRequestToken")
        with self.documents.lock:
            for identity, item in self.documents.items.items():
                if token and item.get("Token") == token:
                    if all(item.get(key) == value for key, value in {**made, "WorkGroup": workgroup}.items()):
                        return identity
                    raise invalid("Idempotent parameters do not match")
            identity = str(uuid.uuid4())
            self.documents.items[identity] = {**made, "NamedQueryId": identity, "WorkGroup": workgroup, "Token": token}
            self.documents.save()
        return identity

    def update(self, body):
        with self.documents.lock:
            self.get(body["NamedQueryId"])
            item = self.documents.items[body["NamedQueryId"]]
            item.update({key: body[key] for key in ("Name", "QueryString") if key in body})
            if body.get("Description"):
                item["Description"] = body["Description"]
            elif "Description" in body:
                item.pop("Description", None)
            self.documents.save()

    def delete(self, identity):
        with self.documents.lock:
            self.get(identity)
            del self.documents.items[identity]
            self.documents.save()

    def forget(self, workgroup):
        with self.documents.lock:
            for identity in self.of(workgroup):
                del self.documents.items[identity]
            self.documents.save()

    def list(self, body, workgroup):
        chosen, token = paged(self.of(workgroup), body, 50)
        return {"NamedQueryIds": chosen, **({"NextToken": token} if token else {})}

    def batch(self, identities):
        found = [self.get(identity) for identity in identities if identity in self.documents.items]
        missing = [
            {"NamedQueryId": identity, "ErrorCode": "INTERNAL_FAILURE", "ErrorMessage": f"NamedQuery {identity} was not found"}
            for identity in identities
            if identity not in self.documents.items
        ]
        return {"NamedQueries": found, "UnprocessedNamedQueryIds": missing}


class PreparedStatements:
    """Prepared statements by workgroup and name."""

    def __init__(self, documents):
        self.documents = documents

    def _key(self, workgroup, name):
        return f"{workgroup}/{name}"

    def of(self, workgroup):
        return sorted(
            (item for item in self.documents.items.values() if item["WorkGroupName"] == workgroup), key=lambda item: item["StatementName"]
        )

    def find(self, workgroup, name):
        return self.documents.items.get(self._key(workgroup, name))

    def get(self, workgroup, name):
        found = self.find(workgroup, name)
        if found is None:
            raise ServiceError(
                "ResourceNotFoundException", f"PreparedStatement {name} was not found in workGroup {workgroup}", ResourceName=name
            )
        return found

    def put(self, workgroup, name, statement, description=None, create=True):
        with self.documents.lock:
            if create and self.find(workgroup, name):
                raise invalid(f"PreparedStatement {name} already exists in workGroup {workgroup}")
            if not create:
                description = description if description is not None else self.get(workgroup, name).get("Description")
            item = {"StatementName": name, "QueryStatement": statement, "WorkGroupName": workgroup, "LastModifiedTime": time.time()}
            self.documents.items[self._key(workgroup, name)] = {**item, **({"Description": description} if description else {})}
            self.documents.save()

    def delete(self, workgroup, name):
        with self.documents.lock:
            self.get(workgroup, name)
            del self.documents.items[self._key(workgroup, name)]
            self.documents.save()

    def forget(self, workgroup):
        with self.documents.lock:
            for item in self.of(workgroup):
                del self.documents.items[self._key(workgroup, item["StatementName"])]
            self.documents.save()

    def list(self, body):
        chosen, token = paged(self.of(body["WorkGroup"]), body, 50, key=lambda item: item["StatementName"])
        listed = [{key: item[key] for key in ("StatementName", "LastModifiedTime")} for item in chosen]
        return {"PreparedStatements": listed, **({"NextToken": token} if token else {})}

    def batch(self, workgroup, names):
        found = [self.find(workgroup, name) for name in names if self.find(workgroup, name)]
        missing = [
            {
                "StatementName": name,
                "ErrorCode": "STATEMENT_NOT_FOUND",
                "ErrorMessage": f"PreparedStatement {name} was not found in workGroup {workgroup}",
            }
            for name in names
            if not self.find(workgroup, name)
        ]
        return {"PreparedStatements": found, "UnprocessedPreparedStatementNames": missing}
