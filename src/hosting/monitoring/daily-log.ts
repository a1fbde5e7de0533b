/**
 * Daily statistics as CSV: the date, then columns defined by the caller. The counters are stored when the server stops,
 * so that a day with restarts still has one complete line.
 */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import type { Clock, Timer } from '../../base/index.ts';
import { PRIVATE_FILE_MODE, reasonOf, removeLeftFile } from '../folders.ts';

/** `count`: number of events since the start of the server. `level`: a current value. */
export interface Column {
  readonly kind: 'count' | 'level';
  readonly value: number;
}

export interface DailyLogOptions {
  /** The CSV file that lines are appended to. */
  readonly path: string;
  /** The file that stores the counters of the current day. */
  readonly keptPath: string;
  readonly clock: Clock;
  /** Current values, or those at the end of the day (YYYY-MM-DD) when it is over. */
  columns(date: string): Promise<readonly Column[]>;
  /** Called when a line cannot be written. */
  onError(sentence: string): void;
}

const DAY_MS = 86_400_000;

const dateOf = (ms: number) => new Date(ms).toISOString().slice(0, 10);

interface StoredCounters {
  readonly date: string;
  readonly values: readonly number[];
}

function readKept(path: string): StoredCounters | undefined {
  try {
    const kept = JSON.parse(readFileSync(path, 'utf8')) as Partial<StoredCounters>;
    const { date, values } = kept;
    const valid = typeof date === 'string' && Array.isArray(values) && values.every(Number.isFinite);
    return valid ? { date, values } : undefined;
  } catch {
    // The file is missing or invalid: the day begins now.
    return undefined;
  }
}

/** Writes a line every midnight (UTC) until stopped. */
export class DailyLog {
  readonly #options: DailyLogOptions;
  #date: string;
  /** Counters at the beginning of the day; negative after a restart, for what was counted before. */
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

  /** Stores the counters of the current day, in case the program crashes. */
  async keep(): Promise<void> {
    const kept: StoredCounters = { date: this.#date, values: this.#valuesOf(await this.#options.columns(this.#date)) };
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
    // When the clock was set back a little, the day occurs twice; it still gets one line.
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
