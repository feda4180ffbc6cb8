"""Several engines of one service."""

from localcloud.engine import Engine


class Composite(Engine):
    """Passes each request to the first part that answers its action and says that it is concerned (`concerns`, if it has one)."""

    def __init__(self, settings, parts):
        super().__init__(settings)
        self.parts, self.service = parts, parts[0].service

    def can(self, action):
        return any(part.can(action) for part in self.parts)

    def asks(self, call):
        answers = (part.asks(call) for part in self.parts)
        return next((answer for answer in answers if answer is not None), None)

    def start(self):
        for part in self.parts:
            part.start()

    def stop(self):
        for part in self.parts:
            part.stop()

    def handle(self, request):
        able = [part for part in self.parts if part.can(request.action)]
        part = next((each for each in able if each.concerns(request)), able[-1])
        return part.handle(request)
