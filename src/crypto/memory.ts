/** Constant-time comparison and wiping of secrets. */
import { timingSafeEqual } from 'node:crypto';

/** Compares in constant time; the lengths are not secret. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Overwrites secrets that are no longer needed. Copies made by the runtime are out of reach. */
export function wipe(...secrets: readonly Uint8Array[]): void {
  // The JavaScript compiler does not remove writes to buffers that may be visible elsewhere; libsodium's memzero costs
  // ten times as much.
  for (const secret of secrets) secret.fill(0);
}
