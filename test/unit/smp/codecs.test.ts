/** Every codec of SMP: round trips, truncation at each byte, one byte too many. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { systemRandom } from '../../../src/crypto/index.ts';
import { DecodeError, decode, encode, utf8 } from '../../../src/encoding/index.ts';
import { authPublicKey } from '../../../src/protocol/index.ts';
import {
  clientMessageCodec,
  clientMsgEnvelopeCodec,
  commandCodec,
  decryptDelivered,
  deliveryCodec,
  encryptDelivery,
  errorTypeCodec,
  formatErrorType,
  hasCommandName,
  maxMessageLength,
  messageFlagsCodec,
  queueInfoCodec,
  responseCodec,
} from '../../../src/smp/protocol/index.ts';
import {
  linkRecordCodec,
  queueRecordCodec,
  queueStateCodec,
  serviceRecordCodec,
  storedMessageCodec,
  storedNotificationCodec,
} from '../../../src/smp/server/store/record-codec.ts';
import { anyBytes, checkCodec, exactBytes } from '../../harness/codec.ts';
import { anyBoundedCommand, anyErrorType, anyOpenCommand, anyResponse } from '../../harness/smp-arbitraries.ts';
import { authKey } from '../../harness/smp-client.ts';
import { queueRecord } from '../../harness/smp-records.ts';

const exactly = (length: number) => systemRandom.bytes(length);
const flags = fc.record({ notification: fc.boolean() });

describe('codecs', () => {
  it('commands', () => {
    checkCodec(commandCodec(18), { arbitrary: anyBoundedCommand });
    checkCodec(commandCodec(18), { arbitrary: anyOpenCommand, takesRest: true });
  });

  it('responses', () => {
    checkCodec(responseCodec(18), { arbitrary: anyResponse, takesRest: true });
    checkCodec(responseCodec(18), { examples: [{ kind: 'OK' }, { kind: 'PONG' }, { kind: 'END' }] });
  });

  it('errors', () => {
    checkCodec(errorTypeCodec, { arbitrary: anyErrorType, takesRest: true });
    expect(decode(errorTypeCodec, utf8('PROXY BROKER NETWORK TIMEOUT'))).toEqual({
      kind: 'PROXY',
      error: { kind: 'BROKER', error: { kind: 'NETWORK' } },
    });
    for (const text of ['', 'NOPE', 'AUTH ', 'AUTH x', 'CMD', 'CMD ', 'CMD NOPE', 'BLOCKED reason=other', 'toString']) {
      expect(() => decode(errorTypeCodec, utf8(text)), text).toThrow(DecodeError);
    }
    const blocked = utf8('BLOCKED reason=content,notice={"ttl":1}');
    expect(encode(errorTypeCodec, decode(errorTypeCodec, blocked))).toEqual(blocked);
    expect(formatErrorType(decode(errorTypeCodec, blocked))).toBe('BLOCKED reason=content');
  });

  it('errors are told without what a terminal would obey', () => {
    const raw = utf8('STORE \u001b[2Jfull\u0007\u202e of\r\n it');
    expect(formatErrorType(decode(errorTypeCodec, raw))).toBe('STORE [2Jfull of it');
    const error = {
      kind: 'PROXY',
      error: { kind: 'BROKER', error: { kind: 'UNEXPECTED', text: '\u009b1mx' } },
    } as const;
    expect(formatErrorType(error)).toBe('PROXY BROKER UNEXPECTED 1mx');
    expect(formatErrorType({ kind: 'STORE', text: 'x'.repeat(10_000) }).length).toBeLessThan(300);
  });

  it('client messages', () => {
    const encryptedBody = anyBytes(50);
    const e2eDhKey = fc.option(exactBytes(32), { nil: undefined });
    const version = fc.integer({ min: 3, max: 4 });
    checkCodec(clientMsgEnvelopeCodec, {
      arbitrary: fc.record({ version, e2eDhKey, nonce: exactBytes(24), encryptedBody }),
      takesRest: true,
    });
    const senderKey = fc.constantFrom(undefined, authPublicKey(authKey('ed25519')), authPublicKey(authKey('ed448')));
    checkCodec(clientMessageCodec, { arbitrary: fc.record({ senderKey, body: encryptedBody }), takesRest: true });
    expect(() => decode(clientMessageCodec, utf8('X'))).toThrow(DecodeError);
  });

  it('message flags of later versions', () => {
    checkCodec(messageFlagsCodec, { arbitrary: flags, takesRest: true });
    expect(decode(messageFlagsCodec, utf8('TABCDEF'))).toEqual({ notification: true });
  });

  it('queue information', () => {
    const info = {
      qiSnd: true,
      qiNtf: false,
      qiSub: { qSubThread: 'noSub' as const },
      qiSize: 1,
      qiMsg: { msgId: 'AAAA', msgTs: '2023-11-14T22:13:20Z', msgType: 'message' as const },
    };
    checkCodec(queueInfoCodec, { examples: [info] });
    for (const text of ['', 'null', '[]', '{}', '{"qiSnd":1}']) {
      expect(() => decode(queueInfoCodec, utf8(text))).toThrow(DecodeError);
    }
  });

  it('records of the embedded store', () => {
    const record = queueRecord();
    const secured = { ...record, sndAuthKey: authPublicKey(authKey('ed448')), status: { kind: 'off' as const } };
    const full = {
      ...secured,
      status: { kind: 'blocked' as const, info: { reason: 'spam' as const, notice: '{}' } },
      linkId: exactly(24),
      notifier: { notifierId: exactly(24), key: secured.sndAuthKey, dhSecret: exactly(32), serviceId: exactly(24) },
      serviceId: exactly(24),
    };
    checkCodec(queueRecordCodec, { examples: [record, secured, full] });
    checkCodec(linkRecordCodec, {
      examples: [{ rcvId: exactly(24), data: { fixed: exactly(9), user: exactly(300) } }],
    });
    checkCodec(serviceRecordCodec, { examples: [{ role: 'notifier', certHash: exactly(32), notifiers: 7 }] });
    checkCodec(storedNotificationCodec, { examples: [{ nonce: exactly(24), meta: exactly(144) }] });
    checkCodec(queueStateCodec, { examples: [{ head: 3, tail: 2 ** 40, full: true }] });
    const content = fc.oneof(
      fc.record({ kind: fc.constant('quota' as const) }),
      fc.record({ kind: fc.constant('message' as const), flags, body: anyBytes(50) }),
    );
    checkCodec(storedMessageCodec, {
      arbitrary: fc.record({ msgId: exactBytes(24), timestamp: fc.nat(), content }),
      takesRest: true,
    });
  });
});

describe('deliveries', () => {
  const timestamp = fc.integer({ min: 0, max: 2 ** 40 });

  it('have a codec', () => {
    checkCodec(deliveryCodec, {
      arbitrary: fc.oneof(
        fc.record({ kind: fc.constant('quota' as const), timestamp }),
        fc.record({ kind: fc.constant('message' as const), timestamp, flags, body: anyBytes(50) }),
      ),
      takesRest: true,
    });
  });

  it('are encrypted to one size, and open with the same secret and id only', () => {
    const [secret, msgId] = [systemRandom.bytes(32), systemRandom.bytes(24)];
    const message = (length: number) => ({
      kind: 'message' as const,
      timestamp: 1_700_000_000,
      flags: { notification: true },
      body: systemRandom.bytes(length),
    });
    for (const delivery of [message(0), message(maxMessageLength(9)), { kind: 'quota' as const, timestamp: 1 }]) {
      const body = encryptDelivery(secret, msgId, delivery);
      expect(body.length).toBe(16_106 + 16);
      expect(decryptDelivered(secret, msgId, body)).toEqual(delivery);
      expect(() => decryptDelivered(systemRandom.bytes(32), msgId, body)).toThrow();
      expect(() => decryptDelivered(secret, systemRandom.bytes(24), body)).toThrow();
    }
  });
});

describe('commands by name', () => {
  it('are known whatever their parameters', () => {
    for (const name of ['NEW', 'KEY x', 'SEND', 'NSUBS']) expect(hasCommandName(utf8(name))).toBe(true);
    for (const name of ['', 'new', 'NEWS', 'toString', ' NEW']) expect(hasCommandName(utf8(name))).toBe(false);
  });
});
