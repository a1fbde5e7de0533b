/** The commands of the control socket. */
import type { ControlCommand } from '../../../hosting/index.ts';
import type { Monitoring } from '../monitoring/monitoring.ts';
import type { ServerState } from '../monitoring/state.ts';
import type { Blocking } from './blocking.ts';
import { snapshotOf } from './snapshot.ts';

/** The operations on queues. */
type QueueCommands = Pick<Blocking, 'block' | 'unblock' | 'delete' | 'describe'>;

export function controlCommands(
  state: ServerState,
  monitoring: Pick<Monitoring, 'save'>,
  blocking: QueueCommands,
): Record<string, ControlCommand> {
  return {
    async stats() {
      await state.refresh();
      return { ...snapshotOf(state) };
    },
    async clients() {
      await state.refresh();
      const { open, handshaking, refused } = state.admission.counts;
      const { connections: clients, subscriptions } = state.runner;
      return { connections: open, handshaking, clients, subscriptions, refused };
    },
    // Queues and messages need no saving: they are on disk before they are acknowledged.
    async save() {
      await monitoring.save();
      return {};
    },
    queue: (parameters) => blocking.describe(parameters),
    block: (parameters) => blocking.block(parameters),
    unblock: (parameters) => blocking.unblock(parameters),
    delete: (parameters) => blocking.delete(parameters),
  };
}
