/** RFWD: executes a command that a proxy forwards (simplex-messaging.md, "Forward command to destination router"). */
import { CryptoError } from '../../../crypto/index.ts';
import { DecodeError, decode } from '../../../encoding/index.ts';
import {
  type ErrorType,
  type ForwardedCommand,
  forwardedCommandCodec,
  forwardingSecret,
  openCommand,
  openForward,
  type Response,
  SMP_VERSIONS,
  sealAnswer,
  sealForwardAnswer,
} from '../../protocol/index.ts';
import type { Handler } from '../context.ts';

const relayError = (kind: 'NO_AUTH' | 'VERSION'): ErrorType => ({
  kind: 'PROXY',
  error: { kind: 'BROKER', error: { kind: 'TRANSPORT', error: { kind } } },
});

const failed = (error: ErrorType): Response => ({ kind: 'ERR', error });

/** The result of `step`; undefined when decryption or decoding fails. */
function attempt<T>(step: () => T): T | undefined {
  try {
    return step();
  } catch (error) {
    if (error instanceof CryptoError) return undefined;
    throw error;
  }
}

function readForwarded(bytes: Uint8Array): ForwardedCommand | undefined {
  try {
    return decode(forwardedCommandCodec, bytes);
  } catch (error) {
    if (error instanceof DecodeError || error instanceof CryptoError) return undefined;
    throw error;
  }
}

export const handleRfwd: Handler<'RFWD'> = async ({ corrId, command }, { forwarding, observer }) => {
  const secret = attempt(() => forwarding.secret);
  if (secret === undefined) return failed(relayError('NO_AUTH'));
  const bytes = attempt(() => openForward(secret, corrId, command.transmission));
  if (bytes === undefined) return failed({ kind: 'CRYPTO' });
  const forwarded = readForwarded(bytes);
  if (forwarded === undefined) return failed({ kind: 'CMD', error: 'SYNTAX' });
  const { version } = forwarded;
  if (version < SMP_VERSIONS.min || version > SMP_VERSIONS.max) return failed(relayError('VERSION'));
  const inner = attempt(() => {
    const clientSecret = forwardingSecret(forwarding.privateKey, forwarded.key);
    return {
      clientSecret,
      transmissions: openCommand(clientSecret, forwarded.corrId, forwarded.transmission),
    };
  });
  if (inner === undefined) return failed({ kind: 'CRYPTO' });
  const { clientSecret, transmissions } = inner;
  // Exactly one command is allowed; `execute` answers unreadable ones.
  if (transmissions !== undefined && transmissions.length !== 1) return failed({ kind: 'BLOCK' });
  const answer = await forwarding.execute(version, transmissions?.[0]);
  const response = attempt(() => sealAnswer(clientSecret, forwarded.corrId, answer));
  // Link data may be too large for the response block.
  if (response === undefined) return failed({ kind: 'BLOCK' });
  observer.forwardReceived();
  return {
    kind: 'RRES',
    response: sealForwardAnswer(secret, corrId, { corrId: forwarded.corrId, response }),
  };
};
