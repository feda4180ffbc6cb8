"""`python -m localcloud.machines [check|build|list|destroy] [--state-dir DIR]`.

check    say "yes" where machines can be booted (exit 0), otherwise why not (exit 1); what is done without a word
build    build the base file system where it is not cached
list     the machines of a state folder: id, on or off, addresses
destroy  remove every machine of a state folder, whatever EC2 thinks of it; for when its local cloud is stopped for good
"""

import argparse
import os
import sys

from localcloud.machines import base, options
from localcloud.machines.available import available
from localcloud.machines.commands import MachineError
from localcloud.machines.machine import all_machines
from localcloud.machines.sweep import sweep


def main():
    parser = argparse.ArgumentParser(
        prog="python -m localcloud.machines", description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("what", nargs="?", default="check", choices=["check", "build", "list", "destroy"])
    parser.add_argument("--state-dir", default=os.environ.get("HEADWATER_LOCALCLOUD_STATE_DIR", ".state/localcloud"))
    arguments = parser.parse_args()
    chosen = options.from_environment(arguments.state_dir)
    if arguments.what == "check":
        able, why = available(chosen)
        print("yes" if able else why)
        return 0 if able else 1
    try:
        return {"build": _build, "list": _list, "destroy": _destroy}[arguments.what](chosen)
    except MachineError as error:
        print(error, file=sys.stderr)
        return 1


def _build(chosen):
    print(base.ensure(chosen))
    return 0


def _list(chosen):
    for machine in all_machines(chosen):
        if machine.exists:
            print(machine.instance_id, "on" if machine.is_on() else "off", machine.private_address, machine.public_address or "-")
    return 0


def _destroy(chosen):
    for machine in all_machines(chosen):
        machine.destroy(force=True)
        print(f"removed {machine.instance_id}")
    for name in sweep(chosen):
        print(f"removed {name}, whose folder was gone")
    return 0


if __name__ == "__main__":
    sys.exit(main())
