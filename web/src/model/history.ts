/** Figures over time, as GET /api/history answers. Their names are those of docs/monitor-keys.md. */
import { isObject, printable } from './read';

export type Unit = 'percent' | 'celsius' | 'watts' | 'bytes' | 'bytes_per_second';
export type Scope = 'host' | 'gpu' | 'task';

export interface Metric {
  /** In the page's address. */
  id: string;
  /** As it is asked for; * is any part. */
  pattern: string;
  scope: Scope;
  unit: Unit;
  /** The axis ends at 100. */
  bounded?: boolean;
}

export const metrics: readonly [Metric, ...Metric[]] = [
  { id: 'gpu', pattern: 'gpu.*.gpu', scope: 'gpu', unit: 'percent', bounded: true },
  { id: 'gpu-memory', pattern: 'gpu.*.memoryAllocatedBytes', scope: 'gpu', unit: 'bytes' },
  { id: 'gpu-temperature', pattern: 'gpu.*.temp', scope: 'gpu', unit: 'celsius' },
  { id: 'gpu-power', pattern: 'gpu.*.powerWatts', scope: 'gpu', unit: 'watts' },
  { id: 'cpu', pattern: 'system.cpu.usage_percent', scope: 'host', unit: 'percent', bounded: true },
  { id: 'memory', pattern: 'system.memory.usage_percent', scope: 'host', unit: 'percent', bounded: true },
  { id: 'disk', pattern: 'system.disk.usage_percent', scope: 'host', unit: 'percent', bounded: true },
  { id: 'network-in', pattern: 'system.network.rx_bytes_per_sec', scope: 'host', unit: 'bytes_per_second' },
  { id: 'network-out', pattern: 'system.network.tx_bytes_per_sec', scope: 'host', unit: 'bytes_per_second' },
  { id: 'task-cpu', pattern: 'container.*.cpu_percent', scope: 'task', unit: 'percent' },
  { id: 'task-memory', pattern: 'container.*.memory_used_bytes', scope: 'task', unit: 'bytes' },
  { id: 'task-gpu-memory', pattern: 'container.*.gpu.*.task_memory_used_bytes', scope: 'task', unit: 'bytes' },
];

export interface Series {
  label: string;
  gpuIndex: number | null;
  /** As many as there are times; null where nothing is known. */
  values: (number | null)[];
  min: number | null;
  mean: number | null;
  max: number | null;
  last: number | null;
}

export interface History {
  /** Seconds since 1970, ascending. */
  times: number[];
  series: Series[];
}

const limits = { series: 256, points: 12_000 };

/** Time, lowest, mean, highest. */
type Point = [number, number, number, number];

function pointsOf(list: unknown): Point[] {
  const points = Array.isArray(list) ? list.slice(0, limits.points) : [];
  return points.filter((point): point is Point => Array.isArray(point) && point.length >= 4 && point.slice(0, 4).every((value) => typeof value === 'number' && Number.isFinite(value)));
}

/** "GPU 3", the container's name, "train, GPU 3", or the host's name. */
function labelOf(metric: string, host: string): { label: string; gpuIndex: number | null } {
  const [, container, rest] = /^container\.([^.]+)\.(.*)$/.exec(metric) ?? [];
  const [, index] = /^gpu\.(\d+)\./.exec(rest ?? metric) ?? [];
  const gpu = index === undefined ? null : `GPU ${index}`;
  const name = [container, gpu].filter((part) => typeof part === 'string').join(', ');
  return { label: printable(name === '' ? host : name), gpuIndex: index === undefined ? null : Number(index) };
}

/** All times that any series has, and one more behind each gap's begin, so that no line crosses it. */
function gridOf(all: readonly Point[][], step: number): number[] {
  const sorted = [...new Set(all.flatMap((points) => points.map(([time]) => time)))].sort((a, b) => a - b);
  const grid: number[] = [];
  for (const time of sorted) {
    const before = grid.at(-1);
    if (before !== undefined && time - before > step * 1.5) {
      grid.push(before + step);
    }
    grid.push(time);
  }
  return grid;
}

function seriesOf(metric: string, host: string, points: readonly Point[], grid: readonly number[]): Series {
  const at = new Map(points.map((point) => [point[0], point[2]]));
  const count = points.length;
  const sum = points.reduce((total, point) => total + point[2], 0);
  return {
    ...labelOf(metric, host),
    values: grid.map((time) => at.get(time) ?? null),
    min: count === 0 ? null : points.reduce((least, point) => Math.min(least, point[1]), Infinity),
    mean: count === 0 ? null : sum / count,
    max: count === 0 ? null : points.reduce((most, point) => Math.max(most, point[3]), -Infinity),
    last: points.at(-1)?.[2] ?? null,
  };
}

/** null: the answer is no history. */
export function readHistory(answer: unknown, host: string): History | null {
  if (!isObject(answer) || !Array.isArray(answer['series'])) {
    return null;
  }
  const step = typeof answer['step'] === 'number' && answer['step'] > 0 ? answer['step'] : 10;
  const lines = (answer['series'] as unknown[]).slice(0, limits.series).flatMap((entry): { metric: string; points: Point[] }[] => {
    const metric = isObject(entry) ? entry['metric'] : null;
    return isObject(entry) && typeof metric === 'string' ? [{ metric, points: pointsOf(entry['points']) }] : [];
  });
  const times = gridOf(
    lines.map((line) => line.points),
    step,
  );
  return { times, series: lines.map(({ metric, points }) => seriesOf(metric, host, points, times)) };
}

export function historyPath(host: string, pattern: string, from: number, to: number, step: number): string {
  return `api/history?${new URLSearchParams({ host, metric: pattern, from: String(from), to: String(to), step: String(step) }).toString()}`;
}

/** Seconds between points such that a plot has about 500: more are not seen, and cost. */
export function stepFor(seconds: number): number {
  const steps = [10, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400];
  return steps.find((step) => seconds / step <= 600) ?? 28_800;
}

/** Seconds since 1970. */
export interface Span {
  from: number;
  to: number;
}

const shortest = 120;

/** Around the middle, by a factor; never shorter than can be drawn, never into the future. */
export function scaled(span: Span, factor: number, now: number): Span {
  const length = Math.min(7_776_000, Math.max(shortest, (span.to - span.from) * factor));
  const to = Math.min(now, (span.from + span.to) / 2 + length / 2);
  return { from: Math.floor(to - length), to: Math.floor(to) };
}

export function moved(span: Span, share: number, now: number): Span {
  const length = span.to - span.from;
  const to = Math.min(now, Math.floor(span.to + length * share));
  return { from: to - length, to };
}
