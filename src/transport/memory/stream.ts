/**
 * One direction of a simulated connection: bytes arrive in order and delayed, and a writer waits while too much is in
 * flight or unread, as with a socket.
 */
import { type Deferred, deferred, type VirtualTime } from '../../base/index.ts';
import { TransportError } from '../errors.ts';

/** Bytes in flight or unread before writers wait: about the buffers of TCP and TLS. */
const WINDOW = 256 * 1024;

/** `ended`: after all bytes. `broken`: all bytes are lost. */
type Ending = 'open' | 'ended' | 'broken';

export class MemoryStream {
  readonly #time: VirtualTime;
  /** The one-way delay of what is written now. */
  readonly #delay: () => number;
  readonly #arrived: Uint8Array[] = [];
  #arrivedBytes = 0;
  #underWay = 0;
  #ending: Ending = 'open';
  #lastArrival = 0;
  /** Whether further bytes are dropped without notice. */
  #silent = false;
  #reader: Deferred<void> | undefined;
  #writers: Deferred<void>[] = [];

  constructor(time: VirtualTime, delay: () => number) {
    this.#time = time;
    this.#delay = delay;
  }

  async read(length: number): Promise<Uint8Array | undefined> {
    while (this.#arrivedBytes < length) {
      if (this.#ending === 'ended' && this.#arrivedBytes > 0) {
        throw new TransportError('network', 'the connection ended in the middle of a block');
      }
      if (this.#ending !== 'open') return undefined;
      this.#reader ??= deferred<void>();
      await this.#reader.promise;
    }
    const bytes = this.#take(length);
    this.#resumeWriters();
    return bytes;
  }

  /** Resolves when there is room for more. */
  async write(bytes: Uint8Array): Promise<void> {
    this.#refuseWhenOver();
    const copy = bytes.slice();
    this.#underWay += copy.length;
    this.#later(() => {
      this.#underWay -= copy.length;
      this.#arrived.push(copy);
      this.#arrivedBytes += copy.length;
      this.#wakeReader();
    });
    while (this.#underWay + this.#arrivedBytes > WINDOW) {
      const writer = deferred<void>();
      this.#writers.push(writer);
      await writer.promise;
      this.#refuseWhenOver();
    }
  }

  /** Ends the stream after all written bytes; `onArrival` runs when the end arrives. */
  end(onArrival: () => void): void {
    this.#later(() => {
      if (this.#ending === 'open') this.#ending = 'ended';
      this.#release();
      onArrival();
    });
  }

  /** Breaks the stream for the reader; bytes in flight or unread are lost. */
  break(): void {
    this.#ending = 'broken';
    this.#arrived.length = 0;
    this.#arrivedBytes = 0;
    this.#release();
  }

  silence(): void {
    this.#silent = true;
  }

  #later(arrive: () => void): void {
    this.#lastArrival = Math.max(this.#lastArrival, this.#time.elapsed + this.#delay());
    this.#time.schedule(this.#lastArrival - this.#time.elapsed, () => {
      if (!this.#silent && this.#ending !== 'broken') arrive();
    });
  }

  #take(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const first = this.#arrived[0]!;
      const part = first.subarray(0, length - at);
      bytes.set(part, at);
      at += part.length;
      if (part.length === first.length) this.#arrived.shift();
      else this.#arrived[0] = first.subarray(part.length);
    }
    this.#arrivedBytes -= length;
    return bytes;
  }

  #refuseWhenOver(): void {
    if (this.#ending !== 'open') throw new TransportError('network', 'the connection broke');
  }

  #release(): void {
    this.#wakeReader();
    this.#resumeWriters();
  }

  #wakeReader(): void {
    this.#reader?.resolve();
    this.#reader = undefined;
  }

  #resumeWriters(): void {
    for (const writer of this.#writers.splice(0)) writer.resolve();
  }
}
