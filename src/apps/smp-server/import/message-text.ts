/**
 * Messages in the reference's message log and journals:
 *
 * ```
 * logged = "v3" id message
 * message = msgId seconds ("quota" / ["flags=" flags] body)
 * flags = ("T" / "F") *letter
 * ```
 */
import type { StoredMessage } from '../../../smp/server/index.ts';
import { bytesOf, idOf, LogError, letterOf, Words } from './words.ts';

/** More than the maximum of any version. */
const MAX_BODY_BYTES = 16_384;

function messageOf(words: Words): StoredMessage {
  const msgId = idOf(words.next('id of the message'), 'id of the message');
  const time = words.next('time of the message');
  if (!/^\d{1,15}$/.test(time)) throw new LogError('time of the message is not a number');
  const timestamp = Number(time);
  const flags = words.maybe('flags');
  const notification =
    flags !== undefined && letterOf(flags.slice(0, 1), 'notification flag', { T: true, F: false } as const);
  const text = words.next('body of the message');
  words.end();
  if (text === 'quota') return { msgId, timestamp, content: { kind: 'quota' } };
  const body = bytesOf(text, 'body of the message');
  if (body.length > MAX_BODY_BYTES) throw new LogError('body of the message is too long');
  return { msgId, timestamp, content: { kind: 'message', flags: { notification }, body } };
}

/** Parses a line of a journal; throws {@link LogError}. */
export const parseMessage = (line: string): StoredMessage => messageOf(new Words(line));

/** Parses a line of the message log to its queue and message; throws {@link LogError}. */
export function parseLoggedMessage(line: string): { readonly rcvId: Uint8Array; readonly message: StoredMessage } {
  const words = new Words(line);
  if (words.next('version') !== 'v3') throw new LogError('it is of an unknown version');
  return { rcvId: idOf(words.next('id of the queue'), 'id of the queue'), message: messageOf(words) };
}
