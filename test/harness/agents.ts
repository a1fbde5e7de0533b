/** Whole agents that communicate over in-memory servers, on virtual time, with a double of the KEM. */
import {
  Agent,
  type AgentEvent,
  agentMigrations,
  type ConnId,
  type Database,
  openDatabase,
} from '../../src/agent/index.ts';
import { lineLogger } from '../../src/base/index.ts';
import { systemRandom } from '../../src/crypto/index.ts';
import { utf8 } from '../../src/encoding/index.ts';
import { SmpClients } from '../../src/smp/client/index.ts';
import { unsafeKemDouble } from '../../src/testing/kem-double.ts';
import { never } from './smp-client.ts';
import type { SmpNetwork } from './smp-network.ts';

type EventOf<K extends AgentEvent['kind']> = Extract<AgentEvent, { kind: K }>;

/** Converts Buffers from the database, which do not compare equal to Uint8Arrays. */
function withPlainBytes(event: AgentEvent): AgentEvent {
  if (event.kind === 'message') return { ...event, body: new Uint8Array(event.body) };
  if (event.kind === 'confirmation' || event.kind === 'info') return { ...event, info: new Uint8Array(event.info) };
  return event;
}

export class TestAgent {
  readonly name: string;
  readonly sql: Database;
  readonly events: AgentEvent[] = [];
  /** Logged warnings and errors. */
  readonly lines: string[] = [];
  readonly agent: Agent;
  readonly #world: SmpNetwork;
  readonly #servers: readonly string[];

  /** An agent that creates its queues on the named servers; `sql`: the database of a stopped agent. */
  constructor(world: SmpNetwork, name: string, servers: readonly string[], sql?: Database) {
    this.name = name;
    this.#world = world;
    this.#servers = servers;
    this.sql = sql ?? openDatabase(':memory:', { kind: 'raw', key: new Uint8Array(32) }, agentMigrations);
    const logger = lineLogger('warn', (line) => this.lines.push(line));
    this.agent = new Agent({
      database: this.sql,
      smp: (events) =>
        new SmpClients({
          connect: world.network.connector(name),
          clock: world.clock,
          random: systemRandom,
          logger,
          ...events,
        }),
      servers: servers.map((server) => ({ server: world.address(server), password: undefined })),
      clock: world.clock,
      random: systemRandom,
      kem: unsafeKemDouble,
      kemKeyPairs: { take: () => unsafeKemDouble.generate(systemRandom), prepare: () => {} },
      logger,
      onEvent: (event) => this.events.push(withPlainBytes(event)),
    });
    this.agent.start();
  }

  told<K extends AgentEvent['kind']>(kind: K): readonly EventOf<K>[] {
    return this.events.filter((event): event is EventOf<K> => event.kind === kind);
  }

  /** The texts of received messages. */
  get texts(): readonly string[] {
    return this.told('message').map(({ body }) => Buffer.from(body).toString());
  }

  send(connId: ConnId, text: string): void {
    this.agent.sendMessage(connId, utf8(text), { notification: true, pq: undefined });
  }

  /** Acknowledges all received messages. */
  acknowledgeAll(receipt = true): void {
    for (const { connId, msgId } of this.told('message')) this.agent.ackMessage(connId, msgId, { receipt });
  }

  stop(): Promise<void> {
    return this.#world.settle(this.agent.stop());
  }

  /** The same agent after a restart of its program. */
  async restarted(): Promise<TestAgent> {
    await this.stop();
    return new TestAgent(this.#world, this.name, this.#servers, this.sql);
  }
}

/** Lets time pass until `condition` holds. */
export async function until(world: SmpNetwork, what: string, condition: () => boolean): Promise<void> {
  for (let passed = 0; !condition(); passed += 50) {
    if (passed > 300_000) throw new Error(`${what}: not within five minutes`);
    await world.pass(50);
  }
}

export const keepNothing = { stored: () => {}, removed: () => {} };

/** Connects two agents with an invitation; returns the connection of each. */
export async function connectAgents(
  world: SmpNetwork,
  initiator: TestAgent,
  joiner: TestAgent,
  pq = false,
): Promise<{ readonly ofInitiator: ConnId; readonly ofJoiner: ConnId }> {
  const options = { pq, ...keepNothing };
  const { connId: ofInitiator, link } = await world.settle(initiator.agent.createConnection(options, never));
  const ofJoiner = await world.settle(joiner.agent.joinConnection(link, utf8('joiner'), options, never));
  const confirmation = () => initiator.told('confirmation').find(({ connId }) => connId === ofInitiator);
  await until(world, 'a confirmation', () => confirmation() !== undefined);
  initiator.agent.allowConnection(ofInitiator, confirmation()!.confirmationId, utf8('initiator'));
  const isConnected = (agent: TestAgent, connId: ConnId) =>
    agent.told('connected').some((event) => event.connId === connId);
  await until(world, 'both connected', () => isConnected(initiator, ofInitiator) && isConnected(joiner, ofJoiner));
  return { ofInitiator, ofJoiner };
}
