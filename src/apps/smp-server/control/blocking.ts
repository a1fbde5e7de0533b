/**
 * Blocking of queues with a daily quota, so that a compromised account or a faulty script cannot disable a whole
 * server.
 */
import { type ControlValues, HostingError } from '../../../hosting/index.ts';
import type { QueueOperator, ServerStatistics } from '../../../smp/server/index.ts';
import type { DailyCount } from './daily-count.ts';
import { queueIdOf } from './queue-id.ts';

/** In the data folder: the number of queues blocked today. */
export const BLOCKED_FILE = 'blocked-today';

/** Special values of `daily_block_queue_quota`: no limit, and none. */
export const UNLIMITED_BLOCKING = 0;
export const NO_BLOCKING = -1;

const SECONDS_PER_DAY = 86_400;

const noQueue = () => new HostingError('There is no such queue.');

const idOf = ({ queue }: ControlValues): Uint8Array => queueIdOf(typeof queue === 'string' ? queue : '');

function reasonOf(parameters: ControlValues): 'spam' | 'content' {
  const { reason } = parameters;
  if (reason !== 'spam' && reason !== 'content') throw new HostingError('The reason must be spam or content.');
  return reason;
}

/** The notice that newer clients show for this many days, in their format. */
function noticeOf({ noticeDays }: ControlValues): string | undefined {
  if (noticeDays === undefined) return undefined;
  if (typeof noticeDays !== 'number' || !(noticeDays > 0)) throw new HostingError('"noticeDays" is not a number.');
  return JSON.stringify({ ttl: Math.round(noticeDays * SECONDS_PER_DAY) });
}

export class Blocking {
  readonly #operator: QueueOperator;
  readonly #statistics: Pick<ServerStatistics, 'blocked'>;
  readonly #quota: () => number;
  readonly #blocked: DailyCount;

  constructor(
    operator: QueueOperator,
    statistics: Pick<ServerStatistics, 'blocked'>,
    quota: () => number,
    blocked: DailyCount,
  ) {
    this.#operator = operator;
    this.#statistics = statistics;
    this.#quota = quota;
    this.#blocked = blocked;
  }

  async block(parameters: ControlValues): Promise<ControlValues> {
    const id = idOf(parameters);
    const info = { reason: reasonOf(parameters), notice: noticeOf(parameters) };
    this.#checkQuota();
    // Counted before blocking, so that concurrent requests cannot exceed the quota.
    this.#blocked.add(1);
    const before = await this.#operator.block(id, info);
    if (before?.kind === 'active') this.#statistics.blocked();
    else this.#blocked.add(-1);
    if (before === undefined) throw noQueue();
    return { before: before.kind };
  }

  async unblock(parameters: ControlValues): Promise<ControlValues> {
    const before = await this.#operator.unblock(idOf(parameters));
    if (before === undefined) throw noQueue();
    return { before: before.kind };
  }

  async delete(parameters: ControlValues): Promise<ControlValues> {
    if (!(await this.#operator.delete(idOf(parameters)))) throw noQueue();
    return {};
  }

  async describe(parameters: ControlValues): Promise<ControlValues> {
    const queue = await this.#operator.find(idOf(parameters));
    if (queue === undefined) throw noQueue();
    const { status } = queue;
    return { status: status.kind, ...(status.kind === 'blocked' ? { reason: status.info.reason } : {}) };
  }

  #checkQuota(): void {
    const quota = this.#quota();
    if (quota === NO_BLOCKING) throw new HostingError('Blocking is off: "daily_block_queue_quota" of [AUTH] is -1.');
    if (quota !== UNLIMITED_BLOCKING && this.#blocked.today >= quota) {
      throw new HostingError(
        `${quota} queues were blocked today, as many as "daily_block_queue_quota" of [AUTH] allows until 0:00 UTC.`,
      );
    }
  }
}
