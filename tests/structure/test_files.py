"""Queries, functions, locks and everything else that lies in the repository."""

import ast
import json
import re
from importlib.resources import files as files_of_ansible
from pathlib import Path

import pytest

from tests.local_cloud import ROOT
from tests.structure.house import declared, files, inventory, read
from tests.unit.plugins.plugin_files import load

SQL_FOLDERS = sorted(path.name for path in (ROOT / "sql").iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", SQL_FOLDERS)
def test_queries_are_well_formed_and_belong_to_a_pipeline(folder):
    assert folder in inventory("local")["pipelines"]
    parser = load("lookup", "sql_queries").load_parser()
    queries = parser.load_folder(ROOT / "sql" / folder)
    kinds = {path.stem: parser.parse(path.read_text(), path).kind for path in (ROOT / "sql" / folder).glob("*.sql")}
    assert {query.name for query in queries} == {name for name, kind in kinds.items() if kind == "query"}
    assert all(query.description for query in queries)


@pytest.mark.parametrize("folder", [folder for folder in SQL_FOLDERS if (ROOT / "sql" / folder / "checks").is_dir()])
def test_checks_say_what_they_find_and_what_to_do(folder):
    checks = load("lookup", "sql_queries").load_parser().load_folder(ROOT / "sql" / folder / "checks", kind="check")
    assert {"error", "warning"} == {check.severity for check in checks}
    assert all(check.description and check.remedy for check in checks)
    assert any(check.name == "freshness" for check in checks)


def test_every_folder_of_queries_is_deployed():
    assert sorted(item["sql"] for _, item in declared("athena_named_queries")) == SQL_FOLDERS


LAMBDA = ROOT / "files" / "lambda"
FUNCTIONS = sorted({item["source"] for _, item in declared("lambda_functions")})
#: What several functions take along.
SHARED = {Path(folder).name for _, item in declared("lambda_functions") for folder in item.get("folders", []) if "lambda/" in folder}


def test_functions_and_their_folders_are_the_same():
    assert set(FUNCTIONS) | SHARED == {path.name for path in LAMBDA.iterdir() if path.is_dir()}
    for function in FUNCTIONS:
        for name in ("core.py", "handler.py"):
            assert (LAMBDA / function / name).is_file()


def imported(file, folders):
    """Files below `folders` that a file imports, and those that they import."""
    found, modules = {file}, set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            modules |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules |= {node.module, *(f"{node.module}.{name.name}" for name in node.names)}
    for module in modules:
        for path in (folder / f"{module.replace('.', '/')}.py" for folder in folders):
            found |= imported(path, folders) if path.is_file() else set()
    return found


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_functions_core_knows_neither_aws_nor_clock_nor_environment(function):
    files = imported(LAMBDA / function / "core.py", (LAMBDA / function, LAMBDA))
    text = "".join(path.read_text() for path in sorted(files))
    for word in ("boto3", "botocore", "os.environ", "getenv", "datetime.now", "time.time", "date.today", "utcnow"):
        assert word not in re.sub(r'""".*?"""|#[^\n]*', "", text, flags=re.DOTALL), word


def test_layers_are_locked_by_files_that_are_here():
    for _, item in declared("lambda_layers"):
        assert (ROOT / item["requirements"]).is_file()
    layers = {item["name"] for _, item in declared("lambda_layers")}
    assert {name for _, item in declared("lambda_functions") for name in item.get("layers", [])} <= layers


# -- locks

# A task's module, e.g. amazon.aws.ec2_instance_info.
COLLECTION = re.compile(r"^ +((?!ansible\.builtin)[a-z]+\.[a-z]+)\.[a-z0-9_]+:$", re.MULTILINE)


def pins(name):
    """{package: version} of a lock file; each has its hash."""
    text = (ROOT / "requirements" / name).read_text()
    found = dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, re.MULTILINE))
    entries = re.split(r"^(?=\S)", text, flags=re.MULTILINE)
    assert all("--hash=sha256:" in entry for entry in entries if "==" in entry.partition("\n")[0])
    return found


def test_locks_agree():
    run, dev, layer = pins("run.txt"), pins("dev.txt"), pins("layer.txt")
    assert run.items() <= dev.items(), "a package of run.txt has another version in dev.txt; make lock"
    assert layer.items() <= run.items(), "tests run with other versions than the layer's; make lock"
    assert "pyarrow" in layer


@pytest.mark.parametrize("name", ["run", "dev", "layer"])
def test_a_lock_has_what_its_input_names(name):
    lines = (ROOT / "requirements" / f"{name}.in").read_text().splitlines()
    wanted = {re.split(r"[\[=<>~! ]", line)[0].lower() for line in lines if line and not line.startswith(("#", "-"))}
    assert wanted <= set(pins(f"{name}.txt"))


def test_collections_are_pinned_as_the_ansible_package_brings_them():
    for collection in read("requirements.yml")["collections"]:
        manifest = files_of_ansible("ansible_collections") / collection["name"].replace(".", "/") / "MANIFEST.json"
        assert json.loads(manifest.read_text())["collection_info"]["version"] == collection["version"], collection["name"]
    named = {name for path in files() if re.match(r"roles/|playbooks/", path) for name in COLLECTION.findall((ROOT / path).read_text())}
    assert named <= {collection["name"] for collection in read("requirements.yml")["collections"]}


# -- what no file may hold

# Spelt with a class of one letter here and there, so that this file does not hold them itself.
FORBIDDEN = {
    "a path of somebody's machine": re.compile(r"/(?:[w]ork|[r]oot|[U]sers|[h]ome)/[A-Za-z]"),
    "a registry's or mirror's address": re.compile(
        r'[p]ypi\.org|python[h]osted\.org|[r]egistry\.npmjs|[f]ind-links|[i]ndex-url|"[r]esolved"'
    ),
    "a secret": re.compile(r"A[KS]IA[0-9A-Z]{16}|PRIVATE [K]EY-----\n"),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what):
    found = []
    for name in files():
        data = (ROOT / name).read_bytes()
        if b"\0" not in data:
            found += [f"{name}: {match[0]}" for match in FORBIDDEN[what].finditer(data.decode())]
    assert found == []


def test_every_text_file_ends_with_a_newline_and_has_no_trailing_blanks():
    found = []
    for name in files():
        data = (ROOT / name).read_bytes()
        if b"\0" in data or name.endswith((".svg", ".json")) or not data:
            continue
        if not data.endswith(b"\n") or data.endswith(b"\n\n"):
            found.append(f"{name}: its end")
        found += [f"{name}:{number}" for number, line in enumerate(data.decode().split("\n"), 1) if line != line.rstrip(" \t")]
    assert found == []


@pytest.mark.parametrize("name", [name for name in files() if name.startswith("plugins/") and name.endswith(".py")])
def test_every_plugin_file_says_what_it_is_for(name):
    text = (ROOT / name).read_text()
    assert re.match(r'(#![^\n]*\n)?"""[A-Z]', text)
    if not name.startswith(("plugins/action/", "plugins/doc_fragments/", "plugins/module_utils/")):  # which ansible-doc does not show
        assert "\nDOCUMENTATION = r" in text
