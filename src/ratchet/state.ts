/** The state of a double ratchet as immutable data, and its stored form. */
import { generateX448, type KeyPair, type Sntrup761KeyPair } from '../crypto/index.ts';
import { bool, type Codec, fixed, maybe, sizedBytes, struct, word16, word32 } from '../encoding/index.ts';
import { type MessageKey, rootKdf } from './kdf.ts';
import { type KemAccepted, kemAcceptedCodec, kemKeyPairCodec, type RatchetEnvironment } from './kem.ts';
import type { InitParams } from './x3dh.ts';

export interface RatchetVersions {
  readonly current: number;
  readonly maxSupported: number;
}

export interface RatchetKem {
  readonly keys: Sntrup761KeyPair;
  readonly accepted: KemAccepted | undefined;
}

export interface SendingChain {
  readonly peerPublicKey: Uint8Array;
  readonly chainKey: Uint8Array;
  readonly headerKey: Uint8Array;
}

export interface ReceivingChain {
  readonly chainKey: Uint8Array;
  readonly headerKey: Uint8Array;
}

export interface Ratchet {
  readonly versions: RatchetVersions;
  readonly associatedData: Uint8Array;
  readonly dh: KeyPair;
  readonly kem: RatchetKem | undefined;
  /** Whether headers have the large size; once on, it stays on. */
  readonly supportKem: boolean;
  /** Whether the next step uses the KEM. */
  readonly enableKem: boolean;
  /** Whether the KEM contributed to the current sending and receiving keys. */
  readonly sendingKem: boolean;
  readonly receivingKem: boolean;
  readonly rootKey: Uint8Array;
  readonly sending: SendingChain | undefined;
  readonly receiving: ReceivingChain | undefined;
  /** Messages sent and received in the current chains, and sent in the previous one. */
  readonly sent: number;
  readonly received: number;
  readonly previousSent: number;
  readonly nextSendingHeaderKey: Uint8Array;
  readonly nextReceivingHeaderKey: Uint8Array;
}

/** The key of a skipped message, which may still arrive. */
export interface SkippedKey {
  readonly headerKey: Uint8Array;
  readonly number: number;
  readonly messageKey: MessageKey;
}

/** The joiner's ratchet, which can send at once. `peerKey2`: the initiator's second X3DH key. */
export function initSendingRatchet(
  env: RatchetEnvironment,
  versions: RatchetVersions,
  peerKey2: Uint8Array,
  init: InitParams,
  dh: KeyPair = generateX448(env.random),
): Ratchet {
  const step = rootKdf(init.rootKey, dh, peerKey2, init.kemAccepted?.sharedKey);
  const kemOn = init.kemKeys !== undefined;
  return {
    versions,
    associatedData: init.associatedData,
    dh,
    kem: init.kemKeys && { keys: init.kemKeys, accepted: init.kemAccepted },
    supportKem: kemOn,
    enableKem: kemOn,
    sendingKem: init.kemAccepted !== undefined,
    receivingKem: false,
    rootKey: step.rootKey,
    sending: { peerPublicKey: peerKey2, chainKey: step.chainKey, headerKey: init.sendingHeaderKey },
    receiving: undefined,
    sent: 0,
    received: 0,
    previousSent: 0,
    nextSendingHeaderKey: step.nextHeaderKey,
    nextReceivingHeaderKey: init.nextReceivingHeaderKey,
  };
}

/** The initiator's ratchet, which can send after receiving. `ownKey2`: its second X3DH key pair. */
export function initReceivingRatchet(
  versions: RatchetVersions,
  ownKey2: KeyPair,
  init: InitParams,
  supportKem: boolean,
): Ratchet {
  return {
    versions,
    associatedData: init.associatedData,
    dh: ownKey2,
    kem: init.kemKeys && { keys: init.kemKeys, accepted: init.kemAccepted },
    supportKem,
    enableKem: supportKem,
    sendingKem: false,
    receivingKem: false,
    rootKey: init.rootKey,
    sending: undefined,
    receiving: undefined,
    sent: 0,
    received: 0,
    previousSent: 0,
    nextSendingHeaderKey: init.nextReceivingHeaderKey,
    nextReceivingHeaderKey: init.sendingHeaderKey,
  };
}

const key32 = fixed(32);
const key56 = fixed(56);

const keyPairCodec: Codec<KeyPair> = struct<KeyPair>({ publicKey: key56, privateKey: key56 });

export const messageKeyCodec: Codec<MessageKey> = struct<MessageKey>({ key: key32, iv: fixed(16) });

/** The stored form of a ratchet, format 1; not a wire format. */
export const ratchetCodec: Codec<Ratchet> = struct<Ratchet>({
  versions: struct<RatchetVersions>({ current: word16, maxSupported: word16 }),
  associatedData: sizedBytes(112),
  dh: keyPairCodec,
  kem: maybe(struct<RatchetKem>({ keys: kemKeyPairCodec, accepted: maybe(kemAcceptedCodec) })),
  supportKem: bool,
  enableKem: bool,
  sendingKem: bool,
  receivingKem: bool,
  rootKey: key32,
  sending: maybe(struct<SendingChain>({ peerPublicKey: key56, chainKey: key32, headerKey: key32 })),
  receiving: maybe(struct<ReceivingChain>({ chainKey: key32, headerKey: key32 })),
  sent: word32,
  received: word32,
  previousSent: word32,
  nextSendingHeaderKey: key32,
  nextReceivingHeaderKey: key32,
});
