/**
 * Conversations of every kind in one set of tables. A profile owns chats; a chat has items; an item has an author, who is
 * NULL for ourselves. A contact is a chat with one author, a group will have one for each member. Connections of the
 * agent belong to authors, and a sent item has a delivery for each connection that it goes to.
 */
import type { Migration, Sql } from '../../agent/index.ts';
import { fold, skeleton } from '../../base/index.ts';
import type { ItemNotice, SendFailure, SendStatus } from '../api/index.ts';

/** Texts that stood in place of what could not be shown, and the codes that they are now. */
const NOTICES: readonly (readonly [text: string, notice: ItemNotice])[] = [
  ['[a message that this version cannot read]', 'unreadable'],
  ['[a call, which this version cannot take]', 'call'],
  ['[an invitation to a group, which this version cannot join]', 'group-invitation'],
  ['[a voice message, which you do not allow]', 'voice-refused'],
  [
    '[Messages of this contact cannot be read any more, and nothing is sent to it: an older copy of a database was restored, here or there. Delete the contact and connect anew.]',
    'session-lost',
  ],
];

/** Reasons of failed messages that were sentences, and the codes that they are now. Others stay as they are. */
const FAILURES: readonly (readonly [sentence: string, reason: SendFailure])[] = [
  ['the contact has ended the conversation', 'deleted-by-peer'],
  ['The contact deleted the connection, or its server no longer has the queue.', 'queue-gone'],
];

export const conversationsMigration: Migration = {
  name: 'chat-0007-conversations',
  statements: [
    // `profile` is NULL until a name was chosen. `last_event`: see event_log.
    `CREATE TABLE profiles (
      profile_id INTEGER PRIMARY KEY,
      profile TEXT,
      last_event INTEGER NOT NULL DEFAULT 0
    ) STRICT`,
    'INSERT INTO profiles (profile_id, profile) SELECT 1, (SELECT profile FROM profile)',
    `CREATE TABLE chats (
      chat_id INTEGER PRIMARY KEY AUTOINCREMENT,
      profile_id INTEGER NOT NULL REFERENCES profiles ON DELETE CASCADE,
      kind TEXT NOT NULL CHECK (kind IN ('contact', 'group', 'notes', 'request')),
      local_name TEXT NOT NULL,
      folded_name TEXT NOT NULL,
      skeleton_name TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      UNIQUE (profile_id, kind, local_name)
    ) STRICT`,
    'CREATE INDEX chats_folded_name ON chats (profile_id, kind, folded_name)',
    'CREATE INDEX chats_skeleton_name ON chats (profile_id, kind, skeleton_name)',
    `CREATE TABLE authors (
      author_id INTEGER PRIMARY KEY,
      chat_id INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
      kind TEXT NOT NULL CHECK (kind IN ('contact', 'member'))
    ) STRICT`,
    'CREATE INDEX authors_chat ON authors (chat_id)',
    `CREATE TABLE author_connections (
      conn_id TEXT PRIMARY KEY,
      author_id INTEGER NOT NULL REFERENCES authors ON DELETE CASCADE
    ) STRICT`,
    'CREATE INDEX author_connections_author ON author_connections (author_id)',
    moveChats,
    `INSERT INTO authors (author_id, chat_id, kind) SELECT contact_id, contact_id, 'contact' FROM contacts`,
    `INSERT INTO author_connections (conn_id, author_id)
      SELECT conn_id, contact_id FROM contacts WHERE conn_id IS NOT NULL`,
    `CREATE TABLE contact_chats (
      chat_id INTEGER PRIMARY KEY REFERENCES chats ON DELETE CASCADE,
      author_id INTEGER NOT NULL UNIQUE REFERENCES authors ON DELETE CASCADE,
      state TEXT NOT NULL,
      profile TEXT,
      chat_version INTEGER,
      pq INTEGER NOT NULL DEFAULT 0,
      owed_profile INTEGER NOT NULL DEFAULT 0,
      verified_code TEXT,
      own_preferences TEXT
    ) STRICT`,
    `INSERT INTO contact_chats
      SELECT contact_id, contact_id, state, profile, chat_version, pq, owed_profile, verified_code, own_preferences
      FROM contacts`,
    'CREATE INDEX contact_chats_owed ON contact_chats (chat_id) WHERE owed_profile = 1',
    'CREATE INDEX contact_chats_verified ON contact_chats (chat_id) WHERE verified_code IS NOT NULL',
    // `status`: how far a sent item came, or how a received one fits after the one before. `notice`: a code in place of a
    // text. `words`: the text as it is searched, see chat/search/words.ts; NULL until it is indexed. The origin tells a
    // received item that comes again.
    `CREATE TABLE items (
      item_id INTEGER PRIMARY KEY AUTOINCREMENT,
      chat_id INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
      author_id INTEGER REFERENCES authors ON DELETE CASCADE,
      shared_msg_id TEXT,
      timestamp INTEGER NOT NULL,
      text TEXT NOT NULL,
      notice TEXT,
      event TEXT NOT NULL,
      status TEXT NOT NULL,
      edited INTEGER NOT NULL DEFAULT 0,
      deleted_at INTEGER,
      unread INTEGER NOT NULL DEFAULT 0,
      words TEXT,
      origin_conn_id TEXT,
      origin_msg_id INTEGER,
      position INTEGER,
      UNIQUE (origin_conn_id, origin_msg_id, position)
    ) STRICT`,
    `CREATE TABLE deliveries (
      conn_id TEXT NOT NULL,
      msg_id INTEGER NOT NULL,
      item_id INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
      PRIMARY KEY (conn_id, msg_id)
    ) STRICT, WITHOUT ROWID`,
    `INSERT INTO items (item_id, chat_id, author_id, shared_msg_id, timestamp, text, event, status, edited, deleted_at,
        unread, origin_conn_id, origin_msg_id, position)
      SELECT item_id, contact_id, iif(sent, NULL, contact_id), shared_msg_id, timestamp, text, event, status, edited,
        deleted_at, unread, iif(sent, NULL, conn_id), iif(sent, NULL, msg_id), iif(sent, NULL, position)
      FROM chat_items`,
    'INSERT INTO deliveries (conn_id, msg_id, item_id) SELECT conn_id, msg_id, item_id FROM chat_items WHERE sent = 1',
    moveNotices,
    moveFailures,
    'CREATE INDEX items_chat ON items (chat_id, item_id)',
    'CREATE INDEX items_author ON items (author_id) WHERE author_id IS NOT NULL',
    'CREATE INDEX items_shared ON items (chat_id, shared_msg_id) WHERE shared_msg_id IS NOT NULL',
    'CREATE INDEX items_unread ON items (chat_id, item_id) WHERE unread = 1',
    'CREATE INDEX items_unindexed ON items (item_id) WHERE words IS NULL',
    `CREATE INDEX items_pending ON items (item_id) WHERE author_id IS NULL AND status = '{"kind":"pending"}'`,
    'CREATE INDEX deliveries_item ON deliveries (item_id)',
    `CREATE TABLE reactions (
      reaction_id INTEGER PRIMARY KEY,
      item_id INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
      author_id INTEGER REFERENCES authors ON DELETE CASCADE,
      reaction TEXT NOT NULL
    ) STRICT`,
    `INSERT INTO reactions (reaction_id, item_id, author_id, reaction)
      SELECT r.reaction_id, r.item_id, iif(r.sent, NULL, i.contact_id), r.reaction
      FROM chat_reactions r JOIN chat_items i USING (item_id)`,
    'CREATE UNIQUE INDEX reactions_once ON reactions (item_id, ifnull(author_id, 0), reaction)',
    'CREATE INDEX reactions_author ON reactions (author_id) WHERE author_id IS NOT NULL',
    `CREATE TABLE unhandled_events (
      event_id INTEGER PRIMARY KEY,
      chat_id INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
      conn_id TEXT NOT NULL,
      msg_id INTEGER NOT NULL,
      position INTEGER NOT NULL,
      received_at INTEGER NOT NULL,
      message BLOB NOT NULL,
      UNIQUE (conn_id, msg_id, position)
    ) STRICT`,
    'INSERT INTO unhandled_events SELECT * FROM kept_events',
    'CREATE INDEX unhandled_events_chat ON unhandled_events (chat_id)',
    `CREATE TABLE former_chat_names (
      former_name_id INTEGER PRIMARY KEY,
      chat_id INTEGER NOT NULL REFERENCES chats ON DELETE CASCADE,
      folded TEXT NOT NULL,
      UNIQUE (chat_id, folded)
    ) STRICT`,
    'INSERT INTO former_chat_names SELECT * FROM former_names',
    'CREATE INDEX former_chat_names_folded ON former_chat_names (folded)',
    `CREATE TABLE profile_servers (
      profile_id INTEGER NOT NULL REFERENCES profiles ON DELETE CASCADE,
      position INTEGER NOT NULL,
      address TEXT NOT NULL,
      PRIMARY KEY (profile_id, position)
    ) STRICT, WITHOUT ROWID`,
    'INSERT INTO profile_servers SELECT 1, position, address FROM servers',
    // What faces keep: values that mean something to them alone. They go with the chat or item that they are about.
    `CREATE TABLE face_values (
      value_id INTEGER PRIMARY KEY,
      profile_id INTEGER NOT NULL REFERENCES profiles ON DELETE CASCADE,
      face TEXT NOT NULL,
      list TEXT NOT NULL,
      chat_id INTEGER REFERENCES chats ON DELETE CASCADE,
      item_id INTEGER REFERENCES items ON DELETE CASCADE,
      value TEXT NOT NULL
    ) STRICT`,
    'CREATE INDEX face_values_list ON face_values (profile_id, face, list, value_id)',
    'CREATE INDEX face_values_chat ON face_values (chat_id) WHERE chat_id IS NOT NULL',
    'CREATE INDEX face_values_item ON face_values (item_id) WHERE item_id IS NOT NULL',
    // A line belongs to the message that it sent, where that can still be told.
    `INSERT INTO face_values (profile_id, face, list, chat_id, item_id, value)
      SELECT 1, 'terminal', 'lines', contact_id, (
        SELECT max(item_id) FROM (
          SELECT item_id, text FROM items i WHERE i.chat_id = contact_id AND author_id IS NULL
          ORDER BY item_id DESC LIMIT 5000)
        WHERE text <> '' AND (substr(line, -length(text)) = text OR substr(line, -length(json_quote(text))) = json_quote(text))
      ), line FROM input_history ORDER BY entry_id`,
    `INSERT INTO face_values (profile_id, face, list, chat_id, value)
      SELECT 1, 'terminal', 'addressee', contact_id, '' FROM addressee`,
    // Events by kind and ids, for faces that were away: see chat/events/log.ts.
    `CREATE TABLE event_log (
      profile_id INTEGER NOT NULL REFERENCES profiles ON DELETE CASCADE,
      number INTEGER NOT NULL,
      kind TEXT NOT NULL,
      chat_id INTEGER,
      item_id INTEGER,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (profile_id, number)
    ) STRICT, WITHOUT ROWID`,
    'CREATE INDEX event_log_created ON event_log (created_at)',
    'CREATE INDEX event_log_chat ON event_log (chat_id) WHERE chat_id IS NOT NULL',
    // What commands with a client's id have done, so that the same command again does it once: see chat/dispatch.ts.
    `CREATE TABLE done_commands (
      profile_id INTEGER NOT NULL REFERENCES profiles ON DELETE CASCADE,
      client_id TEXT NOT NULL,
      command TEXT NOT NULL,
      chat_id INTEGER REFERENCES chats ON DELETE SET NULL,
      item_id INTEGER REFERENCES items ON DELETE SET NULL,
      input TEXT NOT NULL,
      result TEXT NOT NULL,
      created_at INTEGER NOT NULL,
      PRIMARY KEY (profile_id, client_id)
    ) STRICT`,
    'CREATE INDEX done_commands_created ON done_commands (created_at)',
    // Of a chat that is deleted neither a link nor ids stay.
    `CREATE TRIGGER chats_forget BEFORE DELETE ON chats BEGIN
      UPDATE done_commands SET result = '{"contact":null}' WHERE chat_id = old.chat_id;
      UPDATE event_log SET chat_id = NULL, item_id = NULL WHERE chat_id = old.chat_id;
    END`,
    'CREATE INDEX done_commands_chat ON done_commands (chat_id) WHERE chat_id IS NOT NULL',
    'CREATE INDEX done_commands_item ON done_commands (item_id) WHERE item_id IS NOT NULL',
    ...['input_history', 'addressee', 'former_names', 'servers', 'kept_events', 'chat_reactions', 'chat_items'].map(
      (table) => `DROP TABLE ${table}`,
    ),
    'DROP TABLE contacts',
    'DROP TABLE profile',
    'ALTER TABLE contact_chats RENAME TO contacts',
    'ALTER TABLE unhandled_events RENAME TO kept_events',
    'ALTER TABLE former_chat_names RENAME TO former_names',
    'ALTER TABLE profile_servers RENAME TO servers',
    // The index holds no text of its own: it is kept beside items.words by triggers. With secure-delete, words that are
    // deleted leave the index at once and not when its pages are merged.
    `CREATE VIRTUAL TABLE item_words USING fts5 (
      words, content = 'items', content_rowid = 'item_id', tokenize = 'ascii', prefix = '2 3')`,
    "INSERT INTO item_words (item_words, rank) VALUES ('secure-delete', 1)",
    `CREATE TRIGGER items_words_insert AFTER INSERT ON items WHEN new.words IS NOT NULL BEGIN
      INSERT INTO item_words (rowid, words) VALUES (new.item_id, new.words);
    END`,
    `CREATE TRIGGER items_words_delete AFTER DELETE ON items WHEN old.words IS NOT NULL BEGIN
      INSERT INTO item_words (item_words, rowid, words) VALUES ('delete', old.item_id, old.words);
    END`,
    `CREATE TRIGGER items_words_update AFTER UPDATE OF words ON items BEGIN
      INSERT INTO item_words (item_words, rowid, words)
        SELECT 'delete', old.item_id, old.words WHERE old.words IS NOT NULL;
      INSERT INTO item_words (rowid, words) SELECT new.item_id, new.words WHERE new.words IS NOT NULL;
    END`,
  ],
};

function moveChats(sql: Sql): void {
  const rows = sql.all<{ contact_id: number; local_name: string; created_at: number }>(
    'SELECT contact_id, local_name, created_at FROM contacts',
  );
  for (const { contact_id: id, local_name: name, created_at: createdAt } of rows) {
    sql.run(
      `INSERT INTO chats (chat_id, profile_id, kind, local_name, folded_name, skeleton_name, created_at)
        VALUES (?, 1, 'contact', ?, ?, ?, ?)`,
      ...[id, name, fold(name), skeleton(name), createdAt],
    );
  }
}

function moveNotices(sql: Sql): void {
  const notices = new Map(NOTICES);
  for (const row of sql.all<{ item_id: number; text: string }>("SELECT item_id, text FROM items WHERE event = ''")) {
    const notice = notices.get(row.text);
    if (notice !== undefined) sql.run("UPDATE items SET notice = ?, text = '' WHERE item_id = ?", notice, row.item_id);
  }
}

function moveFailures(sql: Sql): void {
  const failures = new Map(FAILURES);
  const rows = sql.all<{ item_id: number; reason: string }>(
    `SELECT item_id, status ->> 'reason' AS reason FROM items
      WHERE author_id IS NULL AND status ->> 'kind' = 'failed'`,
  );
  for (const row of rows) {
    const reason = failures.get(row.reason);
    if (reason === undefined) continue;
    const status: SendStatus = { kind: 'failed', reason };
    sql.run('UPDATE items SET status = ? WHERE item_id = ?', JSON.stringify(status), row.item_id);
  }
}
