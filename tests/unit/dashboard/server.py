"""gunicorn with the dashboard's own configuration, for tests, with TLS and sign-in."""

import contextlib
import datetime
import ipaddress
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
from pathlib import Path

import psutil
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.local_cloud import free_port, wait_for
from tests.unit.dashboard.account import make_auth
from tests.unit.dashboard.sample import CONFIG

ROOT = Path(__file__).parents[3]


def make_certificate(folder):
    """(certificate, key): paths of a self-signed one for this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    no_password = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, no_password))
    return paths


class Server:
    """The dashboard on a port of its own; `environment` and `arguments` are added to its environment and to gunicorn's line.

    `settings` are added to its configuration.
    """

    def __init__(self, folder, *arguments, settings=None, **environment):
        self.folder, self.port, self.arguments = folder, free_port(), arguments
        self.log = folder / "server.log"
        self.certificate, key = make_certificate(folder)
        config = folder / "dashboard.json"
        config.write_text(json.dumps(CONFIG | {"auth": make_auth(folder)} | (settings or {})))
        self.environment = os.environ | {
            "PYTHONPATH": str(ROOT),
            "DASHBOARD_CONFIG": str(config),
            "DASHBOARD_BIND": f"127.0.0.1:{self.port}",
            "DASHBOARD_TLS_CERT": str(self.certificate),
            "DASHBOARD_TLS_KEY": str(key),
            "TEST_FOLDER": str(folder),
            **environment,
        }
        self.tls = ssl.create_default_context(cafile=self.certificate)

    def run(self):
        command = [sys.executable, "-m", "gunicorn", "--config", str(ROOT / "files" / "dashboard" / "gunicorn.conf.py")]
        command += [*self.arguments, "tests.unit.dashboard.served:app()"]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=self.folder, env=self.environment, stdout=log, stderr=log)
        return self

    def __enter__(self):
        self.run()
        try:
            wait_for(self.answers, f"the dashboard's start: {self.log.read_text()}", 30)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        children = psutil.Process(self.process.pid).children() if self.process.poll() is None else []
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for child in children:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.send_signal(signal.SIGKILL)

    def worker(self):
        """The worker's process id; None where there is none."""
        children = psutil.Process(self.process.pid).children()
        return children[0].pid if children else None

    def connect(self, address="127.0.0.1", tls=True, timeout=10):
        """A socket from one of this machine's addresses."""
        raw = socket.create_connection(("127.0.0.1", self.port), timeout, (address, 0))
        try:
            return self.tls.wrap_socket(raw, server_hostname="localhost") if tls else raw
        except BaseException:
            raw.close()
            raise

    def get(self, path="/healthz", address="127.0.0.1", headers="", timeout=10):
        """(status, head, body) of a request on a connection of its own."""
        with self.connect(address, timeout=timeout) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n".encode())
            return parse(read_all(connection))

    def answers(self):
        """Whether it serves; False while it does not."""
        if self.process.poll() is not None:
            raise AssertionError(f"the dashboard ended: {self.log.read_text()}")
        with contextlib.suppress(OSError, ValueError):
            return self.get(timeout=2)[0] == 200
        return False


def read_all(connection):
    """All that comes until the other side ends."""
    parts = []
    while part := connection.recv(65536):
        parts.append(part)
    return b"".join(parts)


def parse(answer):
    """(status, head, body) of an answer's bytes."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), head.decode("latin-1"), body
