/**
 * Parses the words of a log line in order:
 *
 * ```
 * line = word *(" " word)
 * word = name "=" value / value
 * value = base64url / number / letter
 * ```
 */
import { DecodeError, decode, fromBase64url } from '../../../encoding/index.ts';
import { type AuthPublicKey, authPublicKeyCodec } from '../../../protocol/index.ts';

/** An invalid line; the message never contains the line's content. */
export class LogError extends Error {
  override readonly name = 'LogError';
}

export class Words {
  readonly #words: readonly string[];
  #at = 0;

  constructor(line: string) {
    this.#words = line.split(' ');
  }

  /** The next word; `what` is for error messages. */
  next(what: string): string {
    const word = this.#words[this.#at++];
    if (word === undefined) throw new LogError(`${what} is missing`);
    return word;
  }

  /** The value of the next word if it has this name; otherwise the word is not consumed. */
  maybe(name: string): string | undefined {
    const word = this.#words[this.#at];
    if (word === undefined || !word.startsWith(`${name}=`)) return undefined;
    this.#at++;
    return word.slice(name.length + 1);
  }

  named(name: string): string {
    const value = this.maybe(name);
    if (value === undefined) throw new LogError(`${name} is missing`);
    return value;
  }

  end(): void {
    if (this.#at < this.#words.length) throw new LogError('it has extra words at its end');
  }
}

export function bytesOf(text: string, what: string, size?: number): Uint8Array {
  let bytes: Uint8Array;
  try {
    bytes = fromBase64url(text);
  } catch {
    throw new LogError(`${what} is not base64url`);
  }
  if (size !== undefined && bytes.length !== size) throw new LogError(`${what} is not ${size} bytes long`);
  return bytes;
}

const ID_SIZE = 24;
const SECRET_SIZE = 32;
const MAX_KEY_SIZE = 255;

export const idOf = (text: string, what: string): Uint8Array => bytesOf(text, what, ID_SIZE);
export const secretOf = (text: string, what: string): Uint8Array => bytesOf(text, what, SECRET_SIZE);

export function keyOf(text: string, what: string): AuthPublicKey {
  const der = bytesOf(text, what);
  if (der.length > MAX_KEY_SIZE) throw new LogError(`${what} is too long`);
  try {
    return decode(authPublicKeyCodec, Uint8Array.of(der.length, ...der));
  } catch (error) {
    if (error instanceof DecodeError) throw new LogError(`${what} is not a key`);
    throw error;
  }
}

/** Decodes one of a few letters. */
export function letterOf<T>(text: string, what: string, letters: Readonly<Record<string, T>>): T {
  const value = Object.hasOwn(letters, text) ? letters[text] : undefined;
  if (value === undefined) throw new LogError(`${what} is unknown`);
  return value;
}
