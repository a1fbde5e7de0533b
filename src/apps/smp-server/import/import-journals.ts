/**
 * The reference's journals (folder `messages`): one folder for each queue that has or had messages, at a path made of
 * parts of its id, with `queue_state.<id>.log`, and `messages.<journal>.log` with one message per line.
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { HostingError, reasonOf } from '../../../hosting/index.ts';
import type { ImportStore } from '../../../smp/server/index.ts';
import { type JournalRange, parseJournalState } from './journal-state.ts';
import { parseMessage } from './message-text.ts';
import type { Skipped } from './skipped.ts';
import { Window } from './window.ts';
import { idOf, LogError } from './words.ts';

/** The reference uses five levels of folders. */
const MAX_DEPTH = 12;

/** More than the last two lines of a state file. */
const STATE_END_BYTES = 2_048;

/** While the state file is rewritten, the last state is in a backup file, which then counts. */
const STATE_FILE = /^queue_state\.([A-Za-z0-9_=-]+)\.log(\.bak)?$/;

/** Reads a range of a file, less at its end; undefined when there is no such file. */
function readPart(path: string, range: (size: number) => readonly [number, number]): Buffer | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    if ((cause as { readonly code?: string }).code === 'ENOENT') return undefined;
    throw new HostingError(`The file ${path} cannot be read: ${reasonOf(cause)}.`, { cause });
  }
  try {
    const { size } = fstatSync(file);
    const [from, to] = range(size);
    const part = Buffer.alloc(Math.max(0, Math.min(to, size) - from));
    return part.subarray(0, readSync(file, part, 0, part.length, from));
  } finally {
    closeSync(file);
  }
}

class JournalImport {
  readonly #store: ImportStore;
  readonly #skipped: Skipped;
  readonly #onQueue: (count: number) => void;
  readonly #window = new Window();
  #count = 0;

  constructor(store: ImportStore, skipped: Skipped, onQueue: (count: number) => void) {
    this.#store = store;
    this.#skipped = skipped;
    this.#onQueue = onQueue;
  }

  async run(folder: string): Promise<void> {
    await this.#walk(folder, MAX_DEPTH);
    await this.#window.settle();
  }

  async #walk(folder: string, depth: number): Promise<void> {
    const states = new Map<string, string>();
    try {
      for await (const entry of await opendir(folder)) {
        if (entry.isDirectory() && depth > 0) await this.#walk(join(folder, entry.name), depth - 1);
        const [, id, aside] = STATE_FILE.exec(entry.name) ?? [];
        if (id !== undefined && (aside !== undefined || !states.has(id))) states.set(id, entry.name);
      }
    } catch (cause) {
      if (cause instanceof HostingError) throw cause;
      throw new HostingError(`The folder ${folder} cannot be read: ${reasonOf(cause)}.`, { cause });
    }
    for (const [id, name] of states) await this.#queue(folder, id, name);
  }

  async #queue(folder: string, id: string, stateName: string): Promise<void> {
    this.#onQueue(++this.#count);
    let rcvId: Uint8Array;
    try {
      rcvId = idOf(id, 'id of the queue');
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      return this.#skipped.add('journals: a state whose name is not that of a queue');
    }
    const end = readPart(join(folder, stateName), (size) => [Math.max(0, size - STATE_END_BYTES), size]);
    // An empty state file belongs to a queue that never had a message.
    if (end === undefined || end.length === 0) return;
    const ranges = parseJournalState(end.toString('latin1'));
    if (ranges === undefined) return this.#skipped.add('journals: a queue whose state is not readable');
    for (const range of ranges) {
      for (const line of this.#linesOf(folder, range)) await this.#window.add(this.#append(rcvId, line));
    }
  }

  #linesOf(folder: string, { journal, from, to, count }: JournalRange): readonly string[] {
    const part = readPart(join(folder, `messages.${journal}.log`), () => [from, to]);
    const lines = part?.toString('latin1').split('\n') ?? [''];
    // Text behind the last newline is a truncated message.
    const whole = lines.slice(0, -1);
    for (let missing = whole.length; missing < count; missing++) {
      this.#skipped.add('journals: a message that is missing, because its journal is truncated or missing');
    }
    return whole;
  }

  async #append(rcvId: Uint8Array, line: string): Promise<void> {
    try {
      const done = await this.#store.appendMessage(rcvId, parseMessage(line));
      if (!done) this.#skipped.add('journals: a message of a missing queue');
    } catch (error) {
      if (!(error instanceof LogError)) throw error;
      this.#skipped.add(`journals: not readable: ${error.message}`);
    }
  }
}

/** Reads the journals in `folder` into a store that has the queues; `onQueue` gets the number of finished queues. */
export async function importJournals(
  folder: string,
  store: ImportStore,
  skipped: Skipped,
  onQueue: (count: number) => void,
): Promise<void> {
  await new JournalImport(store, skipped, onQueue).run(folder);
}
