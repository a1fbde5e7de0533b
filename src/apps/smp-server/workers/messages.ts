/** Messages between the main process and its workers, besides those for sessions. */
import type { AgingState, LogLevel } from '../../../base/index.ts';
import type { ProcessUsage } from '../../../hosting/index.ts';
import type { StatisticsValues } from '../../../smp/server/index.ts';
import type { FromWorker, ToWorker } from '../../../smp/server/workers/index.ts';
import type { Setup } from '../configuration/reload.ts';

/** A worker's counters and usage. */
export interface WorkerReport {
  readonly statistics: StatisticsValues;
  readonly subscriptions: number;
  readonly waitingBytes: number;
  readonly usage: ProcessUsage;
}

export type MainMessage =
  | ToWorker
  /** The first message, and sent again after each reload of the configuration. */
  | { readonly kind: 'setup'; readonly setup: Setup; readonly start: WorkerStart }
  | { readonly kind: 'report' }
  | { readonly kind: 'stop' };

export interface WorkerStart {
  /** The server's port, for the pages. */
  readonly port: number;
  readonly logLevel: LogLevel;
  /** The current state of the aging clock. */
  readonly aging: AgingState;
}

export type WorkerMessage =
  | FromWorker
  /** The worker accepts sockets from now on. */
  | { readonly kind: 'ready' }
  /** The handshake of a connection has finished. */
  | { readonly kind: 'agreed'; readonly connection: number }
  | { readonly kind: 'closed'; readonly connection: number }
  /** The current number of clients. */
  | { readonly kind: 'clients'; readonly count: number }
  | { readonly kind: 'report'; readonly report: WorkerReport };
