/** Accepts TCP connections; closes those over the limits at once, and slow handshakes after a timeout. */
import { type AddressInfo, createServer, type Socket } from 'node:net';
import type { Clock, Timer } from '../../base/index.ts';
import { TransportError } from '../index.ts';
import type { Admission, Admitted } from './admission.ts';

/** For the whole TLS handshake; the same as the reference. */
const TLS_HANDSHAKE_TIMEOUT_MS = 60_000;

/** Connections that wait to be accepted. */
const BACKLOG = 1_024;

/** TCP keep-alive after this much silence, so that connections of vanished peers are closed. */
const KEEP_ALIVE_DELAY_MS = 600_000;

export interface TcpListenOptions {
  /** Address to bind; undefined: all. */
  readonly host: string | undefined;
  /** 0: any free port. */
  readonly port: number;
  /** Admission control, shared by the listeners of one server. */
  readonly admission: Admission;
  readonly clock: Clock;
  /**
   * Receives a paused socket; `agreed` must be called once the protocol on it is established, within the handshake
   * timeout. When the socket is passed to another process, which cannot call it, `handOver` must be called first.
   */
  onSocket(socket: Socket, agreed: () => void, handOver: () => Admitted): void;
}

export interface TcpListener {
  readonly port: number;
  /** Stops accepting, and drops connections still in a handshake; the others stay. */
  close(): void;
}

/** Closes a socket whose handshake takes too long, unless cancelled. */
export const startHandshakeTimeout = (socket: Socket, clock: Clock): Timer =>
  clock.schedule(TLS_HANDSHAKE_TIMEOUT_MS, () => socket.destroy(), { background: true });

/** Starts listening; rejects with {@link TransportError} when the port cannot be opened. */
export function tcpListen(options: TcpListenOptions): Promise<TcpListener> {
  const { admission, clock } = options;
  const handshaking = new Set<Socket>();
  const server = createServer(
    { noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS, pauseOnConnect: true },
    (socket) => {
      // Without an address it has already been closed.
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
