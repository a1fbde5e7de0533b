/** What happens to programs and connections, chosen by chance, one thing after the other. */
import type { Program } from '../harness/processes.ts';
import { isSpared, type Place, type World } from './world.ts';

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Between faults, and how long one lasts that ends by itself. */
const PAUSE_MS = { least: 500, most: 6_000 };
const LASTING_MS = { least: 300, most: 5_000 };

type Fault = (world: World, random: () => number) => Promise<string>;

const choose = <T>(values: readonly T[], random: () => number): T => values[Math.floor(random() * values.length)]!;
const between = ({ least, most }: { readonly least: number; readonly most: number }, random: () => number) =>
  least + random() * (most - least);

async function paused(program: Program, random: () => number): Promise<void> {
  program.signal('SIGSTOP');
  await wait(between(LASTING_MS, random));
  program.signal('SIGCONT');
}

async function passing(random: () => number, begin: () => void, end: () => void): Promise<void> {
  begin();
  await wait(between(LASTING_MS, random));
  end();
}

const faults: readonly (readonly [weight: number, name: string, fault: Fault])[] = [
  [
    3,
    'client killed',
    async ({ talkers }, random) => {
      const victim = choose(
        talkers.filter(({ chat }) => !isSpared(chat.name)),
        random,
      );
      await victim.kill();
      return victim.chat.name;
    },
  ],
  [
    2,
    'server killed',
    async ({ places: [, { server, name }] }, random) => {
      await server.stop('SIGKILL');
      await wait(random() * 2_000);
      await server.start();
      return name;
    },
  ],
  [
    2,
    'client paused',
    async ({ talkers }, random) => {
      const { chat } = choose(talkers, random);
      await paused(chat.program, random);
      return chat.name;
    },
  ],
  [2, 'server paused', (world, random) => atPlace(world, random, ({ server }) => paused(server.program, random))],
  [
    5,
    'connections cut',
    (world, random) => atPlace(world, random, async ({ proxy }) => proxy.cut(() => random() < 0.5)),
  ],
  [
    2,
    'connections late',
    (world, random) =>
      atPlace(world, random, ({ proxy }) =>
        passing(
          random,
          () => {
            proxy.delayMs = random() * 500;
          },
          () => {
            proxy.delayMs = 0;
          },
        ),
      ),
  ],
  [
    1,
    'small pieces',
    (world, random) =>
      atPlace(world, random, ({ proxy }) =>
        passing(
          random,
          () => {
            proxy.chunk = 1 + Math.floor(random() * 50);
          },
          () => {
            proxy.chunk = Number.POSITIVE_INFINITY;
          },
        ),
      ),
  ],
  // Only a ping that is not answered tells: it takes two minutes to notice.
  [0.3, 'connections frozen', (world, random) => atPlace(world, random, async ({ proxy }) => proxy.freeze())],
];

async function atPlace(
  { places }: World,
  random: () => number,
  action: (place: Place) => Promise<void>,
): Promise<string> {
  const place = choose(places, random);
  await action(place);
  return place.name;
}

/** Where nobody talks, nothing happens to them. */
const faultsOf = ({ talkers }: World) => faults.filter(([, name]) => talkers.length > 0 || !name.startsWith('client'));

function chooseFault(possible: typeof faults, random: () => number): (typeof faults)[number] {
  let left = random() * possible.reduce((sum, [weight]) => sum + weight, 0);
  return possible.find(([weight]) => {
    left -= weight;
    return left <= 0;
  })!;
}

/** Makes faults until `ended`; resolves with how many there were of each kind. */
export async function makeFaults(
  world: World,
  random: () => number,
  ended: () => boolean,
): Promise<ReadonlyMap<string, number>> {
  const possible = faultsOf(world);
  const counts = new Map<string, number>(possible.map(([, name]) => [name, 0]));
  while (!ended()) {
    await wait(between(PAUSE_MS, random));
    const [, name, fault] = chooseFault(possible, random);
    await fault(world, random);
    counts.set(name, counts.get(name)! + 1);
  }
  return counts;
}
