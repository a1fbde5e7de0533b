/** Loads the test vectors of test/vectors. */
import { readFileSync } from 'node:fs';
import { fromHex } from '../../src/encoding/index.ts';

/** A vector file; its shape is described in test/vectors/README.md. */
export function vectors<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../vectors/${name}.json`, import.meta.url), 'utf8')) as T;
}

export const hex = fromHex;

/** `length` bytes counting up from `start`, modulo 256: the notation of vectors for arbitrary values. */
export function bytesFrom(start: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (start + i) & 0xff);
}
