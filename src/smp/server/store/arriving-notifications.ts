/** Keys of notifications that are not on disk yet, by notifier, so that removing all of a notifier's includes them. */
import type { Batch } from './group-writer.ts';

export class ArrivingNotifications {
  readonly #keys = new Map<string, Set<Buffer>>();

  of(notifierId: Uint8Array): readonly Buffer[] {
    return [...(this.#keys.get(nameOf(notifierId)) ?? [])];
  }

  add(batch: Batch, notifierId: Uint8Array, key: Buffer): void {
    const name = nameOf(notifierId);
    const keys = this.#keys.get(name) ?? new Set();
    this.#keys.set(name, keys.add(key));
    batch.onSettled(() => {
      keys.delete(key);
      if (keys.size === 0 && this.#keys.get(name) === keys) this.#keys.delete(name);
    });
  }
}

const nameOf = (id: Uint8Array): string => Buffer.from(id).toString('latin1');
