/** Queue records with their links and notifiers. */
import { equalBytes } from '../../../encoding/index.ts';
import { sameAuthKey } from '../../../protocol/index.ts';
import type { LinkData } from '../../protocol/index.ts';
import type { Batch } from './group-writer.ts';
import { removeMessages } from './messages.ts';
import { removeNotifications } from './notifications.ts';
import type { PendingTable } from './pending-table.ts';
import { countNotifier } from './services.ts';
import { RECORD_SIZE, type Tables } from './tables.ts';
import type { Notifier, QueueRecord, QueueStore } from './types.ts';

const sizeOf = (data: LinkData) => RECORD_SIZE + data.fixed.length + data.user.length;

const sameId = (a: Uint8Array | undefined, b: Uint8Array) => a !== undefined && equalBytes(a, b);

/** Whether a queue other than `rcvId` has the id. */
function takenByOther(ids: PendingTable<Uint8Array>, id: Uint8Array, rcvId: Uint8Array): boolean {
  const owner = ids.get(id);
  return owner !== undefined && !equalBytes(owner, rcvId);
}

/** Removes a notifier and its notifications. */
function dropNotifier(tables: Tables, batch: Batch, notifier: Notifier): void {
  tables.notifiers.set(batch, notifier.notifierId, undefined);
  countNotifier(tables, batch, notifier.serviceId, -1);
  removeNotifications(tables, batch, notifier.notifierId);
}

export function queueStore(tables: Tables): QueueStore {
  const { queues } = tables;
  const byId = (ids: PendingTable<Uint8Array>, id: Uint8Array) => {
    const rcvId = ids.get(id);
    return rcvId === undefined ? undefined : queues.get(rcvId);
  };
  /** Updates a record if it exists. */
  const update = async (rcvId: Uint8Array, change: (record: QueueRecord) => QueueRecord): Promise<boolean> => {
    const record = queues.get(rcvId);
    if (record === undefined) return false;
    const changed = change(record);
    await tables.write(RECORD_SIZE, (batch) => queues.set(batch, rcvId, changed));
    return true;
  };
  return {
    async create(record, link) {
      const { rcvId, sndId, linkId, notifier } = record;
      const taken =
        queues.has(rcvId) ||
        tables.senders.has(sndId) ||
        (linkId !== undefined && tables.links.has(linkId)) ||
        (notifier !== undefined && tables.notifiers.has(notifier.notifierId));
      if (taken) return false;
      await tables.write(link === undefined ? RECORD_SIZE : sizeOf(link), (batch) => {
        queues.set(batch, rcvId, record);
        tables.senders.set(batch, sndId, rcvId);
        if (linkId !== undefined && link !== undefined) tables.links.set(batch, linkId, { rcvId, data: link });
        if (notifier === undefined) return;
        tables.notifiers.set(batch, notifier.notifierId, rcvId);
        countNotifier(tables, batch, notifier.serviceId, 1);
      });
      return true;
    },
    byRcvId: async (rcvId) => queues.get(rcvId),
    bySndId: async (sndId) => byId(tables.senders, sndId),
    byNotifierId: async (notifierId) => byId(tables.notifiers, notifierId),
    async byLinkId(linkId) {
      const link = tables.links.get(linkId);
      return link === undefined ? undefined : queues.get(link.rcvId);
    },
    async secure(rcvId, key) {
      const record = queues.get(rcvId);
      if (record === undefined) return 'absent';
      if (record.sndAuthKey !== undefined && !sameAuthKey(record.sndAuthKey, key)) return 'conflict';
      // Written even when unchanged: an earlier write of the same key may not be on disk yet.
      await update(rcvId, (current) => ({ ...current, sndAuthKey: key }));
      return 'done';
    },
    setKeys: (rcvId, rcvAuthKeys) => update(rcvId, (record) => ({ ...record, rcvAuthKeys })),
    setStatus: (rcvId, status) => update(rcvId, (record) => ({ ...record, status })),
    linkData: async (linkId) => tables.links.get(linkId)?.data,
    async setLink(rcvId, linkId, data) {
      const record = queues.get(rcvId);
      if (record === undefined) return 'absent';
      if (record.linkId !== undefined && !equalBytes(record.linkId, linkId)) return 'conflict';
      const former = tables.links.get(linkId);
      if (former !== undefined && !(sameId(former.rcvId, rcvId) && equalBytes(former.data.fixed, data.fixed))) {
        return 'conflict';
      }
      await tables.write(sizeOf(data), (batch) => {
        tables.links.set(batch, linkId, { rcvId, data });
        queues.set(batch, rcvId, { ...record, linkId });
      });
      return 'done';
    },
    async removeLink(rcvId) {
      const record = queues.get(rcvId);
      if (record === undefined) return false;
      const { linkId } = record;
      await tables.free((batch) => {
        // Nothing to write, but wait for an earlier removal that may not be on disk yet.
        if (linkId === undefined) return;
        tables.links.set(batch, linkId, undefined);
        queues.set(batch, rcvId, { ...record, linkId: undefined });
      });
      return true;
    },
    async setNotifier(rcvId, notifier) {
      const record = queues.get(rcvId);
      if (record === undefined) return 'absent';
      if (notifier !== undefined && takenByOther(tables.notifiers, notifier.notifierId, rcvId)) return 'taken';
      const former = record.notifier;
      await tables.write(RECORD_SIZE, (batch) => {
        if (former !== undefined) dropNotifier(tables, batch, former);
        queues.set(batch, rcvId, { ...record, notifier });
        if (notifier === undefined) return;
        tables.notifiers.set(batch, notifier.notifierId, rcvId);
        countNotifier(tables, batch, notifier.serviceId, 1);
      });
      return { former };
    },
    async setNotifierService(rcvId, serviceId) {
      const record = queues.get(rcvId);
      if (record?.notifier === undefined) return false;
      const { notifier } = record;
      await tables.write(RECORD_SIZE, (batch) => {
        countNotifier(tables, batch, notifier.serviceId, -1);
        countNotifier(tables, batch, serviceId, 1);
        queues.set(batch, rcvId, { ...record, notifier: { ...notifier, serviceId } });
      });
      return true;
    },
    async delete(rcvId) {
      const record = queues.get(rcvId);
      if (record === undefined) return undefined;
      const state = tables.states.get(rcvId);
      await tables.free((batch) => {
        queues.set(batch, rcvId, undefined);
        tables.senders.set(batch, record.sndId, undefined);
        if (record.linkId !== undefined) tables.links.set(batch, record.linkId, undefined);
        if (record.notifier !== undefined) dropNotifier(tables, batch, record.notifier);
        if (state !== undefined) removeMessages(tables, batch, rcvId, state, state.tail);
      });
      return record;
    },
  };
}
