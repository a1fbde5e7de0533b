/**
 * One connection of a client, after the handshake: reads commands, executes those of one queue in order and those of
 * different queues side by side, and sends what they answer. Whatever a client does wrong ends at most its own session.
 */
import { KeyedLock } from '../../base/index.ts';
import { CryptoError } from '../../crypto/index.ts';
import { DecodeError, decode, emptyBytes, encode } from '../../encoding/index.ts';
import {
  authorizationAlgorithm,
  authorizedCodec,
  signedParts,
  type Transmission,
  transmissionCodec,
  unauthorizedCodec,
} from '../../protocol/index.ts';
import { BLOCK_SIZE, parseBatch, readBlock, type Session, type Transport } from '../../transport/index.ts';
import {
  type Command,
  type CommandError,
  commandCodec,
  type ErrorType,
  hasCommandName,
  type Response,
  responseCodec,
} from '../protocol/index.ts';
import { COMMAND_BYTES, CONNECTION_SUBSCRIPTIONS, INCOMING_BYTES, SHORT_RESPONSE_BYTES } from './constants.ts';
import type { HandlerContext, ServerContext, SharedRooms } from './context.ts';
import { credentialsError } from './credentials.ts';
import { handle } from './handlers/index.ts';
import { Outgoing } from './outgoing.ts';
import { Room } from './room.ts';
import { StoreError } from './store/index.ts';
import { type EventSender, Subscriptions } from './subscriptions.ts';
import { verifyCommand } from './verify.ts';

const commandError = (error: CommandError): ErrorType => ({ kind: 'CMD', error });
/** What an answer may take, before it is known: those with a message fill a block. */
const responseBytes = (kind: Command['kind'] | undefined) =>
  kind === 'ACK' || kind === 'GET' ? BLOCK_SIZE : SHORT_RESPONSE_BYTES;

const isUnreadable = (error: unknown) => error instanceof DecodeError || error instanceof CryptoError;

export class SmpSession {
  readonly #transport: Transport;
  readonly #session: Session;
  readonly #server: ServerContext;
  readonly #outgoing: Outgoing;
  readonly #subscriptions: Subscriptions;
  readonly #context: HandlerContext;
  readonly #responses: ReturnType<typeof unauthorizedCodec<Response>>;
  readonly #incoming: Room;
  readonly #queues = new KeyedLock<string>();
  readonly #inProgress = new Set<Promise<void>>();
  #lastActive: number;
  #stopping = false;

  constructor(transport: Transport, session: Session, server: ServerContext, shared: SharedRooms) {
    this.#transport = transport;
    this.#session = session;
    this.#server = server;
    this.#outgoing = new Outgoing(transport, session.blocks, server.clock, shared.waiting);
    this.#incoming = new Room(INCOMING_BYTES, shared.waiting);
    this.#lastActive = server.clock.monotonic();
    this.#responses = unauthorizedCodec(responseCodec(session.version));
    const sender: EventSender = {
      room: () => this.#outgoing.room(BLOCK_SIZE),
      release: () => this.#outgoing.release(BLOCK_SIZE),
      message: (rcvId, response) => this.#outgoing.push(this.#encode(emptyBytes, rcvId, response), BLOCK_SIZE),
      event: (rcvId, response) => this.#outgoing.pushEvent(this.#encode(emptyBytes, rcvId, response)),
    };
    const room = new Room(CONNECTION_SUBSCRIPTIONS, shared.subscriptions);
    this.#subscriptions = new Subscriptions(server.store.messages, server.bus, sender, room);
    this.#context = { ...server, version: session.version, subscriptions: this.#subscriptions };
  }

  /** Milliseconds since the last block either way; 0 while it waits for messages. */
  get idleMs(): number {
    return this.#subscriptions.waiting ? 0 : this.#server.clock.monotonic() - this.#lastActive;
  }

  /** Serves until the connection ends and all its commands are done. */
  async run(): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      this.#server.logger.debug(`smp: session ended: ${error instanceof Error ? error.message : 'error'}`);
      this.#transport.destroy();
    }
    // While the server stops, commands under way still acknowledge what they were delivered.
    if (!this.#stopping) this.#subscriptions.close();
    await Promise.all(this.#inProgress);
    this.#subscriptions.close();
  }

  /** Finishes the commands in progress, sends their answers and closes. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#inProgress);
    this.#subscriptions.close();
    await this.#outgoing.drained();
    this.#transport.close();
  }

  destroy(): void {
    this.#transport.destroy();
  }

  async #read(): Promise<void> {
    // One call for each block: who waits for the next must not keep the one before in memory.
    while (await this.#readBlock());
  }

  /** Takes a block and begins what it asks for; false when there are no more. */
  async #readBlock(): Promise<boolean> {
    const block = await readBlock(this.#transport, this.#session.blocks);
    if (block === undefined || this.#stopping) return false;
    this.#lastActive = this.#server.clock.monotonic();
    const transmissions = this.#parseBlock(block);
    // Each keeps the whole block in memory until it is done: so much of it is its share.
    const bytes = COMMAND_BYTES + Math.ceil(BLOCK_SIZE / transmissions.length);
    for (const raw of transmissions) {
      await this.#incoming.take(bytes);
      const done = this.#execute(raw).finally(() => {
        this.#inProgress.delete(done);
        this.#incoming.release(bytes);
      });
      this.#inProgress.add(done);
    }
    return true;
  }

  /** Transmissions of a block; undefined stands for what cannot be read. */
  #parseBlock(block: Uint8Array): readonly (Uint8Array | undefined)[] {
    try {
      return parseBatch(block);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return [undefined];
    }
  }

  async #execute(raw: Uint8Array | undefined): Promise<void> {
    if (this.#stopping) return;
    let authorization: Uint8Array;
    let authorized: Uint8Array;
    let transmission: Transmission;
    try {
      ({ authorization, authorized } = decode(transmissionCodec, raw ?? emptyBytes));
      transmission = decode(authorizedCodec, authorized);
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return this.#reply(emptyBytes, emptyBytes, { kind: 'ERR', error: { kind: 'BLOCK' } });
    }
    const { corrId, entityId } = transmission;
    if (authorizationAlgorithm(authorization) === undefined) {
      return this.#reply(corrId, emptyBytes, { kind: 'ERR', error: { kind: 'BLOCK' } });
    }
    const run = () => this.#executeParsed(transmission, authorization, authorized);
    if (entityId.length === 0) return run();
    return this.#queues.run(Buffer.from(entityId).toString('latin1'), run);
  }

  async #executeParsed(
    { corrId, entityId, command: bytes }: Transmission,
    authorization: Uint8Array,
    authorized: Uint8Array,
  ): Promise<void> {
    const parsed = this.#parseCommand(bytes, authorization.length > 0, entityId.length > 0);
    // Before it is executed: an answer that nobody takes is not made.
    const room = responseBytes('command' in parsed ? parsed.command.kind : undefined);
    await this.#outgoing.room(room);
    let after: (() => void) | undefined;
    let response: Response;
    try {
      if ('error' in parsed) {
        response = { kind: 'ERR', error: commandError(parsed.error) };
      } else {
        const { command } = parsed;
        const { keys, sessionId } = this.#session;
        const verified = await verifyCommand(this.#server.store.queues, entityId, command, {
          authorization,
          signed: signedParts(sessionId, authorized),
          corrId,
          serverPrivateKey: keys.privateKey,
        });
        response =
          verified.kind === 'error'
            ? { kind: 'ERR', error: verified.error }
            : await handle(entityId, command, verified, this.#context, (action) => {
                after = action;
              });
      }
    } catch (error) {
      response = { kind: 'ERR', error: this.#failure(error) };
    }
    this.#outgoing.push(this.#encode(corrId, entityId, response), room);
    if (!this.#stopping) after?.();
  }

  #parseCommand(
    bytes: Uint8Array,
    authorized: boolean,
    hasEntity: boolean,
  ): { readonly command: Command } | { readonly error: CommandError } {
    try {
      const command = decode(commandCodec, bytes);
      const error = credentialsError(command, authorized, hasEntity);
      return error === undefined ? { command } : { error };
    } catch (error) {
      if (!isUnreadable(error)) throw error;
      return { error: hasCommandName(bytes) ? 'SYNTAX' : 'UNKNOWN' };
    }
  }

  #failure(error: unknown): ErrorType {
    if (error instanceof StoreError) {
      this.#server.logger.error(`smp: ${error.message}`);
      return { kind: 'STORE', text: 'not stored' };
    }
    this.#server.logger.error(`smp: a handler failed: ${error instanceof Error ? error.stack : 'error'}`);
    return { kind: 'INTERNAL' };
  }

  #encode(corrId: Uint8Array, entityId: Uint8Array, response: Response): Uint8Array {
    this.#lastActive = this.#server.clock.monotonic();
    return encode(this.#responses, { authorization: undefined, corrId, entityId, command: response });
  }

  async #reply(corrId: Uint8Array, entityId: Uint8Array, response: Response): Promise<void> {
    await this.#outgoing.room(SHORT_RESPONSE_BYTES);
    this.#outgoing.push(this.#encode(corrId, entityId, response), SHORT_RESPONSE_BYTES);
  }
}
