/** Finds secrets in the output and files of programs, in any encoding. */
import { Buffer } from 'node:buffer';

/** Length of the searched parts of a secret: too long to match by accident. */
const WINDOW = 9;

/** Maximum searched length of long secrets. */
const MOST = 1_024;

/** The encodings of some bytes, without characters at either end that depend on the adjacent bytes. */
function writings(bytes: Buffer): readonly string[] {
  const found = [bytes.toString('latin1'), bytes.toString('hex'), bytes.toString('hex').toUpperCase()];
  // Base64 depends on the offset in a longer text.
  for (const start of [0, 1, 2]) {
    const whole = bytes.subarray(start, start + Math.floor((bytes.length - start) / 3) * 3);
    found.push(whole.toString('base64'), whole.toString('base64url'));
  }
  return found;
}

const decimals = (bytes: Iterable<number | string>) => [...bytes].join(' ');

export class Traces {
  readonly #written = new Map<string, string>();
  readonly #lengths = new Set<number>();
  readonly #decimals = new Map<string, string>();

  /** `secrets`: by the names to report. */
  constructor(secrets: ReadonlyMap<string, Uint8Array>) {
    for (const [name, secret] of secrets) this.#add(name, Buffer.from(secret.subarray(0, MOST)));
  }

  #add(name: string, secret: Buffer): void {
    for (let at = 0; at + WINDOW <= secret.length; at += WINDOW) {
      const part = secret.subarray(at, at + WINDOW);
      // Parts with few distinct bytes, such as zeros, are everywhere.
      if (new Set(part).size <= WINDOW / 2) continue;
      for (const writing of writings(part)) {
        this.#written.set(writing, name);
        this.#lengths.add(writing.length);
      }
      this.#decimals.set(decimals(part), name);
    }
  }

  /** The names of secrets with a part in `text`. */
  in(text: string): readonly string[] {
    const names = new Set<string | undefined>();
    for (const length of this.#lengths) {
      for (let at = 0; at + length <= text.length; at++) names.add(this.#written.get(text.slice(at, at + length)));
    }
    const numbers = text.match(/\d+/g) ?? [];
    for (let at = 0; at + WINDOW <= numbers.length; at++) {
      names.add(this.#decimals.get(decimals(numbers.slice(at, at + WINDOW))));
    }
    return [...names].filter((name) => name !== undefined);
  }
}
