/** Before and after all tests of a run: everything they and their programs make lies in one folder, which is removed. */
import { useTemporaryFolder } from '../../scripts/temporary.mjs';

export const setup = (): (() => void) => useTemporaryFolder();
