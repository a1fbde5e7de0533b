/** The encoding of stored values: a format byte, then the fields. */
import type { AgingState } from '../../../base/index.ts';
import { BOX_NONCE_SIZE } from '../../../crypto/index.ts';
import {
  bool,
  bytes,
  type Codec,
  DecodeError,
  decode,
  encodeWith,
  fixed,
  fromUtf8,
  int64,
  large,
  letters,
  map,
  maybe,
  nonEmpty,
  struct,
  tail,
  tuple,
  utf8,
  word8,
} from '../../../encoding/index.ts';
import { authPublicKeyCodec, ENTITY_ID_SIZE } from '../../../protocol/index.ts';
import { type ServiceRole, serviceRoleCodec } from '../../../transport/index.ts';
import {
  type BlockingInfo,
  type LinkData,
  linkDataCodec,
  messageFlagsCodec,
  queueModeCodec,
} from '../../protocol/index.ts';
import { StoreError } from './errors.ts';
import type { Notifier, QueueRecord, QueueStatus, StoredMessage, StoredNotification } from './types.ts';

/** The first byte of every value. */
export const RECORD_FORMAT = 2;

function versioned<T>(codec: Codec<T>): Codec<T> {
  return map(
    tuple(word8, codec),
    ([format, value]) => {
      if (format !== RECORD_FORMAT) throw new DecodeError(`unknown format ${format}`, 0);
      return value;
    },
    (value): [number, T] => [RECORD_FORMAT, value],
  );
}

const id = fixed(ENTITY_ID_SIZE);
const largeText: Codec<string> = map(large, fromUtf8, utf8);

const notifierCodec: Codec<Notifier> = struct<Notifier>({
  notifierId: id,
  key: authPublicKeyCodec,
  dhSecret: bytes,
  serviceId: maybe(bytes),
});

const statusLetterCodec = letters({ active: 'A', off: 'O', blocked: 'B' }, 'status of a queue');
const blockingCodec: Codec<BlockingInfo> = struct<BlockingInfo>({
  reason: letters({ spam: 'S', content: 'C' }, 'reason'),
  notice: maybe(largeText),
});

const statusCodec: Codec<QueueStatus> = {
  write(writer, status) {
    statusLetterCodec.write(writer, status.kind);
    if (status.kind === 'blocked') blockingCodec.write(writer, status.info);
  },
  read(reader) {
    const kind = statusLetterCodec.read(reader);
    return kind === 'blocked' ? { kind, info: blockingCodec.read(reader) } : { kind };
  },
};

export const queueRecordCodec: Codec<QueueRecord> = versioned(
  struct<QueueRecord>({
    rcvId: id,
    sndId: id,
    rcvAuthKeys: nonEmpty(authPublicKeyCodec),
    rcvDhSecret: bytes,
    mode: queueModeCodec,
    sndAuthKey: maybe(authPublicKeyCodec),
    status: statusCodec,
    linkId: maybe(bytes),
    notifier: maybe(notifierCodec),
    serviceId: maybe(bytes),
  }),
);

/** A short link: the queue's recipient id and the link data. */
export interface LinkRecord {
  readonly rcvId: Uint8Array;
  readonly data: LinkData;
}

export const linkRecordCodec: Codec<LinkRecord> = versioned(struct<LinkRecord>({ rcvId: id, data: linkDataCodec }));

export interface ServiceRecord {
  readonly role: ServiceRole;
  readonly certHash: Uint8Array;
  /** Number of notifiers that it subscribes to. */
  readonly notifiers: number;
}

export const serviceRecordCodec: Codec<ServiceRecord> = versioned(
  struct<ServiceRecord>({ role: serviceRoleCodec, certHash: bytes, notifiers: int64 }),
);

export const storedNotificationCodec: Codec<StoredNotification> = versioned(
  struct<StoredNotification>({ nonce: fixed(BOX_NONCE_SIZE), meta: bytes }),
);

const contentKindCodec = letters({ quota: 'F', message: 'T', aged: 'A' }, 'kind of message');

const contentCodec: Codec<StoredMessage['content']> = {
  write(writer, content) {
    if (content.kind === 'quota') return contentKindCodec.write(writer, 'quota');
    const { flags, body, agedAt } = content;
    contentKindCodec.write(writer, agedAt === undefined ? 'message' : 'aged');
    if (agedAt !== undefined) int64.write(writer, agedAt);
    messageFlagsCodec.write(writer, flags);
    writer.byte(0x20);
    tail.write(writer, body);
  },
  read(reader) {
    const kind = contentKindCodec.read(reader);
    if (kind === 'quota') return { kind };
    const age = kind === 'aged' ? { agedAt: int64.read(reader) } : {};
    const flags = messageFlagsCodec.read(reader);
    reader.byte();
    return { kind: 'message', flags, body: tail.read(reader), ...age };
  },
};

export const storedMessageCodec: Codec<StoredMessage> = versioned(
  struct<StoredMessage>({ msgId: id, timestamp: int64, content: contentCodec }),
);

export const agingStateCodec: Codec<AgingState> = versioned(
  struct<AgingState>({ aging: int64, wall: int64, heldUntil: int64 }),
);

/** The range of a queue's messages: the number of the first, and the next number to use. */
export interface QueueState {
  readonly head: number;
  readonly tail: number;
  /** Whether the last message is a quota marker. */
  readonly full: boolean;
}

export const queueStateCodec: Codec<QueueState> = versioned(
  struct<QueueState>({ head: int64, tail: int64, full: bool }),
);

/** Encodes to a buffer of its own, because writes happen later; short buffers come from Node's pool. */
export const pack = <T>(codec: Codec<T>, value: T): Buffer =>
  encodeWith(codec, value, (encoded) => Buffer.from(encoded));

/** The same bytes as a Buffer. */
export const viewOf = ({ buffer, byteOffset, length }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, length);

/** Decodes a stored value; undefined when it is damaged. */
export function unpackOrNothing<T>(codec: Codec<T>, value: Uint8Array): T | undefined {
  try {
    return decode(codec, value);
  } catch {
    return undefined;
  }
}

/** Decodes a stored value; throws `StoreError` when it is damaged. */
export function unpack<T>(codec: Codec<T>, value: Uint8Array): T {
  try {
    return decode(codec, value);
  } catch (cause) {
    throw new StoreError('the store holds a damaged record', { cause });
  }
}
