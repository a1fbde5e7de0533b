/** Base64url, hexadecimal and UTF-8 against Node's own, which takes more. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as e from '../../../src/encoding/index.ts';
import { anyBytes } from '../../harness/codec.ts';

describe('base64url', () => {
  it('is as Node writes it, with padding', () => {
    fc.assert(
      fc.property(anyBytes(60), (bytes) => {
        const plain = Buffer.from(bytes).toString('base64url');
        const padded = plain.padEnd(Math.ceil(plain.length / 4) * 4, '=');
        expect(e.toBase64urlUnpadded(bytes)).toBe(plain);
        expect(e.toBase64url(bytes)).toBe(padded);
        for (const text of [plain, padded]) expect(e.fromBase64url(text)).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  /** What may be read: letters that Node writes back alike, with no padding or just enough. */
  function isCanonical(text: string): boolean {
    const letters = text.replace(/=*$/, '');
    const padding = text.length - letters.length;
    return (
      Buffer.from(letters, 'base64url').toString('base64url') === letters &&
      padding <= 2 &&
      (padding === 0 || text.length % 4 === 0)
    );
  }

  it('is refused unless it is canonical', () => {
    const unit = fc.constantFrom(...'AAAABQgwx9-_====', '+', '/', ' ', '\n', 'é', '.');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 9 }), (text) => {
        if (isCanonical(text)) expect(e.toBase64urlUnpadded(e.fromBase64url(text))).toBe(text.replace(/=+$/, ''));
        else expect(() => e.fromBase64url(text)).toThrow(e.DecodeError);
      }),
      { numRuns: 3_000 },
    );
  });

  it.each([
    ['+/+/', 'the other alphabet'],
    ['A', 'no whole byte'],
    ['AAAAA', 'no whole byte after three'],
    ['AB', 'unused bits'],
    ['AAB', 'unused bits'],
    ['AB==', 'unused bits before padding'],
    ['AA=', 'too little padding'],
    ['AAA==', 'too much padding'],
    ['AAAA==', 'padding that is not needed'],
    ['A===', 'three of padding'],
    ['====', 'only padding'],
    ['=', 'only padding'],
    ['AA==AA==', 'padding inside'],
    ['AA\n==', 'a line end'],
    [' AAAA', 'a space'],
    ['AAAA\n', 'a line end at the end'],
  ])('%j: %s', (text) => {
    expect(() => e.fromBase64url(text)).toThrow(e.DecodeError);
  });
});

describe('hexadecimal', () => {
  it('is as Node writes it, read in both cases', () => {
    fc.assert(
      fc.property(anyBytes(60), (bytes) => {
        const text = Buffer.from(bytes).toString('hex');
        expect(e.toHex(bytes)).toBe(text);
        expect(e.fromHex(text)).toEqual(bytes);
        expect(e.fromHex(text.toUpperCase())).toEqual(bytes);
      }),
    );
  });

  it('is refused when something is wrong', () => {
    for (const bad of ['0', '000', 'zz', '0x00', ' 00', '00\n', '0 ', '+1', 'é0']) {
      expect(() => e.fromHex(bad), bad).toThrow(e.DecodeError);
    }
  });
});

describe('bytes', () => {
  it('join and compare', () => {
    fc.assert(
      fc.property(fc.array(anyBytes(8)), anyBytes(8), (parts, other) => {
        const joined = e.concatBytes(...parts);
        expect([...joined]).toEqual(parts.flatMap((part) => [...part]));
        expect(e.equalBytes(joined, joined.slice())).toBe(true);
        expect(e.equalBytes(joined, other)).toBe(e.toHex(joined) === e.toHex(other));
      }),
    );
  });

  it('Latin-1', () => {
    fc.assert(
      fc.property(anyBytes(40), (bytes) => {
        expect(e.latin1(bytes)).toBe(Buffer.from(bytes).toString('latin1'));
      }),
    );
  });

  it('UTF-8, strict and for showing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), anyBytes(20), (text, bytes) => {
        expect(e.fromUtf8(e.utf8(text))).toBe(text);
        expect(e.fromUtf8Lossy(e.utf8(text))).toBe(text);
        expect(e.fromUtf8Lossy(bytes)).toBe(Buffer.from(bytes).toString('utf8'));
      }),
    );
    expect(e.fromUtf8(e.fromHex('efbbbf61'))).toBe('\ufeffa');
    for (const bad of ['80', 'c0af', 'eda080', 'f5808080', 'e282']) {
      expect(() => e.fromUtf8(e.fromHex(bad)), bad).toThrow(e.DecodeError);
      expect(e.fromUtf8Lossy(e.fromHex(bad))).toContain('\ufffd');
    }
  });
});
