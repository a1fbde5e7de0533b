/** The server password, required for new queues and for forwarding. */
import { constantTimeEqual, sha256 } from '../../crypto/index.ts';
import { utf8 } from '../../encoding/index.ts';

const digest = (text: string) => sha256(utf8(text));

/** Whether the password matches or none is required; compares in constant time. */
export function isAllowed(expected: string | undefined, given: string | undefined): boolean {
  return expected === undefined || constantTimeEqual(digest(expected), digest(given ?? ''));
}
