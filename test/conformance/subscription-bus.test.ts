/** What every bus does: in one process, and between workers. */
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/crypto/index.ts';
import { localBus, memoryStore, type SubscriptionBus } from '../../src/smp/server/index.ts';
import { testWorker } from '../harness/worker-sides.ts';

type MessageListener = Parameters<SubscriptionBus['messages']['subscribe']>[1];

/** Writes down what it is told. */
class Witness implements MessageListener {
  readonly told: unknown[] = [];

  onEvent(_: Uint8Array, event: unknown): void {
    this.told.push(event);
  }

  onEnded(): void {
    this.told.push('ended');
  }
}

const id = systemRandom.bytes(24);

/** Until everything that was posted has arrived. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await turn();
}

interface Sides {
  readonly one: SubscriptionBus;
  readonly other: SubscriptionBus;
}

function busConformance(name: string, open: () => Sides): void {
  describe(`the bus ${name}`, () => {
    let one: SubscriptionBus;
    let other: SubscriptionBus;
    let [first, second] = [new Witness(), new Witness()];
    beforeEach(() => {
      ({ one, other } = open());
      [first, second] = [new Witness(), new Witness()];
    });

    it('tells whoever is subscribed, from wherever it comes', async () => {
      one.messages.subscribe(id, first);
      await settled();
      one.messages.publish(id, 'waiting');
      await settled();
      other.messages.publish(id, { blocked: { reason: 'spam', notice: undefined } });
      other.messages.publish(systemRandom.bytes(24), 'waiting');
      other.notifications.publish(id, 'waiting');
      await settled();
      expect(first.told).toEqual(['waiting', { blocked: { reason: 'spam', notice: undefined } }]);
    });

    it('has one listener for each id, and tells the former', async () => {
      one.messages.subscribe(id, first);
      await settled();
      other.messages.subscribe(id, second);
      await settled();
      other.messages.publish(id, 'waiting');
      await settled();
      expect(first.told).toEqual(['ended']);
      expect(second.told).toEqual(['waiting']);
      // It was somebody else's.
      one.messages.unsubscribe(id, first);
      await settled();
      other.messages.publish(id, 'waiting');
      await settled();
      expect(second.told).toEqual(['waiting', 'waiting']);
    });

    it('changes the listener on one side, back and forth, with one told at a time', async () => {
      one.messages.subscribe(id, first);
      one.messages.subscribe(id, first);
      one.messages.subscribe(id, second);
      one.messages.publish(id, 'waiting');
      await settled();
      expect(first.told).toEqual(['ended']);
      expect(second.told).toEqual(['waiting']);
    });

    it('does not end a subscription because of an earlier one of the same listener', async () => {
      one.messages.subscribe(id, first);
      await settled();
      other.messages.subscribe(id, second);
      // Before it hears that the other has it.
      one.messages.unsubscribe(id, first);
      one.messages.subscribe(id, first);
      await settled();
      other.messages.publish(id, 'waiting');
      await settled();
      expect([...first.told, ...second.told].filter((event) => event === 'waiting')).toHaveLength(1);
      // Whoever was told last that it has ended does not have it.
      const holder = first.told.includes('waiting') ? first : second;
      expect(holder.told.at(-1)).toBe('waiting');
    });

    it('ends and drops subscriptions', async () => {
      one.messages.subscribe(id, first);
      await settled();
      other.messages.end(id);
      other.messages.publish(id, 'waiting');
      await settled();
      expect(first.told).toEqual(['ended']);
      one.messages.subscribe(id, first);
      await settled();
      other.messages.drop(id, 'deleted', second);
      other.messages.publish(id, 'waiting');
      await settled();
      expect(first.told).toEqual(['ended', 'deleted']);
      one.messages.subscribe(id, first);
      await settled();
      one.messages.drop(id, 'deleted', first);
      one.messages.publish(id, 'waiting');
      await settled();
      expect(first.told).toEqual(['ended', 'deleted']);
    });

    it('tells services of their notifiers', async () => {
      const told: unknown[] = [];
      one.services.subscribe(id, { onEvent: (_, event) => told.push(event), onEnded: () => told.push('ended') });
      await settled();
      const notifierId = systemRandom.bytes(24);
      other.services.publish(id, { notifierId, event: 'deleted' });
      other.services.publish(id, { notifierId, event: 'waiting' });
      await settled();
      expect(told).toEqual([
        { notifierId, event: 'deleted' },
        { notifierId, event: 'waiting' },
      ]);
    });
  });
}

const worker = (bus: SubscriptionBus) => testWorker({ store: memoryStore(1), bus, proxyService: undefined });

busConformance('of one process', () => {
  const bus = localBus();
  return { one: bus, other: bus };
});
busConformance('of a worker', () => {
  const { bus } = worker(localBus());
  return { one: bus, other: bus };
});
busConformance('of two workers', () => {
  const bus = localBus();
  return { one: worker(bus).bus, other: worker(bus).bus };
});
busConformance('of a worker and the main process', () => {
  const bus = localBus();
  return { one: worker(bus).bus, other: bus };
});

it('has no listeners of a worker that is gone', async () => {
  const bus = localBus();
  const [gone, other] = [worker(bus), worker(bus)];
  const [first, second] = [new Witness(), new Witness()];
  gone.bus.messages.subscribe(id, first);
  await settled();
  gone.kill();
  other.bus.messages.subscribe(id, second);
  other.bus.messages.publish(id, 'waiting');
  await settled();
  expect(first.told).toEqual([]);
  expect(second.told).toEqual(['waiting']);
});

it('the main process forgets what a worker is subscribed to no more, and all of a worker that is gone', async () => {
  const main = localBus();
  const held = new Set<MessageListener>();
  const messages: SubscriptionBus['messages'] = {
    ...main.messages,
    subscribe(queue, listener) {
      held.add(listener);
      main.messages.subscribe(queue, listener);
    },
    unsubscribe(queue, listener) {
      held.delete(listener);
      main.messages.unsubscribe(queue, listener);
    },
  };
  const worker = testWorker({ store: memoryStore(1), bus: { ...main, messages }, proxyService: undefined });
  const witness = new Witness();
  worker.bus.messages.subscribe(id, witness);
  await settled();
  expect(held.size).toBe(1);
  worker.bus.messages.unsubscribe(id, witness);
  await settled();
  expect(held.size).toBe(0);
  worker.bus.messages.subscribe(id, witness);
  await settled();
  expect(held.size).toBe(1);
  worker.kill();
  expect(held.size).toBe(0);
});
