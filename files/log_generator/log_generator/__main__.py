"""python3 -m log_generator: settings are environment variables, see README.md."""

import os
import sys

from log_generator import service, settings


def main():
    try:
        wanted = settings.read(os.environ)
    except settings.SettingsError as error:
        return str(error)
    try:
        service.run(wanted, service.Ending())
    except OSError as error:
        return f"{error.filename or wanted.folder}: {error.strerror}"
    return 0


if __name__ == "__main__":
    sys.exit(main())
