/** Ways to servers: which hosts, and through what. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import { BLOCK_SIZE, SMP_ALPN, TransportError } from '../../../src/transport/index.ts';
import { parseSocksProxy, type Routing, type SocksProxy, tlsConnect } from '../../../src/transport/node/index.ts';
import { directRouting, routesTo } from '../../../src/transport/node/routes.ts';
import { socksCredentials, socksRequest } from '../../../src/transport/node/socks.ts';
import { never, RawClient } from '../../harness/smp-client.ts';
import { startTestServer, type TestServer } from '../../harness/smp-server.ts';
import { type SocksBehaviour, type SocksServer, startSocksServer } from '../../harness/socks-server.ts';

const tor: SocksProxy = { host: '127.0.0.1', port: 9050, auth: { kind: 'isolate' } };

describe('the setting', () => {
  it('is a host, a port, and who we are', () => {
    for (const [text, expected] of [
      ['localhost:9050', { host: 'localhost', port: 9050, auth: { kind: 'isolate' } }],
      [':9150', { host: '127.0.0.1', port: 9150, auth: { kind: 'isolate' } }],
      ['10.0.0.1', { host: '10.0.0.1', port: 9050, auth: { kind: 'isolate' } }],
      ['@', { host: '127.0.0.1', port: 9050, auth: { kind: 'none' } }],
      ['@[::1]:9051', { host: '::1', port: 9051, auth: { kind: 'none' } }],
      ['me:pass@tor', { host: 'tor', port: 9050, auth: { kind: 'user', username: 'me', password: 'pass' } }],
      ['me:@:1', { host: '127.0.0.1', port: 1, auth: { kind: 'user', username: 'me', password: '' } }],
    ] as const) {
      expect(parseSocksProxy(text), text).toEqual(expected);
    }
    for (const text of ['', 'a b', 'host:', 'host:65536', 'host:x', 'me@host', 'socks5://host:1', '[::1', 'a:b:c']) {
      expect(parseSocksProxy(text), text).toBeUndefined();
    }
  });

  it('is sent as the proxy reads it', () => {
    expect(socksRequest('10.0.0.1', 5223)).toEqual(Uint8Array.of(5, 1, 0, 1, 10, 0, 0, 1, 20, 103));
    expect(socksRequest('a.onion', 443)).toEqual(Uint8Array.of(5, 1, 0, 3, 7, 97, 46, 111, 110, 105, 111, 110, 1, 187));
    expect(socksRequest('::1', 1)).toEqual(Uint8Array.of(5, 1, 0, 3, 3, 58, 58, 49, 0, 1));
    expect(socksCredentials(tor, 'x')).toEqual(Uint8Array.of(1, 1, 120, 0));
    expect(socksCredentials({ ...tor, auth: { kind: 'none' } }, 'x')).toBeUndefined();
  });
});

describe('routes', () => {
  const hosts = ['smp.example', 'abc.onion', '10.0.0.1'];
  const names = (routing: Partial<Routing>, of = hosts) =>
    routesTo(of, { ...directRouting, ...routing }).map(({ host, socksProxy }) =>
      socksProxy === undefined ? host : `socks ${host}`,
    );

  it('are those of the preferred kind first', () => {
    expect(names({})).toEqual(['smp.example', '10.0.0.1']);
    expect(names({ socksProxy: tor })).toEqual(['smp.example', '10.0.0.1', 'socks abc.onion']);
    expect(names({ socksProxy: tor, hostMode: 'onion' })).toEqual(['socks abc.onion', 'smp.example', '10.0.0.1']);
    expect(names({ socksProxy: tor, hostMode: 'onion', requiredHostMode: true })).toEqual(['socks abc.onion']);
    expect(names({ socksProxy: tor, requiredHostMode: true, socksMode: 'always' })).toEqual([
      'socks smp.example',
      'socks 10.0.0.1',
    ]);
    // Without a proxy there is nothing to prefer.
    expect(names({ hostMode: 'onion', requiredHostMode: true })).toEqual(['smp.example', '10.0.0.1']);
  });

  it('may be none', () => {
    const none = (routing: Partial<Routing>, of: readonly string[]) => () => names(routing, [...of]);
    expect(none({}, ['abc.onion', 'DEF.ONION'])).toThrow(/need Tor/);
    expect(none({ socksProxy: tor, requiredHostMode: true }, ['abc.onion'])).toThrow(/of the kind that is required/);
    expect(none({ socksProxy: tor, requiredHostMode: true, hostMode: 'onion' }, ['a.example'])).toThrow(TransportError);
  });
});

describe('through a SOCKS proxy', () => {
  let server: TestServer;
  let socks: SocksServer | undefined;
  beforeEach(async () => {
    server = await startTestServer();
  });
  afterEach(async () => {
    await socks?.close();
    socks = undefined;
    await server.stop();
  });

  async function routing(auth: SocksProxy['auth'], behaviour?: SocksBehaviour): Promise<Routing> {
    socks = await startSocksServer(Number(server.address.port), behaviour);
    return { ...directRouting, socksProxy: { host: '127.0.0.1', port: socks.port, auth } };
  }
  const target = (...hosts: string[]) => ({ hosts, port: 5223, alpn: [SMP_ALPN] });
  const failure = async (auth: SocksProxy['auth'], behaviour: SocksBehaviour) => {
    const connect = tlsConnect(systemClock, await routing(auth, behaviour));
    const error: unknown = await connect(target('abc.onion'), never).catch((reason: unknown) => reason);
    await socks?.close();
    if (!(error instanceof TransportError)) throw new Error('it did not fail');
    return `${error.kind}: ${error.message}`;
  };

  it('onion hosts are reached, each in a way of its own', async () => {
    const connect = tlsConnect(systemClock, await routing({ kind: 'isolate' }));
    for (const host of ['abc.onion', 'def.onion', 'abc.onion']) {
      const client = await RawClient.connect({ ...server.address, hosts: [host] }, { min: 9, max: 12 }, { connect });
      expect(await client.ask(new Uint8Array(0), undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
      client.transport.destroy();
    }
    const [first, second, third] = socks!.asked;
    expect(first).toMatch(/^\S+abc\.onion:\d+: abc\.onion:\d+$/);
    expect(third).toBe(first);
    expect(second!.split(' ')[0]).not.toBe(first!.split(' ')[0]);
  });

  it('others too when it is always used', async () => {
    const connect = tlsConnect(systemClock, { ...(await routing({ kind: 'none' })), socksMode: 'always' });
    for (const host of ['smp.example', '10.1.2.3']) {
      const transport = await connect(target(host), never);
      expect((await transport.read(BLOCK_SIZE))?.length).toBe(BLOCK_SIZE);
      transport.destroy();
      await transport.closed;
    }
    expect(socks!.asked).toEqual([' smp.example:5223', ' 10.1.2.3:5223']);
  });

  it('hosts that are not of the public internet are not asked for where only that is allowed', async () => {
    const always: Routing = { ...(await routing({ kind: 'none' })), socksMode: 'always' };
    const connect = tlsConnect(systemClock, always, { publicOnly: true });
    for (const host of ['10.1.2.3', '127.1', 'localhost', '::1', '::ffff:127.0.0.1', 'router', 'printer.local']) {
      await expect(connect(target(host), never)).rejects.toMatchObject({ kind: 'host' });
    }
    expect(socks!.asked).toEqual([]);
    const transport = await connect(target('10.1.2.3', 'smp.example'), never);
    transport.destroy();
    await transport.closed;
    expect(socks!.asked).toEqual([' smp.example:5223']);
  });

  it('failures say what the proxy says', async () => {
    const user = { kind: 'user', username: 'me', password: 'secret' } as const;
    expect(await failure(user, { status: 1 })).toBe(
      'network: the SOCKS proxy does not take this user name and password',
    );
    expect(await failure({ kind: 'none' }, { method: 2 })).toMatch(/another way to log in/);
    expect(await failure({ kind: 'none' }, { method: 255 })).toMatch(/another way to log in/);
    expect(await failure(user, { reply: 5 })).toBe('network: the SOCKS proxy was refused');
    expect(await failure(user, { reply: 0xf0 })).toBe('network: the SOCKS proxy failed (240)');
    expect(await failure(user, { garbage: new TextEncoder().encode('HTTP/1.1 400') })).toMatch(/does not speak SOCKS5/);
    expect(await failure(user, { garbage: new Uint8Array(0) })).toMatch(/closed the connection/);
    const dead = tlsConnect(systemClock, {
      ...directRouting,
      socksProxy: { host: '127.0.0.1', port: socks!.port, auth: user },
    });
    await expect(dead(target('abc.onion'), never)).rejects.toThrow(/no connection to the SOCKS proxy/);
  });

  it('is given up when it is not wanted any more', async () => {
    const connect = tlsConnect(systemClock, await routing({ kind: 'none' }, { reply: 0 }));
    const giveUp = new AbortController();
    const connecting = connect(target('abc.onion'), giveUp.signal);
    giveUp.abort(new Error('never mind'));
    await expect(connecting).rejects.toThrow('never mind');
  });
});
