import { describe, expect, it } from 'vitest';
import * as c from '../../../src/crypto/index.ts';
import { toHex } from '../../../src/encoding/index.ts';
import { hex, vectors } from '../../harness/vectors.ts';

interface BoxVector {
  readonly hex: string;
  readonly key: string;
  readonly message: string;
  readonly privateKey: string;
  readonly publicKeyOfPeer: string;
}
interface KeyVector {
  readonly privateDer: string;
  readonly publicDer: string;
  readonly publicRaw: string;
}
interface ChainStep {
  readonly key: string;
  readonly nonce: string;
}
interface CryptoVectors {
  readonly aes256gcm16ByteIv: Record<'aad' | 'ciphertext' | 'iv' | 'key' | 'tag', string> & {
    readonly paddedTo: number;
  };
  readonly blockChain: {
    readonly dhSecret: string;
    readonly sessionId: string;
    readonly first: readonly ChainStep[];
    readonly second: readonly ChainStep[];
  };
  readonly cbAuthenticator: BoxVector;
  readonly cryptoBoxNoPad: string;
  readonly cryptoBoxPadded64: BoxVector;
  readonly dh: Record<'x25519' | 'x448', string>;
  readonly ed25519Signature: string;
  readonly ed448Signature: string;
  readonly hkdfSha512: Record<'hex' | 'ikm' | 'info' | 'salt', string> & { readonly length: number };
  readonly keys: {
    readonly ed25519: KeyVector;
    readonly ed448: KeyVector;
    readonly x25519: readonly KeyVector[];
    readonly x448: readonly KeyVector[];
  };
  readonly message: string;
  readonly nonce: string;
  readonly pad64: string;
  readonly reverseNonce: string;
  readonly secretBoxNoPad: string;
  readonly secretBoxPadded64: BoxVector;
  readonly sha256: string;
  readonly sha3_256: string;
  readonly sha3_384: string;
  readonly sha512: string;
  readonly sntrup761: readonly Record<'ciphertext' | 'publicKey' | 'secretKey' | 'sharedKey', string>[];
}

const v = vectors<CryptoVectors>('crypto');
const message = hex(v.message);
const nonce = hex(v.nonce);
const pair = (k: KeyVector): c.KeyPair => ({
  publicKey: hex(k.publicRaw),
  privateKey: c.decodePrivateKeyDer(hex(k.privateDer)).raw,
});

describe('values of the reference', () => {
  it('digests, HKDF and padding', () => {
    expect(toHex(c.sha256(message))).toBe(v.sha256);
    expect(toHex(c.sha512(message))).toBe(v.sha512);
    expect(toHex(c.sha3_256(message))).toBe(v.sha3_256);
    expect(toHex(c.sha3_384(message))).toBe(v.sha3_384);
    const h = v.hkdfSha512;
    expect(toHex(c.hkdfSha512(hex(h.salt), hex(h.ikm), h.info, h.length))).toBe(h.hex);
    expect(toHex(c.pad(message, 64))).toBe(v.pad64);
    expect(toHex(c.unPad(hex(v.pad64)))).toBe(v.message);
    expect(toHex(c.reverseNonce(nonce))).toBe(v.reverseNonce);
  });

  it('keys in DER, both ways', () => {
    const all: [c.KeyAlgorithm, KeyVector][] = [
      ['ed25519', v.keys.ed25519],
      ['ed448', v.keys.ed448],
      ...v.keys.x25519.map((k): [c.KeyAlgorithm, KeyVector] => ['x25519', k]),
      ...v.keys.x448.map((k): [c.KeyAlgorithm, KeyVector] => ['x448', k]),
    ];
    for (const [algorithm, key] of all) {
      expect(c.decodePublicKeyDer(hex(key.publicDer))).toEqual({ algorithm, raw: hex(key.publicRaw) });
      expect(toHex(c.encodePublicKeyDer(algorithm, hex(key.publicRaw)))).toBe(key.publicDer);
      const priv = c.decodePrivateKeyDer(hex(key.privateDer));
      expect(toHex(c.encodePrivateKeyDer(algorithm, priv.raw))).toBe(key.privateDer);
    }
    for (const k of v.keys.x25519) expect(toHex(c.x25519PublicKey(pair(k).privateKey))).toBe(k.publicRaw);
    const fixed = (k: KeyVector) => ({ bytes: () => pair(k).privateKey });
    expect(c.generateEd25519(fixed(v.keys.ed25519))).toEqual(pair(v.keys.ed25519));
    expect(c.generateEd448(fixed(v.keys.ed448))).toEqual(pair(v.keys.ed448));
    for (const k of v.keys.x448) expect(toHex(c.x448PublicKey(pair(k).privateKey))).toBe(k.publicRaw);
  });

  it('Diffie-Hellman from both sides', () => {
    const [a, b] = v.keys.x25519.map(pair) as [c.KeyPair, c.KeyPair];
    expect(toHex(c.x25519(a.privateKey, b.publicKey))).toBe(v.dh.x25519);
    expect(toHex(c.x25519(b.privateKey, a.publicKey))).toBe(v.dh.x25519);
    const [d, e] = v.keys.x448.map(pair) as [c.KeyPair, c.KeyPair];
    expect(toHex(c.x448(d, e.publicKey))).toBe(v.dh.x448);
    expect(toHex(c.x448(e, d.publicKey))).toBe(v.dh.x448);
  });

  it('signatures', () => {
    const ed25519 = pair(v.keys.ed25519);
    const ed448 = pair(v.keys.ed448);
    expect(toHex(c.signEd25519(ed25519, message))).toBe(v.ed25519Signature);
    expect(toHex(c.signEd448(ed448, message))).toBe(v.ed448Signature);
    expect(c.verify('ed25519', ed25519.publicKey, hex(v.ed25519Signature), message)).toBe(true);
    expect(c.verify('ed448', ed448.publicKey, hex(v.ed448Signature), message)).toBe(true);
    expect(c.verify('ed25519', ed25519.publicKey, hex(v.ed25519Signature), nonce)).toBe(false);
    expect(c.verify('ed448', ed448.publicKey, hex(v.ed448Signature), nonce)).toBe(false);
  });

  it('boxes and the authenticator', () => {
    const dh = hex(v.dh.x25519);
    const [a, b] = v.keys.x25519.map(pair) as [c.KeyPair, c.KeyPair];
    expect(toHex(c.boxSealPadded(dh, nonce, message, 64))).toBe(v.cryptoBoxPadded64.hex);
    expect(toHex(c.boxOpenPadded(c.boxKey(dh), nonce, hex(v.cryptoBoxPadded64.hex)))).toBe(v.message);
    expect(toHex(c.boxSeal(c.boxKey(dh), nonce, message))).toBe(v.cryptoBoxNoPad);
    const key = hex(v.secretBoxPadded64.key);
    expect(toHex(c.boxSealPadded(key, nonce, message, 64))).toBe(v.secretBoxPadded64.hex);
    expect(toHex(c.boxSeal(key, nonce, message))).toBe(v.secretBoxNoPad);
    expect(toHex(c.boxOpen(dh, nonce, hex(v.cryptoBoxNoPad)))).toBe(v.message);
    expect(toHex(c.boxOpen(key, nonce, hex(v.secretBoxNoPad)))).toBe(v.message);
    expect(toHex(c.boxOpenPadded(key, nonce, hex(v.secretBoxPadded64.hex)))).toBe(v.message);
    expect(toHex(c.authenticate(b.publicKey, a.privateKey, nonce, message))).toBe(v.cbAuthenticator.hex);
    const shared = c.authenticatorKey(a.publicKey, b.privateKey);
    expect(c.verifyAuthenticator(shared, nonce, hex(v.cbAuthenticator.hex), message)).toBe(true);
    expect(c.verifyAuthenticator(shared, nonce, hex(v.cbAuthenticator.hex), nonce)).toBe(false);
  });

  it('the key chain of block encryption', () => {
    const { serverToClient, clientToServer } = c.boxChains(hex(v.blockChain.sessionId), hex(v.blockChain.dhSecret));
    const sealed = (chain: c.BoxChain, steps: readonly ChainStep[]) =>
      steps.map(() => {
        const block = new Uint8Array(64);
        chain.sealInto(block, message);
        return toHex(block);
      });
    const expected = (steps: readonly ChainStep[]) =>
      steps.map((step) => toHex(c.boxSealPadded(hex(step.key), hex(step.nonce), message, 48)));
    expect(sealed(serverToClient, v.blockChain.first)).toEqual(expected(v.blockChain.first));
    expect(sealed(clientToServer, v.blockChain.second)).toEqual(expected(v.blockChain.second));
  });

  it('AES-256-GCM with a 16-byte IV', () => {
    const g = v.aes256gcm16ByteIv;
    const sealed = c.aeadSeal(hex(g.key), hex(g.iv), hex(g.aad), c.pad(message, g.paddedTo));
    expect(toHex(sealed.ciphertext)).toBe(g.ciphertext);
    expect(toHex(sealed.tag)).toBe(g.tag);
    expect(toHex(c.unPad(c.aeadOpen(hex(g.key), hex(g.iv), hex(g.aad), sealed)))).toBe(v.message);
    const forged = { ...sealed, tag: sealed.tag.map((x) => x ^ 1) };
    expect(() => c.aeadOpen(hex(g.key), hex(g.iv), hex(g.aad), forged)).toThrow(c.CryptoError);
  });

  it('sntrup761 decapsulation', () => {
    for (const s of v.sntrup761) {
      expect(toHex(c.decapsulateSntrup761(hex(s.secretKey), hex(s.ciphertext)))).toBe(s.sharedKey);
    }
  });
});

describe('sntrup761', () => {
  it('agrees with itself and with keys of the reference', () => {
    const own = c.generateSntrup761(c.systemRandom);
    const keys = [own, ...v.sntrup761.map((s) => ({ publicKey: hex(s.publicKey), secretKey: hex(s.secretKey) }))];
    for (const { publicKey, secretKey } of keys) {
      const { ciphertext, sharedKey } = c.encapsulateSntrup761(publicKey, c.systemRandom);
      expect(toHex(c.decapsulateSntrup761(secretKey, ciphertext))).toBe(toHex(sharedKey));
    }
  });

  it('gives an unrelated but stable key for a forged ciphertext', () => {
    const s = v.sntrup761[0]!;
    const forged = hex(s.ciphertext);
    forged[10] = forged[10]! ^ 1;
    const key = toHex(c.decapsulateSntrup761(hex(s.secretKey), forged));
    expect(key).not.toBe(s.sharedKey);
    expect(toHex(c.decapsulateSntrup761(hex(s.secretKey), forged))).toBe(key);
  });
});
