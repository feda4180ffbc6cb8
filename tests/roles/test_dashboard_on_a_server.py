"""The roles ec2, ssh and dashboard against a machine of the local cloud, in the order of a server's life."""

import hashlib
import re
import ssl
import subprocess
import sys

import pytest

from tests.local_cloud import ROOT, wait_for
from tests.roles import browsing
from tests.roles.server import UNIT, Server, shown_fingerprint, shown_password, why_no_machines

pytestmark = [pytest.mark.timeout(600), pytest.mark.skipif(why_no_machines() != "", reason=why_no_machines())]
KEYS = r"A[KS]IA[0-9A-Z]\{16\}\|aws_secret_access_key *=\|AWS_SECRET_ACCESS_KEY=."


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("server"))
    yield made
    made.play("playbooks/stop-localcloud.yml")


@pytest.fixture(scope="module")
def planned(server):
    """The run in check mode, before anything is there."""
    return server.play("site.yml", "--check").succeeded()


@pytest.fixture(scope="module")
def deployed(server, planned):
    """The first deployment."""
    return server.play().succeeded()


@pytest.fixture(scope="module")
def password(deployed):
    return shown_password(deployed.text)


@pytest.fixture(scope="module")
def answers(server, password):
    """Orders are there, and the page has shown what they come to: the rows of one of its answers."""
    orders = server.site.folder / "orders.csv"
    generated = subprocess.run([sys.executable, ROOT / "files/samples/generate_orders.py"], capture_output=True, text=True, check=True)
    orders.write_text(generated.stdout)
    server.play("playbooks/upload-orders.yml", orders_csv=str(orders)).succeeded()
    rows, stats = server.question(password)
    assert len(rows) > 1
    assert not stats["stale"]
    return rows


def test_check_mode_says_what_a_server_that_is_not_there_would_get(server, planned):
    assert "packages, user, certificate, password, release and unit would be put on it" in planned.text
    assert planned.recap["dashboard"]["changed"] > 3
    assert not server.folder.exists()


def test_without_a_server_there_is_nothing_to_configure_and_what_makes_one_is_said(server, planned):
    run = server.configure()
    assert run.code == 2
    assert "--tags iam,ec2,dashboard" in run.text


def test_the_page_is_served_over_tls_behind_a_sign_in_with_the_roles_credentials(server, password):
    assert server.get("/healthz")[0] == 200
    assert server.get("/orders.json")[0] == 401
    assert server.get("/readyz", "a guess")[0] == 401
    status, text = server.get("/readyz", password)
    assert status == 200, text  # every workgroup can be reached: credentials, relay and permissions are right


def test_the_box_shows_the_fingerprint_of_the_certificate_that_is_served(server, deployed):
    served = ssl.get_server_certificate((server.record["address"], server.site.page_port))
    assert shown_fingerprint(deployed.text).replace(":", "").lower() == hashlib.sha256(ssl.PEM_cert_to_DER_cert(served)).hexdigest()


def test_keys_are_for_this_user_alone(server, deployed):
    assert server.folder.stat().st_mode & 0o777 == 0o700
    private = [file for file in server.folder.iterdir() if "PRIVATE" in file.read_text()]
    assert len(private) == 2
    assert {file.stat().st_mode & 0o777 for file in private} == {0o600}


def test_the_servers_host_key_is_its_own_and_no_more_the_one_of_its_user_data(server, deployed):
    program = ["ssh-keyscan", "-t", "ed25519", server.record["address"]]
    served = subprocess.run(program, capture_output=True, text=True, check=True).stdout.split()[-1]
    (known,) = (server.folder / "dashboard.known_hosts").read_text().splitlines()
    assert known.split() == [server.record["instance_id"], "ssh-ed25519", served]
    (given,) = server.folder.glob("*-host.pub")
    assert served not in given.read_text()


def test_a_person_signs_in_in_a_browser_sees_the_five_answers_and_signs_out(server, deployed, password, answers, browser):
    served = ssl.get_server_certificate((server.record["address"], server.site.page_port))
    assert shown_fingerprint(deployed.text).replace(":", "").lower() == hashlib.sha256(ssl.PEM_cert_to_DER_cert(served)).hexdigest()
    with browsing.believing(browser):
        browser.get(f"{server.page}/orders")
        browsing.arrives(browser, "/sign-in?next=%2Forders")
        browsing.sign_in(browser, "viewer", password)
        browsing.arrives(browser, "/orders")
        found = browsing.answered(browser)
        assert len(found) == len(list((ROOT / "sql" / "orders").glob("*.sql"))) == 5
        assert all(found.values()), found
        browsing.keep_picture(browser, "server.png")
        assert browsing.complaints(browser) == []
        browsing.sign_out(browser)
        browsing.arrives(browser, "/sign-in")
        browser.get(f"{server.page}/orders")
        browsing.arrives(browser, "/sign-in?next=%2Forders")


def test_while_athena_throttles_and_fails_the_last_good_answers_are_shown_with_their_age(server, password, answers):
    server.faults(share=1, services=["athena"])
    rows, stats = server.question(password, refresh=True)
    assert (rows, stats["stale"]) == (answers, True)
    assert 0 < stats["age_seconds"] < 600
    assert re.search("ThrottlingException|InternalServerError", stats["error"])
    status, text = server.get("/orders?refresh=1", password)
    assert status == 200
    assert text.count('class="message old"') == 5
    server.faults(share=0)
    wait_for(lambda: server.is_fresh(password), "a new answer", 30)


def test_credentials_and_answers_come_back_when_the_local_cloud_was_restarted(server, password, answers):
    starts = server.starts()
    server.supervisor().stopProcess("localcloud")  # SIGTERM, and waits for the end
    rows, stats = server.question(password, refresh=True)
    assert (rows, stats["stale"]) == (answers, True)
    server.start_local_cloud()
    wait_for(lambda: server.is_fresh(password), "a new answer", 60)
    assert server.is_ready(password)
    assert server.starts() == starts


def test_it_starts_where_neither_credentials_nor_aws_can_be_reached_and_heals_by_itself(server, password, answers):
    server.supervisor().stopProcess("localcloud")
    server.ssh("systemctl", "restart", UNIT)
    server.wait_until_it_serves()
    starts = server.starts()
    assert server.get("/readyz", password)[0] == 503
    assert server.question(password)[0] == answers  # kept on its disk
    server.start_local_cloud()
    wait_for(lambda: server.is_ready(password), "credentials", 60)
    wait_for(lambda: server.is_fresh(password), "a new answer", 30)
    assert server.starts() == starts


def test_a_full_disk_under_the_logs_keeps_nobody_from_the_page(server, password, answers):
    server.ssh("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", "/var/log/journal")
    try:
        server.ssh("sh", "-c", "'systemctl restart systemd-journald; journalctl --flush'")
        server.ssh("sh", "-c", "'cat /dev/zero > /var/log/journal/full'", check=False)
        assert server.ssh("df", "--output=avail", "/var/log/journal").split()[-1] == "0"
        for _ in range(50):
            assert server.get("/orders", password)[0] == 200
        server.ssh("systemctl", "restart", UNIT)
        server.wait_until_it_serves()
        assert server.is_fresh(password)
    finally:
        server.ssh("sh", "-c", "'umount --lazy /var/log/journal; systemctl restart systemd-journald; journalctl --flush'")
    assert server.is_ready(password)


def test_the_second_run_changes_nothing_and_shows_no_password(server, deployed):
    starts = server.starts()
    again = server.play().succeeded()
    assert again.changed == 0
    assert shown_password(again.text) is None
    assert shown_fingerprint(again.text) == shown_fingerprint(deployed.text)
    assert server.starts() == starts


def test_the_unit_is_confined(server, deployed):
    said = server.ssh("systemd-analyze", "security", "--no-pager", UNIT)
    exposure = float(re.search(r"Overall exposure level for \S+: ([\d.]+)", said)[1])
    assert exposure <= 1.5, said
    assert server.ssh("systemd-analyze", "--threshold=15", "security", "--no-pager", UNIT, check=False)


def test_no_key_is_on_the_server(server, deployed):
    places = ["/etc", "/opt", "/home", "/root", "/var", "/run", "/srv", "/usr/local", "/tmp"]
    look = ["grep", "-rlsI", KEYS, *places]
    look += ["--exclude-dir=venvs"]  # where botocore's own examples and models lie
    quoted = [f"'{word}'" for word in look]
    assert server.ssh(*quoted, check=False) == ""
    environment = server.ssh("cat", f"/proc/{server.main_process()}/environ")
    assert "DASHBOARD_CONFIG" in environment
    assert not re.search(r"AWS_(ACCESS|SECRET|SESSION|PROFILE|SHARED|CONFIG|CONTAINER)|AWS_EC2_METADATA_DISABLED", environment)
    # And it would have been found.
    server.ssh("sh", "-c", "'echo AWS_SECRET_ACCESS_KEY=planted > /etc/planted'")
    assert server.ssh(*quoted, check=False) == "/etc/planted"
    server.ssh("rm", "/etc/planted")


def test_a_changed_file_is_a_new_release_and_one_restart(server, deployed):
    before, starts = server.release(), server.starts()
    server.edit("files/dashboard/dashboard/static/style.css", lambda text: text + "\n/* changed */\n")
    changed = server.configure().succeeded()
    assert changed.recap["dashboard"]["changed"] == 1
    assert server.release() != before
    assert server.starts() == starts + 1


def test_a_broken_release_is_not_put_into_use_and_the_old_one_serves_on(server, deployed, password):
    before, starts = server.release(), server.starts()
    server.edit("files/dashboard/dashboard/__init__.py", lambda text: text + "\nraise RuntimeError('this release is broken')\n")
    run = server.configure()
    assert run.code == 2
    assert "RuntimeError: this release is broken" in run.text
    assert "as a candidate" in run.text
    assert (server.release(), server.starts()) == (before, starts)
    assert server.get("/readyz", password)[0] == 200
    assert server.ssh("systemctl", "list-units", "--all", "--plain", "--no-legend", f"{UNIT}-candidate*") == ""
    server.edit("files/dashboard/dashboard/__init__.py", lambda text: text.replace("\nraise RuntimeError('this release is broken')\n", ""))


def test_a_release_that_fails_only_in_its_place_is_taken_back(server, deployed, password):
    before = server.release()
    # The candidate is on another port than the service.
    broken = (
        f"\nimport os\nif os.environ['DASHBOARD_BIND'].endswith(':{server.site.page_port}'):\n    raise RuntimeError('not in my place')\n"
    )
    server.edit("files/dashboard/dashboard/__init__.py", lambda text: text + broken)
    run = server.configure()
    assert run.code == 2
    assert f"Release {before} is in use again" in run.text
    assert "RuntimeError: not in my place" in run.text
    assert server.release() == before
    assert server.get("/readyz", password)[0] == 200
    server.edit("files/dashboard/dashboard/__init__.py", lambda text: text.replace(broken, ""))
    server.configure().succeeded()
    assert server.release() == before


def test_a_given_password_is_good_at_once_without_a_restart(server, deployed, password):
    starts = server.starts()
    given = server.configure(dashboard_password="correct-horse-battery").succeeded()
    assert given.changed == 1
    assert "correct-horse-battery" not in given.text
    assert server.get("/readyz", "correct-horse-battery")[0] == 200
    assert server.get("/readyz", password)[0] == 401
    assert server.starts() == starts


def test_it_comes_back_when_it_is_killed_and_after_a_reboot(server, deployed):
    killed = server.main_process()
    server.ssh("systemctl", "kill", "--signal=KILL", "--kill-whom=main", UNIT)
    wait_for(lambda: server.main_process() not in (killed, "0"), "another process", 30)
    server.wait_until_it_serves()
    server.ssh("touch", "/run/until-the-reboot")
    server.ssh("systemctl", "reboot", check=False)
    gone = ["sh", "-c", "'test ! -e /run/until-the-reboot && echo rebooted'"]
    wait_for(lambda: server.ssh(*gone, check=False) == "rebooted", "the reboot", 60)
    server.wait_until_it_serves()
    assert server.configure("--check").succeeded().changed == 0


def test_a_new_address_after_stop_and_start_is_found_and_certified(server, deployed):
    ec2, before = server.site.client("ec2"), server.record
    ec2.stop_instances(InstanceIds=[before["instance_id"]])
    ec2.get_waiter("instance_stopped").wait(InstanceIds=[before["instance_id"]], WaiterConfig={"Delay": 1})
    started = server.play("site.yml", "--tags", "ec2,dashboard").succeeded()
    assert server.record["instance_id"] == before["instance_id"]
    assert server.record["address"] != before["address"]
    assert server.record["address"] in started.text
    assert server.get("/healthz")[0] == 200  # the certificate has the new address


def test_another_host_key_is_refused(server, deployed):
    other = server.folder / "dashboard.known_hosts"
    was = other.read_text()
    other.write_text(f"{server.record['instance_id']} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPW8f8RKvSl6tKDMgkQM4JEFNmF8GkYDS4zwB3yCyB7a\n")
    assert server.ssh("true", check=False) == ""
    with pytest.raises(AssertionError, match="Host key verification failed"):
        server.ssh("true")
    other.write_text(was)
    assert server.ssh("echo", "checked") == "checked"


def test_without_machines_a_server_that_was_made_before_is_told_of(server, deployed):
    run = server.site.play("site.yml", "--check", "--limit", "dashboard", "--tags", "ec2", environment={"MACHINES": "no"}).succeeded()
    assert "Left behind" in run.text
    assert "Athena-Dashboard-Server may still run" in run.text


def test_check_mode_where_the_instance_is_gone_says_what_a_new_one_would_get(server, deployed):
    server.terminate()
    run = server.configure("--check").succeeded()
    assert run.recap["dashboard"]["unreachable"] == 0
    assert "packages, user, certificate, password, release and unit would be put on it" in run.text


def test_teardown_leaves_neither_server_nor_keys(server, deployed):
    server.play("teardown.yml").succeeded()
    assert list(server.folder.iterdir()) == []
    found = server.site.client("ec2").describe_instances()["Reservations"]
    assert {instance["State"]["Name"] for each in found for instance in each["Instances"]} <= {"terminated"}
