/** The columns of the daily statistics, in the reference's order; what is not counted here is 0. */
import type { Column } from '../../../hosting/index.ts';
import { countersOf, type ProxyCounters } from './counters.ts';
import type { ServerState } from './state.ts';

const count = (value: number): Column => ({ kind: 'count', value });
const none: Column = { kind: 'level', value: 0 };
const noneTimes = (times: number): readonly Column[] => Array<Column>(times).fill(none);

const proxyColumns = (c: ProxyCounters): readonly Column[] =>
  [c.requests, c.successes, c.errorsConnect, c.errorsCompat, c.errorsOther].map(count);

/** Behind the date: 79 columns and those of two kinds of services. */
export async function dailyColumns(state: ServerState): Promise<readonly Column[]> {
  const c = countersOf(state.statistics);
  // Queues that were active on a day, in a week, in a month: counting them needs lists of queues, which are not kept.
  const activeQueues = noneTimes(3);
  return [
    ...[c.qCreated, c.qSecured, c.qDeleted, c.msgSent, c.msgRecv].map(count),
    ...activeQueues,
    ...[c.msgSentNtf, 0].map(count),
    ...activeQueues,
    ...noneTimes(2),
    count(c.msgExpired),
    ...noneTimes(2),
    ...proxyColumns(c.pRelays),
    ...proxyColumns(c.pRelaysOwn),
    ...proxyColumns(c.pMsgFwds),
    ...proxyColumns(c.pMsgFwdsOwn),
    ...[c.pMsgFwdsRecv, c.qSub, c.qSubAuth, 0, c.qSubProhibited].map(count),
    ...[c.msgSentAuth, c.msgSentQuota, c.msgSentLarge, c.msgNtfs].map(count),
    ...noneTimes(4),
    ...[c.msgGet, c.msgGetNoMsg, c.msgGetAuth, 0, c.msgGetProhibited].map(count),
    ...noneTimes(4),
    ...[c.ntfCreated, c.ntfDeleted, c.ntfSub, c.ntfSubAuth].map(count),
    ...noneTimes(4),
    count(c.qSubEnd),
    ...noneTimes(10),
    // Services: of recipients, of notifiers.
    ...noneTimes(16),
  ];
}
