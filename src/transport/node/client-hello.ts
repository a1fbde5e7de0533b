/**
 * Reads the TLS ClientHello to find out whether the client names a host (SNI): browsers do, clients of the protocol
 * never do.
 *
 * ```
 * record      = 0x16 version(2) length(2) fragment                       ; RFC 8446, section 5.1
 * clientHello = 0x01 length(3) version(2) random(32) session(1) ciphers(2) compressions(1) extensions(2)
 * extension   = type(2) data(2)                                           ; 0 is server_name
 * ```
 */

/** `unknown`: more bytes are needed. `other`: not a TLS ClientHello. */
export type HelloKind = 'unknown' | 'named' | 'unnamed' | 'other';

/** Maximum bytes that are read; hellos with post-quantum keys have about 2 KB. */
export const MAX_HELLO_BYTES = 16_384 + 5;

const RECORD_HEADER = 5;
const HANDSHAKE_RECORD = 0x16;
const CLIENT_HELLO = 1;
const SERVER_NAME = 0;

class End extends Error {}

/** Reads forward; throws {@link End} past the end. */
function reader(bytes: Uint8Array) {
  let at = 0;
  const number = (size: number): number => {
    if (at + size > bytes.length) throw new End();
    let value = 0;
    for (let i = 0; i < size; i++) value = value * 256 + bytes[at++]!;
    return value;
  };
  return {
    number,
    skip(size: number): void {
      at += size;
    },
    get position(): number {
      return at;
    },
  };
}

function namesHost(hello: Uint8Array): boolean {
  const { number, skip } = reader(hello);
  skip(2 + 32);
  skip(number(1));
  skip(number(2));
  skip(number(1));
  // No extensions, so no server name.
  let left: number;
  try {
    left = number(2);
  } catch {
    return false;
  }
  while (left >= 4) {
    const type = number(2);
    const length = number(2);
    if (type === SERVER_NAME) return length > 0;
    skip(length);
    left -= 4 + length;
  }
  return false;
}

/** Classifies the client by its first bytes. */
export function helloKind(bytes: Uint8Array): HelloKind {
  if (bytes.length > 0 && bytes[0] !== HANDSHAKE_RECORD) return 'other';
  if (bytes.length < RECORD_HEADER) return 'unknown';
  const length = bytes[3]! * 256 + bytes[4]!;
  const end = RECORD_HEADER + length;
  if (end > MAX_HELLO_BYTES || length < 4) return 'other';
  if (bytes.length < end) return 'unknown';
  const fragment = bytes.subarray(RECORD_HEADER, end);
  if (fragment[0] !== CLIENT_HELLO) return 'other';
  try {
    return namesHost(fragment.subarray(4)) ? 'named' : 'unnamed';
  } catch (error) {
    if (error instanceof End) return 'other';
    throw error;
  }
}
