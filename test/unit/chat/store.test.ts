import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { agentMigrations, openDatabase } from '../../../src/agent/index.ts';
import type { ContactId } from '../../../src/chat/api.ts';
import { allContacts, chatMigrations, lastItems, searchItems, unreadCounts } from '../../../src/chat/store/index.ts';

it('takes over a database of before: its messages are read, and can be searched', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sotto-test-'));
  try {
    const path = join(folder, 'old.db');
    const open = (count: number) =>
      openDatabase(path, { kind: 'raw', key: new Uint8Array(32) }, [
        ...agentMigrations,
        ...chatMigrations.slice(0, count),
      ]);
    const old = open(1);
    old.run("INSERT INTO contacts (conn_id, local_name, state, created_at) VALUES ('c', 'bob', 'connected', 1)");
    old.run(
      `INSERT INTO chat_items (contact_id, sent, conn_id, msg_id, position, shared_msg_id, timestamp, text, event, status)
       VALUES (1, 0, 'c', 1, 0, 'AQID', 1, 'Hello', '{"content":{"text":"Hello","type":"text"}}', '{"kind":"ok"}')`,
    );
    old.close();
    const sql = open(chatMigrations.length);
    const item = { text: 'Hello', edited: false, deletedAt: undefined, reactions: [], quote: undefined };
    expect(lastItems(sql, undefined, 5)).toMatchObject([item]);
    expect(searchItems(sql, 1 as ContactId, 'hELLO', 5)).toMatchObject([item]);
    expect(unreadCounts(sql).size).toBe(0);
    expect(allContacts(sql)).toMatchObject([{ verifiedCode: undefined, ownPreferences: { other: {} } }]);
    sql.close();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
