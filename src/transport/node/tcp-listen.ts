/** Accepting TCP connections: those over the limit are closed at once, slow handshakes after a timeout. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Clock, Timer } from '../../base/index.ts';
import { TransportError } from '../index.ts';
import type { Admission, Admitted } from './admission.ts';

/** For the whole TLS handshake; the reference gives as much. */
const TLS_HANDSHAKE_TIMEOUT_MS = 60_000;

/** Connections waiting to be accepted. */
const BACKLOG = 1_024;

/** A silent connection is asked for a sign of life after this long, so that peers that vanished are not kept. */
const KEEP_ALIVE_DELAY_MS = 600_000;

export interface TcpListenOptions {
  /** Address to bind; undefined for all. */
  readonly host: string | undefined;
  /** 0 for any free port. */
  readonly port: number;
  /** Who may connect; shared by the listeners of one server. */
  readonly admission: Admission;
  readonly clock: Clock;
  /**
   * A paused socket; `agreed` is to be called once it is agreed what is spoken on it, before its time is over. Who gives
   * the socket to another process, where that is not seen, calls `handOver` before.
   */
  onSocket(socket: Socket, agreed: () => void, handOver: () => Admitted): void;
}

export interface TcpListener {
  readonly port: number;
  /** Stops accepting and drops connections on which nothing is agreed yet; the others stay. */
  close(): void;
}

/** Closes a socket on which nothing is agreed in time, unless it is cancelled. */
export const startHandshakeTimeout = (socket: Socket, clock: Clock): Timer =>
  clock.schedule(TLS_HANDSHAKE_TIMEOUT_MS, () => socket.destroy(), { background: true });

/** Starts listening; rejects with {@link TransportError} when the port cannot be had. */
export function tcpListen(options: TcpListenOptions): Promise<TcpListener> {
  const { admission, clock } = options;
  const handshaking = new Set<Socket>();
  const server = createServer(
    { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS, pauseOnConnect: true },
    (socket) => {
      // Without an address it is gone already.
      const admitted = socket.remoteAddress === undefined ? undefined : admission.admit(socket.remoteAddress);
      if (admitted === undefined) {
        socket.destroy();
        return;
      }
      handshaking.add(socket);
      const timer = startHandshakeTimeout(socket, clock);
      const agreed = () => {
        timer.cancel();
        handshaking.delete(socket);
        admitted.handshakeDone();
      };
      const closed = () => {
        agreed();
        admitted.closed();
      };
      socket.on('error', () => {});
      socket.once('close', closed);
      options.onSocket(socket, agreed, () => {
        socket.off('close', closed);
        timer.cancel();
        handshaking.delete(socket);
        return admitted;
      });
    },
  );
  return new Promise((resolve, reject) => {
    server.once('error', (cause: Error & { readonly code?: string }) => {
      const why: Record<string, string> = {
        EADDRINUSE: `port ${options.port} is in use by another program`,
        EACCES: `port ${options.port} needs more rights than this user has`,
        EADDRNOTAVAIL: `this machine has no address ${options.host}`,
      };
      reject(new TransportError('network', why[cause.code ?? ''] ?? `cannot listen: ${cause.message}`, { cause }));
    });
    server.listen(
      { port: options.port, backlog: BACKLOG, ...(options.host === undefined ? {} : { host: options.host }) },
      () => {
        const { port } = server.address() as AddressInfo;
        resolve({
          port,
          close() {
            server.close();
            for (const socket of handshaking) socket.destroy();
          },
        });
      },
    );
  });
}
