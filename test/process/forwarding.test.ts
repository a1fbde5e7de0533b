/** Two servers as programs, one of which forwards to the other: over TLS, and from the settings in their files. */
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { emptyBytes, utf8 } from '../../src/encoding/index.ts';
import { authPublicKey } from '../../src/protocol/index.ts';
import { decryptDelivered, maxMessageLength, SMP_VERSIONS } from '../../src/smp/protocol/index.ts';
import { freePort } from '../harness/processes.ts';
import { authKey, RawClient } from '../harness/smp-client.ts';
import { askThrough, wayTo } from '../harness/smp-forwarding.ts';
import { buildSmpServer, configure, init, killPrograms, removeFolders, start } from '../harness/smp-server-program.ts';

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
    const folders = await init('--password', 'secret');
    configure(folders, ['# allow_private_relays = off', 'allow_private_relays = on']);
    const proxy = await start(folders);
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

  it('reaches no private address for its clients, in any notation, but itself under every name', async () => {
    let connections = 0;
    const victims = await Promise.all(
      ['127.0.0.1', '::1'].map(async (host) => {
        const victim = createServer((socket) => {
          connections++;
          socket.on('error', () => {});
          socket.destroy();
        });
        victim.listen(0, host);
        await once(victim, 'listening');
        return victim;
      }),
    );
    const [port4, port6] = victims.map((victim) => String((victim.address() as AddressInfo).port));
    const server = await start(await init('--no-password'));
    const client = await RawClient.connect(server.address.server, SMP_VERSIONS);
    const ask = (hosts: readonly string[], port: string, keyHash: Uint8Array = new Uint8Array(32)) =>
      client.ask(emptyBytes, undefined, { kind: 'PRXY', server: { hosts, port, keyHash }, password: undefined });
    const noHost = proxyError({ kind: 'BROKER', error: { kind: 'HOST' } });
    for (const host of ['127.0.0.1', '127.0.0.2', 'localhost', '127.1', '0x7f000001', '0', '::ffff:127.0.0.1']) {
      expect([host, await ask([host], port4!)]).toEqual([host, noHost]);
    }
    for (const host of ['::1', '::', 'fe80::1', '64:ff9b::7f00:1']) {
      expect([host, await ask([host], port6!)]).toEqual([host, noHost]);
    }
    expect(await ask(['10.0.0.1', 'localhost', '192.168.1.1'], port4!)).toEqual(noHost);
    const { keyHash, port } = server.address.server;
    for (const host of ['127.0.0.1', 'localhost', 'smp.example.invalid', '10.0.0.1']) {
      expect((await ask([host], port, keyHash)).kind).toBe('PKEY');
    }
    // Its own identity opens no way to other programs either.
    expect((await ask(['127.0.0.1'], port4!, keyHash)).kind).toBe('PKEY');
    expect(connections).toBe(0);
    client.transport.destroy();
    for (const victim of victims) victim.close();
  });
});
