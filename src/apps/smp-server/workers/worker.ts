/** A worker process: serves connections. */
import type { Socket } from 'node:net';
import { AgingClock, lineLogger, systemClock } from '../../../base/index.ts';
import { systemRandom } from '../../../crypto/index.ts';
import { EventLoopLag, HostingError, processUsage, withLogTime } from '../../../hosting/index.ts';
import { ServerStatistics, SmpServerRunner } from '../../../smp/server/index.ts';
import type { WorkerSide } from '../../../smp/server/workers/index.ts';
import { SMP_ALPN, WEB_ALPN } from '../../../transport/index.ts';
import { startHandshakeTimeout, type TlsAcceptor, tlsAcceptor } from '../../../transport/node/index.ts';
import { livePolicy, type Setup, settingsOf, tlsIdentityOf } from '../configuration/reload.ts';
import { Web } from '../web.ts';
import type { WorkerMessage, WorkerReport, WorkerStart } from './messages.ts';

export class Worker {
  readonly #post: (message: WorkerMessage) => void;
  readonly #statistics = new ServerStatistics();
  readonly #lag = new EventLoopLag(systemClock);
  readonly #web = new Web();
  readonly #runner: SmpServerRunner;
  readonly #acceptor: TlsAcceptor;
  #setup: Setup;

  constructor(setup: Setup, start: WorkerStart, side: WorkerSide, post: (message: WorkerMessage) => void) {
    this.#post = post;
    this.#setup = setup;
    const { configuration, identity } = setup;
    this.#runner = new SmpServerRunner({
      chain: identity.chain,
      signer: identity.signer,
      store: side.store,
      bus: side.bus,
      policy: livePolicy(() => this.#setup.configuration),
      clock: systemClock,
      random: systemRandom,
      logger: lineLogger(
        start.logLevel,
        withLogTime((line) => console.error(line)),
      ),
      observer: this.#statistics,
      aging: new AgingClock({ clock: systemClock, state: start.aging }),
      proxyService: configuration.forwarding.enabled ? side.proxyService : undefined,
      ...settingsOf(configuration),
      expiresElsewhere: true,
      onConnections: (count) => post({ kind: 'clients', count }),
    });
    this.#acceptor = tlsAcceptor({
      ...tlsIdentityOf(setup, this.#runner),
      alpn: [SMP_ALPN, WEB_ALPN],
      ...(configuration.web.https === undefined ? {} : { onNamed: this.#web.accept.bind(this.#web) }),
    });
    this.#renewWeb(() => this.#web.begin(setup, start.port));
  }

  /** Applies a reloaded setup. */
  configure(setup: Setup): void {
    this.#setup = setup;
    this.#acceptor.renew(tlsIdentityOf(setup, this.#runner));
    this.#runner.configure(settingsOf(setup.configuration));
    this.#renewWeb(() => this.#web.renew(setup));
  }

  accept(connection: number, socket: Socket | undefined): void {
    if (socket === undefined) {
      this.#post({ kind: 'closed', connection });
      return;
    }
    const timer = startHandshakeTimeout(socket, systemClock);
    const agreed = () => {
      timer.cancel();
      this.#post({ kind: 'agreed', connection });
    };
    socket.on('error', () => {});
    socket.once('close', () => {
      timer.cancel();
      this.#post({ kind: 'closed', connection });
    });
    this.#acceptor.accept(socket, agreed);
  }

  get report(): WorkerReport {
    return {
      statistics: this.#statistics.values,
      subscriptions: this.#runner.subscriptions,
      waitingBytes: this.#runner.waitingBytes,
      usage: processUsage(this.#lag),
    };
  }

  /** Finishes the commands in progress, then closes all connections. */
  async stop(): Promise<void> {
    await this.#runner.stop();
    this.#web.close();
  }

  /** Errors of the pages were already reported by the main process. */
  #renewWeb(renew: () => void): void {
    try {
      renew();
    } catch (error) {
      if (!(error instanceof HostingError)) throw error;
    }
  }
}
