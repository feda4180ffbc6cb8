"""The local cloud's endpoint inside each machine: connections to 127.0.0.1:PORT there are passed on to it."""

import asyncio
import contextlib
import threading

#: Where passed-on connections come from, so that the front knows that it is a machine that asks.
SOURCE_ADDRESS = "127.0.0.77"
_CHUNK = 65536


class Relay:
    """Serves any number of listening sockets in one thread."""

    def __init__(self, host, port):
        self.host, self.port = host, port
        self.loop, self.passing = asyncio.new_event_loop(), set()
        threading.Thread(target=self.loop.run_forever, name="machines-relay", daemon=True).start()

    def serve(self, listening):
        """Pass on what comes to `listening` (a socket); returns a function that closes it."""
        server = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._accept, sock=listening), self.loop).result(10)
        return lambda: asyncio.run_coroutine_threadsafe(_close(server), self.loop).result(10)

    def stop(self):
        self.loop.call_soon_threadsafe(self.loop.stop)

    def _accept(self, reader, writer):
        task = self.loop.create_task(self._pass_on(reader, writer))
        self.passing.add(task)  # the loop itself holds its tasks but weakly
        task.add_done_callback(self.passing.discard)

    async def _pass_on(self, reader, writer):
        try:
            there = await asyncio.open_connection(self.host, self.port, local_addr=(SOURCE_ADDRESS, 0))
        except OSError:  # the local cloud is about to stop
            writer.close()
            return
        await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))
        there[1].close()
        writer.close()


async def _close(server):
    server.close()


async def _copy(reader, writer):
    with contextlib.suppress(OSError):
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
        writer.write_eof()
