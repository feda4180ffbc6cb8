"""A day through many runs: writers, kills, faults and time in any order, and in the end what was put last."""

import random

import pytest
from botocore.exceptions import ClientError

from tests.unit.compactor.actors import Actor
from tests.unit.compactor.memory_cloud import refuse
from tests.unit.compactor.table import GONE, Killed, Table

STEPS = 60


class World:
    """`latest` {name: etag}: what each input is now. A transformer always reads what its input is now, and retries."""

    def __init__(self, seed):
        self.random, self.table, self.latest, self.version = random.Random(seed), Table(file_bytes=1 if seed % 3 == 0 else 1 << 20), {}, 0
        self.transformers, self.run = {}, None

    def step(self):
        self.random.choices([self.replace, self.transform, self.compact, self.kill, self.wait], [3, 12, 12, 1, 1])[0]()

    def replace(self):
        """An input arrives, or is replaced; its event starts a transformer."""
        name = self.random.choice("abcdef")
        self.version += 1
        self.latest[name] = GONE if name in self.latest and self.random.random() < 0.2 else str(self.version)
        self.table.allowed.setdefault(name, {None})
        self._start(name)

    def _start(self, name):
        if name not in self.transformers or self.transformers[name].done:
            self.transformers[name] = Actor(lambda gate: self._transform(name, gate))

    def _transform(self, name, gate):
        while True:
            etag = self.latest[name]
            self.table.put(name, etag, self._stumbling(gate))
            if self.latest[name] == etag:
                return

    def _stumbling(self, gate):
        def stumble(call, effect):
            kind = self.random.random()
            if kind < 0.01:
                refuse(503, "SlowDown", call)
            answer = gate(call, effect)
            if kind > 0.99:
                refuse(500, "InternalError", call)
            return answer

        return stumble

    def transform(self):
        running = [name for name, each in sorted(self.transformers.items()) if not each.done]
        if running:
            self._attempt(self.transformers[self.random.choice(running)], self.random.randint(1, 4))

    def compact(self):
        if self.run is None or self.run.done:
            if not self.table.cloud.partitions:
                return
            self.run = Actor(lambda gate: self.table.compact(self._stumbling(gate)))
        self._attempt(self.run, self.random.randint(1, 15))

    def _attempt(self, actor, calls):
        try:
            actor.step(calls)
        except ClientError:
            actor.error = None  # Lambda retries events; the compactor comes again anyway

    def kill(self):
        victims = [each for each in (self.run, *self.transformers.values()) if each and not each.done]
        if victims:
            victim = self.random.choice(victims)
            victim.kill()
            assert isinstance(victim.error, Killed)
            victim.error = None

    def wait(self):
        # A run and an event are over long before a superseded version is deleted.
        self.finish()
        self.table.cloud.wait(minutes=self.random.choice([20, 50, 70]))

    def finish(self):
        """All that is under way ends, with its retries."""
        for actor in (self.run, *self.transformers.values()):
            while actor and not actor.done:
                self._attempt(actor, 1)
        for name, etag in self.latest.items():
            while True:
                try:
                    self.table.put(name, etag)
                    break
                except ClientError:
                    continue


@pytest.mark.parametrize("seed", range(40))
def test_whatever_happened_the_table_ends_as_its_inputs_are(seed):
    world = World(seed)
    for _ in range(STEPS):
        world.step()
    world.finish()
    if world.latest:
        world.table.settle()
    final = {name: etag for name, etag in world.latest.items() if etag != GONE}
    assert world.table.rows() == {f"{name} {etag} {row}": 1 for name, etag in final.items() for row in range(3)}
