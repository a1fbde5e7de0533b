/**
 * A table of the embedded store as its writer sees it: with the changes that are on their way to disk. Reading is
 * immediate; nothing is kept in memory but what is being written.
 */
import type { Codec } from '../../../encoding/index.ts';
import type { Batch } from './group-writer.ts';
import type { KeyValueTable } from './key-value.ts';
import { pack, unpack } from './record-codec.ts';

interface PendingValue<T> {
  readonly value: T | undefined;
}

const viewOf = (key: Uint8Array): Buffer => Buffer.from(key.buffer, key.byteOffset, key.length);

export class PendingTable<T> {
  readonly #table: KeyValueTable;
  readonly #codec: Codec<T>;
  readonly #pending = new Map<string, PendingValue<T>>();

  constructor(table: KeyValueTable, codec: Codec<T>) {
    this.#table = table;
    this.#codec = codec;
  }

  get(key: Uint8Array): T | undefined {
    const buffer = viewOf(key);
    const pending = this.#pending.get(buffer.toString('latin1'));
    if (pending !== undefined) return pending.value;
    return this.stored(buffer);
  }

  /** Whether there is a value, without reading it. */
  has(key: Uint8Array): boolean {
    const buffer = viewOf(key);
    const pending = this.#pending.get(buffer.toString('latin1'));
    return pending === undefined ? this.#table.get(buffer) !== undefined : pending.value !== undefined;
  }

  /** The value on disk. */
  stored(key: Uint8Array): T | undefined {
    const stored = this.#table.get(viewOf(key));
    return stored === undefined ? undefined : unpack(this.#codec, new Uint8Array(stored));
  }

  /** Changes the value, or deletes it when undefined, as part of `batch`. */
  set(batch: Batch, key: Uint8Array, value: T | undefined): void {
    this.#change(batch, key, value, value);
  }

  /** Deletes the value as part of `batch`; until that is on disk, reading gives `meanwhile`. */
  remove(batch: Batch, key: Uint8Array, meanwhile: T): void {
    this.#change(batch, key, meanwhile, undefined);
  }

  #change(batch: Batch, key: Uint8Array, value: T | undefined, stored: T | undefined): void {
    const buffer = Buffer.from(key);
    const name = buffer.toString('latin1');
    const packed = stored === undefined ? undefined : pack(this.#codec, stored);
    const pending: PendingValue<T> = { value };
    this.#pending.set(name, pending);
    batch.add(() => {
      if (packed === undefined) this.#table.remove(buffer);
      else this.#table.put(buffer, packed);
    });
    batch.onSettled(() => {
      if (this.#pending.get(name) === pending) this.#pending.delete(name);
    });
  }
}
