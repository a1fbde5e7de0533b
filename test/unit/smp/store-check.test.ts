/** The store check: finds nothing in a store that was used, and each kind of damage in one that was tampered with. */
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../src/crypto/index.ts';
import { utf8 } from '../../../src/encoding/index.ts';
import { authPublicKey } from '../../../src/protocol/index.ts';
import { checkStore, type KeyValueEngine, keyValueStore, type TableName } from '../../../src/smp/server/index.ts';
import { PowerLossDisk } from '../../harness/power-loss.ts';
import { authKey } from '../../harness/smp-client.ts';
import { message, queueRecord } from '../../harness/smp-records.ts';

const id = () => systemRandom.bytes(24);
const link = { fixed: utf8('fixed'), user: utf8('user') };

/** A store with something in each table: a full queue, and one with a link, a notifier of a service and a notification. */
async function used(): Promise<KeyValueEngine> {
  const engine = new PowerLossDisk({ automatic: true }).engine();
  const store = keyValueStore(engine, 1);
  const full = queueRecord();
  await store.queues.create(full);
  for (const text of ['a', 'b']) await store.messages.add(full.rcvId, message(text));
  const serviceId = id();
  await store.services.admit(systemRandom.bytes(32), 'notifier', serviceId);
  const notifier = { notifierId: id(), key: authPublicKey(authKey()), dhSecret: id(), serviceId };
  const linked = { ...queueRecord(), linkId: id(), notifier };
  await store.queues.create(linked, link);
  const notification = { notifierId: notifier.notifierId, nonce: id(), meta: utf8('x') };
  await store.messages.add(linked.rcvId, { ...message('c'), notification });
  return engine;
}

/** Removes every value of a table. */
function clear(engine: KeyValueEngine, name: TableName): void {
  const table = engine.table(name);
  for (const key of table.keys(undefined, 100)) table.remove(Buffer.from(key));
}

describe('store check', () => {
  it('counts what is there, and finds nothing wrong with it', async () => {
    expect(await checkStore(await used())).toEqual({
      counts: { queues: 2, links: 1, notifiers: 1, services: 1, messages: 2, quotaMarkers: 1, notifications: 1 },
      faults: [],
    });
  });

  it.each([
    ['queues', ['sender ids that lead to no queue', 'states of queues that are gone']],
    ['senders', ['queues that their sender id does not lead to']],
    ['links', ['queues that their link does not lead to']],
    ['notifiers', ['queues that their notifier does not lead to', 'notifications of no notifier']],
    ['states', ['messages of no queue']],
    ['messages', ['messages that are missing', 'queues whose state is wrong about being full']],
    ['services', ['certificates that lead to no service']],
    ['serviceCertificates', ['services that their certificate does not lead to']],
  ] as const)('notices when %s are gone', async (table, faults) => {
    const engine = await used();
    clear(engine, table);
    const found = (await checkStore(engine)).faults.map(({ what }) => what);
    for (const fault of faults) expect(found).toContain(fault);
  });

  it.each(['queues', 'links', 'states', 'messages', 'notifications', 'services'] as const)(
    'notices records in %s that cannot be read',
    async (name) => {
      const engine = await used();
      const table = engine.table(name);
      const key = Buffer.from(table.keys(undefined, 9).at(-1)!);
      table.put(key, Buffer.from(table.get(key)!.subarray(0, 5)));
      const found = (await checkStore(engine)).faults.map(({ what }) => what);
      expect(found).toContain(`records in "${name}" that cannot be read`);
    },
  );

  it('notices a queue under the id of another', async () => {
    const engine = await used();
    const queues = engine.table('queues');
    const [first, second] = queues.keys(undefined, 2).map((key) => Buffer.from(key));
    queues.put(first!, Buffer.from(queues.get(second!)!));
    expect((await checkStore(engine)).faults).toContainEqual({ what: 'queues under the id of another', count: 1 });
  });

  it('notices a queue whose state is wrong about being full, and messages that are missing', async () => {
    const engine = await used();
    const messages = engine.table('messages');
    const keys = messages.keys(undefined, 9).map((key) => Buffer.from(key));
    // The full queue has a message and the marker of it; the other one message.
    const full = keys.find((key, i) =>
      keys.some((other, j) => i > j && key.subarray(0, 24).equals(other.subarray(0, 24))),
    );
    messages.put(
      full!,
      Buffer.from(messages.get(keys.find((key) => !key.subarray(0, 24).equals(full!.subarray(0, 24)))!)!),
    );
    expect((await checkStore(engine)).faults).toEqual([
      { what: 'queues whose state is wrong about being full', count: 1 },
    ]);
    messages.remove(full!);
    expect((await checkStore(engine)).faults).toContainEqual({ what: 'messages that are missing', count: 1 });
  });

  it('finds nothing of a queue that was emptied, and none of its messages', async () => {
    const engine = await used();
    const store = keyValueStore(engine, 1);
    for (const key of engine
      .table('queues')
      .keys(undefined, 9)
      .map((rcvId) => new Uint8Array(rcvId))) {
      for (let first = await store.messages.first(key); first !== undefined; ) {
        first = await store.messages.remove(key, first.msgId);
      }
    }
    expect(await checkStore(engine)).toMatchObject({ counts: { queues: 2, messages: 0, quotaMarkers: 0 }, faults: [] });
    expect(engine.table('states').keys(undefined, 9)).toEqual([]);
  });

  it('notices ids that their queue does not know, and a wrong count of notifiers', async () => {
    const engine = await used();
    const senders = engine.table('senders');
    const [first, second] = senders.keys(undefined, 2).map((key) => Buffer.from(key));
    senders.put(first!, Buffer.from(senders.get(second!)!));
    const services = engine.table('services');
    const serviceId = Buffer.from(services.keys(undefined, 1)[0]!);
    const service = Buffer.from(services.get(serviceId)!);
    service[service.length - 1] = 7;
    services.put(serviceId, service);
    const found = (await checkStore(engine)).faults;
    expect(found).toContainEqual({ what: 'sender ids that their queue does not know', count: 1 });
    expect(found).toContainEqual({ what: 'services with a wrong count of notifiers', count: 1 });
  });
});
