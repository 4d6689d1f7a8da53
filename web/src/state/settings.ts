/** What the viewer has chosen, kept in localStorage. */
import { create } from 'zustand';
import { isAddress } from '../api/client';
import { isObject } from '../model/read';

export type View = 'list' | 'window';
export type Language = 'auto' | 'zh' | 'en';
export type Theme = 'auto' | 'light' | 'dark';
export type CardDetail = 'compact' | 'detailed';

export interface Settings {
  /** Empty: where the page comes from. */
  apiAddress: string;
  intervalMs: number;
  defaultView: View;
  language: Language;
  theme: Theme;
  cardDetail: CardDetail;
  /** Changes as they come, over a WebSocket; else polling alone. */
  live: boolean;
}

export const minimumIntervalMs = 1000;

export const defaults: Settings = {
  apiAddress: '',
  intervalMs: 5000,
  defaultView: 'list',
  language: 'auto',
  theme: 'auto',
  cardDetail: 'compact',
  live: true,
};

const storageKey = 'wemol-hub-settings';

function oneOf<Value extends string>(value: unknown, allowed: readonly Value[], fallback: Value): Value {
  return allowed.find((entry) => entry === value) ?? fallback;
}

/** What was kept, by an older page or by hand, value by value. */
export function readSettings(kept: unknown): Settings {
  const json = isObject(kept) ? kept : {};
  const { apiAddress, intervalMs, live } = json;
  return {
    apiAddress: typeof apiAddress === 'string' && isAddress(apiAddress) ? apiAddress : defaults.apiAddress,
    intervalMs: typeof intervalMs === 'number' && intervalMs >= minimumIntervalMs && intervalMs <= 3_600_000 ? Math.round(intervalMs) : defaults.intervalMs,
    defaultView: oneOf(json['defaultView'], ['list', 'window'], defaults.defaultView),
    language: oneOf(json['language'], ['auto', 'zh', 'en'], defaults.language),
    theme: oneOf(json['theme'], ['auto', 'light', 'dark'], defaults.theme),
    cardDetail: oneOf(json['cardDetail'], ['compact', 'detailed'], defaults.cardDetail),
    live: typeof live === 'boolean' ? live : defaults.live,
  };
}

/** localStorage may be forbidden, full, or hold anything. */
export function load(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null') as unknown;
  } catch {
    return null;
  }
}

export function save(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Then it lasts as long as the page.
  }
}

interface SettingsStore extends Settings {
  change: (part: Partial<Settings>) => void;
}

export const useSettings = create<SettingsStore>()((set, get) => ({
  ...readSettings(load(storageKey)),
  change: (part) => {
    const next = readSettings({ ...get(), ...part });
    set(next);
    save(storageKey, next);
  },
}));
