/** Certificates and signed keys: ours and the recorded ones hold; expired, misplaced, changed and cut ones do not. */
import { X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createIdentity, createServerCertificate } from '../../../src/crypto/certificate-authority.ts';
import * as c from '../../../src/crypto/index.ts';
import { concatBytes, fromBase64url, toHex, utf8 } from '../../../src/encoding/index.ts';
import { anyBytes } from '../../harness/codec.ts';
import { hex, vectors } from '../../harness/vectors.ts';

const refused = (run: () => unknown, why?: RegExp) => {
  expect(run).toThrow(c.CryptoError);
  if (why !== undefined) expect(run).toThrow(why);
};
const now = Date.parse('2027-01-01');
const TWO_DAYS = 2 * 86_400_000;
const spki = c.encodePublicKeyDer('x25519', c.x25519PublicKey(new Uint8Array(32).fill(7)));
const withZero = (bytes: Uint8Array) => concatBytes(bytes, Uint8Array.of(0));
const pem = (der: Uint8Array) =>
  utf8(`-----BEGIN CERTIFICATE-----\n${Buffer.from(der).toString('base64')}\n-----END CERTIFICATE-----\n`);

/** Every input with one byte changed, three ways. */
function* changes(bytes: Uint8Array): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i++) {
    for (const value of [bytes[i]! ^ 1, bytes[i]! ^ 0x80, 0xff - bytes[i]!]) {
      const changed = bytes.slice();
      changed[i] = value;
      yield changed;
    }
  }
}

const recorded = vectors<{
  readonly leafCertificateDer: string;
  readonly caCertificateDer: string;
  readonly serverIdentity: string;
  readonly parsed: { readonly signedKey: string };
}>('handshake');

describe('the recorded server', () => {
  const leaf = hex(recorded.leafCertificateDer);
  const ca = hex(recorded.caCertificateDer);

  it('has a valid chain, the identity of its address, and a signed key', () => {
    c.verifyChain([leaf, ca], now);
    expect(c.certificateFingerprint(c.chainIdentity([leaf, ca]))).toEqual(fromBase64url(recorded.serverIdentity));
    expect(c.certificateKey(leaf).algorithm).toBe('ed25519');
    const key = c.decodePublicKeyDer(c.verifySignedKey(hex(recorded.parsed.signedKey), leaf));
    expect(key.algorithm).toBe('x25519');
  });

  it('has a key signed by its leaf and by nothing else', () => {
    const signed = hex(recorded.parsed.signedKey);
    refused(() => c.verifySignedKey(signed, ca));
    refused(() => c.verifySignedKey(withZero(signed), leaf));
    for (let length = 0; length < signed.length; length++) {
      refused(() => c.verifySignedKey(signed.subarray(0, length), leaf));
    }
    for (const changed of changes(signed)) refused(() => c.verifySignedKey(changed, leaf));
  });

  it('is refused in another order, without its issuer, or at another time', () => {
    refused(() => c.verifyChain([ca, leaf], now));
    refused(() => c.verifyChain([leaf], now));
    refused(() => c.verifyChain([leaf, leaf], now));
    refused(() => c.verifyChain([leaf, ca], Date.parse('2020-01-01')), /not valid yet/);
    refused(() => c.verifyChain([leaf, ca], Date.parse('5000-01-01')), /expired/);
    refused(() => c.verifyChain([leaf, ca], Number.NaN));
    c.verifyChain([ca], now);
  });
});

const algorithms = ['ed25519', 'ed448'] as const;
const kinds = algorithms.flatMap((ca) => algorithms.map((leaf) => [ca, leaf] as const));

describe.each(kinds)('an identity with %s and a server with %s', (caAlgorithm, leafAlgorithm) => {
  const identity = createIdentity(caAlgorithm, 'Test CA', now, c.systemRandom);
  const server = createServerCertificate(identity, leafAlgorithm, 'localhost', now, c.systemRandom);
  const chain = [server.certificate, identity.certificate];

  it('are certificates that Node reads', () => {
    const [leaf, ca] = chain.map((der) => new X509Certificate(der)) as [X509Certificate, X509Certificate];
    expect([ca.subject, leaf.subject]).toEqual(['CN=Test CA\nO=Sotto', 'CN=localhost']);
    expect(leaf.issuer).toBe(ca.subject);
    expect([ca.ca, leaf.ca]).toEqual([true, false]);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
    expect(c.certificateKey(chain[0]!)).toEqual({ algorithm: leafAlgorithm, publicKey: server.keys.publicKey });
    expect(c.certificateKey(chain[1]!)).toEqual({ algorithm: caAlgorithm, publicKey: identity.keys.publicKey });
    expect(toHex(c.certificateFingerprint(chain[1]!))).toBe(ca.fingerprint256.replaceAll(':', '').toLowerCase());
  });

  it('hold from two days before they were made', () => {
    c.verifyChain(chain, now);
    c.verifyChain([identity.certificate], now);
    c.verifyChain(chain, now - TWO_DAYS);
    refused(() => c.verifyChain(chain, now - TWO_DAYS - 1000), /not valid yet/);
    refused(() => c.verifyChain(chain, now + 999_999 * 86_400_000 + 1000), /expired/);
  });

  it('are refused when the issuer is another', () => {
    const other = createIdentity(caAlgorithm, 'Test CA', now, c.systemRandom);
    refused(() => c.verifyChain([server.certificate, other.certificate], now), /not signed/);
    refused(() => c.verifyChain([server.certificate], now), /not signed/);
    refused(() => c.verifyChain([identity.certificate, server.certificate], now), /not signed/);
  });

  it('are refused when another key signed for the issuer', () => {
    const other = createIdentity(caAlgorithm, 'Test CA', now, c.systemRandom);
    const keys = { publicKey: identity.keys.publicKey, privateKey: other.keys.privateKey };
    const forged = createServerCertificate({ ...identity, keys }, leafAlgorithm, 'localhost', now, c.systemRandom);
    const [leaf, ca] = [new X509Certificate(forged.certificate), new X509Certificate(identity.certificate)];
    // Only the signature tells it.
    expect(leaf.checkIssued(ca)).toBe(true);
    refused(() => c.verifyChain([forged.certificate, identity.certificate], now), /not signed/);
    refused(() => c.verifyChain([forged.certificate, identity.certificate, other.certificate], now), /not signed/);
  });

  it('are refused when they name another issuer, though its key signed', () => {
    const named = createIdentity(caAlgorithm, 'Another CA', now, c.systemRandom);
    const request = { ...named, keys: identity.keys };
    const leaf = createServerCertificate(request, leafAlgorithm, 'localhost', now, c.systemRandom);
    const ca = new X509Certificate(identity.certificate);
    expect(new X509Certificate(leaf.certificate).verify(ca.publicKey)).toBe(true);
    refused(() => c.verifyChain([leaf.certificate, identity.certificate], now), /not signed/);
  });

  it('may not sign others when they are not made for it', () => {
    const third = createServerCertificate(server, leafAlgorithm, 'other', now, c.systemRandom);
    refused(() => c.verifyChain([third.certificate, ...chain], now));
  });

  it('are refused changed, cut, longer, or in PEM', () => {
    const [leaf, ca] = chain as [Uint8Array, Uint8Array];
    for (const [i, der] of chain.entries()) {
      const chainWith = (changed: Uint8Array) => (i === 0 ? [changed, ca] : [leaf, changed]);
      for (let length = 0; length < der.length; length += 7) {
        refused(() => c.verifyChain(chainWith(der.subarray(0, length)), now));
        refused(() => c.certificateKey(der.subarray(0, length)));
      }
      for (const wrong of [withZero(der), pem(der)]) {
        refused(() => c.verifyChain(chainWith(wrong), now));
        refused(() => c.certificateKey(wrong));
      }
    }
    let n = 0;
    for (const changed of changes(leaf)) if (n++ % 5 === 0) refused(() => c.verifyChain([changed, ca], now));
  });

  it('sign a session key', () => {
    const signed = c.signPublicKey(spki, server);
    expect(c.verifySignedKey(signed, server.certificate)).toEqual(spki);
    refused(() => c.verifySignedKey(signed, identity.certificate));
    refused(() => c.verifySignedKey(c.signPublicKey(spki, identity), server.certificate));
    refused(() => c.verifySignedKey(withZero(signed), server.certificate));
    for (let length = 0; length < signed.length; length++) {
      refused(() => c.verifySignedKey(signed.subarray(0, length), server.certificate));
    }
    let n = 0;
    for (const changed of changes(signed)) {
      if (n++ % 5 === 0) refused(() => c.verifySignedKey(changed, server.certificate));
    }
  });
});

describe('chains', () => {
  const { certificate } = createIdentity('ed25519', 'Test CA', now, c.systemRandom);

  it('have 1 to 4 certificates, the identity second', () => {
    const chain = (n: number) => Array.from({ length: n }, (_, i) => Uint8Array.of(i));
    expect([1, 2, 3, 4].map((n) => c.chainIdentity(chain(n))[0])).toEqual([0, 1, 1, 1]);
    for (const n of [0, 5, 20]) {
      refused(() => c.chainIdentity(chain(n)));
      refused(() => c.verifyChain(new Array<Uint8Array>(n).fill(certificate), now), /a chain of/);
    }
    for (const n of [1, 2, 3, 4]) c.verifyChain(new Array<Uint8Array>(n).fill(certificate), now);
  });

  it('are refused when who signed is not made for it, though its signature holds', () => {
    const identity = createIdentity('ed25519', 'Test CA', now, c.systemRandom);
    const at = Buffer.from(identity.certificate).indexOf('30030101ff', 'hex');
    const changed = identity.certificate.slice();
    changed[at + 4] = 0;
    changed.set(c.signEd25519(identity.keys, changed.subarray(4, changed.length - 67 - 7)), changed.length - 64);
    const leaf = createServerCertificate({ ...identity, certificate: changed }, 'ed25519', 'x', now, c.systemRandom);
    const [parsed, issuer] = [new X509Certificate(leaf.certificate), new X509Certificate(changed)];
    expect([issuer.ca, parsed.checkIssued(issuer), parsed.verify(issuer.publicKey)]).toEqual([false, true, true]);
    c.verifyChain([leaf.certificate, identity.certificate], now);
    refused(() => c.verifyChain([leaf.certificate, changed], now), /may not sign/);
  });

  it('are refused with dates that say nothing', () => {
    const identity = createIdentity('ed25519', 'Test CA', now, c.systemRandom);
    const at = Buffer.from(identity.certificate).indexOf('180f', 'hex');
    const changed = identity.certificate.slice();
    changed.set(utf8('99999999999999Z'), at + 2);
    // SEQUENCE with a two-byte length, the part that is signed with another, the algorithm, 67 bytes of signature.
    const signature = c.signEd25519(identity.keys, changed.subarray(4, changed.length - 67 - 7));
    changed.set(signature, changed.length - 64);
    const parsed = new X509Certificate(changed);
    expect(parsed.verify(parsed.publicKey)).toBe(true);
    expect(Date.parse(parsed.validTo)).toBeNaN();
    refused(() => c.verifyChain([changed], now));
  });

  it('and keys are refused as garbage', () => {
    fc.assert(
      fc.property(anyBytes(120), (garbage) => {
        refused(() => c.verifyChain([garbage], now));
        refused(() => c.verifyChain([certificate, garbage], now));
        refused(() => c.certificateKey(garbage));
        refused(() => c.verifySignedKey(garbage, certificate));
        refused(() => c.verifySignedKey(c.signPublicKey(spki, signer), garbage));
      }),
    );
  });
  const signer = createIdentity('ed25519', 'Test CA', now, c.systemRandom);

  it('take no keys but Ed25519 and Ed448', () => {
    refused(() => c.certificateKey(hex(P256_CERTIFICATE)), /cannot sign|unknown key type/);
    refused(() => c.verifySignedKey(c.signPublicKey(spki, signer), hex(P256_CERTIFICATE)));
  });
});

/** Self-signed, with openssl: a key of a kind that servers do not have. */
const P256_CERTIFICATE =
  '3082016f30820115a00302010202146d606d038a561f4ebfe13a90aac4f1b799933757300a06082a8648ce3d040302300c310a300806035504030c01783020170d3236313132333230343835385a180f33303236303332363230343835385a300c310a300806035504030c01783059301306072a8648ce3d020106082a8648ce3d03010703420004adb40cb430bdda8bdbc6b2deda96afc687e4b78735d3e0cd13bf6380c6fc48155595df4058f3a772b185c2919b88569c2c37c63e6b4a9f356e52a4c3454c3b84a3533051301d0603551d0e04160414f40764a80adf19da8c8b2feea551483ff36449aa301f0603551d23041830168014f40764a80adf19da8c8b2feea551483ff36449aa300f0603551d130101ff040530030101ff300a06082a8648ce3d0403020348003045022100b79529568948242b1306f212388270e4342985547d6f16fbc39eb0c9636fe863022018512ddf7cdf21ff718aada941db2540a78379a4dd066574e3e79e3612fbf4a8';
