/** Every codec and combinator: round trip, truncation, a byte too many, and values that have no encoding. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as e from '../../../src/encoding/index.ts';
import { anyBytes, checkCodec, exactBytes, expectRefused } from '../../harness/codec.ts';

function expectNoEncoding<T>(codec: e.Codec<T>, ...values: readonly T[]): void {
  for (const value of values) expect(() => e.encode(codec, value)).toThrow(e.EncodeError);
}

const anyText = fc.string({ unit: 'binary', maxLength: 40 });
const notWhole = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.5, -1];

describe('numbers', () => {
  it.each([
    ['word8', e.word8, 1],
    ['word16', e.word16, 2],
    ['word32', e.word32, 4],
  ] as const)('%s', (_, codec, size) => {
    const max = 256 ** size - 1;
    checkCodec(codec, { examples: [0, 1, max - 1, max], arbitrary: fc.integer({ min: 0, max }) });
    expectNoEncoding(codec, ...notWhole, max + 1);
    fc.assert(
      fc.property(fc.integer({ min: 0, max }), fc.double(), (value, any) => {
        const expected = new Uint8Array(size);
        Buffer.from(expected.buffer).writeUIntBE(value, 0, size);
        expect(e.encode(codec, value)).toEqual(expected);
        if (!(Number.isInteger(any) && any >= 0 && any <= max)) expectNoEncoding(codec, any);
      }),
    );
  });

  it('int64, as far as numbers are exact', () => {
    const max = Number.MAX_SAFE_INTEGER;
    checkCodec(e.int64, {
      examples: [0, 1, -1, 2 ** 32, -(2 ** 32), 2 ** 32 - 1, max, -max],
      arbitrary: fc.maxSafeInteger(),
    });
    expectNoEncoding(e.int64, max + 1, -max - 1, 2 ** 63, 0.5, Number.NaN, Number.POSITIVE_INFINITY);
    const limits = fc.constantFrom(2n ** 53n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n), 0n);
    const near = fc.tuple(limits, fc.bigInt({ min: -4n, max: 4n })).map(([a, b]) => a + b);
    fc.assert(
      fc.property(fc.oneof(near, fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })), (value) => {
        const bytes = Buffer.alloc(8);
        bytes.writeBigInt64BE(BigInt.asIntN(64, value));
        const inside = BigInt.asIntN(64, value);
        if (inside > BigInt(max) || inside < -BigInt(max)) expectRefused(e.int64, bytes);
        else {
          expect(e.decode(e.int64, bytes)).toBe(Number(inside));
          expect(e.toHex(e.encode(e.int64, Number(inside)))).toBe(bytes.toString('hex'));
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('single bytes', () => {
  const all = Array.from({ length: 256 }, (_, i) => i);

  it('bool is T or F', () => {
    checkCodec(e.bool, { examples: [true, false] });
    for (const byte of all) if (byte !== 0x54 && byte !== 0x46) expectRefused(e.bool, Uint8Array.of(byte));
  });

  it('char is one Latin-1 character', () => {
    checkCodec(e.char, { examples: all.map((byte) => String.fromCharCode(byte)) });
    expectNoEncoding(e.char, '', 'ab', 'Ā', '€', '😀');
  });
});

describe('byte strings and text', () => {
  it('bytes', () => {
    checkCodec(e.bytes, { examples: [new Uint8Array(255)], arbitrary: anyBytes(255) });
    expectNoEncoding(e.bytes, new Uint8Array(256));
  });

  it('large', () => {
    checkCodec(e.large, { examples: [new Uint8Array(256)], arbitrary: anyBytes(400) });
    const longest = new Uint8Array(0xffff).fill(7);
    expect(e.decode(e.large, e.encode(e.large, longest))).toEqual(longest);
    expectNoEncoding(e.large, new Uint8Array(0x10000));
  });

  it('tail', () => checkCodec(e.tail, { arbitrary: anyBytes(300), takesRest: true }));

  it('fixed', () => {
    for (const length of [0, 1, 24]) checkCodec(e.fixed(length), { arbitrary: exactBytes(length) });
    fc.assert(
      fc.property(fc.nat(20), anyBytes(20), (length, value) => {
        if (value.length !== length) {
          expectNoEncoding(e.fixed(length), value);
          expectRefused(e.fixed(length), value);
        }
      }),
    );
  });

  it('sizedBytes', () => {
    const codec = e.sizedBytes(0, 3, 5);
    checkCodec(codec, { arbitrary: fc.oneof(exactBytes(0), exactBytes(3), exactBytes(5)) });
    for (const length of [1, 2, 4, 6, 255]) {
      expectNoEncoding(codec, new Uint8Array(length));
      expectRefused(codec, Uint8Array.of(length, ...new Uint8Array(length)));
    }
  });

  it('shortText is strict UTF-8', () => {
    checkCodec(e.shortText, { examples: ['', '\ufeffmark', '€'.repeat(85)], arbitrary: anyText });
    expectNoEncoding(e.shortText, '€'.repeat(86), 'x'.repeat(256));
    for (const bad of ['80', 'c3', 'c080', 'e282', 'eda080', 'f4908080', 'ff', '61ff62']) {
      const bytes = e.fromHex(bad);
      expectRefused(e.shortText, Uint8Array.of(bytes.length, ...bytes));
    }
    fc.assert(
      fc.property(anyBytes(12), (bytes) => {
        const input = Uint8Array.of(bytes.length, ...bytes);
        const good = Buffer.from(bytes).toString('utf8');
        if (e.equalBytes(Buffer.from(good, 'utf8'), bytes)) expect(e.decode(e.shortText, input)).toBe(good);
        else expectRefused(e.shortText, input);
      }),
      { numRuns: 500 },
    );
  });

  it('literal', () => {
    checkCodec(e.literal('QUOTA '), { examples: [undefined] });
    for (const bad of ['', 'QUOTA', 'quota ', 'QUOTA  ', 'XQUOTA ']) expectRefused(e.literal('QUOTA '), e.utf8(bad));
    expect(e.encode(e.literal('é'), undefined)).toEqual(e.utf8('é'));
  });
});

describe('combinators', () => {
  it('maybe', () => {
    checkCodec(e.maybe(e.word16), { arbitrary: fc.option(fc.nat(0xffff), { nil: undefined }) });
    checkCodec(e.maybe(e.maybe(e.bool)), { examples: [undefined, true, false] });
    for (const tag of [0, 1, 0x2f, 0x32, 0xff]) expectRefused(e.maybe(e.word16), Uint8Array.of(tag, 0, 0));
    expectRefused(e.maybe(e.word16), Uint8Array.of(0x30, 0, 0));
  });

  it('list and nonEmpty', () => {
    const items = fc.array(anyBytes(6), { maxLength: 20 });
    checkCodec(e.list(e.bytes), { examples: [[]], arbitrary: items });
    checkCodec(e.nonEmpty(e.bytes), { arbitrary: items.filter((a) => a.length > 0) });
    checkCodec(e.list(e.list(e.word8)), { arbitrary: fc.array(fc.array(fc.nat(255), { maxLength: 4 })) });
    checkCodec(e.list(e.bool), { examples: [new Array<boolean>(255).fill(true)] });
    expectNoEncoding(e.list(e.bool), new Array<boolean>(256).fill(true));
    expectNoEncoding(e.nonEmpty(e.bool), []);
    expectRefused(e.nonEmpty(e.bool), Uint8Array.of(0));
    expectNoEncoding(e.list(e.word8), [1, 256]);
  });

  it('tuple', () => {
    const codec = e.tuple(e.word8, e.shortText, e.maybe(e.bool));
    const value = fc.tuple(fc.nat(255), anyText, fc.option(fc.boolean(), { nil: undefined }));
    checkCodec(codec, { arbitrary: value });
    checkCodec(e.tuple(), { examples: [[]] });
    expectNoEncoding(codec, [256, '', undefined]);
  });

  it('struct, in the order of its keys', () => {
    const codec = e.struct<{ b: number; a: string; rest: Uint8Array }>({ b: e.word16, a: e.shortText, rest: e.tail });
    checkCodec(codec, {
      arbitrary: fc.record({ b: fc.nat(0xffff), a: anyText, rest: anyBytes(9) }),
      takesRest: true,
    });
    expect(e.encode(codec, { rest: Uint8Array.of(9), a: 'x', b: 258 })).toEqual(Uint8Array.of(1, 2, 1, 0x78, 9));
    const closed = e.struct<{ n: number; t: boolean }>({ n: e.int64, t: e.bool });
    checkCodec(closed, { arbitrary: fc.record({ n: fc.maxSafeInteger(), t: fc.boolean() }) });
    expectNoEncoding(closed, { n: 2 ** 60, t: true });
  });

  it('map', () => {
    const codec = e.map(
      e.word8,
      (n) => `#${n}`,
      (text) => Number(text.slice(1)),
    );
    checkCodec(codec, { arbitrary: fc.nat(255).map((n) => `#${n}`) });
    expectNoEncoding(codec, '#256', '#x');
  });

  it('refine, both ways', () => {
    const even = e.refine(e.word8, (n) => n % 2 === 0, 'even number expected');
    checkCodec(even, { arbitrary: fc.nat(127).map((n) => 2 * n) });
    expectNoEncoding(even, 1, 255);
    expectRefused(even, Uint8Array.of(3));
  });

  it('lazy, for types that contain themselves', () => {
    interface Tree {
      readonly value: number;
      readonly children: readonly Tree[];
    }
    let made = 0;
    const children = e.lazy(() => {
      made++;
      return e.list(tree);
    });
    const tree: e.Codec<Tree> = e.struct<Tree>({ value: e.word8, children });
    const { node } = fc.letrec<{ node: Tree; leaf: Tree; branch: Tree }>((tie) => ({
      node: fc.oneof({ maxDepth: 3 }, tie('leaf'), tie('branch')),
      leaf: fc.record({ value: fc.nat(255), children: fc.constant([]) }),
      branch: fc.record({ value: fc.nat(255), children: fc.array(tie('node'), { maxLength: 3 }) }),
    }));
    checkCodec(tree, { examples: [{ value: 1, children: [] }], arbitrary: node });
    expect(made).toBe(1);
  });
});
