/** `sotto smp-server import`: imports a server of the reference with its identity, queues and messages. */
import { existsSync } from 'node:fs';
import { endSentence, type Folders, HostingError, loadIdentityFiles, lockFolder } from '../../../hosting/index.ts';
import { type ImportStore, importStore, QUEUE_QUOTA, StoreError } from '../../../smp/server/index.ts';
import { serverAddress } from '../address.ts';
import { configurationFile, readConfiguration } from '../configuration/configuration.ts';
import {
  aboutWebFiles,
  configurationFiles,
  isSameFolder,
  readIni,
  refuseOthers,
  writeFiles,
} from '../store-files/configuration-files.ts';
import { beginStore, finishStore, refuseUsedStore } from '../store-files/new-store.ts';
import { checkedCounts, describeCounts } from '../store-files/view.ts';
import { importJournals } from './import-journals.ts';
import { importMessageLog } from './import-messages.ts';
import { importQueueLog } from './import-queues.ts';
import { answers, userOf } from './running.ts';
import { Skipped } from './skipped.ts';
import { findSource, type Source } from './source.ts';

/** Lines, or queues with journals, between two progress messages. */
const PROGRESS_STEP = 100_000;

type Print = (line: string) => void;

const progress = (print: Print, what: string) => (count: number) => {
  if (count % PROGRESS_STEP === 0) print(`… ${count.toLocaleString('en')} ${what}`);
};

async function refuseRunning(from: Folders, source: Source, fingerprint: Uint8Array): Promise<void> {
  const pid = source.queueLog === undefined ? undefined : userOf(source.queueLog);
  const running = pid !== undefined || (await answers(readConfiguration(from.config).ports, fingerprint));
  if (!running) return;
  const which = pid === undefined ? '' : ` (process ${pid})`;
  throw new HostingError(
    `The server still runs${which}. Stop it and wait until it has ended, as it writes its messages down then: systemctl stop smp-server`,
  );
}

async function fill(store: ImportStore, source: Source, skipped: Skipped, print: Print): Promise<void> {
  const { queueLog, messages } = source;
  const onLine = progress(print, 'lines');
  if (queueLog !== undefined) {
    print(`Reading ${queueLog} …`);
    await importQueueLog(store, { path: queueLog, skipped, onLine });
  }
  if (messages.kind === 'none') return;
  print(`Reading ${messages.path} …`);
  if (messages.kind === 'log') await importMessageLog(store, { path: messages.path, skipped, onLine });
  else await importJournals(messages.path, store, skipped, progress(print, 'queues with journals'));
}

async function makeStore(path: string, source: Source, print: Print): Promise<Skipped> {
  const skipped = new Skipped();
  let store: ImportStore | undefined;
  try {
    store = importStore(path, QUEUE_QUOTA);
    await fill(store, source, skipped, print);
    return skipped;
  } catch (cause) {
    if (!(cause instanceof StoreError)) throw cause;
    throw new HostingError(`The import stopped: ${endSentence(cause.message)} It can be repeated.`, { cause });
  } finally {
    await store?.close();
  }
}

/**
 * Imports the server in the folders `from` to `to`; the files in `from` are not changed. Rejects with
 * {@link HostingError}.
 */
export async function importServer(from: Folders, to: Folders, print: Print): Promise<void> {
  if (isSameFolder(from.data, to.data)) {
    throw new HostingError(`The other server has its data in this folder: choose another one with --data.`);
  }
  if (!existsSync(configurationFile(from.config))) {
    throw new HostingError(
      `There is no smp-server.ini of the official program in ${from.config}: give its folder with --from-config.`,
    );
  }
  const configuration = readConfiguration(from.config);
  const { fingerprint } = loadIdentityFiles(from.config);
  const files = isSameFolder(from.config, to.config) ? [] : configurationFiles(from.config, to.config);
  refuseOthers(to.config, files);
  const source = findSource(from, readIni(from.config));
  await refuseRunning(from, source, fingerprint);
  const lock = lockFolder(to.data);
  try {
    await refuseUsedStore(to.data);
    const { path, again } = beginStore(to.data);
    if (again) print('Restarting an import that was not finished.');
    const skipped = await makeStore(path, source, print);
    const counts = await checkedCounts(path, 'What was made');
    writeFiles(to.config, files);
    finishStore(to.data);
    print(`Moved: ${describeCounts(counts)}.`);
    for (const remark of source.remarks) print(remark);
    for (const line of skipped.describe()) print(`Left out: ${line}`);
    for (const sentence of aboutWebFiles(to.config)) print(sentence);
    for (const sentence of readConfiguration(to.config).remarks) print(`Configuration: ${sentence}.`);
  } finally {
    lock.release();
  }
  const { host, ports, password } = configuration;
  print(`Server address, as before: ${serverAddress(fingerprint, host, ports[0]!, password)}`);
  print(`Configuration: ${to.config}`);
  print(`Data: ${to.data}`);
  print('Never start the other server again: systemctl disable smp-server');
}
