/** Lines of input that are longer than any message. */
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MAX_LINE } from '../../../../src/apps/cli/commands/line-limit.ts';
import { LineInput } from '../../../../src/apps/cli/commands/lines.ts';

async function read(chunks: Iterable<Buffer | string>): Promise<{ lines: number[]; error: string | undefined }> {
  const lines: number[] = [];
  try {
    const input = Readable.from(chunks, { objectMode: false, highWaterMark: 65_536 });
    for await (const line of new LineInput(input, new AbortController().signal)) lines.push(line.length);
  } catch (error) {
    return { lines, error: (error as Error).message };
  }
  return { lines, error: undefined };
}

const tooLong = expect.stringMatching(/^a line of the input is longer than 1048576 bytes/);

describe('lines of input', () => {
  it('end before a line that never ends, and little of it is read', async () => {
    let chunks = 0;
    function* endless() {
      yield 'first\nsecond\nthird';
      for (; chunks < 10_000; chunks++) yield Buffer.alloc(65_536);
    }
    expect(await read(endless())).toEqual({ lines: [5, 6], error: tooLong });
    expect(chunks).toBeLessThan(50);
  });

  it('may be as long as the limit, in one piece or in many', async () => {
    const longest = 'x'.repeat(MAX_LINE);
    expect(await read([`${longest}\nb\n`])).toEqual({ lines: [MAX_LINE, 1], error: undefined });
    expect(await read([longest.slice(1), 'x', '\r\n', 'b'])).toEqual({ lines: [MAX_LINE, 1], error: undefined });
    expect(await read([`a\n${longest}x`])).toEqual({ lines: [1], error: tooLong });
    expect(await read([`a\n${longest}`, 'x\nb\n'])).toEqual({ lines: [1], error: tooLong });
    expect(await read([`${longest}x\nb\n`])).toEqual({ lines: [], error: tooLong });
  });

  it('are all read when many come at once, whole to the last character', async () => {
    const many = Buffer.from(`${'ä'.repeat(100)}\n`.repeat(5000));
    const pieces = Array.from({ length: Math.ceil(many.length / 777) }, (_, i) =>
      many.subarray(i * 777, i * 777 + 777),
    );
    const { lines, error } = await read(pieces);
    expect({ count: lines.length, odd: lines.filter((each) => each !== 100), error }).toEqual({
      count: 5000,
      odd: [],
      error: undefined,
    });
  });
});
