"""Schemathesis, which makes requests of all kinds out of the exported OpenAPI, finds nothing wrong with the answers."""

import json
import subprocess
import sys
from pathlib import Path

SPACES = "\t\n\x0b\x0c\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"


def test_requests_made_from_the_exported_document_are_answered_as_it_says(clickstream, tmp_path):
    asked = {"restApiId": clickstream.api, "stageName": "v1", "exportType": "oas30", "accepts": "application/json"}
    document = json.loads(clickstream.gateway.get_export(**asked)["body"].read())
    # AWS leaves these out when it imports, so the model passes an empty batch, which the stream then refuses.
    schemas = document["components"]["schemas"]
    schemas["Clicks"]["properties"]["clicks"] |= {"minItems": 1, "maxItems": 500}
    # Schemathesis takes \\s for Python's; these are ECMA's, as API Gateway has them.
    assert schemas["Click"]["properties"]["click_id"]["pattern"] == r"^(?![\s\S]*\s)"
    schemas["Click"]["properties"]["click_id"]["pattern"] = rf"^(?![\s\S]*[{SPACES}])"
    (tmp_path / "openapi.json").write_text(json.dumps(document))
    program = Path(sys.executable).with_name("schemathesis")
    options = ["--seed", "6", "--max-examples", "30", "--phases", "coverage,fuzzing", "--generation-database", "none", "--no-color"]
    # Other methods: API Gateway answers as for a path that is not there, and never 405.
    options += ["--exclude-checks", "unsupported_method", "--continue-on-failure"]
    url = f"{clickstream.cloud.url}/_aws/execute-api/{clickstream.api}/v1"
    ran = subprocess.run(
        [program, "run", "openapi.json", "--url", url, "-H", f"x-api-key: {clickstream.key}", *options],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-1000:]
