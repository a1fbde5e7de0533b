/** The query of links: `name=value` pairs after `?`, percent-encoded (RFC 3986). */
import { type Codec, DecodeError, EncodeError, encode } from '../../encoding/index.ts';

export type QueryParams = readonly (readonly [name: string, value: string])[];

function escaped(text: string): string {
  try {
    return encodeURIComponent(text);
  } catch (cause) {
    throw new EncodeError('text with half a surrogate pair has no UTF-8', { cause });
  }
}

/** Percent-encodes all characters except unreserved ones, as the reference does. */
function percentEncode(text: string): string {
  return escaped(text).replace(/[!*'()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function formatQuery(params: QueryParams): string {
  return params.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
}

/** The form nested in another query, which is escaped as a whole: values are not escaped. */
export function formatRawQuery(params: QueryParams): string {
  return params.map(([name, value]) => `${name}=${value}`).join('&');
}

export function parseQuery(text: string): ReadonlyMap<string, string> {
  const params = new Map<string, string>();
  for (const pair of text.split('&')) {
    const at = pair.indexOf('=');
    const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    try {
      const key = decodeURIComponent(name);
      if (!params.has(key)) params.set(key, decodeURIComponent(value.replaceAll('+', ' ')));
    } catch (cause) {
      throw new DecodeError('invalid percent-encoding in link', 0, { cause });
    }
  }
  return params;
}

export function requireParam(params: ReadonlyMap<string, string>, name: string): string {
  const value = params.get(name);
  if (value === undefined) throw new DecodeError(`link has no parameter "${name}"`, 0);
  return value;
}

/** Validates a parsed value by encoding it: text can express hosts, sizes and counts that the binary form cannot. */
export function checkedBy<T>(codec: Codec<T>, value: T): T {
  try {
    encode(codec, value);
  } catch (cause) {
    if (cause instanceof EncodeError) throw new DecodeError(`invalid link: ${cause.message}`, 0, { cause });
    throw cause;
  }
  return value;
}
