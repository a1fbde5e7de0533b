/** The server's counters under the reference's names. */
import type { ProxyOutcome, ServerStatistics } from '../../../smp/server/index.ts';

export interface ProxyCounters {
  readonly requests: number;
  readonly successes: number;
  readonly errorsConnect: number;
  readonly errorsCompat: number;
  readonly errorsOther: number;
}

export interface Counters {
  readonly qCreated: number;
  readonly qSecured: number;
  readonly qDeletedNew: number;
  readonly qDeletedSecured: number;
  readonly qBlocked: number;
  readonly qSub: number;
  readonly qSubAuth: number;
  readonly qSubProhibited: number;
  readonly qSubEnd: number;
  readonly ntfCreated: number;
  readonly ntfNewCreated: number;
  readonly ntfDeleted: number;
  readonly ntfSub: number;
  readonly ntfSubAuth: number;
  readonly msgSent: number;
  readonly msgSentAuth: number;
  readonly msgSentQuota: number;
  readonly msgSentLarge: number;
  readonly msgSentBlock: number;
  readonly msgSentNtf: number;
  readonly msgRecv: number;
  readonly msgGet: number;
  readonly msgGetNoMsg: number;
  readonly msgGetAuth: number;
  readonly msgGetProhibited: number;
  readonly msgExpired: number;
  readonly msgNtfs: number;
  readonly msgNtfExpired: number;
  readonly pRelays: ProxyCounters;
  readonly pRelaysOwn: ProxyCounters;
  readonly pMsgFwds: ProxyCounters;
  readonly pMsgFwdsOwn: ProxyCounters;
  readonly pMsgFwdsRecv: number;
}

const PROHIBITED = 'CMD PROHIBITED';

/** Counters of one kind of proxy request; without `own`, requests to own relays are included in the total. */
function proxyCounters(count: (own: boolean, outcome: ProxyOutcome) => number, own: boolean): ProxyCounters {
  const of = (outcome: ProxyOutcome) => (own ? count(true, outcome) : count(true, outcome) + count(false, outcome));
  const [successes, errorsConnect, errorsCompat, errorsOther] = [of('done'), of('connect'), of('version'), of('other')];
  const requests = successes + errorsConnect + errorsCompat + errorsOther;
  return { requests, successes, errorsConnect, errorsCompat, errorsOther };
}

export function countersOf(statistics: ServerStatistics): Counters {
  const answers: ServerStatistics['answers'] = (kind, ...outcomes) => statistics.answers(kind, ...outcomes);
  const deleted = statistics.deletedQueues;
  const relays = (own: boolean, outcome: ProxyOutcome) => statistics.relayRequests(own, outcome);
  const forwards = (own: boolean, outcome: ProxyOutcome) => statistics.forwards(own, outcome);
  return {
    qCreated: answers('NEW', 'IDS'),
    qSecured: answers('KEY', 'OK') + answers('SKEY', 'OK') + answers('LKEY', 'LNK'),
    qDeletedNew: deleted.new,
    qDeletedSecured: deleted.secured,
    qBlocked: statistics.blockedQueues,
    qSub: answers('SUB', 'OK', 'SOK', 'MSG'),
    qSubAuth: answers('SUB', 'AUTH'),
    qSubProhibited: answers('SUB', PROHIBITED),
    qSubEnd: statistics.sentOf('END'),
    ntfCreated: answers('NKEY', 'NID'),
    ntfNewCreated: statistics.newQueuesWithNotifier,
    ntfDeleted: answers('NDEL', 'OK'),
    ntfSub: answers('NSUB', 'OK', 'SOK'),
    ntfSubAuth: answers('NSUB', 'AUTH'),
    msgSent: answers('SEND', 'OK'),
    msgSentAuth: answers('SEND', 'AUTH'),
    msgSentQuota: answers('SEND', 'QUOTA'),
    msgSentLarge: answers('SEND', 'LARGE_MSG'),
    msgSentBlock: answers('unreadable', 'BLOCK'),
    msgSentNtf: statistics.notifiedMessages,
    msgRecv: answers('ACK', 'OK', 'MSG'),
    msgGet: answers('GET', 'MSG'),
    msgGetNoMsg: answers('GET', 'OK'),
    msgGetAuth: answers('GET', 'AUTH'),
    msgGetProhibited: answers('GET', PROHIBITED),
    msgExpired: statistics.expiredMessages,
    msgNtfExpired: statistics.expiredNotifications,
    msgNtfs: statistics.sentOf('NMSG'),
    pRelays: proxyCounters(relays, false),
    pRelaysOwn: proxyCounters(relays, true),
    pMsgFwds: proxyCounters(forwards, false),
    pMsgFwdsOwn: proxyCounters(forwards, true),
    pMsgFwdsRecv: statistics.forwardsReceived,
  };
}
