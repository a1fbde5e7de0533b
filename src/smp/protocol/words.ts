/**
 * Words: the names of commands and errors, which end at a space or at the end of input; parameters follow the space.
 */
import { type Codec, latin1, type Reader, type Writer } from '../../encoding/index.ts';

const SPACE = 0x20;

/** Reads up to a space or the end; the space is not consumed. */
export function readWord(reader: Reader): string {
  const start = reader.offset;
  let length = 0;
  while (start + length < reader.bytes.length && reader.bytes[start + length] !== SPACE) length++;
  return latin1(reader.take(length));
}

/** Words are ASCII. */
export function writeWord(writer: Writer, word: string): void {
  for (let i = 0; i < word.length; i++) writer.byte(word.charCodeAt(i));
}

export function readSpace(reader: Reader): void {
  if (reader.byte() !== SPACE) reader.fail('space expected');
}

export function writeSpace(writer: Writer): void {
  writer.byte(SPACE);
}

/** One of `words`, without parameters. */
export function wordCodec<W extends string>(words: readonly W[], what: string): Codec<W> {
  return {
    write: writeWord,
    read(reader) {
      const word = readWord(reader);
      const known = words.find((w) => w === word);
      return known ?? reader.fail(`unknown ${what}`);
    },
  };
}

type Tagged = { readonly kind: string };
type Params<T extends Tagged> = { readonly [K in keyof Omit<T, 'kind'>]-?: Codec<Omit<T, 'kind'>[K]> };

/** For each kind of a union, the codecs of its parameters in order; an empty object for none. */
export type WordForms<T extends Tagged> = { readonly [K in T['kind']]: Params<Extract<T, { readonly kind: K }>> };

/** A union of words with parameters: `KIND` or `KIND SP parameters`. */
export function taggedCodec<T extends Tagged>(forms: WordForms<T>, what: string): Codec<T> {
  const all = new Map(
    Object.entries(forms).map(([kind, form]) => [kind, Object.entries(form as Record<string, Codec<unknown>>)]),
  );
  const fieldsOf = (kind: string) => all.get(kind);
  return {
    write(writer, value) {
      writeWord(writer, value.kind);
      const fields = fieldsOf(value.kind) ?? [];
      if (fields.length > 0) writeSpace(writer);
      for (const [name, codec] of fields) codec.write(writer, (value as Record<string, unknown>)[name]);
    },
    read(reader) {
      const kind = readWord(reader);
      const fields = fieldsOf(kind) ?? reader.fail(`unknown ${what}`);
      if (fields.length > 0) readSpace(reader);
      const value: Record<string, unknown> = { kind };
      for (const [name, codec] of fields) value[name] = codec.read(reader);
      return value as T;
    },
  };
}
