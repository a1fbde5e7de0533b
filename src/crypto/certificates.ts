/**
 * Verifies the X.509 certificates of servers (RFC 5280, 8410): chains, identities, and the keys in handshakes signed
 * with a certificate. Certificates are created in `certificate-authority.ts`.
 */
import { X509Certificate } from 'node:crypto';
import { concatBytes, equalBytes, fromHex } from '../encoding/index.ts';
import { sha256 } from './digest.ts';
import { CryptoError } from './errors.ts';
import { decodePublicKeyDer } from './key-der.ts';
import type { KeyPair } from './key-pair.ts';
import { type SignatureAlgorithm, sign, verify } from './signature.ts';

/** A certificate (DER) and its key pair. */
export interface CertifiedKey {
  readonly algorithm: SignatureAlgorithm;
  readonly keys: KeyPair;
  readonly certificate: Uint8Array;
}

/** SHA-256 of a certificate's DER; for an identity certificate, the identity in `smp://` addresses. */
export const certificateFingerprint = (certificate: Uint8Array): Uint8Array => sha256(certificate);

/** Strict: OpenSSL also accepts PEM and trailing bytes. */
function parseCertificate(der: Uint8Array): X509Certificate {
  let parsed: X509Certificate;
  try {
    parsed = new X509Certificate(der);
  } catch (cause) {
    throw new CryptoError('not a certificate', { cause });
  }
  if (!equalBytes(parsed.raw, der)) throw new CryptoError('not a certificate in DER');
  return parsed;
}

/** The signing key of a certificate; throws {@link CryptoError} unless it is Ed25519 or Ed448. */
export function certificateKey(certificate: Uint8Array): { algorithm: SignatureAlgorithm; publicKey: Uint8Array } {
  const parsed = parseCertificate(certificate);
  let der: Uint8Array;
  try {
    der = new Uint8Array(parsed.publicKey.export({ format: 'der', type: 'spki' }));
  } catch (cause) {
    throw new CryptoError('certificate key is not readable', { cause });
  }
  const { algorithm, raw } = decodePublicKeyDer(der);
  if (algorithm !== 'ed25519' && algorithm !== 'ed448') throw new CryptoError('certificate key cannot sign');
  return { algorithm, publicKey: raw };
}

/** The identity of a chain (leaf first): the second of 2 to 4 certificates, or the only one. */
export function chainIdentity(chain: readonly Uint8Array[]): Uint8Array {
  if (chain.length === 0 || chain.length > 4) throw new CryptoError(`a chain of ${chain.length} certificates`);
  return chain[1] ?? chain[0]!;
}

/** Verifies that each certificate is signed by the next and valid at `nowMs`, and that all but the first are CAs. */
export function verifyChain(chain: readonly Uint8Array[], nowMs: number): void {
  chainIdentity(chain);
  const parsed = chain.map(parseCertificate);
  parsed.forEach((certificate, i) => {
    const issuer = parsed[i + 1] ?? certificate;
    if (!isIssuedBy(certificate, issuer)) {
      throw new CryptoError('certificate is not signed by the next in its chain');
    }
    if (i > 0 && !certificate.ca) throw new CryptoError('certificate may not sign others');
    // Unreadable dates are NaN, for which every comparison is false.
    if (!(nowMs >= Date.parse(certificate.validFrom))) {
      throw new CryptoError('certificate is not valid yet: check the clock');
    }
    if (!(nowMs <= Date.parse(certificate.validTo))) throw new CryptoError('certificate has expired');
  });
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  try {
    return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
  } catch {
    // OpenSSL does not support the type of the issuer's key.
    return false;
  }
}

/** Algorithm identifier and head of the signature's BIT STRING: sizes are fixed, so DER has only one form. */
const signatureHeads: Readonly<Record<SignatureAlgorithm, Uint8Array>> = {
  ed25519: fromHex('300506032b6570034100'),
  ed448: fromHex('300506032b6571037300'),
};

/** A DER SEQUENCE of up to 255 bytes. */
function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  const content = concatBytes(...parts);
  const length = content.length > 0x7f ? [0x81, content.length] : [content.length];
  return concatBytes(Uint8Array.of(0x30, ...length), content);
}

/**
 * A public key signed with a certificate's key, as in the handshake: SEQUENCE { SEQUENCE
 * { SPKI }, algorithm, signature }. The signature is over the inner SEQUENCE, not the SPKI itself.
 */
export function signPublicKey(spki: Uint8Array, signer: CertifiedKey): Uint8Array {
  const object = sequence(spki);
  return sequence(object, signatureHeads[signer.algorithm], sign(signer.algorithm, signer.keys, object));
}

/** Bytes before the signed SPKI: the heads of both sequences; the outer has one or two length bytes. */
const SPKI_OFFSETS: Readonly<Record<SignatureAlgorithm, number>> = { ed25519: 4, ed448: 5 };
const SIGNATURE_SIZES: Readonly<Record<SignatureAlgorithm, number>> = { ed25519: 64, ed448: 114 };

/** The SPKI of a signed key, after verifying the signature with the certificate. */
export function verifySignedKey(signed: Uint8Array, certificate: Uint8Array): Uint8Array {
  const { algorithm, publicKey } = certificateKey(certificate);
  const head = signatureHeads[algorithm];
  const signatureAt = signed.length - SIGNATURE_SIZES[algorithm];
  // Cut at fixed offsets; any other encoding does not reproduce the same bytes.
  const spki = signed.subarray(SPKI_OFFSETS[algorithm], Math.max(0, signatureAt - head.length));
  const signature = signed.subarray(Math.max(0, signatureAt));
  const object = sequence(spki);
  if (!equalBytes(sequence(object, head, signature), signed)) throw new CryptoError('not a signed key');
  if (!verify(algorithm, publicKey, signature, object)) {
    throw new CryptoError('session key is not signed by the server certificate');
  }
  return spki;
}
