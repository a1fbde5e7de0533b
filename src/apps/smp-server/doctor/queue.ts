/** Last part: sends one message through a new queue, then deletes the queue. */
import { type Clock, deferred, type Random, silentLogger, withTimeout } from '../../../base/index.ts';
import { generateEd25519, generateX25519 } from '../../../crypto/index.ts';
import { equalBytes } from '../../../encoding/index.ts';
import { type Examination, type Finding, failed, fine } from '../../../hosting/index.ts';
import { type AuthKey, authPublicKey, type SmpServerWithAuth } from '../../../protocol/index.ts';
import { type DeliveredMessage, SmpClients, SmpError } from '../../../smp/client/index.ts';
import { decryptDelivered, deliverySecret } from '../../../smp/protocol/index.ts';
import type { TransportConnect } from '../../../transport/index.ts';
import { clockFinding } from './clocks.ts';

const DELIVERY_TIMEOUT_MS = 15_000;
const TEST_BYTES = 1_000;

export interface QueueSurroundings {
  readonly connect: TransportConnect;
  readonly clock: Clock;
  readonly random: Random;
}

function advice(step: string, error: unknown, password: string | undefined): string {
  const code = error instanceof SmpError ? error.code?.kind : undefined;
  if (code === 'AUTH' && step === 'create') {
    return password === undefined
      ? 'It may need a password: examine the address with its password (smp://identity:password@host). Or new_queues is off.'
      : 'Is the password that of create_password in [AUTH], and new_queues on?';
  }
  if (code === 'STORE') return 'The server cannot write to its disk: is it full?';
  if (error instanceof SmpError && error.kind === 'timeout') return 'It does not answer in time: is it overloaded?';
  return 'Check the log of the server at this time.';
}

/** Creates, secures, sends, receives, acknowledges and deletes; the queue is deleted even after a failure. */
export function queueExamination(address: SmpServerWithAuth, surroundings: QueueSurroundings): Examination {
  return {
    name: 'message',
    async run() {
      const { finding, serverMs } = await passMessage(address, surroundings);
      const doubt = serverMs === undefined ? undefined : clockFinding(surroundings.clock.now(), serverMs);
      return doubt === undefined ? [finding] : [finding, doubt];
    },
  };
}

/** The result, and the server's timestamp of the message. */
interface Passed {
  readonly finding: Finding;
  readonly serverMs: number | undefined;
}

export async function passMessage(
  address: SmpServerWithAuth,
  { connect, clock, random }: QueueSurroundings,
): Promise<Passed> {
  const { server, password } = address;
  const { signal } = new AbortController();
  const delivered = deferred<DeliveredMessage>();
  const clients = new SmpClients({
    connect,
    clock,
    random,
    logger: silentLogger,
    onMessage: (_, __, { msgId, body }) => delivered.resolve({ msgId: msgId.slice(), body: body.slice() }),
    onEnd() {},
    onConnected() {},
    onDisconnected() {},
    onSubscriptionError() {},
  });
  const newKey = (): AuthKey => ({ algorithm: 'ed25519', keys: generateEd25519(random) });
  const [recipient, sender, dh] = [newKey(), newKey(), generateX25519(random)];
  const body = random.bytes(TEST_BYTES);
  const started = clock.monotonic();
  let step = 'create';
  let rcvId: Uint8Array | undefined;
  try {
    const request = { authKey: recipient, dhPublicKey: dh.publicKey, sndSecure: true, subscribe: true };
    const queue = await clients.createQueue(address, request, signal);
    rcvId = queue.rcvId;
    step = 'secure';
    await clients.secure(server, rcvId, recipient, authPublicKey(sender), signal);
    step = 'send';
    await clients.send(server, queue.sndId, sender, { notification: false }, body, signal);
    step = 'receive';
    const message = await withTimeout(clock, DELIVERY_TIMEOUT_MS, 'delivery', delivered.promise);
    const secret = deliverySecret(dh.privateKey, queue.serverDhPublicKey);
    const received = decryptDelivered(secret, message.msgId, message.body);
    if (received.kind !== 'message' || !equalBytes(received.body, body))
      throw new Error('a different message was received');
    step = 'acknowledge';
    await clients.ack(server, rcvId, recipient, message.msgId, signal);
    step = 'delete';
    const made = rcvId;
    rcvId = undefined;
    await clients.deleteQueue(server, made, recipient, signal);
    const ms = Math.round(clock.monotonic() - started);
    const finding = fine(`created, secured, sent, received, acknowledged and deleted in ${ms} ms`);
    return { finding, serverMs: received.timestamp * 1_000 };
  } catch (error) {
    const why = error instanceof Error ? error.message : 'error';
    return { finding: failed(`it failed to ${step}: ${why}`, advice(step, error, password)), serverMs: undefined };
  } finally {
    if (rcvId !== undefined) await clients.deleteQueue(server, rcvId, recipient, signal).catch(() => {});
    await clients.close();
  }
}
