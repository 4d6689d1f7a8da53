/** Which card is free: by memory and count. */
import { compareNames } from './hosts';
import type { Gpu, Host } from './types';

export interface Wish {
  /** Free memory per card. */
  memoryMb: number;
  /** Cards on one host. */
  count: number;
  /** Cards at or above this utilization are busy; 101 takes any. */
  busyFromPercent: number;
}

export interface Offer {
  host: Host;
  /** All cards that fit, the best first; the first `count` are the ones to take. */
  cards: Gpu[];
}

export function freeMb(gpu: Gpu): number | null {
  return gpu.memoryUsedMb === null || gpu.memoryTotalMb === null ? null : Math.max(0, gpu.memoryTotalMb - gpu.memoryUsedMb);
}

/** Unknown is never free: whoever starts a job there would be told otherwise by the job. Nor is a card that a job
 *  of wemol-queue holds, though it may not use it yet. */
function fits(gpu: Gpu, wish: Wish): boolean {
  const free = freeMb(gpu);
  const calm = wish.busyFromPercent > 100 || (gpu.utilizationPercent !== null && gpu.utilizationPercent < wish.busyFromPercent);
  return gpu.queueJob === null && free !== null && free >= wish.memoryMb && calm;
}

function compareCards(a: Gpu, b: Gpu): number {
  return (a.utilizationPercent ?? 0) - (b.utilizationPercent ?? 0) || (freeMb(b) ?? 0) - (freeMb(a) ?? 0) || (a.index ?? 0) - (b.index ?? 0);
}

/** Hosts with enough cards; the one with most to choose from first. */
export function findFree(hosts: Iterable<Host>, wish: Wish): Offer[] {
  const offers: Offer[] = [];
  for (const host of hosts) {
    const cards = host.online ? (host.gpus ?? []).filter((gpu) => fits(gpu, wish)) : [];
    if (cards.length >= Math.max(1, wish.count)) {
      offers.push({ host, cards: cards.sort(compareCards) });
    }
  }
  return offers.sort((a, b) => b.cards.length - a.cards.length || compareNames(a.host.name, b.host.name));
}
