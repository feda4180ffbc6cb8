import json

import pytest
from dashboard_server.exposure import problem

LOCAL = [[("127.0.0.1", 5000)], [("::1", 5000)], [("localhost", 5000)], ["/run/dashboard.sock"]]
OPEN = [[("0.0.0.0", 443)], [("::", 443)], [("192.0.2.7", 443)], [("127.0.0.1", 1), ("0.0.0.0", 2)], [("dashboard.example", 443)], [3]]


@pytest.fixture
def config(tmp_path):
    def write(auth):
        path = tmp_path / "dashboard.json"
        path.write_text(json.dumps({"auth": auth}))
        return str(path)

    return write


@pytest.mark.parametrize("addresses", LOCAL)
def test_on_loopback_nothing_is_needed(config, addresses):
    assert problem(addresses, config(None), tls=False) is None


@pytest.mark.parametrize("addresses", OPEN)
def test_to_others_a_sign_in_and_tls_are_needed(config, addresses):
    assert "has no auth" in problem(addresses, config(None), tls=True)
    assert "in the clear" in problem(addresses, config({"user": "viewer"}), tls=False)
    assert problem(addresses, config({"user": "viewer"}), tls=True) is None
