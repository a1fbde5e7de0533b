/** The store of the main process as workers see it: each method is a remote call. */
import { releaseBuffer } from '../../../encoding/index.ts';
import type { MessageStore, SessionStore, StoredMessage } from '../store/index.ts';
import type { Calls, Targets } from './calls.ts';

/** All methods of each part; an omission does not compile. */
const methods: { readonly [P in keyof SessionStore]: Readonly<Record<keyof SessionStore[P], true>> } = {
  queues: {
    create: true,
    byRcvId: true,
    bySndId: true,
    byLinkId: true,
    byNotifierId: true,
    secure: true,
    setKeys: true,
    setStatus: true,
    linkData: true,
    setLink: true,
    removeLink: true,
    setNotifier: true,
    setNotifierService: true,
    delete: true,
  },
  messages: {
    add: true,
    first: true,
    remove: true,
    size: true,
    expireQueue: true,
    expire: true,
  },
  notifications: { take: true, waiting: true, expire: true },
  services: { admit: true, notifiers: true },
};

export function remoteStore(calls: Calls): SessionStore {
  const part = (target: keyof SessionStore) =>
    Object.fromEntries(
      Object.keys(methods[target]).map((method) => [
        method,
        (...parameters: readonly unknown[]) => calls.call(target, method, parameters),
      ]),
    );
  return {
    queues: part('queues'),
    messages: part('messages'),
    notifications: part('notifications'),
    services: part('services'),
  } as unknown as SessionStore;
}

/** The methods that workers may call. Message bodies received from workers are released once they are stored. */
export function storeTargets({ queues, messages, notifications, services }: SessionStore): Targets {
  const stored: MessageStore = {
    ...messages,
    async add(rcvId, message) {
      try {
        return await messages.add(rcvId, message);
      } finally {
        releaseBuffer(message.body);
      }
    },
  };
  return { queues, messages: stored, notifications, services } as unknown as Targets;
}

/** Releases a result that was sent: see {@link StoredMessage}. */
export function giveBackResult(result: unknown): void {
  const { content } = (result ?? {}) as Partial<StoredMessage>;
  if (content?.kind === 'message') releaseBuffer(content.body);
}
