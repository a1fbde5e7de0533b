/**
 * Issues a new online certificate under the same identity, for example after the server's key may have been exposed.
 */
import { X509Certificate } from 'node:crypto';
import { chownSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../base/index.ts';
import { createServerCertificate } from '../../crypto/certificate-authority.ts';
import { certificateKey, type SignatureAlgorithm } from '../../crypto/index.ts';
import { HostingError } from '../errors.ts';
import { reasonOf } from '../folders.ts';
import {
  CA_CERTIFICATE,
  CA_KEY,
  keyPem,
  loadIdentityFiles,
  pem,
  readCertificate,
  readSigner,
  SERVER_CERTIFICATE,
  SERVER_KEY,
  type ServerIdentity,
  writeNewFile,
} from './identity-files.ts';

export interface Renewal {
  /** Undefined: beside the certificates. */
  readonly caKey: string | undefined;
  /** Undefined: that of the current certificate. */
  readonly algorithm: SignatureAlgorithm | undefined;
  readonly host: string | undefined;
  readonly nowMs: number;
  readonly random: Random;
}

function hostOf(certificate: Uint8Array): string {
  return /^CN=(.+)$/m.exec(new X509Certificate(certificate).subject)?.[1] ?? 'localhost';
}

/** Replaces the certificate and key of the server in `folder`; the identity, and so the address, stays the same. */
export function renewServerCertificate(folder: string, renewal: Renewal): ServerIdentity {
  const ca = readSigner(join(folder, CA_CERTIFICATE), renewal.caKey ?? join(folder, CA_KEY));
  const before = readCertificate(join(folder, SERVER_CERTIFICATE));
  const algorithm = renewal.algorithm ?? certificateKey(before).algorithm;
  const host = renewal.host ?? hostOf(before);
  const server = createServerCertificate(ca, algorithm, host, renewal.nowMs, renewal.random);
  replaceFiles(folder, [
    [SERVER_KEY, keyPem(server)],
    [SERVER_CERTIFICATE, pem('CERTIFICATE', server.certificate)],
  ]);
  return loadIdentityFiles(folder);
}

/** Root may renew for a server that runs as another user: keeps the owner of the files. */
function keepOwner(before: string, after: string): void {
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = statSync(before);
  chownSync(after, uid, gid);
}

/** Writes all new files before replacing the first one. */
function replaceFiles(folder: string, files: readonly (readonly [string, string])[]): void {
  const aside = (name: string) => join(folder, `${name}.new`);
  for (const [name, content] of files) {
    // Left by an attempt that was interrupted.
    rmSync(aside(name), { force: true });
    writeNewFile(aside(name), content);
    keepOwner(join(folder, name), aside(name));
  }
  for (const [name] of files) {
    try {
      renameSync(aside(name), join(folder, name));
    } catch (cause) {
      throw new HostingError(`The file ${join(folder, name)} cannot be replaced: ${reasonOf(cause)}.`, { cause });
    }
  }
}
