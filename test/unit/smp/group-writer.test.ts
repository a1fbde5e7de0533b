/** Group commit: what is gathered, what waits, and what a failed commit takes with it. */
import { describe, expect, it } from 'vitest';
import { type Deferred, deferred } from '../../../src/base/index.ts';
import { StoreError } from '../../../src/smp/server/index.ts';
import { GroupWriter } from '../../../src/smp/server/store/group-writer.ts';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A disk whose commits settle when the test says; `written` has what arrived. */
function disk() {
  const commits: Deferred<void>[] = [];
  const written: string[] = [];
  const writer = new GroupWriter(async (operations) => {
    const commit = deferred<void>();
    commits.push(commit);
    await commit.promise;
    for (const operation of operations) operation();
  });
  const settled: string[] = [];
  const write = (name: string) =>
    writer
      .write((batch) => {
        batch.add(() => void written.push(name));
        batch.onSettled(() => void settled.push(name));
      })
      .then(
        () => 'done',
        (error: unknown) => (error instanceof StoreError ? 'failed' : error),
      );
  return { writer, write, written, settled, commits };
}

describe('group commit', () => {
  it('hands over together what was gathered in a turn, and while a commit was under way', async () => {
    const { writer, write, written, commits } = disk();
    const first = [write('a'), write('b')];
    await turn();
    const second = [write('c')];
    await turn();
    second.push(write('d'));
    expect(commits.length).toBe(1);
    commits[0]!.resolve();
    expect(await Promise.all(first)).toEqual(['done', 'done']);
    expect(written).toEqual(['a', 'b']);
    await turn();
    expect(commits.length).toBe(2);
    commits[1]!.resolve();
    expect(await Promise.all(second)).toEqual(['done', 'done']);
    await writer.idle();
    expect(written).toEqual(['a', 'b', 'c', 'd']);
  });

  it('fails with a commit all that was gathered behind it, and nothing later', async () => {
    const { write, written, settled, commits } = disk();
    const failing = write('a');
    await turn();
    const behind = write('b');
    commits[0]!.reject(new Error('no space left'));
    expect(await failing).toBe('failed');
    expect(await behind).toBe('failed');
    expect(settled).toEqual(['a', 'b']);
    const later = write('c');
    await turn();
    expect(commits.length).toBe(2);
    commits[1]!.resolve();
    expect(await later).toBe('done');
    expect(written).toEqual(['c']);
  });
});
