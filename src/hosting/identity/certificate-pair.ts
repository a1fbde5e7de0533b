/** Reads and validates a certificate of a certificate authority and its key (PEM files). */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HostingError } from '../errors.ts';
import { reasonOf } from '../folders.ts';

export interface CertificatePair {
  /** PEM: the chain, leaf first. */
  readonly certificates: string;
  /** PEM: the key of the leaf. */
  readonly key: string;
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^-]*-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g;
const BEGIN_CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/g;

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new HostingError(`The file ${path} cannot be read: ${reasonOf(cause)}.`, { cause });
  }
}

/** Returns the leaf. */
function readChain(text: string, path: string): X509Certificate {
  if (text.trim() === '') throw new HostingError(`The file ${path} is empty: it has to be a certificate (PEM).`);
  const blocks = text.match(CERTIFICATE) ?? [];
  const begun = text.match(BEGIN_CERTIFICATE)?.length ?? 0;
  if (begun === 0) throw new HostingError(`There is no certificate (PEM) in the file ${path}.`);
  if (blocks.length < begun) throw new HostingError(`The file ${path} ends within a certificate: it is incomplete.`);
  try {
    return blocks.map((block) => new X509Certificate(block))[0]!;
  } catch (cause) {
    throw new HostingError(`The file ${path} has a certificate that cannot be read.`, { cause });
  }
}

function readKey(text: string, path: string): KeyObject {
  if (text.trim() === '') throw new HostingError(`The file ${path} is empty: it has to be a key (PEM).`);
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw new HostingError(`There is no private key (PEM) in the file ${path}.`);
  }
  try {
    return createPrivateKey(text);
  } catch (cause) {
    const why = text.includes('ENCRYPTED') ? 'has a passphrase, which a server cannot enter' : 'cannot be read';
    throw new HostingError(`The key in the file ${path} ${why}.`, { cause });
  }
}

/**
 * Reads both files; throws a {@link HostingError} that names the invalid file, or says that they do not belong
 * together.
 */
export function readCertificatePair(certificatePath: string, keyPath: string): CertificatePair {
  const [certificates, key] = [read(certificatePath), read(keyPath)];
  const leaf = readChain(certificates, certificatePath);
  if (!leaf.checkPrivateKey(readKey(key, keyPath))) {
    throw new HostingError(`The key ${keyPath} is not that of the first certificate in ${certificatePath}.`);
  }
  return { certificates, key };
}
