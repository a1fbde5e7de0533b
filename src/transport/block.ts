/**
 * Blocks (simplex-messaging.md, "Transport connection"): every message padded to 16,384 bytes and, from version 11,
 * sealed with keys that advance block by block.
 */
import { type BoxChain, CryptoError, padInto, unPad } from '../crypto/index.ts';
import { BLOCK_SIZE } from './constants.ts';
import { TransportError } from './errors.ts';
import type { Transport } from './transport.ts';

/** How the blocks of one connection are made and opened; calls are in the order of the blocks. */
export interface BlockSealer {
  /** Fills `block` with the message. */
  sealInto(block: Uint8Array, message: Uint8Array): void;
  open(block: Uint8Array): Uint8Array;
}

/** Padding alone: handshakes, and sessions before version 11. */
export const plainBlocks: BlockSealer = {
  sealInto: padInto,
  open: unPad,
};

/** Padding and encryption, with one chain for each direction. */
export function sealedBlocks(outgoing: BoxChain, incoming: BoxChain): BlockSealer {
  return {
    sealInto: (block, message) => outgoing.sealInto(block, message),
    open: (block) => incoming.open(block),
  };
}

/** A block with the message. */
export function sealBlock(sealer: BlockSealer, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK_SIZE);
  sealer.sealInto(block, message);
  return block;
}

export async function writeBlock(transport: Transport, sealer: BlockSealer, message: Uint8Array): Promise<void> {
  await transport.write(sealBlock(sealer, message));
}

/** The next message; undefined when the other end has closed. A block that does not open is a {@link TransportError}. */
export async function readBlock(transport: Transport, sealer: BlockSealer): Promise<Uint8Array | undefined> {
  const block = await transport.read(BLOCK_SIZE);
  if (block === undefined) return undefined;
  try {
    return sealer.open(block);
  } catch (cause) {
    if (!(cause instanceof CryptoError)) throw cause;
    throw new TransportError('protocol', 'block does not open', { cause });
  }
}
