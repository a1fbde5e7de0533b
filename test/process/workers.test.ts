/** A server with workers as a program: one server to everybody, whatever becomes of its processes. */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { emptyBytes, utf8 } from '../../src/encoding/index.ts';
import { childrenOf } from '../harness/processes.ts';
import { never, newQueue, RawClient, testClient } from '../harness/smp-client.ts';
import {
  args,
  buildSmpServer,
  configure,
  type Folders,
  finish,
  initWithWorkers,
  killPrograms,
  removeFolders,
  start,
} from '../harness/smp-server-program.ts';
import { expectAnswersBeforeItStops } from '../harness/stopping.ts';

beforeAll(buildSmpServer);
afterEach(killPrograms);
afterAll(removeFolders);

const WORKERS = 3;
const flags = { notification: false };

const initServer = () => initWithWorkers(String(WORKERS), '--no-password');

const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function until(check: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((resolve) => setTimeout(resolve, 20));
}

async function asked(made: Folders, ...command: readonly string[]): Promise<Record<string, unknown>> {
  const { code, output } = await finish([...command, ...args(made)]);
  expect(code, output).toBe(0);
  return JSON.parse(output) as Record<string, unknown>;
}

it('is one server to clients of different workers, and to its operator', async () => {
  const made = await initServer();
  const server = await start(made);
  expect(childrenOf(server.child.pid!)).toHaveLength(WORKERS);
  const { server: address } = server.address;
  // One connection each, and a worker for each connection.
  const [sender, receiver, other] = [testClient(), testClient(), testClient()];
  const queue = await newQueue(receiver.clients, address);
  for (let i = 0; i < 20; i++) {
    await sender.clients.send(address, queue.sndId, undefined, flags, utf8(`m${i}`), never);
    const message = await receiver.messages.next();
    expect(queue.open(message)).toMatchObject({ body: utf8(`m${i}`) });
    await receiver.clients.ack(address, queue.rcvId, queue.authKey, message.msgId, never);
  }
  await other.clients.subscribe(address, queue.rcvId, queue.authKey, never);
  await until(async () => {
    const event = await receiver.events.next();
    return event.kind === 'end' && event.reason === 'END';
  });
  await sender.clients.send(address, queue.sndId, undefined, flags, utf8('to the other'), never);
  expect(queue.open(await other.messages.next())).toMatchObject({ body: utf8('to the other') });
  expect(await asked(made, 'control', 'clients')).toMatchObject({ connections: 3, clients: 3, subscriptions: 1 });
  expect(await asked(made, 'status', '--json')).toMatchObject({
    workers: WORKERS,
    clients: 3,
    counters: { qCreated: 1, msgSent: 21, msgRecv: 20 },
  });
  for (const { clients } of [sender, receiver, other]) await clients.close();
  await until(async () => (await asked(made, 'control', 'clients')).connections === 0);
  server.child.kill('SIGTERM');
  expect((await server.ended).code).toBe(0);
});

it('goes on when a worker is killed, whose clients connect again', async () => {
  const made = await initServer();
  const server = await start(made);
  const { server: address } = server.address;
  const [sender, receiver] = [testClient(), testClient()];
  const queue = await newQueue(receiver.clients, address);
  await sender.clients.send(address, queue.sndId, undefined, flags, utf8('before'), never);
  const first = await receiver.messages.next();
  const former = childrenOf(server.child.pid!);
  const counted = await asked(made, 'status', '--json');
  expect(counted).toMatchObject({ counters: { qCreated: 1, msgSent: 1 } });
  for (const worker of former) process.kill(worker, 'SIGKILL');
  await until(() => childrenOf(server.child.pid!).filter((child) => !former.includes(child)).length === WORKERS);
  // What workers that are gone had counted is not forgotten.
  const status = await asked(made, 'status', '--json');
  expect(status).toMatchObject({ counters: { qCreated: 1, msgSent: 1 } });
  expect(status.commands).toBeGreaterThanOrEqual(counted.commands as number);
  // Not acknowledged: delivered again, once its recipient is back.
  const again = await receiver.messages.next();
  expect(again.msgId).toEqual(first.msgId);
  await receiver.clients.ack(address, queue.rcvId, queue.authKey, again.msgId, never);
  await sender.clients.send(address, queue.sndId, undefined, flags, utf8('after'), never);
  expect(queue.open(await receiver.messages.next())).toMatchObject({ body: utf8('after') });
  expect(server.output().filter((line) => line.includes('a worker process ended'))).toHaveLength(WORKERS);
  for (const { clients } of [sender, receiver]) await clients.close();
  server.child.kill('SIGINT');
  expect((await server.ended).code).toBe(0);
});

it('leaves no process behind when it is killed, and has everything afterwards', async () => {
  const made = await initServer();
  let server = await start(made);
  const { clients, messages } = testClient();
  const queue = await newQueue(clients, server.address.server, { subscribe: false });
  await clients.send(server.address.server, queue.sndId, undefined, flags, utf8('kept'), never);
  const workers = childrenOf(server.child.pid!);
  server.child.kill('SIGKILL');
  await server.ended;
  await until(() => !workers.some(isAlive));
  server = await start(made);
  await clients.subscribe(server.address.server, queue.rcvId, queue.authKey, never);
  expect(queue.open(await messages.next())).toMatchObject({ body: utf8('kept') });
  await clients.close();
  // As a terminal does: to all of its processes.
  for (const pid of [...childrenOf(server.child.pid!), server.child.pid!]) process.kill(pid, 'SIGINT');
  expect((await server.ended).code).toBe(0);
});

it('answers what was asked before it stops', async () => {
  await expectAnswersBeforeItStops(await initServer());
});

it('ends after its last client', async () => {
  const server = await start(await initServer(), '--exit-when-idle', '1');
  const client = await RawClient.connect(server.address.server, { min: 12, max: 12 });
  const queue = await client.newQueue();
  const sends = [...Array(100)].map((_, i) =>
    client.encode(queue.sndId, undefined, { kind: 'SEND', flags, body: utf8(`m${i}`) }),
  );
  const sent = client.send(...sends);
  let answers = 0;
  for (; answers < sends.length; answers++) expect((await client.receive())?.response).toEqual({ kind: 'OK' });
  await sent;
  expect(await client.ask(emptyBytes, undefined, { kind: 'PING' })).toEqual({ kind: 'PONG' });
  client.transport.close();
  expect((await server.ended).code).toBe(0);
});

it('refuses a number of workers that cannot be', async () => {
  const made = await initServer();
  configure(made, [`workers = ${WORKERS}`, 'workers = many']);
  const { code, output } = await finish(['start', ...args(made)]);
  expect(output).toContain('workers');
  expect(output).toContain('is not auto, off or a number from 1 to 64');
  expect(code).toBe(1);
});
