/**
 * Receiving: finds the key of a message, and advances or skips according to its header. Throws without changing state.
 */
import { aeadOpen, CryptoError, generateX448, unPad } from '../crypto/index.ts';
import { concatBytes, decode } from '../encoding/index.ts';
import { RatchetError } from './errors.ts';
import { chainKdf, type MessageKey, rootKdf } from './kdf.ts';
import type { KemAccepted, RatchetEnvironment } from './kem.ts';
import {
  type EncryptedHeader,
  type EncryptedMessage,
  encryptedHeaderCodec,
  encryptedMessageCodec,
  type MessageHeader,
  messageHeaderCodec,
} from './message.ts';
import { RATCHET_VERSION } from './params.ts';
import type { Ratchet, RatchetKem, SkippedKey } from './state.ts';

/** Maximum missing messages before a received one. [Ratchet.hs, maxSkip] */
export const MAX_SKIPPED = 512;

export interface Decrypted {
  readonly message: Uint8Array;
  readonly ratchet: Ratchet;
  /** Keys of skipped messages, to be stored. */
  readonly skipped: readonly SkippedKey[];
  /** The skipped key that was used, to be deleted. */
  readonly used: SkippedKey | undefined;
}

/** The skipped keys of a session. Searched only for messages that the current chain cannot decrypt. */
export interface SkippedKeys {
  /** Distinct header keys of skipped messages. Each costs an attempt to decrypt a header. */
  headerKeys(): readonly Uint8Array[];
  find(headerKey: Uint8Array, number: number): SkippedKey | undefined;
}

/**
 * Decrypts a message. `skipped`: the skipped keys of this session. The result replaces the state in the transaction
 * that stores the message.
 */
export function decryptMessage(
  env: RatchetEnvironment,
  ratchet: Ratchet,
  skipped: SkippedKeys,
  encrypted: Uint8Array,
): Decrypted {
  const message = decode(encryptedMessageCodec, encrypted);
  const header = decode(encryptedHeaderCodec, message.header);
  if (header.version < RATCHET_VERSION)
    throw new RatchetError('version', `ratchet version ${header.version} is too old`);
  const { step, headerKey, plain } = openHeader(ratchet, skipped, header);
  if (step === 'earlier' || (step === 'same' && plain.number < ratchet.received)) {
    const used = skipped.find(headerKey, plain.number);
    if (used === undefined) throw receivedBefore(ratchet, step === 'same' ? plain.number : undefined);
    const body = openBody(ratchet.associatedData, used.messageKey, message);
    return { message: body, ratchet, skipped: [], used };
  }
  let next = upgraded(ratchet, plain.maxVersion);
  const kept: SkippedKey[] = [];
  if (step === 'advance') {
    next = advance(env, skipTo(next, plain.previousSent, kept), plain);
  }
  next = skipTo(next, plain.number, kept);
  const receiving = next.receiving!;
  const chain = chainKdf(receiving.chainKey);
  const body = openBody(next.associatedData, chain.messageKey, message);
  return {
    message: body,
    ratchet: {
      ...next,
      receiving: { ...receiving, chainKey: chain.chainKey },
      received: next.received + 1,
    },
    skipped: kept,
    used: undefined,
  };
}

/** `number`: the message's number, if it belongs to the current chain. */
function receivedBefore({ received }: Ratchet, number: number | undefined): RatchetError {
  return number !== undefined && received === number + 1
    ? new RatchetError('duplicate', 'the last message was received again')
    : new RatchetError('earlier', 'message was received before');
}

function openBody(associatedData: Uint8Array, key: MessageKey, message: EncryptedMessage): Uint8Array {
  try {
    return unPad(
      aeadOpen(key.key, key.iv, concatBytes(associatedData, message.header), {
        tag: message.tag,
        ciphertext: message.body,
      }),
    );
  } catch (cause) {
    if (cause instanceof CryptoError) throw new RatchetError('decrypt', 'message does not decrypt', { cause });
    throw cause;
  }
}

/** Decrypts the header with a key; undefined when it is the wrong key. */
function tryHeader(ratchet: Ratchet, key: Uint8Array, header: EncryptedHeader): MessageHeader | undefined {
  let plain: Uint8Array;
  try {
    plain = aeadOpen(key, header.iv, ratchet.associatedData, { tag: header.tag, ciphertext: header.body });
  } catch {
    return undefined;
  }
  return decode(messageHeaderCodec, unPad(plain));
}

interface OpenedHeader {
  /** `earlier`: of a chain before the current one. */
  readonly step: 'same' | 'advance' | 'earlier';
  readonly headerKey: Uint8Array;
  readonly plain: MessageHeader;
}

/** Tries skipped keys last, so that messages in order cost no more when there are many. */
function openHeader(ratchet: Ratchet, skipped: SkippedKeys, header: EncryptedHeader): OpenedHeader {
  const open = (step: OpenedHeader['step'], headerKey: Uint8Array): OpenedHeader | undefined => {
    const plain = tryHeader(ratchet, headerKey, header);
    return plain && { step, headerKey, plain };
  };
  const current = ratchet.receiving && open('same', ratchet.receiving.headerKey);
  const opened = current ?? open('advance', ratchet.nextReceivingHeaderKey);
  if (opened !== undefined) return opened;
  for (const headerKey of skipped.headerKeys()) {
    const late = open('earlier', headerKey);
    if (late !== undefined) return late;
  }
  throw new RatchetError('header', 'no key of this session opens the message');
}

/** Raises the version to the newest that both sides support, if the peer supports more than initially negotiated. */
function upgraded(ratchet: Ratchet, peerMax: number): Ratchet {
  const { current, maxSupported } = ratchet.versions;
  const agreed = Math.max(current, Math.min(peerMax, maxSupported));
  return agreed === current ? ratchet : { ...ratchet, versions: { current: agreed, maxSupported } };
}

/** Stores the keys of messages before `until` in the current receiving chain. */
function skipTo(ratchet: Ratchet, until: number, kept: SkippedKey[]): Ratchet {
  const { receiving, received } = ratchet;
  if (receiving === undefined) return ratchet;
  if (received > until) throw receivedBefore(ratchet, until);
  if (until > received + MAX_SKIPPED) {
    throw new RatchetError(
      'too-many-skipped',
      `${until - received} messages are missing, at most ${MAX_SKIPPED} may be`,
    );
  }
  let chainKey = receiving.chainKey;
  for (let number = received; number < until; number++) {
    const step = chainKdf(chainKey);
    kept.push({ headerKey: receiving.headerKey, number, messageKey: step.messageKey });
    chainKey = step.chainKey;
  }
  return { ...ratchet, receiving: { ...receiving, chainKey }, received: until };
}

/** The DH (and KEM) step: the peer's key changed, so both directions get new chains. */
function advance(env: RatchetEnvironment, ratchet: Ratchet, header: MessageHeader): Ratchet {
  const kem = kemStep(env, ratchet, header);
  const dh = generateX448(env.random);
  const receive = rootKdf(ratchet.rootKey, ratchet.dh, header.dhPublicKey, kem.receivedSecret);
  const send = rootKdf(receive.rootKey, dh, header.dhPublicKey, kem.next?.accepted?.sharedKey);
  const receivingKem = kem.receivedSecret !== undefined;
  const enableKem = receivingKem || kem.next !== undefined;
  return {
    ...ratchet,
    dh,
    kem: kem.next,
    supportKem: ratchet.supportKem || enableKem,
    enableKem,
    sendingKem: kem.next?.accepted !== undefined,
    receivingKem,
    rootKey: send.rootKey,
    sending: { peerPublicKey: header.dhPublicKey, chainKey: send.chainKey, headerKey: ratchet.nextSendingHeaderKey },
    receiving: { chainKey: receive.chainKey, headerKey: ratchet.nextReceivingHeaderKey },
    previousSent: ratchet.sent,
    sent: 0,
    received: 0,
    nextSendingHeaderKey: send.nextHeaderKey,
    nextReceivingHeaderKey: receive.nextHeaderKey,
  };
}

interface KemStep {
  /** The secret that the peer encapsulated to our last key. */
  readonly receivedSecret: Uint8Array | undefined;
  readonly next: RatchetKem | undefined;
}

function kemStep(env: RatchetEnvironment, ratchet: Ratchet, header: MessageHeader): KemStep {
  const offered = header.kem;
  if (offered === undefined) {
    // The KEM was enabled meanwhile, and the peer does not know: propose it.
    const propose = ratchet.kem === undefined && ratchet.enableKem;
    return { receivedSecret: undefined, next: propose ? { keys: env.kemKeyPair(), accepted: undefined } : undefined };
  }
  const receivedSecret = offered.kind === 'accepted' ? receiveKem(env, ratchet, offered.ciphertext) : undefined;
  if (!ratchet.enableKem) return { receivedSecret, next: undefined };
  const peerPublicKey = offered.publicKey;
  const accepted: KemAccepted = { peerPublicKey, ...env.kem.encapsulate(peerPublicKey, env.random) };
  return { receivedSecret, next: { keys: env.kemKeyPair(), accepted } };
}

function receiveKem(env: RatchetEnvironment, { kem }: Ratchet, ciphertext: Uint8Array): Uint8Array {
  if (kem === undefined) throw new RatchetError('kem', 'the message answers a KEM key that was not proposed');
  return env.kem.decapsulate(kem.keys.secretKey, ciphertext);
}
