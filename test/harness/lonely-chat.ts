/** A chat on a real database whose agent only notes what it is told to send: for what peers may and may not do. */
import {
  type Agent,
  type AgentEvent,
  agentMigrations,
  type ConnId,
  type MsgId,
  openDatabase,
} from '../../src/agent/index.ts';
import { silentLogger } from '../../src/base/index.ts';
import { handleAgentEvent } from '../../src/chat/agent-events.ts';
import { apiOver, type ChatApi, type ChatEvent, type ChatId, type Right } from '../../src/chat/api/index.ts';
import { ChatCore } from '../../src/chat/chat.ts';
import type { ChatContext } from '../../src/chat/context.ts';
import { type CommandsUnderWay, dispatcher } from '../../src/chat/dispatch.ts';
import { logEvent } from '../../src/chat/events/log.ts';
import { handlersOf } from '../../src/chat/handlers.ts';
import {
  type ChatMessage,
  type ChatMsgEvent,
  chatVersions,
  decodeChatBody,
  defaultChatPreferences,
  encodeChatBody,
  type JsonObject,
  type SharedMsgId,
  sharedMsgId,
} from '../../src/chat/protocol/index.ts';
import { Reachability } from '../../src/chat/reachability.ts';
import { chatMigrations, FIRST_PROFILE, insertContact, setContactState } from '../../src/chat/store/index.ts';
import { manualClock } from './manual-clock.ts';

export class LonelyChat {
  readonly clock = manualClock(Date.UTC(2026, 10, 23, 12));
  /** What was told, but for what a face itself has changed. */
  readonly events: ChatEvent[] = [];
  readonly changes: ChatEvent[] = [];
  readonly chat: ChatCore;
  /** The same as faces have it. */
  readonly api: ChatApi;
  readonly #ctx: ChatContext;
  readonly #underWay: CommandsUnderWay = new Map();
  readonly #reachability: Reachability;
  readonly sql = openDatabase(':memory:', { kind: 'raw', key: new Uint8Array(32) }, [
    ...agentMigrations,
    ...chatMigrations,
  ]);
  readonly sent: ChatMsgEvent[] = [];
  ratchetHash: Uint8Array = new Uint8Array(32).fill(1);
  #ids = 0;
  #random = 100;
  #received = 0;

  constructor() {
    const agent = {
      start: () => {},
      stop: async () => {},
      idle: true,
      sendMessage: (_: ConnId, body: Uint8Array) => {
        this.#note(body);
        return ++this.#ids as MsgId;
      },
      allowConnection: (_: ConnId, __: unknown, info: Uint8Array) => this.#note(info),
      ackMessage: () => {},
      deleteConnection: () => {},
      receivesFrom: () => false,
      connectionInfo: () => ({
        receivingServers: [],
        sendingServers: [],
        agentVersion: 7,
        ratchetHash: this.ratchetHash,
      }),
    };
    const ctx: ChatContext = {
      sql: this.sql,
      agent: agent as unknown as Agent,
      clock: this.clock,
      random: { bytes: (length) => new Uint8Array(length).fill(++this.#random) },
      logger: silentLogger,
      emit: (event) => {
        const number = logEvent(this.sql, event, this.clock.now());
        const told = event.kind === 'changed' ? this.changes : this.events;
        this.sql.afterCommit(() => told.push({ ...event, number } as ChatEvent));
      },
    };
    this.#ctx = ctx;
    this.#reachability = new Reachability(ctx.agent);
    this.chat = new ChatCore(ctx, [], this.#reachability);
    this.api = this.apiWith(['read', 'write', 'manage', 'secret']);
    this.chat.createProfile('me');
  }

  apiWith(rights: readonly Right[]): ChatApi {
    const options = {
      profileId: FIRST_PROFILE,
      rights: new Set(rights),
      signal: new AbortController().signal,
      underWay: this.#underWay,
    };
    return apiOver(dispatcher(this.#ctx, handlersOf(this.chat, this.#ctx), options));
  }

  /** Another program on the same database, after this one has stopped. */
  async restarted(): Promise<ChatCore> {
    await this.chat.stop();
    return new ChatCore(this.#ctx, [], this.#reachability);
  }

  /** What the agent tells. */
  handle(event: AgentEvent): void {
    handleAgentEvent(this.#ctx, this.#reachability, event);
  }

  #note(body: Uint8Array): void {
    for (const decoded of decodeChatBody(body)) {
      if (decoded.kind === 'message') this.sent.push(decoded.message.event);
    }
  }

  /** A connected contact that allows what official apps allow by default. */
  addContact(name: string): ChatId {
    const id = insertContact(this.sql, { connId: name as ConnId, localName: name, state: 'connected' }, 0);
    setContactState(this.sql, id, 'connected');
    this.receive(name, { kind: 'x.info', profile: this.profileOf(name), other: {} });
    return id;
  }

  /** An invitation that nobody has used. */
  addInvitation(connId: string): ChatId {
    return insertContact(this.sql, { connId: connId as ConnId, localName: connId, state: 'invited' }, 0);
  }

  /** Somebody uses it. */
  confirm(connId: string, displayName: string): void {
    const event: ChatMsgEvent = { kind: 'x.info', profile: this.profileOf(displayName), other: {} };
    const info = encodeChatBody({ versions: chatVersions, msgId: undefined, event }, { compress: false });
    this.handle({ kind: 'confirmation', connId: connId as ConnId, confirmationId: 'c', info });
  }

  profileOf(displayName: string, preferences: JsonObject = {}) {
    const own = Object.fromEntries(Object.entries(preferences).map(([f, allow]) => [f, { allow, ttl: undefined }]));
    return {
      displayName,
      fullName: '',
      shortDescr: undefined,
      image: undefined,
      preferences: { ...defaultChatPreferences, ...own },
      other: {},
    };
  }

  /** An event of a contact, as the agent hands it over. */
  receive(from: string, event: ChatMsgEvent, msgId?: SharedMsgId): void {
    const message: ChatMessage = { versions: chatVersions, msgId, event };
    const brokerTs = this.clock.now();
    this.handle({
      kind: 'message',
      connId: from as ConnId,
      msgId: ++this.#received as MsgId,
      meta: { integrity: { kind: 'ok' }, sndMsgId: this.#received, brokerTs, receivedAt: brokerTs, pq: false },
      body: encodeChatBody(message, { compress: false }),
    });
  }
}

export const idOf = (n: number): SharedMsgId => sharedMsgId(new Uint8Array(12).fill(n));
