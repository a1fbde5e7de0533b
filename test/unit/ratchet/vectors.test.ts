import { describe, expect, it } from 'vitest';
import {
  decodePrivateKeyDer,
  decodePublicKeyDer,
  generateSntrup761,
  sntrup761,
  systemRandom,
  x448PublicKey,
} from '../../../src/crypto/index.ts';
import { decode, encode, fromBase64url, fromUtf8, toHex } from '../../../src/encoding/index.ts';
import * as r from '../../../src/ratchet/index.ts';
import { skippedKeysOf } from '../../harness/skipped-keys.ts';
import { hex, vectors } from '../../harness/vectors.ts';

interface StateVector {
  readonly rcAD: string;
  readonly rcDHRs: string;
  readonly rcEnableKEM: boolean;
  readonly rcSupportKEM: boolean;
  readonly rcSndKEM: boolean;
  readonly rcRcvKEM: boolean;
  readonly rcKEM?: {
    readonly rcPQRs: readonly [string, string];
    readonly rcKEMs?: Record<'rcPQRct' | 'rcPQRr' | 'rcPQRss', string>;
  };
  readonly rcNHKr: string;
  readonly rcNHKs: string;
  readonly rcNr: number;
  readonly rcNs: number;
  readonly rcPN: number;
  readonly rcRK: string;
  readonly rcRcv?: Record<'rcCKr' | 'rcHKr', string>;
  readonly rcSnd?: Record<'rcCKs' | 'rcDHRr' | 'rcHKs', string>;
  readonly rcVersion: readonly [number, number];
}
interface PartyVector {
  readonly paramsBinary: string;
  readonly privateKem?: string | null;
  readonly privateKey1: string;
  readonly privateKey2: string;
}
interface X3dhVector {
  readonly assocData: string;
  readonly ratchetKey: string;
  readonly rcvNextHK: string;
  readonly sndHK: string;
}
interface StepVector {
  readonly from: 'joiner' | 'initiator';
  readonly message: string;
  readonly paddedTo: number;
  readonly plaintext: string;
  readonly receiverRatchetBefore: StateVector;
  readonly receiverSkippedBefore: readonly {
    readonly headerKey: string;
    readonly keys: readonly { readonly keyAndIv: string; readonly n: number }[];
  }[];
}
interface SessionVector {
  readonly name: string;
  readonly initiator: PartyVector;
  readonly joiner: PartyVector;
  readonly initiatorRatchet: StateVector;
  readonly joinerRatchet: StateVector;
  readonly x3dhInitiator: X3dhVector;
  readonly x3dhJoiner: X3dhVector;
  readonly steps: readonly StepVector[];
}

const env: r.RatchetEnvironment = {
  random: systemRandom,
  kem: sntrup761,
  kemKeyPair: () => generateSntrup761(systemRandom),
};
const b64 = fromBase64url;

function keyPair(der: Uint8Array) {
  const privateKey = decodePrivateKeyDer(der).raw;
  return { publicKey: x448PublicKey(privateKey), privateKey };
}

function state(v: StateVector): r.Ratchet {
  const kems = v.rcKEM?.rcKEMs;
  return {
    versions: { current: v.rcVersion[0], maxSupported: v.rcVersion[1] },
    associatedData: b64(v.rcAD),
    dh: keyPair(b64(fromUtf8(b64(v.rcDHRs)))),
    kem: v.rcKEM && {
      keys: { publicKey: b64(v.rcKEM.rcPQRs[0]), secretKey: b64(v.rcKEM.rcPQRs[1]) },
      accepted: kems && {
        peerPublicKey: b64(kems.rcPQRr),
        sharedKey: b64(kems.rcPQRss),
        ciphertext: b64(kems.rcPQRct),
      },
    },
    supportKem: v.rcSupportKEM,
    enableKem: v.rcEnableKEM,
    sendingKem: v.rcSndKEM,
    receivingKem: v.rcRcvKEM,
    rootKey: b64(v.rcRK),
    sending: v.rcSnd && {
      peerPublicKey: decodePublicKeyDer(b64(v.rcSnd.rcDHRr)).raw,
      chainKey: b64(v.rcSnd.rcCKs),
      headerKey: b64(v.rcSnd.rcHKs),
    },
    receiving: v.rcRcv && { chainKey: b64(v.rcRcv.rcCKr), headerKey: b64(v.rcRcv.rcHKr) },
    sent: v.rcNs,
    received: v.rcNr,
    previousSent: v.rcPN,
    nextSendingHeaderKey: b64(v.rcNHKs),
    nextReceivingHeaderKey: b64(v.rcNHKr),
  };
}

function skippedKeys(step: StepVector): r.SkippedKey[] {
  return step.receiverSkippedBefore.flatMap(({ headerKey, keys }) =>
    keys.map(({ keyAndIv, n }) => {
      const both = hex(keyAndIv);
      return {
        headerKey: hex(headerKey),
        number: n,
        messageKey: { key: both.slice(1, 33), iv: both.slice(34) },
      };
    }),
  );
}

function checkX3dh(actual: r.InitParams, v: X3dhVector) {
  expect(toHex(actual.associatedData)).toBe(v.assocData);
  expect(toHex(actual.rootKey)).toBe(v.ratchetKey);
  expect(toHex(actual.sendingHeaderKey)).toBe(v.sndHK);
  expect(toHex(actual.nextReceivingHeaderKey)).toBe(v.rcvNextHK);
}

describe.each(vectors<{ sessions: SessionVector[] }>('ratchet').sessions)('session of the reference: $name', (s) => {
  const peerOfInitiator = decode(r.e2eParamsCodec, hex(s.joiner.paramsBinary));
  const peerOfJoiner = decode(r.e2eParamsCodec, hex(s.initiator.paramsBinary));
  const kemBytes = s.initiator.privateKem ? hex(s.initiator.privateKem) : undefined;
  const initiatorSecrets: r.InitiatorSecrets = {
    key1: keyPair(hex(s.initiator.privateKey1)),
    key2: keyPair(hex(s.initiator.privateKey2)),
    kem: kemBytes && decode(r.kemKeyPairCodec, kemBytes.subarray(1)),
  };

  it('parameters, both ways', () => {
    expect(toHex(encode(r.e2eParamsCodec, peerOfInitiator))).toBe(s.joiner.paramsBinary);
    expect(toHex(encode(r.e2eParamsCodec, peerOfJoiner))).toBe(s.initiator.paramsBinary);
    expect(toHex(encode(r.e2eParamsCodec, r.initiatorPublicParams(initiatorSecrets)))).toBe(s.initiator.paramsBinary);
  });

  it('X3DH and first states of both parties', () => {
    const versions = { current: 3, maxSupported: 3 };
    const expectedInitiator = state(s.initiatorRatchet);
    const init = r.x3dhInitiator(env, initiatorSecrets, peerOfInitiator);
    checkX3dh(init, s.x3dhInitiator);
    expect(r.initReceivingRatchet(versions, initiatorSecrets.key2, init, expectedInitiator.supportKem)).toEqual(
      expectedInitiator,
    );
    const expectedJoiner = state(s.joinerRatchet);
    const joinerSecrets: r.JoinerSecrets = {
      key1: keyPair(hex(s.joiner.privateKey1)),
      key2: keyPair(hex(s.joiner.privateKey2)),
      kem: expectedJoiner.kem,
    };
    const initJoiner = r.x3dhJoiner(joinerSecrets, peerOfJoiner);
    checkX3dh(initJoiner, s.x3dhJoiner);
    expect(r.initSendingRatchet(env, versions, peerOfJoiner.key2, initJoiner, expectedJoiner.dh)).toEqual(
      expectedJoiner,
    );
  });

  it('the first messages are sealed to the same bytes', () => {
    let joiner = state(s.joinerRatchet);
    for (const step of s.steps.slice(0, 2)) {
      const next = r.nextSealingKey(joiner);
      const key = decode(r.sealingKeyCodec, encode(r.sealingKeyCodec, next.key));
      expect(toHex(r.sealMessage(key, hex(step.plaintext), step.paddedTo))).toBe(step.message);
      joiner = next.ratchet;
    }
  });

  it.each(s.steps.map((step, i) => ({ ...step, number: i + 1 })))('message $number from the $from', (step) => {
    const before = state(step.receiverRatchetBefore);
    expect(decode(r.ratchetCodec, encode(r.ratchetCodec, before))).toEqual(before);
    const skipped = skippedKeys(step);
    const out = r.decryptMessage(env, before, skippedKeysOf(skipped), hex(step.message));
    expect(toHex(out.message)).toBe(step.plaintext);
    if (skipped.length > 0) expect(out.used).toEqual(skipped[0]);
    const after = [...skipped.filter((k) => k !== out.used), ...out.skipped];
    expect(() => r.decryptMessage(env, out.ratchet, skippedKeysOf(after), hex(step.message))).toThrow(r.RatchetError);
  });
});
