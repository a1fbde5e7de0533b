/** What a connection has to send: bounded, in batches, in order. */
import { type Clock, type Deferred, deferred } from '../../base/index.ts';
import { type BlockSealer, type Transport, takeBatch, writeBlock } from '../../transport/index.ts';
import { MAX_OUTGOING, WRITE_TIMEOUT_MS } from './constants.ts';
import { Slots } from './slots.ts';

export class Outgoing {
  readonly #transport: Transport;
  readonly #blocks: BlockSealer;
  readonly #clock: Clock;
  readonly #queue: Uint8Array[] = [];
  readonly #slots = new Slots(MAX_OUTGOING);
  /** Of those in the queue, how many hold a slot; events do not. */
  #unslotted = 0;
  #writing = false;
  #idle: Deferred<void> | undefined;

  constructor(transport: Transport, blocks: BlockSealer, clock: Clock) {
    this.#transport = transport;
    this.#blocks = blocks;
    this.#clock = clock;
  }

  /** Resolves when there is room for one more transmission, which must then be given to {@link push}. */
  room(): Promise<void> {
    return this.#slots.take();
  }

  /** Gives back room that is not needed after all. */
  release(): void {
    this.#slots.release();
  }

  /** Sends a transmission for which there was {@link room}. */
  push(transmission: Uint8Array): void {
    this.#queue.push(transmission);
    this.#start();
  }

  /** Sends a short event without waiting for room: there are no more of them than the connection has subscriptions. */
  pushEvent(transmission: Uint8Array): void {
    this.#unslotted++;
    this.push(transmission);
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
      while (this.#queue.length > 0) {
        const before = this.#queue.length;
        const batch = takeBatch(this.#queue);
        for (let taken = before - this.#queue.length; taken > 0; taken--) {
          if (this.#unslotted > 0) this.#unslotted--;
          else this.#slots.release();
        }
        const timer = this.#clock.schedule(WRITE_TIMEOUT_MS, () => this.#transport.destroy(), { background: true });
        try {
          await writeBlock(this.#transport, this.#blocks, batch);
        } finally {
          timer.cancel();
        }
      }
    } catch {
      // The connection is gone; its reader ends the session.
      this.#transport.destroy();
      for (; this.#queue.length > 0; this.#queue.pop()) this.#slots.release();
    } finally {
      this.#writing = false;
      this.#idle?.resolve();
      this.#idle = undefined;
    }
  }
}
