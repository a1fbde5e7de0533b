/**
 * How an operator names a queue: an id as users and logs of other servers have it, or the short link that leads to it.
 *
 * ```
 * name = id / shortLink                                  ; base64url
 * shortLink = scheme "/i#" linkId "/" linkKey ["?" …]    ; one-time invitation
 *           / scheme "/" letter "#" linkKey ["?" …]      ; address, group, channel, relay
 * ```
 */
import { hkdfSha512 } from '../../../crypto/index.ts';
import { emptyBytes, fromBase64url } from '../../../encoding/index.ts';
import { HostingError } from '../../../hosting/index.ts';

const ID_SIZE = 24;
const LINK_KEY_SIZE = 32;
const LINK_ID_INFO = 'SimpleXContactLink';
/** The id, and the key of the data behind the link. */
const DERIVED_SIZE = 56;

function bytesOf(text: string, size: number): Uint8Array {
  try {
    const bytes = fromBase64url(text);
    if (bytes.length === size) return bytes;
  } catch {
    // Said below.
  }
  throw new HostingError(`"${text.slice(0, 8)}…" is neither the id of a queue nor part of a short link.`);
}

/** The id to look for; throws {@link HostingError}. */
export function queueIdOf(name: string): Uint8Array {
  const invitation = /\/i\/?#([^/?]+)\/[^/?]+/.exec(name)?.[1];
  if (invitation !== undefined) return bytesOf(invitation, ID_SIZE);
  const linkKey = /\/[a-hj-z]\/?#([^/?]+)/.exec(name)?.[1];
  if (linkKey === undefined) return bytesOf(name, ID_SIZE);
  return hkdfSha512(emptyBytes, bytesOf(linkKey, LINK_KEY_SIZE), LINK_ID_INFO, DERIVED_SIZE).slice(0, ID_SIZE);
}
