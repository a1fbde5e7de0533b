/** What a message says (chat protocol, "Content of messages") and what it comes with. */
import { Fields, type Json, type JsonObject, toObject } from './json.ts';

/** `unknown`: a kind of a newer peer, or a known kind that lacks something; `json` is the whole of it. */
export type MsgContent =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'link'; readonly text: string; readonly preview: JsonObject }
  | { readonly kind: 'image'; readonly text: string; readonly image: string }
  | { readonly kind: 'video'; readonly text: string; readonly image: string; readonly duration: number }
  | { readonly kind: 'voice'; readonly text: string; readonly duration: number }
  | { readonly kind: 'file'; readonly text: string }
  | { readonly kind: 'report'; readonly text: string; readonly reason: string }
  | { readonly kind: 'chat'; readonly text: string; readonly chatLink: JsonObject }
  | { readonly kind: 'unknown'; readonly type: string; readonly text: string; readonly json: JsonObject };

const UNKNOWN_TEXT = 'unknown message type';

export function textContent(text: string): MsgContent {
  return { kind: 'text', text };
}

/** Only spaces and characters that show nothing (zero-width spaces, fillers, joiners): a message nobody could see. */
export function isBlank(text: string): boolean {
  return !/[^\p{White_Space}\p{Default_Ignorable_Code_Point}\p{Cc}\u2800]/u.test(text);
}

export function encodeContent(content: MsgContent): JsonObject {
  if (content.kind === 'unknown') return content.json;
  const { kind, ...fields } = content;
  return toObject({ type: kind, ...fields });
}

/** Fails only for what is not an object with a type; throws `DecodeError`. */
export function decodeContent(json: Json | undefined): MsgContent {
  const fields = new Fields(json, 'content');
  const type = fields.string('type');
  try {
    const known = decodeKnown(type, fields);
    if (known !== undefined) return known;
  } catch {
    // Falls through: shown by its text, and kept whole.
  }
  const text = fields.value('text');
  return { kind: 'unknown', type, text: typeof text === 'string' ? text : UNKNOWN_TEXT, json: json as JsonObject };
}

function decodeKnown(type: string, fields: Fields): MsgContent | undefined {
  const text = () => fields.string('text');
  switch (type) {
    case 'text':
    case 'file':
      return { kind: type, text: text() };
    case 'link':
      return { kind: type, text: text(), preview: fields.object('preview') };
    case 'image':
      return { kind: type, text: text(), image: fields.string('image') };
    case 'video':
      return { kind: type, text: text(), image: fields.string('image'), duration: fields.number('duration') };
    case 'voice':
      return { kind: type, text: text(), duration: fields.number('duration') };
    case 'report':
      return { kind: type, text: text(), reason: fields.string('reason') };
    case 'chat':
      return { kind: type, text: text(), chatLink: fields.object('chatLink') };
    default:
      return undefined;
  }
}

/** Seconds; official apps record five minutes at most. */
const MAX_DURATION = 86_400;

/** One line of text that stands for the content where only text can be shown. */
export function contentText(content: MsgContent): string {
  switch (content.kind) {
    case 'voice': {
      const { duration } = content;
      // A duration that no recording has is not shown: a peer can send any number.
      const label = duration <= MAX_DURATION ? `voice message (${clockTime(duration)})` : 'voice message';
      return content.text === '' ? label : `${label}; ${content.text}`;
    }
    case 'report':
      return content.text === '' ? `report ${content.reason}` : `report ${content.reason}: ${content.text}`;
    case 'image':
    case 'video':
    case 'file':
      return content.text === '' ? `[${content.kind}]` : content.text;
    default:
      return content.text;
  }
}

function clockTime(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, '0');
  return `${two(Math.floor(whole / 60))}:${two(whole % 60)}`;
}

/** The parameters of `x.msg.new`. `quote`, `parent` and `forward` say what the message answers, or that it is passed on. */
export interface MsgContainer {
  readonly content: MsgContent;
  readonly quote: JsonObject | undefined;
  readonly parent: JsonObject | undefined;
  /** Newer peers may give an object in place of `true`. */
  readonly forward: boolean | JsonObject | undefined;
  /** File invitation, as it came. */
  readonly file: JsonObject | undefined;
  /** Seconds until the message disappears. */
  readonly ttl: number | undefined;
  /** The message is still being typed. */
  readonly live: boolean | undefined;
  /** `mentions`, `scope` and what newer peers add. */
  readonly other: JsonObject;
}

export function simpleContainer(content: MsgContent): MsgContainer {
  return {
    content,
    quote: undefined,
    parent: undefined,
    forward: undefined,
    file: undefined,
    ttl: undefined,
    live: undefined,
    other: {},
  };
}

export function encodeContainer(container: MsgContainer): JsonObject {
  const { content, other, ...fields } = container;
  return toObject({ ...fields, content: encodeContent(content) }, other);
}

export function decodeContainer(json: Json | undefined): MsgContainer {
  const fields = new Fields(json, 'x.msg.new');
  const forward = fields.value('forward');
  return {
    content: decodeContent(fields.value('content')),
    quote: fields.optionalObject('quote'),
    parent: fields.optionalObject('parent'),
    forward: typeof forward === 'boolean' ? forward : fields.optionalObject('forward'),
    file: fields.optionalObject('file'),
    ttl: fields.optionalNumber('ttl'),
    live: fields.optionalBoolean('live'),
    other: fields.rest(),
  };
}
