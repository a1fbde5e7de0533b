/** An SMP server on an ephemeral loopback port, with a new identity. */
import { type Clock, type Logger, silentLogger, systemClock } from '../../src/base/index.ts';
import { createIdentity, createServerCertificate } from '../../src/crypto/certificate-authority.ts';
import {
  certificateFingerprint,
  encodePrivateKeyDer,
  type SignatureAlgorithm,
  systemRandom,
} from '../../src/crypto/index.ts';
import { pem } from '../../src/hosting/index.ts';
import type { SmpServer } from '../../src/protocol/index.ts';
import {
  localBus,
  memoryStore,
  type ProxyService,
  QUEUE_QUOTA,
  type ServerLimits,
  type ServerObserver,
  type SmpServerOptions,
  SmpServerRunner,
  type SmpStore,
  type SubscriptionBus,
} from '../../src/smp/server/index.ts';
import type { MainServices } from '../../src/smp/server/workers/index.ts';
import { SMP_ALPN, WEB_ALPN } from '../../src/transport/index.ts';
import { Admission, type ConnectionLimits, tlsListen } from '../../src/transport/node/index.ts';
import { testWorker } from './worker-sides.ts';

/** Admission with the given or generous limits. */
export function testAdmission(
  limits: Partial<ConnectionLimits> = {},
  clock: Clock = systemClock,
  logger: Logger = silentLogger,
): Admission {
  return new Admission({ total: 1_000, perAddress: 0, handshakes: 1_000, ...limits }, clock, logger);
}

export interface TestServerOptions {
  readonly connections?: Partial<ConnectionLimits>;
  readonly limits?: ServerLimits;
  readonly onConnections?: (count: number) => void;

  readonly algorithm?: SignatureAlgorithm;
  readonly store?: SmpStore;
  readonly bus?: SubscriptionBus;
  readonly quota?: number;
  readonly password?: string;
  readonly newQueues?: boolean;
  readonly clock?: Clock;
  readonly logger?: Logger;
  readonly observer?: ServerObserver;
  readonly proxyService?: ProxyService;
  /** Continue with the identity, port and store of a stopped server. */
  readonly former?: TestServer;
}

export interface TestServer {
  readonly address: SmpServer;
  readonly store: SmpStore;
  readonly runner: SmpServerRunner;
  readonly identity: Identity;
  stop(): Promise<void>;
}

interface Identity {
  readonly chain: readonly Uint8Array[];
  readonly signer: SmpServerOptions['signer'];
}

export function testIdentity(algorithm: SignatureAlgorithm = 'ed25519', nowMs = Date.now()): Identity {
  const ca = createIdentity(algorithm, 'Test CA', nowMs, systemRandom);
  const signer = createServerCertificate(ca, algorithm, '127.0.0.1', nowMs, systemRandom);
  return { chain: [signer.certificate, ca.certificate], signer };
}

export const pemChain = (identity: Identity): string => identity.chain.map((der) => pem('CERTIFICATE', der)).join('');

export const pemKey = ({ signer }: Identity): string =>
  pem('PRIVATE KEY', encodePrivateKeyDer(signer.algorithm, signer.keys.privateKey));

/** For `SOTTO_TEST_SESSIONS=worker`: runs the sessions at the other end of a pipe. */
function throughWorker(services: MainServices): MainServices {
  const { store, bus, proxyService } = testWorker(services);
  return { store, bus, proxyService: services.proxyService && proxyService };
}

/** Starts a server; call `stop` at the end of the test. */
export async function startTestServer(options: TestServerOptions = {}): Promise<TestServer> {
  const { former, clock = systemClock } = options;
  const identity = former?.identity ?? testIdentity(options.algorithm);
  const store = options.store ?? former?.store ?? memoryStore(options.quota ?? QUEUE_QUOTA);
  const services = { store, bus: options.bus ?? localBus(), proxyService: options.proxyService };
  const runner = new SmpServerRunner({
    ...identity,
    ...(process.env.SOTTO_TEST_SESSIONS === 'worker' ? throughWorker(services) : services),
    policy: { newQueues: options.newQueues ?? true, password: options.password },
    clock,
    random: systemRandom,
    logger: options.logger ?? silentLogger,
    limits: options.limits,
    observer: options.observer,
    onConnections: options.onConnections ?? (() => {}),
  });
  const listener = await tlsListen({
    host: '127.0.0.1',
    port: former === undefined ? 0 : Number(former.address.port),
    certificates: pemChain(identity),
    key: pemKey(identity),
    alpn: [SMP_ALPN, WEB_ALPN],
    admission: testAdmission(options.connections, clock, options.logger),
    clock,
    onConnection: (transport) => runner.accept(transport),
  });
  return {
    address: {
      hosts: ['127.0.0.1'],
      port: String(listener.port),
      keyHash: certificateFingerprint(identity.chain[1]!),
    },
    store,
    runner,
    identity,
    async stop() {
      listener.close();
      await runner.stop();
    },
  };
}
