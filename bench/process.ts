/** Resource usage of other processes (Linux). */
import { readFileSync } from 'node:fs';

/** Units of /proc/PID/stat: 100 per second on every Linux that Node supports. */
const TICKS_PER_SECOND = 100;

/** A process and its descendants, such as a server and its workers. */
function processesOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((child) => child !== '');
  return [pid, ...children.map(Number)];
}

/** Processor time used so far by a process and its descendants. */
export function cpuSecondsOf(pid: number): number {
  return processesOf(pid).reduce((sum, one) => {
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }, 0);
}

/**
 * Private resident memory of a process and its descendants; pages of mapped files, which the system can reclaim, are
 * excluded.
 */
export function residentBytesOf(pid: number): number {
  return processesOf(pid).reduce((sum, one) => {
    const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1];
    return sum + Number(kilobytes) * 1024;
  }, 0);
}

/** Stops or continues a process and its descendants. */
export function holdProcesses(pid: number, hold: boolean): void {
  for (const one of processesOf(pid)) process.kill(one, hold ? 'SIGSTOP' : 'SIGCONT');
}
