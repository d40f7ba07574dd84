"""A network between service and database whose faults can be switched on."""

import asyncio
import threading

from servers import free_port


class Proxy:
    """Forwards TCP connections to a Unix socket, in a thread of its own."""

    def __init__(self, target):
        self.target, self.port = target, free_port()
        self.seconds, self.silent, self.swallowing = 0, False, False
        self.connections = set()
        self.loop, self.ready = asyncio.new_event_loop(), threading.Event()
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()
        self.ready.wait()

    def serve(self):
        asyncio.set_event_loop(self.loop)
        self.server = self.loop.run_until_complete(asyncio.start_server(self.connected, "127.0.0.1", self.port))
        self.ready.set()
        self.loop.run_forever()

    async def connected(self, reader, writer):
        try:
            there_reader, there_writer = await asyncio.open_unix_connection(self.target)
        except OSError:
            writer.close()
            return
        pair = (writer, there_writer)
        self.connections.add(pair)
        await asyncio.gather(self.forward(reader, there_writer, False), self.forward(there_reader, writer, True))
        self.connections.discard(pair)

    async def forward(self, reader, writer, answers):
        try:
            while content := await reader.read(65536):
                if self.seconds:
                    await asyncio.sleep(self.seconds)
                while self.silent:
                    await asyncio.sleep(0.05)
                if self.swallowing and answers:
                    continue
                writer.write(content)
                await writer.drain()
        except (OSError, RuntimeError):
            # The other side has ended, or was half closed.
            pass
        finally:
            writer.close()

    def soon(self, action):
        self.loop.call_soon_threadsafe(action)

    def delay(self):
        self.seconds = 0.2

    def silence(self):
        self.silent = True

    def swallow_answers(self):
        """What is asked arrives, and is not answered: then the connections break."""
        self.swallowing = True

    def cut(self):
        self.soon(lambda: [side.transport.abort() for pair in list(self.connections) for side in pair])

    def half_close(self):
        self.soon(lambda: [here.write_eof() for here, _ in list(self.connections) if not here.is_closing()])

    def mend(self):
        if self.swallowing:
            self.cut()
        self.seconds, self.silent, self.swallowing = 0, False, False

    def stop(self):
        self.soon(self.loop.stop)
        self.thread.join()
