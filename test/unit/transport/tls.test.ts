/** TLS as it is on the wire: what is agreed, what is refused. */
import { once } from 'node:events';
import { type AddressInfo, createServer, connect as netConnect } from 'node:net';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnectSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/index.ts';
import { createIdentity, createServerCertificate } from '../../../src/crypto/certificate-authority.ts';
import { certificateFingerprint, systemRandom } from '../../../src/crypto/index.ts';
import { emptyBytes } from '../../../src/encoding/index.ts';
import { BLOCK_SIZE, SMP_ALPN, type Transport, TransportError, WEB_ALPN } from '../../../src/transport/index.ts';
import { tlsConnect, tlsListen } from '../../../src/transport/node/index.ts';
import { manualClock } from '../../harness/manual-clock.ts';
import { never, RawClient } from '../../harness/smp-client.ts';
import { pemChain, pemKey, startTestServer, type TestServer, testAdmission } from '../../harness/smp-server.ts';

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
afterEach(() => server.stop());

/** A socket with other options than ours; resolves with the error when it fails. */
function socketWith(options: ConnectionOptions): Promise<TLSSocket | Error> {
  return new Promise((resolve) => {
    const socket = tlsConnectSocket(
      {
        host: '127.0.0.1',
        port: Number(server.address.port),
        servername: '',
        rejectUnauthorized: false,
        ALPNProtocols: [SMP_ALPN],
        ...options,
      },
      () => resolve(socket),
    );
    socket.on('error', resolve);
  });
}

const closed = (socket: TLSSocket) => new Promise<void>((resolve) => socket.once('close', () => resolve()));

describe('TLS', () => {
  for (const algorithm of ['ed25519', 'ed448'] as const) {
    it(`agrees with ${algorithm} certificates, both ends on one session id`, async () => {
      const other = await startTestServer({ algorithm });
      for (const alpn of [SMP_ALPN, WEB_ALPN]) {
        const client = await RawClient.connect(other.address, { min: 9, max: 12 }, { alpn });
        expect(client.transport.alpn).toBe(alpn);
        expect(client.transport.sessionId.length).toBe(32);
        expect(client.transport.peerChain.length).toBe(2);
        expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
        client.transport.destroy();
      }
      await other.stop();
    });
  }

  it('uses version 1.3, ChaCha20 and either curve', async () => {
    for (const ecdhCurve of ['X25519', 'X448']) {
      const socket = await socketWith({ ecdhCurve });
      if (socket instanceof Error) throw socket;
      expect(socket.getProtocol()).toBe('TLSv1.3');
      expect(socket.getCipher().name).toBe('TLS_CHACHA20_POLY1305_SHA256');
      socket.destroy();
    }
  });

  it('refuses everything else', async () => {
    for (const options of [
      { maxVersion: 'TLSv1.2' },
      { ciphers: 'TLS_AES_128_GCM_SHA256' },
      { ecdhCurve: 'prime256v1' },
      { sigalgs: 'ecdsa_secp256r1_sha256' },
      { ALPNProtocols: ['h2'] },
    ] as const) {
      expect(await socketWith(options as ConnectionOptions)).toBeInstanceOf(Error);
    }
  });

  it('closes on clients without ALPN, and serves those that name it', async () => {
    const silent = await socketWith({ ALPNProtocols: [] });
    if (silent instanceof Error) throw silent;
    const gone = closed(silent);
    silent.resume();
    await gone;
    const naming = await socketWith({ servername: 'example.com' });
    if (naming instanceof Error) throw naming;
    const [hello] = (await once(naming, 'data')) as [Buffer];
    expect(hello.length).toBeGreaterThan(0);
    naming.destroy();
    const client = await RawClient.connect(server.address, { min: 9, max: 12 });
    expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
    client.transport.destroy();
  });

  it('does not resume sessions', async () => {
    const first = await socketWith({});
    if (first instanceof Error) throw first;
    const session = await new Promise<Buffer>((resolve) => {
      first.once('session', resolve);
      first.resume();
    });
    first.destroy();
    const second = await socketWith({ session });
    if (second instanceof Error) throw second;
    expect(second.isSessionReused()).toBe(false);
    second.destroy();
  });

  it('survives connections that are not TLS, or go away', async () => {
    for (const bytes of ['GET / HTTP/1.1\r\n\r\n', '']) {
      await new Promise<void>((resolve) => {
        const socket = netConnect(Number(server.address.port), '127.0.0.1', () => socket.end(bytes));
        socket.on('error', () => {});
        socket.resume();
        socket.once('close', () => resolve());
      });
    }
    const client = await RawClient.connect(server.address, { min: 9, max: 12 });
    client.transport.destroy();
  });
});

describe('connecting', () => {
  const target = (changes: object) => ({
    hosts: ['127.0.0.1'],
    port: Number(server.address.port),
    alpn: [SMP_ALPN],
    ...changes,
  });
  const connect = tlsConnect(systemClock);

  it('tries the hosts in turn', async () => {
    const transport = await connect(target({ hosts: ['abc.onion', '127.0.0.2', '127.0.0.1'] }), never);
    transport.close();
    await transport.closed;
  });

  it('fails with what is wrong', async () => {
    await expect(connect(target({ hosts: ['abc.onion'] }), never)).rejects.toMatchObject({ kind: 'host' });
    await expect(connect(target({ alpn: ['other'] }), never)).rejects.toMatchObject({ kind: 'tls', retryable: false });
    await expect(connect(target({}), AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
    const { port } = server.address;
    await server.stop();
    await expect(connect(target({ port: Number(port) }), never)).rejects.toMatchObject({
      kind: 'network',
      retryable: true,
    });
    server = await startTestServer();
  });

  it('reaches no address that is not of the public internet where only that is allowed', async () => {
    let accepted = 0;
    const victim = createServer((socket) => {
      accepted++;
      socket.destroy();
    });
    victim.listen(0, '127.0.0.1');
    await once(victim, 'listening');
    const { port } = victim.address() as AddressInfo;
    const publicOnly = tlsConnect(systemClock, undefined, { publicOnly: true });
    for (const host of ['127.0.0.1', 'localhost', '127.1', '0x7f000001', '::ffff:127.0.0.1', '0.0.0.0', '::']) {
      await expect(publicOnly(target({ hosts: [host], port }), never)).rejects.toMatchObject({ kind: 'host' });
    }
    expect(accepted).toBe(0);
    victim.close();
  });

  it('has no more connections to one address than it may', async () => {
    const open = new Set<string>();
    const limited = tlsConnect(systemClock, undefined, {
      publicOnly: false,
      hold: (address) => {
        if (open.has(address)) return undefined;
        open.add(address);
        return () => void open.delete(address);
      },
    });
    const first = await limited(target({}), never);
    await expect(limited(target({}), never)).rejects.toMatchObject({ kind: 'network' });
    first.destroy();
    await first.closed;
    const next = await limited(target({}), never);
    next.destroy();
    await next.closed;
  });

  it('reads whole blocks, and sees where the stream ends', async () => {
    const client = await connect(target({}), never);
    expect((await client.read(BLOCK_SIZE))?.length).toBe(BLOCK_SIZE);
    await server.runner.stop();
    expect(await client.read(BLOCK_SIZE)).toBeUndefined();
    client.destroy();
  });
});

describe('listening', () => {
  it('closes connections that do not agree on TLS in time, and lets nobody in while there are too many', async () => {
    const clock = manualClock();
    const guarded = await startTestServer({ connections: { handshakes: 2 }, clock });
    const port = Number(guarded.address.port);
    const silent = () => {
      const socket = netConnect(port, '127.0.0.1').resume();
      socket.on('error', () => {});
      return new Promise<void>((resolve) => socket.once('close', () => resolve()));
    };
    const early = [silent(), silent()];
    // The third is refused at once, the two when their time is over.
    await silent();
    await expect(RawClient.connect(guarded.address, { min: 12, max: 12 })).rejects.toMatchObject({ kind: 'network' });
    clock.advance(60_000);
    await Promise.all(early);
    const client = await RawClient.connect(guarded.address, { min: 12, max: 12 });
    expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
    client.transport.destroy();
    await guarded.stop();
  });

  it('presents a renewed certificate of the same identity to newcomers, and leaves the others alone', async () => {
    const ca = createIdentity('ed25519', 'CA', Date.now(), systemRandom);
    const identityOf = (host: string) => {
      const signer = createServerCertificate(ca, 'ed25519', host, Date.now(), systemRandom);
      return { chain: [signer.certificate, ca.certificate], signer };
    };
    const tlsIdentity = (identity: ReturnType<typeof identityOf>) => ({
      certificates: pemChain(identity),
      key: pemKey(identity),
      onConnection: (transport: Transport) => server.runner.accept(transport, identity),
    });
    const [first, second] = [identityOf('first'), identityOf('second')];
    const alpn = [SMP_ALPN];
    const where = { host: '127.0.0.1', port: 0, alpn, admission: testAdmission(), clock: systemClock };
    const listener = await tlsListen({ ...tlsIdentity(first), ...where });
    const address = {
      hosts: ['127.0.0.1'],
      port: String(listener.port),
      keyHash: certificateFingerprint(ca.certificate),
    };
    const connect = () => RawClient.connect(address, { min: 9, max: 12 });
    const before = await connect();
    listener.renew(tlsIdentity(second));
    const after = await connect();
    expect(before.transport.peerChain).toEqual(first.chain);
    expect(after.transport.peerChain).toEqual(second.chain);
    for (const client of [before, after]) {
      expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
      client.transport.destroy();
    }
    expect(() => listener.renew({ ...tlsIdentity(second), key: pemKey(first) })).toThrow();
    const later = await connect();
    expect(later.transport.peerChain).toEqual(second.chain);
    later.transport.destroy();
    listener.close();
  });

  it('says when a port cannot be had', async () => {
    const options = {
      host: '127.0.0.1',
      port: Number(server.address.port),
      certificates: '',
      key: '',
      alpn: [SMP_ALPN],
      admission: testAdmission(),
      clock: systemClock,
      onConnection() {},
    };
    await expect(tlsListen(options)).rejects.toThrow(TransportError);
    await expect(tlsListen(options)).rejects.toThrow(/in use/);
  });
});
