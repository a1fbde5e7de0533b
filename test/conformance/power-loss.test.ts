/**
 * Stores whose power fails: of everything that was asked for, what comes back is what some moment had, no earlier than
 * the last answer; and the store check finds nothing wrong.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/crypto/index.ts';
import { toHex, utf8 } from '../../src/encoding/index.ts';
import { authPublicKey } from '../../src/protocol/index.ts';
import {
  checkStore,
  type KeyValueEngine,
  keyValueStore,
  type SmpStore,
  type TableName,
} from '../../src/smp/server/index.ts';
import { PowerLossDisk } from '../harness/power-loss.ts';
import { authKey } from '../harness/smp-client.ts';
import { message, queueRecord } from '../harness/smp-records.ts';
import { storeConformance } from './smp-store.ts';

const QUOTA = 3;
const RUNS = 300;
const id = () => systemRandom.bytes(24);
const key = authPublicKey(authKey('x25519'));
const otherKey = authPublicKey(authKey('ed25519'));

let current = '';
let disk = new PowerLossDisk();
storeConformance(
  'power-loss',
  (quota) => {
    // The second opening within a test is after a power failure.
    const { currentTestName = '' } = expect.getState();
    if (current === currentTestName) disk.fail(false);
    else disk = new PowerLossDisk({ automatic: true });
    current = currentTestName;
    return keyValueStore(disk.engine(), quota);
  },
  true,
);

type Change = (store: SmpStore) => Promise<unknown>;

/** What is answered without changing or promising anything. */
const refusals: readonly unknown[] = [false, undefined, 'absent', 'conflict', 'taken', 'quota'];

/** Everything in the tables, but for numbers and counts that depend on when something was written. */
function contents(engine: KeyValueEngine): string {
  const rows = (name: TableName, keep: (key: string) => string) => {
    const table = engine.table(name);
    return table.keys(undefined, 1_000_000).map((raw) => {
      const found = Buffer.from(raw);
      return `${name} ${keep(found.toString('hex'))} ${toHex(table.get(found)!)}`;
    });
  };
  const whole = ['queues', 'senders', 'links', 'notifiers', 'services', 'serviceCertificates'] as const;
  return [
    ...whole.flatMap((name) => rows(name, (name) => name)),
    ...(['messages', 'notifications'] as const).flatMap((name) => rows(name, (found) => found.slice(0, 48))),
  ].join('\n');
}

interface Asked {
  readonly change: Change;
  answered: boolean;
}

/** Makes changes of what chance chooses, among a few queues, and asks a store for them. */
class Asking {
  readonly asked: Asked[] = [];
  readonly #queues: Uint8Array[] = [];
  readonly #notifiers = new Map<Uint8Array, Uint8Array>();
  readonly #service = { id: id(), certHash: systemRandom.bytes(32) };
  readonly #store: SmpStore;
  #count = 0;

  constructor(store: SmpStore) {
    this.#store = store;
  }

  ask(change: Change): void {
    const asked = { change, answered: false };
    this.asked.push(asked);
    void change(this.#store).then((answer) => {
      asked.answered = !refusals.includes(answer);
    });
  }

  async step(kind: StepKind, choice: number): Promise<void> {
    if (kind === 'create' || this.#queues.length === 0) return this.#create(choice % 2 === 0);
    const rcvId = this.#queues[choice % this.#queues.length]!;
    switch (kind) {
      case 'secure':
        return this.ask(({ queues }) => queues.secure(rcvId, choice % 3 === 0 ? otherKey : key));
      case 'keys':
        return this.ask(({ queues }) => queues.setKeys(rcvId, [key, otherKey]));
      case 'status':
        return this.ask(({ queues }) => queues.setStatus(rcvId, { kind: choice % 2 === 0 ? 'off' : 'active' }));
      case 'link': {
        const linkId = id();
        const data = { fixed: utf8('fixed'), user: utf8(`${choice}`) };
        return this.ask(({ queues }) => queues.setLink(rcvId, linkId, data));
      }
      case 'unlink':
        return this.ask(({ queues }) => queues.removeLink(rcvId));
      case 'notifier': {
        const notifier = { notifierId: id(), key, dhSecret: id(), serviceId: undefined };
        this.#notifiers.set(rcvId, notifier.notifierId);
        return this.ask(({ queues }) => queues.setNotifier(rcvId, notifier));
      }
      case 'no notifier':
        this.#notifiers.delete(rcvId);
        return this.ask(({ queues }) => queues.setNotifier(rcvId, undefined));
      case 'service':
        this.ask(({ services }) => services.admit(this.#service.certHash, 'notifier', this.#service.id).then(() => {}));
        return this.ask(({ queues }) => queues.setNotifierService(rcvId, this.#service.id));
      case 'send':
        return this.#send(rcvId);
      case 'receive': {
        const first = await this.#store.messages.first(rcvId);
        if (first !== undefined) this.ask(({ messages }) => messages.remove(rcvId, first.msgId).then(() => true));
        return;
      }
      case 'delete':
        this.#notifiers.delete(rcvId);
        return this.ask(({ queues }) => queues.delete(rcvId));
    }
  }

  #create(withLink: boolean): void {
    const linkId = withLink ? id() : undefined;
    const record = { ...queueRecord(), linkId };
    this.#queues.push(record.rcvId);
    const link = withLink ? { fixed: utf8('fixed'), user: utf8('user') } : undefined;
    this.ask(({ queues }) => queues.create(record, link));
  }

  #send(rcvId: Uint8Array): void {
    const notifierId = this.#notifiers.get(rcvId);
    const notification = notifierId && { notifierId, nonce: id(), meta: utf8('meta') };
    const sent = { ...message(`${this.#count++}`), notification };
    this.ask(({ messages }) => messages.add(rcvId, sent));
  }
}

const kinds = [
  ...['create', 'secure', 'keys', 'status', 'link', 'unlink', 'notifier', 'no notifier', 'service'],
  ...['send', 'receive', 'delete'],
] as const;
type StepKind = (typeof kinds)[number];

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

const anyStep = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...kinds), fc.nat(11)) },
  { weight: 5, arbitrary: fc.tuple(fc.constantFrom('send', 'receive'), fc.nat(11)) },
  { weight: 2, arbitrary: fc.constant(['turn', 0] as const) },
  { weight: 3, arbitrary: fc.constant(['sync', 0] as const) },
);

describe('a store whose power fails', () => {
  it('has what some moment had, no earlier than its last answer', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { maxLength: 60 }), fc.boolean(), async (steps, survives) => {
        const disk = new PowerLossDisk();
        const asking = new Asking(keyValueStore(disk.engine(), QUOTA));
        for (const [kind, choice] of steps) {
          if (kind === 'turn') await turn();
          else if (kind !== 'sync') await asking.step(kind, choice);
          else if (disk.waiting) {
            disk.sync();
            await turn();
          }
        }
        const lastAnswer = asking.asked.findLastIndex(({ answered }) => answered) + 1;
        disk.fail(survives);
        const engine = disk.engine();
        expect((await checkStore(engine)).faults).toEqual([]);
        const survived = contents(engine);

        const twin = new PowerLossDisk({ automatic: true }).engine();
        const store = keyValueStore(twin, QUOTA);
        const moments: number[] = [];
        for (let done = 0; ; done++) {
          if (contents(twin) === survived) moments.push(done);
          if (done === asking.asked.length) break;
          await asking.asked[done]!.change(store);
        }
        expect(moments.at(-1)).toBeGreaterThanOrEqual(lastAnswer);
      }),
      { numRuns: RUNS },
    );
  });
});
