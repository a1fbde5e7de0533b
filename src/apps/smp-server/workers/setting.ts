/** "workers" of [TRANSPORT]: the number of worker processes. */
import { availableParallelism } from 'node:os';
import type { Ini } from '../../../hosting/index.ts';

const MAX_WORKERS = 64;

/** Maximum for `auto`: the main process needs a processor too, and more workers are not tested. */
const MOST_BY_ITSELF = 8;

/** With two processors, passing messages between processes costs more than it gains. */
const WORTH_IT = 3;

export function automaticWorkers(processors: number): number {
  return processors < WORTH_IT ? 0 : Math.min(processors - 1, MOST_BY_ITSELF);
}

export function workersOf(ini: Ini): number {
  const text = ini.text('TRANSPORT', 'workers') ?? 'auto';
  if (text === 'auto') return automaticWorkers(availableParallelism());
  if (text === 'off') return 0;
  const workers = /^\d+$/.test(text) ? Number(text) : 0;
  if (workers >= 1 && workers <= MAX_WORKERS) return workers;
  ini.refuse('TRANSPORT', 'workers', `is not auto, off or a number from 1 to ${MAX_WORKERS}`);
  return 0;
}
