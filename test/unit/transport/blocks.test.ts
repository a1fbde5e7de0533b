/** Versions, blocks and batches. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxChains, systemRandom } from '../../../src/crypto/index.ts';
import { DecodeError, EncodeError } from '../../../src/encoding/index.ts';
import {
  BATCH_SIZE,
  BLOCK_SIZE,
  batchCodec,
  compatibleVersion,
  fitsInBlock,
  formatVersionRange,
  parseBatch,
  parseVersionRange,
  plainBlocks,
  sealBlock,
  sealedBlocks,
  takeBatch,
  versionRangeCodec,
} from '../../../src/transport/index.ts';
import { anyBytes, checkCodec } from '../../harness/codec.ts';

describe('version ranges', () => {
  it('find the greatest common version', () => {
    expect(compatibleVersion({ min: 6, max: 18 }, { min: 9, max: 12 })).toBe(12);
    expect(compatibleVersion({ min: 9, max: 12 }, { min: 12, max: 18 })).toBe(12);
    expect(compatibleVersion({ min: 9, max: 12 }, { min: 13, max: 18 })).toBeUndefined();
    expect(compatibleVersion({ min: 9, max: 12 }, { min: 1, max: 8 })).toBeUndefined();
  });

  it('have a text form', () => {
    for (const [range, text] of [
      [{ min: 6, max: 18 }, '6-18'],
      [{ min: 7, max: 7 }, '7'],
    ] as const) {
      expect(formatVersionRange(range)).toBe(text);
      expect(parseVersionRange(text)).toEqual(range);
    }
    for (const text of ['', '-', '1-', '2-1', 'a', '1-2-3', '1-70000']) {
      expect(() => parseVersionRange(text)).toThrow(DecodeError);
    }
  });

  it('have a binary form', () => {
    const word = fc.nat(0xffff);
    const arbitrary = fc.tuple(word, word).map(([a, b]) => ({ min: Math.min(a, b), max: Math.max(a, b) }));
    checkCodec(versionRangeCodec, { arbitrary });
  });
});

describe('blocks', () => {
  it('are of one size, padded or sealed', () => {
    const id = systemRandom.bytes(32);
    const secret = systemRandom.bytes(32);
    const client = boxChains(id, secret);
    const server = boxChains(id, secret);
    const sealer = sealedBlocks(client.clientToServer, client.serverToClient);
    const opener = sealedBlocks(server.serverToClient, server.clientToServer);
    for (const length of [0, 1, 1_000, BLOCK_SIZE - 18]) {
      const message = systemRandom.bytes(length);
      expect(sealBlock(plainBlocks, message).length).toBe(BLOCK_SIZE);
      expect(plainBlocks.open(sealBlock(plainBlocks, message))).toEqual(message);
      const block = sealBlock(sealer, message);
      expect(block.length).toBe(BLOCK_SIZE);
      expect(opener.open(block)).toEqual(message);
    }
    const block = sealBlock(sealer, Uint8Array.of(1));
    block[100]! ^= 1;
    expect(() => opener.open(block)).toThrow();
  });
});

describe('batches', () => {
  it('hold as many transmissions as fit, in order', () => {
    fc.assert(
      fc.property(fc.array(anyBytes(9_000), { minLength: 1, maxLength: 300 }), (transmissions) => {
        const queue = [...transmissions];
        const batches: Uint8Array[] = [];
        while (queue.length > 0) batches.push(takeBatch(queue));
        expect(batches.flatMap(parseBatch)).toEqual(transmissions);
        for (const [i, batch] of batches.entries()) {
          expect(batch.length).toBeLessThanOrEqual(BATCH_SIZE + 1);
          const next = batches[i + 1] === undefined ? undefined : parseBatch(batches[i + 1]!)[0]!;
          const full = next === undefined || batch[0] === 255 || batch.length + 2 + next.length > BATCH_SIZE + 1;
          expect(full).toBe(true);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('take the largest transmission and no larger one', () => {
    const largest = new Uint8Array(BATCH_SIZE - 2);
    expect(fitsInBlock(largest)).toBe(true);
    expect(parseBatch(takeBatch([largest]))).toEqual([largest]);
    const larger = new Uint8Array(BATCH_SIZE - 1);
    expect(fitsInBlock(larger)).toBe(false);
    expect(() => takeBatch([larger])).toThrow(EncodeError);
  });

  it('have a codec', () => {
    checkCodec(batchCodec, { arbitrary: fc.array(anyBytes(20), { minLength: 1, maxLength: 5 }) });
    expect(() => parseBatch(Uint8Array.of(0))).toThrow(DecodeError);
  });
});
