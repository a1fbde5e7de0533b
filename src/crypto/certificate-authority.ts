/**
 * Creates the X.509 certificates of servers (RFC 5280, 8410): an identity (CA) certificate whose SHA-256 is in the
 * server's address, and an online certificate signed by it. Not exported by the layer's index, because loading the
 * ASN.1 library takes a third of a client's startup time.
 */
import { createHash } from 'node:crypto';
import { AsnConvert, OctetString } from '@peculiar/asn1-schema';
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
import type { CertifiedKey } from './certificates.ts';
import { encodePublicKeyDer } from './key-der.ts';
import type { KeyPair } from './key-pair.ts';
import { generateEd448, generateEd25519, type SignatureAlgorithm, sign } from './signature.ts';

const algorithmIds: Record<SignatureAlgorithm, string> = { ed25519: '1.3.101.112', ed448: '1.3.101.113' };
const COMMON_NAME = '2.5.4.3';
const ORGANIZATION = '2.5.4.10';

/** As in the reference: about 2,700 years, because an identity must not expire. */
const VALIDITY_DAYS = 999_999;
const DAY_MS = 86_400_000;
/** Backdates certificates, for clients and servers whose clocks are behind. */
const BACKDATE_MS = 2 * DAY_MS;

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
