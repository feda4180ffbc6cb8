#!/usr/bin/python
"""Have a certificate on a server: one that was given, or a self-signed one whose key never leaves."""

DOCUMENTATION = r"""
module: tls_certificate
short_description: Have a certificate on a server, given or self-signed
description:
  - Without a given certificate, make a key and a self-signed certificate with the server's names. The key stays as long as it is there;
    the certificate is made anew when it lacks a name, belongs to another key, or ends within I(renew_days).
  - With a given one, put it there after a look at it.
  - Works with the C(openssl) program. Runs on a server.
options:
  certificate_path:
    description: File of the certificate, in PEM.
    type: path
    required: true
  key_path:
    description: File of the key, in PEM.
    type: path
    required: true
  group:
    description: Group that may read the key.
    type: str
    default: root
  names:
    description: Names and addresses for a self-signed certificate, the first as its subject.
    type: list
    elements: str
    default: []
  certificate:
    description: Text of a given certificate, its chain after it.
    type: str
    default: ""
  key:
    description: Text of the given certificate's key.
    type: str
    default: ""
  days:
    description: How long a self-signed one is good.
    type: int
    default: 397
  renew_days:
    description: How long before its end it is made anew.
    type: int
    default: 30
author: Headwater
"""

EXAMPLES = r"""
- name: The certificate is there
  tls_certificate:
    certificate_path: /etc/headwater-dashboard/tls/certificate.pem
    key_path: /etc/headwater-dashboard/tls/key.pem
    group: headwater-dashboard
    names: [203.0.113.7, dashboard.example.org]
"""

RETURN = r"""
fingerprint: {description: "SHA-256 of the certificate; empty where it is yet to be made.", type: str, returned: always}
certificate: {description: The certificate in PEM., type: str, returned: always}
self_signed: {description: Whether it was made here., type: bool, returned: always}
"""

import ipaddress
import os
import re
import shutil
import subprocess
import tempfile

from ansible.module_utils.basic import AnsibleModule


class CertificateError(Exception):
    """What is wrong, in words for the user."""


def openssl(*words, **options):
    """Output of openssl; `text` is its input. None if it fails and `may_fail` is given."""
    done = subprocess.run(["openssl", *words], input=options.get("text"), capture_output=True, text=True, check=False)  # noqa: S603, S607 - words of ours
    if done.returncode:
        if options.get("may_fail"):
            return None
        raise CertificateError(f"openssl {words[0]} ended with {done.returncode}: {done.stderr.strip()[-800:]}")
    return done.stdout


def fingerprint(certificate):
    """SHA-256 of the (first) certificate in a PEM text; nothing if it is none."""
    return (openssl("x509", "-noout", "-fingerprint", "-sha256", text=certificate, may_fail=True) or "").strip().partition("=")[2]


def names_of(certificate):
    """Names and addresses that it is good for."""
    shown = openssl("x509", "-noout", "-ext", "subjectAltName", text=certificate, may_fail=True) or ""
    return {name.strip() for name in re.findall(r"(?:DNS|IP Address):([^,\s]+)", shown)}


def belongs(certificate, key_path):
    """Is it this key's?"""
    own = openssl("x509", "-noout", "-pubkey", text=certificate, may_fail=True)
    return bool(own) and own == openssl("pkey", "-in", key_path, "-pubout", may_fail=True)


def lasts(certificate, days):
    """Is it good for that many days from now?"""
    return openssl("x509", "-noout", "-checkend", str(days * 86400), text=certificate, may_fail=True) is not None


def shortcomings(certificate, key_path, names, days):
    """Why a self-signed certificate has to be made anew, if it has."""
    if not certificate:
        return ["there is none"]
    found = []
    missing = sorted(set(names) - names_of(certificate))
    if missing:
        found.append("it lacks {}".format(", ".join(missing)))
    if not belongs(certificate, key_path):
        found.append("it belongs to another key")
    if not lasts(certificate, days):
        found.append(f"it ends within {days} days")
    return found


def check_given(certificate, key):
    """Raise if a given certificate cannot be used."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:  # mode 0600
        file.write(key)
        file.flush()
        if openssl("x509", "-noout", text=certificate, may_fail=True) is None:
            raise CertificateError("the given certificate is not one in PEM")
        if openssl("pkey", "-in", file.name, "-noout", "-passin", "pass:", may_fail=True) is None:
            raise CertificateError("the given key is not one in PEM without a passphrase")
        if not belongs(certificate, file.name):
            raise CertificateError("the given certificate and key do not belong together")
    if not lasts(certificate, 0):
        raise CertificateError(
            "the given certificate is past its end: {}".format(openssl("x509", "-noout", "-enddate", text=certificate).strip())
        )


def self_signed(names, key_path, days):
    """A new certificate's text."""
    kinds = [("IP:" if is_address(name) else "DNS:") + name for name in names]
    subject = "/CN=" + names[0][:64].replace("/", "")
    extensions = ["subjectAltName=" + ",".join(kinds), "basicConstraints=critical,CA:FALSE", "extendedKeyUsage=serverAuth"]
    added = [word for extension in extensions for word in ("-addext", extension)]
    # -config: the distribution's own would make it a certificate authority's.
    with tempfile.NamedTemporaryFile("w", suffix=".cnf") as settings:
        settings.write("[req]\ndistinguished_name=dn\n[dn]\n")
        settings.flush()
        return openssl(
            "req", "-x509", "-new", "-sha256", "-key", key_path, "-days", str(days), "-subj", subject, "-config", settings.name, *added
        )


def is_address(name):
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def read(path):
    """A file's text, or nothing."""
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def write(path, text, group):
    """Write a file at once, for root and that group."""
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    shutil.chown(path + ".new", group=group)
    os.chmod(path + ".new", 0o640)
    os.rename(path + ".new", path)


def provide(params):
    """Make what is missing; returns the certificate."""
    for path in (params["certificate_path"], params["key_path"]):
        os.makedirs(os.path.dirname(path), mode=0o755, exist_ok=True)
    if params["certificate"]:
        write(params["key_path"], params["key"], params["group"])
        write(params["certificate_path"], params["certificate"], params["group"])
        return params["certificate"]
    if openssl("pkey", "-in", params["key_path"], "-noout", may_fail=True) is None:
        write(params["key_path"], openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"), params["group"])
    certificate = self_signed(params["names"], params["key_path"], params["days"])
    write(params["certificate_path"], certificate, params["group"])
    return certificate


def main():
    """Compare, then act only on a difference."""
    module = AnsibleModule(
        {
            "certificate_path": {"type": "path", "required": True},
            "key_path": {"type": "path", "required": True},
            "group": {"default": "root"},
            "names": {"type": "list", "elements": "str", "default": []},
            "certificate": {"default": ""},
            "key": {"default": "", "no_log": True},
            "days": {"type": "int", "default": 397},
            "renew_days": {"type": "int", "default": 30},
        },
        required_together=[("certificate", "key")],
        supports_check_mode=True,
    )
    params = module.params
    if bool(params["certificate"]) != bool(params["key"]):
        module.fail_json(msg="A given certificate needs its key, and a key its certificate: only one of them was given")
    if not params["certificate"] and not params["names"]:
        module.fail_json(msg="A self-signed certificate needs names: the server's names and addresses")
    try:
        certificate = read(params["certificate_path"])
        if params["certificate"]:
            check_given(params["certificate"], params["key"])
            same = certificate == params["certificate"] and belongs(certificate, params["key_path"])
            problems = [] if same else ["another one was given"]
        else:
            problems = shortcomings(certificate, params["key_path"], params["names"], params["renew_days"])
        before = {"certificate": fingerprint(certificate)}
        if problems and not module.check_mode:
            certificate = provide(params)
        planned = problems and module.check_mode
        after = {"certificate": "a new one, since {}".format(", ".join(problems)) if planned else fingerprint(certificate)}
    except (CertificateError, OSError, LookupError) as error:
        module.fail_json(msg="The certificate {}: {}".format(params["certificate_path"], error))
    module.exit_json(
        changed=bool(problems),
        fingerprint="" if planned else after["certificate"],
        certificate="" if planned else certificate,
        self_signed=not params["certificate"],
        diff={"before": before, "after": after},
    )


if __name__ == "__main__":
    main()
