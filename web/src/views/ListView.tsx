import { Input, Select } from 'antd';
import { useCallback, useDeferredValue, useMemo, useState } from 'react';
import { useTexts } from '../i18n';
import { isIdle } from '../model/hosts';
import type { Host } from '../model/types';
import { HostCard } from '../parts/HostCard';
import { Icon } from '../parts/Icon';
import { useStore } from '../state/store';

type Order = 'name' | 'free' | 'busy';

function weightOf(host: Host, order: Order): number {
  const gpus = host.online ? (host.gpus ?? []) : [];
  if (order === 'free') {
    return gpus.filter(isIdle).length;
  }
  return gpus.length === 0 ? -1 : gpus.reduce((sum, gpu) => sum + (gpu.utilizationPercent ?? 0), 0) / gpus.length;
}

function matches(host: Host, filter: string): boolean {
  const hay = `${host.name} ${host.address ?? ''} ${(host.gpus ?? []).map((gpu) => gpu.name ?? '').join(' ')}`.toLowerCase();
  return filter.toLowerCase().split(/\s+/).every((word) => hay.includes(word));
}

export default function ListView() {
  const texts = useTexts();
  // Drawn in slices: a hundred hosts that come at once hold up nothing that somebody does meanwhile.
  const hosts = useDeferredValue(useStore((store) => store.hosts));
  const names = useStore((store) => store.names);
  const [filter, setFilter] = useState('');
  const [order, setOrder] = useState<Order>('name');
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  const wanted = useDeferredValue(filter.trim());

  const shown = useMemo(() => {
    const found = names.flatMap((name) => {
      const host = hosts.get(name);
      return host !== undefined && matches(host, wanted) ? [host] : [];
    });
    // Sorting is stable, so that equal ones stay in the order of their names.
    return order === 'name' ? found : found.sort((a, b) => weightOf(b, order) - weightOf(a, order));
  }, [hosts, names, wanted, order]);

  const toggle = useCallback((name: string) => {
    setExpanded((before) => {
      const next = new Set(before);
      if (!next.delete(name)) {
        next.add(name);
      }
      return next;
    });
  }, []);

  return (
    <>
      <div className="toolbar view-bar">
        <Input allowClear prefix={<Icon name="search" />} aria-label={texts.filterHosts} placeholder={texts.filterHosts} value={filter} onChange={(event) => setFilter(event.target.value)} />
        <Select<Order>
          aria-label={texts.sortBy}
          value={order}
          onChange={setOrder}
          options={[
            { value: 'name', label: texts.sortName },
            { value: 'free', label: texts.sortFree },
            { value: 'busy', label: texts.sortBusy },
          ]}
        />
      </div>
      {shown.length === 0 && names.length > 0 && <p className="quiet">{texts.noMatch}</p>}
      <div className="host-grid">
        {shown.map((host) => (
          <HostCard key={host.name} host={host} expanded={expanded.has(host.name)} toggle={toggle} />
        ))}
      </div>
    </>
  );
}
