/** Codecs of the ratchet, on the wire and in the store: round trip, truncation, a byte too many, wrong sizes. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CryptoError } from '../../../src/crypto/index.ts';
import { decode, EncodeError, encode } from '../../../src/encoding/index.ts';
import * as r from '../../../src/ratchet/index.ts';
import {
  type EncryptedHeader,
  type EncryptedMessage,
  encryptedHeaderCodec,
  encryptedMessageCodec,
  type MessageHeader,
  messageHeaderCodec,
} from '../../../src/ratchet/message.ts';
import { anyE2eParams, anyKem, anyKemE2eParams } from '../../harness/agent-arbitraries.ts';
import { anyBytes, checkCodec, exactBytes, expectRefused } from '../../harness/codec.ts';

const key32 = exactBytes(32);
const word16 = fc.nat(0xffff);
const word32 = fc.integer({ min: 0, max: 0xffff_ffff });
const few = <T>(arbitrary: fc.Arbitrary<T>) => fc.sample(arbitrary, { numRuns: 3, seed: 5 });
const filled = (length: number, fill = 1) => new Uint8Array(length).fill(fill);

describe('on the wire', () => {
  it('KEM parameters', () => {
    checkCodec(r.kemParamsCodec, { examples: few(anyKem) });
    for (const tag of [0, 0x4d, 0x70, 0xff]) expectRefused(r.kemParamsCodec, Uint8Array.of(tag));
    for (const size of [0, 1157, 1159]) {
      expect(() => encode(r.kemParamsCodec, { kind: 'proposed', publicKey: filled(size) })).toThrow(EncodeError);
      expectRefused(r.kemParamsCodec, Uint8Array.of(0x50, size >> 8, size & 0xff, ...filled(size)));
    }
    const accepted = (size: number) => ({
      kind: 'accepted' as const,
      ciphertext: filled(size),
      publicKey: filled(1158),
    });
    for (const size of [0, 1038, 1040]) {
      expect(() => encode(r.kemParamsCodec, accepted(size))).toThrow(EncodeError);
      expectRefused(
        r.kemParamsCodec,
        Uint8Array.of(0x41, size >> 8, size & 0xff, ...filled(size), 1158 >> 8, 1158 & 0xff, ...filled(1158)),
      );
    }
  });

  it('X3DH parameters', () => {
    checkCodec(r.e2eParamsCodec, { examples: few(anyKemE2eParams), arbitrary: anyE2eParams });
    const [params] = few(anyE2eParams) as [r.E2EParams];
    for (const version of [0, 1, 2]) {
      expect(() => encode(r.e2eParamsCodec, { ...params, version })).toThrow(EncodeError);
      const bytes = encode(r.e2eParamsCodec, params).slice();
      bytes.set([0, version]);
      expectRefused(r.e2eParamsCodec, bytes);
    }
    expect(() => encode(r.e2eParamsCodec, { ...params, key1: filled(32) })).toThrow(CryptoError);
  });

  it('message headers', () => {
    const header = (kem: fc.Arbitrary<r.KemParams | undefined>): fc.Arbitrary<MessageHeader> =>
      fc.record({ maxVersion: word16, dhPublicKey: exactBytes(56), kem, previousSent: word32, number: word32 });
    checkCodec(messageHeaderCodec, { examples: few(header(anyKem)), arbitrary: header(fc.constant(undefined)) });
  });

  it('encrypted headers and messages', () => {
    const header: fc.Arbitrary<EncryptedHeader> = fc.record({
      version: word16,
      iv: exactBytes(16),
      tag: exactBytes(16),
      body: anyBytes(100),
    });
    checkCodec(encryptedHeaderCodec, { arbitrary: header });
    const message: fc.Arbitrary<EncryptedMessage> = fc.record({
      header: anyBytes(100),
      tag: exactBytes(16),
      body: anyBytes(100),
    });
    checkCodec(encryptedMessageCodec, { arbitrary: message, takesRest: true });
    for (const size of [0, 15, 17]) {
      const value = { version: 3, iv: filled(size), tag: filled(16), body: filled(1) };
      expect(() => encode(encryptedHeaderCodec, value)).toThrow(EncodeError);
    }
  });
});

describe('in the store', () => {
  const kemKeys = fc
    .tuple(fc.nat(255), fc.nat(255))
    .map(([a, b]) => ({ publicKey: filled(1158, a), secretKey: filled(1763, b) }));
  const kemAccepted: fc.Arbitrary<r.KemAccepted> = fc.record({
    peerPublicKey: fc.nat(255).map((n) => filled(1158, n)),
    sharedKey: key32,
    ciphertext: fc.nat(255).map((n) => filled(1039, n)),
  });
  const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
  const messageKey = fc.record({ key: key32, iv: exactBytes(16) });

  const ratchet = (kem: fc.Arbitrary<r.RatchetKem | undefined>): fc.Arbitrary<r.Ratchet> =>
    fc.record({
      versions: fc.record({ current: word16, maxSupported: word16 }),
      associatedData: exactBytes(112),
      dh: fc.record({ publicKey: exactBytes(56), privateKey: exactBytes(56) }),
      kem,
      supportKem: fc.boolean(),
      enableKem: fc.boolean(),
      sendingKem: fc.boolean(),
      receivingKem: fc.boolean(),
      rootKey: key32,
      sending: optional(fc.record({ peerPublicKey: exactBytes(56), chainKey: key32, headerKey: key32 })),
      receiving: optional(fc.record({ chainKey: key32, headerKey: key32 })),
      sent: word32,
      received: word32,
      previousSent: word32,
      nextSendingHeaderKey: key32,
      nextReceivingHeaderKey: key32,
    });
  const withKem = ratchet(fc.record({ keys: kemKeys, accepted: optional(kemAccepted) }));

  it('ratchets', () => {
    checkCodec(r.ratchetCodec, { examples: few(withKem).slice(0, 2), arbitrary: ratchet(fc.constant(undefined)) });
    fc.assert(
      fc.property(withKem, (value) => {
        expect(decode(r.ratchetCodec, encode(r.ratchetCodec, value))).toEqual(value);
      }),
      { numRuns: 20 },
    );
    const [value] = few(ratchet(fc.constant(undefined))) as [r.Ratchet];
    for (const change of [
      { associatedData: filled(111) },
      { rootKey: filled(31) },
      { sent: -1 },
      { received: 2 ** 32 },
      { dh: { publicKey: filled(32), privateKey: filled(56) } },
    ]) {
      expect(() => encode(r.ratchetCodec, { ...value, ...change })).toThrow(EncodeError);
    }
  });

  it('KEM keys and answers', () => {
    checkCodec(r.kemKeyPairCodec, { examples: few(kemKeys).slice(0, 1) });
    checkCodec(r.kemAcceptedCodec, { examples: few(kemAccepted).slice(0, 1) });
    const pair = { publicKey: filled(1158), secretKey: filled(1762) };
    expect(() => encode(r.kemKeyPairCodec, pair)).toThrow(EncodeError);
  });

  it('message keys and sealing keys', () => {
    checkCodec(r.messageKeyCodec, { arbitrary: messageKey });
    checkCodec(r.sealingKeyCodec, {
      examples: [
        { messageKey: { key: filled(32), iv: filled(16) }, associatedData: filled(112), header: filled(2346) },
      ],
      arbitrary: fc.record({ messageKey, associatedData: anyBytes(112), header: anyBytes(130) }),
    });
  });
});
