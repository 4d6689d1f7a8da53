/** Questions to all hosts at once. */
import { printable } from './read';
import type { Gpu, Host, Process } from './types';

const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** gpu-2 before gpu-10. */
export function compareNames(a: string, b: string): number {
  return byName.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

export interface Summary {
  hosts: number;
  online: number;
  gpus: number;
  idleGpus: number;
  memoryUsedMb: number;
  memoryTotalMb: number;
}

/** A card nobody uses: neither busy nor holding more memory than a driver does by itself. */
export function isIdle(gpu: Gpu): boolean {
  const busy = gpu.utilizationPercent === null || gpu.utilizationPercent >= 10;
  return !busy && gpu.memoryPercent !== null && gpu.memoryPercent < 5;
}

export function summarize(hosts: Iterable<Host>): Summary {
  const sum: Summary = { hosts: 0, online: 0, gpus: 0, idleGpus: 0, memoryUsedMb: 0, memoryTotalMb: 0 };
  for (const host of hosts) {
    sum.hosts += 1;
    if (!host.online) {
      continue;
    }
    sum.online += 1;
    for (const gpu of host.gpus ?? []) {
      sum.gpus += 1;
      sum.idleGpus += isIdle(gpu) ? 1 : 0;
      if (gpu.memoryUsedMb !== null && gpu.memoryTotalMb !== null) {
        sum.memoryUsedMb += gpu.memoryUsedMb;
        sum.memoryTotalMb += gpu.memoryTotalMb;
      }
    }
  }
  return sum;
}

/** All of a host's processes: those of its own list and those that only its GPUs name. One on two GPUs is
 *  there twice, as it holds memory on both. */
export function processesOf(host: Host): Process[] {
  const found = new Map<string, Process>();
  const onGpu = new Set<number>();
  for (const gpu of host.gpus ?? []) {
    for (const process of gpu.processes ?? []) {
      found.set(`${gpu.key} ${process.key}`, process);
      if (process.pid !== null) {
        onGpu.add(process.pid);
      }
    }
  }
  for (const process of host.processes ?? []) {
    if (process.pid === null || !onGpu.has(process.pid)) {
      found.set(process.key, process);
    }
  }
  return [...found].map(([key, process]) => ({ ...process, key }));
}

/** Over name and command line, in any case; all words have to occur. */
export function matchesText(process: Process, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) {
    return true;
  }
  const hay = `${process.name ?? ''} ${process.command ?? ''}`.toLowerCase();
  return words.every((word) => hay.includes(printable(word)));
}

/** What the search over all hosts looks at beside name and command: pid, user, task, module, container. */
export function matchesSearch(process: Process, text: string): boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const { name, command, user, taskId, module, container, pid } = process;
  const hay = [name, command, user, taskId, module, container].filter((part) => part !== null).join(' ').toLowerCase();
  return words.every((word) => hay.includes(word) || (pid !== null && String(pid) === word));
}

export interface Found {
  host: Host;
  process: Process;
}

export function searchProcesses(hosts: Iterable<Host>, text: string, limit: number): { found: Found[]; total: number } {
  const found: Found[] = [];
  let total = 0;
  if (text.trim() !== '') {
    for (const host of hosts) {
      for (const process of processesOf(host)) {
        if (matchesSearch(process, text)) {
          total += 1;
          if (found.length < limit) {
            found.push({ host, process });
          }
        }
      }
    }
  }
  return { found, total };
}

/** The host that was asked for, else the first that is online, else the first. */
export function chooseHost(hosts: ReadonlyMap<string, Host>, names: readonly string[], asked: string | null): Host | undefined {
  if (asked !== null && hosts.has(asked)) {
    return hosts.get(asked);
  }
  const online = names.find((name) => hosts.get(name)?.online === true);
  return hosts.get(online ?? names[0] ?? '');
}
