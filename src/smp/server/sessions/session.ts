/**
 * The session of one client connection, after the handshake. Commands on one queue run in order, those on different
 * queues concurrently. Errors of a client end at most its own session.
 */
import { KeyedLock } from '../../../base/index.ts';
import { boxKey } from '../../../crypto/index.ts';
import { emptyBytes, encode, encodeBorrowed, releaseBuffer } from '../../../encoding/index.ts';
import { unauthorizedCodec } from '../../../protocol/index.ts';
import { BLOCK_SIZE, parseBatch, readBlock, type ServerSession, type Transport } from '../../../transport/index.ts';
import { type CommandKind, forwardingSecret, type Response, responseCodec } from '../../protocol/index.ts';
import {
  COMMAND_OVERHEAD_BYTES,
  CONNECTION_SECRETS,
  CONNECTION_SUBSCRIPTIONS,
  INCOMING_BYTES,
  SHORT_RESPONSE_BYTES,
} from '../constants.ts';
import type { Forwarding, HandlerContext, ServerContext, SharedRooms } from '../context.ts';
import type { ProxyClient } from '../proxy-service.ts';
import { prohibited } from '../responses.ts';
import { Room } from '../room.ts';
import { NotifierSubscriptions } from '../subscriptions/notifier-subscriptions.ts';
import { Subscriptions } from '../subscriptions/subscriptions.ts';
import type { EventSender } from './event-sender.ts';
import {
  blockError,
  commandError,
  execute,
  isUnreadable,
  type Received,
  readCommand,
  receive,
  type Wire,
  wireOf,
} from './execution.ts';
import { SessionSecrets } from './known-secrets.ts';
import { OutgoingQueue } from './outgoing-queue.ts';

/** Commands whose responses may fill a block. */
const withLargeAnswers: ReadonlySet<CommandKind> = new Set(['ACK', 'GET', 'LKEY', 'LGET', 'PRXY', 'PFWD', 'RFWD']);

/** Upper bound for the size of the response to a command. */
const responseBytes = (kind: CommandKind | undefined) =>
  kind !== undefined && withLargeAnswers.has(kind) ? BLOCK_SIZE : SHORT_RESPONSE_BYTES;

/** Commands that proxies may forward, those of senders; all others require a direct connection. */
const forwardable: ReadonlySet<CommandKind> = new Set(['SEND', 'SKEY', 'LKEY', 'LGET']);

function forwardingOf({ keys, peerKey }: ServerSession, execute: Forwarding['execute']): Forwarding {
  // Derived on first use: few clients are proxies.
  let secret: Forwarding['secret'];
  return {
    get secret() {
      if (peerKey !== undefined) secret ??= boxKey(forwardingSecret(keys.privateKey, peerKey));
      return secret;
    },
    privateKey: keys.privateKey,
    execute,
  };
}

export class SmpSession {
  readonly #transport: Transport;
  readonly #session: ServerSession;
  readonly #server: ServerContext;
  readonly #outgoing: OutgoingQueue;
  readonly #subscriptions: Subscriptions;
  readonly #notifiers: NotifierSubscriptions;
  readonly #wire: Wire;
  readonly #secrets: SessionSecrets;
  readonly #context: HandlerContext;
  readonly #responses: ReturnType<typeof unauthorizedCodec<Response>>;
  readonly #incoming: Room;
  readonly #queues = new KeyedLock<string>();
  readonly #inProgress = new Set<Promise<void>>();
  #lastActive: number;
  /** Created on first use: most clients never need it. */
  #proxy: ProxyClient | undefined;
  #stopping = false;

  constructor(transport: Transport, session: ServerSession, server: ServerContext, shared: SharedRooms) {
    this.#transport = transport;
    this.#session = session;
    this.#server = server;
    this.#outgoing = new OutgoingQueue(transport, session.blocks, server.clock, shared.waiting);
    this.#incoming = new Room(INCOMING_BYTES, shared.waiting);
    this.#lastActive = server.clock.monotonic();
    this.#responses = unauthorizedCodec(responseCodec(session.version));
    this.#wire = wireOf(session.version);
    this.#secrets = new SessionSecrets(new Room(CONNECTION_SECRETS, shared.secrets));
    const sender: EventSender = {
      room: (bytes) => this.#outgoing.room(bytes),
      release: (bytes) => this.#outgoing.release(bytes),
      send: (id, response, bytes) => this.#outgoing.push(this.#encode(emptyBytes, id, response), bytes),
      event: (id, response) => this.#outgoing.pushEvent(this.#encode(emptyBytes, id, response)),
    };
    const room = new Room(CONNECTION_SUBSCRIPTIONS, shared.subscriptions);
    this.#subscriptions = new Subscriptions(server.store.messages, server.bus.messages, sender, room);
    this.#notifiers = new NotifierSubscriptions(server.store, server.bus, sender, room);
    this.#context = {
      ...server,
      version: session.version,
      service: session.service,
      secrets: this.#secrets,
      subscriptions: this.#subscriptions,
      notifiers: this.#notifiers,
      forwarding: forwardingOf(session, (version, raw) => this.#executeForwarded(version, raw)),
      proxy: () => {
        this.#proxy ??= server.proxyService?.client();
        return this.#proxy;
      },
    };
  }

  /** Milliseconds since the last block in either direction; 0 while subscribed. */
  get idleMs(): number {
    const waiting = this.#subscriptions.waiting || this.#notifiers.waiting;
    return waiting ? 0 : this.#server.clock.monotonic() - this.#lastActive;
  }

  /** Runs until the connection ends and all its commands are done. */
  async run(): Promise<void> {
    try {
      await this.#read();
    } catch (error) {
      this.#server.logger.debug(`smp: session ended: ${error instanceof Error ? error.message : 'error'}`);
      this.#transport.destroy();
    }
    // The client is gone, so responses of relays are not needed.
    this.#proxy?.close();
    // During a stop of the server the subscriptions stay until commands in progress have acknowledged deliveries.
    if (!this.#stopping) this.#unsubscribe();
    await Promise.all(this.#inProgress);
    this.#unsubscribe();
  }

  /** Finishes the commands in progress, sends their responses and closes. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await Promise.all(this.#inProgress);
    this.#unsubscribe();
    await this.#outgoing.drained();
    this.#transport.close();
  }

  destroy(): void {
    this.#transport.destroy();
  }

  #unsubscribe(): void {
    this.#subscriptions.close();
    this.#notifiers.close();
    this.#secrets.clear();
  }

  async #read(): Promise<void> {
    // A separate call for each block, so that waiting for the next block does not keep the previous one in memory.
    while (await this.#readBlock());
  }

  /** Reads a block and starts its commands; false at the end of the stream. */
  async #readBlock(): Promise<boolean> {
    const block = await readBlock(this.#transport, this.#session.blocks);
    if (block === undefined || this.#stopping) return false;
    this.#lastActive = this.#server.clock.monotonic();
    const transmissions = this.#parseBlock(block);
    // Each transmission keeps its whole block in memory until it is done, so each counts its share of the block.
    const bytes = COMMAND_OVERHEAD_BYTES + Math.ceil(BLOCK_SIZE / transmissions.length);
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

  /** The transmissions of a block; undefined marks an unparsable one. */
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
    const received = receive(this.#wire, raw);
    if ('unreadable' in received) return this.#reply(received.unreadable, emptyBytes, this.#refused(blockError));
    const parsed = readCommand(this.#wire, received);
    const run = () => this.#executeParsed(received, parsed);
    // A forwarded command is not about a queue of this server.
    const isForwarded = 'command' in parsed && parsed.command.kind === 'PFWD';
    return isForwarded ? run() : this.#inOrder(received.entityId, run);
  }

  /** Runs the commands of one queue in the order they arrived. */
  #inOrder<T>(entityId: Uint8Array, run: () => Promise<T>): Promise<T> {
    return entityId.length === 0 ? run() : this.#queues.run(Buffer.from(entityId).toString('latin1'), run);
  }

  async #executeParsed(received: Received, parsed: ReturnType<typeof readCommand>): Promise<void> {
    // Reserved before execution: no response is made that cannot be queued.
    const room = responseBytes('command' in parsed ? parsed.command.kind : undefined);
    await this.#outgoing.room(room);
    let after: (() => void) | undefined;
    const response =
      'error' in parsed
        ? this.#refused(commandError(parsed.error))
        : await execute(parsed.command, received, this.#session, this.#context, (action) => {
            after = action;
          });
    this.#outgoing.push(this.#encode(received.corrId, received.entityId, response), room);
    if (!this.#stopping) after?.();
  }

  /** Executes a forwarded command, if forwarding is allowed for it, and returns the encoded response. */
  async #executeForwarded(version: number, raw: Uint8Array | undefined): Promise<Uint8Array> {
    const answer = (corrId: Uint8Array, entityId: Uint8Array, command: Response) =>
      encode(unauthorizedCodec(responseCodec(version)), { authorization: undefined, corrId, entityId, command });
    const wire = wireOf(version);
    const received = receive(wire, raw);
    if ('unreadable' in received) return answer(received.unreadable, emptyBytes, blockError);
    const { corrId, entityId } = received;
    const parsed = readCommand(wire, received);
    if ('error' in parsed) return answer(corrId, entityId, commandError(parsed.error));
    const { command } = parsed;
    if (!forwardable.has(command.kind)) return answer(corrId, entityId, prohibited);
    // The proxy's service identity does not apply to its clients.
    const context = { ...this.#context, version, service: undefined, secrets: undefined };
    const response = await this.#inOrder(entityId, () => execute(command, received, this.#session, context, () => {}));
    return answer(corrId, entityId, response);
  }

  /** Counts a command that cannot be executed. */
  #refused(response: Response): Response {
    this.#server.observer.executed(undefined, response, 0);
    return response;
  }

  #encode(corrId: Uint8Array, entityId: Uint8Array, response: Response): Uint8Array {
    this.#lastActive = this.#server.clock.monotonic();
    this.#server.observer.sent(response.kind);
    const transmission = encodeBorrowed(this.#responses, {
      authorization: undefined,
      corrId,
      entityId,
      command: response,
    });
    if (response.kind === 'MSG') releaseBuffer(response.body);
    return transmission;
  }

  async #reply(corrId: Uint8Array, entityId: Uint8Array, response: Response): Promise<void> {
    await this.#outgoing.room(SHORT_RESPONSE_BYTES);
    this.#outgoing.push(this.#encode(corrId, entityId, response), SHORT_RESPONSE_BYTES);
  }
}
