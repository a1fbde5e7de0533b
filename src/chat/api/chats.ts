/** Conversations of any kind. */
import * as v from 'valibot';
import { chatItem, contact } from './data.ts';
import { chatId, command, list, maybe, noFields, pageSize, record } from './schema.ts';

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
      'Conversations with received messages that were not marked as read: how many, and how many of the last messages have them all.',
    right: 'read',
    input: noFields,
    output: record({ chats: list(record({ contact, count: v.number(), within: v.number() })) }),
    errors: [],
  }),
  clear: command({
    summary: 'Empties a conversation on this device.',
    right: 'manage',
    input: record({ chatId }),
    output: record({}),
    errors: ['no-contact'],
  }),
};
