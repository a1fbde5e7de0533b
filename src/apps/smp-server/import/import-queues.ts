/** Imports the reference's queue log. */
import type { ImportStore, QueueRecord } from '../../../smp/server/index.ts';
import { importLines, type LineImport } from './import-lines.ts';
import { type LoggedQueue, parseQueueLog, type QueueLogRecord } from './queue-log.ts';

const nameOf = (id: Uint8Array) => Buffer.from(id).toString('latin1');

function queueRecord(rcvId: Uint8Array, queue: LoggedQueue): QueueRecord {
  const { link, mode, ...rest } = queue;
  return {
    ...rest,
    rcvId,
    mode: mode ?? (queue.sndAuthKey === undefined ? 'contact' : 'messaging'),
    linkId: link?.linkId,
  };
}

class QueueImport {
  readonly #store: ImportStore;
  /** Unsecured queues from before queue modes; their mode is known once they are secured. */
  readonly #unknownModes = new Set<string>();

  constructor(store: ImportStore) {
    this.#store = store;
  }

  /** Applies a line to the store; resolves with the reason for skipping it, undefined when applied. */
  async apply(record: QueueLogRecord): Promise<string | undefined> {
    const { queues, services } = this.#store;
    const gone = 'of a missing queue';
    if (record.kind === 'newService') {
      const id = await services.admit(record.certHash, record.role, record.serviceId);
      const known = id !== undefined && nameOf(id) === nameOf(record.serviceId);
      return known ? undefined : 'a service that exists with another id or role';
    }
    const { rcvId } = record;
    const found = (done: boolean) => (done ? undefined : gone);
    switch (record.kind) {
      case 'create': {
        const { queue } = record;
        const unknown = queue.mode === undefined && queue.sndAuthKey === undefined;
        if (unknown) this.#unknownModes.add(nameOf(rcvId));
        const done = await queues.create(queueRecord(rcvId, queue), queue.link?.data);
        return done ? undefined : 'a queue with an id that is taken';
      }
      case 'secure':
        return this.#secure(rcvId, record);
      case 'keys':
        return found(await queues.setKeys(rcvId, record.keys));
      case 'status':
        return found(await queues.setStatus(rcvId, record.status));
      case 'link': {
        const outcome = await queues.setLink(rcvId, record.linkId, record.data);
        return outcome === 'conflict'
          ? 'a link that is taken, or differs from that of its queue'
          : found(outcome === 'done');
      }
      case 'removeLink':
        return found(await queues.removeLink(rcvId));
      case 'notifier': {
        const outcome = await queues.setNotifier(rcvId, record.notifier);
        return outcome === 'taken' ? 'a notifier whose id is taken' : found(outcome !== 'absent');
      }
      case 'removeNotifier':
        return found((await queues.setNotifier(rcvId, undefined)) !== 'absent');
      case 'service':
        if (record.of === 'queue') return found(await this.#store.setQueueService(rcvId, record.serviceId));
        return (await queues.setNotifierService(rcvId, record.serviceId))
          ? undefined
          : 'of a missing queue, or has no notifier';
      case 'delete':
        this.#unknownModes.delete(nameOf(rcvId));
        return found((await queues.delete(rcvId)) !== undefined);
      case 'time':
        // The time of last use is not stored here.
        return undefined;
    }
  }

  async #secure(rcvId: Uint8Array, record: QueueLogRecord & { readonly kind: 'secure' }): Promise<string | undefined> {
    const { queues } = this.#store;
    const secured = queues.secure(rcvId, record.key);
    const shown = this.#unknownModes.delete(nameOf(rcvId)) ? this.#store.setQueueMode(rcvId, 'messaging') : undefined;
    const outcome = await secured;
    await shown;
    if (outcome === 'conflict') return 'a queue with another sender key';
    return outcome === 'done' ? undefined : 'of a missing queue';
  }
}

/** Imports a queue log into a store. */
export function importQueueLog(store: ImportStore, log: Omit<LineImport, 'take'>): Promise<void> {
  const queues = new QueueImport(store);
  return importLines({ ...log, take: async (text) => queues.apply(parseQueueLog(text)) });
}
