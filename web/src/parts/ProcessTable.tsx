import { Button, Input } from 'antd';
import { useMemo, useState } from 'react';
import { useTexts, type Texts } from '../i18n';
import { fullTimeText, mebibytesText, numberText, percentText, timeText, unknownText } from '../model/format';
import { matchesText } from '../model/hosts';
import type { Process } from '../model/types';
import { DataTable, type Column } from './DataTable';
import { Icon } from './Icon';
import { canTerminate, processLabel, useTerminate } from './terminate';

const defaultFilter = 'python';

export function ProcessName({ process }: { process: Process }) {
  const tags = [process.module, process.taskId, process.container].filter((tag) => tag !== null);
  return (
    <div className="process-name">
      <bdi className="process-title">{process.name ?? unknownText}</bdi>
      {tags.map((tag, position) => (
        <bdi key={position} className="tag">
          {tag}
        </bdi>
      ))}
      {process.command !== null && (
        <bdi className="process-command" title={process.command}>
          {process.command}
        </bdi>
      )}
    </div>
  );
}

export function processColumns(texts: Texts, withGpu: boolean): Column<Process>[] {
  const columns: Column<Process>[] = [
    { id: 'pid', title: texts.pid, numeric: true, sortValue: (process) => process.pid, cell: (process) => process.pid ?? unknownText },
    { id: 'info', title: texts.info, sortValue: (process) => process.name, cell: (process) => <ProcessName process={process} /> },
    { id: 'user', title: texts.user, sortValue: (process) => process.user, cell: (process) => <bdi>{process.user ?? unknownText}</bdi> },
    { id: 'gpu-memory', title: texts.gpuMemory, numeric: true, sortValue: (process) => process.gpuMemoryMb, cell: (process) => mebibytesText(process.gpuMemoryMb) },
    { id: 'cpu', title: texts.cpu, numeric: true, sortValue: (process) => process.cpuPercent, cell: (process) => percentText(process.cpuPercent) },
    {
      id: 'started',
      title: texts.started,
      numeric: true,
      sortValue: (process) => process.startedAt,
      cell: (process) => <span title={fullTimeText(process.startedAt)}>{timeText(process.startedAt, Date.now())}</span>,
    },
  ];
  if (withGpu) {
    columns.splice(3, 0, { id: 'gpu', title: texts.gpu, numeric: true, sortValue: (process) => process.gpuIndex, cell: (process) => (process.onGpu ? numberText(process.gpuIndex) : unknownText) });
  }
  return columns;
}

interface Props {
  host: string;
  processes: Process[] | null;
  caption: string;
  withGpu?: boolean;
  /** What is selected can be terminated only while the host is there. */
  online: boolean;
}

export function ProcessTable({ host, processes, caption, withGpu = false, online }: Props) {
  const texts = useTexts();
  const [filter, setFilter] = useState(defaultFilter);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const terminate = useTerminate(host);
  const rows = useMemo(() => (processes ?? []).filter((process) => matchesText(process, filter)), [processes, filter]);
  const columns = useMemo(() => {
    const action: Column<Process> = {
      id: 'action',
      title: texts.action,
      cell: (process) => (
        <button type="button" className="link danger" disabled={!online || !canTerminate(process)} aria-label={`${texts.terminate} ${processLabel(process)}`} onClick={() => terminate([process], () => undefined)}>
          {texts.terminate}
        </button>
      ),
    };
    return [...processColumns(texts, withGpu), action];
  }, [texts, withGpu, online, terminate]);

  if (processes === null) {
    return <p className="quiet">{texts.processesUnknown}</p>;
  }
  // What has ended, or is filtered away, is no longer selected.
  const chosen = rows.filter((process) => selected.has(process.key) && canTerminate(process));
  const hidden = processes.length - rows.length;
  return (
    <section className="processes" aria-label={caption}>
      <div className="toolbar">
        <Input size="small" allowClear prefix={<Icon name="search" />} aria-label={texts.filterProcesses} placeholder={texts.filterProcesses} value={filter} onChange={(event) => setFilter(event.target.value)} />
        <span className="quiet">
          {texts.processCount(rows.length)}
          {hidden > 0 && `${texts.filterHides(hidden)} `}
          {hidden > 0 && (
            <button type="button" className="link" onClick={() => setFilter('')}>
              {texts.clearFilter}
            </button>
          )}
        </span>
        <Button size="small" danger disabled={chosen.length === 0 || !online} onClick={() => terminate(chosen, () => setSelected(new Set()))}>
          {texts.terminateSelected(chosen.length)}
        </Button>
      </div>
      {rows.length > 0 && (
        <DataTable
          caption={caption}
          columns={columns}
          rows={rows}
          keyOf={(process) => process.key}
          sort={{ column: 'gpu-memory', descending: true }}
          pageSize={25}
          selection={{ selected, selectable: canTerminate, labelOf: processLabel, change: setSelected }}
        />
      )}
    </section>
  );
}
