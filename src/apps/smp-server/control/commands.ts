/** What a running server can be asked through its control socket. */
import type { ControlCommand } from '../../../hosting/index.ts';
import type { Monitoring } from '../monitoring/monitoring.ts';
import type { ServerState } from '../monitoring/state.ts';
import { snapshotOf } from './snapshot.ts';

export function controlCommands(
  state: ServerState,
  monitoring: Pick<Monitoring, 'save'>,
): Record<string, ControlCommand> {
  return {
    stats: async () => ({ ...snapshotOf(state) }),
    async clients() {
      const { open, handshaking, refused } = state.admission.counts;
      const { connections: clients, subscriptions } = state.runner;
      return { connections: open, handshaking, clients, subscriptions, refused };
    },
    // Queues and messages are on disk before anybody is told so.
    async save() {
      await monitoring.save();
      return {};
    },
  };
}
