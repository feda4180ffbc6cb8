"""A machine's disk: a layer of its own over the shared base."""

import os
import shutil
from pathlib import Path

from localcloud.machines.commands import run


def create(folder, base):
    """Make the layers' folders under the machine's `folder`."""
    for name in ("upper", "work", "root"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    link = folder / "base"
    link.unlink(missing_ok=True)
    link.symlink_to(base)


def mount(folder):
    """Put the layers together at `folder`/root."""
    if not os.path.ismount(folder / "root"):
        # Relative names: a comma or colon in the folder's path would be taken for an option's end.
        run("mount", "-t", "overlay", "headwater-machine", "-o", "lowerdir=base,upperdir=upper,workdir=work", "root", cwd=folder)


def unmount(folder):
    root = folder / "root"
    if os.path.ismount(root):
        run("umount", root, check=False)
    if os.path.ismount(root):
        run("umount", "--lazy", root)


def remove(folder):
    """Remove the machine's folder; its disk must be unmounted."""
    if os.path.ismount(folder / "root"):
        unmount(folder)
    shutil.rmtree(Path(folder), ignore_errors=False)
