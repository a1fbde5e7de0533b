/** The KEM, compared with the hashing and random bytes it needs. */
import {
  decapsulateSntrup761,
  encapsulateSntrup761,
  generateSntrup761,
  generateSntrup761Batch,
  generateX448,
  systemRandom,
  x448,
} from '#sotto/crypto';
import { type Figure, micros, microsOf } from './measure.ts';

const BATCH = 8;

export function benchKem(): readonly Figure[] {
  const keys = generateSntrup761(systemRandom);
  const { ciphertext } = encapsulateSntrup761(keys.publicKey, systemRandom);
  const [own, peer] = [generateX448(systemRandom), generateX448(systemRandom)];
  // The other half of each key agreement, and an indicator of the machine's speed.
  const agreement = microsOf(() => x448(own, peer.publicKey));
  const figure = (what: string, value: number): Figure => ({
    what: `sntrup761, ${what}`,
    value: micros(value),
    how: `an X448 agreement takes ${micros(agreement)}`,
  });
  return [
    figure(
      'key pair',
      microsOf(() => generateSntrup761(systemRandom)),
    ),
    figure(`key pair, of ${BATCH} at once`, microsOf(() => generateSntrup761Batch(systemRandom, BATCH)) / BATCH),
    figure(
      'encapsulate',
      microsOf(() => encapsulateSntrup761(keys.publicKey, systemRandom)),
    ),
    figure(
      'decapsulate',
      microsOf(() => decapsulateSntrup761(keys.secretKey, ciphertext)),
    ),
  ];
}
