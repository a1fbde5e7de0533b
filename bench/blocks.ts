/** Blocks of 16 KiB as of SMP version 11, compared with their cipher and key derivation alone. */
import { boxChains, boxOpen, boxSeal, hkdfSha512, systemRandom } from '#sotto/crypto';
import { type Figure, microsFigure } from './measure.ts';

const BLOCK_SIZE = 16_384;

export function benchBlocks(): readonly Figure[] {
  const chains = () => boxChains(new Uint8Array(32), new Uint8Array(32)).serverToClient;
  const message = systemRandom.bytes(16_000);
  const plain = systemRandom.bytes(BLOCK_SIZE - 16);
  const [key, nonce] = [new Uint8Array(32), new Uint8Array(24)];
  const step = () => hkdfSha512(new Uint8Array(0), key, 'SimpleXSbChain', 88);
  const sealer = chains();
  const block = new Uint8Array(BLOCK_SIZE);
  const sealed = boxSeal(key, nonce, plain);
  // A block can only be opened in order, so opening is measured together with sealing, and sealing is subtracted.
  const both = () => {
    const [from, to] = [chains(), chains()];
    for (let i = 0; i < 20; i++) {
      from.sealInto(block, message);
      to.open(block);
    }
  };
  const how = `one block, ${message.length} bytes in it; floor: one HKDF step and one secretbox`;
  return [
    microsFigure(
      'block, seal',
      () => sealer.sealInto(block, message),
      () => {
        step();
        boxSeal(key, nonce, plain);
      },
      how,
    ),
    microsFigure(
      'block, seal and open, 20 of each',
      both,
      () => {
        for (let i = 0; i < 20; i++) {
          step();
          step();
          boxSeal(key, nonce, plain);
          boxOpen(key, nonce, sealed);
        }
      },
      how,
    ),
  ];
}
