/**
 * Receiving: a delivered message is decrypted layer by layer; the message and the advanced ratchet are stored in one
 * transaction, and then it is acknowledged. An unreadable message is reported and acknowledged too, so that it does not
 * block the queue.
 */
import { constantTimeEqual, sha256 } from '../../crypto/index.ts';
import { decode, fromUtf8, toBase64urlUnpadded, utf8 } from '../../encoding/index.ts';
import {
  decryptMessage,
  initReceivingRatchet,
  RATCHET_VERSION,
  type Ratchet,
  RatchetError,
  x3dhInitiator,
} from '../../ratchet/index.ts';
import { decryptDelivered } from '../../smp/protocol/index.ts';
import { type OpenedMessage, openFromQueue } from '../delivery/queue-box.ts';
import type { AgentContext } from '../environment.ts';
import { AgentError } from '../errors.ts';
import {
  AGENT_VERSION,
  type AgentEnvelope,
  type AgentMessage,
  type AMessage,
  agentMessageCodec,
  type MessageReceipt,
  smpClientVersions,
} from '../protocol/index.ts';
import * as store from '../store/index.ts';
import type { Connection, ConnId, MessageIntegrity, RcvQueue, ReceivedReceipt } from '../types.ts';
import { queueMessage } from './outgoing.ts';

/** The agent's operations that receiving needs. */
export interface IncomingActions {
  /** Acknowledges a message on its server once the open transaction is committed; `then` runs after the response. */
  acknowledge(queue: RcvQueue, brokerId: Uint8Array, then?: () => void): void;
  /** A message was queued for the peer. */
  send(connId: ConnId): void;
  /** The peer is online and reading; `hasRead`: its queue was full and is empty now. */
  peerReads(connId: ConnId, hasRead: boolean): void;
  /** Passes a stored message to the app, within the open transaction. */
  deliver(message: store.RcvMessage): void;
}

interface Delivered {
  readonly brokerId: Uint8Array;
  /** Milliseconds. */
  readonly brokerTs: number;
}

/** Handles a message from a queue; never throws because of what peers or servers sent. */
export class Incoming {
  readonly #ctx: AgentContext;
  readonly #actions: IncomingActions;

  constructor(ctx: AgentContext, actions: IncomingActions) {
    this.#ctx = ctx;
    this.#actions = actions;
  }

  receive(queue: RcvQueue, message: { readonly msgId: Uint8Array; readonly body: Uint8Array }): void {
    const { sql, emit } = this.#ctx;
    // Copied: the id is a view of a shared block and is needed for longer.
    const brokerId = message.msgId.slice();
    try {
      const opened = decryptDelivered(queue.deliverySecret, brokerId, message.body);
      if (opened.kind === 'quota') {
        this.#queueDrained(queue, brokerId);
        return;
      }
      const delivered: Delivered = { brokerId, brokerTs: opened.timestamp * 1000 };
      this.#receiveOpened(queue, openFromQueue(queue, opened.body), delivered);
    } catch (error) {
      if (store.isDatabaseError(error)) throw error;
      emit({ kind: 'error', connId: queue.connId, error: error instanceof Error ? error : new Error(String(error)) });
      sql.transaction(() => this.#actions.acknowledge(queue, brokerId));
    }
  }

  /**
   * Our queue was full and is empty now, so the sender may continue. A_QCONT is sent after the server's response to
   * ACK, as sending might be refused before; it is stored first, so it survives a restart.
   */
  #queueDrained(queue: RcvQueue, brokerId: Uint8Array): void {
    const { sql } = this.#ctx;
    sql.transaction(() => {
      const connection = store.requireConnection(sql, queue.connId);
      const [sndQueue] = store.sndQueuesOf(sql, queue.connId);
      if (sndQueue !== undefined) {
        const address = { server: queue.server, senderId: queue.sndId };
        const options = { notification: false, pq: undefined };
        queueMessage(this.#ctx, connection, sndQueue.id, { kind: 'A_QCONT', queue: address }, options);
      }
      this.#actions.acknowledge(queue, brokerId, () => this.#actions.send(queue.connId));
    });
  }

  #receiveOpened(queue: RcvQueue, opened: OpenedMessage, delivered: Delivered): void {
    if (opened.kind === 'repeated-confirmation') {
      this.#actions.acknowledge(queue, delivered.brokerId);
      return;
    }
    const { envelope } = opened;
    if (opened.senderKey !== undefined) throw new AgentError('version.sender-key');
    if (opened.kind === 'first') {
      if (envelope.kind !== 'confirmation') throw new AgentError('message.unconfirmed');
      this.#receiveConfirmation(queue, opened, envelope);
      this.#actions.acknowledge(queue, delivered.brokerId);
      return;
    }
    if (envelope.kind !== 'message') {
      // A ratchet renegotiation, which is not supported; the current ratchet continues.
      throw new AgentError('message.renewal');
    }
    this.#receiveMessage(queue, envelope.encrypted, delivered);
  }

  #receiveConfirmation(
    queue: RcvQueue,
    opened: Extract<OpenedMessage, { kind: 'first' }>,
    envelope: Extract<AgentEnvelope, { kind: 'confirmation' }>,
  ): void {
    const { sql } = this.#ctx;
    const connection = store.requireConnection(sql, queue.connId);
    if (envelope.version < AGENT_VERSION) throw new AgentError('version.old-contact');
    const clientVersion = Math.min(opened.clientVersion, queue.clientVersion);
    sql.transaction(() => {
      if (connection.state === 'invited') this.#confirmInvitation(connection, envelope);
      else if (connection.state === 'connecting') this.#completeJoin(connection, envelope);
      else throw new AgentError('state.confirmation');
      store.confirmRcvQueue(sql, queue.id, opened.e2eSecret, clientVersion);
    });
  }

  /**
   * Initiator: creates the ratchet from the joiner's parameters; the joiner's information and queue wait for
   * `allowConnection`.
   */
  #confirmInvitation(connection: Connection, envelope: Extract<AgentEnvelope, { kind: 'confirmation' }>): void {
    const { sql, random, ratchetEnv, emit } = this.#ctx;
    const { connId } = connection;
    const secrets = store.x3dhSecrets(sql, connId);
    if (secrets === undefined || envelope.e2eParams === undefined) throw new AgentError('message.no-parameters');
    const versions = { current: RATCHET_VERSION, maxSupported: RATCHET_VERSION };
    const init = x3dhInitiator(ratchetEnv, secrets, envelope.e2eParams);
    const ratchet = initReceivingRatchet(versions, secrets.key2, init, connection.pq);
    const { message, hash } = this.#openFirst(connection, ratchet, envelope.encrypted);
    if (message.kind !== 'connInfoReply') throw new AgentError('message.no-queue');
    const replyQueue = message.queues.find((q) => q.mode === 'messaging' && q.version <= smpClientVersions.max);
    if (replyQueue === undefined) throw new AgentError('version.old-contact-server');
    const confirmationId = toBase64urlUnpadded(random.bytes(12));
    store.setLastReceived(sql, connId, 1, hash);
    store.insertConfirmation(sql, connId, { confirmationId, replyQueue, info: message.info });
    store.deleteX3dhSecrets(sql, connId);
    store.setConnectionState(sql, connId, 'confirming');
    const { info } = message;
    emit({ kind: 'confirmation', connId, confirmationId, info });
  }

  /** Joiner: the initiator accepted and sent its information. */
  #completeJoin(connection: Connection, envelope: Extract<AgentEnvelope, { kind: 'confirmation' }>): void {
    const { sql, emit } = this.#ctx;
    const { connId } = connection;
    const { message, hash, ratchet } = this.#openFirst(
      connection,
      store.requireRatchet(sql, connId),
      envelope.encrypted,
    );
    if (message.kind !== 'connInfo') throw new AgentError('message.no-information');
    store.setLastReceived(sql, connId, 1, hash);
    store.setConnectionState(sql, connId, 'connected');
    const { info } = message;
    emit({ kind: 'info', connId, info });
    emit({ kind: 'connected', connId, pq: ratchet.receivingKem });
  }

  #openFirst(connection: Connection, before: Ratchet, encrypted: Uint8Array) {
    const { sql, ratchetEnv, clock } = this.#ctx;
    const opened = decryptMessage(ratchetEnv, before, store.skippedKeys(sql, connection.connId), encrypted);
    store.putRatchet(sql, connection.connId, opened.ratchet);
    store.updateSkippedKeys(sql, connection.connId, opened, clock.now());
    const message: AgentMessage = decode(agentMessageCodec, opened.message);
    return { message, hash: sha256(opened.message), ratchet: opened.ratchet };
  }

  #receiveMessage(queue: RcvQueue, encrypted: Uint8Array, delivered: Delivered): void {
    const { sql, clock } = this.#ctx;
    const { connId } = queue;
    const encryptedHash = sha256(encrypted);
    try {
      sql.transaction(() => {
        const connection = store.requireConnection(sql, connId);
        const now = clock.now();
        const ratchet = store.requireRatchet(sql, connId);
        const opened = decryptMessage(this.#ctx.ratchetEnv, ratchet, store.skippedKeys(sql, connId), encrypted);
        store.putRatchet(sql, connId, opened.ratchet);
        if (connection.sessionLost) store.setSessionLost(sql, connId, undefined);
        store.updateSkippedKeys(sql, connId, opened, now);
        store.insertReceivedHash(sql, connId, encryptedHash, now);
        store.deleteAcknowledged(sql, queue.id);
        this.#storeMessage(queue, connection, opened.message, opened.ratchet.receivingKem, delivered);
      });
    } catch (error) {
      if (!(error instanceof RatchetError)) throw error;
      this.#receiveAgain(queue, encryptedHash, delivered, error);
    }
  }

  #storeMessage(queue: RcvQueue, connection: Connection, body: Uint8Array, pq: boolean, delivered: Delivered): void {
    const { sql, clock } = this.#ctx;
    const { connId } = connection;
    const agentMessage = decode(agentMessageCodec, body);
    if (agentMessage.kind !== 'message') throw new AgentError('message.unexpected-confirmation');
    const { sndMsgId, prevHash, message } = agentMessage;
    const last = store.lastReceived(sql, connId);
    const integrity = checkIntegrity(last, sndMsgId, prevHash);
    const hash = sha256(body);
    if (sndMsgId > last.sndMsgId) store.setLastReceived(sql, connId, sndMsgId, hash);
    this.#actions.peerReads(connId, false);
    if (message.kind !== 'A_MSG' && message.kind !== 'A_RCVD') {
      this.#control(connection, message);
      this.#actions.acknowledge(queue, delivered.brokerId);
      return;
    }
    const receipts = message.kind === 'A_RCVD' ? this.#checkReceipts(connection, message.receipts) : [];
    const stored: store.RcvMessage = {
      connId,
      msgId: store.takeRcvMsgId(sql, connId),
      rcvQueueId: queue.id,
      brokerId: delivered.brokerId,
      meta: { integrity, sndMsgId, brokerTs: delivered.brokerTs, receivedAt: clock.now(), pq },
      kind: message.kind === 'A_MSG' ? 'app' : 'receipt',
      body: message.kind === 'A_MSG' ? message.body : encodeReceipts(receipts),
      hash,
      acknowledged: false,
    };
    store.insertRcvMessage(sql, stored);
    this.#actions.deliver(stored);
  }

  #control(connection: Connection, message: AMessage): void {
    if (message.kind === 'A_QCONT') this.#actions.peerReads(connection.connId, true);
    else this.#ctx.logger.info(`a contact sent ${message.kind}, which needs no answer from this version`);
  }

  /** Matches receipts with our sent messages, and checks that they arrived unchanged. */
  #checkReceipts(connection: Connection, receipts: readonly MessageReceipt[]): ReceivedReceipt[] {
    return receipts.flatMap(({ sndMsgId, hash }) => {
      const sent = store.findSentMessage(this.#ctx.sql, connection.connId, sndMsgId);
      return sent === undefined ? [] : [{ msgId: sent.msgId, intact: constantTimeEqual(sent.hash, hash) }];
    });
  }

  /** A message that cannot be decrypted: usually a repeated delivery of one that was received. */
  #receiveAgain(queue: RcvQueue, encryptedHash: Uint8Array, delivered: Delivered, error: RatchetError): void {
    const { sql } = this.#ctx;
    const stored = store.rcvMessageByBrokerId(sql, queue.id, delivered.brokerId);
    if (stored !== undefined && !stored.acknowledged) {
      // The app did not acknowledge it: it failed or is about to.
      sql.transaction(() => this.#actions.deliver(stored));
      return;
    }
    const known = stored !== undefined || store.hasReceivedHash(sql, queue.connId, encryptedHash);
    if (known) {
      this.#actions.acknowledge(queue, delivered.brokerId);
      return;
    }
    this.#ctx.logger.info(`a message could not be decrypted: ${error.kind}`);
    sql.transaction(() => {
      this.#loseSession(queue.connId, delivered);
      this.#actions.acknowledge(queue, delivered.brokerId);
    });
  }

  /** Stops sending, as the peer could not decrypt either; ends when a message is decrypted again. */
  #loseSession(connId: ConnId, { brokerTs }: Delivered): void {
    const { sql, clock, emit } = this.#ctx;
    if (store.requireConnection(sql, connId).sessionLost) return;
    store.setSessionLost(sql, connId, clock.now());
    emit({ kind: 'sessionLost', connId, msgId: store.takeRcvMsgId(sql, connId), brokerTs });
  }
}

/** Checks the sender's message number and the hash of its previous message. */
export function checkIntegrity(
  last: { readonly sndMsgId: number; readonly hash: Uint8Array },
  sndMsgId: number,
  prevHash: Uint8Array,
): MessageIntegrity {
  if (sndMsgId === last.sndMsgId) return { kind: 'duplicate' };
  if (sndMsgId < last.sndMsgId) return { kind: 'bad-id' };
  if (sndMsgId > last.sndMsgId + 1) return { kind: 'skipped', from: last.sndMsgId + 1, to: sndMsgId - 1 };
  return constantTimeEqual(last.hash, prevHash) ? { kind: 'ok' } : { kind: 'bad-hash' };
}

/** Encodes receipts for storage until the app has handled them. */
function encodeReceipts(receipts: readonly ReceivedReceipt[]): Uint8Array {
  return utf8(JSON.stringify(receipts));
}

export function decodeReceipts(body: Uint8Array): readonly ReceivedReceipt[] {
  return JSON.parse(fromUtf8(body)) as ReceivedReceipt[];
}
