/**
 * One connection to a server, after the handshake. Sends commands in batches, matches responses by correlation id, and
 * passes on events in order. Once ended it is not reused.
 */
import { type Clock, deferred, type Random, TimeoutError, type Timer } from '../../base/index.ts';
import { CryptoError, generateX25519 } from '../../crypto/index.ts';
import { type Codec, DecodeError, decode, emptyBytes, encode, equalBytes, toHex } from '../../encoding/index.ts';
import {
  type AuthKey,
  authorizedCodec,
  CORRELATION_ID_SIZE,
  encodeTransmission,
  type RawTransmission,
  type SmpServer,
  smpServerPort,
  transmissionCodec,
} from '../../protocol/index.ts';
import {
  type ClientSession,
  fitsInBlock,
  parseBatch,
  readBlock,
  runClientHandshake,
  SMP_ALPN,
  type Transport,
  type TransportConnect,
  WEB_ALPN,
  writeBatches,
} from '../../transport/index.ts';
import { type Command, commandCodec, type Response, responseCodec, SMP_VERSIONS } from '../protocol/index.ts';
import { CLIENT_HANDSHAKE_TIMEOUT_MS, PING_INTERVAL_MS, RESPONSE_TIMEOUT_MS } from './constants.ts';
import { connectionError, SmpError } from './errors.ts';

/** The port that may also serve web pages; there the client offers the ALPN name of HTTP. */
const WEB_PORT = 443;

export interface ConnectionOptions {
  readonly server: SmpServer;
  readonly connect: TransportConnect;
  readonly clock: Clock;
  readonly random: Random;
  /** Whether this program is a server that forwards commands of its clients. */
  readonly proxy?: boolean;
  /** Receives every transmission that is not the response to a pending command, and every MSG. */
  onEvent(entityId: Uint8Array, response: Response): void;
}

interface Pending {
  readonly entityId: Uint8Array;
  resolve(response: Response): void;
  reject(error: SmpError): void;
}

/** Connects, verifies the server's identity, and starts reading. */
export async function openConnection(options: ConnectionOptions, signal: AbortSignal): Promise<SmpConnection> {
  const { server, clock } = options;
  const port = smpServerPort(server);
  let transport: Transport | undefined;
  let silent = false;
  const onAbort = () => transport?.destroy();
  try {
    transport = await options.connect(
      { hosts: server.hosts, port, alpn: [port === WEB_PORT ? WEB_ALPN : SMP_ALPN] },
      signal,
    );
    signal.addEventListener('abort', onAbort, { once: true });
    const timer = clock.schedule(CLIENT_HANDSHAKE_TIMEOUT_MS, () => {
      silent = true;
      onAbort();
    });
    try {
      const session = await runClientHandshake(transport, {
        versions: SMP_VERSIONS,
        keyHash: server.keyHash,
        keys: generateX25519(options.random),
        nowMs: clock.now(),
        proxy: options.proxy ?? false,
      });
      return new SmpConnection(options, transport, session);
    } finally {
      timer.cancel();
    }
  } catch (error) {
    transport?.destroy();
    if (signal.aborted) throw signal.reason;
    throw connectionError(
      server,
      silent ? new TimeoutError('it accepts connections but does not respond: is it overloaded?') : error,
    );
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

export class SmpConnection {
  readonly #options: ConnectionOptions;
  readonly #transport: Transport;
  readonly session: ClientSession;
  readonly #transmissions: Codec<RawTransmission>;
  readonly #commands: Codec<Command>;
  readonly #responses: Codec<Response>;
  readonly #pending = new Map<string, Pending>();
  readonly #outgoing: Uint8Array[] = [];
  readonly #ended = deferred<SmpError>();
  #writing = false;
  #served = false;
  #failure: SmpError | undefined;
  #lastReceived: number;
  #lastPing = 0;
  #pingTimer: Timer | undefined;

  constructor(options: ConnectionOptions, transport: Transport, session: ClientSession) {
    this.#options = options;
    this.#transport = transport;
    this.session = session;
    this.#transmissions = transmissionCodec(session.hasServiceSignature);
    this.#commands = commandCodec(session.version);
    this.#responses = responseCodec(session.version);
    this.#lastReceived = options.clock.monotonic();
    this.#schedulePing();
    void this.#read();
  }

  /** Resolves with the reason once the connection has ended. */
  get ended(): Promise<SmpError> {
    return this.#ended.promise;
  }

  /** Whether the server has sent anything valid since the handshake. */
  get served(): boolean {
    return this.#served;
  }

  /**
   * Sends a command and resolves with its response, also if it is `ERR`; rejects with {@link SmpError} or the signal's
   * reason. The correlation id is random unless given, and must not be used twice.
   */
  request(
    entityId: Uint8Array,
    key: AuthKey | undefined,
    command: Command,
    signal: AbortSignal | undefined,
    corrId = this.#options.random.bytes(CORRELATION_ID_SIZE),
  ): Promise<Response> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    const { clock } = this.#options;
    const { sessionId, peerKey, hasServiceSignature } = this.session;
    const transmission = encodeTransmission(
      { corrId, entityId, command: encode(this.#commands, command) },
      { sessionId, serverKey: peerKey ?? emptyBytes, hasServiceSignature },
      key,
    );
    if (!fitsInBlock(transmission)) {
      return Promise.reject(new SmpError('response', 'the command is too large for a block'));
    }
    const id = toHex(corrId);
    return new Promise((resolve, reject) => {
      const sentAt = clock.monotonic();
      const timer = clock.schedule(RESPONSE_TIMEOUT_MS, () => this.#onTimeout(id, command.kind, sentAt));
      const settle = () => {
        timer.cancel();
        signal?.removeEventListener('abort', onAbort);
        this.#pending.delete(id);
      };
      // A cancelled command is removed from the queue, so that it is neither sent nor kept in memory.
      const withdraw = () => {
        const at = this.#outgoing.indexOf(transmission);
        if (at >= 0) this.#outgoing.splice(at, 1);
      };
      const onAbort = () => {
        settle();
        withdraw();
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#pending.set(id, {
        entityId,
        resolve: (response) => {
          settle();
          resolve(response);
        },
        reject: (error) => {
          settle();
          withdraw();
          reject(error);
        },
      });
      this.#outgoing.push(transmission);
      void this.#write();
    });
  }

  /** Ends the connection; pending commands fail with `reason`. */
  end(reason: SmpError): void {
    if (this.#failure !== undefined) return;
    this.#failure = reason;
    this.#pingTimer?.cancel();
    this.#transport.close();
    for (const pending of [...this.#pending.values()]) pending.reject(reason);
    this.#ended.resolve(reason);
  }

  #onTimeout(id: string, command: string, sentAt: number): void {
    const error = connectionError(this.#options.server, new TimeoutError(`no answer to ${command}`));
    this.#pending.get(id)?.reject(error);
    // Nothing was received since the command was sent: the connection is dead, not just the command slow.
    if (this.#lastReceived <= sentAt) this.end(error);
  }

  /** Sends PING after each silence; a PING that times out ends the connection. */
  #schedulePing(): void {
    const { clock } = this.#options;
    const idle = () => clock.monotonic() - Math.max(this.#lastReceived, this.#lastPing);
    this.#pingTimer = clock.schedule(
      Math.max(PING_INTERVAL_MS - idle(), 1),
      () => {
        if (idle() >= PING_INTERVAL_MS) {
          this.#lastPing = clock.monotonic();
          this.request(emptyBytes, undefined, { kind: 'PING' }, undefined).catch(() => {});
        }
        this.#schedulePing();
      },
      { background: true },
    );
  }

  async #write(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    try {
      // Deferred, so that commands issued together share a block.
      await Promise.resolve();
      while (this.#outgoing.length > 0) {
        await writeBatches(this.#transport, this.session.blocks, this.#outgoing).written;
      }
    } catch (error) {
      this.end(connectionError(this.#options.server, error));
    } finally {
      this.#writing = false;
    }
  }

  async #read(): Promise<void> {
    const { server } = this.#options;
    try {
      // A separate call for each block, so that waiting for the next block does not keep the previous one in memory.
      while (await this.#readBlock());
      this.end(new SmpError('network', `${server.hosts[0]} closed the connection`));
    } catch (error) {
      this.end(connectionError(server, error));
    }
  }

  /** Reads a block and handles its transmissions; false at the end of the stream. */
  async #readBlock(): Promise<boolean> {
    const block = await readBlock(this.#transport, this.session.blocks);
    if (block === undefined) return false;
    this.#lastReceived = this.#options.clock.monotonic();
    for (const transmission of parseBatch(block)) {
      // The connection has ended, perhaps in a callback: discard what was still received.
      if (this.#failure !== undefined) return false;
      this.#receive(transmission);
    }
    return true;
  }

  #receive(raw: Uint8Array): void {
    const { corrId, entityId, command } = decode(authorizedCodec, decode(this.#transmissions, raw).authorized);
    const pending = corrId.length === 0 ? undefined : this.#pending.get(toHex(corrId));
    let response: Response;
    try {
      response = decode(this.#responses, command);
    } catch (cause) {
      if (!(cause instanceof DecodeError || cause instanceof CryptoError)) throw cause;
      pending?.reject(new SmpError('response', `${this.#options.server.hosts[0]} sent invalid data`, { cause }));
      return;
    }
    this.#served = true;
    if (pending === undefined || response.kind === 'MSG') this.#options.onEvent(entityId, response);
    if (pending === undefined) return;
    if (response.kind !== 'IDS' && response.kind !== 'ERR' && !equalBytes(entityId, pending.entityId)) {
      pending.reject(new SmpError('response', `${this.#options.server.hosts[0]} sent an answer for another queue`));
      return;
    }
    pending.resolve(response);
  }
}
