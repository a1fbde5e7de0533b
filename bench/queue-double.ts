/**
 * A server of queues in this process, without protocol, network and disk: what people send is sealed for its recipient at once,
 * kept, and delivered message by message, the next after the acknowledgement of the one before.
 */
import type { SmpQueueClient, SmpQueueEvents } from '#sotto/agent';
import { generateX25519, systemRandom } from '#sotto/crypto';
import type { SmpServer } from '#sotto/protocol';
import { deliverySecret, encryptDelivery } from '#sotto/smp';

interface Queue {
  readonly rcvId: Uint8Array;
  readonly secret: Uint8Array;
  readonly waiting: { readonly msgId: Uint8Array; readonly body: Uint8Array }[];
  /** Of the subscribed recipient. */
  deliver: ((message: { readonly msgId: Uint8Array; readonly body: Uint8Array }) => void) | undefined;
}

const ID_SIZE = 24;
const keyOf = (id: Uint8Array) => Buffer.from(id).toString('hex');
/** Time until a command is answered. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export class QueueDouble {
  /** Number of answered SENDs and SUBs. */
  sent = 0;
  subscribed = 0;
  readonly #byRecipient = new Map<string, Queue>();
  readonly #bySender = new Map<string, Queue>();
  #held = false;

  /** From now on messages wait. */
  hold(): void {
    this.#held = true;
  }

  /** Delivers what waits. */
  release(): void {
    this.#held = false;
    for (const queue of this.#byRecipient.values()) this.#next(queue);
  }

  /** The client of one person. Sending to an unknown queue succeeds, and nobody gets the message. */
  client(events: SmpQueueEvents): SmpQueueClient {
    const own = new Set<Queue>();
    let connected = false;
    const connect = (server: SmpServer) => {
      if (connected) return;
      connected = true;
      events.onConnected(server);
    };
    const subscribe = (server: SmpServer, queue: Queue) => {
      own.add(queue);
      queue.deliver = (message) => events.onMessage(server, queue.rcvId, message);
      this.#next(queue);
    };
    return {
      createQueue: async ({ server }, request) => {
        connect(server);
        const keys = generateX25519(systemRandom);
        const [rcvId, sndId] = [systemRandom.bytes(ID_SIZE), systemRandom.bytes(ID_SIZE)];
        const secret = deliverySecret(keys.privateKey, request.dhPublicKey);
        const queue: Queue = { rcvId, secret, waiting: [], deliver: undefined };
        this.#byRecipient.set(keyOf(rcvId), queue);
        this.#bySender.set(keyOf(sndId), queue);
        subscribe(server, queue);
        return { rcvId, sndId, serverDhPublicKey: keys.publicKey, sndSecure: true };
      },
      subscribe: async (server, rcvId) => {
        await turn();
        connect(server);
        this.subscribed++;
        const queue = this.#byRecipient.get(keyOf(rcvId));
        if (queue !== undefined) subscribe(server, queue);
      },
      forget: () => {},
      secureSender: turn,
      send: async (_server, sndId, _authKey, flags, body) => {
        const queue = this.#bySender.get(keyOf(sndId));
        if (queue !== undefined) {
          const msgId = systemRandom.bytes(ID_SIZE);
          const delivery = { kind: 'message', timestamp: Math.floor(Date.now() / 1000), flags, body } as const;
          queue.waiting.push({ msgId, body: encryptDelivery(queue.secret, msgId, delivery) });
          if (queue.waiting.length === 1) this.#next(queue);
        }
        await turn();
        this.sent++;
      },
      ack: async (_server, rcvId) => {
        await turn();
        const queue = this.#byRecipient.get(keyOf(rcvId));
        queue?.waiting.shift();
        if (queue !== undefined) this.#next(queue);
      },
      deleteQueue: turn,
      ping: turn,
      close: async () => {
        for (const queue of own) queue.deliver = undefined;
      },
    };
  }

  #next(queue: Queue): void {
    const [message] = queue.waiting;
    if (message === undefined || queue.deliver === undefined || this.#held) return;
    setImmediate(() => queue.deliver?.(message));
  }
}
