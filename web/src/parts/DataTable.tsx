/** A plain table: sorts by its heads, selects rows, shows the first rows and more on demand. antd's own table
 *  costs some ten times as much to draw, and a host's page has one for each GPU. On a phone each row is a card. */
import { useMemo, useState, type ReactNode } from 'react';
import { useTexts } from '../i18n';

export interface Column<Row> {
  id: string;
  title: string;
  cell: (row: Row) => ReactNode;
  /** Rows without a value come last, whichever way it is sorted. */
  sortValue?: (row: Row) => number | string | null;
  numeric?: boolean;
}

interface Props<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  sort?: { column: string; descending: boolean };
  pageSize?: number;
  selection?: {
    selected: ReadonlySet<string>;
    selectable: (row: Row) => boolean;
    labelOf: (row: Row) => string;
    change: (selected: ReadonlySet<string>) => void;
  };
}

function compareValues(a: number | string | null, b: number | string | null, descending: boolean): number {
  if (a === null || b === null) {
    return a === b ? 0 : a === null ? 1 : -1;
  }
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });
  return descending ? -order : order;
}

export function sortRows<Row>(rows: readonly Row[], value: (row: Row) => number | string | null, descending: boolean): Row[] {
  return [...rows].sort((a, b) => compareValues(value(a), value(b), descending));
}

export function DataTable<Row>({ caption, columns, rows, keyOf, sort, pageSize = 50, selection }: Props<Row>) {
  const texts = useTexts();
  const [order, setOrder] = useState(sort ?? null);
  const [limit, setLimit] = useState(pageSize);
  const sorted = useMemo(() => {
    const value = columns.find((column) => column.id === order?.column)?.sortValue;
    return value === undefined || order === null ? rows : sortRows(rows, value, order.descending);
  }, [rows, columns, order]);
  const shown = sorted.slice(0, limit);
  const selectable = selection === undefined ? [] : shown.filter((row) => selection.selectable(row)).map(keyOf);
  const allSelected = selectable.length > 0 && selectable.every((key) => selection?.selected.has(key));

  const toggle = (keys: readonly string[], on: boolean): void => {
    const next = new Set(selection?.selected);
    for (const key of keys) {
      if (on) {
        next.add(key);
      } else {
        next.delete(key);
      }
    }
    selection?.change(next);
  };
  const turn = (column: Column<Row>): void => {
    setOrder((before) => ({ column: column.id, descending: before?.column === column.id ? !before.descending : column.numeric === true }));
  };

  return (
    <div className="table-frame">
      <table className="table">
        <caption className="off-screen">{caption}</caption>
        <thead>
          <tr>
            {selection !== undefined && (
              <th scope="col" className="cell-select">
                <input type="checkbox" aria-label={texts.selectAll} checked={allSelected} disabled={selectable.length === 0} onChange={(event) => toggle(selectable, event.target.checked)} />
              </th>
            )}
            {columns.map((column) => {
              const numeric = column.numeric === true;
              const sortedBy = order?.column === column.id ? (order.descending ? 'descending' : 'ascending') : undefined;
              const mark = <span className={`sort-mark ${sortedBy ?? ''}`} aria-hidden="true" />;
              return (
                <th key={column.id} scope="col" className={numeric ? 'numeric' : undefined} aria-sort={sortedBy}>
                  {column.sortValue === undefined ? (
                    column.title
                  ) : (
                    <button type="button" className="sort" onClick={() => turn(column)}>
                      {numeric && mark}
                      {column.title}
                      {!numeric && mark}
                    </button>
                  )}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {shown.map((row) => {
            const key = keyOf(row);
            const chosen = selection?.selected.has(key) === true;
            return (
              <tr key={key} className={chosen ? 'chosen' : undefined}>
                {selection !== undefined && (
                  <td className="cell-select">
                    <input type="checkbox" aria-label={texts.select(selection.labelOf(row))} checked={chosen} disabled={!selection.selectable(row)} onChange={(event) => toggle([key], event.target.checked)} />
                  </td>
                )}
                {columns.map((column) => (
                  <td key={column.id} data-title={column.title} className={`cell-${column.id}${column.numeric === true ? ' numeric' : ''}`}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            );
          })}
        </tbody>
      </table>
      {sorted.length > limit && (
        <button type="button" className="link show-more" onClick={() => setLimit(limit + 200)}>
          {texts.showMore(sorted.length - limit)}
        </button>
      )}
    </div>
  );
}
