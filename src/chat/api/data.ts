/** Data that commands give and events carry. Nothing in it identifies a person on the network. */
import * as v from 'valibot';
import { chatFeatures, type JsonObject } from '../protocol/index.ts';
import { chatId, itemId, list, maybe, record, timestamp } from './schema.ts';

const text = v.string();
const json = v.pipe(
  v.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value)),
  v.title('JSON object'),
);

export const featureAllowed = v.picklist(['always', 'yes', 'no']);
export const chatFeature = v.picklist(chatFeatures);
const preference = maybe(record({ allow: featureAllowed, ttl: maybe(v.number()) }));
const preferences = record({
  timedMessages: preference,
  fullDelete: preference,
  reactions: preference,
  voice: preference,
  calls: preference,
  other: json,
});

export const profile = v.pipe(
  v.object({
    displayName: v.pipe(text, v.description('The short name that contacts see.')),
    fullName: text,
    shortDescr: maybe(text),
    image: v.pipe(maybe(text), v.description('`data:` URI of a small picture.')),
    preferences,
    other: v.pipe(v.optional(json), v.description('What newer apps add, as it came.')),
  }),
  v.readonly(),
  v.title('Profile'),
);
/** What a person shows to contacts. */
export type Profile = v.InferOutput<typeof profile>;

export const contact = v.pipe(
  record({
    chatId,
    localName: v.pipe(
      text,
      v.description('Unique on this device: the display name, with `_1` and so on where two are alike.'),
    ),
    profile: v.pipe(maybe(profile), v.description('Missing until it has arrived.')),
    state: v.pipe(
      v.picklist(['invited', 'connecting', 'connected', 'deleted-by-peer']),
      v.description('`invited`: our invitation waits for somebody.'),
    ),
    pqEncryption: v.pipe(v.boolean(), v.description('Both directions are encrypted with the post-quantum KEM.')),
    verified: v.pipe(v.boolean(), v.description('Its security code was compared, and is still the same.')),
    createdAt: timestamp,
  }),
  v.title('Contact'),
);
export type Contact = v.InferOutput<typeof contact>;
export type ContactState = Contact['state'];

export const sendFailure = v.picklist(['deleted-by-peer', 'queue-gone', 'expired', 'session-lost', 'refused']);
/** Why a message will never arrive. */
export type SendFailure = v.InferOutput<typeof sendFailure>;

export const sendStatus = v.pipe(
  v.variant('kind', [
    record({ kind: v.literal('pending') }),
    record({ kind: v.literal('sent') }),
    record({ kind: v.literal('delivered'), intact: v.boolean() }),
    record({ kind: v.literal('failed'), reason: text }),
  ]),
  v.title('SendStatus'),
  v.description('`sent`: on the server (✓). `delivered`: in the recipient’s database (✓✓).'),
);
export type SendStatus = v.InferOutput<typeof sendStatus>;

const integrity = v.pipe(
  v.variant('kind', [
    record({ kind: v.literal('ok') }),
    record({ kind: v.literal('skipped'), from: v.number(), to: v.number() }),
    record({ kind: v.literal('bad-id') }),
    record({ kind: v.literal('bad-hash') }),
    record({ kind: v.literal('duplicate') }),
  ]),
  v.title('Integrity'),
);
/** Whether the sequence of messages is whole up to this one; anything but `ok` is shown with the message. */
export type Integrity = v.InferOutput<typeof integrity>;

const content = v.pipe(
  v.variant('kind', [
    record({ kind: v.literal('text'), text }),
    record({ kind: v.literal('link'), text, preview: json }),
    record({ kind: v.literal('image'), text, image: text }),
    record({ kind: v.literal('video'), text, image: text, duration: v.number() }),
    record({ kind: v.literal('voice'), text, duration: v.number() }),
    record({ kind: v.literal('file'), text }),
    record({ kind: v.literal('report'), text, reason: text }),
    record({ kind: v.literal('chat'), text, chatLink: json }),
    record({ kind: v.literal('unknown'), type: text, text, json }),
  ]),
  v.title('MsgContent'),
);

const quote = v.pipe(record({ text, author: v.picklist(['us', 'contact']) }), v.title('Quote'));
/** The message that another one answers, as the answer tells it. */
export type Quote = v.InferOutput<typeof quote>;

const itemNotice = v.pipe(
  v.picklist(['unreadable', 'call', 'group-invitation', 'voice-refused', 'session-lost']),
  v.title('ItemNotice'),
  v.description(
    'In place of a text: a message that cannot be read, a call that cannot be taken, an invitation to a group, a voice message that is not allowed to the contact, or the end of the session after an older copy of a database was restored.',
  ),
);
/** What stands in place of a text that cannot be shown; a face words it. */
export type ItemNotice = v.InferOutput<typeof itemNotice>;

const itemReaction = v.pipe(
  record({
    reaction: v.pipe(text, v.description('An emoji, or `?` for what is not known.')),
    count: v.number(),
    ours: v.boolean(),
  }),
  v.title('ItemReaction'),
);
export type ItemReaction = v.InferOutput<typeof itemReaction>;

export const chatItem = v.pipe(
  record({
    itemId,
    chatId,
    timestamp: v.pipe(timestamp, v.description('When it was sent, for received ones as the server saw it.')),
    text: v.pipe(text, v.description('What to show; for content of an unknown kind the text that came with it.')),
    notice: v.pipe(maybe(itemNotice), v.description('In place of a text, which is empty then.')),
    content: maybe(content),
    quote: v.pipe(maybe(quote), v.description('What it answers.')),
    forwarded: v.boolean(),
    live: v.pipe(v.boolean(), v.description('Its sender is still typing it.')),
    edited: v.boolean(),
    deletedAt: v.pipe(maybe(timestamp), v.description('When its sender deleted it, where it may still be shown.')),
    reactions: list(itemReaction),
    direction: v.variant('kind', [
      record({ kind: v.literal('sent'), status: sendStatus }),
      record({ kind: v.literal('received'), integrity }),
    ]),
  }),
  v.title('ChatItem'),
);
/** One line of a conversation. */
export type ChatItem = v.InferOutput<typeof chatItem>;

export const featureState = v.pipe(
  record({
    feature: chatFeature,
    ours: featureAllowed,
    theirs: featureAllowed,
    forUs: v.boolean(),
    forContact: v.boolean(),
  }),
  v.title('FeatureState'),
);
/** Who may use a feature of a conversation, and what each side allows. */
export type FeatureState = v.InferOutput<typeof featureState>;

const faceName = v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/));
const faceListEntries = { face: faceName, list: faceName };
export const faceList = record(faceListEntries);
/** Where a value of a face belongs: the lists of a face are its own. */
export type FaceList = v.InferOutput<typeof faceList>;
/** Longest value of a face, in UTF-16 units, and most values of a list. */
export const MAX_FACE_VALUE = 32_768;
export const MAX_FACE_VALUES = 1_000;
export const faceValue = v.pipe(
  record({
    value: v.pipe(v.string(), v.maxLength(MAX_FACE_VALUE)),
    chatId: maybe(chatId),
    itemId: maybe(itemId),
  }),
  v.title('FaceValue'),
);
/** A value that a face keeps, and what it is about: it goes with that. */
export type FaceValue = v.InferOutput<typeof faceValue>;
