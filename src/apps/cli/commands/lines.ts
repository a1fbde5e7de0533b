/** Commands that come line by line, from input that is no terminal or from `--execute`. */
import { on } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { Readable } from 'node:stream';
import { type Clock, sleep, type Timer } from '../../../base/index.ts';
import type { Chat } from '../../../chat/index.ts';
import { LineLimit, LineTooLongError } from './line-limit.ts';
import { MAX_PASTE, PASTE_GAP_MS, withoutLastBreaks } from './paste-limits.ts';
import type { Session } from './session.ts';

/** How long the end of input waits for messages to reach the server. */
const SEND_SECONDS = 15;
/** How often to look whether they have. */
const IDLE_CHECK_MS = 20;
/** Lines that are read ahead of those that run: each may be as long as the limit. */
const LINES_AHEAD = 16;

export interface LinesOptions {
  readonly lines: AsyncIterable<string> | Iterable<string>;
  readonly session: Session;
  readonly chat: Pick<Chat, 'idle'>;
  /** Nothing is run after a line that failed. */
  readonly stopsAtFailure: boolean;
  /** How long to go on receiving when the lines have ended. */
  readonly seconds: number | undefined;
  readonly clock: Clock;
  readonly err: (text: string) => void;
  readonly signal: AbortSignal;
  /** Nothing more is received for nobody. */
  readonly readerLeft: AbortSignal | undefined;
}

/** Runs one line after another, then waits until what they sent is on the server. False when something failed. */
export async function runLines(options: LinesOptions): Promise<boolean> {
  const { lines, stopsAtFailure, session, chat, seconds, clock, err, signal, readerLeft } = options;
  let failed = false;
  let quit = false;
  let sent = false;
  try {
    for await (const line of lines) {
      if (signal.aborted || (!stopsAtFailure && readerLeft?.aborted)) break;
      const outcome = await session.run(line);
      if (outcome === 'failed') failed = true;
      if (failed && stopsAtFailure) break;
      if (outcome === 'ok' && /^\s*[@>!\\+-]/.test(line)) sent = true;
      if (outcome === 'quit') {
        quit = true;
        break;
      }
    }
  } catch (error) {
    // What the lines before sent is still to reach the server.
    if (!(error instanceof LineTooLongError)) throw error;
    err(`${error.message}\n`);
    failed = true;
  }
  const endAt = clock.monotonic() + SEND_SECONDS * 1000;
  try {
    if (!quit && !(failed && stopsAtFailure) && seconds !== undefined) {
      await receiveFor(seconds, clock, signal, readerLeft);
    }
    while (!chat.idle() && clock.monotonic() < endAt) await sleep(clock, IDLE_CHECK_MS, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  if (sent && !chat.idle() && !signal.aborted) {
    err('not everything is sent yet: it is kept, and sent when the program runs again\n');
    failed = true;
  }
  return !failed && !session.sendingFailed;
}

/** Rejects when `signal` aborts; ends early when the reader leaves. */
async function receiveFor(
  seconds: number,
  clock: Clock,
  signal: AbortSignal,
  readerLeft: AbortSignal | undefined,
): Promise<void> {
  const ends = readerLeft === undefined ? signal : AbortSignal.any([signal, readerLeft]);
  try {
    await sleep(clock, seconds * 1000, ends);
  } catch (error) {
    if (readerLeft?.aborted !== true || signal.aborted) throw error;
  }
}

/** Standard input by lines, of which the first may answer a question. */
export class LineInput implements AsyncIterable<string> {
  readonly #lines: AsyncIterator<string>;

  /**
   * `person`: the clock for lines that somebody types. Those that arrive together then were pasted, and are given as one
   * text with line breaks; from elsewhere each line is one.
   */
  constructor(input: Readable, signal: AbortSignal, person?: Clock) {
    const limit = new LineLimit();
    input.once('error', (error) => limit.destroy(error));
    const lines = createInterface({ input: input.pipe(limit), signal, crlfDelay: Number.POSITIVE_INFINITY });
    // Listens at once: a line that nobody listens for is lost.
    const given = person === undefined ? on(lines, 'line', ahead) : gatherPastes(lines, person)[Symbol.asyncIterator]();
    this.#lines = limited(given, limit);
  }

  async next(): Promise<string | undefined> {
    const { value, done } = await this.#lines.next();
    return done === true ? undefined : value;
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return this.#lines;
  }
}

const ahead = { close: ['close'], highWaterMark: LINES_AHEAD };

/** Throws {@link LineTooLongError} after the last line before one that is too long. */
async function* limited(lines: AsyncIterable<string | [string]>, limit: LineLimit): AsyncGenerator<string> {
  for await (const each of lines) yield typeof each === 'string' ? each : each[0];
  if (limit.tooLong) throw new LineTooLongError();
}

/** Gathers lines as they arrive, not as they are taken: one that is typed while a command runs stays apart. */
function gatherPastes(lines: Interface, clock: Clock): Readable {
  const texts = new Readable({ objectMode: true, read: () => {} });
  let text: string | undefined;
  let timer: Timer | undefined;
  const flush = () => {
    timer?.cancel();
    // An empty line stays one; those below a text are not of it.
    if (text !== undefined) texts.push(withoutLastBreaks(text));
    text = undefined;
  };
  lines.on('line', (typed) => {
    timer?.cancel();
    // Keeps just enough of an overlong paste to recognise it as too long.
    if ((text?.length ?? 0) <= MAX_PASTE) text = text === undefined ? typed : `${text}\n${typed}`;
    timer = clock.schedule(PASTE_GAP_MS, flush);
  });
  lines.on('close', () => {
    flush();
    texts.push(null);
  });
  return texts;
}
