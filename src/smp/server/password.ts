/** The password of an operator's server: asked for new queues, and for forwarding. */
import { constantTimeEqual, sha256 } from '../../crypto/index.ts';
import { utf8 } from '../../encoding/index.ts';

const digest = (text: string) => sha256(utf8(text));

/** Whether a client may go on; takes the same time for every password. */
export function isAllowed(expected: string | undefined, given: string | undefined): boolean {
  return expected === undefined || constantTimeEqual(digest(expected), digest(given ?? ''));
}
