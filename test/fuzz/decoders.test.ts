/**
 * Every decoder on inputs that are almost right: it decodes, or refuses in the ways it may, and what it decodes can be
 * written again; afterwards no more memory is held than before. `SOTTO_FUZZ` sets how many inputs each gets (`npm run
 * fuzz` gives each a million), `SOTTO_SEED` which.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { decodeChatBody, initCompression } from '../../src/chat/protocol/index.ts';
import { toHex, utf8 } from '../../src/encoding/index.ts';
import { type Decoder, decoders, isRefusal } from '../harness/decoders.ts';
import { mutant, numbers } from '../harness/mutants.ts';

const INPUTS = Number(process.env.SOTTO_FUZZ ?? 2_000);
const SEED = Number(process.env.SOTTO_SEED ?? 0x5077);

/** What all of them may leave behind: compiled code, results of tests, the noise of the measurement. */
const ALLOWED_GROWTH = 16 * 1024 * 1024;
/** Inputs between two turns of the event loop. */
const TURN = 5_000;
const TIMEOUT_MS = 30_000 + INPUTS;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

async function heldBytes(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** How many inputs were read, and how many refused. */
async function run({ name, samples, read }: Decoder): Promise<{ readonly read: number; readonly refused: number }> {
  const next = numbers(SEED);
  const counts = { read: 0, refused: 0 };
  for (let i = 0; i < INPUTS; i++) {
    // What runs the tests wants to be heard now and then.
    if (i % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    const bytes = mutant(samples, next);
    try {
      const again = read(bytes);
      counts.read++;
      again();
    } catch (cause) {
      if (!isRefusal(cause)) throw new Error(`${name}, seed ${SEED}, input ${i}: ${toHex(bytes)}`, { cause });
      counts.refused++;
    }
  }
  return counts;
}

await initCompression();
const all = decoders();
// Tables that are filled once are not growth.
for (const { samples, read } of all) for (const sample of samples) read(sample)();
const before = await heldBytes();

describe(`${INPUTS} inputs each, seed ${SEED}`, () => {
  it.each(all.map((decoder): [string, Decoder] => [decoder.name, decoder]))(
    '%s',
    async (_, decoder) => {
      for (const sample of decoder.samples) decoder.read(sample)();
      const counts = await run(decoder);
      expect(counts.read + counts.refused).toBe(INPUTS);
      // Both ways are taken, or nothing was tested.
      if (decoder.outcomes === 'both') expect(Math.min(counts.read, counts.refused)).toBeGreaterThan(INPUTS / 100);
    },
    TIMEOUT_MS,
  );

  it('leave nothing behind', async () => expect((await heldBytes()) - before).toBeLessThan(ALLOWED_GROWTH));
});

/** A Zstandard frame of blocks that say "one byte, so many times", with a size of our choosing in its header. */
function bomb(stated: number, blocks: number): Uint8Array {
  const header = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0xa0, ...new Uint8Array(Uint32Array.of(stated).buffer));
  const largest = 128 * 1024;
  const block = (last: boolean) => {
    const head = (largest << 3) | (1 << 1) | (last ? 1 : 0);
    return Uint8Array.of(head & 0xff, (head >> 8) & 0xff, (head >> 16) & 0xff, 0x7b);
  };
  return Buffer.concat([header, ...Array.from({ length: blocks }, (_, i) => block(i === blocks - 1))]);
}

function compressedBody(items: readonly Uint8Array[]): Uint8Array {
  const length = ({ length: n }: Uint8Array) => Uint8Array.of(n >> 8, n & 0xff);
  return Buffer.concat([
    utf8('X'),
    Uint8Array.of(items.length),
    ...items.flatMap((item) => [utf8('1'), length(item), item]),
  ]);
}

describe('bodies that grow when they are opened', () => {
  const invalid = (body: Uint8Array) => decodeChatBody(body).every(({ kind }) => kind === 'invalid');

  it.each([
    ['a gigabyte, as stated', bomb(1024 ** 3, 3_000)],
    ['a gigabyte in a frame that states little', bomb(1_000, 3_000)],
    ['as much as may be, in a frame that states more', bomb(65_537, 1)],
  ])('%s', (_, frame) => {
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 100; i++) expect(invalid(compressedBody([frame]))).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  it('many small ones together', () => {
    const frame = bomb(65_000, 1);
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 20; i++) expect(invalid(compressedBody(Array(255).fill(frame)))).toBe(true);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
  });

  it.each(['{', '[', '[{"a":', '"', '*', '_', '!1 ', '#', '`', '@', 'http://'])('%s, as often as it fits', (part) => {
    const long = part.repeat(Math.floor(15_600 / part.length));
    const inText = JSON.stringify({ v: '1-15', event: 'x.msg.new', params: { content: { type: 'text', text: long } } });
    for (const body of [long, inText]) expect(decodeChatBody(utf8(body)).length).toBe(1);
  });
});
