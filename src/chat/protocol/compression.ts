/**
 * Compressed bodies (Compression.hs of the reference): short ones pass through, others are one Zstandard frame (RFC
 * 8878) that states the size of what is in it. The codec is WebAssembly and has to be loaded once before use.
 */
import type * as Zstd from '@bokuweb/zstd-wasm';
import {
  type Codec,
  DecodeError,
  large,
  nonEmpty,
  type Reader,
  bytes as shortBytes,
  type Writer,
} from '../../encoding/index.ts';

/** Bodies up to this size are not worth compressing. */
const MAX_PASSTHROUGH = 180;
const LEVEL = 3;

/** The most that a compressed body may hold, as newer peers have it. */
export const MAX_DECOMPRESSED_SIZE = 65_536;

let zstd: typeof Zstd | undefined;
let loading: Promise<void> | undefined;

/** Loads the codec; to be awaited once before bodies are encoded or decoded. Costs a few milliseconds. */
export function initCompression(): Promise<void> {
  loading ??= (async () => {
    const loaded = await import('@bokuweb/zstd-wasm');
    await loaded.init();
    zstd = loaded;
  })();
  return loading;
}

function codec(): typeof Zstd {
  if (zstd === undefined) throw new Error('initCompression has not finished');
  return zstd;
}

type Item = { readonly kind: 'plain' | 'zstd'; readonly bytes: Uint8Array };

const itemCodec: Codec<Item> = {
  write(writer: Writer, { kind, bytes }: Item) {
    writer.byte(kind === 'plain' ? 0x30 : 0x31);
    (kind === 'plain' ? shortBytes : large).write(writer, bytes);
  },
  read(reader: Reader): Item {
    const tag = reader.byte();
    if (tag === 0x30) return { kind: 'plain', bytes: shortBytes.read(reader) };
    if (tag === 0x31) return { kind: 'zstd', bytes: large.read(reader) };
    return reader.fail('unknown kind of compression');
  },
};

/** The list of items that follows `X`. */
export const compressedListCodec: Codec<readonly Item[]> = nonEmpty(itemCodec);

export function compressItem(bytes: Uint8Array): Item {
  if (bytes.length <= MAX_PASSTHROUGH) return { kind: 'plain', bytes };
  return { kind: 'zstd', bytes: codec().compress(bytes, LEVEL) };
}

/** Throws `DecodeError`, without having reserved the memory, for frames that hold too much or do not say how much. */
export function decompressItem(item: Item): Uint8Array {
  if (item.kind === 'plain') return item.bytes;
  const size = frameContentSize(item.bytes);
  if (size === undefined || size > MAX_DECOMPRESSED_SIZE) {
    throw new DecodeError('compressed body is too large or of unknown size', 0);
  }
  // The codec reserves exactly the stated size, of which there must be some.
  if (size === 0) return new Uint8Array(0);
  try {
    const bytes = codec().decompress(item.bytes);
    if (bytes.length === size) return bytes;
  } catch (cause) {
    throw new DecodeError('compressed body is damaged', 0, { cause });
  }
  throw new DecodeError('compressed body has another size than it states', 0);
}

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

/** Frame_Content_Size of the header (RFC 8878, section 3.1.1.1); undefined when absent or no frame. */
function frameContentSize(frame: Uint8Array): number | undefined {
  const descriptor = frame[4];
  if (descriptor === undefined || MAGIC.some((byte, i) => frame[i] !== byte)) return undefined;
  const single = (descriptor & 0x20) !== 0;
  const flag = descriptor >> 6;
  const width = flag === 0 ? (single ? 1 : 0) : 1 << flag;
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  if (width === 0 || frame.length < at + width) return undefined;
  let size = 0;
  for (let i = width - 1; i >= 0; i--) size = size * 256 + frame[at + i]!;
  return width === 2 ? size + 256 : size;
}
