/** A {@link ServerState} without a running server. */
import { ActiveQueues } from '../../src/apps/smp-server/monitoring/active-queues.ts';
import type { ServerState } from '../../src/apps/smp-server/monitoring/state.ts';
import type { Clock } from '../../src/base/index.ts';
import { EventLoopLag, processUsage } from '../../src/hosting/index.ts';
import { memoryStore, ServerStatistics } from '../../src/smp/server/index.ts';
import { testAdmission } from './smp-server.ts';

export function serverState(clock: Clock, parts: Partial<ServerState> = {}): ServerState {
  return {
    statistics: new ServerStatistics(),
    runner: { connections: 0, subscriptions: 0, waitingBytes: 0 },
    usage: processUsage(new EventLoopLag(clock)),
    workers: { running: 0, ended: 0 },
    admission: testAdmission(),
    store: memoryStore(1),
    activeQueues: new ActiveQueues(clock),
    commits: undefined,
    clock,
    refresh: () => Promise.resolve(),
    ...parts,
  };
}
