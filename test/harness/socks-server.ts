/** A SOCKS5 proxy on loopback for tests: it connects everything to one port, and can misbehave. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface SocksServer {
  readonly port: number;
  /** What it was asked for: `user:password name:port`, or ` name:port` without a user. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

export interface SocksBehaviour {
  /** The method it picks; by default a user name when there is one on offer. */
  readonly method?: number;
  readonly status?: number;
  readonly reply?: number;
  /** Bytes instead of its first answer; empty closes the connection. */
  readonly garbage?: Uint8Array;
}

async function* incoming(socket: Socket): AsyncGenerator<number> {
  for (;;) {
    const chunk = socket.read(1) as Buffer | null;
    if (chunk !== null) yield chunk[0]!;
    else if (socket.readableEnded || socket.destroyed) return;
    else await new Promise<void>((resolve) => socket.once('readable', resolve).once('close', () => resolve()));
  }
}

/** Everything for any host goes to `target`; answers come in single bytes. */
export async function startSocksServer(target: number, behaviour: SocksBehaviour = {}): Promise<SocksServer> {
  const asked: string[] = [];
  const sockets = new Set<Socket>();
  const serve = async (socket: Socket) => {
    const bytes = incoming(socket);
    const next = async (): Promise<number> => {
      const { value, done } = await bytes.next();
      if (done === true) throw new Error('ended');
      return value;
    };
    const take = async (length: number) => {
      const taken: number[] = [];
      while (taken.length < length) taken.push(await next());
      return Buffer.from(taken);
    };
    const say = (...values: readonly number[]) => {
      for (const value of values) socket.write(Uint8Array.of(value));
    };
    await next();
    const methods = await take(await next());
    if (behaviour.garbage !== undefined) return void socket.end(behaviour.garbage);
    const method = behaviour.method ?? (methods.includes(2) ? 2 : 0);
    say(5, method);
    let user = '';
    if (method === 2) {
      await next();
      const name = await take(await next());
      user = `${name}:${await take(await next())}`;
      say(1, behaviour.status ?? 0);
    }
    await take(3);
    const kind = await next();
    const host = kind === 1 ? (await take(4)).join('.') : `${await take(await next())}`;
    asked.push(`${user} ${host}:${(await take(2)).readUInt16BE()}`);
    say(5, behaviour.reply ?? 0, 0, ...(kind === 1 ? [1, 127, 0, 0, 1] : [3, 4, 110, 97, 109, 101]), 0, 1);
    if (behaviour.reply !== undefined) return;
    const onward = connect(target, '127.0.0.1');
    sockets.add(onward);
    onward.on('error', () => socket.destroy());
    socket.pipe(onward).pipe(socket);
    onward.once('close', () => socket.destroy());
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}
