/** Processes that share the connections of a server: started, given sockets, talked with, and noticed when they end. */
import { type ChildProcess, fork } from 'node:child_process';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { ProcessChannel } from './process-channel.ts';

/** Of the pipe beside the standard ones and the one that sockets are given through. */
const PIPE_FD = 4;

export class WorkerProcess<Sent, Received> {
  readonly channel: ProcessChannel<Sent, Received>;
  /** Resolves when the process has ended, for whatever reason. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;

  /** Starts `program`, a file that calls {@link asWorker}. */
  constructor(program: string, receive: (message: Received) => void) {
    // None of the options of this process, which may be those of a text on the command line.
    this.#child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc', 'pipe'], execArgv: [] });
    this.channel = new ProcessChannel(this.#child.stdio[PIPE_FD] as Duplex, receive);
    this.ended = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      // It could not be started.
      this.#child.once('error', () => resolve());
    });
  }

  /** Gives it a paused socket, which is not this process's any more; `lost` when it does not get there. */
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
  /** A socket that was handed over; undefined when it was closed on the way. */
  onSocket(connection: number, socket: Socket | undefined): void;
}

/**
 * Makes this process a worker of the one that started it, without which it does not go on. Signals are for that one:
 * a terminal sends them to both.
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
