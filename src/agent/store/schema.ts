/** The agent's tables. Message ids are numbered per connection, sent and received together. */
import type { Migration } from './migrations.ts';

export const agentMigrations: readonly Migration[] = [
  {
    name: 'agent-0001-connections',
    statements: [
      `CREATE TABLE connections (
        conn_id TEXT PRIMARY KEY,
        state TEXT NOT NULL,
        agent_version INTEGER NOT NULL,
        pq INTEGER NOT NULL,
        last_msg_id INTEGER NOT NULL DEFAULT 0,
        last_snd_id INTEGER NOT NULL DEFAULT 0,
        last_snd_hash BLOB NOT NULL DEFAULT x'',
        last_rcv_id INTEGER NOT NULL DEFAULT 0,
        last_rcv_hash BLOB NOT NULL DEFAULT x'',
        created_at INTEGER NOT NULL
      ) STRICT`,
      `CREATE TABLE rcv_queues (
        rcv_queue_id INTEGER PRIMARY KEY,
        conn_id TEXT NOT NULL REFERENCES connections ON DELETE CASCADE,
        server TEXT NOT NULL,
        rcv_id BLOB NOT NULL,
        snd_id BLOB NOT NULL,
        auth_public BLOB NOT NULL,
        auth_private BLOB NOT NULL,
        rcv_dh_secret BLOB NOT NULL,
        e2e_public BLOB NOT NULL,
        e2e_private BLOB NOT NULL,
        e2e_secret BLOB,
        client_version INTEGER NOT NULL,
        status TEXT NOT NULL,
        UNIQUE (server, rcv_id)
      ) STRICT`,
      'CREATE INDEX rcv_queues_conn ON rcv_queues (conn_id)',
      'CREATE INDEX rcv_queues_snd_id ON rcv_queues (snd_id)',
      `CREATE TABLE snd_queues (
        snd_queue_id INTEGER PRIMARY KEY,
        conn_id TEXT NOT NULL REFERENCES connections ON DELETE CASCADE,
        server TEXT NOT NULL,
        snd_id BLOB NOT NULL,
        auth_public BLOB NOT NULL,
        auth_private BLOB NOT NULL,
        e2e_public BLOB NOT NULL,
        e2e_secret BLOB NOT NULL,
        client_version INTEGER NOT NULL,
        status TEXT NOT NULL
      ) STRICT`,
      'CREATE INDEX snd_queues_conn ON snd_queues (conn_id)',
      `CREATE TABLE x3dh_keys (
        conn_id TEXT PRIMARY KEY REFERENCES connections ON DELETE CASCADE,
        secrets BLOB NOT NULL
      ) STRICT`,
      `CREATE TABLE ratchets (
        conn_id TEXT PRIMARY KEY REFERENCES connections ON DELETE CASCADE,
        state BLOB NOT NULL
      ) STRICT`,
      `CREATE TABLE skipped_keys (
        conn_id TEXT NOT NULL REFERENCES connections ON DELETE CASCADE,
        header_key BLOB NOT NULL,
        number INTEGER NOT NULL,
        message_key BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (conn_id, header_key, number)
      ) STRICT`,
      `CREATE TABLE confirmations (
        conn_id TEXT PRIMARY KEY REFERENCES connections ON DELETE CASCADE,
        confirmation_id TEXT NOT NULL,
        reply_queue BLOB NOT NULL,
        info BLOB NOT NULL
      ) STRICT`,
      `CREATE TABLE joins (
        conn_id TEXT PRIMARY KEY REFERENCES connections ON DELETE CASCADE,
        e2e_params BLOB NOT NULL,
        info BLOB NOT NULL
      ) STRICT`,
      `CREATE TABLE snd_messages (
        conn_id TEXT NOT NULL REFERENCES connections ON DELETE CASCADE,
        msg_id INTEGER NOT NULL,
        snd_id INTEGER NOT NULL,
        snd_queue_id INTEGER NOT NULL REFERENCES snd_queues ON DELETE CASCADE,
        kind TEXT NOT NULL,
        body BLOB NOT NULL,
        hash BLOB NOT NULL,
        notification INTEGER NOT NULL,
        pq INTEGER,
        sealing_key BLOB,
        status TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (conn_id, msg_id)
      ) STRICT`,
      "CREATE INDEX snd_messages_pending ON snd_messages (snd_queue_id, msg_id) WHERE status = 'pending'",
      'CREATE INDEX snd_messages_snd_id ON snd_messages (conn_id, snd_id)',
      `CREATE TABLE rcv_messages (
        conn_id TEXT NOT NULL REFERENCES connections ON DELETE CASCADE,
        msg_id INTEGER NOT NULL,
        snd_id INTEGER NOT NULL,
        rcv_queue_id INTEGER NOT NULL REFERENCES rcv_queues ON DELETE CASCADE,
        broker_id BLOB NOT NULL,
        broker_ts INTEGER NOT NULL,
        received_at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        body BLOB NOT NULL,
        hash BLOB NOT NULL,
        integrity TEXT NOT NULL,
        pq INTEGER NOT NULL,
        acknowledged INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (conn_id, msg_id)
      ) STRICT`,
      'CREATE INDEX rcv_messages_broker ON rcv_messages (rcv_queue_id, broker_id)',
      `CREATE TABLE received_hashes (
        conn_id TEXT NOT NULL REFERENCES connections ON DELETE CASCADE,
        hash BLOB NOT NULL,
        created_at INTEGER NOT NULL,
        PRIMARY KEY (conn_id, hash)
      ) STRICT`,
      'CREATE INDEX received_hashes_created ON received_hashes (created_at)',
      `CREATE TABLE deleted_queues (
        deleted_queue_id INTEGER PRIMARY KEY,
        server TEXT NOT NULL,
        rcv_id BLOB NOT NULL,
        auth_public BLOB NOT NULL,
        auth_private BLOB NOT NULL,
        deleted_at INTEGER NOT NULL
      ) STRICT`,
    ],
  },
  {
    name: 'agent-0002-lost-sessions',
    statements: ['ALTER TABLE connections ADD COLUMN session_lost_at INTEGER'],
  },
];
