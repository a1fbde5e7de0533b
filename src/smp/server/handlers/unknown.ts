/** Commands of versions that are not spoken here: unknown, as the peer agreed not to use them. */
import type { Response } from '../../protocol/index.ts';

export const handleUnknown = (): Response => ({ kind: 'ERR', error: { kind: 'CMD', error: 'UNKNOWN' } });
