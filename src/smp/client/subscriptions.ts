/** A set of queues on one server that a client is subscribed to. */
import { toHex } from '../../encoding/index.ts';
import type { AuthKey } from '../../protocol/index.ts';

export interface WantedQueue {
  readonly rcvId: Uint8Array;
  readonly authKey: AuthKey;
}

export class WantedQueues {
  readonly #queues = new Map<string, WantedQueue>();

  get size(): number {
    return this.#queues.size;
  }

  add(queue: WantedQueue): void {
    this.#queues.set(toHex(queue.rcvId), queue);
  }

  has(rcvId: Uint8Array): boolean {
    return this.#queues.has(toHex(rcvId));
  }

  delete(rcvId: Uint8Array): void {
    this.#queues.delete(toHex(rcvId));
  }

  clear(): void {
    this.#queues.clear();
  }

  list(): readonly WantedQueue[] {
    return [...this.#queues.values()];
  }
}
