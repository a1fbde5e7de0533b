/** One call to a chat, for bots and other programs. */
import { type Logger, lineLogger } from '../base/index.ts';
import type { Chat } from '../chat/index.ts';
import { parseSmpServer } from '../protocol/index.ts';
import { type EventHandler, EventHandlers, type EventKind } from './event-handlers.ts';
import { openSystemChat } from './system.ts';

export interface OpenOptions {
  /** The file of the encrypted database, made when it is not there, with mode 0600; `:memory:` for one that is not kept. */
  readonly path: string;
  /** A passphrase (about 100 ms at each opening, by design), or 32 random bytes. Without it the database cannot be read. */
  readonly key: string | Uint8Array;
  /**
   * `smp://…` addresses on which contacts can write to this chat. They are stored: without them those of before are used.
   * None are needed to talk to contacts that are there already.
   */
  readonly servers?: readonly string[];
  /** The name that contacts see, for a database that is new. */
  readonly name?: string;
  /** Where warnings and errors go; standard error unless told. It gets no keys, messages or addresses of peers. */
  readonly logger?: Logger;
}

/** A chat of a program: all commands of the API, and handlers of events. */
export interface BotChat extends Chat {
  /**
   * Calls `handler` with each event of a kind, once what it tells is stored.
   *
   * @param kind - as docs/api.md lists them: `messageReceived`, `contactConnected`, …
   * @returns a function that removes the handler
   * @example chat.on('messageReceived', ({ contact, item }) => console.log(contact.localName, item.text));
   */
  on<K extends EventKind>(kind: K, handler: EventHandler<K>): () => void;
}

/**
 * Opens a chat on this machine. Nothing is received before {@link Chat.start}, so that handlers can be set first.
 *
 * @param options - the database, its key, and for a new one servers and a name
 * @returns the chat; `stop` it before the program ends, though nothing is lost where that does not happen
 * @throws AgentError where the database cannot be opened, with the `kind` `passphrase`, `database-locked`,
 *   `database-damaged`, `database-newer` or `disk`
 * @throws TypeError where an option is missing or of another type, and where a server address cannot be read
 * @throws ChatError `name` where the name cannot be used
 * @example
 * const chat = await openChat({ path: 'echo.db', key: process.env.KEY, name: 'echo', servers: [process.env.SERVER] });
 * chat.on('messageReceived', ({ contact, item }) => chat.messages.send({ chatId: contact.chatId, text: item.text }));
 * chat.start();
 */
export async function openChat(options: OpenOptions): Promise<BotChat> {
  const { path, key, servers = [], name } = checkOptions(options);
  const logger = options.logger ?? lineLogger('warn', (line) => console.error(line));
  const handlers = new EventHandlers(logger);
  const chat = await openSystemChat({
    databasePath: path,
    key: typeof key === 'string' ? { kind: 'passphrase', passphrase: key } : { kind: 'raw', key },
    servers,
    logger,
    onEvent: (event) => handlers.tell(event),
  });
  try {
    const { profile } = await chat.profiles.get();
    if (profile === undefined && name !== undefined) await chat.profiles.create({ displayName: name });
  } catch (error) {
    await chat.stop();
    throw error;
  }
  return { ...chat, on: (kind, handler) => handlers.add(kind, handler) };
}

const KEY_SIZE = 32;

/** For programs without types: says which option is wrong, before anything is made. */
function checkOptions(options: OpenOptions): OpenOptions {
  const { path, key, servers = [], name } = (options ?? {}) as Partial<OpenOptions>;
  const refuse = (problem: string) => {
    throw new TypeError(`openChat: ${problem}`);
  };
  if (typeof path !== 'string' || path === '') refuse('"path" is the file of the database');
  const isKey = typeof key === 'string' ? key !== '' : key instanceof Uint8Array && key.length === KEY_SIZE;
  if (!isKey) refuse(`"key" is a passphrase, or ${KEY_SIZE} random bytes`);
  if (!Array.isArray(servers)) refuse('"servers" is a list of smp://… addresses');
  for (const server of servers as readonly unknown[]) {
    if (typeof server !== 'string') refuse('a server is missing: "servers" is a list of smp://… addresses');
    try {
      parseSmpServer(server as string);
    } catch (cause) {
      throw new TypeError(`openChat: "${server}" is no address of a server: smp://identity@host`, { cause });
    }
  }
  if (name !== undefined && typeof name !== 'string') refuse('"name" is a text');
  return options;
}
