/** Runs the handshake over a connection. */
import { plainBlocks, readBlock, writeBlock } from './block.ts';
import { TransportError } from './errors.ts';
import {
  acceptClientHello,
  answerServerHello,
  type ClientHandshake,
  type ClientSession,
  makeServerHello,
  type ServerHandshake,
  type Session,
} from './handshake.ts';
import type { Transport } from './transport.ts';

async function readHello(transport: Transport): Promise<Uint8Array> {
  const hello = await readBlock(transport, plainBlocks);
  if (hello === undefined) throw new TransportError('network', 'the other end closed the connection');
  return hello;
}

/** Sends the server's hello and takes the client's answer. */
export async function runServerHandshake(
  transport: Transport,
  own: Omit<ServerHandshake, 'sessionId'>,
): Promise<Session> {
  const handshake = { ...own, sessionId: transport.sessionId };
  await writeBlock(transport, plainBlocks, makeServerHello(handshake));
  return acceptClientHello(handshake, await readHello(transport));
}

/** Takes the server's hello and answers it. */
export async function runClientHandshake(
  transport: Transport,
  own: Omit<ClientHandshake, 'sessionId' | 'peerChain'>,
): Promise<ClientSession> {
  const handshake = { ...own, sessionId: transport.sessionId, peerChain: transport.peerChain };
  const { answer, session } = answerServerHello(handshake, await readHello(transport));
  await writeBlock(transport, plainBlocks, answer);
  return session;
}
