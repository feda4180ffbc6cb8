"""What S3 asks besides its own action: tags and ACLs given with a write, and the customer key that encrypts an object."""

from localcloud.iam.questions import Question

_KEY = "x-amz-server-side-encryption-aws-kms-key-id"


def further(method, path, headers, query):
    """Questions that go with an S3 request on an object; `headers` in lower case."""
    bucket, _, key = path.strip("/").partition("/")
    if not bucket or not key:
        return []
    arn = f"arn:aws:s3:::{bucket}/{key}"
    asked = []
    if method == "PUT" and not {"tagging", "acl", "retention", "legal-hold"} & set(query):
        if headers.get("x-amz-tagging"):
            asked.append(Question("s3:PutObjectTagging", arn))
        if headers.get("x-amz-acl", "bucket-owner-full-control") not in ("bucket-owner-full-control", "private"):
            asked.append(Question("s3:PutObjectAcl", arn))
    return asked + _keys(method, bucket, key, arn, headers, query)


def _keys(method, bucket, key, arn, headers, query):
    """What the keys of the objects that are read and written must allow."""
    upload = _first(query.get("uploadId"))
    if method == "GET" and not set(query) - {"versionId", "partNumber", "x-id"} - {name for name in query if name.startswith("response-")}:
        return using("kms:Decrypt", stored_key(bucket, key, _first(query.get("versionId"))), arn)
    if method == "PUT" and not set(query) - {"x-id", "uploadId", "partNumber"}:
        asked = []
        if headers.get("x-amz-copy-source"):
            source, _, version = headers["x-amz-copy-source"].lstrip("/").partition("?versionId=")
            named, _, name = source.partition("/")
            asked = using("kms:Decrypt", stored_key(named, name, version), f"arn:aws:s3:::{source}")
        if upload:
            return asked + using("kms:GenerateDataKey", _upload_key(upload), arn) + using("kms:Decrypt", _upload_key(upload), arn)
        return asked + using("kms:GenerateDataKey", written_key(bucket, headers), arn)
    if method == "POST" and "uploads" in query:
        return using("kms:GenerateDataKey", written_key(bucket, headers), arn)
    if method == "POST" and upload:
        return using("kms:Decrypt", _upload_key(upload), arn)
    return []


def using(action, key_id, object_arn):
    """The Question to a customer key; none for keys of AWS's own and for no key."""
    from ministack.core.responses import get_account_id, get_region
    from ministack.services import kms

    if not key_id or key_id.endswith("alias/aws/s3"):
        return []
    known = kms._resolve_key(key_id)
    resource = known["Arn"] if known else key_id
    context = {
        "kms:ViaService": f"s3.{get_region()}.amazonaws.com",
        "kms:CallerAccount": get_account_id(),
        "kms:EncryptionContext:aws:s3:arn": object_arn,
    }
    return [Question(action, resource, context)]


def written_key(bucket, headers):
    """The key that encrypts what is written: the request's, or the bucket's default."""
    from ministack.services import s3

    chosen = headers if headers.get("x-amz-server-side-encryption") else s3._bucket_default_sse_headers(bucket)
    return chosen.get(_KEY) if chosen.get("x-amz-server-side-encryption", "").startswith("aws:kms") else None


def stored_key(bucket, key, version=None):
    """The key that an object is encrypted with, None without a customer's."""
    from ministack.services import s3

    found = (s3._buckets.get(bucket) or {}).get("objects", {}).get(key)
    if version:
        found = next((entry for entry in s3._object_versions.get((bucket, key), []) if entry.get("version_id") == version), found)
    return s3._stored_sse_headers(found).get(_KEY) if found else None


def _upload_key(upload):
    from ministack.services import s3

    found = s3._multipart_uploads.get(upload) or {}
    return found.get("preserved_headers", {}).get(_KEY)


def _first(values):
    return (values[0] if values else None) if isinstance(values, list) else values
