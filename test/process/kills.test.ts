/**
 * kill -9 of either client or of the server at random moments of a conversation: after restarts every message has
 * arrived, once, in order. `SOTTO_KILLS`, `SOTTO_MESSAGES` and `SOTTO_SEED` set how many and which.
 */
import { expect, it } from 'vitest';
import { temporaryFolder } from '../harness/people.ts';
import { ChatProgram, freePort, ServerProgram } from '../harness/processes.ts';
import { seeded, Talker } from '../harness/talker.ts';

const KILLS = Number(process.env.SOTTO_KILLS ?? 3);
const MESSAGES = Number(process.env.SOTTO_MESSAGES ?? 60);
const SEED = Number(process.env.SOTTO_SEED ?? Date.now() % 1_000_000);

async function talk(talker: Talker, onProgress: () => Promise<void>): Promise<void> {
  while (talker.next <= MESSAGES) {
    await talker.sayNext();
    await onProgress();
  }
}

it(`${KILLS} kills among ${MESSAGES} messages each way lose, double and reorder nothing (seed ${SEED})`, async () => {
  console.log(`seed ${SEED}`);
  const random = seeded(SEED);
  const folder = temporaryFolder();
  const server = new ServerProgram(folder, await freePort());
  await server.init();
  await server.start();
  const alice = new Talker(new ChatProgram('alice', folder, server.address), 'bob');
  const bob = new Talker(new ChatProgram('bob', folder, server.address), 'alice');
  try {
    await bob.chat.connect(alice.chat);

    const moments = Array.from({ length: KILLS }, () => Math.floor(random() * MESSAGES * 2)).sort((a, b) => a - b);
    const story: string[] = [];
    let killing = Promise.resolve();
    const onProgress = async () => {
      while (moments[0] !== undefined && alice.next + bob.next - 2 >= moments[0]) {
        const moment = moments.shift();
        const victim = Math.floor(random() * 3);
        story.push(`${['alice', 'bob', 'server'][victim]} at ${moment}`);
        killing = killing.then(() => kill(victim));
      }
      await killing;
    };
    const kill = async (victim: number) => {
      // Somewhere within the work that the last message started.
      await new Promise((resolve) => setTimeout(resolve, random() * 100));
      if (victim === 2) {
        await server.stop('SIGKILL');
        await server.start();
      } else await [alice, bob][victim]!.kill();
    };
    await Promise.all([talk(alice, onProgress), talk(bob, onProgress)]);
    await killing;
    console.log(`killed: ${story.join(', ')}`);
    for (const [talker, other] of [
      [alice, 'bob'],
      [bob, 'alice'],
    ] as const) {
      const end = Date.now() + 120_000;
      let received: string[] = [];
      while (received.length < MESSAGES && Date.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 200));
        received = (await talker.chat.conversation(other)).received;
      }
      received = (await talker.chat.settledConversation(other)).received;
      const wrong = received.findIndex((text, i) => text !== `${i + 1}`);
      expect(
        wrong < 0 ? [] : received.slice(Math.max(0, wrong - 3), wrong + 6),
        `${talker.chat.name} received`,
      ).toEqual([]);
      expect(received).toHaveLength(MESSAGES);
    }
  } finally {
    await Promise.all([alice.chat.program.stop('SIGKILL'), bob.chat.program.stop('SIGKILL'), server.stop('SIGKILL')]);
  }
}, 1_200_000);
