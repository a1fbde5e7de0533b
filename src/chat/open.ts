/** Puts a chat together: database, agent, commands. The one place where they are wired. */
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
import { handleAgentEvent } from './agent-events.ts';
import { apiOver, type ChatApi, type ChatEvent, type ChatEventHandler, type Right } from './api/index.ts';
import { ChatCore } from './chat.ts';
import type { ChatContext } from './context.ts';
import { dispatcher } from './dispatch.ts';
import { logEvent } from './events/log.ts';
import { EventQueue } from './events/queue.ts';
import { handlersOf } from './handlers.ts';
import { initCompression } from './protocol/index.ts';
import { Reachability } from './reachability.ts';
import { chatMigrations, FIRST_PROFILE, putServers, storedServers } from './store/index.ts';

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

/**
 * A running chat: all commands of {@link ChatApi}, and what concerns the program that opened it. A command that fails with
 * `ChatError` or `AgentError` has changed nothing.
 */
export interface Chat extends ChatApi {
  /**
   * The same commands for a face that may do less.
   *
   * @param rights - those that it has: `read`, `write`, `manage`, `secret`; docs/api.md says which command needs which
   * @returns commands that fail with `ChatError` `right` where the face may not use them
   * @example const reader = chat.withRights(['read']);
   */
  withRights(rights: readonly Right[]): ChatApi;
  /** Subscribes to all queues and resumes what was under way; returns at once. */
  start(): void;
  /** True when nothing waits to be sent or acknowledged. */
  idle(): boolean;
  /**
   * Ends connections and closes the database; what waits is sent after the next start. Commands fail with `AgentError`
   * `state.closing` from then on; stopping again does nothing.
   */
  stop(): Promise<void>;
}

/** A chat, and the core that its commands call. */
export interface AssembledChat {
  readonly chat: Chat;
  readonly core: ChatCore;
}

/** All tables of the one database. */
export const migrations: readonly Migration[] = [...agentMigrations, ...chatMigrations];

/** Opens the database and the chat on it; throws `AgentError`, and has then changed nothing. */
export async function openChat(options: OpenChatOptions): Promise<Chat> {
  return (await openAssembled(options)).chat;
}

/** {@link openChat}, with the core of the chat for tests. */
export async function openAssembled(options: OpenChatOptions): Promise<AssembledChat> {
  // Before anything is opened: an address that cannot be read is the caller's mistake.
  options.servers.map(parseSmpServer);
  await initCompression();
  const onActionError = (error: unknown) =>
    options.logger.error(`after a commit: ${error instanceof Error ? error.message : String(error)}`);
  const open = (key: DatabaseKey) => openDatabase(options.databasePath, key, migrations, onActionError);
  const sql = openWithKey(open, options.key);
  try {
    return assembleChat(sql, { ...options, servers: chosenServers(sql, options) });
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
export function assembleChat(
  sql: Database,
  options: Omit<OpenChatOptions, 'databasePath' | 'key' | 'defaultServers'>,
): AssembledChat {
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
    onEvent: (event: AgentEvent) => handleAgentEvent(context, reachability, event),
  });
  const events = new EventQueue(options.onEvent, logger);
  const context: ChatContext = {
    sql,
    agent,
    clock,
    random,
    logger,
    emit: (event) => {
      const number = logEvent(sql, event, clock.now());
      sql.afterCommit(() => events.push({ ...event, number } as ChatEvent));
    },
  };
  const reachability = new Reachability(agent);
  const core = new ChatCore(
    context,
    servers.map(({ server }) => formatSmpServer(server)),
    reachability,
  );
  const ended = new AbortController();
  const common = { profileId: FIRST_PROFILE, signal: ended.signal, underWay: new Map() };
  const handlers = handlersOf(core, context);
  const apiFor = (rights: readonly Right[]): ChatApi =>
    apiOver(dispatcher(context, handlers, { ...common, rights: new Set(rights) }));
  const chat: Chat = {
    ...apiFor(['read', 'write', 'manage', 'secret']),
    withRights: apiFor,
    start: () => core.start(),
    idle: () => core.idle(),
    async stop() {
      if (ended.signal.aborted) return;
      ended.abort(new AgentError('state.closing'));
      await core.stop();
      kemKeyPairs.close();
      sql.close();
    },
  };
  return { chat, core };
}
