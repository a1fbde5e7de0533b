/** Tables of the chat, in the agent's database. */
import type { Migration } from '../../agent/index.ts';

export const chatMigrations: readonly Migration[] = [
  {
    name: 'chat-0001-contacts',
    statements: [
      `CREATE TABLE profile (
        profile_id INTEGER PRIMARY KEY CHECK (profile_id = 1),
        profile TEXT NOT NULL
      ) STRICT`,
      `CREATE TABLE contacts (
        contact_id INTEGER PRIMARY KEY,
        conn_id TEXT UNIQUE,
        local_name TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL,
        profile TEXT,
        chat_version INTEGER,
        pq INTEGER NOT NULL DEFAULT 0,
        owed_profile INTEGER NOT NULL DEFAULT 0,
        created_at INTEGER NOT NULL
      ) STRICT`,
      `CREATE TABLE chat_items (
        item_id INTEGER PRIMARY KEY,
        contact_id INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE,
        sent INTEGER NOT NULL,
        conn_id TEXT NOT NULL,
        msg_id INTEGER NOT NULL,
        position INTEGER NOT NULL,
        shared_msg_id TEXT,
        timestamp INTEGER NOT NULL,
        text TEXT NOT NULL,
        event TEXT NOT NULL,
        status TEXT NOT NULL,
        UNIQUE (conn_id, sent, msg_id, position)
      ) STRICT`,
      'CREATE INDEX chat_items_contact ON chat_items (contact_id, item_id)',
      'CREATE INDEX chat_items_shared ON chat_items (contact_id, shared_msg_id)',
      `CREATE TABLE kept_events (
        kept_event_id INTEGER PRIMARY KEY,
        contact_id INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE,
        conn_id TEXT NOT NULL,
        msg_id INTEGER NOT NULL,
        position INTEGER NOT NULL,
        received_at INTEGER NOT NULL,
        message BLOB NOT NULL,
        UNIQUE (conn_id, msg_id, position)
      ) STRICT`,
    ],
  },
];
