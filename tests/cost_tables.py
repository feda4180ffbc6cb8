"""The README's tables of costs, which are the estimate's: `python -m tests.cost_tables` writes them anew.

A table stands between `<!-- costs: HOST -->` and `<!-- /costs -->`.
"""

import json
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

from tests.local_cloud import ROOT

README = ROOT / "README.md"
PLACE = re.compile(r"(<!-- costs: (\w+) -->\n)(.*?)(<!-- /costs -->)", re.DOTALL)
PLAYBOOK = Path(sys.executable).with_name("ansible-playbook")
COMMAND = [str(PLAYBOOK), "-i", "inventory/aws.yml", "playbooks/estimate-cost.yml"]


def tables(text):
    """{host: rows} of a text's tables."""
    return {host: body.strip().splitlines() for _, host, body, _ in PLACE.findall(text)}


def estimated(hosts):
    """{host: rows} of the estimate for AWS's inventory as it is."""
    done = subprocess.run([*COMMAND, "-e", f"markdown={','.join(hosts)}"], cwd=ROOT, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{' '.join(COMMAND)} failed:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
    rows = [json.loads(line.strip().rstrip(",")) for line in done.stdout.splitlines() if line.strip().startswith('"|')]
    starts = [number for number, row in enumerate(rows) if row.startswith("| what |")] + [len(rows)]
    return dict(zip(hosts, (rows[start:end] for start, end in pairwise(starts)), strict=True))


def written(text, found):
    """The text with these tables in their places."""
    return PLACE.sub(lambda place: place[1] + "\n" + "\n".join(found[place[2]]) + "\n\n" + place[4], text)


def main():
    text = README.read_text()
    README.write_text(written(text, estimated(list(tables(text)))))


if __name__ == "__main__":
    main()
