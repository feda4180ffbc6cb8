"""`python -m localcloud`: serve the local cloud in the foreground until SIGTERM."""

import asyncio
import os
import resource
import shutil
import signal
import sys
from pathlib import Path

from localcloud.settings import from_environment


def ministack_environment(settings):
    """What MiniStack reads when it is imported, and what the functions that it starts inherit."""
    state = settings.state_dir
    return {
        "GATEWAY_PORT": str(settings.port),
        "BIND_HOST": settings.host,
        "MINISTACK_HOST": settings.host,
        "MINISTACK_REGION": settings.region,
        "MINISTACK_ACCOUNT_ID": settings.account,
        "PERSIST_STATE": "1",
        "STATE_DIR": str(state / "ministack"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(settings.s3_dir),
        "TMPDIR": str(state / "tmp"),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "AUTH": "true",
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "WARNING"),
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": settings.region,
        "AWS_EC2_METADATA_DISABLED": "true",
        "BOTOCORE_EXPERIMENTAL__PLUGINS": "strict=strict_botocore",
    }


def create_app(settings):
    """The front with everything behind it; imports MiniStack, so the environment must be set first."""
    from ministack.app import app as ministack

    from localcloud import ministack_fixes
    from localcloud.athena import Athena
    from localcloud.cloudwatch import CloudWatch, requests
    from localcloud.composite import Composite
    from localcloud.crawler import Crawler
    from localcloud.faults import Faults
    from localcloud.firehose import Firehose
    from localcloud.front import Front, signer
    from localcloud.gateway import ApiGateway
    from localcloud.gateway.serving import ExecuteApi
    from localcloud.iam import install as iam
    from localcloud.journal import Journal
    from localcloud.machines import images
    from localcloud.machines.engine import Ec2
    from localcloud.quicksight import QuickSight
    from localcloud.saving import Saving
    from localcloud.spark import SparkJobs

    iam.install(settings)
    configurations = requests.install(settings)
    images.publish_in_ministack()
    engines = [Athena(settings), Composite(settings, [SparkJobs(settings), Crawler(settings)]), Firehose(settings), CloudWatch(settings)]
    engines.append(ApiGateway(settings))
    engines.append(QuickSight(settings))
    front = Front(settings, engines, ministack_fixes.apply(ministack, settings), Ec2(settings))
    faults = Faults(front, signer, os.environ.get("HEADWATER_LOCALCLOUD_FAULTS", ""))
    counted = requests.Requests(Saving(faults, signer), signer, configurations)
    journal = Journal(counted, signer, settings.state_dir / "calls.jsonl")
    return ExecuteApi(journal, settings, front.engines["apigateway"].registry, front.engines["firehose"])


def main():
    settings = from_environment()
    # What functions of a former process unpacked is of no use to anybody.
    shutil.rmtree(settings.state_dir / "tmp", ignore_errors=True)
    for folder in (settings.state_dir, settings.s3_dir, settings.state_dir / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)
    os.environ.update(ministack_environment(settings))
    # botocore passes over a plugin that it cannot import, so its folder comes first.
    sys.path.insert(0, str(Path(__file__).with_name("botocore_plugin")))
    # A thread that computes, such as the one that saves, else keeps those that answer waiting for 5 ms after each system call.
    sys.setswitchinterval(0.0005)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"{settings.host}:{settings.port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 3

    async def run():
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(create_app(settings), config, shutdown_trigger=stop.wait)

    asyncio.run(run())


if __name__ == "__main__":
    main()
