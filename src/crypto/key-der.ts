/**
 * DER of the four key types: SubjectPublicKeyInfo and PKCS#8 (RFC 8410). Both consist of a fixed prefix and the raw
 * key, so no DER parser is needed.
 */
import type { KeyObject } from 'node:crypto';
import { bytes, type Codec, concatBytes, equalBytes, fromHex, map } from '../encoding/index.ts';
import { CryptoError } from './errors.ts';

export type KeyAlgorithm = 'x25519' | 'x448' | 'ed25519' | 'ed448';

interface KeyForm {
  readonly algorithm: KeyAlgorithm;
  readonly publicPrefix: Uint8Array;
  readonly privatePrefix: Uint8Array;
  readonly size: number;
}

const form = (algorithm: KeyAlgorithm, publicPrefix: string, privatePrefix: string, size: number): KeyForm => ({
  algorithm,
  publicPrefix: fromHex(publicPrefix),
  privatePrefix: fromHex(privatePrefix),
  size,
});

const forms: readonly KeyForm[] = [
  form('x25519', '302a300506032b656e032100', '302e020100300506032b656e04220420', 32),
  form('x448', '3042300506032b656f033900', '3046020100300506032b656f043a0438', 56),
  form('ed25519', '302a300506032b6570032100', '302e020100300506032b657004220420', 32),
  form('ed448', '3043300506032b6571033a00', '3047020100300506032b6571043b0439', 57),
];

function formOf(algorithm: KeyAlgorithm): KeyForm {
  return forms.find((f) => f.algorithm === algorithm)!;
}

function join(algorithm: KeyAlgorithm, prefixOf: (f: KeyForm) => Uint8Array, raw: Uint8Array): Uint8Array {
  const form = formOf(algorithm);
  if (raw.length !== form.size) throw new CryptoError(`${algorithm} key has ${form.size} bytes`);
  return concatBytes(prefixOf(form), raw);
}

/** SubjectPublicKeyInfo of a raw key; throws {@link CryptoError} for a wrong size. */
export const encodePublicKeyDer = (algorithm: KeyAlgorithm, raw: Uint8Array): Uint8Array =>
  join(algorithm, (f) => f.publicPrefix, raw);
/** PKCS#8 of a raw key; throws {@link CryptoError} for a wrong size. */
export const encodePrivateKeyDer = (algorithm: KeyAlgorithm, raw: Uint8Array): Uint8Array =>
  join(algorithm, (f) => f.privatePrefix, raw);

function cut(der: Uint8Array, prefixOf: (f: KeyForm) => Uint8Array): { algorithm: KeyAlgorithm; raw: Uint8Array } {
  for (const f of forms) {
    const prefix = prefixOf(f);
    if (der.length === prefix.length + f.size && equalBytes(der.subarray(0, prefix.length), prefix)) {
      return { algorithm: f.algorithm, raw: der.slice(prefix.length) };
    }
  }
  throw new CryptoError('unknown key type');
}

/** The algorithm and raw key of a SubjectPublicKeyInfo; {@link CryptoError} for any other. */
export const decodePublicKeyDer = (der: Uint8Array) => cut(der, (f) => f.publicPrefix);
export const decodePrivateKeyDer = (der: Uint8Array) => cut(der, (f) => f.privatePrefix);

/** The raw public key of one algorithm, encoded as a short string with its DER. */
export function publicKeyCodec(algorithm: KeyAlgorithm): Codec<Uint8Array> {
  return map(
    bytes,
    (der) => {
      const key = decodePublicKeyDer(der);
      if (key.algorithm !== algorithm) throw new CryptoError(`${algorithm} key expected, not ${key.algorithm}`);
      return key.raw;
    },
    (raw) => encodePublicKeyDer(algorithm, raw),
  );
}

export const x25519KeyCodec: Codec<Uint8Array> = publicKeyCodec('x25519');
export const x448KeyCodec: Codec<Uint8Array> = publicKeyCodec('x448');

export function rawPublicKey(key: KeyObject): Uint8Array {
  return decodePublicKeyDer(new Uint8Array(key.export({ format: 'der', type: 'spki' }))).raw;
}
