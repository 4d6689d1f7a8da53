/** What the page knows of a host. `null` is unknown and is shown as –; it is never 0. */

export interface Usage {
  usedBytes: number | null;
  totalBytes: number | null;
  percent: number | null;
}

export interface Disk extends Usage {
  mount: string;
  type: string | null;
}

export interface Process {
  /** Unique within its host. */
  key: string;
  pid: number | null;
  name: string | null;
  command: string | null;
  user: string | null;
  status: string | null;
  cpuPercent: number | null;
  memoryPercent: number | null;
  /** Milliseconds since 1970. */
  startedAt: number | null;
  /** The start as it was reported: seconds, with the fraction that tells a reused pid. */
  createTime: number | null;
  onGpu: boolean;
  gpuMemoryMb: number | null;
  gpuIndex: number | null;
  taskId: string | null;
  module: string | null;
  container: string | null;
}

/** The job of wemol-queue that holds a card. */
export interface QueueJob {
  user: string | null;
  queue: string | null;
  job: number | null;
  /** Milliseconds since 1970, by the clock that updatedAt goes by. */
  since: number | null;
}

export interface Gpu {
  /** Unique within its host. */
  key: string;
  index: number | null;
  uuid: string | null;
  name: string | null;
  temperatureC: number | null;
  memoryUsedMb: number | null;
  memoryTotalMb: number | null;
  memoryPercent: number | null;
  utilizationPercent: number | null;
  powerWatts: number | null;
  powerLimitWatts: number | null;
  fanPercent: number | null;
  /** null: no job of wemol-queue holds it, or the report does not say. */
  queueJob: QueueJob | null;
  /** null: the report does not say; an empty list: none. */
  processes: Process[] | null;
}

export type SessionKind = 'screen' | 'tmux';
export type SessionState = 'attached' | 'detached' | 'dead' | 'unknown';

export interface Session {
  key: string;
  kind: SessionKind;
  pid: string | null;
  name: string | null;
  state: SessionState;
  status: string | null;
}

export interface Container {
  key: string;
  id: string | null;
  name: string | null;
  image: string | null;
  status: string | null;
  running: boolean;
  cpuPercent: number | null;
  memoryUsedBytes: number | null;
  /** null: unknown; an empty list: none. */
  gpus: number[] | null;
  taskId: string | null;
  module: string | null;
}

export interface Host {
  name: string;
  online: boolean;
  address: string | null;
  /** When the hub took the last report, else when the host made it; milliseconds since 1970. */
  updatedAt: number | null;
  cpuPercent: number | null;
  memory: Usage;
  disk: Usage;
  disks: Disk[];
  /** null: the report says nothing of GPUs; an empty list: the host has none. */
  gpus: Gpu[] | null;
  processes: Process[] | null;
  sessions: Session[] | null;
  containers: Container[] | null;
  /** Fields whose values made no sense, for the hint on the card. */
  unreadable: string[];
}
