/** Worker processes: starts them, passes sockets and messages, and notices their end. */
import { type ChildProcess, fork } from 'node:child_process';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ProcessChannel } from './process-channel.ts';

/** The pipe's descriptor, after the standard ones and the IPC channel for sockets. */
const PIPE_FD = 4;

export class WorkerProcess<Sent, Received> {
  readonly channel: ProcessChannel<Sent, Received>;
  /** Resolves when the process has ended for any reason. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;

  /** Starts `program`, a file that calls {@link asWorker}. */
  constructor(program: string, receive: (message: Received) => void) {
    // Without this process's Node options, which may include code from the command line.
    this.#child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'], execArgv: [] });
    this.channel = new ProcessChannel(this.#child.stdio[PIPE_FD] as Duplex, receive);
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      // The process could not be started.
      this.#child.once('error', () => resolve());
    });
  }

  /** Passes a paused socket to the worker, which owns it from then on; `lost` is called when it does not arrive. */
  handOver(connection: number, socket: Socket, lost: () => void): void {
    this.#child.send(connection, socket, {}, (error) => {
      if (error !== null) lost();
    });
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

export interface WorkerHandlers<Received> {
  receive(message: Received): void;
  /** A socket was received; undefined: it was closed in transit. */
  onSocket(connection: number, socket: Socket | undefined): void;
}

/**
 * Makes this process a worker of its parent, with which it ends. It ignores signals, which terminals also send to the
 * parent.
 */
export function asWorker<Sent, Received>({
  receive,
  onSocket,
}: WorkerHandlers<Received>): ProcessChannel<Sent, Received> {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
  const channel = new ProcessChannel<Sent, Received>(new Socket({ fd: PIPE_FD }), receive);
  process.on('message', (connection: number, socket: Socket | undefined) => onSocket(connection, socket));
  void channel.ended.then(() => process.exit());
  return channel;
}
