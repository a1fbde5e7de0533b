/** Messages: reading, searching, sending, changing. */
import * as v from 'valibot';
import { chatItem } from './data.ts';
import { chatId, command, itemId, list, maybe, pageSize, record, text } from './schema.ts';

const item = record({ item: chatItem });
const items = record({ items: list(chatItem) });

export const messages = {
  list: command({
    summary:
      'Messages of one conversation or of all, oldest first: the last `count`, or those next to a message on one side of it.',
    right: 'read',
    input: record({ chatId: maybe(chatId), before: maybe(itemId), after: maybe(itemId), count: pageSize }),
    output: items,
    errors: [],
  }),
  get: command({
    summary: 'One message.',
    right: 'read',
    input: record({ itemId }),
    output: item,
    errors: ['no-item'],
  }),
  search: command({
    summary:
      'The last `count` messages with all words of `text`, also as beginnings of words, oldest first; `before` goes on where a page began. Case, accents and width do not count. Waits until older messages are indexed.',
    right: 'read',
    input: record({ chatId: maybe(chatId), text, before: maybe(itemId), count: pageSize }),
    output: items,
    errors: ['blank'],
  }),
  send: command({
    summary:
      'Sends a text, as an answer to the message `quoted`. It is stored at once and sent when the server can be reached.',
    right: 'write',
    input: record({ chatId, text, quoted: maybe(itemId) }),
    output: item,
    errors: ['no-contact', 'not-connected', 'blank', 'too-long', 'no-item', 'not-quotable'],
  }),
  edit: command({
    summary: 'Changes a message that we sent, within a day.',
    right: 'write',
    input: record({ itemId, text }),
    output: item,
    errors: [
      'no-item',
      'not-ours',
      'deleted',
      'too-late',
      'forwarded',
      'blank',
      'unchanged',
      'not-connected',
      'too-long',
    ],
  }),
  delete: command({
    summary:
      'For `everyone`: a message that we sent, within a day; it is gone on both sides where both allow that, and marked as deleted where they do not. `here`: any message is gone from this device, and nobody is told.',
    right: 'write',
    input: record({ itemId, scope: v.picklist(['everyone', 'here']) }),
    output: record({ item: chatItem, removed: v.boolean() }),
    errors: ['no-item', 'not-ours', 'deleted', 'too-late', 'not-connected'],
  }),
  react: command({
    summary: 'Adds a reaction to a message, or takes it back; up to three on a message.',
    right: 'write',
    input: record({ itemId, emoji: v.pipe(v.string(), v.maxLength(64)), add: v.boolean() }),
    output: item,
    errors: [
      'no-item',
      'not-connected',
      'unknown-reaction',
      'reactions-off',
      'not-reactable',
      'reaction-there',
      'reaction-absent',
      'too-many-reactions',
    ],
  }),
  pin: command({
    summary:
      'Pins a message on this device, or takes its pin back; up to 100 in a conversation. Nobody is told. A pin goes when its message is deleted.',
    right: 'write',
    input: record({ itemId, add: v.boolean() }),
    output: item,
    errors: ['no-item', 'deleted', 'pin-there', 'pin-absent', 'too-many-pins'],
  }),
  pins: command({
    summary:
      'Pinned messages of one conversation or of all, oldest first: the last `count`, or the last before a message.',
    right: 'read',
    input: record({ chatId: maybe(chatId), before: maybe(itemId), count: pageSize }),
    output: items,
    errors: [],
  }),
  markRead: command({
    summary: 'A person has seen these.',
    right: 'write',
    input: record({ itemIds: v.pipe(v.array(itemId), v.maxLength(1_000), v.readonly()) }),
    output: record({}),
    errors: [],
  }),
};
