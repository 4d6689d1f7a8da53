/** All that is known of one host: cards, processes, containers, sessions, disks. */
import { App, Button, Segmented, Tabs } from 'antd';
import { useMemo, useState } from 'react';
import { ask } from '../api/client';
import { routeHash } from '../app/routes';
import { useTexts } from '../i18n';
import { bytesText, percentText, unknownText } from '../model/format';
import { processesOf } from '../model/hosts';
import type { Disk, Host } from '../model/types';
import { useApiBase } from '../state/api';
import { useSettings, type CardDetail } from '../state/settings';
import { dropHost, useStore } from '../state/store';
import { ContainerTable } from './ContainerTable';
import { DataTable, type Column } from './DataTable';
import { failureText } from './failureText';
import { CompactGpuCard, DetailedGpuCard } from './GpuCard';
import { Icon } from './Icon';
import { ProcessTable } from './ProcessTable';
import { SessionTable } from './SessionTable';

function GpuSection({ host }: { host: Host }) {
  const texts = useTexts();
  const detail = useSettings((settings) => settings.cardDetail);
  const change = useSettings((settings) => settings.change);
  if (host.gpus === null || host.gpus.length === 0) {
    return null;
  }
  return (
    <section className="gpu-section" aria-label={texts.gpus}>
      <div className="toolbar">
        <Segmented<CardDetail>
          size="small"
          aria-label={texts.cardDetail}
          value={detail}
          onChange={(cardDetail) => change({ cardDetail })}
          options={[
            { value: 'compact', label: texts.compact },
            { value: 'detailed', label: texts.detailed },
          ]}
        />
        <a className="link" href={routeHash('history', null, { host: host.name })}>
          <Icon name="history" /> {texts.history}
        </a>
        {!host.online && <RemoveHost name={host.name} />}
      </div>
      <div className={`gpu-grid ${detail}`}>
        {host.gpus.map((gpu) => (detail === 'compact' ? <CompactGpuCard key={gpu.key} host={host.name} gpu={gpu} /> : <DetailedGpuCard key={gpu.key} host={host.name} gpu={gpu} online={host.online} />))}
      </div>
    </section>
  );
}

function RemoveHost({ name }: { name: string }) {
  const texts = useTexts();
  const base = useApiBase();
  const { modal, message } = App.useApp();
  const remove = async (): Promise<void> => {
    const answer = await ask(base, `api/hosts/${encodeURIComponent(name)}`, { method: 'DELETE' });
    if (answer.kind === 'unauthorized') {
      useStore.setState({ loginNeeded: true });
    } else if (answer.kind === 'failed') {
      void message.error(failureText(texts, answer.failure));
    } else {
      dropHost(name);
      void message.success(texts.removed(name));
    }
  };
  return (
    <Button
      size="small"
      danger
      onClick={() => {
        modal.confirm({
          title: texts.removeHostTitle(name),
          content: texts.removeHostText,
          okText: texts.removeHost,
          okButtonProps: { danger: true },
          cancelText: texts.cancel,
          onOk: remove,
        });
      }}
    >
      {texts.removeHost}
    </Button>
  );
}

function DiskTable({ disks, caption }: { disks: readonly Disk[]; caption: string }) {
  const texts = useTexts();
  const columns = useMemo<Column<Disk>[]>(
    () => [
      { id: 'mount', title: texts.mount, sortValue: (disk) => disk.mount, cell: (disk) => <bdi>{disk.mount}</bdi> },
      { id: 'type', title: texts.kind, sortValue: (disk) => disk.type, cell: (disk) => <bdi>{disk.type ?? unknownText}</bdi> },
      { id: 'used', title: texts.used, numeric: true, sortValue: (disk) => disk.usedBytes, cell: (disk) => bytesText(disk.usedBytes) },
      { id: 'total', title: texts.total, numeric: true, sortValue: (disk) => disk.totalBytes, cell: (disk) => bytesText(disk.totalBytes) },
      { id: 'percent', title: '%', numeric: true, sortValue: (disk) => disk.percent, cell: (disk) => percentText(disk.percent) },
    ],
    [texts],
  );
  return <DataTable caption={caption} columns={columns} rows={disks} keyOf={(disk) => `${disk.mount} ${disk.type ?? ''}`} />;
}

export default function HostDetail({ host }: { host: Host }) {
  const texts = useTexts();
  const [tab, setTab] = useState('processes');
  const processes = useMemo(() => processesOf(host), [host]);
  const none = host.processes === null && (host.gpus ?? []).every((gpu) => gpu.processes === null);
  const running = host.containers?.filter((container) => container.running) ?? null;
  const counted = (title: string, count: number | undefined): string => (count === undefined ? title : `${title} ${count}`);
  const items = [
    {
      key: 'processes',
      label: counted(texts.processes, none ? undefined : processes.length),
      children: <ProcessTable host={host.name} processes={none ? null : processes} caption={`${texts.processes}, ${host.name}`} withGpu online={host.online} />,
    },
    { key: 'containers', label: counted(texts.containers, running?.length), children: <ContainerTable containers={running} caption={`${texts.containers}, ${host.name}`} /> },
    { key: 'sessions', label: counted(texts.sessions, host.sessions?.length), children: <SessionTable sessions={host.sessions} caption={`${texts.sessions}, ${host.name}`} /> },
    { key: 'disks', label: counted(texts.disks, host.disks.length), children: <DiskTable disks={host.disks} caption={`${texts.disks}, ${host.name}`} /> },
  ];
  return (
    <div className="host-detail">
      <GpuSection host={host} />
      {(host.gpus ?? []).length === 0 && !host.online && <RemoveHost name={host.name} />}
      <Tabs size="small" activeKey={tab} onChange={setTab} items={items} destroyOnHidden />
    </div>
  );
}
