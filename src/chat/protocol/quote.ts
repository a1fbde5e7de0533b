/**
 * What a message answers: the `quote` of `x.msg.new` (chat protocol, "Quoted messages"). It names the quoted message and
 * carries its content, as who reads it may not have it any more.
 */
import { contentText, decodeContent, encodeContent, type MsgContent, textContent } from './content.ts';
import { parseSharedMsgId, type SharedMsgId } from './events.ts';
import { emptyObject, Fields, type Json, type JsonObject, toObject } from './json.ts';

export interface QuotedMsg {
  readonly msgRef: MsgRef;
  readonly content: MsgContent;
  readonly other: JsonObject;
}

/** `sent`: the quoted message was sent by the author of the reply, and not received by it. */
export interface MsgRef {
  readonly msgId: SharedMsgId | undefined;
  /** When it was sent, as ISO 8601 in UTC. */
  readonly sentAt: string;
  readonly sent: boolean;
  /** `memberId` in groups. */
  readonly other: JsonObject;
}

export function encodeQuote({ msgRef, content, other }: QuotedMsg): JsonObject {
  const { other: otherRef, ...fields } = msgRef;
  return toObject({ msgRef: toObject(fields, otherRef), content: encodeContent(content) }, other);
}

/** Throws `DecodeError` for what names no message or has no content. */
export function decodeQuote(json: Json | undefined): QuotedMsg {
  const fields = new Fields(json, 'quote');
  const ref = new Fields(fields.object('msgRef'), 'quote');
  const msgId = ref.optionalString('msgId');
  return {
    msgRef: {
      msgId: msgId === undefined ? undefined : parseSharedMsgId(msgId),
      sentAt: ref.string('sentAt'),
      sent: ref.optionalBoolean('sent') ?? ref.fail('no sent'),
      other: ref.rest(),
    },
    content: decodeContent(fields.value('content')),
    other: fields.rest(),
  };
}

/** Longest text that is quoted, in characters: room is left for the answer. */
const MAX_QUOTED_TEXT = 1000;
/** Longest content that is quoted as it is, as JSON: a small picture fits. */
const MAX_QUOTED_CONTENT = 4000;

/** The quote of a message for an answer to it; what would leave no room is quoted by its text, or the start of it. */
export function quoteOf(msgId: SharedMsgId | undefined, sent: boolean, sentAt: number, content: MsgContent): QuotedMsg {
  const time = new Date(sentAt).toISOString().replace('.000Z', 'Z');
  return { msgRef: { msgId, sentAt: time, sent, other: emptyObject }, content: fitting(content), other: emptyObject };
}

function fitting(content: MsgContent): MsgContent {
  if (content.kind !== 'text' && JSON.stringify(encodeContent(content)).length <= MAX_QUOTED_CONTENT) return content;
  const text = contentText(content);
  const characters = Array.from(text);
  return textContent(characters.length <= MAX_QUOTED_TEXT ? text : `${characters.slice(0, MAX_QUOTED_TEXT).join('')}…`);
}
