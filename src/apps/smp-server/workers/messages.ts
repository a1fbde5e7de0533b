/** What the main process and its workers tell each other besides what sessions need. */
import type { AgingState, LogLevel } from '../../../base/index.ts';
import type { ProcessUsage } from '../../../hosting/index.ts';
import type { StatisticsValues } from '../../../smp/server/index.ts';
import type { FromWorker, ToWorker } from '../../../smp/server/workers/index.ts';
import type { Setup } from '../configuration/reload.ts';

/** What a worker did and has. */
export interface WorkerReport {
  readonly statistics: StatisticsValues;
  readonly subscriptions: number;
  readonly waitingBytes: number;
  readonly usage: ProcessUsage;
}

export type MainMessage =
  | ToWorker
  /** First of all, and when the configuration was read again. */
  | { readonly kind: 'setup'; readonly setup: Setup; readonly start: WorkerStart }
  | { readonly kind: 'report' }
  | { readonly kind: 'stop' };

export interface WorkerStart {
  /** Of the server, for the pages. */
  readonly port: number;
  readonly logLevel: LogLevel;
  /** Of the aging clock, now. */
  readonly aging: AgingState;
}

export type WorkerMessage =
  | FromWorker
  /** It takes sockets from now on. */
  | { readonly kind: 'ready' }
  /** It is agreed what is spoken on a connection. */
  | { readonly kind: 'agreed'; readonly connection: number }
  | { readonly kind: 'closed'; readonly connection: number }
  /** Clients there are now. */
  | { readonly kind: 'clients'; readonly count: number }
  | { readonly kind: 'report'; readonly report: WorkerReport };
