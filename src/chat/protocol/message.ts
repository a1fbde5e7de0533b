/** The JSON envelope of a chat event (chat protocol, "General message format"). */
import { DecodeError, utf8 } from '../../encoding/index.ts';
import {
  type ChatMsgEvent,
  decodeEvent,
  encodeParams,
  eventName,
  parseSharedMsgId,
  type SharedMsgId,
} from './events.ts';
import { canonicalJson, emptyObject, Fields, type Json } from './json.ts';
import { type ChatVersionRange, encodeVersionRange, parseVersionRange } from './versions.ts';

export interface ChatMessage {
  /** What the sender speaks; undefined when the message does not say. */
  readonly versions: ChatVersionRange | undefined;
  /** By which edits, deletions and reactions refer to the message. */
  readonly msgId: SharedMsgId | undefined;
  readonly event: ChatMsgEvent;
}

/** UTF-8 of the message alone, as it stands in a body or in a batch. */
export function encodeChatMessage({ versions, msgId, event }: ChatMessage): Uint8Array {
  const fields: string[] = [];
  const add = (key: string, value: Json) => fields.push(`"${key}":${canonicalJson(value)}`);
  if (versions !== undefined) add('v', encodeVersionRange(versions));
  if (msgId !== undefined) add('msgId', msgId);
  add('event', eventName(event));
  add('params', encodeParams(event));
  return utf8(`{${fields.join(',')}}`);
}

/** Throws `DecodeError` for what is no message, or an event that we act on without what it needs. */
export function decodeChatMessage(json: Json): ChatMessage {
  const fields = new Fields(json, 'message');
  const name = fields.string('event');
  if (!name.startsWith('x')) throw new DecodeError('message: unknown kind of event', 0);
  const versions = fields.value('v');
  const msgId = fields.optionalString('msgId');
  return {
    versions: typeof versions === 'string' ? parseVersionRange(versions) : undefined,
    msgId: msgId === undefined ? undefined : parseSharedMsgId(msgId),
    event: decodeEvent(name, fields.optionalObject('params') ?? emptyObject),
  };
}
