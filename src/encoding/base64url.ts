/** Base64url (RFC 4648, section 5), encoded with padding like the reference; decodes with or without padding. */
import { DecodeError } from './errors.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const VALUES = new Map([...ALPHABET].map((char, index) => [char, index]));

export function toBase64url(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const left = bytes.length - i;
    const group = (bytes[i]! << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    text += ALPHABET[group >> 18]! + ALPHABET[(group >> 12) & 63]!;
    text += left > 1 ? ALPHABET[(group >> 6) & 63]! : '=';
    text += left > 2 ? ALPHABET[group & 63]! : '=';
  }
  return text;
}

/** Base64url without padding, as in short links and web addresses. */
export function toBase64urlUnpadded(bytes: Uint8Array): string {
  return toBase64url(bytes).replace(/=+$/, '');
}

/** Strict: refuses characters outside the alphabet, wrong padding, and unused bits that are set. */
export function fromBase64url(text: string): Uint8Array {
  const body = text.replace(/={1,2}$/, '');
  const padded = body.length !== text.length;
  if (body.length % 4 === 1 || (padded && text.length % 4 !== 0)) throw new DecodeError('invalid base64url', 0);
  const bytes = new Uint8Array(Math.floor((body.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (let i = 0; i < body.length; i++) {
    const value = VALUES.get(body[i]!);
    if (value === undefined) throw new DecodeError('invalid base64url', i);
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = (held >> bits) & 0xff;
    }
  }
  if ((held & ((1 << bits) - 1)) !== 0) throw new DecodeError('invalid base64url: unused bits are set', body.length);
  return bytes;
}
