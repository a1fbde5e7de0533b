/** A client that is a service: a certificate in TLS, and a session signature beside each key's. */
import { connect } from 'node:tls';
import { createIdentity, createServerCertificate } from '../../src/crypto/certificate-authority.ts';
import {
  type CertifiedKey,
  certificateFingerprint,
  chainIdentity,
  encodePublicKeyDer,
  generateEd25519,
  generateX25519,
  type KeyPair,
  sign,
  signPublicKey,
  systemRandom,
} from '../../src/crypto/index.ts';
import { concatBytes, decode, encode, Reader } from '../../src/encoding/index.ts';
import type { SmpServer } from '../../src/protocol/index.ts';
import { type AuthKey, authorize, authorizedCodec, signedParts, transmissionCodec } from '../../src/protocol/index.ts';
import { type Command, commandCodec } from '../../src/smp/protocol/index.ts';
import {
  answerServerHello,
  clientHelloCodec,
  plainBlocks,
  readBlock,
  type ServiceAnswer,
  type ServiceRole,
  SMP_ALPN,
  serviceAnswerCodec,
  type Transport,
  writeBlock,
} from '../../src/transport/index.ts';
import { peerChain } from '../../src/transport/node/peer-chain.ts';
import { tlsOptions } from '../../src/transport/node/tls-options.ts';
import { tlsTransport } from '../../src/transport/node/tls-transport.ts';
import { RawClient } from './smp-client.ts';
import { pemChain, pemKey } from './smp-server.ts';

export interface ServiceCertificate {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  readonly signer: CertifiedKey;
}

/** A certificate under a new identity; `alone`: the identity itself. */
export function serviceCertificate(alone = false): ServiceCertificate {
  const ca = createIdentity('ed25519', 'Service CA', Date.now(), systemRandom);
  if (alone) return { chain: [ca.certificate], signer: ca };
  const signer = createServerCertificate(ca, 'ed25519', 'service', Date.now(), systemRandom);
  return { chain: [signer.certificate, ca.certificate], signer };
}

function connectAs(server: SmpServer, shown: ServiceCertificate | undefined): Promise<Transport> {
  const credentials = shown === undefined ? {} : { cert: pemChain(shown), key: pemKey(shown) };
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...tlsOptions,
      ...credentials,
      host: server.hosts[0],
      port: Number(server.port),
      servername: '',
      ALPNProtocols: [SMP_ALPN],
      rejectUnauthorized: false,
    });
    socket.once('error', reject);
    socket.once('secureConnect', () => {
      const sessionId = new Uint8Array(socket.getFinished()!);
      resolve(tlsTransport(socket, { sessionId, alpn: SMP_ALPN, peerChain: peerChain(socket) }));
    });
  });
}

export interface ServiceOptions {
  readonly role?: ServiceRole;
  /** The certificate in TLS, if it differs from the hello's. */
  readonly shown?: ServiceCertificate | undefined;
  /** The signer of the session key, if it is not the certificate. */
  readonly signer?: CertifiedKey;
}

/** Connects as a service; returns the server's answer, with the client if it was accepted. */
export async function connectService(
  server: SmpServer,
  certificate: ServiceCertificate,
  options: ServiceOptions = {},
): Promise<{
  readonly answer: ServiceAnswer;
  readonly client: ServiceClient | undefined;
  readonly transport: Transport;
}> {
  const transport = await connectAs(server, 'shown' in options ? options.shown : certificate);
  const hello = (await readBlock(transport, plainBlocks))!;
  const own = {
    versions: { min: 18, max: 18 },
    sessionId: transport.sessionId,
    peerChain: transport.peerChain,
    keyHash: server.keyHash,
    keys: generateX25519(systemRandom),
    nowMs: Date.now(),
  };
  const { answer: plain, session } = answerServerHello(own, hello);
  const keys = generateEd25519(systemRandom);
  const service = {
    role: options.role ?? ('notifier' as const),
    certificates: certificate.chain,
    signedKey: signPublicKey(encodePublicKeyDer('ed25519', keys.publicKey), options.signer ?? certificate.signer),
  };
  await writeBlock(
    transport,
    plainBlocks,
    encode(clientHelloCodec, { ...clientHelloCodec.read(new Reader(plain)), service }),
  );
  const answer = decode(serviceAnswerCodec, (await readBlock(transport, plainBlocks))!);
  const client =
    answer.kind === 'accepted' ? new ServiceClient(transport, session, answer.serviceId, certificate, keys) : undefined;
  return { answer, client, transport };
}

/** Sends commands with both signatures. */
export class ServiceClient extends RawClient {
  readonly serviceId: Uint8Array;
  readonly #certHash: Uint8Array;
  readonly #keys: KeyPair;

  constructor(
    transport: Transport,
    session: RawClient['session'],
    serviceId: Uint8Array,
    certificate: ServiceCertificate,
    keys: KeyPair,
  ) {
    super(transport, session);
    this.serviceId = serviceId;
    this.#certHash = certificateFingerprint(chainIdentity(certificate.chain));
    this.#keys = keys;
  }

  /** A command signed by the queue's key and by the service. */
  signed(entityId: Uint8Array, key: AuthKey, command: Command): Uint8Array {
    const corrId = systemRandom.bytes(24);
    const { sessionId, peerKey, version } = this.session;
    const authorized = encode(authorizedCodec, { corrId, entityId, command: encode(commandCodec(version), command) });
    const parts = concatBytes(...signedParts(sessionId, authorized));
    const context = { sessionId, serverKey: peerKey!, hasServiceSignature: true };
    const authorization =
      key.algorithm === 'x25519'
        ? authorize(context, key, corrId, authorized)
        : sign(key.algorithm, key.keys, concatBytes(this.#certHash, parts));
    const serviceSignature = sign('ed25519', this.#keys, parts);
    return encode(transmissionCodec(true), { authorization, serviceSignature, authorized });
  }

  /** A command about all subscriptions of the service, signed by its session key only. */
  forAll(command: Command): Uint8Array {
    return this.encode(this.serviceId, { algorithm: 'ed25519', keys: this.#keys }, command);
  }

  async askSigned(entityId: Uint8Array, key: AuthKey, command: Command) {
    await this.send(this.signed(entityId, key, command));
    return (await this.receive())!.response;
  }
}
