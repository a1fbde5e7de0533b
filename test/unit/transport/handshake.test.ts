/** The handshake against a recorded one, and its refusals. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIdentity, createServerCertificate } from '../../../src/crypto/certificate-authority.ts';
import {
  type CertifiedKey,
  certificateFingerprint,
  decodePublicKeyDer,
  generateX25519,
  systemRandom,
  verifySignedKey,
} from '../../../src/crypto/index.ts';
import { concatBytes, decode, encode, fromBase64url, fromHex, toHex } from '../../../src/encoding/index.ts';
import {
  acceptClientHello,
  answerServerHello,
  type ClientHandshake,
  clientHelloCodec,
  makeServerHello,
  plainBlocks,
  type ServerHandshake,
  sealBlock,
  serverHelloCodec,
  serviceAnswerCodec,
} from '../../../src/transport/index.ts';
import { checkCodec, exactBytes } from '../../harness/codec.ts';
import { testIdentity } from '../../harness/smp-server.ts';

const recorded = JSON.parse(readFileSync(new URL('../../vectors/handshake.json', import.meta.url), 'utf8')) as {
  tlsFinishedOfClient: string;
  leafCertificateDer: string;
  caCertificateDer: string;
  serverIdentity: string;
  serverHello: string;
  parsed: { versionMin: number; versionMax: number; certificates: string[] };
  clientHello: { keyHash: string; clientKeyDer: string; hexByVersion: Record<string, string> };
};

const exactly = (length: number) => systemRandom.bytes(length);
const sessionId = fromHex(recorded.tlsFinishedOfClient);
const recordedClient = (changes: Partial<ClientHandshake> = {}): ClientHandshake => ({
  versions: { min: 9, max: 12 },
  sessionId,
  peerChain: [fromHex(recorded.leafCertificateDer), fromHex(recorded.caCertificateDer)],
  keyHash: fromBase64url(recorded.serverIdentity),
  keys: generateX25519(systemRandom),
  nowMs: Date.parse('2027-01-01'),
  ...changes,
});

describe('handshake.json', () => {
  const hello = fromHex(recorded.serverHello);

  it('server hello', () => {
    const parsed = decode(serverHelloCodec, hello);
    expect(parsed.versions).toEqual({ min: recorded.parsed.versionMin, max: recorded.parsed.versionMax });
    expect(toHex(parsed.sessionId)).toBe(recorded.tlsFinishedOfClient);
    expect(parsed.certificates.map(toHex)).toEqual(recorded.parsed.certificates);
    expect(toHex(encode(serverHelloCodec, parsed))).toBe(recorded.serverHello);
  });

  it('is answered, whatever follows in the block', () => {
    for (const bytes of [hello, concatBytes(hello, Uint8Array.of(1, 2, 3))]) {
      const { session } = answerServerHello(recordedClient(), bytes);
      expect(session.version).toBe(12);
      expect(session.peerKey?.length).toBe(32);
    }
  });

  it('client hellos', () => {
    const { keyHash, clientKeyDer, hexByVersion } = recorded.clientHello;
    const sessionKey = decodePublicKeyDer(fromHex(clientKeyDer)).raw;
    for (const version of Object.keys(hexByVersion).map(Number)) {
      const value = { version, keyHash: fromHex(keyHash), sessionKey, proxy: false, service: undefined };
      expect(toHex(encode(clientHelloCodec, value))).toBe(hexByVersion[version]);
      expect(decode(clientHelloCodec, fromHex(hexByVersion[version]!))).toEqual(value);
    }
  });

  it('is refused for every reason there is', () => {
    const refused = (changes: Partial<ClientHandshake>, bytes = hello) => {
      let error: unknown;
      try {
        answerServerHello(recordedClient(changes), bytes);
      } catch (e) {
        error = e;
      }
      return expect((error as { kind?: string } | undefined)?.kind);
    };
    refused({ sessionId: new Uint8Array(32) }).toBe('identity');
    refused({ keyHash: new Uint8Array(32) }).toBe('identity');
    refused({ peerChain: testIdentity().chain }).toBe('identity');
    refused({ peerChain: [] }).toBe('identity');
    refused({ nowMs: 0 }).toBe('identity');
    refused({ versions: { min: 19, max: 20 } }).toBe('version');
    refused({ versions: { min: 1, max: 5 } }).toBe('version');
    refused({}, hello.subarray(0, 100)).toBe('protocol');
    const parsed = decode(serverHelloCodec, hello);
    const forged = Uint8Array.from(parsed.signedKey);
    forged[forged.length - 1]! ^= 1;
    refused({}, encode(serverHelloCodec, { ...parsed, signedKey: forged })).toBe('identity');
    const { chain } = testIdentity();
    refused({}, encode(serverHelloCodec, { ...parsed, certificates: chain })).toBe('identity');
  });
});

describe('a server with a certificate that the identity of its address did not sign', () => {
  const nowMs = Date.now();
  const create = (ca: CertifiedKey) => createServerCertificate(ca, 'ed25519', '127.0.0.1', nowMs, systemRandom);
  const real = createIdentity('ed25519', 'Test CA', nowMs, systemRandom);
  const other = createIdentity('ed25519', 'Test CA', nowMs, systemRandom);
  const posing = { ...real, keys: { publicKey: real.keys.publicKey, privateKey: other.keys.privateKey } };
  const byReal = create(real);

  /** What the client says to a server that signs with `signer`, has `chain` in TLS, and `named` in its hello. */
  function kindOf(signer: CertifiedKey, chain: readonly Uint8Array[], named = chain): string {
    const versions = { min: 9, max: 18 };
    const server = { versions, sessionId, chain: named, signer, keys: generateX25519(systemRandom) };
    const keyHash = certificateFingerprint(real.certificate);
    const client = { versions, sessionId, peerChain: chain, keyHash, keys: generateX25519(systemRandom), nowMs };
    try {
      answerServerHello(client, makeServerHello(server));
      return 'trusted';
    } catch (error) {
      return (error as { kind: string }).kind;
    }
  }
  const genuine = [byReal.certificate, real.certificate];

  it('is refused, with the right identity beside it and in its hello', () => {
    expect(kindOf(byReal, genuine)).toBe('trusted');
    for (const signer of [create(other), create(posing), other]) {
      expect(kindOf(signer, [signer.certificate, real.certificate])).toBe('identity');
      expect(kindOf(signer, [signer.certificate, real.certificate], genuine)).toBe('identity');
      expect(kindOf(signer, [signer.certificate, real.certificate, other.certificate])).toBe('identity');
      expect(kindOf(signer, [signer.certificate, other.certificate], genuine)).toBe('identity');
      expect(kindOf(signer, [signer.certificate], genuine)).toBe('identity');
    }
  });

  it('is refused when the genuine chain is in one of both places only', () => {
    const byOther = create(other);
    const foreign = [byOther.certificate, other.certificate];
    expect(kindOf(byReal, genuine, foreign)).toBe('identity');
    expect(kindOf(byOther, genuine)).toBe('identity');
    expect(kindOf(byOther, foreign, genuine)).toBe('identity');
  });
});

describe('handshake', () => {
  for (const algorithm of ['ed25519', 'ed448'] as const) {
    for (const version of [9, 10, 11, 12, 14, 15, 16, 17, 18]) {
      it(`makes both ends agree in version ${version} with ${algorithm} certificates`, () => {
        const { chain, signer } = testIdentity(algorithm);
        const versions = { min: version, max: version };
        const server: ServerHandshake = { versions, sessionId, chain, signer, keys: generateX25519(systemRandom) };
        const client: ClientHandshake = {
          versions: { min: 9, max: 18 },
          sessionId,
          peerChain: chain,
          keyHash: certificateFingerprint(chain[1]!),
          keys: generateX25519(systemRandom),
          nowMs: Date.now(),
        };
        const { answer, session } = answerServerHello(client, makeServerHello(server));
        const { session: accepted } = acceptClientHello(server, answer);
        expect([session.version, accepted.version]).toEqual([version, version]);
        for (const text of ['one', 'two']) {
          const message = new TextEncoder().encode(text);
          expect(accepted.blocks.open(sealBlock(session.blocks, message))).toEqual(message);
          expect(session.blocks.open(sealBlock(accepted.blocks, message))).toEqual(message);
        }
        const hello = { version, keyHash: client.keyHash, sessionKey: undefined, proxy: false, service: undefined };
        const { session: without } = acceptClientHello(server, encode(clientHelloCodec, hello));
        expect(without.blocks.open(sealBlock(without.blocks, message4))).toEqual(message4);
        for (const wrong of [version - 1, version + 1]) {
          const bytes = encode(clientHelloCodec, { ...hello, version: wrong });
          expect(() => acceptClientHello(server, bytes)).toThrow(/chose version/);
        }
        const other = encode(clientHelloCodec, { ...hello, keyHash: new Uint8Array(32) });
        expect(() => acceptClientHello(server, other)).toThrow(/another server/);
      });
    }
  }
  const message4 = Uint8Array.of(4);

  describe('of a proxy', () => {
    const identity = testIdentity();
    const agree = (serverMax: number, proxy: boolean) => {
      const server: ServerHandshake = {
        versions: { min: 9, max: serverMax },
        sessionId,
        ...identity,
        keys: generateX25519(systemRandom),
      };
      const client: ClientHandshake = {
        versions: { min: 9, max: 15 },
        sessionId,
        peerChain: identity.chain,
        keyHash: certificateFingerprint(identity.chain[1]!),
        keys: generateX25519(systemRandom),
        nowMs: Date.now(),
        proxy,
      };
      const { answer, session } = answerServerHello(client, makeServerHello(server));
      return { session, accepted: acceptClientHello(server, answer).session };
    };

    it('agrees on version 10 with servers that do not know proxies', () => {
      expect(agree(12, true).session).toMatchObject({ version: 10, versions: { min: 9, max: 10 } });
      expect(agree(12, false).session).toMatchObject({ version: 12, versions: { min: 9, max: 12 } });
      expect(agree(14, true).session).toMatchObject({ version: 14, versions: { min: 9, max: 14 } });
      expect(agree(9, true).session).toMatchObject({ version: 9, versions: { min: 9, max: 9 } });
    });

    it('leaves blocks without encryption, on both sides', () => {
      const { session, accepted } = agree(15, true);
      for (const { blocks } of [session, accepted])
        expect(plainBlocks.open(sealBlock(blocks, message4))).toEqual(message4);
      const usual = agree(15, false);
      expect(usual.accepted.blocks.open(sealBlock(usual.session.blocks, message4))).toEqual(message4);
      expect(sealBlock(usual.session.blocks, message4)).not.toEqual(sealBlock(plainBlocks, message4));
    });

    it('keeps what the server said of itself', () => {
      const { session } = agree(15, true);
      expect(session.certificates).toEqual(identity.chain);
      expect(decodePublicKeyDer(verifySignedKey(session.signedKey, identity.chain[0]!)).raw).toEqual(session.peerKey);
    });
  });

  it('codecs', () => {
    const hello = decode(serverHelloCodec, fromHex(recorded.serverHello));
    checkCodec(serverHelloCodec, { examples: [hello] });
    const service = {
      role: 'notifier' as const,
      certificates: [exactly(300), exactly(200)],
      signedKey: exactly(120),
    };
    const hello18 = { version: 18, keyHash: exactly(32), sessionKey: exactly(32), proxy: true, service };
    checkCodec(clientHelloCodec, {
      examples: [hello18, { ...hello18, service: undefined }, { ...hello18, sessionKey: undefined }],
    });
    checkCodec(clientHelloCodec, {
      arbitrary: fc.record({
        version: fc.constantFrom(14, 15),
        keyHash: exactBytes(32),
        sessionKey: fc.option(exactBytes(32), { nil: undefined }),
        proxy: fc.boolean(),
        service: fc.constant(undefined),
      }),
    });
    const before = exactBytes(32).map((b) => ({
      version: 12,
      keyHash: b,
      sessionKey: b,
      proxy: false,
      service: undefined,
    }));
    checkCodec(clientHelloCodec, { arbitrary: before, takesRest: true });
    checkCodec(serviceAnswerCodec, { examples: [{ kind: 'accepted', serviceId: exactly(24) }] });
    for (const error of ['BAD_AUTH', 'BAD_SERVICE'] as const) {
      checkCodec(serviceAnswerCodec, { examples: [{ kind: 'refused', error }] });
    }
  });
});
