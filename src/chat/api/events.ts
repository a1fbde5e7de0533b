/** What a chat tells its faces. */
import * as v from 'valibot';
import { chatItem, contact, featureState } from './data.ts';
import { chatId, itemId, list, maybe, record, timestamp } from './schema.ts';

const kind = <const K extends string>(name: K) => v.literal(name);
/** Place among the events of the profile; missing for those about servers, which nobody asks for later. */
const number = v.optional(v.number());
const about = { contact, number };
const ofItem = { contact, item: chatItem, number };

/** Why a connection did not come about. */
const connectionFailure = v.picklist(['too-old', 'failed']);
/** What went wrong that nobody asked for. */
const failure = v.picklist(['queue-deleted', 'not-sent', 'other']);
/** Plain data that belongs to the code: paths, sizes. */
const values = v.pipe(v.record(v.string(), v.union([v.string(), v.number()])), v.readonly());
const error = { code: v.string(), values, detail: v.string() };
const OF_ERROR =
  '`code` and `values`: as of `AgentError`, for the words of a face; `other` where there is none, with the message of the error in `detail`.';
/** What was done by a face, perhaps another one. */
const change = v.picklist(['sent', 'edited', 'deleted', 'reacted', 'pinned', 'read', 'cleared', 'contact', 'settings']);

export const chatEvent = v.variant('kind', [
  record({ kind: kind('contactConnecting'), ...about }),
  record({ kind: kind('contactConnected'), ...about }),
  record({ kind: kind('contactUpdated'), ...about, previousName: v.string() }),
  record({ kind: kind('contactDeletedByPeer'), ...about }),
  record({ kind: kind('pqEncryption'), ...about, enabled: v.boolean() }),
  record({ kind: kind('messageReceived'), ...ofItem }),
  v.pipe(record({ kind: kind('messageUpdated'), ...ofItem }), v.description('The sender changed what it said.')),
  v.pipe(
    record({ kind: kind('messageDeleted'), ...ofItem, removed: v.boolean() }),
    v.description('`removed`: it is gone from this device; otherwise it is marked.'),
  ),
  record({ kind: kind('messageReaction'), ...ofItem, reaction: v.string(), added: v.boolean() }),
  record({ kind: kind('messageStatus'), ...ofItem }),
  v.pipe(
    record({ kind: kind('featureChanged'), ...about, feature: featureState }),
    v.description('The contact has changed what it allows.'),
  ),
  v.pipe(
    record({ kind: kind('verificationReset'), ...about }),
    v.description('The security code is not the one that was compared.'),
  ),
  record({ kind: kind('serverConnected'), server: v.string() }),
  record({ kind: kind('serverDisconnected'), server: v.string() }),
  v.pipe(
    record({ kind: kind('connectionFailed'), ...about, reason: connectionFailure, ...error }),
    v.description(OF_ERROR),
  ),
  v.pipe(
    record({ kind: kind('subscriptionEnded'), ...about }),
    v.description('Another program with a copy of the database took over the queue.'),
  ),
  v.pipe(record({ kind: kind('error'), contact: maybe(contact), number, failure, ...error }), v.description(OF_ERROR)),
  v.pipe(
    record({ kind: kind('changed'), chatId: maybe(chatId), itemId: maybe(itemId), number, change }),
    v.description('A face has done something, perhaps this one.'),
  ),
]);
export type ChatEvent = v.InferOutput<typeof chatEvent>;
/** `undefined` is returned; a promise is waited for by nobody, and what it rejects with is logged. */
export type ChatEventHandler = (event: ChatEvent) => void;

export const loggedEvent = v.pipe(
  record({
    number: v.number(),
    kind: v.string(),
    chatId: maybe(chatId),
    itemId: maybe(itemId),
    createdAt: timestamp,
  }),
  v.title('LoggedEvent'),
);
/** An event of before, by kind and ids alone. */
export type LoggedEvent = v.InferOutput<typeof loggedEvent>;
export const loggedEvents = list(loggedEvent);
