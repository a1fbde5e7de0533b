/** From a transmission to its response: the same for commands sent directly and for forwarded ones. */
import { CryptoError } from '../../../crypto/index.ts';
import { type Codec, DecodeError, decode, emptyBytes } from '../../../encoding/index.ts';
import {
  authorizationAlgorithm,
  authorizedCodec,
  type RawTransmission,
  signedParts,
  type Transmission,
  transmissionCodec,
} from '../../../protocol/index.ts';
import { SERVICE_HELLO_VERSION, type TransportSession } from '../../../transport/index.ts';
import {
  type Command,
  type CommandError,
  commandCodec,
  type ErrorType,
  hasCommandName,
  type Response,
} from '../../protocol/index.ts';
import type { AfterReply, HandlerContext } from '../context.ts';
import { handle } from '../handlers/index.ts';
import { StoreError } from '../store/index.ts';
import { credentialsError } from './credentials.ts';
import { verifyCommand } from './verify.ts';

export const isUnreadable = (error: unknown): boolean => error instanceof DecodeError || error instanceof CryptoError;

/** A transmission whose command is not decoded yet. */
export interface Received extends Transmission, RawTransmission {}

/** The encoding of transmissions in one version. */
export interface Wire {
  readonly transmissions: Codec<RawTransmission>;
  readonly commands: Codec<Command>;
}

export const wireOf = (version: number): Wire => ({
  transmissions: transmissionCodec(version >= SERVICE_HELLO_VERSION),
  commands: commandCodec(version),
});

/**
 * Parses a transmission; an unparsable one is answered with `ERR BLOCK`, with its correlation id if that can be read.
 */
export function receive(
  { transmissions }: Wire,
  raw: Uint8Array | undefined,
): Received | { readonly unreadable: Uint8Array } {
  try {
    const received = decode(transmissions, raw ?? emptyBytes);
    const { authorization, serviceSignature, authorized } = received;
    const { corrId, entityId, command } = decode(authorizedCodec, authorized);
    if (authorizationAlgorithm(authorization) === undefined) return { unreadable: corrId };
    // Field by field: objects made with spread ended up in the old generation and made its garbage collections slower.
    return { authorization, serviceSignature, authorized, corrId, entityId, command };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return { unreadable: emptyBytes };
  }
}

export const blockError: Response = { kind: 'ERR', error: { kind: 'BLOCK' } };

/** Decodes the command of a transmission and checks its credentials. */
export function readCommand(
  { commands }: Wire,
  { command: bytes, authorization, entityId }: Received,
): { readonly command: Command } | { readonly error: CommandError } {
  try {
    const command = decode(commands, bytes);
    const error = credentialsError(command, authorization.length > 0, entityId.length > 0);
    return error === undefined ? { command } : { error };
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    return { error: hasCommandName(bytes) ? 'SYNTAX' : 'UNKNOWN' };
  }
}

export const commandError = (error: CommandError): Response => ({ kind: 'ERR', error: { kind: 'CMD', error } });

/** Verifies and executes a command. Never rejects: failures become error responses and are logged. */
export async function execute(
  command: Command,
  received: Received,
  session: TransportSession,
  context: HandlerContext,
  afterReply: AfterReply,
): Promise<Response> {
  const started = context.clock.monotonic();
  const response = await answer(command, received, session, context, afterReply);
  context.observer.executed(command, response, context.clock.monotonic() - started);
  return response;
}

async function answer(
  command: Command,
  { corrId, entityId, authorization, serviceSignature, authorized }: Received,
  session: TransportSession,
  context: HandlerContext,
  afterReply: AfterReply,
): Promise<Response> {
  try {
    const signed = signedParts(session.sessionId, authorized);
    const verified = await verifyCommand(
      context.store.queues,
      entityId,
      command,
      { authorization, signed, corrId, serverPrivateKey: session.keys.privateKey, known: context.secrets },
      { peer: context.service, signature: serviceSignature },
    );
    if (verified.kind === 'error') return { kind: 'ERR', error: verified.error };
    return await handle({ corrId, entityId, command }, verified, context, afterReply);
  } catch (error) {
    return { kind: 'ERR', error: failure(error, context) };
  }
}

function failure(error: unknown, { logger, storeErrors }: HandlerContext): ErrorType {
  if (error instanceof StoreError) {
    storeErrors.log(`smp: ${error.message}`);
    return { kind: 'STORE', text: 'not stored' };
  }
  logger.error(`smp: a handler failed: ${error instanceof Error ? error.stack : 'error'}`);
  return { kind: 'INTERNAL' };
}
