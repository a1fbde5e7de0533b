/** The store in memory: for tests and for servers that may forget. */
import { equalBytes } from '../../../encoding/index.ts';
import { type AuthPublicKey, sameAuthKey } from '../../../protocol/index.ts';
import type { IncomingMessage, MessageStore, QueueRecord, QueueStore, SmpStore, StoredMessage } from './types.ts';

interface MemoryQueue {
  record: QueueRecord;
  readonly messages: StoredMessage[];
  full: boolean;
}

const keyOf = (id: Uint8Array) => Buffer.from(id).toString('latin1');

/** Makes an empty store; `quota` is the number of messages a queue takes. */
export function memoryStore(quota: number): SmpStore {
  const byRcvId = new Map<string, MemoryQueue>();
  const bySndId = new Map<string, MemoryQueue>();

  const queues: QueueStore = {
    async create(record) {
      const [rcvKey, sndKey] = [keyOf(record.rcvId), keyOf(record.sndId)];
      if (byRcvId.has(rcvKey) || bySndId.has(sndKey)) return false;
      const queue: MemoryQueue = { record, messages: [], full: false };
      byRcvId.set(rcvKey, queue);
      bySndId.set(sndKey, queue);
      return true;
    },
    byRcvId: async (rcvId) => byRcvId.get(keyOf(rcvId))?.record,
    bySndId: async (sndId) => bySndId.get(keyOf(sndId))?.record,
    async secure(rcvId: Uint8Array, key: AuthPublicKey) {
      const queue = byRcvId.get(keyOf(rcvId));
      if (queue === undefined) return 'absent';
      const current = queue.record.sndAuthKey;
      if (current !== undefined) return sameAuthKey(current, key) ? 'done' : 'conflict';
      queue.record = { ...queue.record, sndAuthKey: key };
      return 'done';
    },
    async suspend(rcvId) {
      const queue = byRcvId.get(keyOf(rcvId));
      if (queue === undefined) return false;
      queue.record = { ...queue.record, status: 'off' };
      return true;
    },
    async delete(rcvId) {
      const queue = byRcvId.get(keyOf(rcvId));
      if (queue === undefined) return false;
      byRcvId.delete(keyOf(rcvId));
      bySndId.delete(keyOf(queue.record.sndId));
      return true;
    },
  };

  const messages: MessageStore = {
    async add(rcvId, message: IncomingMessage) {
      const queue = byRcvId.get(keyOf(rcvId));
      if (queue === undefined) return 'absent';
      if (queue.messages.length === 0) queue.full = false;
      if (queue.full) return 'quota';
      const { msgId, timestamp, flags, body } = message;
      queue.full = queue.messages.length >= quota;
      queue.messages.push({
        msgId,
        timestamp,
        content: queue.full ? { kind: 'quota' } : { kind: 'message', flags, body: body.slice() },
      });
      return queue.full ? 'quota' : 'stored';
    },
    first: async (rcvId) => byRcvId.get(keyOf(rcvId))?.messages[0],
    async remove(rcvId, msgId) {
      const waiting = byRcvId.get(keyOf(rcvId))?.messages ?? [];
      if (waiting[0] !== undefined && equalBytes(waiting[0].msgId, msgId)) waiting.shift();
      return waiting[0];
    },
    size: async (rcvId) => byRcvId.get(keyOf(rcvId))?.messages.length ?? 0,
    async expire(before) {
      let expired = 0;
      for (const { messages: waiting } of byRcvId.values()) {
        while (waiting[0]?.content.kind === 'message' && waiting[0].timestamp < before) {
          waiting.shift();
          expired++;
        }
      }
      return expired;
    },
  };

  return { queues, messages, close: async () => {} };
}
