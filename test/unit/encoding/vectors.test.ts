/** Every entry of encoding.json, both ways. */
import { describe, expect, it } from 'vitest';
import * as e from '../../../src/encoding/index.ts';
import { smpServerCodec } from '../../../src/protocol/index.ts';
import { formatVersionRange, parseVersionRange, versionRangeCodec } from '../../../src/transport/index.ts';
import { expectRefused } from '../../harness/codec.ts';
import { bytesFrom, hex, vectors } from '../../harness/vectors.ts';

interface Entry {
  readonly hex: string;
  readonly latin1: string;
  readonly name: string;
}
const v = vectors<{ readonly binary: readonly Entry[]; readonly text: readonly Entry[] }>('encoding');

const entry = <T>(codec: e.Codec<T>, value: T) => ({ codec, value }) as { codec: e.Codec<unknown>; value: unknown };
const abc = e.utf8('abc');
const aAndBc = [e.utf8('a'), e.utf8('bc')];

/** What each entry says by its name. */
const binary: Readonly<Record<string, { codec: e.Codec<unknown>; value: unknown }>> = {
  'Word16 513': entry(e.word16, 513),
  'Word32 16909060': entry(e.word32, 16909060),
  'Int64 -2': entry(e.int64, -2),
  'Bool true': entry(e.bool, true),
  'Bool false': entry(e.bool, false),
  'Char M': entry(e.char, 'M'),
  'short string abc': entry(e.bytes, abc),
  'empty string': entry(e.bytes, e.emptyBytes),
  'Large of 300 bytes (0,1,2..mod 256)': entry(e.large, bytesFrom(0, 300)),
  'Tail xyz': entry(e.tail, e.utf8('xyz')),
  'Maybe Nothing': entry(e.maybe(e.bytes), undefined),
  'Maybe Just abc': entry(e.maybe(e.bytes), abc),
  'list of short strings [a,bc]': entry(e.list(e.bytes), aAndBc),
  'empty list': entry(e.list(e.bytes), []),
  'NonEmpty [a,bc]': entry(e.nonEmpty(e.bytes), aAndBc),
  'pair (Word16 1, short abc)': entry(e.tuple(e.word16, e.bytes), [1, abc]),
  'SystemTime 1700000000 s': entry(e.int64, 1_700_000_000),
  'Version 9': entry(e.word16, 9),
  'VersionRange 6-18': entry(versionRangeCodec, { min: 6, max: 18 }),
  'TransportHost smp.example.com': entry(e.shortText, 'smp.example.com'),
  'TransportHost 127.0.0.1': entry(e.shortText, '127.0.0.1'),
};
/** More than a number holds exactly: refused, see {@link e.int64}. */
const TOO_LARGE = 'Int64 72623859790382856';

describe('encoding.json, binary', () => {
  it('names nothing that is not checked here', () => {
    expect(v.binary.map(({ name }) => name).sort()).toEqual([...Object.keys(binary), TOO_LARGE].sort());
  });

  it.each(v.binary.filter(({ name }) => name !== TOO_LARGE))('$name', ({ name, hex: text, latin1 }) => {
    const { codec, value } = binary[name]!;
    const bytes = hex(text);
    expect(e.latin1(bytes)).toBe(latin1);
    expect(e.toHex(e.encode(codec, value))).toBe(text);
    expect(e.decode(codec, bytes)).toEqual(value);
    if (name === 'Tail xyz') return;
    for (let length = 0; length < bytes.length; length++) expectRefused(codec, bytes.subarray(0, length));
    expectRefused(codec, e.concatBytes(bytes, Uint8Array.of(0)));
  });

  it(`${TOO_LARGE} is more than a number holds`, () => {
    expectRefused(e.int64, hex(v.binary.find(({ name }) => name === TOO_LARGE)!.hex));
    expect(() => e.encode(e.int64, Number(TOO_LARGE.split(' ')[1]))).toThrow(e.EncodeError);
  });

  it('hosts, inside of a server', () => {
    for (const { name, hex: host } of v.binary.filter((b) => b.name.startsWith('TransportHost'))) {
      const text = `01${host}0020${'07'.repeat(32)}`;
      const server = e.decode(smpServerCodec, hex(text));
      expect(server.hosts).toEqual([name.split(' ')[1]]);
      expect(e.toHex(e.encode(smpServerCodec, server))).toBe(text);
    }
  });
});

describe('encoding.json, text', () => {
  const both = <T>(value: T, text: string, format: (value: T) => string, parse: (text: string) => T) => {
    expect(format(value)).toBe(text);
    expect(parse(text)).toEqual(value);
  };
  const text: Readonly<Record<string, (text: string) => void>> = {
    'base64url of bytes 0..9': (t) => both(bytesFrom(0, 10), t, e.toBase64url, e.fromBase64url),
    'base64url of bytes 250..255': (t) => both(bytesFrom(250, 6), t, e.toBase64url, e.fromBase64url),
    'VersionRange 6-18': (t) => both({ min: 6, max: 18 }, t, formatVersionRange, parseVersionRange),
    'VersionRange 4-4': (t) => both({ min: 4, max: 4 }, t, formatVersionRange, parseVersionRange),
    // Times are never written as text here; it is the number of the binary form.
    SystemTime: (t) => both(1_700_000_000, t, String, Number),
  };

  it('names nothing that is not checked here', () => {
    expect(v.text.map(({ name }) => name).sort()).toEqual(Object.keys(text).sort());
  });

  it.each(v.text)('$name', ({ name, hex: bytes, latin1 }) => {
    expect(e.fromUtf8(hex(bytes))).toBe(latin1);
    text[name]!(latin1);
  });

  it('version ranges are refused when something is wrong', () => {
    for (const bad of ['', '-', '6-', '-6', '18-6', '6-65536', '65536', '6-18-20', ' 6', '6 ', '0x6', '6.5', '１']) {
      expect(() => parseVersionRange(bad), bad).toThrow(e.DecodeError);
    }
  });
});
