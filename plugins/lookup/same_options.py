"""The options of this run, for a run of another playbook with the same ones."""

DOCUMENTATION = r"""
name: same_options
author: Headwater
short_description: The options of this run, for a run of another playbook
description:
  - Inventory, limit, tags, extra variables and vault files, as words for C(ansible-playbook).
options: {}
"""

EXAMPLES = r"""
argv: "{{ ['ansible-playbook', 'site.yml', '--check'] + lookup('same_options', wantlist=true) }}"
"""

RETURN = r"""
_raw:
  description: The words, such as C(--limit) and C(orders).
  type: list
  elements: str
"""

from ansible import context
from ansible.plugins.lookup import LookupBase

#: Option of the command line: its name in Ansible's context. All but limit may be given several times.
REPEATED = {
    "--inventory": "inventory",
    "--tags": "tags",
    "--skip-tags": "skip_tags",
    "--vault-id": "vault_ids",
    "--vault-password-file": "vault_password_files",
    "--extra-vars": "extra_vars",
}


class LookupModule(LookupBase):
    """Reads the command line as Ansible has parsed it."""

    def run(self, terms, variables=None, **kwargs):
        words = [word for option, name in REPEATED.items() for value in context.CLIARGS.get(name) or () for word in (option, str(value))]
        limit = context.CLIARGS.get("subset")
        return words + (["--limit", limit] if limit else [])
