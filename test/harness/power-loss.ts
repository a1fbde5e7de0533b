/**
 * A disk that loses unsynced data at a power failure, under the engine interface. Commits are visible at once, as in
 * LMDB, and on disk after a sync, when their promise resolves. Each commit is atomic on disk.
 */
import { type Deferred, deferred } from '../../src/base/index.ts';
import type { KeyValueEngine, KeyValueTable } from '../../src/smp/server/index.ts';

type Cells = Map<string, Buffer>;
type Disk = Map<string, Cells>;

const copyOf = (disk: Disk): Disk => new Map([...disk].map(([name, cells]) => [name, new Map(cells)]));

export class PowerLossDisk {
  #synced: Disk;
  #current: Disk;
  #syncing: Deferred<void> | undefined;
  /** Syncs each commit at once, for tests of other things. */
  #automatic: boolean;

  constructor({ automatic = false }: { readonly automatic?: boolean } = {}) {
    this.#synced = new Map();
    this.#current = new Map();
    this.#automatic = automatic;
  }

  /** Whether there are unsynced commits. */
  get waiting(): boolean {
    return this.#syncing !== undefined;
  }

  /** Syncs all commits. */
  sync(): void {
    this.#synced = copyOf(this.#current);
    const syncing = this.#syncing;
    this.#syncing = undefined;
    syncing?.resolve();
  }

  /**
   * Power failure: unsynced commits are lost, or all survive (`survives`), since a disk may have written them. Pending
   * promises never settle.
   */
  fail(survives: boolean): void {
    if (survives) this.#synced = copyOf(this.#current);
    this.#current = copyOf(this.#synced);
    this.#syncing = undefined;
  }

  /** An engine for one run of the server. */
  engine(): KeyValueEngine {
    const life = this.#current;
    const cellsOf = (name: string): Cells => {
      const cells = life.get(name) ?? new Map<string, Buffer>();
      life.set(name, cells);
      return cells;
    };
    return {
      table: (name) => tableOf(() => cellsOf(name)),
      claim: () => ({ release: () => {} }),
      commit: async (operations) => {
        for (const operation of operations) operation();
        if (this.#automatic) return this.sync();
        this.#syncing = deferred<void>();
        await this.#syncing.promise;
      },
      close: () => Promise.resolve(),
    };
  }
}

const nameOf = (key: Uint8Array) => Buffer.from(key).toString('latin1');

function tableOf(cells: () => Cells): KeyValueTable {
  return {
    get: (key) => cells().get(nameOf(key)),
    put: (key, value) => void cells().set(nameOf(key), Buffer.from(value)),
    count: () => cells().size,
    remove: (key) => void cells().delete(nameOf(key)),
    keys(start, limit) {
      const from = start === undefined ? '' : nameOf(start);
      const names = [...cells().keys()].filter((name) => name >= from).sort();
      return names.slice(0, limit).map((name) => Buffer.from(name, 'latin1'));
    },
  };
}
