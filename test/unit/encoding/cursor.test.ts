/** Cursors never pass an end, against a plain array; errors say where. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, DecodeError, EncodeError, Reader, Writer } from '../../../src/encoding/index.ts';
import { anyBytes } from '../../harness/codec.ts';

type Read = { readonly op: 'byte' | 'word16' | 'word32' | 'rest' } | { readonly op: 'take'; readonly length: number };

const read: fc.Arbitrary<Read> = fc.oneof(
  fc.record({ op: fc.constantFrom('byte' as const, 'word16' as const, 'word32' as const, 'rest' as const) }),
  fc.record({ op: fc.constant('take' as const), length: fc.nat(12) }),
);

const big = (bytes: readonly number[]) => bytes.reduce((n, b) => n * 256 + b, 0);
const sizes = { byte: 1, word16: 2, word32: 4 } as const;

describe('Reader', () => {
  it('reads what is there and stays where it was when it is not', () => {
    fc.assert(
      fc.property(anyBytes(40), fc.array(read, { maxLength: 20 }), (bytes, reads) => {
        const reader = new Reader(bytes);
        let left = [...bytes];
        for (const step of reads) {
          expect([reader.offset, reader.remaining]).toEqual([bytes.length - left.length, left.length]);
          expect(reader.peek()).toBe(left[0]);
          const size = step.op === 'rest' ? left.length : step.op === 'take' ? step.length : sizes[step.op];
          const get = () => (step.op === 'take' ? reader.take(step.length) : reader[step.op]());
          if (size > left.length) {
            expect(get).toThrow(expect.objectContaining({ name: 'DecodeError', offset: bytes.length - left.length }));
            continue;
          }
          const value = get();
          const expected = left.slice(0, size);
          expect(typeof value === 'number' ? value : [...value]).toEqual(
            typeof value === 'number' ? big(expected) : expected,
          );
          left = left.slice(size);
        }
        if (left.length > 0) expect(() => reader.end()).toThrow(DecodeError);
        else reader.end();
      }),
      { numRuns: 300 },
    );
  });

  it('gives views of a part of a buffer, and nothing around it', () => {
    const whole = Uint8Array.of(9, 1, 2, 3, 9);
    const reader = new Reader(whole.subarray(1, 4));
    expect([...reader.take(2)]).toEqual([1, 2]);
    expect([...reader.rest()]).toEqual([3]);
    expect(reader.rest()).toHaveLength(0);
    expect(() => reader.byte()).toThrow(DecodeError);
  });

  it('goes back, and only back', () => {
    const reader = new Reader(Uint8Array.of(1, 2, 3));
    reader.take(2);
    reader.rewind(1);
    expect(reader.byte()).toBe(2);
    reader.rewind(3);
    expect(reader.offset).toBe(2);
  });

  it('fails with the place', () => {
    const reader = new Reader(Uint8Array.of(1, 2, 3));
    reader.take(2);
    expect(() => reader.fail('wrong')).toThrow(new DecodeError('wrong', 2));
  });
});

describe('Writer', () => {
  const write = fc.oneof(
    fc.record({ op: fc.constant('byte' as const), value: fc.nat(0xff) }),
    fc.record({ op: fc.constant('word16' as const), value: fc.nat(0xffff) }),
    fc.record({ op: fc.constant('word32' as const), value: fc.integer({ min: 0, max: 0xffff_ffff }) }),
    fc.record({ op: fc.constant('bytes' as const), value: fc.nat(700).map((n) => new Uint8Array(n).fill(n)) }),
  );

  it('appends, however much it grows', () => {
    fc.assert(
      fc.property(fc.array(write, { maxLength: 20 }), (writes) => {
        const writer = new Writer();
        const parts: Uint8Array[] = [];
        for (const step of writes) {
          if (step.op === 'bytes') {
            writer.bytes(step.value);
            parts.push(step.value);
            continue;
          }
          writer[step.op](step.value);
          const expected = Buffer.alloc(sizes[step.op]);
          expected.writeUIntBE(step.value, 0, expected.length);
          parts.push(expected);
        }
        const expected = concatBytes(...parts);
        expect(writer.length).toBe(expected.length);
        expect(Buffer.compare(writer.written, expected)).toBe(0);
        const { written } = writer;
        writer.clear();
        expect(writer.length).toBe(0);
        expect(written.every((byte) => byte === 0)).toBe(true);
      }),
    );
  });
});

it('errors are of their own kinds and are not worth another try', () => {
  const cause = new Error('why');
  expect(new DecodeError('bad', 3, { cause })).toMatchObject({
    name: 'DecodeError',
    offset: 3,
    retryable: false,
    cause,
  });
  expect(new DecodeError('bad', 3).message).toBe('bad (at byte 3)');
  expect(new EncodeError('bad', { cause })).toMatchObject({ name: 'EncodeError', retryable: false, cause });
});
