/** The work of a verification is the same whether a queue is absent or a key is wrong: counted, not timed. */
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { generateX25519, systemRandom } from '../../../src/crypto/index.ts';
import { emptyBytes } from '../../../src/encoding/index.ts';
import {
  type AuthorizedCommand,
  type AuthPublicKey,
  authorize,
  authPublicKey,
  signedParts,
  verifyAuthorization,
} from '../../../src/protocol/index.ts';
import type { Command } from '../../../src/smp/protocol/index.ts';
import { memoryStore, type QueueRecord } from '../../../src/smp/server/index.ts';
import { verifyCommand } from '../../../src/smp/server/sessions/verify.ts';
import { authKey } from '../../harness/smp-client.ts';
import { queueRecord } from '../../harness/smp-records.ts';

// Modules that other test files of this process have loaded are loaded again, with what is replaced below.
vi.hoisted(() => vi.resetModules());
afterAll(() => vi.resetModules());

vi.mock('../../../src/protocol/index.ts', async (importOriginal) => {
  const original = await importOriginal<typeof import('../../../src/protocol/index.ts')>();
  return { ...original, verifyAuthorization: vi.fn(original.verifyAuthorization) };
});

const verifications = vi.mocked(verifyAuthorization);
const algorithms = ['ed25519', 'ed448', 'x25519'] as const;
type Algorithm = (typeof algorithms)[number];
const AUTH = { kind: 'error', error: { kind: 'AUTH' } };
const noService = { peer: undefined, signature: undefined };
const serverKeys = generateX25519(systemRandom);
const sessionId = systemRandom.bytes(32);

/** Commands on a queue, and the id that each names it by. */
const commands: readonly (readonly [Command, (queue: QueueRecord) => Uint8Array])[] = [
  [{ kind: 'SUB' }, (queue) => queue.rcvId],
  [{ kind: 'GET' }, (queue) => queue.rcvId],
  [{ kind: 'ACK', msgId: new Uint8Array(24) }, (queue) => queue.rcvId],
  [{ kind: 'DEL' }, (queue) => queue.rcvId],
  [{ kind: 'QUE' }, (queue) => queue.rcvId],
  [{ kind: 'SEND', flags: { notification: false }, body: new Uint8Array(10) }, (queue) => queue.sndId],
  [{ kind: 'SKEY', key: authPublicKey(authKey('ed25519')) }, (queue) => queue.sndId],
  [{ kind: 'NSUB' }, (queue) => queue.notifier!.notifierId],
];

function authorizedBy(algorithm: Algorithm): AuthorizedCommand {
  const [corrId, body] = [systemRandom.bytes(24), systemRandom.bytes(40)];
  const context = { sessionId, serverKey: serverKeys.publicKey, hasServiceSignature: false };
  return {
    authorization: authorize(context, authKey(algorithm), corrId, body),
    signed: signedParts(sessionId, body),
    corrId,
    serverPrivateKey: serverKeys.privateKey,
  };
}

/** A queue whose keys are all of one kind. */
async function storeWith(algorithm: Algorithm) {
  const store = memoryStore(5);
  const key = (): AuthPublicKey => authPublicKey(authKey(algorithm));
  const notifier = { notifierId: systemRandom.bytes(24), key: key(), dhSecret: systemRandom.bytes(32) };
  const queue: QueueRecord = { ...queueRecord(), rcvAuthKeys: [key()], sndAuthKey: key() };
  await store.queues.create(queue);
  await store.queues.setNotifier(queue.rcvId, { ...notifier, serviceId: undefined });
  return { queues: store.queues, queue: (await store.queues.byRcvId(queue.rcvId))! };
}

beforeEach(() => void verifications.mockClear());

/** The kinds and sizes of the keys that were verified with since the last call; each gave an answer, which was no. */
function work() {
  const done = verifications.mock.calls.map(([{ algorithm, key }]) => `${algorithm}, ${key.length} bytes`);
  expect(verifications.mock.results.map(({ type, value }) => [type, value])).toEqual(done.map(() => ['return', false]));
  verifications.mockClear();
  return done;
}

describe.each(algorithms)('a command with the wrong key, of type %s,', (sent) => {
  const once = [`${sent}, ${sent === 'ed448' ? 57 : 32} bytes`];

  it.each(commands.map(([command, idOf]) => [command.kind, command, idOf] as const))(
    '%s takes one verification with a key of that type, whatever is on the server',
    async (_, command, idOf) => {
      const absent = await storeWith(sent);
      for (const stored of algorithms) {
        const { queues, queue } = await storeWith(stored);
        const present = await verifyCommand(queues, idOf(queue), command, authorizedBy(sent), noService);
        expect([stored, present, work()]).toEqual([stored, AUTH, once]);
        const nowhere = await verifyCommand(queues, idOf(absent.queue), command, authorizedBy(sent), noService);
        expect([stored, nowhere, work()]).toEqual([stored, AUTH, once]);
      }
    },
  );
});

it('a message without authorization takes no verification, whether the queue is there or not', async () => {
  const { queues, queue } = await storeWith('ed25519');
  const [send, idOf] = commands.find(([{ kind }]) => kind === 'SEND')!;
  const unsigned = { ...authorizedBy('ed25519'), authorization: emptyBytes };
  for (const id of [idOf(queue), systemRandom.bytes(24)]) {
    expect(await verifyCommand(queues, id, send, unsigned, noService)).toEqual(AUTH);
    expect(work()).toEqual([]);
  }
});
