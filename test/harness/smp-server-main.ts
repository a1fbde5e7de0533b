/** The `smp-server` command as a program of its own. */
import { smpServerCommand } from '../../src/apps/smp-server/index.ts';

await smpServerCommand().parseAsync(process.argv.slice(2), { from: 'user' });
