/** Certificates for browsers: what is empty, cut off, or does not belong together is refused, with the file. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readCertificatePair } from '../../../src/hosting/index.ts';
import { writeWebCertificate } from '../../harness/web-certificate.ts';

const folder = mkdtempSync(join(tmpdir(), 'certificate-pair-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const good = writeWebCertificate(folder, 'good');
const other = writeWebCertificate(folder, 'other');
const text = (path: string) => readFileSync(path, 'utf8');
const certificates = text(good.cert);
const key = text(good.key);
const [leaf = '', issuer = ''] = certificates.split(/(?<=-----END CERTIFICATE-----\n)/);

function read(certificateText: string, keyText: string) {
  const [cert, keyPath] = [join(folder, 'try.crt'), join(folder, 'try.key')];
  writeFileSync(cert, certificateText);
  writeFileSync(keyPath, keyText);
  return readCertificatePair(cert, keyPath);
}

describe('a certificate and its key', () => {
  it('are read when they are whole, whatever stands around them', () => {
    expect(readCertificatePair(good.cert, good.key)).toEqual({ certificates, key });
    expect(() => read(leaf, key)).not.toThrow();
    expect(() => read(`# comment\r\n${certificates.replaceAll('\n', '\r\n')}\n`, `${key}\n\n`)).not.toThrow();
    expect(() => read(`${key}${certificates}`, `${certificates}${key}`)).not.toThrow();
  });

  it('may be of RSA and ECDSA, as authorities sign them', () => {
    for (const kind of [['rsa:2048'], ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']]) {
      const [cert, keyPath] = [join(folder, 'made.crt'), join(folder, 'made.key')];
      const request = ['req', '-x509', '-nodes', '-subj', '/CN=smp.example.com', '-keyout', keyPath, '-out', cert];
      execFileSync('openssl', [...request, '-newkey', ...kind], { stdio: 'ignore' });
      expect(() => readCertificatePair(cert, keyPath)).not.toThrow();
    }
  });

  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    ['an empty certificate', '', key, /try\.crt is empty/],
    ['an empty key', certificates, '', /try\.key is empty/],
    ['white space', ' \n', ' \n', /try\.crt is empty/],
    ['a key for a certificate', key, key, /There is no certificate \(PEM\) in the file \S+try\.crt/],
    ['a certificate for a key', certificates, certificates, /There is no private key \(PEM\) in the file \S+try\.key/],
    ['text', 'hello', 'hello', /There is no certificate/],
    ['a certificate that is cut off', leaf.slice(0, 200), key, /try\.crt ends within a certificate/],
    ['a chain that is cut off', leaf + issuer.slice(0, 200), key, /try\.crt ends within a certificate/],
    ['a certificate that is cut short', leaf.replace(/\n[^\n]+\n(?=-----END)/, '\n'), key, /cannot be read/],
    ['a key that is cut off', certificates, key.slice(0, 60), /try\.key cannot be read/],
    [
      'the key of another',
      certificates,
      text(other.key),
      /try\.key is not that of the first certificate in \S+try\.crt/,
    ],
    ['a chain in the wrong order', issuer + leaf, key, /is not that of the first certificate/],
  ];
  for (const [what, certificateText, keyText, reason] of cases) {
    it(`are refused with ${what}`, () => {
      expect(() => read(certificateText, keyText)).toThrow(reason);
    });
  }

  it('are refused when one is not there', () => {
    expect(() => readCertificatePair(join(folder, 'none'), good.key)).toThrow('none cannot be read: there is none.');
  });
});
