/** Two servers as programs, one of which forwards to the other: over TLS, and from the settings in their files. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { emptyBytes, utf8 } from '../../src/encoding/index.ts';
import { authPublicKey } from '../../src/protocol/index.ts';
import { decryptDelivered, maxMessageLength, SMP_VERSIONS } from '../../src/smp/protocol/index.ts';
import { freePort } from '../harness/processes.ts';
import { authKey, RawClient } from '../harness/smp-client.ts';
import { askThrough, wayTo } from '../harness/smp-forwarding.ts';
import { buildSmpServer, init, killPrograms, removeFolders, start } from '../harness/smp-server-program.ts';

const flags = { notification: false };
const ok = { kind: 'OK' };
const proxyError = (error: unknown) => ({ kind: 'ERR', error: { kind: 'PROXY', error } });

beforeAll(buildSmpServer);
afterEach(killPrograms);
afterAll(removeFolders);

describe('a server that forwards', () => {
  it('asks for its password, reaches the relay, loses it and finds it again', async () => {
    const port = String(await freePort());
    const relayFolders = await init('--no-password');
    let relay = await start(relayFolders, '--port', port);
    const proxy = await start(await init('--password', 'secret'));
    const recipient = await RawClient.connect(relay.address.server, SMP_VERSIONS);
    const queue = await recipient.newQueue({ subscribe: true });
    const sender = await RawClient.connect(proxy.address.server, SMP_VERSIONS);
    const request = { kind: 'PRXY' as const, server: relay.address.server, password: 'guess' };
    expect(await sender.ask(emptyBytes, undefined, request)).toEqual(proxyError({ kind: 'BASIC_AUTH' }));
    const way = await wayTo(sender, relay.address.server, { password: 'secret' });
    const key = authKey('ed448');
    const skey = { kind: 'SKEY' as const, key: authPublicKey(key) };
    expect(await askThrough(sender, way, queue.sndId, key, skey)).toEqual(ok);
    const body = new Uint8Array(maxMessageLength(way.version)).fill(7);
    expect(await askThrough(sender, way, queue.sndId, key, { kind: 'SEND', flags, body })).toEqual(ok);
    const message = (await recipient.receive())?.response;
    if (message?.kind !== 'MSG') throw new Error('no message');
    expect(decryptDelivered(queue.secret, message.msgId, message.body)).toMatchObject({ body });
    recipient.transport.destroy();

    relay.child.kill('SIGTERM');
    await relay.ended;
    const again = { kind: 'SEND' as const, flags, body: utf8('again') };
    expect(await askThrough(sender, way, queue.sndId, key, again)).toEqual(proxyError({ kind: 'NO_SESSION' }));
    relay = await start(relayFolders, '--port', port);
    const next = await wayTo(sender, relay.address.server, { password: 'secret' });
    expect(await askThrough(sender, next, queue.sndId, key, again)).toEqual(ok);
    sender.transport.destroy();
    for (const { child, ended } of [proxy, relay]) {
      child.kill('SIGTERM');
      expect((await ended).code).toBe(0);
    }
  });

  it('forwards nothing when it is told not to', async () => {
    const made = await init('--no-password');
    appendFileSync(join(made.config, 'smp-server.ini'), '\n[PROXY]\nenable = off\n');
    const server = await start(made);
    const client = await RawClient.connect(server.address.server, SMP_VERSIONS);
    const request = { kind: 'PRXY' as const, server: server.address.server, password: undefined };
    expect(await client.ask(emptyBytes, undefined, request)).toEqual(proxyError({ kind: 'BASIC_AUTH' }));
    client.transport.destroy();
  });
});
