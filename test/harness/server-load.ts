/**
 * Load on a server with full accounting: each queue carries consecutive numbers. A number answered with OK must be
 * received, once and in order; one without an answer may have been stored, so it is sent again and may be received
 * twice. A repeated delivery after a lost ACK has the same id and counts once.
 */
import { silentLogger, systemClock } from '../../src/base/index.ts';
import { systemRandom } from '../../src/crypto/index.ts';
import { toHex } from '../../src/encoding/index.ts';
import type { AuthKey, SmpServer } from '../../src/protocol/index.ts';
import { type DeliveredMessage, SmpClients, SmpError } from '../../src/smp/client/index.ts';
import { tlsConnect } from '../../src/transport/node/index.ts';
import { authKey, never, newQueue, type TestQueue } from './smp-client.ts';

const NUMBER_SIZE = 8;
const nothing = () => {};
const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Delay before a number is resent after a transient error. */
const PAUSE_MS = 200;

export interface LoadOptions {
  readonly queues: number;
  /** Size of the next message in bytes, 8 to 16,000. */
  size(): number;
  /** Milliseconds before the next message of a queue. */
  pause(): number;
}

/** A queue and the numbers sent through it. */
class Line {
  readonly queue: TestQueue;
  readonly senderKey: AuthKey;
  /** The next number to send; all earlier ones were answered with OK. */
  next = 1;
  /** Sends without an answer: each may have stored an additional message. */
  unanswered = 0;
  readonly #received: number[] = [];
  readonly #ids = new Set<string>();

  constructor(queue: TestQueue, senderKey: AuthKey) {
    this.queue = queue;
    this.senderKey = senderKey;
  }

  receive(message: DeliveredMessage): void {
    const id = toHex(message.msgId);
    if (this.#ids.has(id)) return;
    this.#ids.add(id);
    const delivery = this.queue.open(message);
    if (delivery.kind === 'message') this.#received.push(Number(Buffer.from(delivery.body).readBigUInt64BE(0)));
  }

  /** The last received number. */
  get last(): number {
    return this.#received.at(-1) ?? 0;
  }

  /** Errors: numbers that are missing, out of order, or duplicated without a reason. */
  account(): LineAccount {
    const seen = new Set(this.#received);
    let lost = 0;
    for (let number = 1; number < this.next; number++) if (!seen.has(number)) lost++;
    const disordered = this.#received.filter((number, i) => i > 0 && number < this.#received[i - 1]!).length;
    const again = this.#received.length - seen.size;
    return { sent: this.next - 1, lost, disordered, doubled: Math.max(0, again - this.unanswered) };
  }
}

export interface LineAccount {
  readonly sent: number;
  readonly lost: number;
  readonly disordered: number;
  readonly doubled: number;
}

export class ServerLoad {
  readonly #server: SmpServer;
  readonly #options: LoadOptions;
  readonly #lines = new Map<string, Line>();
  readonly #senders: SmpClients;
  readonly #receivers: SmpClients;
  /** Errors not caused by an injected fault. */
  readonly unexpected: string[] = [];
  #stopping = false;

  constructor(server: SmpServer, options: LoadOptions) {
    this.#server = server;
    this.#options = options;
    this.#senders = this.#clients(nothing);
    this.#receivers = this.#clients((_, rcvId, message) => void this.#receive(rcvId, message));
  }

  #clients(onMessage: ConstructorParameters<typeof SmpClients>[0]['onMessage']): SmpClients {
    return new SmpClients({
      connect: tlsConnect(systemClock),
      clock: systemClock,
      random: systemRandom,
      logger: silentLogger,
      onMessage,
      onEnd: (_, __, reason) => this.unexpected.push(`a subscription ended with ${reason}`),
      onConnected: nothing,
      onDisconnected: nothing,
      onSubscriptionError: (_, __, error) => {
        if (!error.retryable) this.unexpected.push(`subscribing again: ${error.message}`);
      },
    });
  }

  /** Creates the queues, before faults are injected. */
  async open(): Promise<void> {
    for (let i = 0; i < this.#options.queues; i++) {
      const queue = await newQueue(this.#receivers, this.#server);
      const key = authKey('x25519');
      await this.#senders.secureSender(this.#server, queue.sndId, key, never);
      this.#lines.set(toHex(queue.rcvId), new Line(queue, key));
    }
  }

  /** Number of messages answered with OK. */
  get sent(): number {
    return [...this.#lines.values()].reduce((sum, line) => sum + line.next - 1, 0);
  }

  /** Sends on all queues until {@link finish}. */
  run(): Promise<unknown> {
    return Promise.all([...this.#lines.values()].map((line) => this.#send(line)));
  }

  /** Stops sending. */
  finish(): void {
    this.#stopping = true;
  }

  /** Resolves when all messages answered with OK were received, or after `patienceMs`. */
  async settled(patienceMs: number): Promise<void> {
    const deadline = Date.now() + patienceMs;
    while (Date.now() < deadline && [...this.#lines.values()].some(({ last, next }) => last < next - 1))
      await wait(100);
  }

  accounts(): LineAccount {
    const total = { sent: 0, lost: 0, disordered: 0, doubled: 0 };
    for (const line of this.#lines.values()) {
      const { sent, lost, disordered, doubled } = line.account();
      total.sent += sent;
      total.lost += lost;
      total.disordered += disordered;
      total.doubled += doubled;
    }
    return total;
  }

  async close(): Promise<void> {
    await Promise.all([this.#senders.close(), this.#receivers.close()]);
  }

  async #send(line: Line): Promise<void> {
    while (!this.#stopping) {
      const body = Buffer.alloc(Math.max(NUMBER_SIZE, this.#options.size()));
      body.writeBigUInt64BE(BigInt(line.next));
      try {
        await this.#senders.send(this.#server, line.queue.sndId, line.senderKey, { notification: false }, body, never);
        line.next++;
      } catch (error) {
        if (!this.#isFault(error)) this.unexpected.push(`SEND: ${error instanceof Error ? error.message : 'error'}`);
        // A full queue stored nothing; any other response may have been lost.
        if (!(error instanceof SmpError && error.code?.kind === 'QUOTA')) line.unanswered++;
        await wait(PAUSE_MS);
      }
      const pause = this.#options.pause();
      if (pause > 0) await wait(pause);
    }
  }

  async #receive(rcvId: Uint8Array, message: DeliveredMessage): Promise<void> {
    const line = this.#lines.get(toHex(rcvId));
    if (line === undefined) return;
    line.receive({ msgId: message.msgId.slice(), body: message.body.slice() });
    const { queue } = line;
    try {
      await this.#receivers.ack(this.#server, queue.rcvId, queue.authKey, message.msgId.slice(), never);
    } catch (error) {
      // The message is delivered again on the next connection.
      if (!this.#isFault(error)) this.unexpected.push(`ACK: ${error instanceof Error ? error.message : 'error'}`);
    }
  }

  #isFault = (error: unknown): boolean => error instanceof SmpError && error.retryable;
}
