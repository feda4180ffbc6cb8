"""Why the local cloud's instances are no machines here."""

DOCUMENTATION = r"""
name: no_machines
author: Headwater
short_description: Say why the local cloud's instances are no machines here
description:
  - The reason in words, or nothing where instances are machines.
  - It is what C(python -m localcloud.machines) says, and whether there is SSH.
options:
  _terms:
    description:
      - What the user wants, auto or no, the latter with the reason behind a colon if there is one; the local cloud's state folder;
        the folder of its base file systems.
    required: true
"""

EXAMPLES = r"""
machines: "{{ lookup('no_machines', 'auto', state_dir + '/localcloud', cache_dir + '/machines') == '' }}"
"""

RETURN = r"""
_raw:
  description: The reason, or an empty text.
  type: str
"""

import shutil
import sys
from pathlib import Path

from ansible.plugins.lookup import LookupBase

ROOT = str(Path(__file__).resolve().parents[2])


def reason(wanted, state_dir, cache_dir):
    """Why not, or nothing."""
    if ROOT not in sys.path:
        sys.path.append(ROOT)
    from localcloud.machines.available import available
    from localcloud.machines.options import from_environment

    asked, _, because = str(wanted).partition(":")
    if asked.lower() in ("no", "false", "0", "off"):
        return because.strip() or "MACHINES=no was asked for"
    if not shutil.which("ssh"):
        return "ssh not found; on Debian and Ubuntu: apt-get install openssh-client"
    return available(from_environment(state_dir, {"HEADWATER_LOCALCLOUD_CACHE_DIR": cache_dir}))[1]


class LookupModule(LookupBase):
    """Looks at this machine, not at a process."""

    def run(self, terms, variables=None, **kwargs):
        return [reason(*terms)]
