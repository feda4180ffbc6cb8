"""Layers unpacked once: MiniStack unpacks them anew for each environment of a function, 130 MB a time for pyarrow."""

import hashlib
import io
import os
import shutil
import tempfile
import zipfile

#: Where a layer's Python packages lie in its archive; other contents cannot be shared by a path entry.
PACKAGES = "python/"
SITE = "python/lib/python3/site-packages/shared-layer.pth"


def reference(archive, folder):
    """A small archive that makes the layer's packages importable from one unpacked copy below `folder`.

    `archive`: the layer's zip, bytes. A layer with anything but Python packages comes back as it is.
    """
    with zipfile.ZipFile(io.BytesIO(archive)) as layer:
        if not all(name.startswith(PACKAGES) for name in layer.namelist()):
            return archive
        unpacked = folder / hashlib.sha256(archive).hexdigest()
        if not unpacked.exists():
            _unpack(layer, unpacked)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as small:
        small.writestr(SITE, f"{unpacked / 'python'}\n")
    return made.getvalue()


def _unpack(layer, target):
    """Unpack beside the target and put it in place at once, since environments start side by side."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = tempfile.mkdtemp(dir=target.parent)
    layer.extractall(part)
    try:
        os.rename(part, target)
    except OSError:
        shutil.rmtree(part)  # another thread was first
