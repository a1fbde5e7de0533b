/** The certificate chain that a TLS peer presented. */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

/** More than any valid chain has. */
const MAX_CHAIN = 5;

/** DER, leaf first; empty without certificates. */
export function peerChain(socket: TLSSocket): Uint8Array[] {
  const chain: Uint8Array[] = [];
  let certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  while (certificate !== undefined && chain.length < MAX_CHAIN) {
    chain.push(new Uint8Array(certificate.raw));
    const issuer: X509Certificate | undefined = certificate.issuerCertificate;
    certificate = issuer?.raw.equals(certificate.raw) === true ? undefined : issuer;
  }
  return chain;
}
