import { useMemo } from 'react';
import { useTexts } from '../i18n';
import { execCommand } from '../model/commands';
import { bytesText, percentText, unknownText } from '../model/format';
import type { Container } from '../model/types';
import { CopyButton } from './CopyButton';
import { DataTable, type Column } from './DataTable';

/** Of the running containers. */
export function ContainerTable({ containers, caption }: { containers: readonly Container[] | null; caption: string }) {
  const texts = useTexts();
  const columns = useMemo<Column<Container>[]>(
    () => [
      {
        id: 'name',
        title: texts.name,
        sortValue: (container) => container.name,
        cell: (container) => (
          <div className="process-name">
            <bdi className="process-title">{container.name ?? unknownText}</bdi>
            {container.module !== null && <bdi className="tag">{container.module}</bdi>}
            {container.taskId !== null && <bdi className="tag">{container.taskId}</bdi>}
            <bdi className="process-command" title={container.image ?? undefined}>
              {container.image ?? unknownText}
            </bdi>
          </div>
        ),
      },
      { id: 'status', title: texts.status, sortValue: (container) => container.status, cell: (container) => <bdi>{container.status ?? unknownText}</bdi> },
      { id: 'gpus', title: texts.gpus, cell: (container) => (container.gpus === null ? unknownText : container.gpus.join(', ') || texts.none) },
      { id: 'cpu', title: texts.cpu, numeric: true, sortValue: (container) => container.cpuPercent, cell: (container) => percentText(container.cpuPercent) },
      { id: 'memory', title: texts.memory, numeric: true, sortValue: (container) => container.memoryUsedBytes, cell: (container) => bytesText(container.memoryUsedBytes) },
      {
        id: 'action',
        title: texts.action,
        cell: (container) => {
          const command = execCommand(container);
          return command === null ? unknownText : <CopyButton command={command} label="docker exec" />;
        },
      },
    ],
    [texts],
  );
  if (containers === null || containers.length === 0) {
    return <p className="quiet">{containers === null ? unknownText : texts.noContainers}</p>;
  }
  return <DataTable caption={caption} columns={columns} rows={containers} keyOf={(container) => container.key} sort={{ column: 'memory', descending: true }} />;
}
