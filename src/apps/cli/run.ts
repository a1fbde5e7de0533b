/** `sotto chat`: opens the chat and runs it on a terminal, line by line, or for one command. */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { type Clock, lineLogger, type Random } from '../../base/index.ts';
import {
  type Chat,
  ChatError,
  type ChatEvent,
  type OpenChatOptions as FullChatOptions,
  quoteName,
} from '../../chat/index.ts';
import { type Display, plainDisplay } from './display.ts';
import { noServerLines } from './help.ts';
import { databaseKey } from './key.ts';
import { LineInput, runLines } from './lines.ts';
import { type ChatOptions, UsageError } from './options.ts';
import type { Style } from './render.ts';
import { safeLine } from './safe-text.ts';
import { Session } from './session.ts';
import type { TerminalPort } from './terminal/port.ts';
import { ask } from './terminal/prompt.ts';
import { Terminal } from './terminal/terminal.ts';

export const exitCodes = { ok: 0, failed: 1, cannotStart: 2 } as const;
type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What a face chooses of a chat; the rest is the machine's. */
export type OpenChatOptions = Pick<FullChatOptions, 'databasePath' | 'key' | 'servers' | 'onEvent' | 'logger'>;

/** What the program runs in; the real one is wired in `chat-command.ts`. */
export interface Environment {
  readonly openChat: (options: OpenChatOptions) => Promise<Chat>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly input: Readable;
  /** Undefined when input or output is not a terminal. */
  readonly terminal: TerminalPort | undefined;
  readonly style: Style;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborts when the program is asked to end. */
  readonly signal: AbortSignal;
}

/** Runs until the person leaves, input ends, or the time is over. Never throws. */
export async function runChat(options: ChatOptions, environment: Environment): Promise<ExitCode> {
  const { err } = environment;
  try {
    return await openAndRun(options, environment);
  } catch (error) {
    err(`${error instanceof Error ? error.message : String(error)}\n`);
    return exitCodes.cannotStart;
  }
}

async function openAndRun(options: ChatOptions, environment: Environment): Promise<ExitCode> {
  const { clock, out, err, terminal: port, signal } = environment;
  const interactive = port !== undefined && options.execute === undefined;
  const askHidden = port && !options.yes ? (question: string) => ask(port, question, true) : undefined;
  mkdirSync(dirname(options.database), { recursive: true, mode: 0o700 });
  const key = await databaseKey(options, {
    env: environment.env,
    random: environment.random,
    askHidden,
    tell: (line) => err(`${line}\n`),
  });

  // Events of the start come before there is a session to show them.
  let handle: ((event: ChatEvent) => void) | undefined;
  const early: ChatEvent[] = [];
  const onEvent = (event: ChatEvent) => {
    if (handle === undefined) early.push(event);
    else handle(event);
  };
  // On a terminal a line of the log must not tear the one that is being typed.
  let log = (line: string) => err(`${line}\n`);
  const logger = lineLogger(options.logLevel, (line) => log(safeLine(line)));
  const databasePath = `${options.database}.db`;
  const { servers } = options;
  const chat = await environment.openChat({ databasePath, key, servers, onEvent, logger });
  try {
    const input = interactive || options.execute !== undefined ? undefined : new LineInput(environment.input, signal);
    await ensureProfile(chat, options, environment, input);
    const terminal = interactive ? new Terminal({ port, style: environment.style, now: clock.now }) : undefined;
    const display = terminal?.display ?? plainDisplay(out, err, clock.now);
    const session = new Session({
      chat,
      display,
      now: clock.now,
      signal,
      onActive: (localName) => terminal?.setActive(localName),
    });
    if (terminal !== undefined) {
      log = (line) => display.printError([safeLine(line)]);
      greet(chat, display);
    }
    chat.start();
    handle = (event) => session.handle(event);
    for (const event of early.splice(0)) handle(event);
    if (terminal !== undefined) {
      await terminal.run(chat, (line) => session.run(line), signal);
      terminal.close();
      return exitCodes.ok;
    }
    const lines = options.execute === undefined ? (input as LineInput) : [options.execute];
    const allDone = await runLines({ lines, session, chat, seconds: options.time, clock, err, signal });
    return allDone ? exitCodes.ok : exitCodes.failed;
  } finally {
    handle = () => {};
    await chat.stop();
  }
}

function greet(chat: Chat, { print, style }: Display): void {
  const name = quoteName(chat.profile()?.displayName ?? '');
  print([`You are ${name}. ${style.command('/help')} lists the commands, ${style.command('/quit')} leaves.`]);
  if (chat.servers().length === 0) print(noServerLines);
}

async function ensureProfile(
  chat: Chat,
  options: ChatOptions,
  { terminal, err }: Environment,
  input: LineInput | undefined,
): Promise<void> {
  if (chat.profile() !== undefined) return;
  if (options.createDisplayName !== undefined) {
    chat.createProfile(options.createDisplayName);
    return;
  }
  const question = 'display name for your contacts to see: ';
  for (;;) {
    let name: string | undefined;
    if (terminal !== undefined && !options.yes) name = await ask(terminal, question, false);
    else if (input !== undefined) {
      err(`${question}\n`);
      name = await input.next();
    }
    if (name === undefined) throw new UsageError('there is no profile yet: give a name with --create-display-name');
    try {
      chat.createProfile(name.trim());
      return;
    } catch (error) {
      if (!(error instanceof ChatError) || terminal === undefined) throw error;
      err(`${error.message}\n`);
    }
  }
}
