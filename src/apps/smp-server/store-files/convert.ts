/** Converts the store of an earlier version in place. */
import { convertStore } from '../../../smp/server/index.ts';
import { giveToOwnerOf } from './owner.ts';
import { checkFolder, describeCounts, describeFaults, storing } from './view.ts';

/** Converts the store in `path`, which no server may be using; rejects with {@link HostingError}. */
export async function convert(path: string, print: (line: string) => void): Promise<void> {
  print(`The store in ${path} has the format of an earlier version: converting it.`);
  await storing(() => convertStore(path, (made) => giveToOwnerOf(path, made)));
  const { counts, faults } = await checkFolder(path);
  print(`Converted: ${describeCounts(counts)}.`);
  for (const fault of describeFaults(faults)) print(`Error, also in the original: ${fault}`);
}
