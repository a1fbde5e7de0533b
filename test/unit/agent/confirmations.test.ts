/** What a stranger who has our invitation may send: anything but a confirmation is told as an error, and waits for nobody. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { agreeOnInvitation, readInvitation } from '../../../src/agent/connection/check-link.ts';
import { newSndQueue, sndAuthKey } from '../../../src/agent/connection/queue-keys.ts';
import { sealForQueue } from '../../../src/agent/delivery/queue-box.ts';
import { AgentError, type AgentErrorCode, type ConnId } from '../../../src/agent/index.ts';
import {
  type AgentEnvelope,
  type AgentMessage,
  agentEnvelopeCodec,
  agentMessageCodec,
  connInfoSize,
  type SmpQueueInfo,
} from '../../../src/agent/protocol/index.ts';
import { systemRandom } from '../../../src/crypto/index.ts';
import { encode, utf8 } from '../../../src/encoding/index.ts';
import { authPublicKey } from '../../../src/protocol/index.ts';
import {
  initSendingRatchet,
  joinerParams,
  nextSealingKey,
  sealMessage,
  x3dhJoiner,
} from '../../../src/ratchet/index.ts';
import { keepNothing, TestAgent, until } from '../../harness/agents.ts';
import { ratchetEnv } from '../../harness/ratchet-parties.ts';
import { never } from '../../harness/smp-client.ts';
import { SmpNetwork } from '../../harness/smp-network.ts';

let world: SmpNetwork;
let alice: TestAgent;
beforeEach(() => {
  world = new SmpNetwork();
  world.start('a');
  alice = new TestAgent(world, 'alice', ['a']);
});
afterEach(async () => {
  await alice.stop();
  await world.close();
});

/** Somebody with the link, who seals as an agent does and sends what it likes. */
async function stranger(link: string) {
  const { queue, e2eParams } = agreeOnInvitation(readInvitation(link));
  const snd = newSndQueue(systemRandom, 'stranger' as ConnId, queue);
  const key = sndAuthKey(snd.authKeys);
  const client = await world.connect('a');
  const ok = { kind: 'OK' };
  const skey = { kind: 'SKEY' as const, key: authPublicKey(key) };
  expect(await world.ask(client, snd.sndId, key, skey)).toEqual(ok);
  const send = async (envelope: AgentEnvelope) => {
    const body = sealForQueue(systemRandom, { ...snd, id: 0 as never }, encode(agentEnvelopeCodec, envelope), true);
    const command = { kind: 'SEND' as const, flags: { notification: true }, body };
    expect(await world.ask(client, snd.sndId, key, command)).toEqual(ok);
  };
  const confirmation = (
    message: AgentMessage,
    changes: Partial<Extract<AgentEnvelope, { kind: 'confirmation' }>> = {},
  ) => {
    const reply = joinerParams(ratchetEnv, e2eParams, false);
    const versions = { current: e2eParams.version, maxSupported: e2eParams.version };
    const init = x3dhJoiner(reply.secrets, e2eParams);
    const next = nextSealingKey(initSendingRatchet(ratchetEnv, versions, e2eParams.key2, init), false);
    const encrypted = sealMessage(next.key, encode(agentMessageCodec, message), connInfoSize(false));
    return { kind: 'confirmation' as const, version: 7, e2eParams: reply.params, encrypted, ...changes };
  };
  const replyQueue: SmpQueueInfo = { ...queue, senderId: systemRandom.bytes(24) };
  return { send, confirmation, replyQueue };
}

it('what is no confirmation is told and acknowledged, and the invitation goes on waiting', async () => {
  const { link } = await world.settle(alice.agent.createConnection({ pq: false, ...keepNothing }, never));
  const { send, confirmation, replyQueue } = await stranger(link);
  const info = utf8('profile');
  const good: AgentMessage = { kind: 'connInfoReply', queues: [replyQueue], info };
  const wrong: readonly (readonly [AgentEnvelope, AgentErrorCode | undefined])[] = [
    [{ kind: 'message', version: 7, encrypted: new Uint8Array(100) }, 'message.unconfirmed'],
    [confirmation(good, { version: 6 }), 'version.old-contact'],
    [confirmation(good, { e2eParams: undefined }), 'message.no-parameters'],
    [confirmation({ kind: 'connInfo', info }), 'message.no-queue'],
    [confirmation({ ...good, queues: [{ ...replyQueue, mode: 'contact' }] }), 'version.old-contact-server'],
    [confirmation({ ...good, queues: [{ ...replyQueue, version: 99 }] }), 'version.old-contact-server'],
    [confirmation(good, { encrypted: systemRandom.bytes(2_000) }), undefined],
  ];
  for (const [i, [envelope, code]] of wrong.entries()) {
    await send(envelope);
    await until(world, `error ${i}`, () => alice.told('error').length === i + 1);
    const { error } = alice.told('error')[i]!;
    expect(error instanceof AgentError ? error.code : undefined).toBe(code);
  }
  expect(alice.told('confirmation')).toEqual([]);
  await send(confirmation({ ...good, queues: [{ ...replyQueue, mode: 'contact' }, replyQueue] }));
  await until(world, 'the confirmation', () => alice.told('confirmation').length === 1);
  expect(alice.told('confirmation')[0]?.info).toEqual(info);
});

it('a confirmation that comes again is told once, is told again after a restart, and is answered once', async () => {
  const { connId, link } = await world.settle(alice.agent.createConnection({ pq: false, ...keepNothing }, never));
  const { send, confirmation, replyQueue } = await stranger(link);
  const good = (text: string): AgentMessage => ({ kind: 'connInfoReply', queues: [replyQueue], info: utf8(text) });
  const first = confirmation(good('first'));
  await send(first);
  await until(world, 'the confirmation', () => alice.told('confirmation').length === 1);
  // The same once more is what a sender does whose server's answer was lost.
  await send(first);
  await world.pass(2_000);
  expect(alice.told('error')).toEqual([]);
  alice = await alice.restarted();
  await world.pass(2_000);
  expect(alice.told('confirmation')).toMatchObject([{ connId, info: utf8('first') }]);
  const { confirmationId } = alice.told('confirmation')[0]!;
  expect(() => alice.agent.allowConnection(connId, 'another', utf8('me'))).toThrow(
    expect.objectContaining({ code: 'state.no-request' }),
  );
  alice.agent.allowConnection(connId, confirmationId, utf8('me'));
  expect(() => alice.agent.allowConnection(connId, confirmationId, utf8('me'))).toThrow(
    expect.objectContaining({ code: 'state.no-request' }),
  );
});
