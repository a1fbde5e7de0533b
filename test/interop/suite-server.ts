/**
 * Our server for the reference's own tests: takes the settings of one test as a line of JSON, serves until its input
 * ends, and keeps what a server with these settings keeps. Everything in it is the product's own, wired as the program
 * wires it; only limits and times are the test's.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { lineLogger, systemClock } from '../../src/base/index.ts';
import { certificateKey, decodePrivateKeyDer, systemRandom } from '../../src/crypto/index.ts';
import { embeddedStore, localBus, memoryStore, SmpServerRunner } from '../../src/smp/server/index.ts';
import { RelayProxy } from '../../src/smp/server/proxy/index.ts';
import { SMP_ALPN, WEB_ALPN } from '../../src/transport/index.ts';
import { Admission, tlsConnect, tlsListen } from '../../src/transport/node/index.ts';

interface Expiration {
  readonly ttl: number;
  readonly checkInterval: number;
}

/** The fields of the reference's ServerConfig that mean something here. */
interface SuiteSettings {
  readonly transports: readonly { readonly port: string }[];
  readonly smpCredentials: {
    readonly caCertificateFile: string;
    readonly certificateFile: string;
    readonly privateKeyFile: string;
  };
  /** Queues are kept here; null when nothing is. */
  readonly storeLogFile: string | null;
  readonly msgQueueQuota: number;
  readonly allowNewQueues: boolean;
  readonly newQueueBasicAuth: string | null;
  readonly messageExpiration: Expiration;
  readonly expireMessagesOnStart: boolean;
  readonly expireMessagesOnSend: boolean;
  readonly notificationExpiration: Expiration;
  readonly inactiveClientExpiration: Expiration | null;
  readonly allowSMPProxy: boolean;
  readonly serverClientConcurrency: number;
  readonly smpAgentCfg: { readonly persistErrorInterval: number };
  readonly smpServerVRange: { readonly min: number; readonly max: number };
}

const MS_PER_SECOND = 1_000;

function certificatesOf({ smpCredentials: files }: SuiteSettings) {
  const pems = [files.certificateFile, files.caCertificateFile].map((file) => readFileSync(file, 'utf8'));
  const chain = pems.map((text) => new Uint8Array(new X509Certificate(text).raw));
  const key = readFileSync(files.privateKeyFile, 'utf8');
  const der = createPrivateKey(key).export({ format: 'der', type: 'pkcs8' });
  const { algorithm, publicKey } = certificateKey(chain[0]!);
  const { raw: privateKey } = decodePrivateKeyDer(new Uint8Array(der));
  const signer = { algorithm, certificate: chain[0]!, keys: { publicKey, privateKey } };
  return { chain, signer, certificates: pems.join('\n'), key };
}

function openStore({ storeLogFile, msgQueueQuota }: SuiteSettings) {
  if (storeLogFile === null) return memoryStore(msgQueueQuota);
  const folder = `${storeLogFile}.store`;
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
  return embeddedStore(folder, msgQueueQuota);
}

async function serve(settings: SuiteSettings): Promise<() => Promise<void>> {
  const { messageExpiration: expiration, inactiveClientExpiration: idle } = settings;
  const logger = lineLogger(process.env.SUITE_LOG === 'debug' ? 'debug' : 'warn', (line) => console.error(line));
  const { chain, signer, certificates, key } = certificatesOf(settings);
  const store = openStore(settings);
  const proxyService = settings.allowSMPProxy
    ? new RelayProxy({
        connect: tlsConnect(systemClock),
        clock: systemClock,
        random: systemRandom,
        logger,
        clientConcurrency: settings.serverClientConcurrency,
        failureMs: settings.smpAgentCfg.persistErrorInterval * MS_PER_SECOND,
      })
    : undefined;
  const runner = new SmpServerRunner({
    chain,
    signer,
    store,
    bus: localBus(),
    policy: {
      newQueues: settings.allowNewQueues,
      password: settings.newQueueBasicAuth ?? undefined,
      expireOnSendSeconds: settings.expireMessagesOnSend ? expiration.ttl : undefined,
    },
    clock: systemClock,
    random: systemRandom,
    logger,
    proxyService,
    messageTtlSeconds: expiration.ttl,
    expiryIntervalMs: expiration.checkInterval * MS_PER_SECOND,
    expireOnStart: settings.expireMessagesOnStart,
    notificationTtlSeconds: settings.notificationExpiration.ttl,
    disconnectIdle: idle !== null,
    ...(idle === null
      ? {}
      : { idleTimeoutMs: idle.ttl * MS_PER_SECOND, idleCheckIntervalMs: idle.checkInterval * MS_PER_SECOND }),
  });
  const listener = await tlsListen({
    host: undefined,
    port: Number(settings.transports[0]!.port),
    certificates,
    key,
    alpn: [SMP_ALPN, WEB_ALPN],
    admission: new Admission({ total: 10_000, perAddress: 0, handshakes: 10_000 }, systemClock, logger),
    clock: systemClock,
    onConnection: (transport) => runner.accept(transport),
  });
  return async () => {
    listener.close();
    await runner.stop();
    await store.close();
  };
}

const lines = createInterface({ input: process.stdin });
let stop: Promise<() => Promise<void>> | undefined;
let stopping = false;

async function end(): Promise<void> {
  if (stopping) return;
  stopping = true;
  await (await stop)?.();
  process.exit(0);
}

lines.once('line', (line) => {
  stop = serve(JSON.parse(line) as SuiteSettings);
  stop.then(
    () => console.log('ready'),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
lines.once('close', () => void end());
process.once('SIGTERM', () => void end());
