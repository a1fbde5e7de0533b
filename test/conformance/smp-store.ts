/** What every SMP store does: run over each implementation. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/crypto/index.ts';
import { utf8 } from '../../src/encoding/index.ts';
import { authPublicKey } from '../../src/protocol/index.ts';
import type { Notifier, QueueRecord, SmpStore } from '../../src/smp/server/index.ts';
import { authKey } from '../harness/smp-client.ts';
import { message, queueRecord } from '../harness/smp-records.ts';

const QUOTA = 4;
const id = () => systemRandom.bytes(24);
/** `open` is called again after `close` where `reopens`, and finds what was stored. */
export function storeConformance(name: string, open: (quota: number) => SmpStore, reopens: boolean): void {
  describe(`${name} store`, () => {
    let store: SmpStore;
    beforeEach(() => {
      store = open(QUOTA);
    });
    afterEach(() => store.close());

    async function created(): Promise<QueueRecord> {
      const record = queueRecord();
      expect(await store.queues.create(record)).toBe(true);
      return record;
    }

    it('finds queues by both ids', async () => {
      const record = await created();
      expect(await store.queues.byRcvId(record.rcvId)).toEqual(record);
      expect(await store.queues.bySndId(record.sndId)).toEqual(record);
      expect(await store.queues.byRcvId(record.sndId)).toBeUndefined();
      expect(await store.queues.bySndId(record.rcvId)).toBeUndefined();
    });

    it('refuses ids that are taken, also at the same time', async () => {
      const record = queueRecord();
      const other = queueRecord();
      const outcomes = await Promise.all([
        store.queues.create(record),
        store.queues.create({ ...other, rcvId: record.rcvId }),
        store.queues.create({ ...other, sndId: record.sndId }),
      ]);
      expect(outcomes).toEqual([true, false, false]);
      expect(await store.queues.bySndId(other.sndId)).toBeUndefined();
      expect(await store.queues.byRcvId(other.rcvId)).toBeUndefined();
    });

    it('secures once', async () => {
      const { rcvId, sndId } = await created();
      const key = authPublicKey(authKey('x25519'));
      const other = authPublicKey(authKey('x25519'));
      const outcomes = await Promise.all([
        store.queues.secure(rcvId, key),
        store.queues.secure(rcvId, other),
        store.queues.secure(rcvId, key),
      ]);
      expect(outcomes).toEqual(['done', 'conflict', 'done']);
      expect((await store.queues.bySndId(sndId))?.sndAuthKey).toEqual(key);
      expect(await store.queues.secure(id(), key)).toBe('absent');
    });

    it('suspends, blocks and takes back', async () => {
      const { rcvId } = await created();
      const blocked = { kind: 'blocked' as const, info: { reason: 'spam' as const, notice: undefined } };
      for (const status of [{ kind: 'off' as const }, blocked, { kind: 'active' as const }]) {
        expect(await store.queues.setStatus(rcvId, status)).toBe(true);
        expect((await store.queues.byRcvId(rcvId))?.status).toEqual(status);
      }
      expect(await store.queues.setStatus(id(), blocked)).toBe(false);
    });

    const data = (user: string) => ({ fixed: utf8('fixed'), user: utf8(user) });
    const notifier = (serviceId?: Uint8Array): Notifier => ({
      notifierId: id(),
      key: authPublicKey(authKey()),
      dhSecret: systemRandom.bytes(32),
      serviceId,
    });

    it('keeps several keys of a recipient', async () => {
      const { rcvId } = await created();
      const keys = [authPublicKey(authKey('x25519')), authPublicKey(authKey('ed448'))];
      expect(await store.queues.setKeys(rcvId, keys)).toBe(true);
      expect((await store.queues.byRcvId(rcvId))?.rcvAuthKeys).toEqual(keys);
      expect(await store.queues.setKeys(id(), keys)).toBe(false);
    });

    it('finds a queue by its link, whose owner may change what is his', async () => {
      const linkId = id();
      const record = { ...queueRecord(), linkId };
      expect(await store.queues.create(record, data('a'))).toBe(true);
      expect(await store.queues.byLinkId(linkId)).toEqual(record);
      expect(await store.queues.linkData(linkId)).toEqual(data('a'));
      expect(await store.queues.setLink(record.rcvId, linkId, data('b'))).toBe('done');
      expect(await store.queues.linkData(linkId)).toEqual(data('b'));
      expect(await store.queues.setLink(record.rcvId, id(), data('b'))).toBe('conflict');
      expect(await store.queues.setLink(record.rcvId, linkId, { ...data('b'), fixed: utf8('x') })).toBe('conflict');
      const other = await created();
      expect(await store.queues.setLink(other.rcvId, linkId, data('b'))).toBe('conflict');
      expect(await store.queues.create({ ...queueRecord(), linkId }, data('c'))).toBe(false);
      for (let i = 0; i < 2; i++) expect(await store.queues.removeLink(record.rcvId)).toBe(true);
      expect(await store.queues.byLinkId(linkId)).toBeUndefined();
      expect((await store.queues.byRcvId(record.rcvId))?.linkId).toBeUndefined();
      expect(await store.queues.setLink(other.rcvId, linkId, data('d'))).toBe('done');
      await store.queues.delete(other.rcvId);
      expect(await store.queues.linkData(linkId)).toBeUndefined();
      expect(await store.queues.setLink(id(), linkId, data('d'))).toBe('absent');
      expect(await store.queues.removeLink(id())).toBe(false);
    });

    it('finds a queue by its notifier, which may be replaced', async () => {
      const record = await created();
      const [first, second] = [notifier(), notifier()];
      expect(await store.queues.setNotifier(record.rcvId, first)).toEqual({ former: undefined });
      expect(await store.queues.setNotifier(record.rcvId, second)).toEqual({ former: first });
      expect(await store.queues.byNotifierId(first.notifierId)).toBeUndefined();
      expect((await store.queues.byNotifierId(second.notifierId))?.rcvId).toEqual(record.rcvId);
      const other = await created();
      expect(await store.queues.setNotifier(other.rcvId, second)).toBe('taken');
      expect(await store.queues.create({ ...queueRecord(), notifier: second })).toBe(false);
      expect(await store.queues.setNotifier(id(), notifier())).toBe('absent');
      expect((await store.queues.delete(record.rcvId))?.notifier).toEqual(second);
      expect(await store.queues.byNotifierId(second.notifierId)).toBeUndefined();
    });

    it('knows services by their certificates, and counts their notifiers', async () => {
      const [certHash, serviceId] = [systemRandom.bytes(32), id()];
      const admitted = await Promise.all([
        store.services.admit(certHash, 'notifier', serviceId),
        store.services.admit(certHash, 'notifier', id()),
        store.services.admit(certHash, 'messaging', id()),
        store.services.admit(systemRandom.bytes(32), 'notifier', serviceId),
      ]);
      expect(admitted).toEqual([serviceId, serviceId, undefined, undefined]);
      expect(await store.services.notifiers(id())).toBeUndefined();
      const queues = [await created(), await created(), await created()];
      for (const { rcvId } of queues) await store.queues.setNotifier(rcvId, notifier());
      for (const { rcvId } of queues) expect(await store.queues.setNotifierService(rcvId, serviceId)).toBe(true);
      expect(await store.services.notifiers(serviceId)).toBe(3);
      await store.queues.setNotifierService(queues[0]!.rcvId, serviceId);
      await store.queues.setNotifierService(queues[0]!.rcvId, undefined);
      expect(await store.services.notifiers(serviceId)).toBe(2);
      await store.queues.setNotifier(queues[1]!.rcvId, undefined);
      await store.queues.delete(queues[2]!.rcvId);
      expect(await store.services.notifiers(serviceId)).toBe(0);
      expect(await store.queues.setNotifierService(queues[1]!.rcvId, serviceId)).toBe(false);
    });

    it('gives each notification once, oldest first, and lets old ones go', async () => {
      const [{ rcvId }, other] = [await created(), await created()];
      const [mine, yours] = [notifier(), notifier()];
      await store.queues.setNotifier(rcvId, mine);
      await store.queues.setNotifier(other.rcvId, yours);
      const notified = async (to: QueueRecord['rcvId'], { notifierId }: Notifier, text: string, timestamp: number) => {
        const notification = { notifierId, nonce: id(), meta: utf8(text) };
        return store.messages.add(to, { ...message(text, timestamp), notification });
      };
      const texts = async ({ notifierId }: Notifier, limit: number) =>
        (await store.notifications.take(notifierId, limit)).map(({ meta }) => Buffer.from(meta).toString());
      for (const [i, text] of ['a', 'b', 'c', 'd'].entries()) await notified(rcvId, mine, text, 10 + (i >> 1));
      // The queue is full: what is not stored is told to nobody.
      expect(await notified(rcvId, mine, 'refused', 12)).toBe('quota');
      await notified(other.rcvId, yours, 'x', 30);
      const both = [mine.notifierId, yours.notifierId].sort(Buffer.compare);
      expect(await store.notifications.waiting(undefined, 5)).toEqual(both);
      expect(await store.notifications.waiting(both[0], 5)).toEqual([both[1]]);
      expect(await store.notifications.waiting(undefined, 1)).toEqual([both[0]]);
      expect(await Promise.all([texts(mine, 1), texts(mine, 1)])).toEqual([['a'], ['b']]);
      expect(await store.notifications.expire(11)).toBe(0);
      expect(await store.notifications.expire(12)).toBe(2);
      expect(await texts(mine, 5)).toEqual([]);
      expect(await texts(yours, 5)).toEqual(['x']);
      expect(await texts(yours, 5)).toEqual([]);
    });

    it('keeps no notification of a notifier that is gone', async () => {
      const { rcvId } = await created();
      const gone = notifier();
      await store.queues.setNotifier(rcvId, gone);
      const notification = { notifierId: gone.notifierId, nonce: id(), meta: utf8('x') };
      await store.messages.add(rcvId, { ...message('m'), notification });
      await store.queues.setNotifier(rcvId, undefined);
      expect(await store.notifications.waiting(undefined, 5)).toEqual([]);
    });

    it('deletes queues with their messages', async () => {
      const record = await created();
      await store.messages.add(record.rcvId, message('a'));
      expect(await store.queues.delete(record.rcvId)).toEqual(record);
      expect(await store.queues.delete(record.rcvId)).toBeUndefined();
      expect(await store.queues.bySndId(record.sndId)).toBeUndefined();
      expect(await store.messages.first(record.rcvId)).toBeUndefined();
      expect(await store.messages.add(record.rcvId, message('b'))).toBe('absent');
      expect(await store.queues.create(record)).toBe(true);
      expect(await store.messages.size(record.rcvId)).toBe(0);
    });

    it('counts what there is', async () => {
      const empty = { queues: 0, messages: 0, notifiers: 0, notifications: 0, services: 0 };
      expect(store.counts()).toEqual(empty);
      const [record, other] = [await created(), await created()];
      for (const queue of [record, record, other]) await store.messages.add(queue.rcvId, message('a'));
      expect(store.counts()).toEqual({ ...empty, queues: 2, messages: 3 });
      await store.queues.delete(record.rcvId);
      expect(store.counts()).toEqual({ ...empty, queues: 1, messages: 1 });
    });

    it('gives messages back in order', async () => {
      const { rcvId } = await created();
      const other = await created();
      const sent = ['a', 'b', 'c'].map((text) => message(text));
      await Promise.all(sent.map((m) => store.messages.add(rcvId, m)));
      await store.messages.add(other.rcvId, message('x'));
      expect(await store.messages.size(rcvId)).toBe(3);
      for (const { msgId, body, flags, timestamp } of sent) {
        expect(await store.messages.first(rcvId)).toEqual({
          msgId,
          timestamp,
          content: { kind: 'message', flags, body },
        });
        await store.messages.remove(rcvId, msgId);
      }
      expect(await store.messages.first(rcvId)).toBeUndefined();
      expect(await store.messages.size(other.rcvId)).toBe(1);
    });

    it('removes only the first message, and tells the next', async () => {
      const { rcvId } = await created();
      const [a, b] = [message('a'), message('b')];
      await store.messages.add(rcvId, a);
      await store.messages.add(rcvId, b);
      expect((await store.messages.remove(rcvId, b.msgId))?.msgId).toEqual(a.msgId);
      expect((await store.messages.remove(rcvId, a.msgId))?.msgId).toEqual(b.msgId);
      expect(await store.messages.remove(rcvId, b.msgId)).toBeUndefined();
      expect(await store.messages.remove(rcvId, b.msgId)).toBeUndefined();
    });

    it('refuses messages above the quota until the queue is empty', async () => {
      const { rcvId } = await created();
      const texts = [...Array(QUOTA + 3).keys()].map((i) => message(`m${i}`));
      const outcomes = await Promise.all(texts.map((m) => store.messages.add(rcvId, m)));
      expect(outcomes).toEqual([...Array(QUOTA).fill('stored'), 'quota', 'quota', 'quota']);
      expect(await store.messages.size(rcvId)).toBe(QUOTA + 1);
      for (let i = 0; i < QUOTA; i++) await store.messages.remove(rcvId, texts[i]!.msgId);
      const marker = await store.messages.first(rcvId);
      expect(marker?.content).toEqual({ kind: 'quota' });
      expect(await store.messages.add(rcvId, message('early'))).toBe('quota');
      await store.messages.remove(rcvId, marker!.msgId);
      expect(await store.messages.add(rcvId, message('again'))).toBe('stored');
      expect((await store.messages.first(rcvId))?.content).toMatchObject({ body: utf8('again') });
    });

    it('expires old messages from the start', async () => {
      const { rcvId } = await created();
      const fresh = await created();
      for (const timestamp of [10, 20, 30]) await store.messages.add(rcvId, message('m', timestamp));
      await store.messages.add(fresh.rcvId, message('m', 30));
      expect(await store.messages.expireQueue(fresh.rcvId, 25)).toBe(0);
      expect(await store.messages.expireQueue(rcvId, 15)).toBe(1);
      expect(await store.messages.expire(25)).toBe(1);
      expect(await store.messages.size(rcvId)).toBe(1);
      expect((await store.messages.first(rcvId))?.timestamp).toBe(30);
      expect(await store.messages.expire(31)).toBe(2);
      expect(await store.messages.first(fresh.rcvId)).toBeUndefined();
      expect(await store.messages.add(rcvId, message('n', 40))).toBe('stored');
    });

    it('keeps quota markers when messages expire', async () => {
      const { rcvId } = await created();
      for (let i = 0; i <= QUOTA; i++) await store.messages.add(rcvId, message('m', 10));
      expect(await store.messages.expire(11)).toBe(QUOTA);
      expect((await store.messages.first(rcvId))?.content.kind).toBe('quota');
    });

    it.runIf(reopens)('has everything when it is opened again', async () => {
      const record = await created();
      const key = authPublicKey(authKey());
      await store.queues.secure(record.rcvId, key);
      const sent = message('kept');
      await store.messages.add(record.rcvId, sent);
      await store.close();
      store = open(QUOTA);
      expect(await store.queues.bySndId(record.sndId)).toEqual({ ...record, sndAuthKey: key });
      expect((await store.messages.first(record.rcvId))?.msgId).toEqual(sent.msgId);
      expect(await store.messages.add(record.rcvId, message('more'))).toBe('stored');
      expect((await store.messages.remove(record.rcvId, sent.msgId))?.content).toMatchObject({ body: utf8('more') });
    });
  });
}
