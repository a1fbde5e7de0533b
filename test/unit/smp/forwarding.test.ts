/** The layers of private routing: what each end makes, opens, and refuses. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  boxOpen,
  boxSealPadded,
  CryptoError,
  generateX25519,
  reverseNonce,
  systemRandom,
  x25519,
} from '../../../src/crypto/index.ts';
import { DecodeError, decode, encode, fromBase64url, fromHex, utf8 } from '../../../src/encoding/index.ts';
import { encodeTransmission, type SmpServer, type Transmission } from '../../../src/protocol/index.ts';
import {
  commandCodec,
  FORWARDED_SIZE,
  forwardCommand,
  forwardedCommandCodec,
  forwardedResponseCodec,
  forwardingSecret,
  maxMessageLength,
  openAnswer,
  openCommand,
  openForward,
  openForwardAnswer,
  type RelaySession,
  relaySession,
  sealAnswer,
  sealCommand,
  sealForward,
  sealForwardAnswer,
} from '../../../src/smp/protocol/index.ts';
import { batchCodec, fitsInBlock } from '../../../src/transport/index.ts';
import { anyBytes, checkCodec, exactBytes } from '../../harness/codec.ts';
import { authKey } from '../../harness/smp-client.ts';
import { testIdentity } from '../../harness/smp-server.ts';

const command = generateX25519(systemRandom);
const relay = generateX25519(systemRandom);
const proxy = generateX25519(systemRandom);
const clientSecret = x25519(command.privateKey, relay.publicKey);
const relaySecret = x25519(relay.privateKey, command.publicKey);
const sessionSecret = x25519(proxy.privateKey, relay.publicKey);
const nonce = () => systemRandom.bytes(24);

describe('codecs', () => {
  it('round trips, cut and extended', () => {
    checkCodec(forwardedCommandCodec, {
      arbitrary: fc.record({
        corrId: exactBytes(24),
        version: fc.nat(0xffff),
        key: exactBytes(32),
        transmission: anyBytes(60),
      }),
      takesRest: true,
    });
    checkCodec(forwardedResponseCodec, {
      arbitrary: fc.record({ corrId: exactBytes(24), response: anyBytes(60) }),
      takesRest: true,
    });
  });
});

describe('between client and relay', () => {
  it('commands and answers have one size and open at the other end only', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: FORWARDED_SIZE - 5 }), exactBytes(24), (bytes, corrId) => {
        const sealed = sealCommand(clientSecret, corrId, bytes);
        const answer = sealAnswer(relaySecret, corrId, bytes);
        expect([sealed.length, answer.length]).toEqual([FORWARDED_SIZE + 16, FORWARDED_SIZE + 16]);
        expect(openCommand(relaySecret, corrId, sealed)).toEqual([bytes]);
        expect(openAnswer(clientSecret, corrId, answer)).toEqual(bytes);
        // An answer is no command of the same id, nor the other way round.
        expect(() => openCommand(relaySecret, corrId, answer)).toThrow(CryptoError);
        expect(() => openAnswer(clientSecret, corrId, sealed)).toThrow(CryptoError);
        expect(() => openCommand(sessionSecret, corrId, sealed)).toThrow(CryptoError);
      }),
      { numRuns: 50 },
    );
  });

  it('the answer’s nonce is the command’s back to front', () => {
    const corrId = nonce();
    const padded = boxOpen(clientSecret, reverseNonce(corrId), sealAnswer(relaySecret, corrId, utf8('x')));
    expect(padded.subarray(0, 6)).toEqual(Uint8Array.of(0, 4, 1, 0, 1, 'x'.charCodeAt(0)));
    expect(padded.subarray(6).every((byte) => byte === 0x23)).toBe(true);
  });

  it('what is too large does not fit', () => {
    expect(() => sealCommand(clientSecret, nonce(), new Uint8Array(FORWARDED_SIZE - 4))).toThrow(CryptoError);
  });

  it('what is no batch of one is told apart', () => {
    const corrId = nonce();
    const seal = (batch: Uint8Array, id: Uint8Array) => boxSealPadded(clientSecret, id, batch, FORWARDED_SIZE);
    expect(openCommand(relaySecret, corrId, seal(encode(batchCodec, [utf8('a'), utf8('b')]), corrId))).toHaveLength(2);
    for (const batch of [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(1, 0, 9), Uint8Array.of(1, 0, 0, 0)]) {
      expect(openCommand(relaySecret, corrId, seal(batch, corrId))).toBeUndefined();
      expect(() => openAnswer(relaySecret, corrId, seal(batch, reverseNonce(corrId)))).toThrow(DecodeError);
    }
    const two = seal(encode(batchCodec, [utf8('a'), utf8('b')]), reverseNonce(corrId));
    expect(() => openAnswer(relaySecret, corrId, two)).toThrow(DecodeError);
  });
});

describe('between proxy and relay', () => {
  const forwarded = { corrId: nonce(), version: 9, key: command.publicKey, transmission: systemRandom.bytes(50) };

  it('commands and answers open at the other end only', () => {
    const corrId = nonce();
    const sealed = sealForward(sessionSecret, corrId, forwarded);
    const opened = openForward(x25519(relay.privateKey, proxy.publicKey), corrId, sealed);
    expect(decode(forwardedCommandCodec, opened)).toEqual(forwarded);
    const response = { corrId: forwarded.corrId, response: systemRandom.bytes(50) };
    const answer = sealForwardAnswer(sessionSecret, corrId, response);
    expect(openForwardAnswer(sessionSecret, corrId, answer)).toEqual(response);
    for (const wrong of [nonce(), new Uint8Array(0), corrId.slice(1)]) {
      expect(() => openForward(sessionSecret, wrong, sealed)).toThrow(CryptoError);
      expect(() => openForwardAnswer(sessionSecret, wrong, answer)).toThrow(CryptoError);
    }
    expect(() => openForwardAnswer(sessionSecret, corrId, sealed)).toThrow(CryptoError);
  });

  it('every bit of them counts', () => {
    const corrId = nonce();
    const sealed = sealForward(sessionSecret, corrId, forwarded);
    for (let i = 0; i < sealed.length; i++) {
      const changed = sealed.slice();
      changed[i]! ^= 1 << (i % 8);
      expect(() => openForward(sessionSecret, corrId, changed)).toThrow(CryptoError);
      expect(() => openForward(sessionSecret, corrId, sealed.subarray(0, i))).toThrow(CryptoError);
    }
  });
});

describe('the largest message', () => {
  const session: RelaySession = { sessionId: systemRandom.bytes(32), version: 12, relayKey: relay.publicKey };
  const context = { sessionId: session.sessionId, serverKey: relay.publicKey, hasServiceSignature: false };

  for (const algorithm of ['ed25519', 'ed448', 'x25519'] as const) {
    it(`fits into every block on its way, with ${algorithm} keys`, () => {
      const body = systemRandom.bytes(maxMessageLength(session.version));
      const corrId = nonce();
      const send = encode(commandCodec(12), { kind: 'SEND', flags: { notification: true }, body });
      const inner: Transmission = { corrId, entityId: systemRandom.bytes(24), command: send };
      const transmission = encodeTransmission(inner, context, authKey(algorithm));
      const forward = forwardCommand(session, command, corrId, transmission);
      const outer = (entityId: Uint8Array, bytes: Uint8Array) =>
        fitsInBlock(encodeTransmission({ corrId, entityId, command: bytes }, undefined, undefined));
      expect(outer(session.sessionId, encode(commandCodec(12), forward))).toBe(true);
      const content = sealForward(sessionSecret, nonce(), { corrId, ...forward });
      expect(outer(new Uint8Array(0), encode(commandCodec(12), { kind: 'RFWD', transmission: content }))).toBe(true);
      expect(openCommand(forwardingSecret(relay.privateKey, forward.key), corrId, forward.transmission)).toEqual([
        transmission,
      ]);
    });
  }
});

describe('what the proxy says of the relay', () => {
  const recorded = JSON.parse(readFileSync(new URL('../../vectors/handshake.json', import.meta.url), 'utf8')) as {
    leafCertificateDer: string;
    caCertificateDer: string;
    serverIdentity: string;
    parsed: { signedKey: string };
  };
  const server: SmpServer = { hosts: ['relay'], port: '', keyHash: fromBase64url(recorded.serverIdentity) };
  const versions = { min: 9, max: 12 };
  const nowMs = Date.parse('2027-01-01');
  const key = {
    certificates: [fromHex(recorded.leafCertificateDer), fromHex(recorded.caCertificateDer)],
    signedKey: fromHex(recorded.parsed.signedKey),
  };
  const pkey = { kind: 'PKEY' as const, sessionId: nonce(), versions: { min: 8, max: 17 }, key };

  it('is checked against the address', () => {
    const session = relaySession(pkey, server, versions, nowMs);
    expect(session).toMatchObject({ sessionId: pkey.sessionId, version: 12 });
    expect(session.relayKey.length).toBe(32);
  });

  it('is refused when it is another server, another key, another time or another version', () => {
    const refused = (changes: Partial<typeof pkey>, to = server, at = nowMs) => {
      let error: unknown;
      try {
        relaySession({ ...pkey, ...changes }, to, versions, at);
      } catch (e) {
        error = e;
      }
      return expect((error as { readonly kind?: string } | undefined)?.kind);
    };
    refused({}).toBeUndefined();
    refused({ versions: { min: 8, max: 8 } }).toBe('version');
    refused({}, { ...server, keyHash: new Uint8Array(32) }).toBe('identity');
    refused({}, server, Date.parse('2020-01-01')).toBe('identity');
    refused({ key: { ...key, certificates: [] } }).toBe('identity');
    refused({ key: { ...key, certificates: [...testIdentity().chain] } }).toBe('identity');
    refused({ key: { ...key, certificates: [testIdentity().chain[0]!, key.certificates[1]!] } }).toBe('identity');
    refused({ key: { ...key, signedKey: key.signedKey.subarray(1) } }).toBe('identity');
  });
});
