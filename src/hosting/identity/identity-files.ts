/**
 * The identity of a server as files: `ca.crt` and `ca.key` (the identity, whose key belongs off the server),
 * `server.crt` and `server.key` (the online certificate it signed), `fingerprint` (SHA-256 of ca.crt, base64url).
 */
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../base/index.ts';
import { createIdentity, createServerCertificate } from '../../crypto/certificate-authority.ts';
import {
  type CertifiedKey,
  certificateFingerprint,
  certificateKey,
  decodePrivateKeyDer,
  encodePrivateKeyDer,
  rawPublicKey,
  type SignatureAlgorithm,
  verifyChain,
} from '../../crypto/index.ts';
import { equalBytes, fromBase64url, toBase64url } from '../../encoding/index.ts';
import { HostingError } from '../errors.ts';
import { makePrivateFolder, PRIVATE_FILE_MODE, reasonOf } from '../folders.ts';

export const CA_CERTIFICATE = 'ca.crt';
export const CA_KEY = 'ca.key';
export const SERVER_CERTIFICATE = 'server.crt';
export const SERVER_KEY = 'server.key';
const FINGERPRINT = 'fingerprint';

/** All files of an identity. */
export const IDENTITY_FILES: readonly string[] = [CA_CERTIFICATE, CA_KEY, SERVER_CERTIFICATE, SERVER_KEY, FINGERPRINT];

/** What a server presents in TLS, and the key it signs with. */
export interface ServerIdentity {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly signer: CertifiedKey;
  /** For TLS: PEM of the chain and of the key. */
  readonly certificatesPem: string;
  readonly keyPem: string;
  /** SHA-256 of the identity certificate. */
  readonly fingerprint: Uint8Array;
}

/** Encodes DER as PEM. */
export function pem(label: string, der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

export const keyPem = (key: CertifiedKey): string =>
  pem('PRIVATE KEY', encodePrivateKeyDer(key.algorithm, key.keys.privateKey));

export interface NewIdentity {
  /** The kind of server, for the certificate: `SMP server CA`. */
  readonly name: string;
  readonly algorithm: SignatureAlgorithm;
  /** Host name or address, for the certificate; clients ignore it. */
  readonly host: string;
  readonly nowMs: number;
  readonly random: Random;
}

/** The first existing identity file in `folder`. */
export function existingIdentityFile(folder: string): string | undefined {
  return IDENTITY_FILES.map((file) => join(folder, file)).find((path) => existsSync(path));
}

/** Creates a new identity in `folder`; refuses to change an existing one. `write`: see {@link writingTogether}. */
export function createIdentityFiles(folder: string, request: NewIdentity, write: WriteFile): ServerIdentity {
  makePrivateFolder(folder);
  const ca = createIdentity(request.algorithm, request.name, request.nowMs, request.random);
  write(join(folder, CA_KEY), keyPem(ca));
  return writeServerFiles(folder, ca, request, write);
}

/**
 * Creates the files of a server in `folder` under an existing identity: `from` has its ca.crt and ca.key; the key is
 * not copied.
 */
export function adoptIdentityFiles(
  folder: string,
  from: string,
  request: Omit<NewIdentity, 'name'>,
  write: WriteFile,
): ServerIdentity {
  const ca = readSigner(join(from, CA_CERTIFICATE), join(from, CA_KEY));
  makePrivateFolder(folder);
  return writeServerFiles(folder, ca, request, write);
}

function writeServerFiles(
  folder: string,
  ca: CertifiedKey,
  request: Omit<NewIdentity, 'name'>,
  write: WriteFile,
): ServerIdentity {
  const server = createServerCertificate(ca, request.algorithm, request.host, request.nowMs, request.random);
  const files: readonly (readonly [string, string])[] = [
    [CA_CERTIFICATE, pem('CERTIFICATE', ca.certificate)],
    [SERVER_KEY, keyPem(server)],
    [SERVER_CERTIFICATE, pem('CERTIFICATE', server.certificate)],
    [FINGERPRINT, `${toBase64url(certificateFingerprint(ca.certificate))}\n`],
  ];
  for (const [file, content] of files) write(join(folder, file), content);
  return loadIdentityFiles(folder);
}

/** Writes a private file that must not exist yet, atomically and synced. */
export function writeNewFile(path: string, content: string): void {
  let file: number | undefined;
  try {
    file = openSync(path, 'wx', PRIVATE_FILE_MODE);
    writeFileSync(file, content);
    fsyncSync(file);
  } catch (cause) {
    // An existing file was not opened, and must not be removed.
    if (file !== undefined) rmSync(path, { force: true });
    throw new HostingError(`The file ${path} cannot be written: ${reasonOf(cause)}.`, { cause });
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

export type WriteFile = (path: string, content: string) => void;

/** Lets `make` write new files that belong together; if it fails, removes those already written. */
export function writingTogether<T>(make: (write: WriteFile) => T): T {
  const written: string[] = [];
  try {
    return make((path, content) => {
      writeNewFile(path, content);
      written.push(path);
    });
  } catch (error) {
    for (const path of written) rmSync(path, { force: true });
    throw error;
  }
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HostingError(`The file ${path} cannot be read: ${reasonOf(cause)}.`, { cause });
  }
}

/** Reads a certificate (PEM) as DER. */
export function readCertificate(path: string): Uint8Array {
  const text = readFile(path);
  try {
    return new Uint8Array(new X509Certificate(text).raw);
  } catch (cause) {
    throw new HostingError(`The file ${path} is not a certificate.`, { cause });
  }
}

/** Reads a certificate and its key. */
export function readSigner(certificatePath: string, keyPath: string): CertifiedKey {
  const certificate = readCertificate(certificatePath);
  const text = readFile(keyPath);
  try {
    const key = createPrivateKey(text);
    const der = key.export({ format: 'der', type: 'pkcs8' });
    const { algorithm, raw: privateKey } = decodePrivateKeyDer(new Uint8Array(der));
    const { algorithm: certified, publicKey } = certificateKey(certificate);
    if (algorithm !== certified || !equalBytes(rawPublicKey(createPublicKey(key)), publicKey)) {
      throw new HostingError(`The key ${keyPath} is not that of ${certificatePath}.`);
    }
    return { algorithm: certified, certificate, keys: { publicKey, privateKey } };
  } catch (cause) {
    if (cause instanceof HostingError) throw cause;
    throw new HostingError(`The file ${keyPath} is not an Ed25519 or Ed448 key.`, { cause });
  }
}

/** The time from which all certificates of a chain are valid. */
const validFrom = (chain: readonly Uint8Array[]): number =>
  Math.max(...chain.map((der) => Date.parse(new X509Certificate(der).validFrom)));

/** A warning when the clock of this machine is before the certificates' validity; undefined otherwise. */
export function clockFault({ chain }: ServerIdentity, nowMs: number): string | undefined {
  const fromMs = validFrom(chain);
  if (nowMs >= fromMs) return undefined;
  const [now, from] = [nowMs, fromMs].map((ms) => new Date(ms).toISOString());
  return `the clock of this machine seems wrong: it says ${now}, and the certificates of the server are of ${from}`;
}

/** Reads the identity in `folder`; throws {@link HostingError} that names the invalid file. */
export function loadIdentityFiles(folder: string): ServerIdentity {
  const caPath = join(folder, CA_CERTIFICATE);
  const certificatePath = join(folder, SERVER_CERTIFICATE);
  const ca = readCertificate(caPath);
  const signer = readSigner(certificatePath, join(folder, SERVER_KEY));
  const fingerprint = certificateFingerprint(ca);
  const chain = [signer.certificate, ca];
  try {
    // A machine without a battery-backed clock may start with an earlier time: the server works nevertheless.
    verifyChain(chain, Math.max(Date.now(), validFrom(chain)));
  } catch (cause) {
    throw new HostingError(
      `${certificatePath} is not signed by ${caPath}, or has expired by the clock of this machine (${new Date().toISOString()}).`,
      { cause },
    );
  }
  const fingerprintPath = join(folder, FINGERPRINT);
  if (!equalBytes(readFingerprint(fingerprintPath), fingerprint)) {
    throw new HostingError(
      `${fingerprintPath} is not the fingerprint of ${caPath}: clients would find another server.`,
    );
  }
  return {
    chain,
    signer,
    fingerprint,
    certificatesPem: chain.map((der) => pem('CERTIFICATE', der)).join(''),
    keyPem: keyPem(signer),
  };
}

function readFingerprint(path: string): Uint8Array {
  const text = readFile(path).trim();
  try {
    return fromBase64url(text);
  } catch (cause) {
    throw new HostingError(`The file ${path} is not a fingerprint.`, { cause });
  }
}
