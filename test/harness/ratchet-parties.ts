/** Both ends of a double ratchet session, for tests. */
import { generateSntrup761, sntrup761, systemRandom } from '../../src/crypto/index.ts';
import { decode, encode, fromUtf8, utf8 } from '../../src/encoding/index.ts';
import * as r from '../../src/ratchet/index.ts';
import { skippedKeysOf } from './skipped-keys.ts';

// Key generation is slow: all sessions share a few key pairs.
const pairs = Array.from({ length: 4 }, () => generateSntrup761(systemRandom));
let handedOut = 0;
export const ratchetEnv: r.RatchetEnvironment = {
  random: systemRandom,
  kem: sntrup761,
  kemKeyPair: () => pairs[handedOut++ % pairs.length]!,
};

/** One end of a session; its ratchet passes through its stored form at every message. */
export class Party {
  ratchet: r.Ratchet;
  skipped: readonly r.SkippedKey[] = [];
  constructor(ratchet: r.Ratchet) {
    this.ratchet = ratchet;
  }
  seal(text: string, kem?: boolean): Uint8Array {
    const next = r.nextSealingKey(this.ratchet, kem);
    this.ratchet = decode(r.ratchetCodec, encode(r.ratchetCodec, next.ratchet));
    return r.sealMessage(next.key, utf8(text), 200);
  }
  open(message: Uint8Array): string {
    const out = r.decryptMessage(ratchetEnv, this.ratchet, skippedKeysOf(this.skipped), message);
    this.ratchet = out.ratchet;
    this.skipped = [...this.skipped.filter((k) => k !== out.used), ...out.skipped];
    return fromUtf8(out.message);
  }
}

/** A session started by an invitation with or without a KEM key, and the reply to it. */
export function session(initiatorKem: boolean, joinerKem: boolean): { initiator: Party; joiner: Party } {
  const versions = { current: 3, maxSupported: 3 };
  const invitation = r.initiatorParams(ratchetEnv, initiatorKem);
  const reply = r.joinerParams(ratchetEnv, invitation.params, joinerKem);
  const joiner = r.initSendingRatchet(
    ratchetEnv,
    versions,
    invitation.params.key2,
    r.x3dhJoiner(reply.secrets, invitation.params),
  );
  const init = r.x3dhInitiator(ratchetEnv, invitation.secrets, reply.params);
  const initiator = r.initReceivingRatchet(versions, invitation.secrets.key2, init, true);
  return { initiator: new Party(initiator), joiner: new Party(joiner) };
}
