/** Measures the commit times of the store, and whether its disk is writable. */
import { type Clock, Histogram } from '../../../base/index.ts';
import type { ChangeKind, KeyValueEngine } from '../../../smp/server/index.ts';

/** Seconds. */
const COMMIT_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

const MS_PER_SECOND = 1_000;

export interface CommitMeasure {
  /** Durations of successful commits. */
  readonly seconds: Histogram;
  /** Commits that were refused for lack of space, or failed. */
  readonly failures: number;
  /** Whether the disk is full or failing. */
  readonly failing: boolean;
}

/** Bytes claimed to test whether there is space again. */
const PROBE_BYTES = 1;

class Commits implements CommitMeasure {
  readonly seconds = new Histogram(COMMIT_BOUNDS);
  failures = 0;
  /** The last change that needs space was refused; removals still succeed. */
  #full = false;
  #broken = false;
  readonly #engine: KeyValueEngine;

  constructor(engine: KeyValueEngine) {
    this.#engine = engine;
  }

  get failing(): boolean {
    if (this.#full) this.#probe();
    return this.#full || this.#broken;
  }

  claimed(kind: ChangeKind, done: boolean): void {
    if (!done) this.failures++;
    if (kind === 'grows') this.#full = !done;
  }

  committed(seconds: number | undefined): void {
    this.#broken = seconds === undefined;
    if (seconds === undefined) this.failures++;
    else this.seconds.observe(seconds);
  }

  /** Tests for space, because there may have been no write since space was freed. */
  #probe(): void {
    try {
      this.#engine.claim(PROBE_BYTES, 'grows').release();
      this.#full = false;
    } catch {
      // Still none.
    }
  }
}

/** Wraps an engine to measure its commits. */
export function measuredEngine(
  engine: KeyValueEngine,
  clock: Clock,
): { readonly engine: KeyValueEngine; readonly commits: CommitMeasure } {
  const commits = new Commits(engine);
  return {
    commits,
    engine: {
      table: (name) => engine.table(name),
      close: () => engine.close(),
      claim(bytes, kind) {
        let done = false;
        try {
          const room = engine.claim(bytes, kind);
          done = true;
          return room;
        } finally {
          commits.claimed(kind, done);
        }
      },
      async commit(operations) {
        const started = clock.monotonic();
        let seconds: number | undefined;
        try {
          await engine.commit(operations);
          seconds = (clock.monotonic() - started) / MS_PER_SECOND;
        } finally {
          commits.committed(seconds);
        }
      },
    },
  };
}
