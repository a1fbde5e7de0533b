/**
 * The disk under a simulated server: the engine of the product's own store, in memory. What is committed survives the
 * server's end; a commit takes time, and may fail, or be the last thing that happens.
 */
import type { Clock } from '../../src/base/index.ts';
import { type KeyValueEngine, type KeyValueTable, StoreError } from '../../src/smp/server/index.ts';
import type { Chance } from './chance.ts';
import { Crash, type DiskFaults } from './faults.ts';

type Cells = Map<string, Buffer>;

/** What is on disk: tables of keys (latin1) and values. */
export class ServerDisk {
  readonly #tables = new Map<string, Cells>();

  table(name: string): Cells {
    let cells = this.#tables.get(name);
    if (cells === undefined) {
      cells = new Map();
      this.#tables.set(name, cells);
    }
    return cells;
  }
}

export interface ServerLife {
  readonly clock: Clock;
  readonly chance: Chance;
  readonly faults: DiskFaults;
  isDead(): boolean;
  die(): void;
}

const never = new Promise<never>(() => {});

/** `disk` as one life of the server sees it. */
export function simulatedEngine(disk: ServerDisk, life: ServerLife): KeyValueEngine {
  const alive = () => {
    if (life.isDead()) throw new Crash('the server has ended');
  };
  const table = (name: string): KeyValueTable => {
    const cells = disk.table(name);
    const nameOf = (key: Uint8Array) => Buffer.from(key).toString('latin1');
    return {
      get(key) {
        alive();
        return cells.get(nameOf(key));
      },
      put: (key, value) => void cells.set(nameOf(key), Buffer.from(value)),
      remove: (key) => void cells.delete(nameOf(key)),
      count: () => cells.size,
      keys(start, limit) {
        const from = start === undefined ? '' : nameOf(start);
        const names = [...cells.keys()].filter((name) => name >= from).sort();
        return names.slice(0, limit).map((name) => Buffer.from(name, 'latin1'));
      },
    };
  };
  return {
    table,
    claim(_, kind) {
      if (life.faults.isFull && kind === 'grows') throw new StoreError('the disk is full');
      return { release: () => {} };
    },
    commit(operations) {
      alive();
      return new Promise((resolve, reject) => {
        // Mostly a fast disk, sometimes a very busy one.
        const ms = life.chance.happens(0.02) ? life.chance.between(200, 3_000) : life.chance.between(0, 5);
        life.clock.schedule(ms, () => {
          const fault = life.faults.next();
          // Room was claimed before: a disk that is full since does not matter any more.
          if (fault === 'fail') return reject(new Error('simulated write error'));
          if (fault === 'crash') return life.die();
          for (const operation of operations) operation();
          if (fault === 'crash-after') return life.die();
          resolve();
        });
      });
    },
    close: () => (life.isDead() ? never : Promise.resolve()),
  };
}
