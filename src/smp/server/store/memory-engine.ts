/** Tables in memory, sorted on demand. Commits take effect at once and never fail. */
import type { KeyValueEngine, KeyValueTable } from './key-value.ts';

/** Bytes as text of one character each; sorts like the bytes. */
const nameOf = (key: Uint8Array) => Buffer.from(key.buffer, key.byteOffset, key.length).toString('latin1');

/** The index of `name` in `sorted`, or where to insert it. */
function placeOf(sorted: readonly string[], name: string): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]! < name) low = middle + 1;
    else high = middle;
  }
  return low;
}

class MemoryTable implements KeyValueTable {
  readonly #cells = new Map<string, Buffer>();
  /** All keys in order; filled when first needed. */
  #sorted: string[] | undefined;

  get(key: Buffer): Buffer | undefined {
    return this.#cells.get(nameOf(key));
  }

  put(key: Buffer, value: Buffer): void {
    const name = nameOf(key);
    if (!this.#cells.has(name)) this.#sorted?.splice(placeOf(this.#sorted, name), 0, name);
    this.#cells.set(name, Buffer.from(value));
  }

  remove(key: Buffer): void {
    const name = nameOf(key);
    if (this.#cells.delete(name)) this.#sorted?.splice(placeOf(this.#sorted, name), 1);
  }

  count(): number {
    return this.#cells.size;
  }

  keys(start: Buffer | undefined, limit: number): readonly Buffer[] {
    if (this.#cells.size === 0) return [];
    this.#sorted ??= [...this.#cells.keys()].sort();
    const from = start === undefined ? 0 : placeOf(this.#sorted, nameOf(start));
    return this.#sorted.slice(from, from + limit).map((name) => Buffer.from(name, 'latin1'));
  }
}

export function memoryEngine(): KeyValueEngine {
  const tables = new Map<string, MemoryTable>();
  return {
    table(name) {
      const table = tables.get(name) ?? new MemoryTable();
      tables.set(name, table);
      return table;
    },
    claim: () => ({ release: () => {} }),
    async commit(operations) {
      for (const operation of operations) operation();
    },
    close: () => Promise.resolve(),
  };
}
