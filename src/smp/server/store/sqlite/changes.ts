/**
 * The encoding of a group of changes in one buffer, which is transferred to the writer thread without a copy. Each
 * change has the index of its table in {@link TABLE_NAMES} (1 byte; plus 0x80 for a removal), the sizes of key (2
 * bytes) and value (4 bytes, big-endian), the key, and the value.
 */
const HEADER_SIZE = 7;
const REMOVES = 0x80;

export class Changes {
  readonly #changes: { readonly table: number; readonly key: Buffer; readonly value: Buffer | undefined }[] = [];
  #size = 0;

  add(table: number, key: Buffer, value: Buffer | undefined): void {
    this.#changes.push({ table, key, value });
    this.#size += HEADER_SIZE + key.length + (value?.length ?? 0);
  }

  /** All added changes, in a new buffer. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#size);
    const view = new DataView(bytes.buffer);
    let at = 0;
    for (const { table, key, value } of this.#changes) {
      view.setUint8(at, value === undefined ? table | REMOVES : table);
      view.setUint16(at + 1, key.length);
      view.setUint32(at + 3, value?.length ?? 0);
      bytes.set(key, at + HEADER_SIZE);
      at += HEADER_SIZE + key.length;
      if (value === undefined) continue;
      bytes.set(value, at);
      at += value.length;
    }
    return bytes;
  }
}

export interface Change {
  readonly table: number;
  readonly key: Uint8Array<ArrayBuffer>;
  /** Undefined for a removal. */
  readonly value: Uint8Array<ArrayBuffer> | undefined;
}

export function* readChanges(bytes: Uint8Array<ArrayBuffer>): Generator<Change> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  while (at < bytes.length) {
    const kind = view.getUint8(at);
    const keyEnd = at + HEADER_SIZE + view.getUint16(at + 1);
    const end = keyEnd + view.getUint32(at + 3);
    const value = (kind & REMOVES) === 0 ? bytes.subarray(keyEnd, end) : undefined;
    yield { table: kind & ~REMOVES, key: bytes.subarray(at + HEADER_SIZE, keyEnd), value };
    at = end;
  }
}
