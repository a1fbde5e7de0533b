/** One connection: silence, calls that are called off, its end, and what comes after it. */
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../../src/base/index.ts';
import { systemRandom } from '../../../../src/crypto/index.ts';
import { emptyBytes, encode } from '../../../../src/encoding/index.ts';
import { encodeTransmission, type SmpServer } from '../../../../src/protocol/index.ts';
import type { SmpClients } from '../../../../src/smp/client/index.ts';
import { responseCodec } from '../../../../src/smp/protocol/index.ts';
import { plainBlocks, type Transport, TransportError, takeBatch, writeBlock } from '../../../../src/transport/index.ts';
import { tlsConnect } from '../../../../src/transport/node/index.ts';
import { manualClock } from '../../../harness/manual-clock.ts';
import { scriptedServer } from '../../../harness/scripted-server.ts';
import { useServerAndClients } from '../../../harness/server-and-clients.ts';
import { authKey, Inbox, never, newQueue } from '../../../harness/smp-client.ts';

const flags = { notification: false };
const test = useServerAndClients();
const { client } = test;

const ping = (clients: SmpClients, address: SmpServer, signal = never) => clients.ping(address, signal);

describe('waiting', () => {
  it('ends when the call is called off, before and after connecting', async () => {
    const scripted = await scriptedServer(() => {});
    const { clients, events } = client();
    await expect(ping(clients, scripted.address, AbortSignal.abort(new Error('early')))).rejects.toThrow('early');
    const controller = new AbortController();
    const waiting = ping(clients, scripted.address, controller.signal);
    await events.next();
    controller.abort(new Error('late'));
    await expect(waiting).rejects.toThrow('late');
    scripted.close();
  });

  it('ends after a time, and takes a silent server for dead', async () => {
    const clock = manualClock();
    const transports = new Inbox<Transport>();
    const scripted = await scriptedServer((transport) => transports.push(transport));
    const { clients, events } = client({ clock });
    const waiting = ping(clients, scripted.address);
    await events.next();
    const transport = await transports.next();
    await transport.read(16_384);
    clock.advance(20_000);
    await expect(waiting).rejects.toMatchObject({ kind: 'timeout', retryable: true });
    expect((await events.next()).kind).toBe('disconnected');
    transport.destroy();
    scripted.close();
  });

  it('pings after a silence, and ends the connection when that is not answered', async () => {
    const clock = manualClock();
    const transports = new Inbox<Transport>();
    const scripted = await scriptedServer((transport) => transports.push(transport));
    const { clients, events } = client({ clock });
    const controller = new AbortController();
    const call = ping(clients, scripted.address, controller.signal);
    const transport = await transports.next();
    await transport.read(16_384);
    controller.abort(new Error('enough'));
    await expect(call).rejects.toThrow('enough');
    expect((await events.next()).kind).toBe('connected');
    clock.advance(120_000);
    await transport.read(16_384);
    clock.advance(20_000);
    expect((await events.next()).kind).toBe('disconnected');
    transport.destroy();
    scripted.close();
  });

  it('fails when the connection breaks, with everything else that waits', async () => {
    const transports = new Inbox<Transport>();
    const scripted = await scriptedServer((transport) => transports.push(transport));
    const { clients } = client();
    const calls = [1, 2, 3].map(() => ping(clients, scripted.address));
    (await transports.next()).destroy();
    for (const call of calls) await expect(call).rejects.toMatchObject({ kind: 'network', retryable: true });
    scripted.close();
  });

  it('fails when the client is closed', async () => {
    const scripted = await scriptedServer(() => {});
    const { clients } = client();
    const waiting = ping(clients, scripted.address);
    const failed = expect(waiting).rejects.toMatchObject({ kind: 'network' });
    await clients.close();
    await failed;
    await expect(ping(clients, scripted.address)).rejects.toThrow('closed');
    scripted.close();
  });

  it('ends a connection that sends what is not the protocol', async () => {
    const scripted = await scriptedServer((transport) => void transport.write(systemRandom.bytes(16_384)));
    const { clients } = client();
    await expect(ping(clients, scripted.address)).rejects.toMatchObject({ kind: 'response' });
    scripted.close();
  });
});

describe('connecting again', () => {
  /** Milliseconds before the second attempt, after `error` was what became of the first. */
  async function delayAfter(error: TransportError): Promise<number> {
    const clock = manualClock();
    const waits: number[] = [];
    const { clients } = client({
      connect: () => Promise.reject(error),
      clock: {
        ...clock,
        schedule(ms, callback) {
          waits.push(ms);
          return clock.schedule(ms, callback);
        },
      },
    });
    await expect(clients.subscribe(test.server.address, systemRandom.bytes(24), authKey(), never)).rejects.toThrow();
    expect(waits.length).toBe(1);
    return waits[0]!;
  }

  it('is soon after what passes, and later after what does not', async () => {
    for (const kind of ['network', 'tls', 'protocol'] as const) {
      expect(await delayAfter(new TransportError(kind, 'x'))).toBeLessThan(2_000);
    }
    expect(await delayAfter(new TransportError('identity', 'x'))).toBe(60_000);
    expect(await delayAfter(new TransportError('version', 'x'))).toBe(600_000);
  });
});

describe('a connection that has ended', () => {
  it('says nothing any more', async () => {
    const transports = new Inbox<Transport>();
    const scripted = await scriptedServer((transport) => transports.push(transport), { min: 9, max: 9 });
    const clock = manualClock();
    const opened = new Inbox<Transport>();
    const { clients, events } = client({
      clock,
      async connect(target, signal) {
        const transport = await tlsConnect(systemClock)(target, signal);
        opened.push(transport);
        // As long as not everything is sent, closing takes its time.
        return { ...transport, close: () => {} };
      },
    });
    const rcvId = systemRandom.bytes(24);
    const subscribing = clients.subscribe(scripted.address, rcvId, authKey(), never);
    const transport = await transports.next();
    await transport.read(16_384);
    clock.advance(20_000);
    await expect(subscribing).rejects.toMatchObject({ kind: 'timeout' });
    const end = encode(responseCodec(9), { kind: 'END' });
    const unsigned = encodeTransmission({ corrId: emptyBytes, entityId: rcvId, command: end }, undefined, undefined);
    await writeBlock(transport, plainBlocks, takeBatch([unsigned]));
    transport.close();
    await (await opened.next()).closed;
    await new Promise((resolve) => setImmediate(resolve));
    expect([await events.next(), await events.next()]).toEqual([{ kind: 'connected' }, { kind: 'disconnected' }]);
    expect(events.size).toBe(0);
    scripted.close();
  });
});

describe('other commands', () => {
  it('GET and QUE', async () => {
    const { clients, messages } = client({ connect: tlsConnect(systemClock) });
    const queue = await newQueue(clients, test.server.address, { subscribe: false });
    expect(await clients.getMessage(test.server.address, queue.rcvId, queue.authKey, never)).toBe(false);
    await clients.send(test.server.address, queue.sndId, undefined, flags, emptyBytes, never);
    expect(await clients.getMessage(test.server.address, queue.rcvId, queue.authKey, never)).toBe(true);
    expect(queue.open(await messages.next())).toMatchObject({ kind: 'message', body: emptyBytes });
    const info = await clients.queueInfo(test.server.address, queue.rcvId, queue.authKey, never);
    expect(info).toMatchObject({ qiSize: 1, qiSub: { qSubThread: 'prohibitSub' }, qiMsg: { msgType: 'message' } });
    await clients.suspend(test.server.address, queue.rcvId, queue.authKey, never);
    await clients.deleteQueue(test.server.address, queue.rcvId, queue.authKey, never);
  });
});
