import { Input } from 'antd';
import { useMemo, useState } from 'react';
import { routeHash } from '../app/routes';
import { useTexts } from '../i18n';
import { bytesText, fullTimeText, numberText, timeText, unknownText, usageText } from '../model/format';
import { readTasks, type Task } from '../model/tasks';
import { DataTable, type Column } from '../parts/DataTable';
import { Icon } from '../parts/Icon';
import { ResourceFrame } from '../parts/ResourceFrame';
import { useResource } from '../state/resource';
import { useSettings } from '../state/settings';
import { hostColors } from '../state/store';

function gpuMemory(task: Task): number | null {
  if (task.gpus === null) {
    return null;
  }
  const known = task.gpus.flatMap((gpu) => (gpu.memoryUsedBytes === null ? [] : [gpu.memoryUsedBytes]));
  return known.length === 0 && task.gpus.length > 0 ? null : known.reduce((sum, bytes) => sum + bytes, 0);
}

function matches(task: Task, words: readonly string[]): boolean {
  const hay = [task.taskId, task.jobId, task.module, task.container, task.host].filter((part) => part !== null).join(' ').toLowerCase();
  return words.every((word) => hay.includes(word));
}

function TaskTable({ tasks }: { tasks: readonly Task[] }) {
  const texts = useTexts();
  const [filter, setFilter] = useState('');
  const rows = useMemo(() => {
    const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
    return tasks.filter((task) => matches(task, words));
  }, [tasks, filter]);
  const columns = useMemo<Column<Task>[]>(
    () => [
      {
        id: 'info',
        title: texts.task,
        sortValue: (task) => task.taskId,
        cell: (task) => (
          <div className="process-name">
            <bdi className="process-title">{task.taskId ?? unknownText}</bdi>
            {task.oomKilled === true && <span className="tag bad">{texts.oom}</span>}
            <bdi className="process-command" title={task.container ?? undefined}>
              {task.container ?? ''}
            </bdi>
          </div>
        ),
      },
      { id: 'job', title: texts.job, sortValue: (task) => task.jobId, cell: (task) => <bdi>{task.jobId ?? unknownText}</bdi> },
      { id: 'module', title: texts.module, sortValue: (task) => task.module, cell: (task) => <bdi>{task.module ?? unknownText}</bdi> },
      {
        id: 'host',
        title: texts.host,
        sortValue: (task) => task.host,
        cell: (task) =>
          task.host === null ? (
            unknownText
          ) : (
            <a className="host-link" href={routeHash('window', task.host)} style={{ '--host-hue': hostColors().hue(task.host) }}>
              <span className="dot" aria-hidden="true" />
              <bdi>{task.host}</bdi>
            </a>
          ),
      },
      { id: 'gpus', title: texts.gpus, cell: (task) => (task.gpus === null ? unknownText : task.gpus.map((gpu) => gpu.index ?? '?').join(', ') || texts.none) },
      { id: 'gpu-memory', title: texts.gpuMemory, numeric: true, sortValue: gpuMemory, cell: (task) => bytesText(gpuMemory(task)) },
      { id: 'cpu', title: texts.cpu, numeric: true, sortValue: (task) => task.cpuPercent, cell: (task) => (task.cpuPercent === null ? unknownText : texts.cores(numberText(task.cpuPercent / 100, 1))) },
      { id: 'memory', title: texts.memory, numeric: true, sortValue: (task) => task.memoryUsedBytes, cell: (task) => (task.memoryLimitBytes === null ? bytesText(task.memoryUsedBytes) : usageText(task.memoryUsedBytes, task.memoryLimitBytes)) },
      { id: 'started', title: texts.started, numeric: true, sortValue: (task) => task.startedAt, cell: (task) => <span title={fullTimeText(task.startedAt)}>{timeText(task.startedAt, Date.now())}</span> },
    ],
    [texts],
  );
  return (
    <>
      <div className="toolbar view-bar">
        <Input allowClear prefix={<Icon name="search" />} aria-label={texts.filterTasks} placeholder={texts.filterTasks} value={filter} onChange={(event) => setFilter(event.target.value)} />
      </div>
      {tasks.length === 0 ? <p className="quiet">{texts.noTasks}</p> : <DataTable caption={texts.tasks} columns={columns} rows={rows} keyOf={(task) => task.key} sort={{ column: 'started', descending: true }} />}
    </>
  );
}

export default function TasksView() {
  const interval = useSettings((settings) => settings.intervalMs);
  const resource = useResource('api/tasks', readTasks, interval);
  return <ResourceFrame resource={resource}>{(tasks) => <TaskTable tasks={tasks} />}</ResourceFrame>;
}
