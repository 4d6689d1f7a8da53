import { Input } from 'antd';
import { useDeferredValue, useMemo, useState } from 'react';
import { replaceHash, routeHash } from '../app/routes';
import { useTexts } from '../i18n';
import { searchProcesses, type Found } from '../model/hosts';
import { DataTable, type Column } from '../parts/DataTable';
import { Icon } from '../parts/Icon';
import { processColumns } from '../parts/ProcessTable';
import { hostColors, useStore } from '../state/store';

const limit = 500;

export default function SearchView({ query }: { query: string }) {
  const texts = useTexts();
  const hosts = useStore((store) => store.hosts);
  const [text, setText] = useState(query);
  const wanted = useDeferredValue(text);
  const { found, total } = useMemo(() => searchProcesses(hosts.values(), wanted, limit), [hosts, wanted]);
  const columns = useMemo<Column<Found>[]>(() => {
    const host: Column<Found> = {
      id: 'host',
      title: texts.host,
      sortValue: (row) => row.host.name,
      cell: (row) => (
        <a className="host-link" href={routeHash('window', row.host.name)} style={{ '--host-hue': hostColors().hue(row.host.name) }}>
          <span className="dot" aria-hidden="true" />
          <bdi>{row.host.name}</bdi>
        </a>
      ),
    };
    const rest = processColumns(texts, true).map((column): Column<Found> => {
      const { sortValue, cell, ...same } = column;
      return { ...same, cell: (row) => cell(row.process), ...(sortValue === undefined ? {} : { sortValue: (row: Found) => sortValue(row.process) }) };
    });
    return [host, ...rest];
  }, [texts]);
  const change = (next: string): void => {
    setText(next);
    replaceHash(routeHash('search', null, next === '' ? {} : { q: next }));
  };
  return (
    <>
      <div className="toolbar view-bar">
        <Input size="large" allowClear type="search" prefix={<Icon name="search" />} aria-label={texts.searchLabel} placeholder={texts.searchLabel} value={text} onChange={(event) => change(event.target.value)} />
      </div>
      <p className="quiet view-note" role="status">
        {wanted.trim() === '' ? texts.searchHint : `${texts.searchFound(total)}${total > found.length ? texts.searchFirst(found.length) : ''}`}
      </p>
      {found.length > 0 && <DataTable caption={texts.searchLabel} columns={columns} rows={found} keyOf={(row) => `${row.host.name} ${row.process.key}`} pageSize={50} sort={{ column: 'gpu-memory', descending: true }} />}
    </>
  );
}
