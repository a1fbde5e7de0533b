/**
 * Blocks (simplex-messaging.md, "Transport connection"): each message is padded to 16,384 bytes and, from version 11
 * on, encrypted with keys that advance with each block.
 */
import { type BoxChain, CryptoError, padInto, unPad } from '../crypto/index.ts';
import { BLOCK_SIZE } from './constants.ts';
import { TransportError } from './errors.ts';
import type { Transport } from './transport.ts';

/** Seals and opens the blocks of one connection; must be called in the order of the blocks. */
export interface BlockSealer {
  /** Fills `block` with the padded, encrypted message. */
  sealInto(block: Uint8Array, message: Uint8Array): void;
  open(block: Uint8Array): Uint8Array;
}

/** Padding only: for the handshake, and sessions before version 11. */
export const plainBlocks: BlockSealer = {
  sealInto: padInto,
  open: unPad,
};

/** Padding and encryption, with one key chain for each direction. */
export function sealedBlocks(outgoing: BoxChain, incoming: BoxChain): BlockSealer {
  return {
    sealInto: (block, message) => outgoing.sealInto(block, message),
    open: (block) => incoming.open(block),
  };
}

/** A sealed block with the message. */
export function sealBlock(sealer: BlockSealer, message: Uint8Array): Uint8Array {
  const block = new Uint8Array(BLOCK_SIZE);
  sealer.sealInto(block, message);
  return block;
}

export async function writeBlock(transport: Transport, sealer: BlockSealer, message: Uint8Array): Promise<void> {
  await transport.write(sealBlock(sealer, message));
}

/**
 * Reads the next message; undefined when the peer has closed. Throws {@link TransportError} for a block that cannot be
 * opened.
 */
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
