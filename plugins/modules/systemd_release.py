#!/usr/bin/python
"""Put a release of a service into use behind a health check."""

DOCUMENTATION = r"""
module: systemd_release
short_description: Put a release of a service into use behind a health check
description:
  - Unpack a release below I(root)C(/releases), try it as a candidate (a unit with the same text, but I(candidate_environment)),
    and only when that answers point I(root)C(/current) to it and restart the service.
    Where the service then does not answer, the former release and unit come back.
  - A failure has the last lines of the journal. The candidate is removed either way.
  - A service that does not run, or does not answer, or whose files were changed is put right with a restart.
  - Runs on a server, as root.
options:
  name:
    description: Name of the service, without C(.service).
    type: str
    required: true
  root:
    description: Folder of releases; the unit's text says I(root)C(/current) for the one in use.
    type: path
    required: true
  archive:
    description: Tar of the release, on the server.
    type: path
    required: true
  source:
    description: The archive on the side of who deploys; it is sent to I(archive) where that one is needed and is not this one.
    type: path
    default: ""
  sha256:
    description: Digest of I(source). The action plugin sets it.
    type: str
    default: ""
  sent:
    description: Where I(source) lies on the server, once it was sent. The action plugin sets it.
    type: path
    default: ""
  release:
    description: Name of the release, which tells its content.
    type: str
    required: true
  group:
    description: Group that may read the release.
    type: str
    default: root
  unit:
    description: Text of the unit's file.
    type: str
    required: true
  health_url:
    description: Address that answers 200 when the service is well (its certificate is not looked at); empty to ask only if it is active.
    type: str
    default: ""
  candidate_environment:
    description: What the candidate's environment has otherwise, such as its port.
    type: dict
    default: {}
  candidate_health_url:
    description: The same of the candidate; empty for no candidate, where two at a time would do harm.
    type: str
    default: ""
  timeout:
    description: Seconds in which either must answer.
    type: int
    default: 30
  release_variable:
    description: Environment variable that gets the release's name, in the release's file C(release.env); empty for none.
    type: str
    default: ""
  keep:
    description: Releases that are kept, the one in use included; environments in I(root)C(/venvs) that none of them uses go with them.
    type: int
    default: 3
author: Headwater
"""

EXAMPLES = r"""
- name: The release is in use
  systemd_release:
    name: headwater-dashboard
    root: /opt/headwater-dashboard
    archive: /opt/headwater-dashboard/release.tar
    source: .cache/releases/dashboard-0123456789ab.tar
    release: 0123456789ab
    unit: "{{ lookup('template', 'dashboard.service.j2') }}"
    health_url: https://127.0.0.1:5000/healthz
    candidate_environment: {DASHBOARD_BIND: "127.0.0.1:5999"}
    candidate_health_url: https://127.0.0.1:5999/healthz
"""

RETURN = r"""
release: {description: The release in use., type: str, returned: always}
restarted: {description: Whether the service was started or restarted., type: bool, returned: always}
needs_archive: {description: That I(source) has to be sent first; nothing was done., type: bool, returned: then}
"""

import os
import shutil
import ssl
import subprocess
import tarfile
import time
import urllib.error
import urllib.request

from ansible.module_utils import sent_archive
from ansible.module_utils.basic import AnsibleModule

UNITS = "/etc/systemd/system"
CANDIDATES = "/run/systemd/system"  # gone after a reboot
LINES = 30  # of the journal, in an error
PATIENCE = 10  # seconds for a service that was found not to answer


class ReleaseError(Exception):
    """What is wrong, in words for the user."""


def systemctl(*words, **options):
    """(exit code, output) of systemctl."""
    done = subprocess.run(["systemctl", *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)  # noqa: S603, S607 - words of ours
    if done.returncode and options.get("must"):
        raise ReleaseError("systemctl {} ended with {}: {}".format(" ".join(words), done.returncode, done.stdout.strip()))
    return done.returncode, done.stdout.strip()


def health(url):
    """None when it answers 200 or there is nothing to ask, else what it does instead."""
    if not url:
        return None
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE  # our own process, whose certificate may be for another name
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=trusting))
    try:
        with direct.open(url, timeout=5) as answer:
            return None if answer.status == 200 else f"answers {answer.status}"
    except urllib.error.HTTPError as error:
        return f"answers {error.code}"
    except (OSError, ValueError) as error:
        return "does not answer ({})".format(getattr(error, "reason", error))


def journal(unit, since):
    """The last lines that a unit wrote since that time."""
    subprocess.run(["journalctl", "--sync"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S607 - the last lines may be on their way
    words = ["journalctl", "--unit", unit, "--since", f"@{since}", "--output", "cat", "--no-pager", "--quiet"]
    said = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False).stdout.strip()  # noqa: S603 - words of ours
    return "\n".join(said.split("\n")[-LINES:])  # before systemd 254, --lines along with --since gives the first ones


class Service:
    """The service, its releases and its unit."""

    def __init__(self, params):
        self.name, self.root, self.release, self.unit = (params[key] for key in ("name", "root", "release", "unit"))
        self.params = params
        self.current = os.path.join(self.root, "current")
        self.folder = os.path.join(self.root, "releases", self.release)
        self.file = os.path.join(UNITS, f"{self.name}.service")
        self.candidate = f"{self.name}-candidate"

    # -- what is there

    def describe(self):
        """Release, unit and state as they are."""
        return {
            "release": self.used(),
            "files": "as released" if self.intact() else "missing or changed",
            "unit": read(self.file),
            "enabled": systemctl("is-enabled", self.name)[1] == "enabled",
            "health": self.state(),
        }

    def wanted(self):
        """The same as it should be."""
        return {"release": self.release, "files": "as released", "unit": self.unit, "enabled": True, "health": "well"}

    def used(self):
        """Name of the release in use, or nothing."""
        return os.path.basename(os.readlink(self.current)) if os.path.islink(self.current) else ""

    def state(self):
        """Is it active, with the unit's text that lies there, and does it answer?"""
        deadline = time.monotonic() + PATIENCE
        while (active := systemctl("is-active", self.name)[1]) in ("active", "activating"):
            problem = health(self.params["health_url"]) if self.params["health_url"] or active == "active" else "does not get ready"
            if not problem or time.monotonic() > deadline:
                return problem or "well"
            time.sleep(0.2)  # it may just be coming up, after a reboot for instance
        return "does not run"

    def intact(self):
        """Are the release's files those of the archive, and is that the one that was asked for?"""
        if sent_archive.lacks(self.params):
            return False
        try:
            with tarfile.open(self.params["archive"]) as tar:
                return all(self.same(tar, member) for member in tar.getmembers())
        except (OSError, tarfile.TarError):
            return False

    def same(self, tar, member):
        path = os.path.join(self.folder, member.name)
        if member.issym():
            return os.path.islink(path) and os.readlink(path) == member.linkname
        if not os.path.isfile(path) or os.path.getsize(path) != member.size:
            return False
        with open(path, "rb") as file:
            return file.read() == tar.extractfile(member).read()

    # -- what is done

    def unpack(self):
        """Lay the release out; it is there as a whole or not at all."""
        beside = f"{self.folder}.new"
        for folder in (beside, self.folder):
            shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(beside)
        with tarfile.open(self.params["archive"]) as tar:
            for member in tar.getmembers():
                if member.name.startswith("/") or ".." in member.name.split("/") or not (member.isfile() or member.issym()):
                    raise ReleaseError(
                        "{} holds {!r}, which is neither a file nor a link below it".format(self.params["archive"], member.name)
                    )
            tar.extraction_filter = getattr(tarfile, "fully_trusted_filter", None)  # older Pythons have none
            tar.extractall(beside)  # noqa: S202 - every member was looked at
        with open(os.path.join(beside, "release.env"), "w") as file:
            file.write("{}={}\n".format(self.params["release_variable"], self.release) if self.params["release_variable"] else "")
        for folder, folders, files in os.walk(beside):
            for path in [folder, *(os.path.join(folder, name) for name in (*folders, *files))]:
                if not os.path.islink(path):
                    shutil.chown(path, "root", self.params["group"])
                    os.chmod(path, 0o750 if os.path.isdir(path) else 0o640)
        os.rename(beside, self.folder)

    def try_candidate(self):
        """Start the release under another name and port, and ask it; raises with its last words."""
        text = self.unit.replace(self.current + "/", self.folder + "/")
        if text == self.unit:
            raise ReleaseError(f"the unit of {self.name} never says {self.current}/, so that a candidate would be the release in use")
        otherwise = "".join('Environment="{}={}"\n'.format(*item) for item in sorted(self.params["candidate_environment"].items()))
        # A candidate that ends is a failure at once. Sections may be repeated, and the last assignment of a variable counts.
        text += "\n[Service]\nRestart=no\n" + otherwise
        os.makedirs(CANDIDATES, exist_ok=True)
        file = os.path.join(CANDIDATES, f"{self.candidate}.service")
        began = int(time.time())
        try:
            write(file, text)
            systemctl("daemon-reload", must=True)
            problem = self.started(
                self.candidate, self.params["candidate_health_url"], "restart"
            )  # one of a run that was killed may be there
            if problem:
                raise ReleaseError(f"release {self.release} {problem} as a candidate.{last_words(self.candidate, began)}")
        finally:
            systemctl("stop", self.candidate)
            systemctl("reset-failed", self.candidate)
            if os.path.exists(file):
                os.unlink(file)
            systemctl("daemon-reload")

    def started(self, unit, url, verb):
        """Start or restart a unit and wait until it answers; None, or what is wrong."""
        if systemctl(verb, unit)[0]:
            return "did not start"
        problem, deadline = "", time.monotonic() + self.params["timeout"]
        while time.monotonic() < deadline:
            restarts = systemctl("show", "--property=NRestarts", "--value", unit)[1]
            if restarts not in ("", "0") or systemctl("is-active", unit)[1] in ("inactive", "failed"):
                return "ended"  # one that is still ending has still something to say
            problem = health(url)
            if not problem:
                return None
            time.sleep(0.1)
        return "{} after {} s".format(problem, self.params["timeout"])

    def switch(self, release, unit):
        """Point to the release, with that unit, and restart; None, or what is wrong."""
        link(self.current, os.path.join("releases", release))
        if read(self.file) != unit:
            write(self.file, unit)
        systemctl("daemon-reload", must=True)
        systemctl("enable", "--quiet", self.name, must=True)
        systemctl("reset-failed", self.name)
        return self.started(self.name, self.params["health_url"], "restart")

    def put_into_use(self, before):
        """Unpack, try, switch; back to the former release where the new one does not answer in its place."""
        if before["files"] != "as released":
            self.unpack()
        new = (before["release"], before["unit"]) != (self.release, self.unit) or before["files"] != "as released"
        if new and self.params["candidate_health_url"]:
            self.try_candidate()
        began = int(time.time())
        problem = self.switch(self.release, self.unit)
        if problem:
            words = last_words(self.name, began)
            back = ""
            if before["release"] and before["unit"] and (before["release"], before["unit"]) != (self.release, self.unit):
                again = self.switch(before["release"], before["unit"])
                back = " Release {} is in use again{}.".format(before["release"], f", but {again}" if again else "")
            raise ReleaseError(f"release {self.release} {problem} in its place.{back}{words}")

    def prune(self):
        """Forget old releases and the environments that only they used."""
        releases, venvs = os.path.join(self.root, "releases"), os.path.join(self.root, "venvs")
        byage = sorted(os.listdir(releases), key=lambda name: os.lstat(os.path.join(releases, name)).st_mtime, reverse=True)
        kept = [self.release, *(name for name in byage if name != self.release and not name.endswith(".new"))][: self.params["keep"]]
        for name in byage:
            if name not in kept:
                shutil.rmtree(os.path.join(releases, name))
        used = {os.path.basename(os.path.realpath(os.path.join(releases, name, "venv"))) for name in kept}
        for name in os.listdir(venvs) if os.path.isdir(venvs) else []:
            if name not in used:
                shutil.rmtree(os.path.join(venvs, name))


def last_words(unit, began):
    """The journal's last lines as a message's end."""
    return "\nLast lines of its journal:\n%s" % (journal(unit, began) or "(none)")


def read(path):
    """A file's text, or nothing."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def write(path, text):
    """Write a file at once."""
    with open(path + ".new", "w") as file:
        file.write(text)
    os.chmod(path + ".new", 0o644)
    os.rename(path + ".new", path)


def link(path, target):
    """Point a symbolic link somewhere else at once."""
    if os.path.lexists(path + ".new"):
        os.unlink(path + ".new")
    os.symlink(target, path + ".new")
    os.rename(path + ".new", path)


def main():
    """Compare, then act only on a difference."""
    module = AnsibleModule(
        {
            "name": {"required": True},
            "root": {"type": "path", "required": True},
            **sent_archive.OPTIONS,
            "release": {"required": True},
            "group": {"default": "root"},
            "unit": {"required": True},
            "health_url": {"default": ""},
            "candidate_environment": {"type": "dict", "default": {}},
            "candidate_health_url": {"default": ""},
            "timeout": {"type": "int", "default": 30},
            "release_variable": {"default": ""},
            "keep": {"type": "int", "default": 3},
        },
        supports_check_mode=True,
    )
    service = Service(module.params)
    before, after = service.describe(), service.wanted()
    changed, restarted = before != after, False
    if changed and not module.check_mode:
        if sent_archive.lacks(module.params) and not module.params["sent"]:
            module.exit_json(changed=False, needs_archive=True)
        try:
            with sent_archive.alone(module.params):
                sent_archive.take(module.params)
                there = service.describe()
                if there != after:  # after a release that failed, the one in use lacks no more than its archive
                    service.put_into_use(there)
                    service.prune()
                    restarted = True
        except (ReleaseError, OSError, LookupError, tarfile.TarError) as error:
            module.fail_json(msg=f"{service.name}: {error}", release=service.used())
    before, after = ({**side, "unit": side["unit"].split("\n")} for side in (before, after))  # as lines, for the eye
    module.exit_json(changed=changed, restarted=restarted, release=service.release, diff={"before": before, "after": after})


if __name__ == "__main__":
    main()
