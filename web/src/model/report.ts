/** Turns a host's report, as the old collector or wemol-agent sends it, into a Host. It takes anything: what
 *  is missing or of a wrong type costs that field, never the host, never the page. */
import { Notes, Reader, isObject, parseTime } from './read';
import type { Container, Disk, Gpu, Host, Process, QueueJob, Session, SessionKind, SessionState, Usage } from './types';

const limits = { gpus: 64, processes: 5000, disks: 64, sessions: 500, containers: 1000 };

/** Makes each key of a list its own, whatever the report repeats. */
function unique(): (key: string) => string {
  const seen = new Map<string, number>();
  return (key) => {
    const count = seen.get(key) ?? 0;
    seen.set(key, count + 1);
    return count === 0 ? key : `${key}#${count}`;
  };
}

function share(used: number | null, total: number | null): number | null {
  return used !== null && total !== null && total > 0 ? Math.min(100, (used / total) * 100) : null;
}

function readUsage(info: Reader, name: 'memory' | 'disk'): Usage {
  const usedBytes = info.amount(`${name}_used`, `${name}_used_bytes`);
  const totalBytes = info.amount(`${name}_total`, `${name}_total_bytes`);
  return { usedBytes, totalBytes, percent: info.amount(`${name}_percent`) ?? share(usedBytes, totalBytes) };
}

function readDisk(disk: Reader): Disk {
  const usedBytes = disk.amount('used', 'used_bytes');
  const totalBytes = disk.amount('total', 'total_bytes');
  return {
    mount: disk.text('mountPoint', 'mount') ?? '–',
    type: disk.text('type', 'device'),
    usedBytes,
    totalBytes,
    percent: disk.amount('percent') ?? share(usedBytes, totalBytes),
  };
}

function readProcess(process: Reader, keyOf: (key: string) => string, gpuOfList: number | null): Process {
  const pid = process.integer('pid');
  const createTime = process.amount('create_time');
  const gpuIndex = process.integer('gpu_id', 'gpu_index') ?? gpuOfList;
  const gpuMemoryMb = process.amount('gpu_memory_usage', 'gpu_memory_mb');
  const onGpu = process.flag('is_gpu_process') ?? (gpuIndex !== null || (gpuMemoryMb !== null && gpuMemoryMb > 0));
  return {
    key: keyOf(`${pid ?? '?'}/${onGpu ? (gpuIndex ?? '') : ''}`),
    pid,
    name: process.text('name'),
    command: process.text('cmdline', 'command'),
    user: process.text('username', 'user'),
    status: process.text('status'),
    cpuPercent: process.amount('cpu_percent'),
    memoryPercent: process.amount('memory_percent'),
    startedAt: createTime !== null && createTime > 0 ? createTime * 1000 : null,
    createTime,
    onGpu,
    // The old collector's 0 stands for none where the process is not on a GPU.
    gpuMemoryMb: onGpu ? gpuMemoryMb : null,
    gpuIndex,
    taskId: process.text('task_id'),
    module: process.text('module_name', 'module'),
    container: process.text('container_name', 'container'),
  };
}

function readProcesses(owner: Reader, gpuIndex: number | null): Process[] | null {
  const keyOf = unique();
  return owner.list(limits.processes, (process) => readProcess(process, keyOf, gpuIndex), 'processes');
}

/** How far the host's clock is ahead of the one that updatedAt goes by; what a report takes on its way is no fault. */
function clockAhead(hostTime: number | null, seenAt: number | null): number {
  const ahead = hostTime === null || seenAt === null ? 0 : hostTime - seenAt;
  return Math.abs(ahead) < 10_000 ? 0 : ahead;
}

function readQueueJob(gpu: Reader, hostAhead: number): QueueJob | null {
  if (!isObject(gpu.raw('queue_job', 'queueJob'))) {
    if (gpu.raw('queue_job', 'queueJob') !== null) {
      gpu.note('queue_job', 'queueJob');
    }
    return null;
  }
  const job = gpu.object('queue_job', 'queueJob');
  const since = parseTime(job.raw('since'));
  const known = since !== null && !Number.isNaN(new Date(since).getTime());
  if (!known && job.raw('since') !== null) {
    job.note('since');
  }
  return { user: job.text('user'), queue: job.text('queue'), job: job.integer('job'), since: known ? since - hostAhead : null };
}

function readGpu(gpu: Reader, position: number, keyOf: (key: string) => string, hostAhead: number): Gpu {
  const index = gpu.integer('id', 'index');
  const uuid = gpu.text('uuid');
  const memoryUsedMb = gpu.amount('memory_used');
  const memoryTotalMb = gpu.amount('memory_total');
  return {
    key: keyOf(uuid ?? `gpu ${index ?? `at ${position}`}`),
    index,
    uuid,
    name: gpu.text('name'),
    temperatureC: gpu.number('temperature', 'temperature_celsius'),
    memoryUsedMb,
    memoryTotalMb,
    memoryPercent: share(memoryUsedMb, memoryTotalMb),
    utilizationPercent: gpu.amount('utilization', 'utilization_percent'),
    powerWatts: gpu.amount('power', 'power_draw_watts', 'power_draw'),
    powerLimitWatts: gpu.amount('powerLimit', 'power_limit_watts', 'power_limit'),
    fanPercent: gpu.amount('fanSpeed', 'fan_speed_percent', 'fan_speed'),
    queueJob: readQueueJob(gpu, hostAhead),
    processes: readProcesses(gpu, index),
  };
}

function sessionState(status: string | null): SessionState {
  const word = status?.toLowerCase() ?? '';
  if (/dead|remote|unreachable/.test(word)) {
    return 'dead';
  }
  if (word.includes('detached')) {
    return 'detached';
  }
  return word.includes('attached') || word.startsWith('multi') ? 'attached' : 'unknown';
}

function readSession(session: Reader, kind: SessionKind, keyOf: (key: string) => string): Session {
  const pid = session.text('pid');
  const name = session.text('name');
  const attached = kind === 'tmux' ? session.raw('attached') : null;
  const status = session.text('status') ?? (typeof attached === 'boolean' ? (attached ? 'Attached' : 'Detached') : null);
  return { key: keyOf(`${kind} ${pid ?? ''} ${name ?? ''}`), kind, pid, name, state: sessionState(status), status };
}

function readSessions(info: Reader): Session[] | null {
  const keyOf = unique();
  const screen = info.list(
    limits.sessions,
    (session) => readSession(session, session.text('kind', 'type') === 'tmux' ? 'tmux' : 'screen', keyOf),
    'screen_sessions',
  );
  const tmux = info.list(limits.sessions, (session) => readSession(session, 'tmux', keyOf), 'tmux_sessions');
  return screen === null && tmux === null ? null : [...(screen ?? []), ...(tmux ?? [])];
}

/** The old collector sends the list as JSON in a string: "[0,1]". */
function readGpuList(container: Reader): number[] | null {
  let value = container.raw('gpuDevices', 'gpu_devices', 'gpus');
  if (typeof value === 'string') {
    const text = value;
    try {
      value = JSON.parse(text) as unknown;
    } catch {
      const parts = text.split(',').map((part) => part.trim());
      value = parts.every((part) => /^\d+$/.test(part)) ? parts : undefined;
    }
  }
  if (value === null) {
    return null;
  }
  if (!Array.isArray(value)) {
    container.note('gpuDevices', 'gpu_devices', 'gpus');
    return null;
  }
  return (value as unknown[]).map((entry) => Number(isObject(entry) ? (entry['index'] ?? entry['id']) : entry)).filter((index) => Number.isInteger(index) && index >= 0);
}

/** "running", "Up 3 hours"; a paused one takes no command. Without a word the sender listed running ones only. */
function isRunning(status: string | null): boolean {
  return status === null || (/^(up\b|running)/i.test(status) && !/paused/i.test(status));
}

function readContainer(container: Reader, keyOf: (key: string) => string): Container {
  const id = container.text('id');
  const name = container.text('name')?.replace(/^\//, '') ?? null;
  const status = container.text('status', 'state');
  return {
    key: keyOf(id ?? name ?? '?'),
    id,
    name,
    image: container.text('image'),
    status,
    running: isRunning(status),
    cpuPercent: container.amount('cpuPercent', 'cpu_percent'),
    memoryUsedBytes: container.amount('memoryUsage', 'memory_used_bytes'),
    gpus: readGpuList(container),
    taskId: container.text('task_id', 'taskId'),
    module: container.text('module_name', 'moduleName', 'module'),
  };
}

/** Those of the agent's record; the old collector knows the root alone. */
function readDisks(host: Reader, root: Usage): Disk[] {
  const disks = host.object('record').object('disk').list(limits.disks, readDisk, 'fileSystems') ?? [];
  return disks.length > 0 || root.totalBytes === null ? disks : [{ mount: '/', type: null, ...root }];
}

/** `seenAt`: when the hub took the report, by the page's own clock, where that is known. The host's clock may be wrong. */
export function readHost(name: string, report: unknown, now: number, seenAt: number | null = null): Host {
  const notes = new Notes();
  if (!isObject(report)) {
    notes.add('report');
  }
  const host = new Reader(isObject(report) ? report : {}, notes, '');
  const info = host.object('system_info');
  const keyOfGpu = unique();
  const containerKey = unique();
  const updatedAt = seenAt ?? parseTime(host.raw('timestamp'));
  const disk = readUsage(info, 'disk');
  const hostAhead = clockAhead(parseTime(host.raw('timestamp')), seenAt);
  return {
    name,
    // A server that does not say is taken by the report's age.
    online: host.flag('is_online') ?? (updatedAt !== null && now - updatedAt < 30_000),
    address: info.text('ip_address'),
    updatedAt,
    cpuPercent: info.amount('cpu_percent'),
    memory: readUsage(info, 'memory'),
    disk,
    disks: readDisks(host, disk),
    gpus: host.list(limits.gpus, (gpu, position) => readGpu(gpu, position, keyOfGpu, hostAhead), 'gpu_data'),
    processes: readProcesses(info, null),
    sessions: readSessions(info),
    containers: info.list(limits.containers, (container) => readContainer(container, containerKey), 'docker_containers'),
    unreadable: notes.paths,
  };
}

/** The reports by host name; null when the answer is none at all. A map, as "__proto__" is a name too. */
export function machinesOf(answer: unknown): Map<string, unknown> | null {
  const machines = isObject(answer) ? answer['machines'] : undefined;
  return isObject(machines) ? new Map(Object.entries(machines)) : null;
}
