/** The program that works on possibly damaged stores: started by other commands, never by hand. */
import { HostingError, watchOutput } from '../../../hosting/index.ts';
import { importServer } from '../import/import.ts';
import { backup } from './backup.ts';
import { compact } from './compact.ts';
import { convert } from './convert.ts';
import { restore } from './restore.ts';
import { OUTPUT_LOST, type StoreTask, type TaskFailure } from './tasks.ts';
import { checkFolder, describeCounts, describeFaults } from './view.ts';

const print = (line: string): void => console.log(line);

async function check(path: string): Promise<void> {
  const { counts, faults } = await checkFolder(path);
  print(`In the store: ${describeCounts(counts)}.`);
  if (faults.length === 0) return print('No errors were found.');
  for (const fault of describeFaults(faults)) print(`Wrong: ${fault}`);
  process.exitCode = 1;
}

/** A server can use an inconsistent store: the operator is told what is wrong with it. */
async function read(path: string): Promise<void> {
  const { faults } = await checkFolder(path);
  if (faults.length === 0) return;
  console.error(
    `The store in ${path} is not whole: ${describeFaults(faults).join('; ')}. The server continues with the rest; to recover the missing data, stop it and restore a backup ("sotto smp-server restore <file>").`,
  );
}

function run(task: StoreTask): Promise<void> {
  switch (task.kind) {
    case 'check':
      return check(task.path);
    case 'read':
      return read(task.path);
    case 'convert':
      return convert(task.path, print);
    case 'backup':
      return backup(task.options, print);
    case 'restore':
      return restore(task.file, task.folders, print);
    case 'compact':
      return compact(task.data, print);
    case 'import':
      return importServer(task.from, task.to, print);
  }
}

// The command that started it has ended: no one needs the result.
const abandoned = () => process.exit(1);
process.once('disconnect', abandoned);
const output = watchOutput(() => {});
try {
  await run(JSON.parse(process.argv[2]!) as StoreTask);
} catch (error) {
  process.exitCode = 1;
  if (error instanceof HostingError) {
    const failure: TaskFailure = { message: error.message };
    await new Promise((resolve) => process.send!(failure, resolve));
  } else console.error(error);
}
if ((await output.hasLost()) && !process.exitCode) process.exitCode = OUTPUT_LOST;
process.off('disconnect', abandoned);
process.disconnect();
