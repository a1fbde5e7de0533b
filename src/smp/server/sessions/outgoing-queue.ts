/** The send queue of a connection: bounded, batched into blocks, in order. */
import { type Clock, type Deferred, deferred } from '../../../base/index.ts';
import { type BlockSealer, type Transport, writeBatches } from '../../../transport/index.ts';
import { OUTGOING_BYTES, WRITE_TIMEOUT_MS } from '../constants.ts';
import { Room, type SharedRoom } from '../room.ts';

export class OutgoingQueue {
  readonly #transport: Transport;
  readonly #blocks: BlockSealer;
  readonly #clock: Clock;
  readonly #queue: Uint8Array[] = [];
  readonly #room: Room;
  #writing = false;
  #idle: Deferred<void> | undefined;

  constructor(transport: Transport, blocks: BlockSealer, clock: Clock, shared: SharedRoom) {
    this.#transport = transport;
    this.#blocks = blocks;
    this.#clock = clock;
    this.#room = new Room(OUTGOING_BYTES, shared);
  }

  /** Resolves when `bytes` are reserved for a transmission, to be passed to {@link push} or released. */
  room(bytes: number): Promise<void> {
    return this.#room.take(bytes);
  }

  /** Releases reserved bytes that are not needed. */
  release(bytes: number): void {
    this.#room.release(bytes);
  }

  /** Queues a transmission for which `bytes` were reserved with {@link room}. */
  push(transmission: Uint8Array, bytes: number): void {
    this.#queue.push(transmission);
    this.#room.release(bytes - transmission.length);
    this.#start();
  }

  /** Queues a short event without a reservation: there is at most one for each subscription. */
  pushEvent(transmission: Uint8Array): void {
    this.push(transmission, 0);
  }

  /** Resolves when everything is written. */
  drained(): Promise<void> {
    if (!this.#writing) return Promise.resolve();
    this.#idle ??= deferred<void>();
    return this.#idle.promise;
  }

  #start(): void {
    if (this.#writing) return;
    this.#writing = true;
    // Deferred to the next turn of the event loop, so that responses made in this turn share a block.
    setImmediate(() => void this.#write());
  }

  async #write(): Promise<void> {
    try {
      while (this.#queue.length > 0) await this.#writeBatches();
    } catch {
      // The connection is broken; its read loop ends the session.
      this.#transport.destroy();
      for (const { length } of this.#queue.splice(0)) this.#room.release(length);
    } finally {
      this.#writing = false;
      this.#idle?.resolve();
      this.#idle = undefined;
    }
  }

  async #writeBatches(): Promise<void> {
    const { bytes, written } = writeBatches(this.#transport, this.#blocks, this.#queue);
    const timer = this.#clock.schedule(WRITE_TIMEOUT_MS, () => this.#transport.destroy(), { background: true });
    try {
      await written;
    } finally {
      timer.cancel();
      this.#room.release(bytes);
    }
  }
}
