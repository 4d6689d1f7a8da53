/** The hosts as the page knows them, and how fresh that is. */
import { create } from 'zustand';
import type { Failure } from '../api/client';
import { HostColors } from '../model/colors';
import { compareNames } from '../model/hosts';
import { isObject } from '../model/read';
import { readHost } from '../model/report';
import type { Host } from '../model/types';
import { load, save } from './settings';
import { noteTrends } from './trends';

export interface Store {
  hosts: ReadonlyMap<string, Host>;
  /** Host names in the order in which they are shown. */
  names: readonly string[];
  /** When the hub last answered; null before the first answer. */
  freshAt: number | null;
  failure: Failure | null;
  live: 'off' | 'connecting' | 'on';
  loginNeeded: boolean;
  /** null: not signed in, or the hub does not say. */
  user: string | null;
  /** The hub has users, and looking needs none of them. */
  signInOffered: boolean;
  mayLook: boolean;
}

export const useStore = create<Store>()(() => ({
  hosts: new Map(),
  names: [],
  freshAt: null,
  failure: null,
  live: 'off',
  loginNeeded: false,
  user: null,
  signInOffered: false,
  mayLook: false,
}));

const colorKey = 'wemol-hub-colors';
let colors: HostColors | undefined;
const stamps = new WeakMap<Host, Stamp>();

export function hostColors(): HostColors {
  colors ??= new HostColors((load(colorKey) ?? {}) as Record<string, number>);
  return colors;
}

/** What tells two reports of a host apart without reading them. */
interface Stamp {
  timestamp: string;
  online: unknown;
}

function stampOf(report: unknown): Stamp | null {
  const timestamp = isObject(report) ? report['timestamp'] : undefined;
  return isObject(report) && timestamp !== undefined ? { timestamp: JSON.stringify(timestamp), online: report['is_online'] } : null;
}

/** The host of a report: the one that is there where nothing has changed, so that nothing is drawn anew. `seenAt`:
 *  when the hub took it, where the hub has told. A report that is new to a page that knows the host has just come. */
export function takeReport(name: string, report: unknown, known: Host | undefined, now: number, seenAt: number | null = null): Host {
  const stamp = stampOf(report);
  const before = known === undefined ? undefined : stamps.get(known);
  if (known !== undefined && before !== undefined && stamp !== null && before.timestamp === stamp.timestamp) {
    return before.online === stamp.online ? known : keep(readHost(name, report, now, known.updatedAt), stamp);
  }
  return keep(readHost(name, report, now, known === undefined ? seenAt : now), stamp);
}

function keep(host: Host, stamp: Stamp | null): Host {
  if (stamp !== null) {
    stamps.set(host, stamp);
  }
  return host;
}

/** Puts read hosts into the store. `all` drops those that are not among them. */
export function putHosts(fresh: readonly Host[], all: boolean, now: number): void {
  const before = useStore.getState();
  const hosts = new Map(all ? [] : before.hosts);
  for (const host of fresh) {
    if (before.hosts.get(host.name) !== host) {
      noteTrends(host);
    }
    hosts.set(host.name, host);
  }
  const sameNames = hosts.size === before.names.length && before.names.every((name) => hosts.has(name));
  const names = sameNames ? before.names : [...hosts.keys()].sort(compareNames);
  if (!sameNames && hostColors().assign(names)) {
    save(colorKey, hostColors().known());
  }
  useStore.setState({ hosts, names, freshAt: now, failure: null });
}

export function dropHost(name: string): void {
  const { hosts, names } = useStore.getState();
  if (hosts.has(name)) {
    const rest = new Map(hosts);
    rest.delete(name);
    useStore.setState({ hosts: rest, names: names.filter((other) => other !== name) });
  }
}

/** Another address has other hosts. */
export function forgetHosts(): void {
  useStore.setState({ hosts: new Map(), names: [], freshAt: null, failure: null, user: null, loginNeeded: false, signInOffered: false, mayLook: false });
}
