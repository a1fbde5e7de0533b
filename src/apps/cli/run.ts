/** `sotto chat`: opens the chat and runs it on a terminal, line by line, or for one command. */

import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { AgentError } from '../../agent/index.ts';
import { type Clock, lineLogger, type Random } from '../../base/index.ts';
import { type Chat, type ChatEvent, type ChatId, type Contact, isValidName } from '../../chat/index.ts';
import { withLogTime } from '../../hosting/log-time.ts';
import type { SystemChatOptions } from '../../sdk/system.ts';
import { KnownContacts } from './commands/contact-list.ts';
import { helpLines, isTopic, noServerLines, unknownTopic } from './commands/help.ts';
import { LineInput, runLines } from './commands/lines.ts';
import { printLastConversation } from './commands/lists.ts';
import { parseCommand } from './commands/parse.ts';
import { HeldPaste, isPaste, withoutPastes } from './commands/pastes.ts';
import { ShownMessages } from './commands/read.ts';
import { Session } from './commands/session.ts';
import { storedAddressee, typedLines } from './commands/typed-lines.ts';
import { databaseKey, isGiven } from './key.ts';
import { quoteName } from './name-syntax.ts';
import { type ChatOptions, dataFolder, UsageError } from './options.ts';
import { type Display, isYes, plainDisplay, spokenDisplay } from './show/display.ts';
import { command, line, sourceText } from './show/look.ts';
import { terminalAbilities } from './show/paint.ts';
import { safeLine } from './show/safe-text.ts';
import type { TerminalPort } from './terminal/port.ts';
import { version } from './version.ts';
import { errorWords, nameWords } from './words.ts';

export const exitCodes = { ok: 0, failed: 1, cannotStart: 2 } as const;
type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Servers for whom none were given, now or before, and what a person is told about them. */
export interface DefaultServers {
  readonly servers: readonly string[];
  readonly notice: readonly string[];
}

/** What the program runs in; the real one is wired in `chat-command.ts`. */
export interface Environment {
  readonly openChat: (options: SystemChatOptions) => Promise<Chat>;
  readonly defaults?: DefaultServers | undefined;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly input: Readable;
  /** Undefined when input or output is not a terminal. */
  readonly terminal: TerminalPort | undefined;
  /** Output goes to a terminal, also when input does not come from it. */
  readonly outIsTerminal?: boolean;
  /** Lines one after another on a terminal, too. */
  readonly plain: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborts when the program is asked to end. */
  readonly signal: AbortSignal;
  /** Aborts when nobody reads the output any more: nothing more is read or waited for, what was asked for is done. */
  readonly readerLeft?: AbortSignal;
}

/** Runs until the person leaves, input ends, or the time is over. Never throws. */
export async function runChat(options: ChatOptions, environment: Environment): Promise<ExitCode> {
  const { err } = environment;
  try {
    return await openAndRun(options, environment);
  } catch (error) {
    err(`${errorWords(error)}\n`);
    return exitCodes.cannotStart;
  }
}

async function openAndRun(options: ChatOptions, environment: Environment): Promise<ExitCode> {
  const answer = options.execute === undefined ? undefined : answerWithoutChat(options.execute);
  if (answer !== undefined) {
    environment.out(answer.map((text) => `${text}\n`).join(''));
    return exitCodes.ok;
  }
  await makeFolder(dirname(options.database), options, environment);
  const isNew = !existsSync(`${options.database}.db`);
  /** Files that are not there until this start makes them; another start may do so meanwhile. */
  const made: string[] = [];
  let opened: Opened;
  try {
    opened = await open(options, environment, isNew, made);
  } catch (error) {
    // A start that was given up leaves nothing behind.
    for (const path of made) rmSync(path, { force: true });
    throw error;
  }
  return converse(options, environment, opened);
}

/** The folder of the data is made without a question; another one that is not there is most often a mistyped path. */
async function makeFolder(folder: string, options: ChatOptions, environment: Environment): Promise<void> {
  if (folder !== dataFolder(environment.env) && !existsSync(folder) && !options.yes) {
    const { terminal } = environment;
    const question = `The folder ${folder} does not exist. Make it? (yes/no) `;
    const canAsk = terminal !== undefined && options.execute === undefined;
    const answer = canAsk
      ? await (await import('./terminal/prompt.ts')).ask(terminal, safeLine(question), false)
      : undefined;
    if (!isYes(answer)) {
      throw new UsageError(`the folder ${folder} does not exist: make it with mkdir -p, or correct the path after -d`);
    }
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
}

/** What needs no database is told even where there is none, or another program has it. */
function answerWithoutChat(execute: readonly string[]): readonly string[] | undefined {
  const answers = execute.map((each) => {
    const asked = parseCommand(each);
    if (asked?.kind === 'version') return [`Sotto ${version()}`];
    if (asked?.kind !== 'help') return undefined;
    if (!isTopic(asked.topic)) throw new UsageError(unknownTopic(asked.topic));
    return helpLines(asked.topic, PLAIN_COLUMNS).map(sourceText);
  });
  return answers.every((each) => each !== undefined) ? answers.flat() : undefined;
}

const PLAIN_COLUMNS = 80;

const databaseFiles = (prefix: string) =>
  ['.db', '.db-wal', '.db-shm', '.db-lock', '.key'].map((end) => `${prefix}${end}`);

/** An open chat with a profile, and where its events go until there is somebody to show them to. */
interface Opened {
  readonly chat: Chat;
  readonly contacts: KnownContacts;
  readonly addressee: ChatId | undefined;
  readonly input: LineInput | undefined;
  readonly events: EventRelay;
  /** The database was made in this run. */
  readonly isNew: boolean;
}

/** Events of the start come before there is a session to show them; a line of the log must not tear a typed one. */
class EventRelay {
  #early: ChatEvent[] = [];
  #handle: ((event: ChatEvent) => void) | undefined;
  log: (line: string) => void;

  constructor(log: (line: string) => void) {
    this.log = log;
  }

  readonly onEvent = (event: ChatEvent): void => {
    if (this.#handle === undefined) this.#early.push(event);
    else this.#handle(event);
  };

  start(handle: (event: ChatEvent) => void): void {
    this.#handle = handle;
    for (const event of this.#early.splice(0)) handle(event);
  }

  stop(): void {
    this.#handle = () => {};
  }
}

function endOfInput({ signal, readerLeft }: Environment): AbortSignal {
  return readerLeft === undefined ? signal : AbortSignal.any([signal, readerLeft]);
}

/** Whether lines of input come from somebody at a terminal: what arrives together was pasted there. */
function isTyped({ terminal, input }: Environment): boolean {
  return terminal !== undefined || ('isTTY' in input && input.isTTY === true);
}

/** How often a person who is asked for the passphrase may give it before the program ends. */
const PASSPHRASE_TRIES = 3;

async function open(options: ChatOptions, environment: Environment, isNew: boolean, made: string[]): Promise<Opened> {
  const { err, terminal: port, plain } = environment;
  const drawn = port !== undefined && !plain && options.execute === undefined;
  // Hidden questions come first on a terminal that is read by lines: nothing else may read from it then.
  const askHidden =
    port === undefined || options.yes
      ? undefined
      : async (question: string) => (await import('./terminal/prompt.ts')).ask(port, question, true);
  const keyOf = () =>
    databaseKey(options, {
      env: environment.env,
      random: environment.random,
      askHidden,
      tell: (text) => err(`${text}\n`),
    });
  const lineInput = () =>
    drawn || options.execute !== undefined
      ? undefined
      : new LineInput(environment.input, endOfInput(environment), isTyped(environment) ? environment.clock : undefined);
  const early = port === undefined ? lineInput() : undefined;
  const askDrawn = drawn ? port : undefined;
  // The name comes before the database is made, so that who leaves here leaves no database.
  const asksFirst = isNew && (askDrawn !== undefined || early !== undefined);
  const name = asksFirst ? await newName(options, environment, askDrawn, early) : options.createDisplayName;
  const absent = databaseFiles(options.database).filter((path) => !existsSync(path));
  let key = await keyOf();
  const input = port === undefined ? early : lineInput();
  const events = new EventRelay((text) => err(`${text}\n`));
  const logger = lineLogger(
    options.logLevel,
    withLogTime((text) => events.log(safeLine(text))),
  );
  const { servers } = options;
  const databasePath = `${options.database}.db`;
  const openWith = () =>
    environment.openChat({
      databasePath,
      key,
      servers,
      defaultServers: environment.defaults?.servers ?? [],
      onEvent: events.onEvent,
      logger,
    });
  const wasAsked = askHidden !== undefined && key.kind === 'passphrase' && !isGiven(options, environment.env);
  let chat: Chat | undefined;
  for (let tries = 1; chat === undefined; tries++) {
    try {
      chat = await openWith();
    } catch (error) {
      const isOthers = error instanceof AgentError && ['database-locked', 'passphrase'].includes(error.kind);
      if (isNew && !isOthers) made.push(...absent);
      const isWrong = error instanceof AgentError && error.kind === 'passphrase';
      if (!isWrong || !wasAsked || isNew || tries >= PASSPHRASE_TRIES) throw error;
      err(`${errorWords(error)} Try again.\n`);
      key = await keyOf();
    }
  }
  if (isNew) made.push(...absent);
  try {
    if ((await chat.profiles.get()).profile === undefined) {
      const displayName = name ?? (await newName(options, environment, askDrawn, input));
      await chat.profiles.create({ displayName });
    }
    const contacts = new KnownContacts(chat);
    await contacts.load();
    return { chat, contacts, addressee: await storedAddressee(chat), input, events, isNew };
  } catch (error) {
    await chat.stop();
    throw error;
  }
}

async function converse(options: ChatOptions, environment: Environment, opened: Opened): Promise<ExitCode> {
  const { clock, out, err, terminal: port, plain, signal } = environment;
  const { chat, contacts, addressee, input, events } = opened;
  const interactive = port !== undefined && options.execute === undefined;
  try {
    if (interactive && !plain) return await onTerminal(port, options, environment, opened);
    const paste = options.execute === undefined && isTyped(environment) ? new HeldPaste(contacts) : undefined;
    const ask = async (question: string) => {
      out(`${question}\n`);
      const answer = await input?.next();
      if (answer === undefined || !isPaste(answer)) return answer;
      session.holdPaste(answer);
      return undefined;
    };
    const asked = options.yes ? async () => 'yes' : ask;
    const display = interactive
      ? spokenDisplay(out, clock.now, asked)
      : plainDisplay(out, err, clock.now, plain || environment.outIsTerminal);
    const shown = new ShownMessages();
    const session = new Session({
      chat,
      contacts,
      addressee,
      display,
      now: clock.now,
      signal,
      ...(paste && { paste }),
    });
    if (interactive) {
      await greet(opened, display, environment);
      shown.add(...(await printLastConversation({ chat, contacts, display, now: clock.now })));
    }
    chat.start();
    events.start((event) => {
      void contacts.handle(event);
      session.handle(event);
      const isShown = event.kind === 'messageReceived' || event.kind === 'messageUpdated';
      if (interactive && isShown && !event.item.live) shown.add(event.item.itemId);
    });
    const typed = options.execute === undefined ? (input as LineInput) : options.execute;
    const seen = interactive ? seenBefore(typed, () => shown.markRead(chat)) : typed;
    const lines = paste === undefined ? seen : withoutPastes(seen, (pasted) => session.holdPaste(pasted));
    const allDone = await runLines({
      lines,
      stopsAtFailure: options.execute !== undefined,
      session,
      chat,
      seconds: options.time,
      clock,
      err,
      signal,
      readerLeft: environment.readerLeft,
    });
    const lost = paste?.drop() ?? 0;
    if (lost > 0) display.printError([line(`${lost} pasted lines were not sent`)]);
    return allDone || interactive ? exitCodes.ok : exitCodes.failed;
  } finally {
    events.stop();
    await chat.stop();
  }
}

/** Whoever types a line has seen what came before it. */
async function* seenBefore(lines: AsyncIterable<string> | Iterable<string>, seen: () => Promise<void>) {
  for await (const typed of lines) {
    await seen();
    yield typed;
  }
}

async function onTerminal(
  port: TerminalPort,
  { yes: askNothing, database }: ChatOptions,
  environment: Environment,
  opened: Opened,
): Promise<ExitCode> {
  const { clock, signal, env } = environment;
  const { chat, contacts, addressee, events } = opened;
  // Scripts do without all that draws.
  const { Terminal } = await import('./terminal/terminal.ts');
  const { gatheredReads } = await import('./terminal/gathered.ts');
  const terminal = new Terminal({
    port: gatheredReads(port, clock),
    abilities: terminalAbilities(env),
    chat,
    contacts,
    history: await typedLines(chat),
    addressee,
    now: clock.now,
    askNothing,
    qrFile: `${database}-invitation.svg`,
  });
  const { display } = terminal;
  const onActive = (contact: Contact | undefined) => terminal.follow(contact);
  const session = new Session({ chat, contacts, addressee, display, now: clock.now, signal, onActive });
  events.log = (text) => display.printError([line(safeLine(text))]);
  await greet(opened, display, environment);
  await terminal.resume();
  chat.start();
  events.start((event) => {
    void contacts.handle(event).then(() => terminal.refresh());
    session.handle(event);
    terminal.handle(event);
  });
  await terminal.run((typed) => session.run(typed), signal);
  terminal.close();
  return exitCodes.ok;
}

async function greet({ chat, contacts, isNew }: Opened, { print }: Display, { defaults }: Environment): Promise<void> {
  const { profile } = await chat.profiles.get();
  const name = quoteName(profile?.displayName ?? '');
  const { servers } = await chat.servers.list();
  if (defaults !== undefined && servers.join(' ') === defaults.servers.join(' ')) {
    print(defaults.notice.map((text) => line(text)));
  }
  print([line(`You are ${name}. `, command('/help'), ' lists the commands, ', command('/quit'), ' leaves.')]);
  if (contacts.all().length === 0) print([line(command('/c'), ' makes a link for somebody to talk to.')]);
  // Later it is said by the commands that need one.
  if (isNew && servers.length === 0) print(noServerLines.map((text) => line(text)));
}

const problemOf = (name: string) => (isValidName(name) ? undefined : nameWords(name));

/** A valid name for a new profile: of the options, or asked for until there is one. */
async function newName(
  options: ChatOptions,
  { terminal, err }: Environment,
  drawn: TerminalPort | undefined,
  input: LineInput | undefined,
): Promise<string> {
  if (options.createDisplayName !== undefined) {
    const problem = problemOf(options.createDisplayName.trim());
    if (problem !== undefined) throw new UsageError(problem);
    return options.createDisplayName;
  }
  const question = 'your name, for your contacts to see: ';
  for (;;) {
    let name: string | undefined;
    if (drawn !== undefined && !options.yes)
      name = await (await import('./terminal/prompt.ts')).ask(drawn, question, false);
    else if (input !== undefined) {
      err(`${question}\n`);
      name = await input.next();
    }
    if (name === undefined) throw new UsageError('there is no profile yet: give a name with --create-display-name');
    const problem = problemOf(name.trim());
    if (problem === undefined) return name.trim();
    if (terminal === undefined) throw new UsageError(problem);
    err(`${problem}\n`);
  }
}
