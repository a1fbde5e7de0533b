/** What every SMP store does: run over each implementation. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../src/crypto/index.ts';
import { utf8 } from '../../src/encoding/index.ts';
import { authPublicKey } from '../../src/protocol/index.ts';
import type { QueueRecord, SmpStore } from '../../src/smp/server/index.ts';
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
      expect(await store.messages.expire(25)).toBe(2);
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
