/** Queue records and messages with random ids, for tests of stores. */
import { systemRandom } from '../../src/crypto/index.ts';
import { utf8 } from '../../src/encoding/index.ts';
import { authPublicKey } from '../../src/protocol/index.ts';
import type { IncomingMessage, QueueRecord } from '../../src/smp/server/index.ts';
import { authKey } from './smp-client.ts';

const id = () => systemRandom.bytes(24);

export function queueRecord(): QueueRecord {
  return {
    rcvId: id(),
    sndId: id(),
    rcvAuthKeys: [authPublicKey(authKey('ed448'))],
    rcvDhSecret: systemRandom.bytes(32),
    mode: 'messaging',
    sndAuthKey: undefined,
    status: { kind: 'active' },
    linkId: undefined,
    notifier: undefined,
    serviceId: undefined,
  };
}

export function message(text: string, timestamp = 1_700_000_000): IncomingMessage {
  return { msgId: id(), timestamp, flags: { notification: true }, body: utf8(text) };
}
