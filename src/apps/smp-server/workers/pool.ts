/** The workers of a server, in its main process: distributes connections, answers requests, and sums up statistics. */
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type AgingClock, type Clock, deferred, type Logger, type LogLevel, type Timer } from '../../../base/index.ts';
import { HostingError, type ProcessUsage, usageSum, WorkerProcess } from '../../../hosting/index.ts';
import { ServerStatistics } from '../../../smp/server/index.ts';
import { type MainServices, type MainSide, mainSide } from '../../../smp/server/workers/index.ts';
import type { Admitted } from '../../../transport/node/index.ts';
import type { Setup } from '../configuration/reload.ts';
import type { MainMessage, WorkerMessage, WorkerReport } from './messages.ts';

/** Bundled beside the program. */
const PROGRAM = fileURLToPath(new URL('./smp-worker.js', import.meta.url));

/** Interval between reports of a worker. */
const REPORT_INTERVAL_MS = 1_000;
/** Maximum wait for requested reports. */
const REPORT_TIMEOUT_MS = 500;
/**
 * A worker that has not ended this long after it was told to stop is killed: shortly after it closes its connections.
 */
const STOP_TIMEOUT_MS = 4_500;
/** Delay before a worker is restarted; doubled each time until a worker has run for a while. */
const RESTART_DELAY_MS = 250;
const MAX_RESTART_DELAY_MS = 30_000;
const STABLE_MS = 60_000;

export interface PoolOptions {
  readonly workers: number;
  readonly services: MainServices;
  readonly logLevel: LogLevel;
  readonly aging: AgingClock;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Called with the number of clients after each change. */
  onClients(count: number): void;
}

interface Connection {
  readonly admitted: Admitted;
  /** Kept until the worker confirms that it received the socket. */
  socket: Socket | undefined;
}

class Member {
  readonly process: WorkerProcess<MainMessage, WorkerMessage>;
  readonly startedAt: number;
  readonly ready = deferred<void>();
  readonly connections = new Map<number, Connection>();
  readonly #side: MainSide;
  readonly #onClients: () => void;
  isReady = false;
  clients = 0;
  report: WorkerReport | undefined;
  #reported = deferred<void>();

  constructor(services: MainServices, now: number, onClients: () => void) {
    this.startedAt = now;
    this.#onClients = onClients;
    this.process = new WorkerProcess(PROGRAM, (message: WorkerMessage) => this.#receive(message));
    this.#side = mainSide(services, (message) => this.process.channel.send(message));
  }

  give(connection: number, socket: Socket, admitted: Admitted): void {
    this.connections.set(connection, { admitted, socket });
    this.process.handOver(connection, socket, () => this.#closed(connection));
  }

  /** Requests a report; resolves when it arrives. */
  askReport(): Promise<void> {
    this.process.channel.send({ kind: 'report' });
    return this.#reported.promise;
  }

  /** Closes the worker's connections after its process ended. */
  close(): void {
    this.isReady = false;
    this.#side.close();
    for (const connection of [...this.connections.keys()]) this.#closed(connection);
    this.clients = 0;
    this.#onClients();
    this.#reported.resolve();
    this.ready.resolve();
  }

  #agreed(connection: number): void {
    const agreed = this.connections.get(connection);
    if (agreed === undefined) return;
    agreed.socket = undefined;
    agreed.admitted.handshakeDone();
  }

  #closed(connection: number): void {
    const closed = this.connections.get(connection);
    this.connections.delete(connection);
    // Only a socket that never reached the worker still belongs to this process.
    closed?.socket?.destroy();
    closed?.admitted.closed();
  }

  #receive(message: WorkerMessage): void {
    switch (message.kind) {
      case 'ready':
        this.isReady = true;
        this.ready.resolve();
        break;
      case 'agreed':
        this.#agreed(message.connection);
        break;
      case 'closed':
        this.#closed(message.connection);
        break;
      case 'clients':
        this.clients = message.count;
        this.#onClients();
        break;
      case 'report': {
        this.report = message.report;
        const reported = this.#reported;
        this.#reported = deferred<void>();
        reported.resolve();
        break;
      }
      default:
        this.#side.receive(message);
    }
  }
}

export class WorkerPool {
  readonly #options: PoolOptions;
  readonly #members = new Set<Member>();
  /** Counters of workers that have ended. */
  readonly #former = new ServerStatistics();
  #formerUsage = usageSum([]);
  readonly #waiting: { readonly socket: Socket; readonly admitted: Admitted }[] = [];
  #setup: Setup;
  #port = 0;
  #lastConnection = 0;
  #ended = 0;
  #failures = 0;
  #stopping = false;
  #timer: Timer | undefined;

  constructor(setup: Setup, options: PoolOptions) {
    this.#setup = setup;
    this.#options = options;
  }

  /** Resolves when all workers accept connections; rejects with {@link HostingError} when one cannot be started. */
  async start(port: number): Promise<void> {
    this.#port = port;
    const started = Array.from({ length: this.#options.workers }, () => this.#startOne());
    await Promise.all(started.map(({ ready }) => ready.promise));
    if (started.some(({ isReady }) => !isReady)) {
      throw new HostingError(
        'The server cannot start: a worker process ended at once. See above, or set workers = off.',
      );
    }
    this.#reportLater();
  }

  /** Passes an admitted socket to the worker with the fewest connections. */
  take(socket: Socket, admitted: Admitted): void {
    const [first] = this.#ready.sort((a, b) => a.connections.size - b.connections.size);
    if (first === undefined) this.#waiting.push({ socket, admitted });
    else first.give(++this.#lastConnection, socket, admitted);
  }

  configure(setup: Setup): void {
    this.#setup = setup;
    for (const member of this.#members) this.#sendSetup(member);
  }

  /** Requests reports from all workers; slow ones are not waited for. */
  async refresh(): Promise<void> {
    const reports = this.#ready.map((member) => member.askReport());
    const waited = deferred<void>();
    const timer = this.#options.clock.schedule(REPORT_TIMEOUT_MS, () => waited.resolve());
    await Promise.race([Promise.all(reports), waited.promise]);
    timer.cancel();
  }

  get running(): number {
    return this.#ready.length;
  }

  /** Workers that ended unexpectedly. */
  get ended(): number {
    return this.#ended;
  }

  get clients(): number {
    return this.#sum(({ clients }) => clients);
  }

  get subscriptions(): number {
    return this.#sum(({ report }) => report?.subscriptions ?? 0);
  }

  get waitingBytes(): number {
    return this.#sum(({ report }) => report?.waitingBytes ?? 0);
  }

  /** Adds the last reported counters of all workers. */
  addStatistics(statistics: ServerStatistics): void {
    statistics.add(this.#former.values);
    for (const { report } of this.#members) if (report !== undefined) statistics.add(report.statistics);
  }

  /** Resource usage of all workers; of those that have ended, only the cumulative values. */
  get usages(): readonly ProcessUsage[] {
    const usages = [...this.#members].flatMap(({ report }) => (report === undefined ? [] : [report.usage]));
    return [...usages, this.#formerUsage];
  }

  /** Lets the workers finish their commands, and stops them. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#timer?.cancel();
    for (const { admitted, socket } of this.#waiting.splice(0)) {
      socket.destroy();
      admitted.closed();
    }
    const members = [...this.#members];
    for (const { process } of members) process.channel.send({ kind: 'stop' });
    const deadline = this.#options.clock.schedule(STOP_TIMEOUT_MS, () => {
      for (const { process } of members) process.kill();
    });
    await Promise.all(members.map(({ process }) => process.ended));
    deadline.cancel();
  }

  get #ready(): Member[] {
    return [...this.#members].filter(({ isReady }) => isReady);
  }

  #sum(value: (member: Member) => number): number {
    return [...this.#members].reduce((sum, member) => sum + value(member), 0);
  }

  #startOne(): Member {
    const { services, clock, onClients } = this.#options;
    const member = new Member(services, clock.monotonic(), () => onClients(this.clients));
    this.#members.add(member);
    this.#sendSetup(member);
    void member.ready.promise.then(() => {
      for (const { socket, admitted } of this.#waiting.splice(0)) this.take(socket, admitted);
    });
    void member.process.ended.then(() => this.#onEnded(member));
    return member;
  }

  #sendSetup(member: Member): void {
    const { logLevel, aging } = this.#options;
    const start = { port: this.#port, logLevel, aging: aging.state };
    member.process.channel.send({ kind: 'setup', setup: this.#setup, start });
  }

  #onEnded(member: Member): void {
    const { clock, logger } = this.#options;
    this.#members.delete(member);
    const { report, isReady } = member;
    if (report !== undefined) {
      this.#former.add(report.statistics);
      const spent = { ...report.usage, residentBytes: 0, heapBytes: 0, externalBytes: 0, openFiles: 0 };
      this.#formerUsage = usageSum([this.#formerUsage, spent]);
    }
    member.close();
    if (this.#stopping) return;
    this.#ended++;
    this.#failures = isReady && clock.monotonic() - member.startedAt > STABLE_MS ? 0 : this.#failures + 1;
    const delay = Math.min(RESTART_DELAY_MS * 2 ** this.#failures, MAX_RESTART_DELAY_MS);
    logger.error('a worker process ended: its clients must reconnect, and a new worker is started');
    clock.schedule(
      delay,
      () => {
        if (!this.#stopping) this.#startOne();
      },
      { background: true },
    );
  }

  #reportLater(): void {
    this.#timer = this.#options.clock.schedule(
      REPORT_INTERVAL_MS,
      () => {
        for (const member of this.#ready) void member.askReport();
        this.#reportLater();
      },
      { background: true },
    );
  }
}
