/** Runs commands on any number of servers, with one connection to each (simplex-messaging.md, "SMP commands"). */
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
  /** Our X25519 public key; deliveries are encrypted with its shared secret with the server's key. */
  readonly dhPublicKey: Uint8Array;
  /** Whether the sender can secure the queue (SKEY). */
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
 * All methods reject with {@link SmpError} or the signal's reason. A command whose response was lost may have been
 * executed: the methods say how repeating it is made safe.
 */
export class SmpClients {
  readonly #options: SmpClientsOptions;
  readonly #links = new Map<string, ServerLink>();
  #closed = false;

  constructor(options: SmpClientsOptions) {
    this.#options = options;
  }

  /** NEW. Repeating it creates another queue; a queue whose response was lost is never used. */
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

  /** SUB, now and on each new connection until {@link forget}. Takes the queue over from any other connection. */
  async subscribe(server: SmpServer, rcvId: Uint8Array, authKey: AuthKey, signal: AbortSignal): Promise<void> {
    await this.#link(server).subscribe({ rcvId, authKey }, signal);
  }

  /** Stops renewing the subscription; the current one lasts until the connection ends. */
  forget(server: SmpServer, rcvId: Uint8Array): void {
    this.#links.get(formatSmpServer(server))?.wanted.delete(rcvId);
  }

  /** KEY: sets the sender's key. Repeating it with the same key is harmless. */
  secure(
    server: SmpServer,
    rcvId: Uint8Array,
    authKey: AuthKey,
    senderPublicKey: AuthPublicKey,
    signal: AbortSignal,
  ): Promise<void> {
    return this.#expectOk(server, rcvId, authKey, { kind: 'KEY', key: senderPublicKey }, signal);
  }

  /** SKEY: secures the queue as its sender. Repeating it with the same key is harmless. */
  secureSender(server: SmpServer, sndId: Uint8Array, sndAuthKey: AuthKey, signal: AbortSignal): Promise<void> {
    return this.#expectOk(server, sndId, sndAuthKey, { kind: 'SKEY', key: authPublicKey(sndAuthKey) }, signal);
  }

  /** SEND. Resolves once the server has the message on disk. Repeating it may send the message twice. */
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
   * ACK. The next message, if any, is passed to `onMessage`. A message that no longer exists counts as acknowledged.
   * Retried for some seconds on temporary errors of the server; not retried when the connection ends, because the
   * server delivers the message again on the next connection.
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

  /** OFF: suspends the queue. */
  suspend(server: SmpServer, rcvId: Uint8Array, authKey: AuthKey, signal: AbortSignal): Promise<void> {
    return this.#expectOk(server, rcvId, authKey, { kind: 'OFF' }, signal);
  }

  /** DEL: deletes the queue and its messages. */
  async deleteQueue(server: SmpServer, rcvId: Uint8Array, authKey: AuthKey, signal: AbortSignal): Promise<void> {
    this.forget(server, rcvId);
    await this.#expectOk(server, rcvId, authKey, { kind: 'DEL' }, signal);
  }

  /** GET: passes the first message to `onMessage`, without subscribing; resolves with whether there was one. */
  async getMessage(server: SmpServer, rcvId: Uint8Array, authKey: AuthKey, signal: AbortSignal): Promise<boolean> {
    const response = await this.#link(server).request(rcvId, authKey, { kind: 'GET' }, signal);
    if (response.kind !== 'MSG' && response.kind !== 'OK') throw unexpected(server, 'GET', response);
    return response.kind === 'MSG';
  }

  /** QUE: returns the server's state of a queue. */
  async queueInfo(server: SmpServer, rcvId: Uint8Array, authKey: AuthKey, signal: AbortSignal): Promise<QueueInfo> {
    const response = await this.#link(server).request(rcvId, authKey, { kind: 'QUE' }, signal);
    if (response.kind !== 'INFO') throw unexpected(server, 'QUE', response);
    return response.info;
  }

  /** PING: checks that the server responds. */
  async ping(server: SmpServer, signal: AbortSignal): Promise<void> {
    const response = await this.#link(server).request(emptyBytes, undefined, { kind: 'PING' }, signal);
    if (response.kind !== 'PONG') throw unexpected(server, 'PING', response);
  }

  /** Closes all connections; pending commands fail. */
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

  /** For commands that are answered with OK, or with MSG, which was passed to `onMessage`. */
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
