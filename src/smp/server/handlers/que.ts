/** QUE: returns the state of a queue (simplex-messaging.md, "Get queue state"). */
import type { QueueInfo } from '../../protocol/index.ts';
import type { QueueHandler } from '../context.ts';

const base64 = (id: Uint8Array) => Buffer.from(id).toString('base64');

/** ISO 8601 without fractions, the format of the reference for whole seconds. */
const isoTime = (seconds: number) => new Date(seconds * 1_000).toISOString().replace('.000Z', 'Z');

export const handleQue: QueueHandler<'QUE'> = async ({ queue }, { store, subscriptions }) => {
  const subscription = subscriptions.describe(queue.rcvId);
  const message = await store.messages.first(queue.rcvId);
  const info: QueueInfo = {
    qiSnd: queue.sndAuthKey !== undefined,
    qiNtf: queue.notifier !== undefined,
    ...(subscription === undefined
      ? {}
      : {
          qiSub: {
            qSubThread: subscription.mode === 'get' ? 'prohibitSub' : 'noSub',
            ...(subscription.delivered === undefined ? {} : { qDelivered: base64(subscription.delivered) }),
          },
        }),
    qiSize: await store.messages.size(queue.rcvId),
    ...(message === undefined
      ? {}
      : {
          qiMsg: {
            msgId: base64(message.msgId),
            msgTs: isoTime(message.timestamp),
            msgType: message.content.kind,
          },
        }),
  };
  return { kind: 'INFO', info };
};
