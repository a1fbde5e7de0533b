/**
 * Group commit: changes are gathered while the group before them is on its way to disk, and are handed over together
 * when it is there. What a change was computed from may not have arrived yet; so when a group fails, what was gathered
 * behind it fails too and is never handed over.
 */
import { type Deferred, deferred } from '../../../base/index.ts';
import { StoreError } from './errors.ts';

/** A change in the making. */
export interface Batch {
  /** Something to do when the change is handed over. */
  add(operation: () => void): void;
  /** Called when the change is on disk, or has failed. */
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

  /** Resolves when nothing is on its way. */
  async idle(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    for (;;) {
      // To the end of this turn of the event loop, as what comes in one block, or is there to be read, is worth one sync.
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
