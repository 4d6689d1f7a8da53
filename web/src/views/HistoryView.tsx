import { Button, Segmented, Select } from 'antd';
import { useCallback, useMemo, useState } from 'react';
import { replaceHash, routeHash } from '../app/routes';
import { useDark } from '../app/theme';
import { useTexts } from '../i18n';
import { durationText, fullTimeText } from '../model/format';
import { historyPath, metrics, moved, readHistory, scaled, stepFor, type History, type Metric, type Series, type Span } from '../model/history';
import { chooseHost } from '../model/hosts';
import { DataTable, type Column } from '../parts/DataTable';
import Plot, { lineColor, unitText } from '../parts/Plot';
import { ResourceFrame } from '../parts/ResourceFrame';
import { useResource } from '../state/resource';
import { useStore } from '../state/store';

const ranges = [3600, 21_600, 86_400, 604_800, 2_592_000, 7_776_000];

function endingNow(seconds: number): Span {
  const to = Math.floor(Date.now() / 1000);
  return { from: to - seconds, to };
}

interface Line {
  position: number;
  series: Series;
}

function Legend({ history, metric, hidden, toggle }: { history: History; metric: Metric; hidden: ReadonlySet<string>; toggle: (label: string) => void }) {
  const texts = useTexts();
  const dark = useDark();
  const lines = useMemo(() => history.series.map((series, position): Line => ({ position, series })), [history]);
  const columns = useMemo<Column<Line>[]>(() => {
    const figure = (id: string, title: string, value: (line: Line) => number | null): Column<Line> => ({ id, title, numeric: true, sortValue: value, cell: (line) => unitText(metric.unit, value(line)) });
    return [
      {
        id: 'series',
        title: texts.seriesName,
        cell: (line) => (
          <label className="legend-entry">
            <input type="checkbox" checked={!hidden.has(line.series.label)} onChange={() => toggle(line.series.label)} />
            <span className="legend-line" style={{ background: lineColor(line.position, dark) }} />
            <bdi>{line.series.label}</bdi>
          </label>
        ),
      },
      figure('lowest', texts.lowest, (line) => line.series.min),
      figure('mean', texts.mean, (line) => line.series.mean),
      figure('highest', texts.highest, (line) => line.series.max),
      figure('last', texts.last, (line) => line.series.last),
    ];
  }, [texts, metric, hidden, toggle, dark]);
  return <DataTable caption={texts.seriesName} columns={columns} rows={lines} keyOf={(line) => `${line.position}`} />;
}

function Chart({ history, metric, span, zoom, reset }: { history: History; metric: Metric; span: Span; zoom: (span: Span) => void; reset: () => void }) {
  const texts = useTexts();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const shown = useMemo(
    () => ({ times: history.times, series: history.series.map((series) => (hidden.has(series.label) ? { ...series, values: series.values.map(() => null) } : series)) }),
    [history, hidden],
  );
  const toggle = useCallback((label: string) => {
    setHidden((before) => {
      const next = new Set(before);
      if (!next.delete(label)) {
        next.add(label);
      }
      return next;
    });
  }, []);
  if (history.series.length === 0 || history.times.length === 0) {
    return <p className="quiet">{texts.noHistory}</p>;
  }
  const name = texts.metricNames[metric.id] ?? metric.id;
  return (
    <section className="panel" aria-label={name}>
      <Plot
        history={shown}
        unit={metric.unit}
        bounded={metric.bounded === true}
        from={span.from}
        to={span.to}
        height={320}
        label={`${name}, ${fullTimeText(span.from * 1000)} – ${fullTimeText(span.to * 1000)}`}
        onZoom={(from, to) => zoom({ from: Math.floor(from), to: Math.ceil(to) })}
        onReset={reset}
      />
      <Legend history={history} metric={metric} hidden={hidden} toggle={toggle} />
    </section>
  );
}

export default function HistoryView({ query }: { query: URLSearchParams }) {
  const texts = useTexts();
  const hosts = useStore((store) => store.hosts);
  const names = useStore((store) => store.names);
  const [range, setRange] = useState(3600);
  const [span, setSpan] = useState(() => endingNow(3600));
  const asked = query.get('host');
  const host = chooseHost(hosts, names, asked)?.name ?? asked;
  const metric = metrics.find((entry) => entry.id === query.get('metric')) ?? metrics[0];
  const read = useCallback((answer: unknown) => readHistory(answer, host ?? ''), [host]);
  const path = host === null ? null : historyPath(host, metric.pattern, span.from, span.to, stepFor(span.to - span.from));
  const resource = useResource(path, read, 0);

  const choose = (nextHost: string | null, nextMetric: string): void => replaceHash(routeHash('history', null, { ...(nextHost === null ? {} : { host: nextHost }), metric: nextMetric }));
  const chooseRange = (seconds: number): void => {
    setRange(seconds);
    setSpan(endingNow(seconds));
  };
  const change = (next: Span): void => {
    setRange(0);
    setSpan(next);
  };
  const now = (): number => Math.floor(Date.now() / 1000);
  return (
    <>
      <div className="toolbar view-bar">
        <Select className="wide-select" showSearch aria-label={texts.host} value={host} onChange={(name) => choose(name, metric.id)} options={names.map((name) => ({ value: name, label: name }))} />
        <Select className="wide-select" listHeight={400} aria-label={texts.metric} value={metric.id} onChange={(id) => choose(host, id)} options={metrics.map((entry) => ({ value: entry.id, label: texts.metricNames[entry.id] ?? entry.id }))} />
        <Segmented<number> aria-label={texts.range} value={range} onChange={chooseRange} options={ranges.map((seconds) => ({ value: seconds, label: durationText(seconds) }))} />
        <div className="button-row">
          <Button size="small" onClick={() => change(moved(span, -0.5, now()))}>
            {texts.earlier}
          </Button>
          <Button size="small" onClick={() => change(moved(span, 0.5, now()))}>
            {texts.later}
          </Button>
          <Button size="small" onClick={() => change(scaled(span, 0.5, now()))}>
            {texts.zoomIn}
          </Button>
          <Button size="small" onClick={() => change(scaled(span, 2, now()))}>
            {texts.zoomOut}
          </Button>
        </div>
      </div>
      <p className="quiet view-note">
        {fullTimeText(span.from * 1000)} – {fullTimeText(span.to * 1000)}. {texts.dragHint}
      </p>
      <ResourceFrame resource={resource}>{(history) => <Chart history={history} metric={metric} span={span} zoom={change} reset={() => chooseRange(range === 0 ? 3600 : range)} />}</ResourceFrame>
    </>
  );
}
