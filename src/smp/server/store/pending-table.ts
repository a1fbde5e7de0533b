/**
 * A table as its only writer sees it: reads include changes that are not on disk yet, and return at once. Memory holds
 * pending changes and, optionally, a cache of recently read values.
 */
import type { Codec } from '../../../encoding/index.ts';
import type { Batch } from './group-writer.ts';
import type { KeyValueTable } from './key-value.ts';
import { pack, unpack, viewOf } from './record-codec.ts';

interface PendingValue<T> {
  readonly value: T | undefined;
}

export class PendingTable<T> {
  readonly #table: KeyValueTable;
  readonly #codec: Codec<T>;
  readonly #pending = new Map<string, PendingValue<T>>();
  /** Cache of values on disk, in the order they were first read. */
  readonly #cached = new Map<string, T>();
  readonly #cacheSize: number;

  /** `cacheSize`: 0 disables the cache. Cached values are shared and must not be modified. */
  constructor(table: KeyValueTable, codec: Codec<T>, cacheSize = 0) {
    this.#table = table;
    this.#codec = codec;
    this.#cacheSize = cacheSize;
  }

  get(key: Uint8Array): T | undefined {
    const buffer = viewOf(key);
    const name = buffer.toString('latin1');
    const pending = this.#pending.get(name);
    if (pending !== undefined) return pending.value;
    const recent = this.#cached.get(name);
    if (recent !== undefined) return recent;
    const stored = this.stored(buffer);
    if (stored !== undefined) this.#keep(name, stored);
    return stored;
  }

  #keep(name: string, value: T): void {
    if (this.#cacheSize === 0) return;
    const [first] = this.#cached.size < this.#cacheSize ? [] : this.#cached.keys();
    if (first !== undefined) this.#cached.delete(first);
    this.#cached.set(name, value);
  }

  /** Whether the key exists; does not read the value. */
  has(key: Uint8Array): boolean {
    const buffer = viewOf(key);
    const name = buffer.toString('latin1');
    const pending = this.#pending.get(name);
    if (pending !== undefined) return pending.value !== undefined;
    return this.#cached.has(name) || this.#table.get(buffer) !== undefined;
  }

  /** The value on disk, without pending changes. */
  stored(key: Uint8Array): T | undefined {
    const stored = this.#table.get(viewOf(key));
    return stored === undefined ? undefined : unpack(this.#codec, new Uint8Array(stored));
  }

  /** Sets the value, or removes it when undefined, as part of `batch`. */
  set(batch: Batch, key: Uint8Array, value: T | undefined): void {
    this.#change(batch, key, value, value);
  }

  /** Removes the value as part of `batch`; until that is on disk, reads return `meanwhile`. */
  remove(batch: Batch, key: Uint8Array, meanwhile: T): void {
    this.#change(batch, key, meanwhile, undefined);
  }

  #change(batch: Batch, key: Uint8Array, value: T | undefined, stored: T | undefined): void {
    const buffer = Buffer.from(key);
    const name = buffer.toString('latin1');
    const packed = stored === undefined ? undefined : pack(this.#codec, stored);
    const pending: PendingValue<T> = { value };
    this.#pending.set(name, pending);
    this.#cached.delete(name);
    batch.add(() => {
      if (packed === undefined) this.#table.remove(buffer);
      else this.#table.put(buffer, packed);
    });
    batch.onSettled(() => {
      if (this.#pending.get(name) === pending) this.#pending.delete(name);
    });
  }
}
