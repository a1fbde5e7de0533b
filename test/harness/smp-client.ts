/** SMP clients for tests: the real one with recorded events, and a raw connection that can send anything. */
import { setMaxListeners } from 'node:events';
import { type Clock, type Deferred, deferred, silentLogger, systemClock } from '../../src/base/index.ts';
import { generateEd448, generateEd25519, generateX25519, systemRandom } from '../../src/crypto/index.ts';
import { decode, emptyBytes, encode, toHex } from '../../src/encoding/index.ts';
import {
  type AuthAlgorithm,
  type AuthKey,
  authorizedCodec,
  authPublicKey,
  encodeTransmission,
  type SmpServer,
  transmissionCodec,
} from '../../src/protocol/index.ts';
import { type DeliveredMessage, SmpClients, type SmpError } from '../../src/smp/client/index.ts';
import {
  type Command,
  commandCodec,
  type Delivery,
  decryptDelivered,
  deliverySecret,
  type LinkData,
  type Response,
  responseCodec,
  senderIdOf,
} from '../../src/smp/protocol/index.ts';
import {
  type ClientSession,
  parseBatch,
  readBlock,
  runClientHandshake,
  SMP_ALPN,
  type Transport,
  type TransportConnect,
  takeBatch,
  type VersionRange,
  writeBlock,
} from '../../src/transport/index.ts';
import { tlsConnect } from '../../src/transport/node/index.ts';

export function authKey(algorithm: AuthAlgorithm = 'ed25519'): AuthKey {
  const generate = { ed25519: generateEd25519, ed448: generateEd448, x25519: generateX25519 }[algorithm];
  return { algorithm, keys: generate(systemRandom) };
}

/** Received values in order, to be awaited. */
export class Inbox<T> {
  readonly #values: T[] = [];
  readonly #waiting: Deferred<T>[] = [];

  push(value: T): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#values.push(value);
    else waiting.resolve(value);
  }

  next(): Promise<T> {
    const value = this.#values.shift();
    if (value !== undefined) return Promise.resolve(value);
    const waiting = deferred<T>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  get size(): number {
    return this.#values.length;
  }
}

export type ClientEvent =
  | { readonly kind: 'message'; readonly rcvId: Uint8Array; readonly message: DeliveredMessage }
  | { readonly kind: 'end'; readonly rcvId: Uint8Array; readonly reason: 'END' | 'DELD' }
  | { readonly kind: 'connected' }
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'subscriptionError'; readonly rcvId: Uint8Array; readonly error: SmpError };

/** The real client; `messages` and `events` record its callbacks. */
export function testClient(options: { readonly connect?: TransportConnect; readonly clock?: Clock } = {}) {
  const messages = new Inbox<DeliveredMessage & { readonly rcvId: Uint8Array }>();
  const events = new Inbox<ClientEvent>();
  const clock = options.clock ?? systemClock;
  const clients = new SmpClients({
    connect: options.connect ?? tlsConnect(systemClock),
    clock,
    random: systemRandom,
    logger: silentLogger,
    onMessage: (_, rcvId, { msgId, body }) =>
      messages.push({ rcvId: rcvId.slice(), msgId: msgId.slice(), body: body.slice() }),
    onEnd: (_, rcvId, reason) => events.push({ kind: 'end', rcvId: rcvId.slice(), reason }),
    onConnected: () => events.push({ kind: 'connected' }),
    onDisconnected: () => events.push({ kind: 'disconnected' }),
    onSubscriptionError: (_, rcvId, error) => events.push({ kind: 'subscriptionError', rcvId, error }),
  });
  return { clients, messages, events };
}

/** Never aborts; any number of calls may use it. */
export const never = new AbortController().signal;
setMaxListeners(0, never);

/** A queue with the keys of both ends. */
export interface TestQueue {
  readonly rcvId: Uint8Array;
  readonly sndId: Uint8Array;
  readonly authKey: AuthKey;
  readonly secret: Uint8Array;
  open(message: DeliveredMessage): Delivery;
}

export async function newQueue(
  clients: SmpClients,
  server: SmpServer,
  options: { readonly algorithm?: AuthAlgorithm; readonly subscribe?: boolean; readonly sndSecure?: boolean } = {},
): Promise<TestQueue> {
  const key = authKey(options.algorithm);
  const dh = generateX25519(systemRandom);
  const created = await clients.createQueue(
    { server, password: undefined },
    {
      authKey: key,
      dhPublicKey: dh.publicKey,
      sndSecure: options.sndSecure ?? true,
      subscribe: options.subscribe ?? true,
    },
    never,
  );
  const secret = deliverySecret(dh.privateKey, created.serverDhPublicKey);
  return {
    rcvId: created.rcvId,
    sndId: created.sndId,
    authKey: key,
    secret,
    open: ({ msgId, body }) => decryptDelivered(secret, msgId, body),
  };
}

interface NewRawQueue {
  readonly algorithm?: AuthAlgorithm;
  readonly subscribe?: boolean;
  readonly sndSecure?: boolean;
  readonly password?: string;
}

interface RawOptions {
  readonly alpn?: string;
  /** Whether it claims to be a proxy. */
  readonly proxy?: boolean;
  readonly connect?: TransportConnect;
}

/** A connection with only TLS and handshake: tests write transmissions themselves. */
export class RawClient {
  readonly transport: Transport;
  readonly session: ClientSession;
  #received: Uint8Array[] = [];

  constructor(transport: Transport, session: ClientSession) {
    this.transport = transport;
    this.session = session;
  }

  static async connect(
    server: SmpServer,
    versions: VersionRange,
    { alpn = SMP_ALPN, proxy = false, connect = tlsConnect(systemClock) }: RawOptions = {},
  ): Promise<RawClient> {
    const target = { hosts: server.hosts, port: Number(server.port), alpn: [alpn] };
    const transport = await connect(target, never);
    const session = await runClientHandshake(transport, {
      versions,
      keyHash: server.keyHash,
      keys: generateX25519(systemRandom),
      nowMs: Date.now(),
      proxy,
    });
    return new RawClient(transport, session);
  }

  /** Encodes a transmission of a command. */
  encode(
    entityId: Uint8Array,
    key: AuthKey | undefined,
    command: Command | Uint8Array,
    corrId = systemRandom.bytes(24),
  ): Uint8Array {
    const { sessionId, peerKey, hasServiceSignature, version } = this.session;
    return encodeTransmission(
      {
        corrId,
        entityId,
        command: command instanceof Uint8Array ? command : encode(commandCodec(version), command),
      },
      { sessionId, serverKey: peerKey!, hasServiceSignature },
      key,
    );
  }

  async send(...transmissions: readonly Uint8Array[]): Promise<void> {
    const queue = [...transmissions];
    while (queue.length > 0) await this.sendBatch(takeBatch(queue));
  }

  async sendBatch(batch: Uint8Array): Promise<void> {
    await writeBlock(this.transport, this.session.blocks, batch);
  }

  /** The next response; undefined when the server has closed. */
  async receive(): Promise<{ corrId: string; entityId: Uint8Array; response: Response } | undefined> {
    if (this.#received.length === 0) {
      const block = await readBlock(this.transport, this.session.blocks);
      if (block === undefined) return undefined;
      this.#received = [...parseBatch(block)];
    }
    const raw = this.#received.shift()!;
    const { corrId, entityId, command } = decode(
      authorizedCodec,
      decode(transmissionCodec(this.session.hasServiceSignature), raw).authorized,
    );
    return { corrId: toHex(corrId), entityId, response: decode(responseCodec(this.session.version), command) };
  }

  /** Sends a command and returns the next response. */
  async ask(
    entityId: Uint8Array,
    key: AuthKey | undefined,
    command: Command | Uint8Array,
    corrId?: Uint8Array,
  ): Promise<Response> {
    await this.send(this.encode(entityId, key, command, corrId));
    return (await this.receive())!.response;
  }

  /** Creates a contact address with public link data. */
  async newAddress(linkId: Uint8Array, data: LinkData, password?: string) {
    const key = authKey();
    const corrId = systemRandom.bytes(24);
    const sndId = senderIdOf(corrId);
    const command: Command = {
      kind: 'NEW',
      rcvAuthKey: authPublicKey(key),
      rcvDhKey: generateX25519(systemRandom).publicKey,
      password,
      subscribe: false,
      queue: { mode: 'contact', link: { linkId, sndId, data } },
      notifier: undefined,
    };
    const response = await this.ask(emptyBytes, key, command, corrId);
    if (response.kind !== 'IDS') throw new Error(`NEW was answered with ${JSON.stringify(response)}`);
    return { rcvId: response.rcvId, sndId, authKey: key };
  }

  async newQueue(options: NewRawQueue = {}) {
    const key = authKey(options.algorithm);
    const dh = generateX25519(systemRandom);
    const response = await this.ask(emptyBytes, key, {
      kind: 'NEW',
      rcvAuthKey: { algorithm: key.algorithm, key: key.keys.publicKey },
      rcvDhKey: dh.publicKey,
      password: options.password,
      subscribe: options.subscribe ?? false,
      queue: { mode: options.sndSecure === false ? 'contact' : 'messaging', link: undefined },
      notifier: undefined,
    });
    if (response.kind !== 'IDS') throw new Error(`NEW was answered with ${JSON.stringify(response)}`);
    const secret = deliverySecret(dh.privateKey, response.serverDhKey);
    return { rcvId: response.rcvId, sndId: response.sndId, authKey: key, secret };
  }
}
