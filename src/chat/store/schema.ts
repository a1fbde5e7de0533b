/** Tables of the chat, in the agent's database. */
import type { Migration } from '../../agent/index.ts';
import { conversationsMigration } from './schema-conversations.ts';

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
  {
    name: 'chat-0002-changes',
    statements: [
      'ALTER TABLE chat_items ADD COLUMN edited INTEGER NOT NULL DEFAULT 0',
      'ALTER TABLE chat_items ADD COLUMN deleted_at INTEGER',
      'ALTER TABLE chat_items ADD COLUMN unread INTEGER NOT NULL DEFAULT 0',
      // The text as it is searched; NULL in rows of before, until somebody searches.
      'ALTER TABLE chat_items ADD COLUMN folded TEXT',
      'CREATE INDEX chat_items_unfolded ON chat_items (item_id) WHERE folded IS NULL',
      'CREATE INDEX chat_items_unread ON chat_items (contact_id) WHERE unread = 1',
      `CREATE INDEX chat_items_pending ON chat_items (item_id) WHERE sent = 1 AND status = '{"kind":"pending"}'`,
      `CREATE TABLE chat_reactions (
        reaction_id INTEGER PRIMARY KEY,
        item_id INTEGER NOT NULL REFERENCES chat_items ON DELETE CASCADE,
        sent INTEGER NOT NULL,
        reaction TEXT NOT NULL,
        UNIQUE (item_id, sent, reaction)
      ) STRICT`,
      'ALTER TABLE contacts ADD COLUMN verified_code TEXT',
      'ALTER TABLE contacts ADD COLUMN own_preferences TEXT',
      `CREATE TABLE input_history (
        entry_id INTEGER PRIMARY KEY,
        contact_id INTEGER REFERENCES contacts ON DELETE CASCADE,
        line TEXT NOT NULL
      ) STRICT`,
      'CREATE INDEX input_history_contact ON input_history (contact_id)',
    ],
  },
  {
    name: 'chat-0003-kept-events',
    statements: [
      'CREATE INDEX kept_events_contact ON kept_events (contact_id)',
      // What earlier versions kept without a limit.
      `DELETE FROM kept_events WHERE kept_event_id IN (
        SELECT kept_event_id FROM (
          SELECT kept_event_id, row_number() OVER (PARTITION BY contact_id ORDER BY kept_event_id DESC) AS place
          FROM kept_events)
        WHERE place > 256)`,
    ],
  },
  {
    name: 'chat-0004-choices',
    statements: [
      `CREATE TABLE servers (
        position INTEGER PRIMARY KEY,
        address TEXT NOT NULL
      ) STRICT`,
      `CREATE TABLE addressee (
        addressee_id INTEGER PRIMARY KEY CHECK (addressee_id = 1),
        contact_id INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE
      ) STRICT`,
    ],
  },
  {
    name: 'chat-0005-folding',
    // Texts are folded in another way now: again, when somebody searches.
    statements: ['UPDATE chat_items SET folded = NULL'],
  },
  {
    name: 'chat-0006-former-names',
    statements: [
      `CREATE TABLE former_names (
        former_name_id INTEGER PRIMARY KEY,
        contact_id INTEGER NOT NULL REFERENCES contacts ON DELETE CASCADE,
        folded TEXT NOT NULL,
        UNIQUE (contact_id, folded)
      ) STRICT`,
      'CREATE INDEX former_names_folded ON former_names (folded)',
    ],
  },
  conversationsMigration,
  {
    name: 'chat-0008-pins',
    statements: [
      'ALTER TABLE items ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0',
      'CREATE INDEX items_pinned ON items (chat_id, item_id) WHERE pinned = 1',
    ],
  },
  {
    name: 'chat-0009-index-pages',
    // The index is merged, and deleted words leave it, by pages: with small ones neither takes long at a time.
    statements: ["INSERT INTO item_words (item_words, rank) VALUES ('pgsz', 500)"],
  },
];
