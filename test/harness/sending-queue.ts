/** A sending queue and its delivery worker, on a manual clock, with a scripted server. */
import { DeliveryWorkers } from '../../src/agent/delivery/workers.ts';
import type { MsgId } from '../../src/agent/index.ts';
import * as store from '../../src/agent/store/index.ts';
import type { SndQueue, SndQueueId } from '../../src/agent/types.ts';
import { lineLogger } from '../../src/base/index.ts';
import { agentContext, agentDatabase, connId, insertSndQueue } from './agent-context.ts';
import { manualClock } from './manual-clock.ts';

interface Attempt {
  /** The command of the attempt. */
  readonly command: 'SKEY' | 'SEND';
  readonly at: number;
  readonly body: Uint8Array | undefined;
  answer(error?: Error): void;
}

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export class SendingQueue {
  readonly clock = manualClock(Date.UTC(2026, 0, 1));
  readonly sql = agentDatabase(this.clock);
  readonly stopping = new AbortController();
  readonly attempts: Attempt[] = [];
  readonly delivered: MsgId[] = [];
  readonly failed: { readonly msgId: MsgId; readonly error: Error }[] = [];
  /** Logged warnings and errors. */
  readonly lines: string[] = [];
  readonly workers: DeliveryWorkers;
  readonly id: SndQueueId;
  lastId = 0;

  constructor(status: SndQueue['status'] = 'secured') {
    const attempt = (command: Attempt['command'], body?: Uint8Array) =>
      new Promise<void>((resolve, reject) => {
        const answer = (error?: Error) => (error === undefined ? resolve() : reject(error));
        this.attempts.push({ command, body, at: this.clock.now(), answer });
      });
    const ctx = agentContext({
      sql: this.sql,
      clock: this.clock,
      smp: {
        secureSender: () => attempt('SKEY'),
        send: (_server, _sndId, _key, _flags, body) => attempt('SEND', body),
      },
      logger: lineLogger('warn', (line) => this.lines.push(line)),
      signal: this.stopping.signal,
    });
    this.workers = new DeliveryWorkers(ctx, {
      delivered: (message) => this.delivered.push(message.msgId),
      failed: ({ msgId }, error) => this.failed.push({ msgId, error }),
    });
    this.id = insertSndQueue(this.sql, { status });
  }

  /** Queues a message; a confirmation needs no ratchet. */
  add(kind: store.SndMessage['kind'] = 'conf'): MsgId {
    const msgId = ++this.lastId as MsgId;
    store.insertSndMessage(this.sql, {
      body: new Uint8Array(10),
      hash: new Uint8Array(32),
      notification: false,
      pq: undefined,
      connId,
      msgId,
      sndId: msgId,
      sndQueueId: this.id,
      kind,
      sealingKey: undefined,
      createdAt: this.clock.now(),
    });
    this.workers.queued(this.id);
    return msgId;
  }

  /** Answers the last attempt. */
  async answer(error?: Error): Promise<void> {
    this.attempts.at(-1)!.answer(error);
    await turn();
  }

  /** Lets time pass until the next attempt; returns how long that took. */
  async untilNext(atMost: number): Promise<number> {
    const [before, began] = [this.attempts.length, this.clock.now()];
    while (this.attempts.length === before && this.clock.now() - began < atMost) {
      this.clock.advance(50);
      await turn();
    }
    if (this.attempts.length === before) throw new Error(`no attempt within ${atMost} ms`);
    return this.clock.now() - began;
  }
}
