"""The templates of a play are compiled before its workers fork, and mean what they mean without that."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible._internal._templating import _jinja_bits
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible.playbook.play import Play
from ansible.template import Templar, trust_as_template
from ansible.vars.manager import VariableManager

from tests.local_cloud import ROOT
from tests.unit.plugins.plugin_files import load

templates = load("callback", "templates")

# Backslashes mean something else in a condition than in a template, and an error names what is undefined.
PLAY = r"""
- hosts: all
  gather_facts: false
  environment: {WHO: "{{ greeting }}"}
  vars:
    greeting: "hello {{ inventory_hostname }}"
    words: ["{{ greeting | upper }}", '{{ "a.b" | regex_replace("\.", "-") }}', "{{ {'nested': greeting} | to_json }}"]
  tasks:
    - ansible.builtin.debug: {msg: "{{ item }} {{ words }}"}
      loop: "{{ [greeting] }}"
      when: '"a.b" is match("a\.b") and greeting is search(inventory_hostname)'
    - ansible.builtin.debug: {msg: "{{ greeting }} {{ not_there }}"}
      ignore_errors: true
    - ansible.builtin.debug: {msg: "{{ greeting | no_such_filter }}"}
      ignore_errors: true
"""


@pytest.fixture
def remembered(monkeypatch):
    """What was compiled, at first nothing."""
    monkeypatch.setattr(templates, "compiled", {})
    monkeypatch.setattr(_jinja_bits.AnsibleEnvironment, "compile", templates.compile_once)
    return templates.compiled


def render(text, **variables):
    trusted = {name: trust_as_template(value) for name, value in variables.items()}
    return Templar(loader=DataLoader(), variables=trusted).template(trust_as_template(text))


def test_a_text_is_compiled_once_whatever_it_comes_to(remembered):
    assert [render("{{ name }}!", name=name) for name in ("Ada", "Bob")] == ["Ada!", "Bob!"]
    assert [text for text, *_ in remembered] == ["{{ name }}!"]


def test_a_text_whose_backslashes_mean_something_else_is_another_one(remembered):
    text = trust_as_template('{{ "a\\tb" }}')
    templar = Templar(loader=DataLoader(), variables={})
    assert templar.template(text) == "a\\tb"
    assert templar.template(text, escape_backslashes=False) == "a\tb"
    assert templar.template(text) == "a\\tb"


def test_before_a_play_the_templates_of_its_hosts_roles_and_environment_are_compiled(remembered):
    loader = DataLoader()
    inventory = InventoryManager(loader=loader, sources=[str(ROOT / "inventory" / "local.yml")])
    manager = VariableManager(loader=loader, inventory=inventory)
    data = {"hosts": "pipelines", "gather_facts": False, "roles": ["sqs"], "environment": trust_as_template("{{ aws_environment }}")}
    play = Play.load(data, variable_manager=manager, loader=loader)
    templates.CallbackModule().v2_playbook_on_play_start(play)
    known = {text for text, *_ in remembered}
    tasks = (ROOT / "roles" / "sqs" / "tasks" / "main.yml").read_text()
    assert "{{ aws_environment }}" in known
    assert "{{ localcloud_url }}" in known  # of group_vars
    assert "{{ name_prefix }}orders-failed-events" in known  # of host_vars
    assert any(text in tasks for text in known)


def test_a_play_says_the_same_with_it_and_without(tmp_path):
    play = tmp_path / "play.yml"
    play.write_text(PLAY)
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "a,b,", "-c", "local", str(play)]

    def run(warm):
        environment = os.environ | {"HEADWATER_WARM": warm, "ANSIBLE_NOCOLOR": "1"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, sorted(done.stdout.splitlines()), sorted(done.stderr.splitlines())

    code, said, errors = run("1")
    assert (code, said, errors) == run("0")
    assert code == 0, said
    assert any("HELLO A" in line for line in said)
    assert any("not_there" in line for line in errors + said)
