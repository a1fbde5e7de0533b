/**
 * The load generator: a client that only sends and acknowledges, so that its own cost does not hide the server's. It
 * reuses what need not be rebuilt: the transmission of a queue's message, and all of an ACK except message id and
 * signature. The server receives the usual bytes.
 */
import { deferred, systemClock } from '#sotto/base';
import { generateEd25519, generateX25519, type KeyPair, signEd25519, systemRandom } from '#sotto/crypto';
import { concatBytes, decode, emptyBytes, encode } from '#sotto/encoding';
import {
  type AuthKey,
  authPublicKey,
  CORRELATION_ID_SIZE,
  encodeTransmission,
  parseSmpServer,
  signedParts,
  smpServerPort,
} from '#sotto/protocol';
import { type Command, commandCodec, type Response, responseCodec, SMP_VERSIONS } from '#sotto/smp';
import {
  type ClientSession,
  parseBatch,
  readBlock,
  runClientHandshake,
  SMP_ALPN,
  type Transport,
  writeBatches,
} from '#sotto/transport';
import { tlsConnect } from '#sotto/transport/node';

/** A queue with prebuilt transmissions. */
export interface LoadQueue {
  /** The recipient id, as text. */
  readonly name: string;
  /** The transmission of SEND. */
  readonly message: Uint8Array;
  /** The transmission of ACK for a message. */
  ack(msgId: Uint8Array): Uint8Array;
}

const nameOf = (id: Uint8Array) => Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');

/** Offsets in a server's transmission: no authorization, the two ids, the response. */
interface Answer {
  readonly corrId: Uint8Array;
  readonly entityId: Uint8Array;
  readonly response: Uint8Array;
}

function answerOf(transmission: Uint8Array): Answer {
  const corrEnd = 2 + transmission[1]!;
  const entityEnd = corrEnd + 1 + transmission[corrEnd]!;
  return {
    corrId: transmission.subarray(2, corrEnd),
    entityId: transmission.subarray(corrEnd + 1, entityEnd),
    response: transmission.subarray(entityEnd),
  };
}

/** First letters of the most frequent responses. */
const OK = 'O'.charCodeAt(0);
const MSG = 'M'.charCodeAt(0);
const MSG_ID_AT = 'MSG '.length + 1;

class LoadConnection {
  readonly #transport: Transport;
  readonly #session: ClientSession;
  readonly #waiting = new Map<string, (response: Response) => void>();
  readonly #outgoing: Uint8Array[] = [];
  #writing = false;
  #closed = false;
  /** Set by the receiver of the messages and responses. */
  onMessage: (rcvId: string, msgId: Uint8Array) => void = () => {};
  onOk: (entityId: string) => void = () => {};

  private constructor(transport: Transport, session: ClientSession) {
    this.#transport = transport;
    this.#session = session;
    void this.#read();
  }

  static async open(address: string): Promise<LoadConnection> {
    const { server } = parseSmpServer(address);
    const target = { hosts: server.hosts, port: smpServerPort(server), alpn: [SMP_ALPN] };
    const transport = await tlsConnect(systemClock)(target, new AbortController().signal);
    const keys = generateX25519(systemRandom);
    const hello = { versions: SMP_VERSIONS, keyHash: server.keyHash, keys, nowMs: Date.now(), proxy: false };
    return new LoadConnection(transport, await runClientHandshake(transport, hello));
  }

  get session(): ClientSession {
    return this.#session;
  }

  /** A transmission authorized by `key`. */
  transmission(entityId: Uint8Array, key: AuthKey, command: Command, corrId: Uint8Array): Uint8Array {
    const { version, sessionId, peerKey, hasServiceSignature } = this.#session;
    const context = { sessionId, serverKey: peerKey!, hasServiceSignature };
    const bytes = encode(commandCodec(version), command);
    return encodeTransmission({ corrId, entityId, command: bytes }, context, key);
  }

  async request(entityId: Uint8Array, key: AuthKey, command: Command): Promise<Response> {
    const corrId = systemRandom.bytes(CORRELATION_ID_SIZE);
    const answered = deferred<Response>();
    this.#waiting.set(nameOf(corrId), answered.resolve);
    this.send(this.transmission(entityId, key, command, corrId));
    return answered.promise;
  }

  send(transmission: Uint8Array): void {
    this.#outgoing.push(transmission);
    if (this.#writing) return;
    this.#writing = true;
    setImmediate(() => void this.#write());
  }

  close(): void {
    this.#closed = true;
    this.#transport.destroy();
  }

  async #write(): Promise<void> {
    try {
      while (this.#outgoing.length > 0)
        await writeBatches(this.#transport, this.#session.blocks, this.#outgoing).written;
    } catch (error) {
      // Closed with transmissions still queued.
      if (!this.#closed) throw error;
    }
    this.#writing = false;
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const block = await readBlock(this.#transport, this.#session.blocks);
        if (block === undefined) throw new Error('the server closed the connection');
        for (const transmission of parseBatch(block)) this.#take(answerOf(transmission));
      }
    } catch (error) {
      // Closed within a block; any other error would invalidate the figures.
      if (!this.#closed) throw error;
    }
  }

  #take({ corrId, entityId, response }: Answer): void {
    const resolve = this.#waiting.size === 0 ? undefined : this.#waiting.get(nameOf(corrId));
    if (resolve !== undefined) {
      this.#waiting.delete(nameOf(corrId));
      resolve(decode(responseCodec(this.#session.version), response));
    } else if (response[0] === OK) {
      this.onOk(nameOf(entityId));
    } else if (response[0] === MSG) {
      this.onMessage(nameOf(entityId), response.subarray(MSG_ID_AT, MSG_ID_AT + response[MSG_ID_AT - 1]!));
    } else {
      throw new Error(`the server answered ${Buffer.from(response.subarray(0, 40)).toString('latin1')}`);
    }
  }
}

/** A sending and a receiving connection to one server, with their queues. */
export class Load {
  readonly #sender: LoadConnection;
  readonly #receiver: LoadConnection;
  readonly queues: LoadQueue[] = [];

  private constructor(sender: LoadConnection, receiver: LoadConnection) {
    this.#sender = sender;
    this.#receiver = receiver;
  }

  /** `onCycle` is called when a message was acknowledged and the server has answered. */
  static async open(
    address: string,
    queueCount: number,
    body: Uint8Array,
    onCycle: (queue: LoadQueue) => void,
  ): Promise<Load> {
    const load = new Load(await LoadConnection.open(address), await LoadConnection.open(address));
    for (let i = 0; i < queueCount; i++) load.queues.push(await load.#newQueue(address, body));
    const byName = new Map(load.queues.map((queue) => [queue.name, queue]));
    const receiver = load.#receiver;
    receiver.onMessage = (rcvId, msgId) => receiver.send(byName.get(rcvId)!.ack(msgId));
    receiver.onOk = (rcvId) => onCycle(byName.get(rcvId)!);
    return load;
  }

  send(queue: LoadQueue): void {
    this.#sender.send(queue.message);
  }

  close(): void {
    this.#sender.close();
    this.#receiver.close();
  }

  async #newQueue(address: string, body: Uint8Array): Promise<LoadQueue> {
    const rcvKeys = generateEd25519(systemRandom);
    const rcvKey: AuthKey = { algorithm: 'ed25519', keys: rcvKeys };
    const sndKey: AuthKey = { algorithm: 'x25519', keys: generateX25519(systemRandom) };
    const ids = await this.#receiver.request(emptyBytes, rcvKey, {
      kind: 'NEW',
      rcvAuthKey: authPublicKey(rcvKey),
      rcvDhKey: generateX25519(systemRandom).publicKey,
      password: parseSmpServer(address).password,
      subscribe: true,
      queue: { mode: 'messaging', link: undefined },
      notifier: undefined,
    });
    if (ids.kind !== 'IDS') throw new Error(`NEW was answered with ${ids.kind}`);
    const [rcvId, sndId] = [ids.rcvId.slice(), ids.sndId.slice()];
    const secured = await this.#sender.request(sndId, sndKey, { kind: 'SKEY', key: authPublicKey(sndKey) });
    if (secured.kind !== 'OK') throw new Error(`SKEY was answered with ${secured.kind}`);
    const send: Command = { kind: 'SEND', flags: { notification: false }, body };
    const corrId = systemRandom.bytes(CORRELATION_ID_SIZE);
    return {
      name: nameOf(rcvId),
      message: this.#sender.transmission(sndId, sndKey, send, corrId),
      ack: ackMaker(this.#receiver, rcvId, rcvKeys),
    };
  }
}

const MSG_ID_SIZE = 24;

/** ACK transmissions of one queue, which differ in message id and signature. */
function ackMaker(connection: LoadConnection, rcvId: Uint8Array, keys: KeyPair): LoadQueue['ack'] {
  const { session } = connection;
  const key: AuthKey = { algorithm: 'ed25519', keys };
  const corrId = systemRandom.bytes(CORRELATION_ID_SIZE);
  const ack: Command = { kind: 'ACK', msgId: new Uint8Array(MSG_ID_SIZE) };
  const frame = connection.transmission(rcvId, key, ack, corrId);
  const authorizedSize = 1 + corrId.length + 1 + rcvId.length + encode(commandCodec(session.version), ack).length;
  const signed = concatBytes(...signedParts(session.sessionId, frame.subarray(-authorizedSize)));
  return (msgId) => {
    signed.set(msgId, signed.length - MSG_ID_SIZE);
    const transmission = frame.slice();
    transmission.set(msgId, transmission.length - MSG_ID_SIZE);
    // After its length byte.
    transmission.set(signEd25519(keys, signed), 1);
    return transmission;
  };
}
