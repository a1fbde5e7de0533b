/** Strangers who come to a server, do what clients do, or nonsense, and leave with or without a goodbye. */
import { generateX25519, systemRandom } from '../../src/crypto/index.ts';
import { emptyBytes, utf8 } from '../../src/encoding/index.ts';
import { authPublicKey, parseSmpServer, type SmpServer } from '../../src/protocol/index.ts';
import { type Command, senderIdOf } from '../../src/smp/protocol/index.ts';
import { authKey, RawClient } from '../harness/smp-client.ts';
import type { Place } from './world.ts';

/** Longest visit of a stranger. */
const VISIT_MS = 60_000;
/** By then every client has noticed a connection that froze, with a ping. */
const PING_MS = 150_000;

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

type Visit = (client: RawClient, random: () => number) => Promise<void>;

const send = (random: () => number, notification = false): Command => ({
  kind: 'SEND',
  flags: { notification },
  body: new Uint8Array(Math.floor(random() * 16_000)),
});

/** A queue that is used, and mostly deleted. */
const useQueue: Visit = async (client, random) => {
  const queue = await client.newQueue({ subscribe: random() < 0.5 });
  await client.ask(queue.sndId, undefined, send(random));
  if (random() < 0.9) await client.ask(queue.rcvId, queue.authKey, { kind: 'DEL' });
};

/** A contact address with a short link, read once and deleted. */
const publishLink: Visit = async (client) => {
  const [key, corrId, linkId] = [authKey(), systemRandom.bytes(24), systemRandom.bytes(24)];
  const data = { fixed: systemRandom.bytes(200), user: systemRandom.bytes(2_000) };
  const command: Command = {
    kind: 'NEW',
    rcvAuthKey: authPublicKey(key),
    rcvDhKey: generateX25519(systemRandom).publicKey,
    password: undefined,
    subscribe: false,
    queue: { mode: 'contact', link: { linkId, sndId: senderIdOf(corrId), data } },
    notifier: undefined,
  };
  const made = await client.ask(emptyBytes, key, command, corrId);
  await client.ask(linkId, undefined, { kind: 'LGET' });
  if (made.kind === 'IDS') await client.ask(made.rcvId, key, { kind: 'DEL' });
};

/** A notifier that is told, of a message that is fetched without subscribing. */
const notify: Visit = async (client, random) => {
  const queue = await client.newQueue();
  const key = authKey();
  const dhKey = generateX25519(systemRandom).publicKey;
  const made = await client.ask(queue.rcvId, queue.authKey, { kind: 'NKEY', key: authPublicKey(key), dhKey });
  if (made.kind !== 'NID') return;
  await client.ask(made.notifierId, key, { kind: 'NSUB' });
  await client.send(client.encode(queue.sndId, undefined, send(random, true)));
  for (let i = 0; i < 2; i++) await client.receive();
  await client.ask(queue.rcvId, queue.authKey, { kind: 'GET' });
  await client.ask(queue.rcvId, queue.authKey, { kind: 'DEL' });
};

/** What is no command, and blocks that do not open. */
const talkNonsense: Visit = async (client, random) => {
  await client.ask(emptyBytes, undefined, utf8('NOPE'));
  await client.ask(systemRandom.bytes(24), authKey(), { kind: 'SUB' });
  if (random() < 0.5) await client.transport.write(systemRandom.bytes(16_384));
};

const visits: readonly Visit[] = [useQueue, useQueue, publishLink, notify, talkNonsense];

async function visit(server: SmpServer, random: () => number): Promise<void> {
  const version = random() < 0.3 ? 12 : 18;
  const client = await RawClient.connect(server, { min: version, max: version });
  // A connection that froze would be waited for until the end.
  const patience = setTimeout(() => client.transport.destroy(), VISIT_MS);
  try {
    // Links are of version 15.
    const chosen = version < 15 ? useQueue : visits[Math.floor(random() * visits.length)]!;
    await chosen(client, random);
    if (random() < 0.5) client.transport.close();
    else client.transport.destroy();
  } catch (error) {
    client.transport.destroy();
    throw error;
  } finally {
    clearTimeout(patience);
  }
}

/** Strangers who come and go, one after the other; resolves with how many there were. */
export async function comeAndGo(
  { address, proxy }: Place,
  random: () => number,
  ended: () => boolean,
): Promise<number> {
  const { server } = parseSmpServer(address);
  let count = 0;
  while (!ended()) {
    await wait(random() * 1_000);
    // Nor would one that froze in its handshake end by itself.
    const patience = setTimeout(() => proxy.forgetFrozen(), VISIT_MS + PING_MS);
    try {
      await visit(server, random);
      count++;
    } catch {
      // The fault of the moment.
    } finally {
      clearTimeout(patience);
    }
  }
  return count;
}

/** Resolves when the server answers a PING, a moment later. */
export async function untilAnswered(address: string): Promise<void> {
  const client = await RawClient.connect(parseSmpServer(address).server, { min: 12, max: 12 });
  await client.ask(emptyBytes, undefined, { kind: 'PING' });
  client.transport.destroy();
  await wait(1_000);
}
