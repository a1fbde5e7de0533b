/** Care with secrets in memory: constant-time comparison and zeroing. */
import { timingSafeEqual } from 'node:crypto';

/** Compares without telling by its time where the values differ; only the lengths are not secret. */
export function constantTimeEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Overwrites secrets that are needed no more. Copies the runtime made are out of reach. */
export function wipe(...secrets: readonly Uint8Array[]): void {
  // Unlike C's, this compiler leaves out no writing to a buffer that others may see; calling libsodium costs ten times as much.
  for (const secret of secrets) secret.fill(0);
}
