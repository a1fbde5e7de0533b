/** The SMP server: runs sessions on accepted connections and removes expired data. Listening is left to the caller. */
import { AgingClock, sleep } from '../../base/index.ts';
import { type CertifiedKey, generateX25519 } from '../../crypto/index.ts';
import { ENTITY_ID_SIZE } from '../../protocol/index.ts';
import { runServerHandshake, type ServerSession, type Transport } from '../../transport/index.ts';
import { SMP_VERSIONS } from '../protocol/index.ts';
import {
  DRAIN_TIMEOUT_MS,
  EXPIRY_INTERVAL_MS,
  IDLE_CHECK_INTERVAL_MS,
  IDLE_TIMEOUT_MS,
  MAX_SECRETS,
  MAX_SUBSCRIPTIONS,
  MAX_WAITING_BYTES,
  MESSAGE_TTL_SECONDS,
  NOTIFICATION_EXPIRY_INTERVAL_MS,
  NOTIFICATION_TTL_SECONDS,
  SERVER_HANDSHAKE_TIMEOUT_MS,
} from './constants.ts';
import type { ServerContext, SharedRooms } from './context.ts';
import { type ServerObserver, silentObserver } from './observer.ts';
import type { ProxyService } from './proxy-service.ts';
import { RepeatedErrors } from './repeated-errors.ts';
import { SharedRoom } from './room.ts';
import { SmpSession } from './sessions/session.ts';

export interface ServerLimits {
  /** Bytes of commands being executed, and of responses and messages queued for sending. */
  readonly waitingBytes: number;
  readonly subscriptions: number;
}

/** The certificates of a server. */
export interface ServerCertificates {
  /** The chain presented in TLS: DER, leaf first; the second certificate is the identity. */
  readonly chain: readonly Uint8Array[];
  /** The leaf certificate and its key, which sign session keys. */
  readonly signer: CertifiedKey;
}

/** Settings that may change while the server runs; defaults in constants.ts. */
export interface ServerSettings {
  /** Age at which undelivered messages expire. */
  readonly messageTtlSeconds?: number | undefined;
  /** Age at which undelivered notifications expire. */
  readonly notificationTtlSeconds?: number | undefined;
  /** Interval between scans for expired messages. */
  readonly expiryIntervalMs?: number | undefined;
  /** Whether to close idle connections without subscriptions; default: true. */
  readonly disconnectIdle?: boolean;
  readonly idleTimeoutMs?: number | undefined;
  readonly idleCheckIntervalMs?: number | undefined;
  /** Limits over all connections. */
  readonly limits?: ServerLimits | undefined;
}

export interface SmpServerOptions
  extends Omit<ServerContext, 'observer' | 'proxyService' | 'aging' | 'storeErrors'>,
    ServerCertificates,
    ServerSettings {
  /** Receives events for statistics. */
  readonly observer?: ServerObserver | undefined;
  /** Forwards commands of clients to other servers; closed when the server stops. */
  readonly proxyService?: ProxyService | undefined;
  /** The aging clock, continued from an earlier run; without it, ages count from this start. */
  readonly aging?: AgingClock | undefined;
  /** Scans for expired messages at once, instead of only after the first interval. */
  readonly expireOnStart?: boolean;
  /** Another process with the same store removes expired data. */
  readonly expiresElsewhere?: boolean;
  /** Called with the number of connections after each change. */
  onConnections?(count: number): void;
}

export class SmpServerRunner {
  readonly #options: SmpServerOptions;
  readonly #context: ServerContext;
  readonly #connections = new Set<Transport>();
  readonly #sessions = new Set<SmpSession>();
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #shared: SharedRooms;
  #settings: ServerSettings;

  constructor(options: SmpServerOptions) {
    this.#options = options;
    this.#context = {
      ...options,
      storeErrors: new RepeatedErrors(options.clock, options.logger),
      observer: options.observer ?? silentObserver,
      proxyService: options.proxyService,
      aging: options.aging ?? new AgingClock({ clock: options.clock }),
    };
    this.#settings = options;
    const { limits } = options;
    this.#shared = {
      waiting: new SharedRoom(limits?.waitingBytes ?? MAX_WAITING_BYTES),
      subscriptions: new SharedRoom(limits?.subscriptions ?? MAX_SUBSCRIPTIONS),
      secrets: new SharedRoom(MAX_SECRETS),
    };
    if (options.expiresElsewhere !== true) this.#expireInTime(options.expireOnStart === true);
    const idleCheck = () => this.#settings.idleCheckIntervalMs ?? IDLE_CHECK_INTERVAL_MS;
    this.#every(idleCheck(), idleCheck, async () => this.#disconnectIdle());
  }

  #expireInTime(atOnce: boolean): void {
    const expiryInterval = () => this.#settings.expiryIntervalMs ?? EXPIRY_INTERVAL_MS;
    this.#every(atOnce ? 0 : expiryInterval(), expiryInterval, () => this.#expire());
    this.#every(
      NOTIFICATION_EXPIRY_INTERVAL_MS,
      () => NOTIFICATION_EXPIRY_INTERVAL_MS,
      () => this.#expireNotifications(),
    );
  }

  /** Applies new settings; connections above a lowered limit stay open. */
  configure(settings: ServerSettings): void {
    this.#settings = settings;
    this.#shared.waiting.resize(settings.limits?.waitingBytes ?? MAX_WAITING_BYTES);
    this.#shared.subscriptions.resize(settings.limits?.subscriptions ?? MAX_SUBSCRIPTIONS);
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Bytes that connections use: see {@link ServerLimits}. */
  get waitingBytes(): number {
    return this.#shared.waiting.used;
  }

  /** Number of subscriptions of all connections. */
  get subscriptions(): number {
    return this.#shared.subscriptions.used;
  }

  /**
   * Serves a new connection; `certificates` are those presented in its TLS handshake, which a renewal may have changed
   * since.
   */
  accept(transport: Transport, certificates: ServerCertificates = this.#options): void {
    if (this.#stopping.signal.aborted) {
      transport.destroy();
      return;
    }
    this.#connections.add(transport);
    this.#options.onConnections?.(this.#connections.size);
    const serving = this.#serve(transport, certificates).finally(() => {
      this.#running.delete(serving);
      this.#connections.delete(transport);
      this.#options.onConnections?.(this.#connections.size);
    });
    this.#running.add(serving);
  }

  /** Removes expired messages now; this also runs at each interval. */
  async #expire(): Promise<void> {
    const { store, aging, logger, observer } = this.#context;
    if (aging.isHeld) return;
    const { messageTtlSeconds = MESSAGE_TTL_SECONDS } = this.#settings;
    const expired = await store.messages.expire(aging.now() - messageTtlSeconds);
    observer.expired(expired);
    if (expired > 0) logger.info(`smp: ${expired} messages expired`);
  }

  async #expireNotifications(): Promise<void> {
    const { store, aging, observer } = this.#context;
    if (aging.isHeld) return;
    const { notificationTtlSeconds: ttl = NOTIFICATION_TTL_SECONDS } = this.#settings;
    observer.notificationsExpired(await store.notifications.expire(aging.now() - ttl));
  }

  /** Finishes the commands in progress, then closes everything except the store. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the server is stopping'));
    const deadline = this.#options.clock.schedule(DRAIN_TIMEOUT_MS, () => {
      this.#options.proxyService?.close();
      for (const transport of this.#connections) transport.destroy();
    });
    await Promise.all([...this.#sessions].map((session) => session.stop()));
    for (const transport of this.#connections) transport.close();
    await Promise.all(this.#running);
    deadline.cancel();
    this.#context.storeErrors.stop();
    this.#options.proxyService?.close();
  }

  async #serve(transport: Transport, certificates: ServerCertificates): Promise<void> {
    const session = await this.#handshake(transport, certificates);
    if (session === undefined) return;
    const served = new SmpSession(transport, session, this.#context, this.#shared);
    this.#sessions.add(served);
    try {
      await served.run();
    } finally {
      this.#sessions.delete(served);
      transport.close();
      await transport.closed;
    }
  }

  async #handshake(transport: Transport, { chain, signer }: ServerCertificates): Promise<ServerSession | undefined> {
    const { store, clock, random, logger } = this.#options;
    const timer = clock.schedule(SERVER_HANDSHAKE_TIMEOUT_MS, () => transport.destroy(), { background: true });
    try {
      return await runServerHandshake(transport, {
        versions: SMP_VERSIONS,
        chain,
        signer,
        keys: generateX25519(random),
        nowMs: clock.now(),
        registry: ({ certHash, role }) => store.services.admit(certHash, role, random.bytes(ENTITY_ID_SIZE)),
      });
    } catch (error) {
      logger.debug(`smp: handshake failed: ${error instanceof Error ? error.message : 'error'}`);
      transport.destroy();
      return undefined;
    } finally {
      timer.cancel();
    }
  }

  #disconnectIdle(): void {
    const { disconnectIdle, idleTimeoutMs = IDLE_TIMEOUT_MS } = this.#settings;
    if (disconnectIdle === false) return;
    for (const session of this.#sessions) if (session.idleMs >= idleTimeoutMs) session.destroy();
  }

  #every(firstMs: number, intervalMs: () => number, action: () => Promise<void>): void {
    const { clock, logger } = this.#options;
    const { signal } = this.#stopping;
    const loop = async () => {
      for (let wait = firstMs; ; wait = intervalMs()) {
        await sleep(clock, wait, signal);
        await action().catch((error: unknown) =>
          logger.error(`smp: ${error instanceof Error ? error.message : 'error'}`),
        );
      }
    };
    loop().catch(() => {});
  }
}
