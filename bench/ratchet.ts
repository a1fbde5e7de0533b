/** The double ratchet with one message of 13 KB, compared with its primitives. */
import {
  aeadOpen,
  aeadSeal,
  generateX448,
  hkdfSha512,
  pad,
  type Sntrup761KeyPair,
  sntrup761,
  systemRandom,
  x448,
} from '#sotto/crypto';
import {
  decryptMessage,
  initiatorParams,
  initReceivingRatchet,
  initSendingRatchet,
  joinerParams,
  nextSealingKey,
  type Ratchet,
  type RatchetEnvironment,
  type SkippedKeys,
  sealMessage,
  x3dhInitiator,
  x3dhJoiner,
} from '#sotto/ratchet';
import { type Figure, microsFigure } from './measure.ts';

const noKeys: SkippedKeys = { headerKeys: () => [], find: () => undefined };

const MESSAGE = new Uint8Array(13_000);
const PADDED = 15_000;

/** Key pairs are generated in advance on another thread, so they are not measured. */
const pairs: readonly Sntrup761KeyPair[] = [sntrup761.generate(systemRandom), sntrup761.generate(systemRandom)];
let handedOut = 0;
const env: RatchetEnvironment = {
  random: systemRandom,
  kem: sntrup761,
  kemKeyPair: () => pairs[handedOut++ % pairs.length]!,
};

/** Two parties who have exchanged enough messages for the KEM to be in use in both directions, if enabled. */
function session(kem: boolean): { alice: Ratchet; bob: Ratchet } {
  const versions = { current: 3, maxSupported: 3 };
  const invitation = initiatorParams(env, false);
  const reply = joinerParams(env, invitation.params, kem);
  let bob = initSendingRatchet(env, versions, invitation.params.key2, x3dhJoiner(reply.secrets, invitation.params));
  let alice = initReceivingRatchet(
    versions,
    invitation.secrets.key2,
    x3dhInitiator(env, invitation.secrets, reply.params),
    kem,
  );
  for (let i = 0; i < 3; i++) {
    [bob, alice] = exchange(bob, alice);
    [alice, bob] = exchange(alice, bob);
  }
  // The next message of alice is the first in its direction.
  [bob, alice] = exchange(bob, alice);
  return { alice, bob };
}

function exchange(from: Ratchet, to: Ratchet): [Ratchet, Ratchet] {
  const { key, ratchet } = nextSealingKey(from);
  return [ratchet, decryptMessage(env, to, noKeys, sealMessage(key, MESSAGE, PADDED)).ratchet];
}

export function benchRatchet(kem: boolean): readonly Figure[] {
  const { alice, bob } = session(kem);
  const name = `ratchet, ${kem ? 'with' : 'without'} KEM`;
  const first = nextSealingKey(alice);
  const turning = sealMessage(first.key, MESSAGE, PADDED);
  const turned = decryptMessage(env, bob, noKeys, turning).ratchet;
  const following = sealMessage(nextSealingKey(first.ratchet).key, MESSAGE, PADDED);

  const [key, iv, none] = [new Uint8Array(32), new Uint8Array(16), new Uint8Array(0)];
  const header = new Uint8Array(kem ? 2_310 : 88);
  const body = pad(MESSAGE, PADDED);
  const [sealedHeader, sealedBody] = [aeadSeal(key, iv, none, header), aeadSeal(key, iv, none, body)];
  const derive = () => hkdfSha512(none, key, 'SimpleXChainRatchet', 96);
  const own = generateX448(systemRandom);
  const encrypt = () => {
    derive();
    aeadSeal(key, iv, none, header);
    aeadSeal(key, iv, none, body);
  };
  const decrypt = () => {
    derive();
    aeadOpen(key, iv, none, sealedHeader);
    aeadOpen(key, iv, none, sealedBody);
  };
  const { ciphertext } = sntrup761.encapsulate(pairs[0]!.publicKey, systemRandom);
  const turn = () => {
    generateX448(systemRandom);
    x448(own, own.publicKey);
    x448(own, own.publicKey);
    derive();
    derive();
    if (kem) {
      sntrup761.decapsulate(pairs[0]!.secretKey, ciphertext);
      sntrup761.encapsulate(pairs[0]!.publicKey, systemRandom);
    }
  };
  const primitives = 'floor: its HKDF and AES-256-GCM alone';
  return [
    microsFigure(
      `${name}, encrypt`,
      () => sealMessage(nextSealingKey(alice).key, MESSAGE, PADDED),
      encrypt,
      `${MESSAGE.length} bytes padded to ${PADDED}; ${primitives}`,
    ),
    microsFigure(
      `${name}, decrypt`,
      () => decryptMessage(env, turned, noKeys, following),
      decrypt,
      `the next in one direction; ${primitives}`,
    ),
    microsFigure(
      `${name}, decrypt, direction changed`,
      () => decryptMessage(env, bob, noKeys, turning),
      () => {
        turn();
        decrypt();
      },
      `${primitives}, with two X448 agreements, a key pair${kem ? ', decapsulation and encapsulation' : ''}`,
    ),
  ];
}
