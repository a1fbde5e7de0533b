/** How the embedded store writes its values: a version byte, then the fields. */
import {
  bool,
  bytes,
  type Codec,
  DecodeError,
  decode,
  encode,
  fixed,
  int64,
  map,
  maybe,
  struct,
  tail,
  tuple,
  word8,
} from '../../../encoding/index.ts';
import { authPublicKeyCodec, ENTITY_ID_SIZE } from '../../../protocol/index.ts';
import { messageFlagsCodec } from '../../protocol/index.ts';
import { StoreError } from './errors.ts';
import type { QueueRecord, StoredMessage } from './types.ts';

const FORMAT = 1;

function versioned<T>(codec: Codec<T>): Codec<T> {
  return map(
    tuple(word8, codec),
    ([format, value]) => {
      if (format !== FORMAT) throw new DecodeError(`unknown format ${format}`, 0);
      return value;
    },
    (value): [number, T] => [FORMAT, value],
  );
}

const id = fixed(ENTITY_ID_SIZE);

const storedMessageStart: Codec<Uint8Array> = versioned(id);

export const queueRecordCodec: Codec<QueueRecord> = versioned(
  struct<QueueRecord>({
    rcvId: id,
    sndId: id,
    rcvAuthKey: authPublicKeyCodec,
    rcvDhSecret: bytes,
    sndSecure: bool,
    sndAuthKey: maybe(authPublicKeyCodec),
    status: map(
      bool,
      (active) => (active ? 'active' : 'off'),
      (status) => status === 'active',
    ),
  }),
);

const contentCodec: Codec<StoredMessage['content']> = {
  write(writer, content) {
    bool.write(writer, content.kind === 'message');
    if (content.kind !== 'message') return;
    messageFlagsCodec.write(writer, content.flags);
    writer.byte(0x20);
    tail.write(writer, content.body);
  },
  read(reader) {
    if (!bool.read(reader)) return { kind: 'quota' };
    const flags = messageFlagsCodec.read(reader);
    reader.byte();
    return { kind: 'message', flags, body: tail.read(reader) };
  },
};

export const storedMessageCodec: Codec<StoredMessage> = versioned(
  struct<StoredMessage>({ msgId: id, timestamp: int64, content: contentCodec }),
);

/** The id of a stored message, which stands before the rest. */
export function messageIdOf(stored: Uint8Array): Uint8Array {
  return unpack(storedMessageStart, stored.subarray(0, 1 + ENTITY_ID_SIZE));
}

/** Where the messages of a queue that has any begin and end: numbers of the first and of the next to come. */
export interface QueueState {
  readonly head: number;
  readonly tail: number;
  /** Whether the last message is a quota marker. */
  readonly full: boolean;
}

export const queueStateCodec: Codec<QueueState> = versioned(
  struct<QueueState>({ head: int64, tail: int64, full: bool }),
);

/** Encodes to a buffer of its own, as writes happen later. */
export function pack<T>(codec: Codec<T>, value: T): Buffer {
  const { buffer, byteOffset, length } = encode(codec, value);
  return Buffer.from(buffer, byteOffset, length);
}

/** Decodes what the store holds; a value it cannot read means a damaged file. */
export function unpack<T>(codec: Codec<T>, value: Uint8Array): T {
  try {
    return decode(codec, value);
  } catch (cause) {
    throw new StoreError('the store holds a damaged record', { cause });
  }
}
