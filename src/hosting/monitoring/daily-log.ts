/**
 * A line a day about what a server did, as CSV: the date, then columns whose meaning their owner knows. What a server
 * counted before it was stopped is kept, so that a day with restarts has one line, whole.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { Clock, Timer } from '../../base/index.ts';
import { PRIVATE_FILE_MODE, reasonOf, removeLeftFile } from '../folders.ts';

/** `count`: how often something happened since the start of the server. `level`: how much there is now. */
export interface Column {
  readonly kind: 'count' | 'level';
  readonly value: number;
}

export interface DailyLogOptions {
  /** Lines are added to this file. */
  readonly path: string;
  /** For what was counted of a day when the server stops. */
  readonly keptPath: string;
  readonly clock: Clock;
  /** As of now, or of the end of the day (YYYY-MM-DD) when that is past. */
  columns(date: string): Promise<readonly Column[]>;
  /** A line could not be written. */
  onError(sentence: string): void;
}

const DAY_MS = 86_400_000;

const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

interface Kept {
  readonly date: string;
  readonly values: readonly number[];
}

function readKept(path: string): Kept | undefined {
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Partial<Kept>;
    const { date, values } = kept;
    const valid = typeof date === 'string' && Array.isArray(values) && values.every(Number.isFinite);
    return valid ? { date, values } : undefined;
  } catch {
    // There is none, or it is of something else: the day begins now.
    return undefined;
  }
}

/** One line a day, at midnight UTC, until it is stopped. */
export class DailyLog {
  readonly #options: DailyLogOptions;
  #date: string;
  /** What was counted at the beginning of the day; negative when it was counted before a restart. */
  #before: readonly number[];
  #timer: Timer | undefined;

  constructor(options: DailyLogOptions) {
    this.#options = options;
    this.#date = dateOf(options.clock.now());
    this.#before = [];
    const kept = readKept(options.keptPath);
    removeLeftFile(options.keptPath);
    if (kept !== undefined) {
      if (kept.date === this.#date) this.#before = kept.values.map((value) => -value);
      else this.#append(kept.date, kept.values);
    }
    this.#schedule();
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    await this.keep();
  }

  /** Keeps what was counted of this day, in case the program does not come to its end. */
  async keep(): Promise<void> {
    const kept: Kept = { date: this.#date, values: this.#valuesOf(await this.#options.columns(this.#date)) };
    this.#write(() => writeFileSync(this.#options.keptPath, JSON.stringify(kept), { mode: PRIVATE_FILE_MODE }));
  }

  #schedule(): void {
    const { clock } = this.#options;
    const untilMidnight = DAY_MS - (clock.now() % DAY_MS);
    this.#timer = clock.schedule(untilMidnight, () => void this.#turn(), { background: true });
  }

  async #turn(): Promise<void> {
    const { clock, columns } = this.#options;
    const today = dateOf(clock.now());
    // A clock that was set back a little has this day twice; it is still one line.
    if (today > this.#date || Date.parse(this.#date) - Date.parse(today) > DAY_MS) {
      const now = await columns(this.#date);
      this.#append(this.#date, this.#valuesOf(now));
      this.#before = now.map(({ value }) => value);
      this.#date = today;
    }
    this.#schedule();
  }

  #valuesOf(columns: readonly Column[]): number[] {
    return columns.map(({ kind, value }, i) => (kind === 'level' ? value : value - (this.#before[i] ?? 0)));
  }

  #append(date: string, values: readonly number[]): void {
    const line = `${[date, ...values].join(',')}\n`;
    this.#write(() => appendFileSync(this.#options.path, line, { mode: PRIVATE_FILE_MODE }));
  }

  #write(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#options.onError(`the daily statistics cannot be written: ${reasonOf(error)}`);
    }
  }
}
