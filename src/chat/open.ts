/** Puts a chat together: database, agent, engine. The one place where they are wired. */
import {
  Agent,
  AgentError,
  type AgentEvent,
  agentMigrations,
  type Database,
  type DatabaseKey,
  type KemKeyPairMaker,
  KemKeyPairs,
  type Migration,
  openDatabase,
  type SmpQueueClient,
  type SmpQueueEvents,
} from '../agent/index.ts';
import type { Clock, Logger, Random } from '../base/index.ts';
import type { Kem } from '../crypto/index.ts';
import { formatSmpServer, parseSmpServer } from '../protocol/index.ts';
import type { Chat, ChatEvent, ChatEventHandler } from './api.ts';
import { ChatEngine } from './chat.ts';
import type { ChatContext } from './context.ts';
import { EventQueue } from './event-queue.ts';
import { initCompression } from './protocol/index.ts';
import { chatMigrations, putServers, storedServers } from './store/index.ts';

export interface OpenChatOptions {
  /** The SQLCipher file, made when it is not there; `:memory:` for one that is not kept. */
  readonly databasePath: string;
  readonly key: DatabaseKey;
  /**
   * `smp://…` addresses for new connections; without one, existing conversations go on. {@link openChat} stores them in
   * place of those of before, and takes the stored ones when none are given.
   */
  readonly servers: readonly string[];
  /** Used where none were ever given; they are not stored. */
  readonly defaultServers?: readonly string[];
  readonly smp: (events: SmpQueueEvents) => SmpQueueClient;
  /** `sntrup761`; in simulations a double of it. */
  readonly kem: Kem;
  readonly kemKeyPairMaker: KemKeyPairMaker;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Called once what an event tells is on disk. What it throws is logged, and changes nothing. */
  readonly onEvent: ChatEventHandler;
}

/** All tables of the one database. */
export const migrations: readonly Migration[] = [...agentMigrations, ...chatMigrations];

/** Opens the database and the chat on it; throws `AgentError` with a clear sentence, and has then changed nothing. */
export async function openChat(options: OpenChatOptions): Promise<Chat> {
  // Before anything is opened: an address that cannot be read is the caller's mistake.
  options.servers.map(parseSmpServer);
  await initCompression();
  const onActionError = (error: unknown) =>
    options.logger.error(`after a commit: ${error instanceof Error ? error.message : String(error)}`);
  const open = (key: DatabaseKey) => openDatabase(options.databasePath, key, migrations, onActionError);
  const sql = openWithKey(open, options.key);
  try {
    return createChat(sql, { ...options, servers: chosenServers(sql, options) });
  } catch (error) {
    sql.close();
    throw error;
  }
}

/** The servers that were given, which are stored; else those that were stored, else the default. */
function chosenServers(sql: Database, { servers, defaultServers = [] }: OpenChatOptions): readonly string[] {
  const stored = storedServers(sql);
  if (servers.length === 0) return stored.length === 0 ? defaultServers : stored;
  if (servers.join(' ') !== stored.join(' ')) putServers(sql, servers);
  return servers;
}

/**
 * A passphrase is used in Unicode normal form C, so that every keyboard gives the same one. Databases of before have it as
 * it was typed then.
 */
function openWithKey(open: (key: DatabaseKey) => Database, key: DatabaseKey): Database {
  if (key.kind === 'raw') return open(key);
  const typed = key.passphrase;
  let failure: unknown;
  for (const passphrase of new Set([typed.normalize('NFC'), typed, typed.normalize('NFD')])) {
    try {
      return open({ kind: 'passphrase', passphrase });
    } catch (error) {
      if (!(error instanceof AgentError && error.kind === 'passphrase')) throw error;
      failure ??= error;
    }
  }
  throw failure;
}

/** The chat on an open database with all {@link migrations}, which it closes when it stops. Needs `initCompression`. */
export function createChat(
  sql: Database,
  options: Omit<OpenChatOptions, 'databasePath' | 'key' | 'defaultServers'>,
): Chat {
  const { clock, random, logger } = options;
  const servers = options.servers.map(parseSmpServer);
  const { kem } = options;
  const kemKeyPairs = new KemKeyPairs(options.kemKeyPairMaker, () => kem.generate(random));
  const agent = new Agent({
    database: sql,
    smp: options.smp,
    servers,
    clock,
    random,
    kem,
    kemKeyPairs,
    logger,
    onEvent: (event: AgentEvent) => engine.handle(event),
  });
  const events = new EventQueue(options.onEvent, logger);
  const emit = (event: ChatEvent) => sql.afterCommit(() => events.push(event));
  const context: ChatContext = { sql, agent, clock, random, logger, emit };
  const engine = new ChatEngine(
    context,
    servers.map(({ server }) => formatSmpServer(server)),
    () => kemKeyPairs.close(),
  );
  return engine;
}
