/** The query part of links: `name=value` pairs behind `?`, percent-encoded (RFC 3986). */
import { DecodeError } from '../../encoding/index.ts';

export type QueryParams = readonly (readonly [name: string, value: string])[];

/** Percent-encodes all but unreserved characters, as the reference does. */
function percentEncode(text: string): string {
  return encodeURIComponent(text).replace(/[!*'()]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function formatQuery(params: QueryParams): string {
  return params.map(([name, value]) => `${percentEncode(name)}=${percentEncode(value)}`).join('&');
}

/** The form inside another query, which is escaped as a whole: values stand as they are. */
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
