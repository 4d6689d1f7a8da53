/** Where the page is, in the part of the address behind #: so it works under any path without the server's
 *  help, and in bookmarks. */
import { useSyncExternalStore } from 'react';

export const viewNames = ['hosts', 'window', 'free', 'search', 'tasks', 'modules', 'history', 'alerts', 'settings'] as const;
export type ViewName = (typeof viewNames)[number];

export interface Route {
  /** null: the default view. */
  view: ViewName | null;
  /** Of the view "window": which host. */
  host: string | null;
  query: URLSearchParams;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

export function parseRoute(hash: string): Route {
  const [path = '', query = ''] = hash.replace(/^#\/?/, '').split('?', 2);
  const [name = '', host = ''] = path.split('/', 2);
  return {
    view: viewNames.find((view) => view === name) ?? null,
    host: host === '' ? null : decode(host),
    query: new URLSearchParams(query),
  };
}

export function routeHash(view: ViewName, host?: string | null, query: Record<string, string> = {}): string {
  const search = new URLSearchParams(query).toString();
  return `#/${view}${host ? `/${encodeURIComponent(host)}` : ''}${search === '' ? '' : `?${search}`}`;
}

function subscribe(listener: () => void): () => void {
  window.addEventListener('hashchange', listener);
  return () => window.removeEventListener('hashchange', listener);
}

export function useHash(): string {
  return useSyncExternalStore(subscribe, () => window.location.hash);
}

/** Goes on in the same entry of the history: a filter that is typed is no new page. */
export function replaceHash(hash: string): void {
  if (window.location.hash !== hash) {
    window.history.replaceState(null, '', hash);
    window.dispatchEvent(new HashChangeEvent('hashchange'));
  }
}
