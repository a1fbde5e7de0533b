/** Conversations of any kind. */
import * as v from 'valibot';
import { chatItem, contact } from './data.ts';
import { chatId, command, list, maybe, pageSize, record } from './schema.ts';

export const chats = {
  list: command({
    summary: 'Conversations with the newest message first, `count` of them. `last`: the newest message.',
    right: 'read',
    input: record({ count: pageSize }),
    output: record({ chats: list(record({ contact, last: maybe(chatItem), unread: v.number() })) }),
    errors: [],
  }),
  unread: command({
    summary:
      'The first `count` conversations (1,000 unless told) with received messages that were not marked as read: how many, and how many of the last messages have them all. `messages` and `conversations`: how many there are altogether.',
    right: 'read',
    input: record({ count: maybe(pageSize) }),
    output: record({
      chats: list(record({ contact, count: v.number(), within: v.number() })),
      messages: v.number(),
      conversations: v.number(),
    }),
    errors: [],
  }),
  clear: command({
    summary:
      'Empties a conversation on this device. A long one goes in pieces, oldest messages first, while other commands go on; what arrives meanwhile stays.',
    right: 'manage',
    input: record({ chatId }),
    output: record({}),
    errors: ['no-contact'],
  }),
};
