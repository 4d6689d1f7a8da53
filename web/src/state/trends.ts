/** The last minutes of each GPU's utilization, from the reports that the page has seen itself. */
import type { Host } from '../model/types';

const keptSamples = 90;
const trends = new Map<string, (number | null)[]>();

function keyOf(host: string, gpu: string): string {
  return `${host}\u0000${gpu}`;
}

export function noteTrends(host: Host): void {
  if (!host.online) {
    return;
  }
  for (const gpu of host.gpus ?? []) {
    const key = keyOf(host.name, gpu.key);
    const samples = trends.get(key) ?? [];
    trends.set(key, [...samples.slice(1 - keptSamples), gpu.utilizationPercent]);
  }
}

export function trendOf(host: string, gpu: string): readonly (number | null)[] {
  return trends.get(keyOf(host, gpu)) ?? [];
}
