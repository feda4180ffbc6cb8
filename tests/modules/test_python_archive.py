"""Byte-stable archives of code and of locked packages; the packages come from a folder of wheels, not from the net."""

import base64
import hashlib
import os
import zipfile

import pytest

from tests.modules.runner import done, load, refused


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "function"
    (folder / "helpers").mkdir(parents=True)
    (folder / "handler.py").write_text("import helpers\n")
    (folder / "core.py").write_text("ANSWER = 42\n")
    (folder / "helpers" / "__init__.py").write_text("")
    (folder / "notes.txt").write_text("no code")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "core.cpython-312.pyc").write_bytes(b"\0")
    return folder


def build(folder, **options):
    """Build folder/made.zip; returns what the module told."""
    return done("python_archive", dest=str(folder / "made.zip"), **options)


def test_only_python_files_go_in_at_the_root(source, tmp_path):
    made = build(tmp_path, source=str(source))
    assert made.changed
    with zipfile.ZipFile(tmp_path / "made.zip") as archive:
        assert archive.namelist() == ["core.py", "handler.py", "helpers/__init__.py"]
        assert archive.read("core.py") == b"ANSWER = 42\n"
    data = (tmp_path / "made.zip").read_bytes()
    assert made.result["sha256"] == hashlib.sha256(data).hexdigest()
    assert made.result["code_sha256"] == base64.b64encode(hashlib.sha256(data).digest()).decode()
    assert made.result["unzipped_bytes"] == len("ANSWER = 42\n") + len("import helpers\n")


def test_packages_go_in_below_their_names_with_their_data(source, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "__init__.py").write_text("")
    made = build(tmp_path, folders=[str(source), str(other)])
    with zipfile.ZipFile(tmp_path / "made.zip") as archive:
        inside = ["function/core.py", "function/handler.py", "function/helpers/__init__.py", "function/notes.txt", "other/__init__.py"]
        assert archive.namelist() == inside
    assert not build(tmp_path, folders=[str(other), str(source)]).changed
    (source / "notes.txt").write_text("other data")
    again = build(tmp_path, folders=[str(source), str(other)])
    assert again.result["sha256"] != made.result["sha256"]
    refused("python_archive", f"folders has '{tmp_path}/none'", dest=str(tmp_path / "a.zip"), folders=[str(tmp_path / "none")])


def test_bytes_depend_on_content_alone(source, tmp_path):
    """Neither on times, nor on the order of creation, modes, umask or the folder's name."""
    first = build(tmp_path, source=str(source)).result["sha256"]
    other = tmp_path / "elsewhere"
    (other / "helpers").mkdir(parents=True)
    old = os.umask(0o077)
    try:
        for name in ("helpers/__init__.py", "handler.py", "core.py"):
            (other / name).write_bytes((source / name).read_bytes())
            os.utime(other / name, (1, 1))
        (other / "core.py").chmod(0o755)
        (tmp_path / "second").mkdir()
        second = build(tmp_path / "second", source=str(other)).result["sha256"]
    finally:
        os.umask(old)
    assert first == second


def test_bytes_do_not_depend_on_the_order_in_which_a_disk_lists_files(source, tmp_path):
    files = load("python_archive").source_files(source)
    assert len(files) == 3
    for name, listed in (("one", files), ("two", files[::-1])):
        load("python_archive").write_zip(tmp_path / name, listed)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_an_unchanged_archive_is_not_touched(source, tmp_path):
    build(tmp_path, source=str(source))
    os.utime(tmp_path / "made.zip", (1, 1))
    for check in (True, False):
        assert not done("python_archive", check, dest=str(tmp_path / "made.zip"), source=str(source)).changed
    assert (tmp_path / "made.zip").stat().st_mtime == 1
    (source / "core.py").write_text("ANSWER = 43\n")
    assert build(tmp_path, source=str(source)).changed
    assert not build(tmp_path, source=str(source)).changed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["function", "made.zip"]


def test_what_is_no_function_is_refused(tmp_path):
    refused("python_archive", f"source '{tmp_path}/none' is not a folder", dest=str(tmp_path / "a.zip"), source=str(tmp_path / "none"))
    (tmp_path / "empty").mkdir()
    refused("python_archive", "holds no Python file", dest=str(tmp_path / "a.zip"), source=str(tmp_path / "empty"))
    refused("python_archive", "one of the following is required: source, folders, requirements", dest=str(tmp_path / "a.zip"))
    assert not (tmp_path / "a.zip").exists()


def test_too_large_an_archive_is_refused_and_the_old_one_stays(source, tmp_path):
    old = build(tmp_path, source=str(source)).result["sha256"]
    (source / "core.py").write_text("#" * 1000)
    too_large = {"dest": str(tmp_path / "made.zip"), "source": str(source), "max_unzipped_bytes": 1000}
    refused("python_archive", "made.zip unzips to 1015 bytes; the limit is 1000", **too_large)
    assert hashlib.sha256((tmp_path / "made.zip").read_bytes()).hexdigest() == old


# -- packages


class Wheels:
    """A folder of wheels that stands for the package index, and a lock file of one of them."""

    def __init__(self, folder):
        self.folder, self.lock = folder / "wheels", folder / "layer.txt"
        self.folder.mkdir()

    def publish(self, version, files):
        """Put a wheel of the package `answer` there, and lock it."""
        meta = f"answer-{version}.dist-info"
        path = self.folder / f"answer-{version}-py3-none-any.whl"
        contents = {
            **files,
            f"{meta}/METADATA": f"Metadata-Version: 2.1\nName: answer\nVersion: {version}\n",
            f"{meta}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        contents[f"{meta}/RECORD"] = "".join(f"{name},,\n" for name in [*contents, f"{meta}/RECORD"])
        with zipfile.ZipFile(path, "w") as wheel:
            for name, text in contents.items():
                wheel.writestr(name, text)
        self.lock.write_text(f"answer=={version} \\\n    --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n")


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    made = Wheels(tmp_path)
    for name, value in {"UV_NO_INDEX": "1", "UV_OFFLINE": "1", "UV_FIND_LINKS": str(made.folder), "UV_NO_CACHE": "1"}.items():
        monkeypatch.setenv(name, value)
    made.publish("1.0", {"answer/__init__.py": "ANSWER = 42\n", "answer/tests/test_it.py": "", "answer/native.so": "elf"})
    return made


def names(folder):
    with zipfile.ZipFile(folder / "made.zip") as archive:
        return [name for name in archive.namelist() if ".dist-info/" not in name]


def test_packages_go_below_the_layers_folder_without_what_is_excluded(wheels, source, tmp_path):
    build(tmp_path, requirements=str(wheels.lock), exclude=["answer/tests/*"])
    assert names(tmp_path) == ["python/answer/__init__.py", "python/answer/native.so"]
    build(tmp_path, requirements=str(wheels.lock), source=str(source), packages_folder="lib", exclude=["*.so", "*/tests/*"])
    assert names(tmp_path) == ["core.py", "handler.py", "helpers/__init__.py", "lib/answer/__init__.py"]


def test_packages_are_fetched_again_only_when_what_is_wanted_changed(wheels, tmp_path, monkeypatch):
    fetched, install = [], load("python_archive").install_packages

    def noted(*arguments):
        fetched.append(arguments)
        install(*arguments)

    monkeypatch.setattr(load("python_archive"), "install_packages", noted)
    first = build(tmp_path, requirements=str(wheels.lock))
    assert not build(tmp_path, requirements=str(wheels.lock)).changed
    assert len(fetched) == 1

    assert build(tmp_path, requirements=str(wheels.lock), exclude=["*.so"]).changed
    assert build(tmp_path, requirements=str(wheels.lock)).result["sha256"] == first.result["sha256"]
    assert len(fetched) == 3

    wheels.publish("1.1", {"answer/__init__.py": "ANSWER = 43\n"})
    assert build(tmp_path, requirements=str(wheels.lock)).changed
    assert len(fetched) == 4

    (tmp_path / "made.zip").write_bytes(b"somebody wrote here")
    assert build(tmp_path, requirements=str(wheels.lock)).changed
    assert not build(tmp_path, requirements=str(wheels.lock)).changed
    assert len(fetched) == 5


def test_a_wheel_that_is_not_what_was_locked_is_refused(wheels, tmp_path):
    locked = wheels.lock.read_text()
    wheels.publish("1.0", {"answer/__init__.py": "import os  # something else\n"})
    wheels.lock.write_text(locked)
    options = {"dest": str(tmp_path / "made.zip"), "requirements": str(wheels.lock)}
    outcome = refused("python_archive", f"uv could not fetch the packages of {wheels.lock}", "ash mismatch", **options)
    assert locked.partition("sha256:")[2].strip() in outcome.msg
    assert not (tmp_path / "made.zip").exists()


def test_a_package_without_a_hash_or_a_wheel_is_refused(wheels, tmp_path):
    options = {"dest": str(tmp_path / "made.zip"), "requirements": str(wheels.lock)}
    wheels.lock.write_text("answer==1.0\n")
    refused("python_archive", "uv could not fetch", "hash", **options)
    wheels.lock.write_text(f"nobody==1.0 --hash=sha256:{'0' * 64}\n")
    refused("python_archive", "uv could not fetch", "nobody", **options)
    refused("python_archive", "none.txt", dest=options["dest"], requirements=str(tmp_path / "none.txt"))
