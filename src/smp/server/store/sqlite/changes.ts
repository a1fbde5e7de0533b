/**
 * A group of changes as one block of bytes, which goes to the thread that writes without being copied. Each change is: the
 * number of its table in {@link TABLE_NAMES} (1 byte; 0x80 is added when the key is removed), sizes of key (2 bytes) and value
 * (4 bytes, big-endian), key, value.
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

  /** All that was added, in a buffer of its own. */
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
  /** Undefined when the key is removed. */
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
