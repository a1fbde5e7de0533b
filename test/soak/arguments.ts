import { parseArgs } from 'node:util';

/** How long a soak lasts and what its chance starts from. Ends the process with code 2 where the arguments make no sense. */
export function soakArguments(
  command: string,
  usualMinutes: number,
): { readonly minutes: number; readonly seed: number } {
  const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
  const minutes = Number(values.minutes ?? usualMinutes);
  const seed = Number(values.seed ?? Date.now() % 1_000_000);
  if (!(minutes > 0) || !Number.isInteger(seed)) {
    console.error(`usage: npm run ${command} -- [--minutes <number>] [--seed <whole number>]`);
    process.exit(2);
  }
  return { minutes, seed };
}
