import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { agentMigrations, type ConnId, type MsgId, openDatabase } from '../../../src/agent/index.ts';
import type { ChatId, ItemId } from '../../../src/chat/api/index.ts';
import { indexSlice } from '../../../src/chat/search/indexing.ts';
import { searchQuery } from '../../../src/chat/search/words.ts';
import {
  allContacts,
  chatMigrations,
  contactsNamedLike,
  faceValues,
  findProfile,
  insertContact,
  insertItem,
  listItems,
  pinnedItems,
  reactionsOf,
  searchItems,
  setPinned,
  storedServers,
  unreadCounts,
  updateSendStatus,
} from '../../../src/chat/store/index.ts';

function databases() {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return (count: number) =>
    openDatabase(join(folder, 'old.db'), { kind: 'raw', key: new Uint8Array(32) }, [
      ...agentMigrations,
      ...chatMigrations.slice(0, count),
    ]);
}

const count = (name: string) => chatMigrations.findIndex((migration) => migration.name === name) + 1;

it('takes over a database of before: its messages are read, and can be searched', () => {
  const open = databases();
  const old = open(1);
  old.run("INSERT INTO contacts (conn_id, local_name, state, created_at) VALUES ('c', 'bob', 'connected', 1)");
  old.run(
    `INSERT INTO chat_items (contact_id, sent, conn_id, msg_id, position, shared_msg_id, timestamp, text, event, status)
       VALUES (1, 0, 'c', 1, 0, 'AQID', 1, 'Hello', '{"content":{"text":"Hello","type":"text"}}', '{"kind":"ok"}')`,
  );
  old.close();
  const sql = open(chatMigrations.length);
  const item = {
    text: 'Hello',
    notice: undefined,
    edited: false,
    deletedAt: undefined,
    reactions: [],
    quote: undefined,
  };
  expect(listItems(sql, undefined, { count: 5 })).toMatchObject([item]);
  while (indexSlice(sql));
  expect(searchItems(sql, 1 as ChatId, searchQuery('hELLO')!, { count: 5 })).toMatchObject([item]);
  expect(unreadCounts(sql).size).toBe(0);
  expect(allContacts(sql)).toMatchObject([{ connId: 'c', verifiedCode: undefined, ownPreferences: { other: {} } }]);
  expect(findProfile(sql)).toBeUndefined();
  sql.close();
});

it('takes over what people chose and did', () => {
  const open = databases();
  const old = open(count('chat-0006-former-names'));
  const profile = (name: string) => JSON.stringify({ displayName: name, fullName: '' });
  old.run('INSERT INTO profile (profile_id, profile) VALUES (1, ?)', profile('me'));
  old.run(
    `INSERT INTO contacts (conn_id, local_name, state, profile, verified_code, owed_profile, created_at)
       VALUES ('b', 'İpek', 'connected', ?, '123', 1, 7), (NULL, 'gone', 'deleted-by-peer', NULL, NULL, 0, 8)`,
    profile('İpek'),
  );
  old.run(
    `INSERT INTO chat_items (item_id, contact_id, sent, conn_id, msg_id, position, timestamp, text, event, status, unread)
       VALUES (3, 1, 1, 'b', 5, 0, 1, 'my pin', '{"content":{"text":"my pin","type":"text"}}', '{"kind":"pending"}', 0),
              (4, 1, 0, 'b', 6, 0, 2, '[a call, which this version cannot take]', '', '{"kind":"ok"}', 1),
              (5, 1, 0, 'b', 7, 1, 3, '[a call, which this version cannot take]', '{"content":{"text":"[a call, which this version cannot take]","type":"text"}}', '{"kind":"ok"}', 1),
              (6, 1, 1, 'b', 8, 0, 4, 'too late', '{"content":{"text":"too late","type":"text"}}', '{"kind":"failed","reason":"the contact has ended the conversation"}', 0),
              (7, 1, 1, 'b', 9, 0, 5, 'and later', '{"content":{"text":"and later","type":"text"}}', '{"kind":"failed","reason":"The contact deleted the connection, or its server no longer has the queue."}', 0),
              (8, 1, 1, 'b', 10, 0, 6, 'unreached', '{"content":{"text":"unreached","type":"text"}}', '{"kind":"failed","reason":"no answer"}', 0)`,
  );
  old.run("INSERT INTO chat_reactions (item_id, sent, reaction) VALUES (3, 0, 'x'), (3, 1, 'y')");
  old.run(
    "INSERT INTO kept_events (contact_id, conn_id, msg_id, position, received_at, message) VALUES (1, 'b', 9, 0, 1, x'01')",
  );
  old.run("INSERT INTO input_history (contact_id, line) VALUES (1, '@x my pin'), (1, '/tail'), (NULL, '/contacts')");
  old.run("INSERT INTO servers (position, address) VALUES (1, 'smp://a'), (2, 'smp://b')");
  old.run('INSERT INTO addressee (addressee_id, contact_id) VALUES (1, 1)');
  old.run("INSERT INTO former_names (contact_id, folded) VALUES (1, 'ipek2')");
  old.close();

  const sql = open(chatMigrations.length);
  expect(findProfile(sql)?.displayName).toBe('me');
  const [ipek, gone] = allContacts(sql);
  expect(ipek).toMatchObject({ chatId: 1, connId: 'b', localName: 'İpek', verifiedCode: '123', createdAt: 7 });
  expect(gone).toMatchObject({ connId: undefined, state: 'deleted-by-peer' });
  expect(contactsNamedLike(sql, 'ipek').map(({ chatId }) => chatId)).toEqual([1]);
  expect(listItems(sql, 1 as ChatId, { count: 9 })).toMatchObject([
    { itemId: 3, text: 'my pin', direction: { kind: 'sent', status: { kind: 'pending' } } },
    { itemId: 4, text: '', notice: 'call', direction: { kind: 'received' } },
    { itemId: 5, text: '[a call, which this version cannot take]', notice: undefined },
    { itemId: 6, direction: { status: { kind: 'failed', reason: 'deleted-by-peer' } } },
    { itemId: 7, direction: { status: { kind: 'failed', reason: 'queue-gone' } } },
    { itemId: 8, direction: { status: { kind: 'failed', reason: 'no answer' } } },
  ]);
  // A message that was stored before, and comes again as it was not acknowledged.
  const again = {
    ...{ chatId: ipek!.chatId, authorId: ipek!.authorId, connId: 'b' as ConnId, position: 1, sharedMsgId: undefined },
    ...{ timestamp: 3, text: 'again', notice: undefined, event: undefined, edited: false },
    direction: { kind: 'received', integrity: { kind: 'ok' } },
  } as const;
  expect(insertItem(sql, { ...again, msgId: 7 as MsgId })).toBeUndefined();
  expect(reactionsOf(sql, 3 as ItemId, undefined)).toEqual(['y']);
  expect(reactionsOf(sql, 3 as ItemId, ipek!.authorId)).toEqual(['x']);
  expect(unreadCounts(sql).get(1 as ChatId)).toEqual({ count: 2, within: 5 });
  expect(updateSendStatus(sql, 'b' as never, 5 as never, { kind: 'sent' })?.direction).toEqual({
    kind: 'sent',
    status: { kind: 'sent' },
  });
  expect(faceValues(sql, { face: 'terminal', list: 'lines' })).toEqual([
    { value: '@x my pin', chatId: 1, itemId: 3 },
    { value: '/tail', chatId: 1, itemId: undefined },
    { value: '/contacts', chatId: undefined, itemId: undefined },
  ]);
  expect(faceValues(sql, { face: 'terminal', list: 'addressee' })).toMatchObject([{ chatId: 1 }]);
  expect(storedServers(sql)).toEqual(['smp://a', 'smp://b']);
  expect(sql.all('SELECT chat_id, folded FROM former_names')).toEqual([{ chat_id: 1, folded: 'ipek2' }]);
  expect(sql.all('SELECT chat_id, msg_id FROM kept_events')).toEqual([{ chat_id: 1, msg_id: 9 }]);
  expect(sql.all('PRAGMA foreign_key_check')).toEqual([]);
  sql.close();
});

it('takes over messages of before pins, none of them pinned', () => {
  const open = databases();
  const old = open(count('chat-0007-conversations'));
  const bob = insertContact(old, { connId: 'b' as ConnId, localName: 'bob', state: 'connected' }, 0);
  old.run(
    "INSERT INTO items (chat_id, timestamp, text, event, status) VALUES (?, 1, 'hi', '', '{\"kind\":\"sent\"}')",
    bob,
  );
  old.close();
  const sql = open(chatMigrations.length);
  expect(pinnedItems(sql, bob, { count: 5 })).toEqual([]);
  expect(setPinned(sql, 1 as ItemId, true)).toBe(true);
  expect(pinnedItems(sql, undefined, { count: 5 })).toMatchObject([{ text: 'hi' }]);
  sql.close();
});
