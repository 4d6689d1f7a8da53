/** uPlot in React: the chart is made when its lines change, and given new data else. */
import { useEffect, useMemo, useRef } from 'react';
import UPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { bytesText } from '../model/format';
import type { History, Unit } from '../model/history';
import { useDark } from '../app/theme';

const lineColors = {
  light: ['#2b55d9', '#c2410c', '#0f766e', '#9333ea', '#b45309', '#0369a1', '#be185d', '#4d7c0f'],
  dark: ['#8aa8ff', '#fb923c', '#2dd4bf', '#c084fc', '#fbbf24', '#38bdf8', '#f472b6', '#a3e635'],
};

export function unitText(unit: Unit, value: number | null): string {
  if (value === null) {
    return '–';
  }
  switch (unit) {
    case 'bytes':
      return bytesText(value);
    case 'bytes_per_second':
      return `${bytesText(value)}/s`;
    case 'celsius':
      return `${Math.round(value)} °C`;
    case 'watts':
      return `${Math.round(value)} W`;
    default:
      return `${value >= 10 ? Math.round(value) : Math.round(value * 10) / 10}%`;
  }
}

export function lineColor(position: number, dark: boolean): string {
  const colors = dark ? lineColors.dark : lineColors.light;
  return colors[position % colors.length] ?? '#888';
}

interface Props {
  history: History;
  unit: Unit;
  /** Seconds since 1970. */
  from: number;
  to: number;
  height: number;
  label: string;
  small?: boolean;
  /** The axis ends at 100. */
  bounded?: boolean;
  onZoom?: (from: number, to: number) => void;
  /** The double click undoes what dragging did. */
  onReset?: () => void;
}

/** What the mouse asks for; the newest functions, so that a chart outlives them. */
interface Gestures {
  zoom: (from: number, to: number) => void;
  reset: () => void;
}

/** Steps at which an axis of bytes is a round number of KiB, MiB or GiB. */
const byteSteps = Array.from({ length: 60 }, (_, power) => 2 ** power);

function axes(dark: boolean, unit: Unit, small: boolean): UPlot.Axis[] {
  const stroke = dark ? '#9aa5b5' : '#586274';
  const grid = { stroke: dark ? '#262d38' : '#e8ebf0', width: 1 };
  const font = '11px system-ui, sans-serif';
  return [
    { stroke, grid: { show: false }, ticks: { show: false }, font, size: 26, space: small ? 60 : 80 },
    { stroke, grid, ticks: { show: false }, font, size: small ? 40 : 62, space: small ? 26 : 40, values: (_chart, values) => values.map((value) => unitText(unit, value)), ...(unit.startsWith('bytes') ? { incrs: byteSteps } : {}) },
  ];
}

/** The hours within a day, else the day, and its hour where the axis is short enough for both. */
function timeAxis(from: number, to: number): (chart: UPlot, splits: number[]) => string[] {
  const pad = (value: number): string => String(value).padStart(2, '0');
  const days = (to - from) / 86_400;
  return (_chart, splits) =>
    splits.map((split) => {
      const date = new Date(split * 1000);
      const day = `${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
      const clock = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
      return days <= 1.1 ? clock : days > 10 || clock === '00:00' ? day : `${day} ${clock}`;
    });
}

function makeChart(frame: HTMLElement, { history, unit, from, to, height, small = false, bounded = false }: Props, dark: boolean, gestures: Gestures): UPlot {
  const [time, value] = axes(dark, unit, small) as [UPlot.Axis, UPlot.Axis];
  time.values = timeAxis(from, to);
  const options: UPlot.Options = {
    width: Math.max(120, frame.clientWidth),
    height,
    legend: { show: false },
    cursor: { drag: { x: !small, y: false, setScale: false }, show: !small, bind: { dblclick: () => () => { gestures.reset(); return null; } } },
    scales: {
      x: { time: true, range: () => [from, to] },
      y: { range: (_chart, _low, high) => [0, bounded ? 100 : Math.max(1, (Number.isFinite(high) ? high : 1) * 1.1)] },
    },
    axes: [time, value],
    series: [{}, ...history.series.map((series, position) => ({ label: series.label, stroke: lineColor(position, dark), width: 1.5, points: { show: false } }))],
    hooks: {
      setSelect: [
        (chart) => {
          if (chart.select.width > 4) {
            gestures.zoom(chart.posToVal(chart.select.left, 'x'), chart.posToVal(chart.select.left + chart.select.width, 'x'));
          }
        },
      ],
    },
  };
  return new UPlot(options, dataOf(history), frame);
}

function dataOf(history: History): UPlot.AlignedData {
  return [history.times, ...history.series.map((series) => series.values)];
}

export default function Plot(props: Props) {
  const { history, unit, from, to, height, label, small = false, bounded = false, onZoom, onReset } = props;
  const frame = useRef<HTMLDivElement>(null);
  const dark = useDark();
  const asked = useRef({ onZoom, onReset });
  useEffect(() => {
    asked.current = { onZoom, onReset };
  }, [onZoom, onReset]);
  const inputs = useMemo(() => ({ history, unit, from, to, height, label, small, bounded }), [history, unit, from, to, height, label, small, bounded]);

  useEffect(() => {
    const element = frame.current;
    if (element === null) {
      return;
    }
    const chart = makeChart(element, inputs, dark, { zoom: (begin, end) => asked.current.onZoom?.(begin, end), reset: () => asked.current.onReset?.() });
    const observer = new ResizeObserver(() => chart.setSize({ width: Math.max(120, element.clientWidth), height: inputs.height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      chart.destroy();
    };
  }, [inputs, dark]);

  return <div ref={frame} className="plot" role="img" aria-label={label} style={{ minHeight: height }} />;
}
