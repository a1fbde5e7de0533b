/** One run: a seed's world, disturbed for a while, healed, and looked at. */
import { act, gap, heal, meet } from './actions.ts';
import { checkRest, checkWorld } from './checks.ts';
import { World } from './world.ts';

const MINUTE = 60_000;

/** How long the world may take to come to rest once everything works. */
const REST_LIMIT_MS = 12 * 60 * MINUTE;
const REST_STEP_MS = 30_000;

export interface RunResult {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly story: readonly string[];
  /** Virtual milliseconds. */
  readonly elapsed: number;
  readonly messages: number;
}

export async function simulate(seed: number): Promise<RunResult> {
  const world = new World(seed);
  const onUnhandled = (error: unknown) => world.uncaught(error);
  process.on('unhandledRejection', onUnhandled);
  try {
    await disturb(world);
    heal(world);
    for (const violation of await rest(world)) world.story.violate(violation);
  } finally {
    await close(world);
    process.off('unhandledRejection', onUnhandled);
  }
  const { story, model, time } = world;
  return { seed, violations: story.violations, story: story.lines, elapsed: time.elapsed, messages: model.texts };
}

async function disturb(world: World): Promise<void> {
  for (let i = world.chance.between(1, 2); i > 0; i--) {
    meet(world);
    await world.pass(world.chance.between(MINUTE, 2 * MINUTE));
  }
  const connected = world.model.sides.filter(({ code }) => code !== undefined).length;
  if (connected < 2) world.story.violate('nobody could connect, though nothing was wrong');
  for (let i = world.chance.between(10, 40); i > 0; i--) {
    act(world);
    await world.pass(gap(world));
  }
}

/** Waits until everything is as it should be, and stays so; what is not in the end. */
async function rest(world: World): Promise<readonly string[]> {
  const end = world.time.elapsed + REST_LIMIT_MS;
  while (world.time.elapsed < end) {
    await world.pass(REST_STEP_MS);
    if (checkRest(world).length > 0 || checkWorld(world).length > 0) continue;
    await world.pass(5 * MINUTE);
    if (checkWorld(world).length === 0) break;
  }
  world.story.tell('the end');
  return checkWorld(world);
}

async function close(world: World): Promise<void> {
  const stopping = [...world.people.map((person) => person.stop()), ...world.servers.map((server) => server.stop())];
  await world.pass(MINUTE);
  await Promise.all(stopping);
  for (const person of world.people) person.disk.close();
}
