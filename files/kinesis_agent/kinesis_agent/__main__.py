"""python -m kinesis_agent [agent.json]: see README.md."""

import os
import sys

from kinesis_agent import configuration, service


def main(arguments):
    path = arguments[0] if arguments else os.environ.get("KINESIS_AGENT_CONFIG", "/etc/aws-kinesis/agent.json")
    try:
        with open(path) as file:
            found = configuration.read(file.read(), os.environ.get("AWS_REGION", ""))
    except OSError as error:
        return f"{path} cannot be read: {error.strerror}"
    except configuration.ConfigurationError as error:
        return f"{path}:\n{error}"
    for warning in found.warnings:
        service.say(f"{path}: {warning}")
    return service.run(found)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
