/**
 * X.509 certificates of servers (RFC 5280, 8410): an identity (CA) certificate whose SHA-256 is the server's
 * address, and an online certificate signed by it. Also the signed objects that stand beside certificates in
 * handshakes, and the check of a received chain.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { AsnConvert, AsnParser, AsnProp, AsnPropTypes, AsnSerializer, OctetString } from '@peculiar/asn1-schema';
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  ExtendedKeyUsage,
  Extension,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  id_kp_serverAuth,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509';
import type { Random } from '../base/index.ts';
import { concatBytes, equalBytes } from '../encoding/index.ts';
import { sha256 } from './digest.ts';
import { CryptoError } from './errors.ts';
import { decodePublicKeyDer, encodePublicKeyDer } from './key-der.ts';
import type { KeyPair } from './key-pair.ts';
import { generateEd448, generateEd25519, type SignatureAlgorithm, sign, verify } from './signature.ts';

const algorithmIds: Record<SignatureAlgorithm, string> = { ed25519: '1.3.101.112', ed448: '1.3.101.113' };
const COMMON_NAME = '2.5.4.3';
const ORGANIZATION = '2.5.4.10';

/** As the reference: about 2,700 years, as an identity must not expire by itself. */
const VALIDITY_DAYS = 999_999;
const DAY_MS = 86_400_000;
/** Backdating, for clients whose clock is behind. */
const BACKDATE_MS = 3_600_000;

/** A certificate (DER) and its key pair. */
export interface CertifiedKey {
  readonly algorithm: SignatureAlgorithm;
  readonly keys: KeyPair;
  readonly certificate: Uint8Array;
}

const toBytes = (value: ArrayBuffer) => new Uint8Array(value);
const toBuffer = (value: Uint8Array): ArrayBuffer => value.slice().buffer as ArrayBuffer;

function name(commonName: string, organization?: string): Name {
  const part = (type: string, text: string) =>
    new RelativeDistinguishedName([
      new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String: text }) }),
    ]);
  return new Name([
    part(COMMON_NAME, commonName),
    ...(organization === undefined ? [] : [part(ORGANIZATION, organization)]),
  ]);
}

function extension(id: string, critical: boolean, value: unknown): Extension {
  return new Extension({
    extnID: id,
    critical,
    extnValue: new OctetString(AsnConvert.serialize(value)),
  });
}

/** RFC 5280, 4.2.1.2, method 1. */
function keyIdentifier(publicKey: Uint8Array): ArrayBuffer {
  return toBuffer(createHash('sha1').update(publicKey).digest());
}

function generate(algorithm: SignatureAlgorithm, random: Random): KeyPair {
  return algorithm === 'ed25519' ? generateEd25519(random) : generateEd448(random);
}

interface CertificateRequest {
  readonly algorithm: SignatureAlgorithm;
  readonly keys: KeyPair;
  readonly subject: Name;
  readonly issuer: Name;
  readonly signer: { readonly algorithm: SignatureAlgorithm; readonly keys: KeyPair };
  readonly extensions: readonly Extension[];
  readonly nowMs: number;
  readonly random: Random;
}

function signCertificate(request: CertificateRequest): Uint8Array {
  const serial = request.random.bytes(20);
  serial[0] = (serial[0]! & 0x7f) | 0x40;
  const signatureAlgorithm = new AlgorithmIdentifier({ algorithm: algorithmIds[request.signer.algorithm] });
  const tbs = new TBSCertificate({
    version: Version.v3,
    serialNumber: toBuffer(serial),
    signature: signatureAlgorithm,
    issuer: request.issuer,
    validity: new Validity({
      notBefore: new Date(request.nowMs - BACKDATE_MS),
      notAfter: new Date(request.nowMs + VALIDITY_DAYS * DAY_MS),
    }),
    subject: request.subject,
    subjectPublicKeyInfo: AsnConvert.parse(
      toBuffer(encodePublicKeyDer(request.algorithm, request.keys.publicKey)),
      SubjectPublicKeyInfo,
    ),
    extensions: new Extensions([...request.extensions]),
  });
  const signature = sign(request.signer.algorithm, request.signer.keys, toBytes(AsnConvert.serialize(tbs)));
  return toBytes(
    AsnConvert.serialize(
      new Certificate({ tbsCertificate: tbs, signatureAlgorithm, signatureValue: toBuffer(signature) }),
    ),
  );
}

/** A new identity: a self-signed CA certificate. Keep its key off the server. */
export function createIdentity(
  algorithm: SignatureAlgorithm,
  commonName: string,
  nowMs: number,
  random: Random,
): CertifiedKey {
  const keys = generate(algorithm, random);
  const subject = name(commonName, 'Sotto');
  const id = keyIdentifier(keys.publicKey);
  const certificate = signCertificate({
    algorithm,
    keys,
    subject,
    issuer: subject,
    signer: { algorithm, keys },
    nowMs,
    random,
    extensions: [
      extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(id)),
      extension(
        id_ce_authorityKeyIdentifier,
        false,
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(id) }),
      ),
      extension(id_ce_basicConstraints, true, new BasicConstraints({ cA: true })),
    ],
  });
  return { algorithm, keys, certificate };
}

/** A new online certificate for `host`, signed by the identity. */
export function createServerCertificate(
  identity: CertifiedKey,
  algorithm: SignatureAlgorithm,
  host: string,
  nowMs: number,
  random: Random,
): CertifiedKey {
  const keys = generate(algorithm, random);
  const issuer = AsnConvert.parse(toBuffer(identity.certificate), Certificate).tbsCertificate.subject;
  const usage = KeyUsageFlags.digitalSignature | KeyUsageFlags.nonRepudiation | KeyUsageFlags.keyAgreement;
  const certificate = signCertificate({
    algorithm,
    keys,
    subject: name(host),
    issuer,
    signer: identity,
    nowMs,
    random,
    extensions: [
      extension(id_ce_basicConstraints, false, new BasicConstraints({ cA: false })),
      extension(id_ce_keyUsage, false, new KeyUsage(usage)),
      extension(id_ce_extKeyUsage, false, new ExtendedKeyUsage([id_kp_serverAuth])),
      extension(id_ce_subjectKeyIdentifier, false, new SubjectKeyIdentifier(keyIdentifier(keys.publicKey))),
      extension(
        id_ce_authorityKeyIdentifier,
        false,
        new AuthorityKeyIdentifier({ keyIdentifier: new KeyIdentifier(keyIdentifier(identity.keys.publicKey)) }),
      ),
    ],
  });
  return { algorithm, keys, certificate };
}

/** SHA-256 of a certificate's DER: for an identity certificate, what `smp://…@` addresses carry. */
export const certificateFingerprint = (certificate: Uint8Array): Uint8Array => sha256(certificate);

/** Strict: OpenSSL alone would take PEM, and bytes after the certificate, too. */
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

/** The signing key inside a certificate; {@link CryptoError} unless it is Ed25519 or Ed448. */
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

/** Checks that each certificate is signed by the next, is valid at `nowMs`, and that all but the first may sign. */
export function verifyChain(chain: readonly Uint8Array[], nowMs: number): void {
  chainIdentity(chain);
  const parsed = chain.map(parseCertificate);
  parsed.forEach((certificate, i) => {
    const issuer = parsed[i + 1] ?? certificate;
    if (!isIssuedBy(certificate, issuer)) {
      throw new CryptoError('certificate is not signed by the next in its chain');
    }
    if (i > 0 && !certificate.ca) throw new CryptoError('certificate may not sign others');
    // Dates that cannot be read are NaN, and no comparison with them holds.
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
    // The issuer's key is of a kind that OpenSSL does not know.
    return false;
  }
}

class SignedObject {
  object = new ArrayBuffer(0);
  algorithm = new AlgorithmIdentifier();
  signature = new ArrayBuffer(0);
}
AsnProp({ type: AsnPropTypes.Any })(SignedObject.prototype, 'object');
AsnProp({ type: AlgorithmIdentifier })(SignedObject.prototype, 'algorithm');
AsnProp({ type: AsnPropTypes.BitString })(SignedObject.prototype, 'signature');

/** What is signed is not the SPKI itself but a SEQUENCE that holds just it; both lengths fit in one byte. */
const wrapSpki = (spki: Uint8Array) => concatBytes(Uint8Array.of(0x30, spki.length), spki);

/** A public key signed with a certificate's key, as the handshake carries it: SEQUENCE { SEQUENCE { SPKI }, algorithm, signature }. */
export function signPublicKey(spki: Uint8Array, signer: CertifiedKey): Uint8Array {
  const signed = new SignedObject();
  const object = wrapSpki(spki);
  signed.object = toBuffer(object);
  signed.algorithm = new AlgorithmIdentifier({ algorithm: algorithmIds[signer.algorithm] });
  signed.signature = toBuffer(sign(signer.algorithm, signer.keys, object));
  return toBytes(AsnSerializer.serialize(signed));
}

/** The SPKI inside a signed key, after checking it against the certificate that should have signed it. */
export function verifySignedKey(signed: Uint8Array, certificate: Uint8Array): Uint8Array {
  let parsed: SignedObject;
  let again: Uint8Array;
  try {
    parsed = AsnParser.parse(toBuffer(signed), SignedObject);
    again = toBytes(AsnSerializer.serialize(parsed));
  } catch (cause) {
    throw new CryptoError('not a signed key', { cause });
  }
  // The parser takes other tags, other forms of lengths and bytes at the end too: DER has one form only.
  if (!equalBytes(again, signed)) throw new CryptoError('not a signed key in DER');
  const key = certificateKey(certificate);
  const object = toBytes(parsed.object);
  if (
    parsed.algorithm.algorithm !== algorithmIds[key.algorithm] ||
    !verify(key.algorithm, key.publicKey, toBytes(parsed.signature), object)
  ) {
    throw new CryptoError('session key is not signed by the server certificate');
  }
  const spki = object.subarray(2);
  if (spki.length > 0x7f || !equalBytes(wrapSpki(spki), object)) throw new CryptoError('not a signed key');
  return spki;
}
