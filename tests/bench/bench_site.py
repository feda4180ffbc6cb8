"""A run of the whole site that changes nothing, against stock Ansible, CloudFormation by the CDK, and plain boto3, interleaved in one run.

`python -m tests.bench.bench_site [ROUNDS]` deploys on ports and in a folder of its own, measures at once and with 80 ms for each call,
removes it all, and exits with 1 when warm modules are less than five times as fast as stock ones.

What each does: `warm` and `stock` ask AWS for each declared resource and compare every field. `boto3` makes the same reading calls and
compares nothing: no tool that looks at the resources can be faster. `cdk deploy` compares templates; a resource that somebody changed
by hand it does not see.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

import yaml

from tests.bench.interleave import measure
from tests.bench.site.replay import calls
from tests.bench.site.templates import templates
from tests.e2e.deployment import ROOT, Deployment

LEAST_RATIO = 5.0
LATENCY_MS = 80
FORKS = 10
HERE = ROOT / "tests" / "bench" / "site"
CDK = ROOT / ".cache" / "bench" / "cdk"
PACKAGES = ("aws-cdk@2.1148.1", "aws-cdk-lib@2.270.0", "constructs@10.8.1")


def noted(site, folder):
    """The file of the calls of a run that changes nothing."""
    file = folder / "calls.jsonl"
    local = yaml.safe_load((ROOT / "inventory" / "group_vars" / "local.yml").read_text())["aws_environment"]
    environment = local | {
        "BOTOCORE_EXPERIMENTAL__PLUGINS": f"{local['BOTOCORE_EXPERIMENTAL__PLUGINS']},noted=noted_calls",
        "PYTHONPATH": f"{local['PYTHONPATH']}:{HERE}",
        "NOTED_CALLS": str(file),
    }
    played = site.play("site.yml", aws_environment=environment).succeeded()
    assert played.changes == [], f"the run changed something: {played.changes}"
    return file


def boto3_command(site, file):
    keys = {
        "AWS_ENDPOINT_URL": site.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    replay = [sys.executable, "-m", "tests.bench.site.replay", str(file), str(FORKS)]
    return ["env", *(f"{name}={value}" for name, value in keys.items()), *replay]


def cdk_command(site, folder):
    """The command of a `cdk deploy` of the same resources, after it has deployed them, and how many it has; None where it cannot be had."""
    if not shutil.which("npm"):
        print("cdk: left out, since npm is not there")
        return None, 0
    CDK.mkdir(parents=True, exist_ok=True)
    if not (CDK / "node_modules" / "aws-cdk-lib").is_dir():
        install = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(CDK), *PACKAGES]
        if subprocess.run(install, check=False).returncode:
            print("cdk: left out, since npm could not install it")
            return None, 0
    stacks = templates(site.client)
    (folder / "templates.json").write_text(json.dumps(stacks))
    keys = {
        "AWS_ENDPOINT_URL": site.endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "CDK_MODULES": str(CDK),
        "NODE_NO_WARNINGS": "1",
    }
    quiet = ["--version-reporting=false", "--path-metadata=false", "--asset-metadata=false", "--no-notices", "--ci"]
    deploy = ["deploy", "--all", "--require-approval", "never", "--concurrency", str(FORKS), "--output", str(folder / "cdk.out"), *quiet]
    app = f"node {HERE / 'app.js'} {folder / 'templates.json'}"
    command = [str(CDK / "node_modules" / ".bin" / "cdk"), *deploy, "--app", app]
    command = ["env", *(f"{name}={value}" for name, value in keys.items()), *command]
    subprocess.run(command, check=True, capture_output=True)
    return command, sum(len(stack["Resources"]) for stack in stacks.values())


def far_away(site, milliseconds):
    """From now on each call takes so much longer."""
    body = json.dumps({"latency_ms": milliseconds}).encode()
    urllib.request.urlopen(f"{site.endpoint}/_headwater/faults", body, timeout=10).read()


def table(title, figures):
    print(f"\n{title:34}{'wall s (median)':>16}{'min':>8}{'max':>8}{'CPU s':>8}")
    for name, measured in figures.items():
        wall = measured.wall
        print(f"{name:34}{measured.median_wall:16.2f}{min(wall):8.2f}{max(wall):8.2f}{measured.median_cpu:8.2f}")
    warm = figures["warm"].median_wall
    print("against warm: " + ", ".join(f"{name} {each.median_wall / warm:.2f}" for name, each in figures.items() if name != "warm"))


def main(rounds=3):
    """Print the tables; returns the exit code."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = Deployment(folder, without=())
        try:
            site.play("playbooks/up.yml").succeeded()
            file = noted(site, folder)
            commands = {
                way: ["env", f"HEADWATER_WARM={on}", "MACHINES=no", *site.command("site.yml")] for way, on in (("stock", 0), ("warm", 1))
            }
            commands["boto3"] = boto3_command(site, file)
            cdk, resources = cdk_command(site, folder)
            if cdk:
                commands["cdk deploy"] = cdk
            made, reading = len(file.read_text().splitlines()), len(calls(file))
            print(f"warm and stock make {made} calls, boto3 the {reading} of them that read; cdk deploy has {resources} resources")
            figures = measure(commands, rounds)
            far_away(site, LATENCY_MS)
            distant = measure(commands, max(1, rounds - 1))
            far_away(site, 0)
        finally:
            site.play("playbooks/stop-localcloud.yml")
    table("site.yml, nothing to change", figures)
    table(f"the same, {LATENCY_MS} ms for each call", distant)
    ratio = figures["stock"].median_wall / figures["warm"].median_wall
    kept = ratio >= LEAST_RATIO
    print(f"\nwarm is {ratio:.1f} times as fast as stock; at least {LEAST_RATIO:.0f}: {'kept' if kept else 'MISSED'}")
    return 0 if kept else 1


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main(*map(int, sys.argv[1:])))
