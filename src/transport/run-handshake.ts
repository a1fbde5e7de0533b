/** Runs the SMP handshake over a transport. */
import { encode } from '../encoding/index.ts';
import { plainBlocks, readBlock, writeBlock } from './block.ts';
import {
  type ClientServiceHello,
  checkService,
  type PeerService,
  type ServiceAnswer,
  type ServiceIdentity,
  serviceAnswerCodec,
} from './client-service.ts';
import { TransportError } from './errors.ts';
import {
  acceptClientHello,
  answerServerHello,
  type ClientHandshake,
  type ClientSession,
  makeServerHello,
  type ServerHandshake,
  type ServerSession,
} from './handshake.ts';
import type { Transport } from './transport.ts';

async function readHello(transport: Transport): Promise<Uint8Array> {
  const hello = await readBlock(transport, plainBlocks);
  if (hello === undefined) throw new TransportError('network', 'the other end closed the connection');
  return hello;
}

/** Returns the id of a service, the same each time; undefined when it must not be one. */
export type ServiceRegistry = (service: ServiceIdentity) => Promise<Uint8Array | undefined>;

export interface ServerHandshakeOptions extends Omit<ServerHandshake, 'sessionId'> {
  /** Milliseconds since the epoch, to check the validity of services' certificates. */
  readonly nowMs: number;
  readonly registry: ServiceRegistry;
}

/** Sends the server's hello and processes the client's. */
export async function runServerHandshake(transport: Transport, own: ServerHandshakeOptions): Promise<ServerSession> {
  const handshake = { ...own, sessionId: transport.sessionId };
  await writeBlock(transport, plainBlocks, makeServerHello(handshake));
  const { session, service } = acceptClientHello(handshake, await readHello(transport));
  const admitted = service && (await admitService(transport, service, own.registry, own.nowMs));
  return { ...session, service: admitted };
}

/** Sends a service its id, or the reason for refusing it. */
async function admitService(
  transport: Transport,
  hello: ClientServiceHello,
  registry: ServiceRegistry,
  nowMs: number,
): Promise<PeerService> {
  const identity = checkService(hello, transport.peerChain, nowMs);
  const serviceId = identity && (await registry(identity));
  if (identity !== undefined && serviceId !== undefined) {
    await answerService(transport, { kind: 'accepted', serviceId });
    return { ...identity, serviceId };
  }
  const error = identity === undefined ? 'BAD_AUTH' : 'BAD_SERVICE';
  await answerService(transport, { kind: 'refused', error });
  transport.close();
  throw new TransportError('identity', `client is not a service: ${error}`);
}

const answerService = (transport: Transport, answer: ServiceAnswer) =>
  writeBlock(transport, plainBlocks, encode(serviceAnswerCodec, answer));

/** Processes the server's hello and sends the client's. */
export async function runClientHandshake(
  transport: Transport,
  own: Omit<ClientHandshake, 'sessionId' | 'peerChain'>,
): Promise<ClientSession> {
  const handshake = { ...own, sessionId: transport.sessionId, peerChain: transport.peerChain };
  const { answer, session } = answerServerHello(handshake, await readHello(transport));
  await writeBlock(transport, plainBlocks, answer);
  return session;
}
