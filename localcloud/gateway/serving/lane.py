"""One thread for much small work: the event loop hands it over cheaply, and is told of many results at once."""

import asyncio
import logging
import threading
from queue import Empty, SimpleQueue

logger = logging.getLogger(__name__)
#: Results that are handed back together, at most.
_TOGETHER = 16


class Lane:
    """`await run(work)` gives `work()`'s result, or raises what it raises; works are done in order."""

    def __init__(self, name):
        self._queue = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self):
        self._thread.start()

    def stop(self):
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(5)

    async def run(self, work):
        loop = asyncio.get_running_loop()
        future = loop.create_future()
        self._queue.put((work, future, loop))
        return await future

    def _run(self):
        while (first := self._queue.get()) is not None:
            done, ending = [self._done(*first)], False
            while len(done) < _TOGETHER:
                try:
                    following = self._queue.get_nowait()
                except Empty:
                    break
                if following is None:
                    ending = True
                    break
                done.append(self._done(*following))
            try:
                first[2].call_soon_threadsafe(_settle, done)
            except RuntimeError:
                return  # the loop is closed: nobody waits any more
            if ending:
                return

    @staticmethod
    def _done(work, future, _):
        try:
            return future, work(), None
        except BaseException as error:
            return future, None, error


def _settle(done):
    for future, result, error in done:
        if future.done():
            continue  # the client has gone
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
