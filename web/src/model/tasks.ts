/** Tasks of all hosts, as GET /api/tasks answers: `{"hosts":[{"hostname":…,"is_online":…,"tasks":[…]}]}`. */
import { Notes, Reader, isObject, parseTime } from './read';

export interface TaskGpu {
  index: number | null;
  memoryUsedBytes: number | null;
  utilizationPercent: number | null;
}

export interface Task {
  key: string;
  host: string | null;
  online: boolean;
  taskId: string | null;
  jobId: string | null;
  module: string | null;
  container: string | null;
  startedAt: number | null;
  cpuPercent: number | null;
  memoryUsedBytes: number | null;
  memoryLimitBytes: number | null;
  oomKilled: boolean | null;
  /** null: unknown; an empty list: none. */
  gpus: TaskGpu[] | null;
}

function readTask(task: Reader, host: string | null, online: boolean, position: number): Task {
  return {
    key: `${host ?? ''} ${position}`,
    host,
    online,
    taskId: task.text('task_id'),
    jobId: task.text('job_id'),
    module: task.text('module_name', 'module'),
    container: task.text('container_name', 'name'),
    startedAt: parseTime(task.raw('started_at')),
    cpuPercent: task.amount('cpu_percent'),
    memoryUsedBytes: task.amount('memory_used_bytes', 'memoryUsage'),
    memoryLimitBytes: task.amount('memory_limit_bytes'),
    oomKilled: task.flag('oom_killed'),
    gpus: task.list(
      64,
      (gpu): TaskGpu => ({
        index: gpu.integer('index', 'id'),
        memoryUsedBytes: gpu.amount('task_memory_used_bytes'),
        utilizationPercent: gpu.amount('task_sm_utilization_percent', 'utilization_percent'),
      }),
      'gpus',
    ),
  };
}

export function readTasks(answer: unknown): Task[] | null {
  if (!isObject(answer)) {
    return null;
  }
  const hosts = new Reader(answer, new Notes(), '').list(
    1000,
    (host) => {
      const name = host.text('hostname');
      const online = host.flag('is_online') ?? true;
      return host.list(2000, (task, position) => readTask(task, name, online, position), 'tasks') ?? [];
    },
    'hosts',
  );
  return hosts?.flat() ?? null;
}
