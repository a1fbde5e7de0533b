/**
 * Values of format 1, which version 0.1.0 wrote. It had queues with one recipient key and their messages; links,
 * notifiers, services and blocked queues came with format 2.
 */
import {
  bool,
  bytes,
  type Codec,
  decode,
  fixed,
  map,
  maybe,
  struct,
  tuple,
  word8,
} from '../../../../encoding/index.ts';
import { authPublicKeyCodec, ENTITY_ID_SIZE } from '../../../../protocol/index.ts';
import type { QueueMode } from '../../../protocol/index.ts';
import type { TableName } from '../key-value.ts';
import { pack, queueRecordCodec, RECORD_FORMAT } from '../record-codec.ts';
import type { QueueStatus } from '../types.ts';

const FIRST_FORMAT = 1;

const id = fixed(ENTITY_ID_SIZE);
/** Whether the sender may secure the queue. */
const modeCodec: Codec<QueueMode> = map(
  bool,
  (secure) => (secure ? 'messaging' : 'contact'),
  (mode) => mode === 'messaging',
);
const statusCodec: Codec<QueueStatus> = map(
  bool,
  (active) => ({ kind: active ? 'active' : 'off' }),
  ({ kind }) => kind === 'active',
);

const queueCodec = tuple(
  word8,
  struct({
    rcvId: id,
    sndId: id,
    rcvAuthKey: authPublicKeyCodec,
    rcvDhSecret: bytes,
    mode: modeCodec,
    sndAuthKey: maybe(authPublicKeyCodec),
    status: statusCodec,
  }),
);

function upgradeQueue(value: Uint8Array): Buffer {
  const [, { rcvAuthKey, ...rest }] = decode(queueCodec, value);
  const none = { linkId: undefined, notifier: undefined, serviceId: undefined };
  return pack(queueRecordCodec, { ...rest, rcvAuthKeys: [rcvAuthKey], ...none });
}

/** The same fields in both formats. */
function upgradeFormatByte(value: Uint8Array): Buffer {
  const upgraded = Buffer.from(value);
  upgraded[0] = RECORD_FORMAT;
  return upgraded;
}

const upgrades: { readonly [name in TableName]?: (value: Uint8Array) => Buffer } = {
  queues: upgradeQueue,
  states: upgradeFormatByte,
  messages: upgradeFormatByte,
};

/** A stored value in today's format; a damaged one as it is, so that it is reported as damaged. */
export function upgradeValue(name: TableName, value: Buffer): Buffer {
  const upgrade = value[0] === FIRST_FORMAT ? upgrades[name] : undefined;
  if (upgrade === undefined) return value;
  try {
    return upgrade(value);
  } catch {
    return value;
  }
}
