"""Tasks give our modules only options that they have (ansible-lint checks those of collections, not ours)."""

import pytest
import yaml

from tests.local_cloud import ROOT
from tests.structure.house import task_files, tasks
from tests.unit.plugins.plugin_files import load

MODULES = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
FRAGMENTS = {path.stem for path in (ROOT / "plugins" / "doc_fragments").glob("*.py")}
USES = [(name, task["name"], module, task[module]) for name in task_files() for task in tasks(name) for module in MODULES & task.keys()]


def options(module):
    """The options that a module's documentation names, those of our fragments included."""
    documented = yaml.safe_load(load("modules", module).DOCUMENTATION)
    shared = {}
    for fragment in FRAGMENTS & set(documented.get("extends_documentation_fragment", [])):
        shared |= yaml.safe_load(load("doc_fragments", fragment).ModuleDocFragment.DOCUMENTATION)["options"]
    return {**shared, **documented["options"]}


@pytest.fixture(scope="module", autouse=True)
def module_utils():
    """Modules import ours as Ansible's."""
    import ansible.module_utils

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ansible.module_utils, "__path__", [*ansible.module_utils.__path__, str(ROOT / "plugins" / "module_utils")])
        yield


@pytest.mark.parametrize(("file", "task", "module", "given"), USES)
def test_a_task_uses_options_that_the_module_has_and_all_that_it_needs(file, task, module, given):
    known = options(module)
    assert set(given) <= set(known), f"{file}: {task}"
    assert {name for name, option in known.items() if option.get("required")} <= set(given), f"{file}: {task}"


def test_every_module_is_used():
    assert {module for _, _, module, _ in USES} == MODULES
