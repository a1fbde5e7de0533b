/** A counter for the current day (UTC of the given clock), stored in a file, so that it survives restarts. */
import { readFileSync, writeFileSync } from 'node:fs';
import type { Clock } from '../../../base/index.ts';
import { HostingError, PRIVATE_FILE_MODE, reasonOf } from '../../../hosting/index.ts';

const DAY_MS = 86_400_000;

interface StoredCount {
  /** Days since 1970. */
  readonly day: number;
  readonly count: number;
}

/** Zero when the file is missing or invalid. */
function read(path: string): StoredCount {
  const none = { day: 0, count: 0 };
  try {
    const { day, count } = JSON.parse(readFileSync(path, 'utf8')) as Partial<StoredCount>;
    return Number.isInteger(day) && Number.isInteger(count) ? { day: day!, count: count! } : none;
  } catch {
    return none;
  }
}

export class DailyCount {
  readonly #path: string;
  readonly #clock: Pick<Clock, 'now'>;
  #kept: StoredCount;

  constructor(path: string, clock: Pick<Clock, 'now'>) {
    this.#path = path;
    this.#clock = clock;
    this.#kept = read(path);
  }

  get today(): number {
    return this.#kept.day === this.#day ? this.#kept.count : 0;
  }

  /** Throws {@link HostingError} when it cannot be stored; then nothing is counted. */
  add(times: number): void {
    const kept: StoredCount = { day: this.#day, count: this.today + times };
    try {
      writeFileSync(this.#path, JSON.stringify(kept), { mode: PRIVATE_FILE_MODE });
    } catch (cause) {
      throw new HostingError(`The file ${this.#path} cannot be written: ${reasonOf(cause)}.`, { cause });
    }
    this.#kept = kept;
  }

  get #day(): number {
    return Math.floor(this.#clock.now() / DAY_MS);
  }
}
