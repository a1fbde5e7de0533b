/** The columns of the daily statistics, in the reference's order; 0 for what is not counted here. */
import type { Column } from '../../../hosting/index.ts';
import type { ActiveCounts } from './active-queues.ts';
import { countersOf, type ProxyCounters } from './counters.ts';
import type { ServerState } from './state.ts';

const count = (value: number): Column => ({ kind: 'count', value });
const level = (value: number): Column => ({ kind: 'level', value });
const none = level(0);
const noneTimes = (times: number): readonly Column[] => Array<Column>(times).fill(none);

const proxyColumns = (c: ProxyCounters): readonly Column[] =>
  [c.requests, c.successes, c.errorsConnect, c.errorsCompat, c.errorsOther].map(count);

const activeColumns = ({ day, week, month }: ActiveCounts): readonly Column[] => [day, week, month].map(level);

/** After the date (YYYY-MM-DD): 79 columns, and those of two kinds of services. */
export async function dailyColumns(state: ServerState, date: string): Promise<readonly Column[]> {
  const c = countersOf(state.statistics);
  const { queues, messages, notifiers, notifications, services } = state.store.counts();
  return [
    ...[c.qCreated, c.qSecured, c.qDeletedNew + c.qDeletedSecured, c.msgSent, c.msgRecv].map(count),
    ...activeColumns(state.activeQueues.counts('all', date)),
    ...[c.msgSentNtf, 0].map(count),
    ...activeColumns(state.activeQueues.counts('notified', date)),
    ...[queues, messages].map(level),
    ...[c.msgExpired, c.qDeletedNew, c.qDeletedSecured].map(count),
    ...proxyColumns(c.pRelays),
    ...proxyColumns(c.pRelaysOwn),
    ...proxyColumns(c.pMsgFwds),
    ...proxyColumns(c.pMsgFwdsOwn),
    ...[c.pMsgFwdsRecv, c.qSub, c.qSubAuth, 0, c.qSubProhibited].map(count),
    ...[c.msgSentAuth, c.msgSentQuota, c.msgSentLarge, c.msgNtfs].map(count),
    ...noneTimes(4),
    ...[c.msgGet, c.msgGetNoMsg, c.msgGetAuth, 0, c.msgGetProhibited].map(count),
    ...noneTimes(3),
    level(queues),
    ...[c.ntfCreated, c.ntfDeleted, c.ntfSub, c.ntfSubAuth, 0].map(count),
    level(notifiers),
    ...noneTimes(2),
    count(c.qSubEnd),
    ...noneTimes(4),
    count(c.msgNtfExpired),
    level(notifications),
    none,
    level(services),
    ...noneTimes(2),
    // Services: of recipients, of notifiers.
    ...noneTimes(16),
  ];
}
