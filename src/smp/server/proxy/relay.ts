/**
 * One relay with one connection, shared by all clients, so that the relay cannot tell them apart. The connection is
 * made on first use; once it has ended, the object is not reused.
 */
import { abortable, type Clock, type Random, withTimeout } from '../../../base/index.ts';
import { BOX_TAG_SIZE, type BoxKey, boxKey } from '../../../crypto/index.ts';
import { emptyBytes, equalBytes } from '../../../encoding/index.ts';
import { CORRELATION_ID_SIZE, type SmpServer } from '../../../protocol/index.ts';
import type { TransportConnect } from '../../../transport/index.ts';
import { openConnection, RESPONSE_TIMEOUT_MS, type SmpConnection, SmpError } from '../../client/index.ts';
import {
  type ErrorType,
  FORWARDED_SIZE,
  type ForwardedCommand,
  forwardingSecret,
  openForwardAnswer,
  type Response,
  sealForward,
} from '../../protocol/index.ts';
import { Room, type SharedRoom } from '../room.ts';
import { CONNECT_TIMEOUT_MS, FORWARD_OVERHEAD_BYTES, MAX_KEY_BYTES, RELAY_BYTES } from './constants.ts';
import { fromRelay, tooLarge, unexpected, unreadable } from './errors.ts';

export interface RelayOptions {
  readonly connect: TransportConnect;
  readonly clock: Clock;
  readonly random: Random;
  readonly room: SharedRoom;
  /** How long an unreachable relay is not retried. */
  readonly failureMs: number;
  /** Called once connected; returns whether the limits allow it. */
  onConnected(relay: Relay, sessionId: Uint8Array): boolean;
  onEnded(relay: Relay, sessionId: Uint8Array): void;
}

type RelayState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'connected'; readonly connection: SmpConnection; readonly secret: BoxKey }
  | { readonly kind: 'failed'; readonly until: number }
  | { readonly kind: 'ended' };

const failed = (error: ErrorType): Response => ({ kind: 'ERR', error });

export class Relay {
  /** Whether it belongs to this server's operator. */
  readonly own: boolean;
  /** Rejects with {@link SmpError} when the connection fails. */
  readonly connection: Promise<SmpConnection>;
  readonly #options: RelayOptions;
  readonly #room: Room;
  readonly #closing = new AbortController();
  readonly #since: number;
  #state: RelayState = { kind: 'connecting' };
  #underWay = 0;
  #lastUsed: number;

  constructor(server: SmpServer, own: boolean, options: RelayOptions) {
    this.own = own;
    this.#options = options;
    this.#room = new Room(RELAY_BYTES, options.room);
    this.#since = options.clock.monotonic();
    this.#lastUsed = this.#since;
    this.connection = this.#open(server);
    this.connection.catch(() => {});
  }

  /** Whether to remove it: the connection has ended, or failed long enough ago for another attempt. */
  get over(): boolean {
    const state = this.#state;
    return state.kind === 'ended' || (state.kind === 'failed' && this.#options.clock.monotonic() >= state.until);
  }

  /** The state of the connection; `over`: to be removed. */
  get stage(): 'connecting' | 'connected' | 'failed' | 'over' {
    const { kind } = this.#state;
    return this.over || kind === 'ended' ? 'over' : kind;
  }

  /** Milliseconds since its creation. */
  get ageMs(): number {
    return this.#options.clock.monotonic() - this.#since;
  }

  /** Milliseconds since its last use; undefined while it is in use or not connected. */
  get idleMs(): number | undefined {
    if (this.#state.kind !== 'connected' || this.#underWay > 0) return undefined;
    return this.#options.clock.monotonic() - this.#lastUsed;
  }

  /** Records a use. */
  use(): void {
    this.#lastUsed = this.#options.clock.monotonic();
  }

  /** Has the relay execute a command; rejects with {@link SmpError}, `CryptoError`, `DecodeError` or the signal's reason. */
  async forward(command: ForwardedCommand, signal: AbortSignal): Promise<Response> {
    const state = this.#state;
    if (command.transmission.length > FORWARDED_SIZE + BOX_TAG_SIZE) return failed(tooLarge);
    if (state.kind !== 'connected') throw new SmpError('network', 'the connection to the relay has ended');
    const bytes = FORWARD_OVERHEAD_BYTES + command.transmission.length;
    this.#underWay++;
    try {
      await this.#take(bytes, signal);
      try {
        return await this.#forward(state.connection, state.secret, command, signal);
      } finally {
        this.#room.release(bytes);
      }
    } finally {
      this.#underWay--;
      this.use();
    }
  }

  close(): void {
    const reason = new SmpError('network', 'the relay is no longer needed');
    this.#closing.abort(reason);
    if (this.#state.kind === 'connected') this.#state.connection.end(reason);
  }

  async #forward(
    connection: SmpConnection,
    secret: BoxKey,
    command: ForwardedCommand,
    signal: AbortSignal,
  ): Promise<Response> {
    const corrId = this.#options.random.bytes(CORRELATION_ID_SIZE);
    const transmission = sealForward(secret, corrId, command);
    const answer = await connection.request(emptyBytes, undefined, { kind: 'RFWD', transmission }, signal, corrId);
    if (answer.kind === 'ERR') return failed(fromRelay(answer.error));
    if (answer.kind !== 'RRES') return failed(unexpected(answer));
    const { corrId: answered, response } = openForwardAnswer(secret, corrId, answer.response);
    // A response of another size could reveal something about its content, or exceed the block.
    const isAnswer = equalBytes(answered, command.corrId) && response.length === FORWARDED_SIZE + BOX_TAG_SIZE;
    return isAnswer ? { kind: 'PRES', response } : failed(unreadable);
  }

  /** Waits until the bytes in flight are below the limit. */
  async #take(bytes: number, signal: AbortSignal): Promise<void> {
    const turn = this.#room.take(bytes);
    try {
      await abortable(withTimeout(this.#options.clock, RESPONSE_TIMEOUT_MS, 'forwarding', turn), signal);
    } catch (error) {
      void turn.then(() => this.#room.release(bytes));
      if (signal.aborted) throw error;
      throw new SmpError('timeout', 'too many commands wait for the relay', { cause: error });
    }
  }

  async #open(server: SmpServer): Promise<SmpConnection> {
    const { connect, clock, random } = this.#options;
    const tooLate = () => this.#closing.abort(new SmpError('timeout', 'the relay cannot be reached in time'));
    const timer = clock.schedule(CONNECT_TIMEOUT_MS, tooLate);
    try {
      const connection = await openConnection(
        { server, connect, clock, random, proxy: true, onEvent: () => {} },
        this.#closing.signal,
      );
      this.#connected(connection);
      return connection;
    } catch (error) {
      this.#state = { kind: 'failed', until: clock.monotonic() + this.#options.failureMs };
      throw error;
    } finally {
      timer.cancel();
    }
  }

  #connected(connection: SmpConnection): void {
    const { sessionId, certificates, signedKey, keys, peerKey } = connection.session;
    const keyBytes = certificates.reduce((sum, { length }) => sum + length, signedKey.length);
    if (keyBytes > MAX_KEY_BYTES) {
      const error = new SmpError('response', 'the certificates of the relay are too large');
      connection.end(error);
      throw error;
    }
    const secret = boxKey(forwardingSecret(keys.privateKey, peerKey!));
    this.#state = { kind: 'connected', connection, secret };
    if (!this.#options.onConnected(this, sessionId)) {
      const error = new SmpError('network', 'there are too many relays');
      connection.end(error);
      throw error;
    }
    void connection.ended.then(() => {
      this.#state = { kind: 'ended' };
      this.#options.onEnded(this, sessionId);
    });
  }
}
