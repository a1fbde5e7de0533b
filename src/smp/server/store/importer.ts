/**
 * Operations for importing from another server that no command provides: messages and services with their original
 * data.
 */
import type { QueueMode } from '../../protocol/index.ts';
import { messageKey } from './messages.ts';
import { pack, storedMessageCodec } from './record-codec.ts';
import { RECORD_SIZE, type Tables } from './tables.ts';
import type { QueueRecord, StoredMessage } from './types.ts';

export interface Importer {
  /** Appends a message or a quota marker; false when there is no such queue. */
  appendMessage(rcvId: Uint8Array, message: StoredMessage): Promise<boolean>;
  /** Sets the service that created the queue; false when there is no such queue. */
  setQueueService(rcvId: Uint8Array, serviceId: Uint8Array | undefined): Promise<boolean>;
  /** Sets the queue mode; false when there is no such queue. */
  setQueueMode(rcvId: Uint8Array, mode: QueueMode): Promise<boolean>;
}

export function importer(tables: Tables): Importer {
  const update = async (rcvId: Uint8Array, change: Partial<QueueRecord>) => {
    const record = tables.queues.get(rcvId);
    if (record === undefined) return false;
    await tables.write(RECORD_SIZE, (batch) => tables.queues.set(batch, rcvId, { ...record, ...change }));
    return true;
  };
  return {
    async appendMessage(rcvId, message) {
      if (!tables.queues.has(rcvId)) return false;
      const state = tables.states.get(rcvId) ?? { head: 0, tail: 0, full: false };
      const key = messageKey(rcvId, state.tail);
      const packed = pack(storedMessageCodec, message);
      await tables.write(packed.length, (batch) => {
        batch.add(() => void tables.messages.put(key, packed));
        const full = message.content.kind === 'quota';
        tables.states.set(batch, rcvId, { ...state, tail: state.tail + 1, full });
      });
      return true;
    },
    setQueueService: (rcvId, serviceId) => update(rcvId, { serviceId }),
    setQueueMode: (rcvId, mode) => update(rcvId, { mode }),
  };
}
