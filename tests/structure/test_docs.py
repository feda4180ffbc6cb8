"""What the documentation says of the repository is so: links, commands, names."""

import ast
import re
import shlex

import pytest
from jinja2 import Template

from tests.local_cloud import ROOT
from tests.structure.house import ROLES, declared, files, host_variables, inventory, read

PAGES = [name for name in files() if name.endswith(".md")]
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def text_of(name):
    return (ROOT / name).read_text()


def without_code(text):
    """A page without its fenced blocks and its code in the line."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL))


def anchors(text):
    """Anchors of a page's headings, as hosts of Git repositories make them."""
    headings = re.findall(r"^#+ +(.*)$", re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(name, text):
    """Relative links of a page that lead nowhere."""
    found = []
    for target in re.findall(r"\]\(([^)\s]+)\)", without_code(text)):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = ((ROOT / name).parent / path).resolve() if path else ROOT / name
        if not file.exists() or (anchor and anchor not in anchors(file.read_text())):
            found.append(target)
    return found


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name):
    assert broken_links(name, text_of(name)) == []


def test_a_broken_link_would_be_found():
    page = "[a](no-such-file.md) [b](docs/local-cloud.md#no-such-heading) [c](docs/local-cloud.md#athena) [d](https://example.org/x)"
    assert broken_links("README.md", page) == ["no-such-file.md", "docs/local-cloud.md#no-such-heading"]


# -- commands


def commands(text):
    """(program, its words) of every make, ansible-playbook and ansible-doc in code, blocks and lines alike."""
    code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^```(?:sh)?\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for line in (line for block in code for line in block.splitlines()):
        found = re.match(r"(?:\.venv/bin/)?(make|ansible-playbook|ansible-doc)\s+(.*?)\s*(?:#.*)?$", line)
        if found:
            yield found[1], shlex.split(found[2])


def unknown_words(program, words):
    """What a command names that is not in the repository."""
    if program == "make":
        targets = [word for word in words if "=" not in word and re.fullmatch(r"[\w./-]+", word)]
        return [word for word in targets if word not in TARGETS | {".venv/run.stamp", ".venv/dev.stamp"}]
    if program == "ansible-doc":
        return [words[-1]] if words[-1] not in {*MODULES, "NAME"} else []
    # The guide's own playbook and host are made by the guide; tests/docs runs them.
    unknown = [word for word in words if word.endswith(".yml") and not (ROOT / word).exists() and "upload-returns" not in word]
    for option, known in (("--tags", ROLES), ("--limit", hosts() | {"returns"})):
        unknown += [words[words.index(option) + 1]] if option in words and words[words.index(option) + 1] not in known else []
    return unknown


def hosts():
    """Names of the hosts of the local inventory."""
    return {host for group in inventory("local").values() for host in group}


@pytest.mark.parametrize("name", PAGES)
def test_commands_name_what_is_there(name):
    for program, words in commands(text_of(name)):
        assert unknown_words(program, words) == [], f"{program} {' '.join(words)}"


def test_the_readme_names_every_command_of_daily_use():
    said = {(program, words[0] if program == "make" else " ".join(words)) for program, words in commands(text_of("README.md"))}
    for target in ("up", "down", "test", "test-long", "lint", "bench"):
        assert ("make", target) in said
    for words in ("site.yml", "site.yml --check --diff", "site.yml --limit orders", "site.yml --tags glue", "teardown.yml"):
        assert ("ansible-playbook", words) in said
    assert "playbooks/upload-orders.yml -e orders_csv=FILE" in {words for program, words in said if program == "ansible-playbook"}


def test_an_unknown_command_would_be_found():
    assert unknown_words("make", ["nothing"]) == ["nothing"]
    assert unknown_words("ansible-playbook", ["nothing.yml", "--tags", "none"]) == ["nothing.yml", "none"]


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "docs/architecture.md", "docs/local-cloud.md"])
def test_paths_in_code_exist(name):
    folders = {path.partition("/")[0] for path in files() if "/" in path}
    for path in re.findall(r"`([\w.-]+/[\w./-]+)`", text_of(name)):
        if path.partition("/")[0] in folders:
            assert (ROOT / path).exists(), path


# -- names


def tables_first_cells(text):
    return {code for row in re.findall(r"^\| (`[^|]*) \|", text, re.MULTILINE) for code in re.findall(r"`([^`]+)`", row)}


def test_every_module_is_told_of_in_the_architecture_and_no_other():
    named = tables_first_cells(text_of("docs/architecture.md").partition("## Modules of ours")[2].partition("\n## ")[0])
    assert sorted(named) == MODULES


def test_every_filter_and_lookup_is_told_of_in_the_architecture():
    text = text_of("docs/architecture.md")
    for folder in ("filter", "lookup"):
        for path in (ROOT / "plugins" / folder).glob("*.py"):
            assert f"`{path.stem}`" in text


def test_every_mend_of_ministack_is_told_of():
    text = text_of("docs/local-cloud.md").partition("## What is mended in MiniStack")[2].partition("\n## ")[0]
    tree = ast.parse(text_of("localcloud/ministack_fixes.py"))
    mends = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)} - {"apply"}
    assert mends
    assert mends == tables_first_cells(text)
    for path in (ROOT / "localcloud").glob("*.py"):
        # Whoever reaches into MiniStack's modules, and the front's start, which only serves its application.
        reaches_in = re.search(r"^\s*from ministack\.(?!app )|^from localcloud.*\bministack_glue$", path.read_text(), re.MULTILINE)
        if reaches_in:
            assert f"`localcloud/{path.name}`" in text, path.name


def name_of(host, item):
    """An item's name on a host, with a prefix of nothing."""
    known = {**read("inventory/group_vars/all.yml"), **read("inventory/group_vars/pipelines.yml"), **host_variables()[host]}
    text = item["name"]
    while "{{" in text:
        text = Template(text).render(known, pipeline_slug=host.replace("_", "-"))
    return text


def test_the_readme_names_what_the_inventory_declares():
    text = text_of("README.md").partition("## What you get")[2].partition("\n## ")[0]
    options = (
        "athena_tables",
        "athena_workgroups",
        "budgets_budgets",
        "cloudwatch_dashboards",
        "ec2_key_pairs",
        "ec2_security_groups",
        "ec2_instances",
        "events_rules",
        "firehose_streams",
        "glue_crawlers",
        "glue_databases",
        "glue_jobs",
        "iam_roles",
        "kms_keys",
        "lambda_functions",
        "lambda_layers",
        "logs_groups",
        "sns_topics",
        "sqs_queues",
    )
    names = {name_of(host, item) for option in options for host, item in declared(option)}
    assert {"FilterAndProcessOrders", "orders-data-checks", "Transactions-Data-Checks-Role", "ecommerce_db", "headwater-alerts"} <= names
    assert {each for each in names if f"`{each}`" not in text} == set()


def test_the_picture_is_small():
    assert 10_000 < (ROOT / "docs" / "images" / "orders.png").stat().st_size < 250_000
