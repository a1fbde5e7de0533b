/** Private routing step by step: the client's commands to a relay, and the proxy's messages. */
import { generateX25519, systemRandom, x25519 } from '../../src/crypto/index.ts';
import { decode, emptyBytes, encode } from '../../src/encoding/index.ts';
import {
  type AuthKey,
  authorizedCodec,
  encodeTransmission,
  type SmpServer,
  transmissionCodec,
  type VersionRange,
} from '../../src/protocol/index.ts';
import {
  type Command,
  commandCodec,
  type ForwardedCommand,
  forwardCommand,
  forwardingSecret,
  openAnswer,
  openForwardAnswer,
  type RelaySession,
  type Response,
  relaySession,
  responseCodec,
  SMP_VERSIONS,
  sealForward,
} from '../../src/smp/protocol/index.ts';
import { SERVICE_HELLO_VERSION } from '../../src/transport/index.ts';
import type { RawClient } from './smp-client.ts';

/** A command to a relay, and how to decode the response. */
export interface Forward {
  readonly sessionId: Uint8Array;
  readonly corrId: Uint8Array;
  readonly pfwd: Extract<Command, { readonly kind: 'PFWD' }>;
  open(answer: Uint8Array): Response;
}

export function forwardTo(
  relay: RelaySession,
  entityId: Uint8Array,
  key: AuthKey | undefined,
  command: Command | Uint8Array,
): Forward {
  const corrId = systemRandom.bytes(24);
  const bytes = command instanceof Uint8Array ? command : encode(commandCodec(relay.version), command);
  const context = { sessionId: relay.sessionId, serverKey: relay.relayKey, hasServiceSignature: hasServices(relay) };
  return forwardRaw(relay, corrId, encodeTransmission({ corrId, entityId, command: bytes }, context, key));
}

const hasServices = ({ version }: RelaySession) => version >= SERVICE_HELLO_VERSION;

/** {@link forwardTo} with arbitrary bytes. */
export function forwardRaw(relay: RelaySession, corrId: Uint8Array, transmission: Uint8Array): Forward {
  const keys = generateX25519(systemRandom);
  const secret = forwardingSecret(keys.privateKey, relay.relayKey);
  return {
    sessionId: relay.sessionId,
    corrId,
    pfwd: forwardCommand(relay, keys, corrId, transmission),
    open(answer) {
      const { authorized } = decode(transmissionCodec(hasServices(relay)), openAnswer(secret, corrId, answer));
      return decode(responseCodec(relay.version), decode(authorizedCodec, authorized).command);
    },
  };
}

/** PRXY: a session with a relay, verified as clients do it. */
export async function wayTo(
  proxy: RawClient,
  relay: SmpServer,
  { password, nowMs = Date.now(), versions = SMP_VERSIONS }: WayOptions = {},
): Promise<RelaySession> {
  const answer = await proxy.ask(emptyBytes, undefined, { kind: 'PRXY', server: relay, password });
  if (answer.kind !== 'PKEY') throw new Error(`PRXY was answered with ${JSON.stringify(answer)}`);
  return relaySession(answer, relay, versions, nowMs);
}

interface WayOptions {
  readonly password?: string;
  readonly nowMs?: number;
  readonly versions?: VersionRange;
}

/** PFWD: returns the relay's response or the proxy's error. */
export async function askThrough(proxy: RawClient, ...command: Parameters<typeof forwardTo>): Promise<Response> {
  const forward = forwardTo(...command);
  return openForwarded(forward, await proxy.ask(forward.sessionId, undefined, forward.pfwd, forward.corrId));
}

export const openForwarded = (forward: Forward, answer: Response): Response =>
  answer.kind === 'PRES' ? forward.open(answer.response) : answer;

/** The session data that a client of a proxy would have about the relay of `connection`. */
export function relayBehind({ session }: RawClient, version = session.version): RelaySession {
  return { sessionId: session.sessionId, version, relayKey: session.peerKey! };
}

/** Sends RFWD as a proxy does; returns the response for the client, or the relay's own. */
export async function askRelay(
  connection: RawClient,
  { corrId, pfwd, open }: Forward,
  changes: Partial<ForwardedCommand> = {},
): Promise<Response> {
  const { keys, peerKey } = connection.session;
  const secret = x25519(keys.privateKey, peerKey!);
  const nonce = systemRandom.bytes(24);
  const transmission = sealForward(secret, nonce, { ...pfwd, corrId, ...changes });
  const response = await connection.ask(emptyBytes, undefined, { kind: 'RFWD', transmission }, nonce);
  return response.kind === 'RRES' ? open(openForwardAnswer(secret, nonce, response.response).response) : response;
}
