/** A self-signed certificate for browsers, as files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pemChain, pemKey, testIdentity } from './smp-server.ts';

export function writeWebCertificate(folder: string, name = 'web'): { readonly cert: string; readonly key: string } {
  const identity = testIdentity('ed25519');
  const cert = join(folder, `${name}.crt`);
  const key = join(folder, `${name}.key`);
  writeFileSync(cert, pemChain(identity));
  writeFileSync(key, pemKey(identity), { mode: 0o600 });
  return { cert, key };
}
