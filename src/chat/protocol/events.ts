/**
 * Chat events (chat protocol, "Sub-protocols"): the parameters of those we act on, and every other one as it came.
 * Fields that we do not use stay in `other` or `rest` and are written again.
 */
import type { Brand } from '../../base/index.ts';
import { fromBase64url, toBase64url } from '../../encoding/index.ts';
import type { MsgContainer, MsgContent } from './content.ts';
import { decodeContainer, decodeContent, encodeContainer, encodeContent } from './content.ts';
import { Fields, type JsonObject, toObject } from './json.ts';
import { decodeProfile, encodeProfile, type SentProfile } from './profile.ts';

/** The id by which both sides name a message: base64url, of 12 random bytes when we make it. */
export type SharedMsgId = Brand<string, 'SharedMsgId'>;

export const SHARED_MSG_ID_SIZE = 12;

export function sharedMsgId(bytes: Uint8Array): SharedMsgId {
  return toBase64url(bytes) as SharedMsgId;
}

/** Throws `DecodeError` for what is not base64url; ids of equal bytes are equal texts. */
export function parseSharedMsgId(text: string): SharedMsgId {
  return sharedMsgId(fromBase64url(text));
}

/** A reaction of a kind or with an emoji that we do not know is shown as `?`. */
export type MsgReaction =
  | { readonly kind: 'emoji'; readonly emoji: string }
  | { readonly kind: 'unknown'; readonly json: JsonObject };

export type ChatMsgEvent =
  | { readonly kind: 'x.msg.new'; readonly container: MsgContainer }
  | {
      readonly kind: 'x.msg.update';
      readonly msgId: SharedMsgId;
      readonly content: MsgContent;
      readonly ttl: number | undefined;
      readonly live: boolean | undefined;
      readonly other: JsonObject;
    }
  | { readonly kind: 'x.msg.del'; readonly msgId: SharedMsgId; readonly other: JsonObject }
  | {
      readonly kind: 'x.msg.react';
      readonly msgId: SharedMsgId;
      readonly reaction: MsgReaction;
      readonly add: boolean;
      readonly other: JsonObject;
    }
  | { readonly kind: 'x.info'; readonly profile: SentProfile; readonly other: JsonObject }
  | {
      readonly kind: 'x.contact';
      readonly profile: SentProfile;
      /** Base64url; the same for repeated requests. */
      readonly contactReqId: string | undefined;
      readonly other: JsonObject;
    }
  | { readonly kind: 'x.msg.deleted' | 'x.direct.del' | 'x.ok'; readonly other: JsonObject }
  | { readonly kind: 'x.info.probe' | 'x.info.probe.ok'; readonly probe: string; readonly other: JsonObject }
  | { readonly kind: 'x.info.probe.check'; readonly probeHash: string; readonly other: JsonObject }
  | { readonly kind: 'unknown'; readonly event: string; readonly params: JsonObject };

export function eventName(event: ChatMsgEvent): string {
  return event.kind === 'unknown' ? event.event : event.kind;
}

export function encodeParams(event: ChatMsgEvent): JsonObject {
  switch (event.kind) {
    case 'unknown':
      return event.params;
    case 'x.msg.new':
      return encodeContainer(event.container);
    case 'x.msg.update': {
      const { kind: _, content, other, ...fields } = event;
      return toObject({ ...fields, content: encodeContent(content) }, other);
    }
    case 'x.msg.react': {
      const { reaction } = event;
      const json = reaction.kind === 'emoji' ? { type: 'emoji', emoji: reaction.emoji } : reaction.json;
      return toObject({ msgId: event.msgId, reaction: json, add: event.add }, event.other);
    }
    case 'x.info':
      return toObject({ profile: encodeProfile(event.profile) }, event.other);
    case 'x.contact':
      return toObject({ profile: encodeProfile(event.profile), contactReqId: event.contactReqId }, event.other);
    default: {
      const { kind: _, other, ...fields } = event;
      return toObject(fields, other);
    }
  }
}

/** Reads the parameters of an event; throws `DecodeError` when one that we act on lacks what it needs. */
export function decodeEvent(name: string, params: JsonObject): ChatMsgEvent {
  const fields = new Fields(params, name);
  const msgId = () => parseSharedMsgId(fields.string('msgId'));
  switch (name) {
    case 'x.msg.new':
      return { kind: name, container: decodeContainer(params) };
    case 'x.msg.update':
      return {
        kind: name,
        msgId: msgId(),
        content: decodeContent(fields.value('content')),
        ttl: fields.optionalNumber('ttl'),
        live: fields.optionalBoolean('live'),
        other: fields.rest(),
      };
    case 'x.msg.del':
      return { kind: name, msgId: msgId(), other: fields.rest() };
    case 'x.msg.react':
      return {
        kind: name,
        msgId: msgId(),
        reaction: decodeReaction(fields.object('reaction')),
        add: fields.optionalBoolean('add') ?? fields.fail('no add'),
        other: fields.rest(),
      };
    case 'x.info':
      return { kind: name, profile: decodeProfile(fields.value('profile')), other: fields.rest() };
    case 'x.contact':
      return {
        kind: name,
        profile: decodeProfile(fields.value('profile')),
        contactReqId: fields.optionalString('contactReqId'),
        other: fields.rest(),
      };
    case 'x.msg.deleted':
    case 'x.direct.del':
    case 'x.ok':
      return { kind: name, other: params };
    case 'x.info.probe':
    case 'x.info.probe.ok':
      return { kind: name, probe: fields.string('probe'), other: fields.rest() };
    case 'x.info.probe.check':
      return { kind: name, probeHash: fields.string('probeHash'), other: fields.rest() };
    default:
      return { kind: 'unknown', event: name, params };
  }
}

function decodeReaction(json: JsonObject): MsgReaction {
  const { type, emoji } = json;
  const known = type === 'emoji' && typeof emoji === 'string' && Object.keys(json).length === 2;
  return known ? { kind: 'emoji', emoji } : { kind: 'unknown', json };
}
