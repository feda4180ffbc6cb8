"""EC2: moto answers, and the machines follow."""

import base64
import io
import logging
import re
import threading
import time
from urllib.parse import parse_qsl, urlencode

from a2wsgi import WSGIMiddleware

from localcloud.engine import client
from localcloud.machines import instances as book
from localcloud.machines import options as settings_of_machines
from localcloud.machines import profiles, transitions
from localcloud.machines.available import available
from localcloud.machines.credentials import Credentials
from localcloud.machines.fleet import Fleet
from localcloud.machines.machine import all_machines
from localcloud.machines.moto_state import MotoState
from localcloud.machines.relay import Relay
from localcloud.machines.view import view_of

log = logging.getLogger(__name__)

_SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/ec2/aws4_request")
_READS = ("Describe", "Get", "Search", "List")
#: How long IAM's answer about a profile is believed.
_PROFILE_SECONDS = 2


class Ec2:
    """ASGI application for EC2. Where machines cannot be had, instances are records, as moto keeps them."""

    def __init__(self, settings):
        self.settings = settings
        self.options = settings_of_machines.from_environment(settings.state_dir)
        self.state = MotoState(settings.state_dir / "ec2", settings.account)
        self.instances = book.Instances(self.state)
        self.credentials = Credentials(self._issue, self.options.credentials_seconds)
        self.fleet, self.moto, self.profiles = None, None, {}
        self.launches = {}  # (region, client token) → the answer that was given
        self.ready, self.loading = threading.Event(), threading.Lock()
        self.asgi = WSGIMiddleware(self.answer, workers=16)

    async def __call__(self, scope, receive, send):
        await self.asgi(scope, receive, send)

    # Life with the process

    def start(self):
        """Take up what a former process left, in the background: moto takes seconds to be imported."""
        if self.state.saved_regions() or all_machines(self.options):
            threading.Thread(target=self._load, name="ec2-load", daemon=True).start()

    def stop(self):
        """The machines run on."""
        if self.fleet:
            self.fleet.close()

    def _load(self):
        """Import moto, read the state, find the machines; once."""
        with self.loading:
            if self.ready.is_set():
                return
            from moto.server import DomainDispatcherApplication, create_backend_app

            from localcloud.machines import moto_mends

            self.moto = DomainDispatcherApplication(create_backend_app)
            moto_mends.call_when_launched(self._launched)
            moto_mends.terminating_twice_is_harmless()
            moto_mends.metadata_options_keep_what_is_not_named()
            for region in self.state.saved_regions():
                self.state.load(region)
                self.instances.regions.add(region)
            self.instances.forget_terminated()
            able, why = available(self.options)
            if able:
                relay = Relay(self.settings.host, self.settings.port)
                self.fleet = Fleet(self.options, self.instances, relay, self.view)
                self.fleet.take_up()
            else:
                log.warning("EC2 instances are records only: %s", why)
            self.ready.set()

    # Requests

    def answer(self, environ, start_response):
        """WSGI application: one EC2 call."""
        if not self.ready.is_set():
            self._load()
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        form = dict(parse_qsl((body or environ.get("QUERY_STRING", "").encode()).decode(), keep_blank_values=True))
        action = form.get("Action", "")
        found = _SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
        region = found.group(1) if found else self.settings.region
        if action == "RunInstances" and form.get("MaxCount"):
            form["MinCount"] = form["MaxCount"]  # moto makes the least; there is room for all
            body = urlencode(form).encode()
        name = profiles.name_in(form)
        if name:
            profiles.show_to_moto(self.settings.account, name, self._profile(name, fresh=True))
        with self.instances.lock:
            self.instances.regions.add(region)
            status, headers, payload = self._answer(action, form, region, environ, body)
        start_response(status, headers)
        return [payload]

    def _answer(self, action, form, region, environ, body):
        """(status, headers, payload) of one call, with the lock held."""
        if self.fleet:
            self.fleet.notice()
        backend = self.state.backend(region)
        ids = [value for key, value in form.items() if re.fullmatch(r"InstanceId(\.\d+)?", key)]
        before = {instance.id: instance.state for instance in self.instances.all() if instance.id in ids}
        refused = _missing(action, form, backend) or transitions.refusal(action, before)
        if refused:
            return _error(*refused)
        token = (region, form.get("ClientToken")) if action == "RunInstances" and form.get("ClientToken") else None
        if token in self.launches:  # a retry of a call whose answer was lost
            return self.launches[token]
        status, headers, payload = self._ask_moto(environ, body)
        if not status.startswith("200"):
            return status, headers, payload
        if action == "GetConsoleOutput" and self.fleet:
            return status, *self._console(form["InstanceId"], headers, payload)
        if not action.startswith(_READS):
            self._follow(action, form, region, before)
            self.state.save(region)
            if token:
                self.launches[token] = status, headers, payload
        return status, headers, payload

    def _ask_moto(self, environ, body):
        told = []
        environ = environ | {
            "wsgi.input": io.BytesIO(body),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_X_MOTO_ACCOUNT_ID": self.settings.account,
        }
        answered = self.moto(environ, lambda status, headers, exc_info=None: told.extend([status, headers]))
        try:
            payload = b"".join(answered)
        finally:
            getattr(answered, "close", lambda: None)()
        return *told, payload

    def _launched(self, launched):
        """RunInstances made these; called from within moto, before it answers."""
        if not self.fleet:
            return
        for instance in launched:
            book.set_state(instance, "pending")
            book.set_public_address(instance, None)  # known when it runs
            try:
                self.fleet.place(instance)
            except Exception as error:  # like EC2: accepted, then terminated with the reason
                log.exception("no place for %s", instance.id)
                book.set_state(instance, "shutting-down", (book.FAILURE, str(error)[:300]))

    def _follow(self, action, form, region, before):
        """Bring moto's instances and the machines in line after an accepted call."""
        from localcloud.machines import moto_mends  # imports moto

        if action == "RunInstances":
            newest = next(reversed(self.state.backend(region).reservations.values()))
            self._associate_all(form, region, newest.instances)
            for instance in newest.instances:
                moto_mends.root_volume_ends_with_the_instance(instance, form)
                instance.disable_api_termination = form.get("DisableApiTermination", "").lower() == "true"
        if not self.fleet:
            return
        for instance in self.instances.all():
            if instance.id in before and action in ("StartInstances", "StopInstances", "RebootInstances", "TerminateInstances"):
                self._step(action, form, instance, before[instance.id])
            if instance.state in transitions.IN_BETWEEN:
                self.fleet.poke(instance.id)

    def _step(self, action, form, instance, before):
        machine = self.fleet.machine(instance.id)
        if not machine.exists:  # made while machines could not be had: a record it was, a record it stays
            return
        state = transitions.next_state(action, before)
        stops = action in ("StopInstances", "TerminateInstances")
        book.set_state(instance, state, book.USER_SHUTDOWN if stops else None)
        book.set_public_address(instance, machine.public_address if state == "running" else None)
        if action == "StopInstances" and form.get("Force", "").lower() == "true":
            self.fleet.forced.add(instance.id)
        if action == "RebootInstances":
            machine.reboot()

    def _associate_all(self, form, region, launched):
        """Every instance of the call has the profile; moto gives it to the first alone, and names the association its id."""
        name = profiles.name_in(form)
        if not name:
            return
        backend = self.state.backend(region)
        for instance in launched:
            if instance.id not in backend.iam_instance_profile_associations:
                backend.associate_iam_instance_profile(instance.id, iam_instance_profile_name=name)
            profile = backend.iam_instance_profile_associations[instance.id].iam_instance_profile
            instance.iam_instance_profile = {"Arn": profile.arn, "Id": profile.id}

    def _console(self, instance_id, headers, payload):
        output = base64.b64encode(self.fleet.machine(instance_id).console())
        payload = re.sub(rb"<output>.*?</output>|<output ?/>", b"<output>" + output + b"</output>", payload, flags=re.DOTALL)
        return [(name, value) for name, value in headers if name.lower() != "content-length"], payload

    # Metadata

    def view(self, instance_id):
        """The metadata.View of an instance, for its machine."""
        with self.instances.lock:
            instance = self.instances.find(instance_id)
            arn = (instance.iam_instance_profile or {}).get("Arn")
        profile = self._profile(arn.rpartition("/")[2]) if arn else None
        with self.instances.lock:
            return view_of(
                instance,
                self.settings.account,
                self.fleet.machine(instance_id).secret,
                profile,
                lambda role: self.credentials.of(instance_id, role),
            )

    def _profile(self, name, fresh=False):
        """IAM's answer about an instance profile, or None; at most two seconds old."""
        asked, found = self.profiles.get(name, (0, None))
        if fresh or time.monotonic() - asked > _PROFILE_SECONDS:
            found = profiles.fetch(client("iam", self.settings.endpoint_url, self.settings.region), name)
            self.profiles[name] = (time.monotonic(), found)
        return found

    def _issue(self, role_arn, instance_id, seconds):
        """A session of the role for the instance; PermissionError where the role does not trust EC2."""
        from localcloud.engine import ServiceError
        from localcloud.iam.sessions import service_session

        try:
            return service_session(role_arn, "ec2.amazonaws.com", instance_id, seconds)
        except ServiceError as error:
            raise PermissionError(error.message) from error


def _missing(action, form, backend):
    """(error code, message) where RunInstances names a key pair or image that is not there; moto takes any name."""
    if action != "RunInstances":
        return None
    if form.get("KeyName") and form["KeyName"] not in backend.key_pairs:
        return "InvalidKeyPair.NotFound", f"The key pair '{form['KeyName']}' does not exist"
    if form.get("ImageId") and form["ImageId"] not in backend.amis:
        return "InvalidAMIID.NotFound", f"The image id '[{form['ImageId']}]' does not exist"
    return None


def _error(code, message):
    """EC2's XML for an error."""
    from xml.sax.saxutils import escape

    text = (
        f'<?xml version="1.0" encoding="UTF-8"?><Response><Errors><Error><Code>{code}</Code>'
        f"<Message>{escape(message)}</Message></Error></Errors><RequestID>local</RequestID></Response>"
    )
    return "400 Bad Request", [("content-type", "text/xml")], text.encode()
