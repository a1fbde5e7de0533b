/**
 * A table of the embedded store as its writer sees it: with the changes that are on their way to disk. Reading is
 * immediate. In memory is what is being written and, where asked for, what was read last: nobody else writes.
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
  /** Values on disk, those read first before the others. */
  readonly #recent = new Map<string, T>();
  readonly #kept: number;

  /** `kept`: how many values that were read are kept. They are shared: nobody may change them. */
  constructor(table: KeyValueTable, codec: Codec<T>, kept = 0) {
    this.#table = table;
    this.#codec = codec;
    this.#kept = kept;
  }

  get(key: Uint8Array): T | undefined {
    const buffer = viewOf(key);
    const name = buffer.toString('latin1');
    const pending = this.#pending.get(name);
    if (pending !== undefined) return pending.value;
    const recent = this.#recent.get(name);
    if (recent !== undefined) return recent;
    const stored = this.stored(buffer);
    if (stored !== undefined) this.#keep(name, stored);
    return stored;
  }

  #keep(name: string, value: T): void {
    if (this.#kept === 0) return;
    const [first] = this.#recent.size < this.#kept ? [] : this.#recent.keys();
    if (first !== undefined) this.#recent.delete(first);
    this.#recent.set(name, value);
  }

  /** Whether there is a value, without reading it. */
  has(key: Uint8Array): boolean {
    const buffer = viewOf(key);
    const name = buffer.toString('latin1');
    const pending = this.#pending.get(name);
    if (pending !== undefined) return pending.value !== undefined;
    return this.#recent.has(name) || this.#table.get(buffer) !== undefined;
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
    this.#recent.delete(name);
    batch.add(() => {
      if (packed === undefined) this.#table.remove(buffer);
      else this.#table.put(buffer, packed);
    });
    batch.onSettled(() => {
      if (this.#pending.get(name) === pending) this.#pending.delete(name);
    });
  }
}
