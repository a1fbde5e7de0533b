/** Commands to any number of servers, one connection for each (simplex-messaging.md, "SMP commands"). */
import { emptyBytes } from '../../encoding/index.ts';
import {
  type AuthKey,
  type AuthPublicKey,
  authPublicKey,
  formatSmpServer,
  type SmpServer,
  type SmpServerWithAuth,
} from '../../protocol/index.ts';
import type { Command, MessageFlags, QueueInfo, Response } from '../protocol/index.ts';
import { newQueueError, SmpError } from './errors.ts';
import type { SmpClientsOptions } from './options.ts';
import { ServerLink } from './server-link.ts';

export interface NewQueueRequest {
  readonly authKey: AuthKey;
  /** Our X25519 key: deliveries are encrypted with its secret and the server's. */
  readonly dhPublicKey: Uint8Array;
  /** Whether the sender may secure the queue (SKEY). */
  readonly sndSecure: boolean;
  readonly subscribe: boolean;
}

export interface CreatedQueue {
  readonly rcvId: Uint8Array;
  readonly sndId: Uint8Array;
  readonly serverDhPublicKey: Uint8Array;
  readonly sndSecure: boolean;
}

/**
 * All rejections are {@link SmpError}, or the reason of the signal. A command whose answer was lost may have been
 * executed: those that could do harm twice say how they are made safe to repeat.
 */
export class SmpClients {
  readonly #options: SmpClientsOptions;
  readonly #links = new Map<string, ServerLink>();
  #closed = false;

  constructor(options: SmpClientsOptions) {
    this.#options = options;
  }

  /** NEW. Repeating it makes another queue; one whose answer was lost is never used. */
  async createQueue(address: SmpServerWithAuth, request: NewQueueRequest, signal: AbortSignal): Promise<CreatedQueue> {
    const link = this.#link(address.server);
    const command: Command = {
      kind: 'NEW',
      rcvAuthKey: authPublicKey(request.authKey),
      rcvDhKey: request.dhPublicKey,
      password: address.password,
      subscribe: request.subscribe,
      queue: { mode: request.sndSecure ? 'messaging' : 'contact', link: undefined },
      notifier: undefined,
    };
    const response = await link
      .request(emptyBytes, request.authKey, command, signal)
      .catch((error: unknown) => Promise.reject(newQueueError(address.server, error)));
    if (response.kind !== 'IDS') throw unexpected(address.server, 'NEW', response);
    const { rcvId, sndId, serverDhKey, queueMode } = response;
    const sndSecure = queueMode === 'messaging';
    if (request.subscribe) link.wanted.add({ rcvId: rcvId.slice(), authKey: request.authKey });
    return { rcvId: rcvId.slice(), sndId: sndId.slice(), serverDhPublicKey: serverDhKey.slice(), sndSecure };
  }

  /** SUB, now and on every later connection until {@link forget}. Takes the queue over from any other connection. */
  async subscribe(server: SmpServer, rcvId: Uint8Array, authKey: AuthKey, signal: AbortSignal): Promise<void> {
    await this.#link(server).subscribe({ rcvId, authKey }, signal);
  }

  /** Stops subscribing again; the current subscription stays until the connection ends. */
  forget(server: SmpServer, rcvId: Uint8Array): void {
    this.#links.get(formatSmpServer(server))?.wanted.delete(rcvId);
  }

  /** KEY: names the sender's key. Repeating it with the same key is harmless. */
  secure(
    server: SmpServer,
    rcvId: Uint8Array,
    authKey: AuthKey,
    senderPublicKey: AuthPublicKey,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#expectOk(server, rcvId, authKey, { kind: 'KEY', key: senderPublicKey }, signal);
  }

  /** SKEY: the sender's own way to secure a queue. Repeating it with the same key is harmless. */
  secureSender(server: SmpServer, sndId: Uint8Array, sndAuthKey: AuthKey, signal: AbortSignal): Promise<void> {
    return this.#expectOk(server, sndId, sndAuthKey, { kind: 'SKEY', key: authPublicKey(sndAuthKey) }, signal);
  }

  /** SEND. When it resolves the server has the message on disk. Repeating it may send it twice. */
  send(
    server: SmpServer,
    sndId: Uint8Array,
    sndAuthKey: AuthKey | undefined,
    flags: MessageFlags,
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#expectOk(server, sndId, sndAuthKey, { kind: 'SEND', flags, body }, signal);
  }

  /**
   * ACK. The next message, if there is one, goes to `onMessage`; a message that is gone already counts as done. While
   * the server has trouble it is repeated for some seconds; when the connection ends it is not, as the server delivers
   * the message again on the next.
   */
  async ack(
    server: SmpServer,
    rcvId: Uint8Array,
    authKey: AuthKey,
    msgId: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    try {
      const response = await this.#link(server).requestAgain(rcvId, authKey, { kind: 'ACK', msgId }, signal);
      if (response.kind !== 'OK' && response.kind !== 'MSG') throw unexpected(server, 'ACK', response);
    } catch (error) {
      if (!(error instanceof SmpError && error.code?.kind === 'NO_MSG')) throw error;
    }
  }

  /** OFF: the queue takes no more messages. */
  suspend(server: SmpServer, rcvId: Uint8Array, authKey: AuthKey, signal: AbortSignal): Promise<void> {
    return this.#expectOk(server, rcvId, authKey, { kind: 'OFF' }, signal);
  }

  /** DEL: the queue and its messages are gone. */
  async deleteQueue(server: SmpServer, rcvId: Uint8Array, authKey: AuthKey, signal: AbortSignal): Promise<void> {
    this.forget(server, rcvId);
    await this.#expectOk(server, rcvId, authKey, { kind: 'DEL' }, signal);
  }

  /** GET: the first message without subscribing, to `onMessage`; resolves with whether there was one. */
  async getMessage(server: SmpServer, rcvId: Uint8Array, authKey: AuthKey, signal: AbortSignal): Promise<boolean> {
    const response = await this.#link(server).request(rcvId, authKey, { kind: 'GET' }, signal);
    if (response.kind !== 'MSG' && response.kind !== 'OK') throw unexpected(server, 'GET', response);
    return response.kind === 'MSG';
  }

  /** QUE: what the server knows about a queue. */
  async queueInfo(server: SmpServer, rcvId: Uint8Array, authKey: AuthKey, signal: AbortSignal): Promise<QueueInfo> {
    const response = await this.#link(server).request(rcvId, authKey, { kind: 'QUE' }, signal);
    if (response.kind !== 'INFO') throw unexpected(server, 'QUE', response);
    return response.info;
  }

  /** PING: whether the server answers. */
  async ping(server: SmpServer, signal: AbortSignal): Promise<void> {
    const response = await this.#link(server).request(emptyBytes, undefined, { kind: 'PING' }, signal);
    if (response.kind !== 'PONG') throw unexpected(server, 'PING', response);
  }

  /** Closes all connections; what is waiting fails. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const link of this.#links.values()) link.close();
    this.#links.clear();
  }

  #link(server: SmpServer): ServerLink {
    if (this.#closed) throw new SmpError('network', 'the client is closed');
    const key = formatSmpServer(server);
    let link = this.#links.get(key);
    if (link === undefined) {
      link = new ServerLink(server, this.#options);
      this.#links.set(key, link);
    }
    return link;
  }

  /** For commands answered with OK; MSG in its place has gone to `onMessage`. */
  async #expectOk(
    server: SmpServer,
    entityId: Uint8Array,
    key: AuthKey | undefined,
    command: Command,
    signal: AbortSignal,
  ): Promise<void> {
    const response = await this.#link(server).request(entityId, key, command, signal);
    if (response.kind !== 'OK' && response.kind !== 'MSG') throw unexpected(server, command.kind, response);
  }
}

function unexpected(server: SmpServer, command: string, response: Response): SmpError {
  return new SmpError('response', `${server.hosts[0]} answered ${command} with ${response.kind}`);
}
