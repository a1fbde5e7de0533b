/**
 * Runs seeds one after another: prints the story of each that fails, and in the end one line of JSON that counts.
 * `npm run simulate` starts one of these for each processor.
 */
import { parseArgs } from 'node:util';
import { initCompression } from '../../src/chat/index.ts';
import { simulate } from './run.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    step: { type: 'string', default: '1' },
    story: { type: 'boolean', default: false },
  },
});
const [seeds, from, step] = [values.seeds, values.from, values.step].map(Number) as [number, number, number];

await initCompression();
let failed = 0;
let messages = 0;
let hours = 0;
for (let i = 0; i < seeds; i++) {
  const result = await simulate(from + i * step);
  messages += result.messages;
  hours += result.elapsed / 3_600_000;
  if (result.violations.length > 0) failed++;
  process.send?.({ failed: result.violations.length > 0 });
  if (result.violations.length > 0 || values.story) {
    console.log(`\nseed ${result.seed}: ${result.violations.length > 0 ? 'FAILED' : 'passed'}`);
    console.log(result.story.join('\n'));
  }
}
console.log(JSON.stringify({ passed: seeds - failed, failed, messages, hours: Math.round(hours) }));
process.exit(failed > 0 ? 1 : 0);
