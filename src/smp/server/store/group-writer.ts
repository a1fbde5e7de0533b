/**
 * Group commit: changes are collected while the previous group is being written, and are written together once it is on
 * disk. A change may depend on the group before it; so when a group fails, the changes collected behind it fail too and
 * are never written.
 */
import { type Deferred, deferred } from '../../../base/index.ts';
import { StoreError } from './errors.ts';

/** A change being prepared. */
export interface Batch {
  /** Adds an operation to run when the group is committed. */
  add(operation: () => void): void;
  /** Called once the change is on disk or has failed. */
  onSettled(action: () => void): void;
}

interface Group {
  readonly operations: (() => void)[];
  readonly settled: (() => void)[];
  readonly done: Deferred<void>;
}

function settle(groups: readonly Group[]): void {
  for (const { settled } of groups) for (const action of settled) action();
}

export class GroupWriter {
  readonly #commit: (operations: readonly (() => void)[]) => Promise<void>;
  #gathering: Group | undefined;
  #running: Promise<void> | undefined;

  /** `commit` runs all operations as one atomic change, and resolves when it is on disk. */
  constructor(commit: (operations: readonly (() => void)[]) => Promise<void>) {
    this.#commit = commit;
  }

  /** Makes `change` part of the next group; resolves when it is on disk, rejects with {@link StoreError}. */
  write(change: (batch: Batch) => void): Promise<void> {
    this.#gathering ??= { operations: [], settled: [], done: deferred<void>() };
    const { operations, settled, done } = this.#gathering;
    change({
      add: (operation) => void operations.push(operation),
      onSettled: (action) => void settled.push(action),
    });
    this.#running ??= this.#run();
    return done.promise;
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      // Waits until the end of this turn of the event loop: commands that arrive together share one sync.
      await new Promise<void>((resolve) => setImmediate(resolve));
      const group = this.#take();
      if (group === undefined) break;
      try {
        await this.#commit(group.operations);
        settle([group]);
        group.done.resolve();
      } catch (cause) {
        const after = this.#take();
        const failed = after === undefined ? [group] : [group, after];
        settle(failed);
        const error =
          cause instanceof StoreError
            ? cause
            : new StoreError('writing to the store failed: is the disk full?', { cause });
        for (const { done } of failed) done.reject(error);
      }
    }
    this.#running = undefined;
  }

  #take(): Group | undefined {
    const group = this.#gathering;
    this.#gathering = undefined;
    return group;
  }
}
