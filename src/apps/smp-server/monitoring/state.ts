/** What can be seen of a running server. */
import type { Clock } from '../../../base/index.ts';
import type { EventLoopLag } from '../../../hosting/index.ts';
import type { ServerStatistics, SmpServerRunner, SmpStore } from '../../../smp/server/index.ts';
import type { Admission } from '../../../transport/node/index.ts';
import type { CommitMeasure } from './measured-engine.ts';

export interface ServerState {
  readonly statistics: ServerStatistics;
  readonly runner: Pick<SmpServerRunner, 'connections' | 'subscriptions' | 'waitingBytes'>;
  readonly admission: Pick<Admission, 'counts'>;
  readonly store: Pick<SmpStore, 'counts'>;
  /** Undefined when nothing is kept on disk. */
  readonly commits: CommitMeasure | undefined;
  readonly lag: EventLoopLag;
  readonly clock: Clock;
}
