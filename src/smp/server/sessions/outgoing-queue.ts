/** What a connection has to send: bounded, in batches, in order. */
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

  /** Resolves when there is room for a transmission of up to `bytes`, to be given to {@link push} or released. */
  room(bytes: number): Promise<void> {
    return this.#room.take(bytes);
  }

  /** Gives back room that is not needed after all. */
  release(bytes: number): void {
    this.#room.release(bytes);
  }

  /** Sends a transmission for which there was {@link room} of `bytes`. */
  push(transmission: Uint8Array, bytes: number): void {
    this.#queue.push(transmission);
    this.#room.release(bytes - transmission.length);
    this.#start();
  }

  /** Sends a short event without waiting for room: there are no more of them than the connection has subscriptions. */
  pushEvent(transmission: Uint8Array): void {
    this.push(transmission, 0);
  }

  /** Resolves when all is written. */
  drained(): Promise<void> {
    if (!this.#writing) return Promise.resolve();
    this.#idle ??= deferred<void>();
    return this.#idle.promise;
  }

  #start(): void {
    if (this.#writing) return;
    this.#writing = true;
    // In the next turn of the event loop, so that answers made in this one share a block.
    setImmediate(() => void this.#write());
  }

  async #write(): Promise<void> {
    try {
      while (this.#queue.length > 0) await this.#writeBatches();
    } catch {
      // The connection is gone; its reader ends the session.
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
