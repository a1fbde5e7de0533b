/** `sotto smp-server start`: runs a server until it is told to stop. */
import { join } from 'node:path';
import { deferred, type LogLevel, lineLogger, systemClock } from '../../base/index.ts';
import { systemRandom } from '../../crypto/index.ts';
import { type Folders, HostingError, loadIdentityFiles, lockFolder, makePrivateFolder } from '../../hosting/index.ts';
import {
  embeddedStore,
  localBus,
  memoryStore,
  QUEUE_QUOTA,
  SmpServerRunner,
  type SmpStore,
  StoreError,
} from '../../smp/server/index.ts';
import { SMP_ALPN, TransportError, WEB_ALPN } from '../../transport/index.ts';
import { Admission, type Listener, type ListenOptions, tlsListen } from '../../transport/node/index.ts';
import { serverAddress } from './address.ts';
import { type Configuration, readConfiguration } from './configuration.ts';
import { type Idle, idleTimer } from './idle.ts';
import { withinDescriptors } from './limits.ts';

export interface StartOptions {
  readonly folders: Folders;
  /** Instead of the configured ones; 0 takes any free port. */
  readonly port: number | undefined;
  /** Address to bind; undefined for all. */
  readonly host: string | undefined;
  /** Ends the server this long after its last client. */
  readonly exitWhenIdleSeconds: number | undefined;
  readonly logLevel: LogLevel;
}

const SECONDS_PER_DAY = 86_400;

function openStore(folder: string, configuration: Configuration): SmpStore {
  if (!configuration.persistent) return memoryStore(QUEUE_QUOTA);
  const path = join(folder, 'store');
  makePrivateFolder(path);
  try {
    return embeddedStore(path, QUEUE_QUOTA);
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    throw new HostingError(`The server cannot start: ${cause.message}.`, { cause });
  }
}

async function listenAll(ports: readonly number[], options: Omit<ListenOptions, 'port'>): Promise<Listener[]> {
  const listeners: Listener[] = [];
  try {
    for (const port of ports) listeners.push(await tlsListen({ ...options, port }));
    return listeners;
  } catch (cause) {
    for (const listener of listeners) listener.close();
    if (!(cause instanceof TransportError)) throw cause;
    throw new HostingError(`The server cannot start: ${cause.message}.`, { cause });
  }
}

/** Runs until `stop` aborts or the server is idle for long; everything acknowledged is on disk when it resolves. */
export async function start(options: StartOptions, print: (line: string) => void, stop: AbortSignal): Promise<void> {
  const { folders } = options;
  const configuration = readConfiguration(folders.config);
  const identity = loadIdentityFiles(folders.config);
  const lock = lockFolder(folders.data);
  let store: SmpStore | undefined;
  try {
    store = openStore(folders.data, configuration);
    await serve(options, configuration, identity, store, print, stop);
  } finally {
    await store?.close();
    lock.release();
  }
}

async function serve(
  options: StartOptions,
  configuration: Configuration,
  identity: ReturnType<typeof loadIdentityFiles>,
  store: SmpStore,
  print: (line: string) => void,
  stop: AbortSignal,
): Promise<void> {
  const stopped = deferred<void>();
  const idle: Idle | undefined =
    options.exitWhenIdleSeconds === undefined
      ? undefined
      : idleTimer(systemClock, options.exitWhenIdleSeconds * 1_000, () => stopped.resolve());
  const logger = lineLogger(options.logLevel, (line) => console.error(line));
  const { limits } = configuration;
  const runner = new SmpServerRunner({
    chain: identity.chain,
    signer: identity.signer,
    store,
    bus: localBus(),
    policy: { newQueues: configuration.newQueues, password: configuration.password },
    clock: systemClock,
    random: systemRandom,
    logger,
    messageTtlSeconds: configuration.messageDays * SECONDS_PER_DAY,
    disconnectIdle: configuration.disconnectIdle,
    limits: limits.server,
    onConnections: (count) => idle?.connections(count),
  });
  try {
    const connections = withinDescriptors(limits.connections);
    const listeners = await listenAll(options.port === undefined ? configuration.ports : [options.port], {
      host: options.host,
      certificates: identity.certificatesPem,
      key: identity.keyPem,
      alpn: [SMP_ALPN, WEB_ALPN],
      admission: new Admission(connections, systemClock, logger),
      clock: systemClock,
      onConnection: (transport) => runner.accept(transport),
    });
    const { host, password } = configuration;
    print(`Server address: ${serverAddress(identity.fingerprint, host, listeners[0]!.port, password)}`);
    if (!configuration.persistent) print('Queues and messages are kept in memory only ([STORE_LOG] enable = off).');
    if (connections.total < limits.connections.total) {
      print(`At most ${connections.total} clients can be connected: the system lets this process open few files.`);
    }
    print(`Ready: serving SMP on port ${listeners.map(({ port }) => port).join(', ')}.`);
    idle?.connections(0);
    stop.addEventListener('abort', () => stopped.resolve(), { once: true });
    if (stop.aborted) stopped.resolve();
    await stopped.promise;
    for (const listener of listeners) listener.close();
    print('Stopping.');
  } finally {
    idle?.cancel();
    await runner.stop();
  }
}
