/**
 * Codecs: one value per wire type, both directions. Primitive forms follow "SMP protocol encoding" in
 * simplex-messaging.md: big-endian words, one-byte lengths, `0`/`1` for optional values, `T`/`F` for booleans.
 */
import { borrowBytes } from './borrowed.ts';
import { equalBytes, fromUtf8, utf8 } from './bytes.ts';
import { Reader, Writer } from './cursor.ts';
import { EncodeError } from './errors.ts';

/** Writes a `T` to a writer and reads it from a reader. */
export interface Codec<T> {
  write(writer: Writer, value: T): void;
  read(reader: Reader): T;
}

export function encode<T>(codec: Codec<T>, value: T): Uint8Array {
  return encodeWith(codec, value, (encoded) => encoded.slice());
}

/** {@link encode} for bytes that are only used within `use`: they are overwritten afterwards. */
export function encodeWith<T, R>(codec: Codec<T>, value: T, use: (encoded: Uint8Array) => R): R {
  // One shared writer; nested calls get their own.
  const writer = spare ?? new Writer();
  spare = undefined;
  try {
    codec.write(writer, value);
    return use(writer.written);
  } finally {
    writer.clear();
    if (writer.capacity <= MAX_SPARE) spare = writer;
  }
}

/** {@link encode} into a borrowed buffer, to be released by the caller. */
export function encodeBorrowed<T>(codec: Codec<T>, value: T): Uint8Array {
  return encodeWith(codec, value, (encoded) => {
    const copy = borrowBytes(encoded.length);
    copy.set(encoded);
    return copy;
  });
}

let spare: Writer | undefined;

/** Larger writers are not kept. */
const MAX_SPARE = 65_536;

/** Decodes all of `bytes`; throws {@link DecodeError} for missing or trailing bytes. */
export function decode<T>(codec: Codec<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = codec.read(reader);
  reader.end();
  return value;
}

function checkRange(value: number, max: number, what: string): void {
  if (!Number.isInteger(value) || value < 0 || value > max) throw new EncodeError(`${what} out of range: ${value}`);
}

export const word8: Codec<number> = {
  write(writer, value) {
    checkRange(value, 0xff, 'byte');
    writer.byte(value);
  },
  read: (reader) => reader.byte(),
};

export const word16: Codec<number> = {
  write(writer, value) {
    checkRange(value, 0xffff, 'Word16');
    writer.word16(value);
  },
  read: (reader) => reader.word16(),
};

export const word32: Codec<number> = {
  write(writer, value) {
    checkRange(value, 0xffff_ffff, 'Word32');
    writer.word32(value);
  },
  read: (reader) => reader.word32(),
};

/** Signed 64 bits as a number; values that a number cannot represent exactly are refused in both directions. */
export const int64: Codec<number> = {
  write(writer, value) {
    if (!Number.isSafeInteger(value)) throw new EncodeError(`Int64 out of range: ${value}`);
    writer.word32(Math.floor(value / 0x1_0000_0000) >>> 0);
    writer.word32(value >>> 0);
  },
  read(reader) {
    const high = reader.word32() | 0;
    const value = high * 0x1_0000_0000 + reader.word32();
    if (!Number.isSafeInteger(value)) reader.fail('Int64 out of range');
    return value;
  },
};

export const bool: Codec<boolean> = {
  write: (writer, value) => writer.byte(value ? 0x54 : 0x46),
  read(reader) {
    const tag = reader.byte();
    if (tag !== 0x54 && tag !== 0x46) reader.fail('invalid Bool');
    return tag === 0x54;
  },
};

/** One Latin-1 character. */
export const char: Codec<string> = {
  write(writer, value) {
    checkRange(value.length === 1 ? value.charCodeAt(0) : Number.NaN, 0xff, 'Char');
    writer.byte(value.charCodeAt(0));
  },
  read: (reader) => String.fromCharCode(reader.byte()),
};

/** Up to 255 bytes with a one-byte length prefix. */
export const bytes: Codec<Uint8Array> = {
  write(writer, value) {
    checkRange(value.length, 0xff, 'length of short string');
    writer.byte(value.length);
    writer.bytes(value);
  },
  read: (reader) => reader.take(reader.byte()),
};

/** Up to 65,535 bytes with a two-byte length prefix. */
export const large: Codec<Uint8Array> = {
  write(writer, value) {
    checkRange(value.length, 0xffff, 'length of large string');
    writer.word16(value.length);
    writer.bytes(value);
  },
  read: (reader) => reader.take(reader.word16()),
};

/** All remaining bytes. */
export const tail: Codec<Uint8Array> = {
  write: (writer, value) => writer.bytes(value),
  read: (reader) => reader.rest(),
};

/** Exactly `length` bytes, without a prefix. */
export function fixed(length: number): Codec<Uint8Array> {
  return {
    write(writer, value) {
      if (value.length !== length) throw new EncodeError(`${length} bytes expected, not ${value.length}`);
      writer.bytes(value);
    },
    read: (reader) => reader.take(length),
  };
}

/** Bytes with a one-byte length prefix that must be one of `lengths`. */
export function sizedBytes(...lengths: readonly number[]): Codec<Uint8Array> {
  return refine(bytes, (value) => lengths.includes(value.length), `${lengths.join(' or ')} bytes expected`);
}

/** UTF-8 text with a one-byte length prefix. */
export const shortText: Codec<string> = map(bytes, fromUtf8, utf8);

/** A constant text. */
export function literal(text: string): Codec<undefined> {
  const expected = utf8(text);
  return {
    write: (writer) => writer.bytes(expected),
    read(reader) {
      if (reader.remaining < expected.length || !equalBytes(reader.take(expected.length), expected)) {
        reader.fail(`"${text}" expected`);
      }
      return undefined;
    },
  };
}

export function maybe<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    write(writer, value) {
      writer.byte(value === undefined ? 0x30 : 0x31);
      if (value !== undefined) codec.write(writer, value);
    },
    read(reader) {
      const tag = reader.byte();
      if (tag === 0x30) return undefined;
      if (tag !== 0x31) reader.fail('invalid Maybe tag');
      return codec.read(reader);
    },
  };
}

/** Up to 255 items with a one-byte count prefix. */
export function list<T>(codec: Codec<T>): Codec<readonly T[]> {
  return {
    write(writer, items) {
      checkRange(items.length, 0xff, 'length of list');
      writer.byte(items.length);
      for (const item of items) codec.write(writer, item);
    },
    read(reader) {
      const count = reader.byte();
      const items: T[] = [];
      for (let i = 0; i < count; i++) items.push(codec.read(reader));
      return items;
    },
  };
}

export function nonEmpty<T>(codec: Codec<T>): Codec<readonly T[]> {
  return refine(list(codec), (items) => items.length > 0, 'empty list');
}

type TupleCodecs<T extends readonly unknown[]> = { readonly [I in keyof T]: Codec<T[I]> };

export function tuple<T extends readonly unknown[]>(...codecs: TupleCodecs<T>): Codec<T> {
  const items = codecs as readonly Codec<unknown>[];
  return {
    write(writer, values) {
      items.forEach((codec, i) => {
        codec.write(writer, values[i]);
      });
    },
    read: (reader) => items.map((codec) => codec.read(reader)) as unknown as T,
  };
}

/** Fields in the order of the object's keys. */
export function struct<T extends object>(fields: { readonly [K in keyof T]-?: Codec<T[K]> }): Codec<T> {
  const entries = Object.entries(fields) as [keyof T, Codec<unknown>][];
  return {
    write(writer, value) {
      for (const [name, codec] of entries) codec.write(writer, value[name]);
    },
    read(reader) {
      const value = {} as Record<keyof T, unknown>;
      for (const [name, codec] of entries) value[name] = codec.read(reader);
      return value as T;
    },
  };
}

/** A codec of `B` from one of `A`; `to` and `from` may throw {@link DecodeError} and {@link EncodeError}. */
export function map<A, B>(codec: Codec<A>, to: (a: A) => B, from: (b: B) => A): Codec<B> {
  return {
    write: (writer, value) => codec.write(writer, from(value)),
    read: (reader) => to(codec.read(reader)),
  };
}

/** Refuses values that do not satisfy `test`, in both directions. */
export function refine<T>(codec: Codec<T>, test: (value: T) => boolean, message: string): Codec<T> {
  return {
    write(writer, value) {
      if (!test(value)) throw new EncodeError(message);
      codec.write(writer, value);
    },
    read(reader) {
      const value = codec.read(reader);
      if (!test(value)) reader.fail(message);
      return value;
    },
  };
}

/** A codec created on first use, for recursive types. */
export function lazy<T>(make: () => Codec<T>): Codec<T> {
  let made: Codec<T> | undefined;
  const get = () => {
    made ??= make();
    return made;
  };
  return { write: (writer, value) => get().write(writer, value), read: (reader) => get().read(reader) };
}

/** One of a few values, each encoded as an ASCII letter. */
export function letters<V extends string>(forms: Readonly<Record<V, string>>, what: string): Codec<V> {
  const values = Object.keys(forms) as V[];
  return {
    write: (writer, value) => writer.byte(forms[value].charCodeAt(0)),
    read(reader) {
      const letter = String.fromCharCode(reader.byte());
      return values.find((value) => forms[value] === letter) ?? reader.fail(`unknown ${what}`);
    },
  };
}
