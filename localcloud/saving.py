"""What was made survives a kill: MiniStack saves its state only at an orderly stop, this saves it soon after each change."""

import threading

from localcloud.journal import Journal, named_operation

#: Seconds between a change and its saving, so that a burst of changes is one.
DELAY = 0.5
#: Its state holds every function's and layer's archive, so it is saved only when one of those changed.
HEAVY = "lambda"


class Saving:
    """ASGI middleware in front of what answers; saves in a thread of its own after requests that may have changed something."""

    def __init__(self, app, signer):
        self.app, self.signer = app, signer
        self.changed, self.heavy_changed, self.stopping = threading.Event(), False, False
        self.thread = threading.Thread(target=self._run, name="saving", daemon=True)

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            return await self._lifespan(scope, receive, send)
        try:
            return await self.app(scope, receive, send)
        finally:
            if scope["type"] == "http" and not scope["path"].startswith("/_"):
                self._note(scope)

    def _note(self, scope):
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        action = named_operation(headers, scope["path"])
        if scope["method"] in ("GET", "HEAD") or action.startswith(Journal.READS):
            return
        if self.signer(headers, scope)[2] == HEAVY and not scope["path"].endswith("/invocations"):
            self.heavy_changed = True
        self.changed.set()

    async def _lifespan(self, scope, receive, send):
        async def received():
            message = await receive()
            if message["type"] == "lifespan.shutdown":  # MiniStack then saves everything itself
                self.stopping = True
                self.changed.set()
                self.thread.join()
            return message

        async def sent(message):
            if message["type"] == "lifespan.startup.complete":
                self.thread.start()
            await send(message)

        await self.app(scope, received, sent)

    def _run(self):
        from ministack import app, core

        pause = threading.Event()
        while self.changed.wait() and not self.stopping:
            self.changed.clear()
            pause.wait(DELAY)
            heavy, self.heavy_changed = self.heavy_changed, False
            for name, state in app._build_persistence_save_dict().items():
                if name != HEAVY or heavy:
                    self._save(core.persistence, name, state)

    def _save(self, persistence, name, state):
        """One service's state; where a request changes it at the same moment it is tried again with the next change."""
        try:
            found = state()
        except RuntimeError:  # a dictionary changed size during iteration
            self.changed.set()
            return
        if found is not None:
            persistence.save_state(name, found)
