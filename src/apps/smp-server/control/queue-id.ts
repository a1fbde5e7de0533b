/**
 * How operators identify a queue: by an id as in logs, or by a link to it.
 *
 * ```
 * name = id / shortLink / fullLink                       ; ids in base64url
 * shortLink = scheme "/i#" linkId "/" linkKey ["?" …]    ; one-time invitation
 *           / scheme "/" letter "#" linkKey ["?" …]      ; address, group, channel, relay
 * fullLink = scheme "/" ("invitation" / "contact") "#/?" query
 * query = … "smp=" queue *(";" queue) …                  ; queue = "smp://" server "/" id "#" …, percent-encoded
 * ```
 */
import { hkdfSha512 } from '../../../crypto/index.ts';
import { emptyBytes, fromBase64url } from '../../../encoding/index.ts';
import { HostingError } from '../../../hosting/index.ts';

const ID_SIZE = 24;
const LINK_KEY_SIZE = 32;
const LINK_ID_INFO = 'SimpleXContactLink';
/** The size of the derived link id and link data key together. */
const DERIVED_SIZE = 56;

const FORMS =
  'Give a queue by one of its ids, or by a complete link: …/a#key, …/i#id/key, …/invitation#/?… or …/contact#/?….';

/** Never contains the input, which may be a secret link. */
const fault = (what: string) => new HostingError(`${what} ${FORMS}`);

function bytesOf(text: string, size: number, wrong: string): Uint8Array {
  try {
    const bytes = fromBase64url(text);
    if (bytes.length === size) return bytes;
  } catch {
    // Reported below.
  }
  throw fault(wrong);
}

/** The id in a full link; such links have several queues while a conversation moves to another server. */
function linkedId(query: string): Uint8Array {
  const queues = new URLSearchParams(query).get('smp')?.split(';') ?? [];
  if (queues.length > 1) {
    throw new HostingError(`The link leads to ${queues.length} queues: name the one of this server by its id.`);
  }
  const id = /^smp:\/\/[^/]+\/([^/#?]+)/.exec(queues[0] ?? '')?.[1];
  return bytesOf(id ?? '', ID_SIZE, DAMAGED_LINK);
}

const DAMAGED_LINK = 'This is not a complete link to a queue.';

/** The id to look up; throws {@link HostingError}. */
export function queueIdOf(name: string): Uint8Array {
  if (name === '') throw fault('No queue was given.');
  const query = /\/(?:invitation|contact)\/?#\/?\?(.*)$/.exec(name)?.[1];
  if (query !== undefined) return linkedId(query);
  const invitation = /\/i\/?#([^/?]+)\/[^/?]+/.exec(name)?.[1];
  if (invitation !== undefined) return bytesOf(invitation, ID_SIZE, DAMAGED_LINK);
  const linkKey = /\/[a-hj-z]\/?#([^/?]+)/.exec(name)?.[1];
  if (linkKey === undefined) {
    return bytesOf(name, ID_SIZE, /[/:#]/.test(name) ? DAMAGED_LINK : 'This is not the id of a queue.');
  }
  const key = bytesOf(linkKey, LINK_KEY_SIZE, DAMAGED_LINK);
  return hkdfSha512(emptyBytes, key, LINK_ID_INFO, DERIVED_SIZE).slice(0, ID_SIZE);
}
