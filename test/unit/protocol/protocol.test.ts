/** Server addresses, keys and transmissions. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodePrivateKeyDer, decodePublicKeyDer } from '../../../src/crypto/index.ts';
import { concatBytes, DecodeError, decode, encode, fromHex, shortText, toHex } from '../../../src/encoding/index.ts';
import {
  type AuthKey,
  authorizationAlgorithm,
  authorizedCodec,
  authPublicKey,
  authPublicKeyCodec,
  encodeTransmission,
  formatSmpServer,
  isServerPassword,
  parseSmpServer,
  sameAuthKey,
  signedParts,
  smpServerCodec,
  smpServerPort,
  transmissionCodec,
  verifyAuthorization,
} from '../../../src/protocol/index.ts';
import { takeBatch } from '../../../src/transport/index.ts';
import { anyBytes, checkCodec, exactBytes } from '../../harness/codec.ts';
import { authKey } from '../../harness/smp-client.ts';

const load = (name: string) => JSON.parse(readFileSync(new URL(`../../vectors/${name}.json`, import.meta.url), 'utf8'));

describe('server addresses', () => {
  const links = load('links') as { serverAddresses: string[]; keyHash: string };

  it('as in links.json', () => {
    for (const text of links.serverAddresses) {
      const { server, password } = parseSmpServer(text);
      expect(formatSmpServer(server, password)).toBe(text);
      expect(toHex(server.keyHash)).toBe(links.keyHash);
    }
    const [full, plain, auth] = links.serverAddresses.map(parseSmpServer);
    expect(full!.server).toMatchObject({ hosts: ['smp.example.com', 'abcdefghijklmnop.onion'], port: '5224' });
    expect([plain!.password, auth!.password]).toEqual([undefined, 'secret']);
    expect([smpServerPort(full!.server), smpServerPort(plain!.server)]).toEqual([5224, 5223]);
  });

  it('as in smp.json, in binary', () => {
    const { server } = load('smp') as { server: string };
    expect(decode(smpServerCodec, encode(smpServerCodec, parseSmpServer(server).server))).toEqual(
      parseSmpServer(server).server,
    );
  });

  it('take IPv6 in brackets', () => {
    const address = `smp://${formatSmpServer({ hosts: ['x'], port: '', keyHash: new Uint8Array(32) }).slice(6, 50)}`;
    const { server } = parseSmpServer(`${address}@[2001:db8::1]:443`);
    expect(server).toMatchObject({ hosts: ['2001:db8::1'], port: '443' });
    expect(formatSmpServer(server)).toBe(`${address}@[2001:db8::1]:443`);
  });

  it('are refused when something is wrong', () => {
    const id = formatSmpServer({ hosts: ['x'], port: '', keyHash: new Uint8Array(32) }).slice(6, 50);
    for (const text of [
      '',
      'smp://',
      `smp://${id}`,
      `smp://${id}@`,
      `xftp://${id}@host`,
      `smp://${id.slice(4)}@host`,
      `smp://${id}:@host`,
      `smp://${id}:a b@host`,
      `smp://${id}@host:70000`,
      `smp://${id}@ho st`,
      `smp://${id}@a,,b`,
      `smp://${id}@host/path`,
    ]) {
      expect(() => parseSmpServer(text), text).toThrow(DecodeError);
    }
  });

  it('round trip in both forms', () => {
    const hosts = fc.array(fc.constantFrom('a.example', '10.0.0.1', '2001:db8::1', 'abcdef.onion'), {
      minLength: 1,
      maxLength: 3,
    });
    const port = fc.oneof(fc.constant(''), fc.integer({ min: 1, max: 65_535 }).map(String));
    const arbitrary = fc.record({ hosts, port, keyHash: exactBytes(32) });
    checkCodec(smpServerCodec, { arbitrary });
    fc.assert(
      fc.property(arbitrary, (server) => {
        expect(parseSmpServer(formatSmpServer(server, 'pass')).server).toEqual(server);
      }),
    );
  });

  it('have passwords of printable ASCII', () => {
    for (const good of ['secret', '!"#$%', '~;<=>?']) expect(isServerPassword(good)).toBe(true);
    for (const bad of ['', 'a b', 'a@b', 'a:b', 'a/b', 'ä', 'a\n']) expect(isServerPassword(bad)).toBe(false);
  });
});

describe('hosts', () => {
  const id = formatSmpServer({ hosts: ['x'], port: '', keyHash: new Uint8Array(32) }).slice(6, 50);
  const binary = (host: string) =>
    concatBytes(Uint8Array.of(1), encode(shortText, host), Uint8Array.of(0, 32), new Uint8Array(32));

  it('are names and addresses, in text and in binary', () => {
    for (const host of ['a-b.example', 'my_host', '10.0.0.1', '2001:db8::1', '::ffff:10.0.0.1', 'x.onion']) {
      expect(parseSmpServer(`smp://${id}@${host.includes(':') ? `[${host}]` : host}`).server.hosts).toEqual([host]);
      expect(decode(smpServerCodec, binary(host)).hosts).toEqual([host]);
    }
    for (const host of ['a\u001b[31mb', 'a\u0007', 'bücher.example', 'a\u202eb', 'a?b', 'a%20b', 'a"b', '[x', '']) {
      expect(() => parseSmpServer(`smp://${id}@${host}`), host).toThrow(DecodeError);
      expect(() => decode(smpServerCodec, binary(host)), host).toThrow(DecodeError);
      expect(() => encode(smpServerCodec, { hosts: [host], port: '', keyHash: new Uint8Array(32) })).toThrow();
    }
  });
});

describe('authorization keys', () => {
  it('have a codec that takes no other keys', () => {
    const keys = (['ed25519', 'ed448', 'x25519'] as const).map((algorithm) => authPublicKey(authKey(algorithm)));
    checkCodec(authPublicKeyCodec, { examples: keys });
    expect(keys.map((a) => keys.map((b) => sameAuthKey(a, b)))).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ]);
    const x448 = fromHex(`443042300506032b656f033900${'01'.repeat(56)}`);
    expect(() => decode(authPublicKeyCodec, x448)).toThrow(DecodeError);
    expect(() => decode(authPublicKeyCodec, fromHex('0101'))).toThrow(DecodeError);
  });
});

describe('transmissions', () => {
  const vectors = load('transmission') as {
    cases: (Record<'name' | 'entityId' | 'sentPart' | 'signedPart' | 'transmission' | 'batchOfOne', string> & {
      version: number;
    })[];
    corrId: string;
    sessionId: string;
    ed25519: { privateDer: string; publicDer: string };
    x25519: { privateDer: string; publicDer: string };
    serverSessionKey: { privateDer: string; publicDer: string };
  };
  const pair = ({ privateDer, publicDer }: { privateDer: string; publicDer: string }) => ({
    privateKey: decodePrivateKeyDer(fromHex(privateDer)).raw,
    publicKey: decodePublicKeyDer(fromHex(publicDer)).raw,
  });
  const serverKeys = pair(vectors.serverSessionKey);
  const sessionId = fromHex(vectors.sessionId);
  const corrId = fromHex(vectors.corrId);

  function keyOf(name: string): AuthKey | undefined {
    if (name.includes('signed with ed25519')) return { algorithm: 'ed25519', keys: pair(vectors.ed25519) };
    if (name.includes('authenticated')) return { algorithm: 'x25519', keys: pair(vectors.x25519) };
    return undefined;
  }

  for (const vector of vectors.cases) {
    const hasServiceSignature = vector.version >= 16;
    it(`version ${vector.version}: ${vector.name}`, () => {
      const authorized = fromHex(vector.sentPart);
      const transmission = decode(authorizedCodec, authorized);
      expect(toHex(transmission.corrId)).toBe(vectors.corrId);
      expect(toHex(transmission.entityId)).toBe(vector.entityId);
      expect(toHex(concatBytes(...signedParts(sessionId, authorized)))).toBe(vector.signedPart);
      const key = keyOf(vector.name);
      const context = { sessionId, serverKey: serverKeys.publicKey, hasServiceSignature };
      const whole = encodeTransmission(transmission, context, key);
      expect(toHex(whole)).toBe(vector.transmission);
      expect(toHex(takeBatch([whole]))).toBe(vector.batchOfOne);
      const { authorization } = decode(transmissionCodec(hasServiceSignature), whole);
      expect(authorizationAlgorithm(authorization)).toBe(key?.algorithm ?? 'none');
      if (key === undefined) return;
      const command = {
        authorization,
        signed: signedParts(sessionId, authorized),
        corrId,
        serverPrivateKey: serverKeys.privateKey,
      };
      expect(verifyAuthorization(authPublicKey(key), command)).toBe(true);
      expect(verifyAuthorization(authPublicKey(authKey(key.algorithm)), command)).toBe(false);
      const altered = { ...command, signed: [...command.signed, Uint8Array.of(0)] };
      expect(verifyAuthorization(authPublicKey(key), altered)).toBe(false);
    });
  }

  it('have codecs', () => {
    const command = anyBytes(40);
    checkCodec(authorizedCodec, {
      arbitrary: fc.record({ corrId: anyBytes(24), entityId: anyBytes(24), command }),
      takesRest: true,
    });
    checkCodec(transmissionCodec(false), {
      arbitrary: fc.record({
        authorization: anyBytes(114),
        serviceSignature: fc.constant(undefined),
        authorized: command,
      }),
      takesRest: true,
    });
    const serviceSignature = fc.option(anyBytes(64), { nil: undefined });
    checkCodec(transmissionCodec(true), {
      arbitrary: fc
        .record({ authorization: anyBytes(114), serviceSignature, authorized: command })
        .filter((whole) => whole.authorization.length > 0 || whole.serviceSignature === undefined),
      takesRest: true,
    });
  });

  it('know an authorization by its size', () => {
    const known = [0, 64, 80, 114].map((size) => authorizationAlgorithm(new Uint8Array(size)));
    expect(known).toEqual(['none', 'ed25519', 'x25519', 'ed448']);
    expect(authorizationAlgorithm(new Uint8Array(65))).toBeUndefined();
  });
});
