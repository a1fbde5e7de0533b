/** How many relays a proxy connects to, of one host and at all, and whose attempts give way. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemRandom } from '../../../src/crypto/index.ts';
import type { SmpServer } from '../../../src/protocol/index.ts';
import type { TransportConnect } from '../../../src/transport/index.ts';
import type { RawClient } from '../../harness/smp-client.ts';
import { SmpNetwork } from '../../harness/smp-network.ts';

const network = { kind: 'ERR', error: { kind: 'PROXY', error: { kind: 'BROKER', error: { kind: 'NETWORK' } } } };
const prxy = (server: SmpServer) => ({ command: { kind: 'PRXY' as const, server, password: undefined } });

let world: SmpNetwork;
beforeEach(() => {
  world = new SmpNetwork();
});
afterEach(() => world.close());

/** Servers that share a host, each at a port of its own. */
function shared(host: string, count: number): { readonly addresses: SmpServer[]; readonly connect: TransportConnect } {
  const names = Array.from({ length: count }, (_, i) => `${host}-${i}`);
  for (const name of names) world.start(name);
  const addresses = names.map((name, i) => ({ ...world.address(name), hosts: [host], port: String(1_000 + i) }));
  const connector = world.network.connector('proxy');
  const connect: TransportConnect = (target, signal) =>
    connector(target.hosts[0] === host ? { ...target, hosts: [names[target.port - 1_000]!] } : target, signal);
  return { addresses, connect };
}

describe('relays of one host', () => {
  it('do not fill the table: the one nobody used for the longest makes room', async () => {
    const { addresses, connect } = shared('crowd', 12);
    const proxy = world.start('proxy', { proxy: { connect } });
    const sender = await world.connect('proxy');
    for (const address of addresses) {
      expect((await world.request(sender, address)).kind).toBe('PKEY');
      await world.pass(1_000);
    }
    expect(proxy.proxy.relays).toBe(8);
  });

  it('count under each of their names, however these are written', async () => {
    const { addresses, connect } = shared('crowd', 12);
    const proxy = world.start('proxy', { proxy: { connect } });
    const sender = await world.connect('proxy');
    for (const [i, address] of addresses.entries()) {
      const hosts = i % 2 === 0 ? ['crowd', `name${i}`, 'CROWD.'] : ['crowd', 'Crowd'];
      await world.request(sender, { ...address, hosts });
      await world.pass(1_000);
    }
    expect(proxy.proxy.relays).toBe(8);
  });

  it('that never answer do not keep a client from one that does', async () => {
    world.start('victim');
    const real = world.address('victim');
    const connector = world.network.connector('proxy');
    world.network.setReachability('void', 'silent');
    const proxy = world.start('proxy', {
      proxy: {
        connect: (target, signal) => connector(target.port === 5223 ? target : { ...target, hosts: ['void'] }, signal),
      },
    });
    const attacker = await world.connect('proxy');
    const requests = Array.from({ length: 16 }, (_, i) => prxy({ ...real, port: String(i + 1) }));
    const answers = world.begin(attacker, requests);
    await world.pass(1_000);
    expect(proxy.attempts()).toBe(0);
    expect(proxy.proxy.relays).toBe(8);
    expect((await world.request(await world.connect('proxy'), real)).kind).toBe('PKEY');
    expect(await world.settle(answers)).toEqual(requests.map(() => network));
  });
});

describe('attempts that never connect', () => {
  /** Clients that ask, at the same time, for relays where nobody answers; gives all answers, once there are any. */
  async function flood(clients: number, perClient: number): Promise<{ readonly answers: Promise<unknown> }> {
    const connected: RawClient[] = [];
    for (let c = 0; c < clients; c++) connected.push(await world.connect('proxy'));
    const answers = connected.map((client, c) => {
      const requests = Array.from({ length: perClient }, (_, i) => {
        const name = `void${c}-${i}`;
        world.network.setReachability(name, 'silent');
        return prxy({ hosts: [name], port: '5223', keyHash: systemRandom.bytes(32) });
      });
      return world.begin(client, requests);
    });
    await world.pass(1_000);
    return { answers: Promise.all(answers) };
  }

  it('of many clients neither disconnect relays nor keep others from theirs', async () => {
    const proxy = world.start('proxy', { proxy: { maxRelays: 40 } });
    for (const name of ['a', 'b', 'c']) world.start(name);
    const sender = await world.connect('proxy');
    const ways = [await world.way(sender, world.address('a')), await world.way(sender, world.address('b'))];
    const { answers } = await flood(5, 16);
    expect(proxy.attempts()).toBeGreaterThan(32);
    expect((await world.request(await world.connect('proxy'), world.address('c'))).kind).toBe('PKEY');
    const send = { kind: 'SEND' as const, flags: { notification: false }, body: new Uint8Array(1) };
    for (const way of ways) {
      const answer = await world.forward(sender, way, systemRandom.bytes(24), undefined, send);
      expect(answer).toEqual({ kind: 'ERR', error: { kind: 'AUTH' } });
    }
    await world.settle(answers);
    expect(proxy.proxy.relays).toBeLessThanOrEqual(40);
  });

  it('of 64 clients fill nothing with the limits that servers have', async () => {
    const proxy = world.start('proxy');
    world.start('relay');
    const { answers } = await flood(64, 16);
    expect(proxy.attempts()).toBeGreaterThanOrEqual(500);
    expect(proxy.proxy.relays).toBeLessThanOrEqual(500);
    expect((await world.request(await world.connect('proxy'), world.address('relay'))).kind).toBe('PKEY');
    await world.settle(answers);
  });

  it('give way after a few seconds, also to clients that have as many', async () => {
    world.start('proxy', { proxy: { maxRelays: 10 } });
    world.start('relay');
    const { answers } = await flood(32, 1);
    const other = await world.connect('proxy');
    expect(await world.request(other, world.address('relay'))).toEqual(network);
    await world.pass(5_000);
    expect((await world.request(await world.connect('proxy'), world.address('relay'))).kind).toBe('PKEY');
    await world.settle(answers);
  });
});

describe('relays out of reach', () => {
  it('are remembered while there is room for them, the newest longest', async () => {
    const proxy = world.start('proxy', { proxy: { maxRelays: 3 } });
    const sender = await world.connect('proxy');
    const ask = async (...names: string[]) => {
      for (const name of names) expect(await world.request(sender, world.address(name))).toEqual(network);
      return proxy.attempts();
    };
    expect(await ask('a', 'b', 'c')).toBe(3);
    expect(await ask('a', 'b', 'c')).toBe(3);
    expect(await ask('d')).toBe(4);
    expect(await ask('b', 'c', 'd')).toBe(4);
    expect(await ask('a')).toBe(5);
  });
});

describe('the server itself', () => {
  it('is reached by its identity, whatever address is named', async () => {
    const identity = world.address('proxy');
    const asked: string[] = [];
    const connector = world.network.connector('proxy');
    const proxy = world.start('proxy', {
      proxy: {
        connect: (target, signal) => {
          asked.push(...target.hosts);
          return connector(target, signal);
        },
        self: {
          keyHash: identity.keyHash,
          connect: (target, signal) => connector({ ...target, hosts: ['proxy'], port: 5223 }, signal),
        },
      },
    });
    const sender = await world.connect('proxy');
    for (const hosts of [['127.0.1.1'], ['localhost'], ['10.0.0.1', 'anything']]) {
      expect((await world.request(sender, { ...identity, hosts, port: '6379' })).kind).toBe('PKEY');
    }
    expect([asked, proxy.proxy.relays]).toEqual([[], 1]);
  });
});
