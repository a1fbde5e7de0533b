/** What the first bytes of TLS say about who comes. */
import { createServer, connect as netConnect } from 'node:net';
import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { helloKind, MAX_HELLO_BYTES } from '../../../src/transport/node/client-hello.ts';

/** The first bytes that a TLS client of this runtime sends. */
function helloOf(servername: string): Promise<Buffer> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.once('data', (bytes) => {
        socket.destroy();
        server.close();
        resolve(bytes);
      });
    });
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      connect({ socket: netConnect(port, '127.0.0.1'), servername, rejectUnauthorized: false }).on('error', () => {});
    });
  });
}

describe('the beginning of TLS', () => {
  it('shows whether a host is named, once it is whole', async () => {
    for (const [servername, kind] of [
      ['', 'unnamed'],
      ['smp.example.com', 'named'],
    ] as const) {
      const hello = await helloOf(servername);
      expect(helloKind(hello)).toBe(kind);
      expect(helloKind(Buffer.concat([hello, Buffer.alloc(100)]))).toBe(kind);
      for (let length = 0; length < hello.length; length++) {
        expect(helloKind(hello.subarray(0, length))).toBe('unknown');
      }
    }
  });

  it('is no beginning when it is something else', async () => {
    const hello = await helloOf('smp.example.com');
    const changed = (at: number, value: number) => {
      const other = Buffer.from(hello);
      other[at] = value;
      return helloKind(other);
    };
    expect(helloKind(Buffer.from('GET / HTTP/1.1'))).toBe('other');
    expect(changed(0, 0x17)).toBe('other');
    // Not the message of a client.
    expect(changed(5, 2)).toBe('other');
    // Longer than any record.
    expect(changed(3, 0xff)).toBe('other');
  });

  it('ends in an answer whatever is in it', async () => {
    const hello = await helloOf('smp.example.com');
    for (let at = 0; at < hello.length; at++) {
      for (const value of [0, 0xff]) {
        const other = Buffer.from(hello);
        other[at] = value;
        expect(['unknown', 'named', 'unnamed', 'other']).toContain(helloKind(other));
      }
    }
    const endless = Buffer.alloc(MAX_HELLO_BYTES + 1, 0x16);
    expect(helloKind(endless)).toBe('other');
  });
});
