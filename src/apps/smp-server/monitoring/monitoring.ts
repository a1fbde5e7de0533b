/** Monitoring of a running server: metrics on a port and in a file, and daily statistics. */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Logger, Timer } from '../../../base/index.ts';
import {
  DailyLog,
  type Health,
  HostingError,
  type Monitor,
  PRIVATE_FILE_MODE,
  prometheusText,
  reasonOf,
  startMonitor,
} from '../../../hosting/index.ts';
import type { Configuration } from '../configuration/configuration.ts';
import { type ActiveQueues, keepActiveQueues, restoreActiveQueues } from './active-queues.ts';
import { dailyColumns } from './daily-columns.ts';
import { serverMetrics } from './metrics.ts';
import type { ServerState } from './state.ts';

const METRICS_FILE = 'smp-server-metrics.txt';
const DAILY_FILE = 'smp-server-stats.daily.log';
const KEPT_FILE = 'smp-server-stats.json';
const ACTIVE_FILE = 'smp-server-active-queues.json';

/** Its files in the data folder. */
export const MONITORING_FILES: readonly string[] = [METRICS_FILE, DAILY_FILE, KEPT_FILE, ACTIVE_FILE];

const MS_PER_SECOND = 1_000;

export interface Monitoring {
  /** The port of the metrics endpoint. */
  readonly port: number | undefined;
  /** Writes the files that are otherwise written periodically. */
  save(): Promise<void>;
  stop(): Promise<void>;
}

export function healthOf({ runner, commits }: ServerState): Health {
  return {
    healthy: commits?.failing !== true,
    details: {
      store: commits === undefined ? 'memory' : commits.failing ? 'not writing' : 'writing',
      clients: runner.connections,
    },
  };
}

/** Writes the metrics file periodically, atomically, so that readers never see a part of it. */
function metricsFile(path: string, seconds: number, clock: Clock, state: ServerState, logger: Logger): () => void {
  let timer: Timer | undefined;
  const write = async () => {
    try {
      writeFileSync(`${path}.new`, prometheusText(await serverMetrics(state)), { mode: PRIVATE_FILE_MODE });
      renameSync(`${path}.new`, path);
    } catch (error) {
      logger.warn(`the file with metrics cannot be written: ${reasonOf(error)}`);
    }
  };
  const schedule = () => {
    timer = clock.schedule(seconds * MS_PER_SECOND, () => void write().then(schedule), { background: true });
  };
  schedule();
  return () => timer?.cancel();
}

/** Messages are delivered without metrics too: a failure to open the port is only logged. */
async function monitorOf(
  where: { readonly host: string; readonly port: number },
  state: ServerState,
  logger: Logger,
): Promise<Monitor | undefined> {
  try {
    return await startMonitor({ ...where, metrics: () => serverMetrics(state), health: () => healthOf(state) });
  } catch (error) {
    if (!(error instanceof HostingError)) throw error;
    logger.warn(error.message);
    return undefined;
  }
}

export async function startMonitoring(
  configuration: Configuration,
  dataFolder: string,
  state: ServerState,
  activeQueues: ActiveQueues,
  logger: Logger,
): Promise<Monitoring> {
  const { clock } = state;
  const { metrics, metricsFileSeconds, dailyStatistics } = configuration;
  const activePath = join(dataFolder, ACTIVE_FILE);
  restoreActiveQueues(activeQueues, activePath);
  const keepActive = () => {
    try {
      keepActiveQueues(activeQueues, activePath);
    } catch (error) {
      logger.warn(`the count of active queues cannot be kept: ${reasonOf(error)}`);
    }
  };
  const monitor = metrics === undefined ? undefined : await monitorOf(metrics, state, logger);
  const stopFile =
    metricsFileSeconds === undefined
      ? () => {}
      : metricsFile(join(dataFolder, METRICS_FILE), metricsFileSeconds, clock, state, logger);
  const daily = dailyStatistics
    ? new DailyLog({
        path: join(dataFolder, DAILY_FILE),
        keptPath: join(dataFolder, KEPT_FILE),
        clock,
        columns: (date) => dailyColumns(state, date),
        onError: (sentence) => logger.warn(sentence),
      })
    : undefined;
  return {
    port: monitor?.port,
    async save() {
      await daily?.keep();
      keepActive();
    },
    async stop() {
      monitor?.close();
      stopFile();
      await daily?.stop();
      keepActive();
    },
  };
}
