import { describe, expect, it } from 'vitest';
import { borrowBytes, releaseBuffer } from '../../../src/encoding/index.ts';

describe('borrowed bytes', () => {
  it('are those that were given back, and nobody else has them meanwhile', () => {
    const first = borrowBytes(16_000);
    const second = borrowBytes(16_000);
    expect(second.buffer).not.toBe(first.buffer);
    releaseBuffer(first);
    const third = borrowBytes(3_000);
    expect(third.buffer).toBe(first.buffer);
    expect(third.length).toBe(3_000);
    expect(borrowBytes(16_384).buffer).not.toBe(first.buffer);
  });

  it('are lent once more only when they were given back once', () => {
    const bytes = borrowBytes(16_384);
    releaseBuffer(bytes.subarray(5));
    releaseBuffer(bytes);
    expect(borrowBytes(16_384).buffer).toBe(bytes.buffer);
    expect(borrowBytes(16_384).buffer).not.toBe(bytes.buffer);
  });

  it('are of their own where they are small or larger than a block, and others are left alone', () => {
    const own = new Uint8Array(16_384);
    releaseBuffer(own);
    for (const size of [0, 100, 16_385, 16_384]) {
      const bytes = borrowBytes(size);
      expect(bytes.length).toBe(size);
      expect(bytes.buffer).not.toBe(own.buffer);
    }
    const small = borrowBytes(100);
    releaseBuffer(small);
    expect(borrowBytes(100).buffer).not.toBe(small.buffer);
  });
});
