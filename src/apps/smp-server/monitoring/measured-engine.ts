/** How long the store takes to have changes on disk, and whether it can. */
import { type Clock, Histogram } from '../../../base/index.ts';
import type { KeyValueEngine } from '../../../smp/server/index.ts';

/** Seconds. */
const COMMIT_BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];

const MS_PER_SECOND = 1_000;

export interface CommitMeasure {
  /** Of changes that are on disk. */
  readonly seconds: Histogram;
  readonly failures: number;
  /** Whether the last change is on disk, or failed. */
  readonly failing: boolean;
}

/** The same engine, with its commits measured. */
export function measuredEngine(
  engine: KeyValueEngine,
  clock: Clock,
): { readonly engine: KeyValueEngine; readonly commits: CommitMeasure } {
  const commits = { seconds: new Histogram(COMMIT_BOUNDS), failures: 0, failing: false };
  return {
    commits,
    engine: {
      ...engine,
      async commit(operations) {
        const started = clock.monotonic();
        try {
          await engine.commit(operations);
        } catch (error) {
          commits.failures++;
          commits.failing = true;
          throw error;
        }
        commits.failing = false;
        commits.seconds.observe((clock.monotonic() - started) / MS_PER_SECOND);
      },
    },
  };
}
