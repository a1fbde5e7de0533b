/** Codecs that depend on the protocol version. */
import type { Codec } from '../../encoding/index.ts';

/** A field that does not exist in a version: no bytes. */
export const absent: Codec<undefined> = { write: () => {}, read: () => undefined };

/**
 * Selects the last of `steps` whose version is at most `version`; steps are ascending, and the first applies to all.
 */
export function byVersion<T>(steps: readonly (readonly [from: number, value: T])[]): (version: number) => T {
  return (version) => {
    let index = steps.length - 1;
    while (index > 0 && steps[index]![0] > version) index--;
    return steps[index]![1];
  };
}
