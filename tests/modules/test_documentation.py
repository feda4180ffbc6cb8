"""ansible-doc shows every plugin, and what it shows is what the code does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible.module_utils import basic

from tests.local_cloud import ROOT
from tests.modules.runner import NAMES, load

KINDS = ("module", "lookup", "filter", "callback")


def names(kind):
    folder = "modules" if kind == "module" else kind
    return sorted(path.stem for path in (ROOT / "plugins" / folder).glob("*.py"))


@pytest.fixture(scope="module", params=KINDS)
def shown(request):
    """What ansible-doc shows of all plugins of a kind."""
    return documents(request.param)


def documents(kind):
    program = Path(sys.executable).with_name("ansible-doc")
    environment = {**os.environ, "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "NO_COLOR": "1"}
    done = subprocess.run(
        [program, "-t", kind, "--json", *names(kind)], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def module_docs():
    return documents("module")


def test_every_plugin_is_shown_with_a_description_and_an_author(shown):
    assert shown
    for name, document in shown.items():
        assert document["doc"]["short_description"], name
        assert document["doc"]["description"], name
        assert document["doc"]["author"], name


class ToldError(Exception):
    """Carries what a module gave AnsibleModule."""


def spec_of(name, monkeypatch):
    """(argument spec, other options) that the module gives to AnsibleModule."""

    def tell(_self, argument_spec, **options):
        raise ToldError(argument_spec, options)

    monkeypatch.setattr(basic.AnsibleModule, "__init__", tell)
    with pytest.raises(ToldError) as caught:
        load(name).main()
    return caught.value.args


def as_documented(spec):
    """An argument spec in the shape of `documented`."""
    return {
        name: {
            "type": option.get("type", "str"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": option.get("choices"),
            "elements": option.get("elements"),
            "aliases": sorted(option.get("aliases", [])),
            "options": as_documented(option["options"]) if option.get("options") else None,
        }
        for name, option in spec.items()
    }


def documented(options):
    """The options of a DOCUMENTATION in the shape of `as_documented`."""
    return {
        name: {
            "type": option.get("type", "str"),
            "required": option.get("required", False),
            "default": option.get("default"),
            "choices": option.get("choices"),
            "elements": option.get("elements"),
            "aliases": sorted(option.get("aliases", [])),
            "options": documented(option["suboptions"]) if option.get("suboptions") else None,
        }
        for name, option in options.items()
    }


@pytest.mark.parametrize("name", NAMES)
def test_documented_options_are_those_of_the_argument_spec(name, module_docs, monkeypatch):
    spec, options = spec_of(name, monkeypatch)
    assert documented(module_docs[name]["doc"]["options"]) == as_documented(spec)
    assert options.get("supports_check_mode")


@pytest.mark.parametrize("name", NAMES)
def test_examples_use_the_module_with_options_that_it_has(name, module_docs):
    examples = yaml.safe_load(module_docs[name]["examples"])
    known = module_docs[name]["doc"]["options"]
    assert examples
    for task in examples:
        assert task["name"]
        assert set(task) <= {"name", name, "register"}
        assert set(task[name]) <= set(known)
        assert {option for option in known if known[option].get("required")} <= set(task[name])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_returned_is_described(name, module_docs):
    returned = module_docs[name]["return"]
    assert returned
    for key, value in returned.items():
        assert value["description"], key
        assert value["returned"], key
        assert value["type"], key
