/** The metrics of a server: under the reference's names (`simplex_smp_…`) where it has them, `sotto_…` for the others. */
import { counter, counterBy, gauge, type Labels, type Metric, processMetrics } from '../../../hosting/index.ts';
import type { ActiveCounts } from './active-queues.ts';
import { type Counters, countersOf, type ProxyCounters } from './counters.ts';
import type { ServerState } from './state.ts';

const queueMetrics = (c: Counters): readonly Metric[] => [
  counter('simplex_smp_queues_created', 'Created queues', c.qCreated),
  counter('simplex_smp_queues_secured', 'Secured queues', c.qSecured),
  counterBy('simplex_smp_queues_deleted', 'Deleted queues', 'type', {
    all: c.qDeletedNew + c.qDeletedSecured,
    new: c.qDeletedNew,
    secured: c.qDeletedSecured,
  }),
  counter('simplex_smp_queues_blocked', 'Queues blocked by the operator', c.qBlocked),
  // Spelt as operators have it in their dashboards.
  counter('simplex_smp_subscribtion_successes', 'Subscriptions', c.qSub),
  counter('simplex_smp_subscribtion_end', 'Subscriptions that another connection took over', c.qSubEnd),
  counterBy('simplex_smp_subscribtion_errors', 'Subscriptions that were refused', 'type', {
    auth: c.qSubAuth,
    prohibited: c.qSubProhibited,
  }),
];

const messageMetrics = (c: Counters): readonly Metric[] => [
  counter('simplex_smp_messages_sent', 'Messages stored', c.msgSent),
  counterBy('simplex_smp_messages_sent_errors', 'Messages refused', 'type', {
    auth: c.msgSentAuth,
    quota: c.msgSentQuota,
    large: c.msgSentLarge,
    block: c.msgSentBlock,
  }),
  counter('simplex_smp_messages_received', 'Messages acknowledged by their recipients', c.msgRecv),
  counter('simplex_smp_messages_expired', 'Messages that nobody fetched', c.msgExpired),
  counter('simplex_smp_messages_notify_sent', 'Messages stored whose sender asks for a notification', c.msgSentNtf),
  counter('simplex_smp_messages_notify_get_sent', 'Messages fetched one by one', c.msgGet),
  counterBy('simplex_smp_messages_notify_get_errors', 'Fetches without a message', 'type', {
    nomsg: c.msgGetNoMsg,
    auth: c.msgGetAuth,
    prohibited: c.msgGetProhibited,
  }),
];

const notificationMetrics = (c: Counters): readonly Metric[] => [
  counter('simplex_smp_queues_notify_created', 'Notifiers created', c.ntfCreated),
  counter('simplex_smp_queues_notify_new_created', 'Queues created with a notifier', c.ntfNewCreated),
  counter('simplex_smp_queues_notify_deleted', 'Notifiers deleted', c.ntfDeleted),
  counter('simplex_smp_messages_ntf_successes', 'Notifications sent to notifiers', c.msgNtfs),
  counterBy('simplex_smp_messages_ntf_errors', 'Notifications that nobody was told', 'type', {
    expired: c.msgNtfExpired,
  }),
  counter('simplex_smp_subscription_ntf_requests', 'Subscriptions of notifiers', c.ntfSub),
  counterBy('simplex_smp_subscribtion_ntf_errors', 'Subscriptions of notifiers that were refused', 'type', {
    auth: c.ntfSubAuth,
  }),
];

function proxyMetrics(what: string, help: string, all: ProxyCounters, own: ProxyCounters): readonly Metric[] {
  const name = `simplex_smp_relay_${what}`;
  const sources = [
    ['all', all],
    ['own', own],
  ] as const;
  const bySource = (value: (counters: ProxyCounters) => number) =>
    Object.fromEntries(sources.map(([source, counters]) => [source, value(counters)]));
  const errors = sources.flatMap(([source, counters]) =>
    (
      [
        ['connect', counters.errorsConnect],
        ['compat', counters.errorsCompat],
        ['other', counters.errorsOther],
      ] as const
    ).map(([type, value]) => ({ labels: { source, type }, value })),
  );
  return [
    counterBy(
      `${name}_requests`,
      `${help}: asked for`,
      'source',
      bySource(({ requests }) => requests),
    ),
    counterBy(
      `${name}_successes`,
      `${help}: done`,
      'source',
      bySource(({ successes }) => successes),
    ),
    { name: `${name}_errors`, help: `${help}: failed`, kind: 'counter', samples: errors },
  ];
}

function commandMetrics({ statistics }: ServerState): readonly Metric[] {
  const commands = [...statistics.commands];
  return [
    {
      name: 'sotto_smp_commands',
      help: 'Commands by kind and outcome',
      kind: 'counter',
      samples: commands.flatMap(([command, { outcomes }]) =>
        [...outcomes].map(([outcome, value]) => ({ labels: { command, outcome }, value })),
      ),
    },
    {
      name: 'sotto_smp_command_seconds',
      help: 'From a command to its answer',
      kind: 'histogram',
      samples: commands.map(([command, { seconds }]): { labels: Labels; values: typeof seconds } => ({
        labels: { command },
        values: seconds,
      })),
    },
    {
      name: 'sotto_smp_message_bytes',
      help: 'Sizes of stored messages',
      kind: 'histogram',
      samples: [{ values: statistics.messageBytes }],
    },
    counter(
      'sotto_smp_messages_delivered',
      'Messages sent to recipients, repetitions included',
      statistics.sentOf('MSG'),
    ),
  ];
}

function connectionMetrics({ runner, admission }: ServerState): readonly Metric[] {
  const { accepted, open, handshaking, refused } = admission.counts;
  return [
    counter('simplex_smp_sockets_accepted', 'Connections let in', accepted),
    counter('simplex_smp_sockets_closed', 'Connections that ended', accepted - open),
    gauge('simplex_smp_sockets_active', 'Connections now', open),
    gauge('simplex_smp_clients_total', 'Clients now', runner.connections),
    gauge('simplex_smp_subscribtion_total', 'Queues that clients are subscribed to', runner.subscriptions),
    gauge('sotto_smp_handshaking', 'Connections that have not agreed on TLS yet', handshaking),
    counterBy('sotto_smp_sockets_refused', 'Connections refused before TLS', 'reason', refused),
    gauge('sotto_smp_waiting_bytes', 'Commands and answers held in memory', runner.waitingBytes),
  ];
}

/** Under the names `simplex_smp_<what>_daily` and so on. */
const activeMetrics = (what: string, help: string, { day, week, month }: ActiveCounts): readonly Metric[] => [
  gauge(`simplex_smp_${what}_daily`, `${help} today`, day),
  gauge(`simplex_smp_${what}_weekly`, `${help} this week`, week),
  gauge(`simplex_smp_${what}_monthly`, `${help} this month`, month),
];

function storeMetrics({ commits, store, activeQueues }: ServerState): readonly Metric[] {
  const counts = store.counts();
  const stored = [
    gauge('simplex_smp_queues_total1', 'Queues', counts.queues),
    gauge('simplex_smp_queues_notify_total1', 'Queues with a notifier', counts.notifiers),
    ...activeMetrics('queues', 'Queues used', activeQueues.counts('all')),
    ...activeMetrics('queues_notify', 'Queues used for messages with notifications', activeQueues.counts('notified')),
    gauge('simplex_smp_messages_total', 'Messages waiting', counts.messages),
    gauge('sotto_smp_notifications_total', 'Notifications waiting', counts.notifications),
    gauge('sotto_smp_services_total', 'Services known', counts.services),
  ];
  if (commits === undefined) return stored;
  return [
    ...stored,
    {
      name: 'sotto_smp_store_commit_seconds',
      help: 'Until changes are on disk',
      kind: 'histogram',
      samples: [{ values: commits.seconds }],
    },
    counter('sotto_smp_store_failures', 'Changes that the disk did not take', commits.failures),
  ];
}

const workerMetrics = ({ workers }: ServerState): readonly Metric[] => [
  gauge(
    'sotto_smp_workers',
    'Processes that have the connections; none when the main process has them',
    workers.running,
  ),
  counter('sotto_smp_workers_ended', 'Workers that ended without being told to', workers.ended),
];

export async function serverMetrics(state: ServerState): Promise<readonly Metric[]> {
  await state.refresh();
  const c = countersOf(state.statistics);
  return [
    ...queueMetrics(c),
    ...messageMetrics(c),
    ...notificationMetrics(c),
    ...proxyMetrics('sessions', 'Ways to other servers', c.pRelays, c.pRelaysOwn),
    ...proxyMetrics('messages', 'Messages forwarded to other servers', c.pMsgFwds, c.pMsgFwdsOwn),
    counter('simplex_smp_relay_messages_received', 'Messages that other servers forwarded', c.pMsgFwdsRecv),
    ...commandMetrics(state),
    ...connectionMetrics(state),
    ...storeMetrics(state),
    ...workerMetrics(state),
    ...processMetrics(state.clock, state.usage),
  ];
}
