/** Codecs that changed between versions. */
import type { Codec } from '../../encoding/index.ts';

/** A field that a version does not have: nothing on the wire. */
export const absent: Codec<undefined> = { write: () => {}, read: () => undefined };

/** The last of `steps` whose version is not above `version`; they are in rising order, and the first is for all. */
export function byVersion<T>(steps: readonly (readonly [from: number, value: T])[]): (version: number) => T {
  return (version) => {
    let index = steps.length - 1;
    while (index > 0 && steps[index]![0] > version) index--;
    return steps[index]![1];
  };
}
