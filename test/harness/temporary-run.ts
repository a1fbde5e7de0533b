/** Global setup of a test run: all temporary files are in one folder, which is removed afterwards. */
import { useTemporaryFolder } from '../../scripts/temporary.mjs';

export const setup = (): (() => void) => useTemporaryFolder();
