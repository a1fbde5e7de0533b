/** What LMDB and the system answer when a store cannot be opened: each kind of reason is told apart. */
import { describe, expect, it } from 'vitest';
import { StoreFileError } from '../../../src/smp/server/index.ts';
import { asStoreError } from '../../../src/smp/server/store/faults.ts';

/** An error as the binding of LMDB gives it, or as Node does. */
const failed = (code: number | string, message = 'failed') => Object.assign(new Error(message), { code });

function faultOf(error: unknown): string {
  const told = asStoreError('/data/store', error);
  expect(told.message).toContain('/data/store');
  return told instanceof StoreFileError ? told.fault : 'none';
}

describe('a store that cannot be opened', () => {
  it.each([
    ['the disk or its connection fails', ['disk failed'], [5, 'EIO']],
    ['the disk or a quota is full', ['disk full'], [28, 122, 'ENOSPC', 'EDQUOT']],
    ['there is no more memory, address space or file', ['no resources'], [12, 23, 24, 'ENOMEM', 'ENFILE', 'EMFILE']],
    ['files cannot be mapped into memory or locked', ['unsupported'], [19, 22, 37, 38, 95]],
    ['somebody else owns it', ['forbidden'], [1, 13, 'EPERM', 'EACCES']],
    ['it is mounted read-only', ['read-only'], [30, 'EROFS']],
    ['a part of the path is no folder', ['misplaced'], ['ENOTDIR', 'ELOOP']],
    ['LMDB finds damage', ['damaged'], [-30797, -30796, -30795, -30779]],
    ['another version wrote it', ['newer'], [-30794]],
    ['it is another file', ['foreign'], [-30793]],
    ['nobody knows why', ['unknown'], [9_999, 'EWHATEVER']],
  ] as const)('says when %s', (_, [fault], codes) => {
    for (const code of codes) expect([code, faultOf(failed(code))]).toEqual([code, fault]);
  });

  it('keeps the words of an error that nobody knows, and takes those of LMDB for damage', () => {
    expect(asStoreError('/data/store', failed('EWHATEVER', 'the moon is full')).message).toContain('the moon is full');
    expect(faultOf(new Error('MDB_SOMETHING: it broke'))).toBe('damaged');
  });

  it('leaves what is told already', () => {
    const told = new StoreFileError('empty', '/data/store', 'it is empty');
    expect(asStoreError('/data/store', told)).toBe(told);
  });
});
