/** What the system tells of other processes (Linux). */
import { readFileSync } from 'node:fs';

/** Ticks of /proc/PID/stat: 100 a second on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** A process with those it has started, as a server has its workers. */
function processesOf(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter((child) => child !== '');
  return [pid, ...children.map(Number)];
}

/** Processor time a process and those it has started have used so far. */
export function cpuSecondsOf(pid: number): number {
  return processesOf(pid).reduce((sum, one) => {
    const fields = readFileSync(`/proc/${one}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
  }, 0);
}

/** Memory of their own, of a process and those it has started, that is in memory now; pages of mapped files, which the system takes back, are not counted. */
export function residentBytesOf(pid: number): number {
  return processesOf(pid).reduce((sum, one) => {
    const kilobytes = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1];
    return sum + Number(kilobytes) * 1024;
  }, 0);
}

/** Stops a process and those it has started, or has them go on. */
export function holdProcesses(pid: number, hold: boolean): void {
  for (const one of processesOf(pid)) process.kill(one, hold ? 'SIGSTOP' : 'SIGCONT');
}
