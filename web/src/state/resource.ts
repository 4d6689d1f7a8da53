/** What a view asks of the hub by itself, now and then. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { ask, type Failure } from '../api/client';
import { useApiBase } from './api';
import { useStore } from './store';

export interface Resource<Value> {
  value: Value | null;
  failure: Failure | null;
  loading: boolean;
  reload: () => void;
}

/** Asks `path` now and every `everyMs` (0: once); `read` must be stable. A failed try keeps the old value. */
export function useResource<Value>(path: string | null, read: (answer: unknown) => Value | null, everyMs: number): Resource<Value> {
  const base = useApiBase();
  const [state, setState] = useState<{ path: string | null; value: Value | null; failure: Failure | null }>({ path: null, value: null, failure: null });
  const [round, setRound] = useState(0);
  const etag = useRef<{ path: string; etag: string | null } | null>(null);

  useEffect(() => {
    if (path === null) {
      return;
    }
    const stopper = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const turn = async (): Promise<void> => {
      const known = etag.current?.path === path ? etag.current.etag : null;
      const answer = await ask(base, path, { etag: known, signal: stopper.signal });
      if (stopper.signal.aborted) {
        return;
      }
      if (answer.kind === 'unauthorized') {
        useStore.setState({ loginNeeded: true });
        return;
      }
      if (answer.kind === 'failed') {
        setState((before) => ({ path, value: before.path === path ? before.value : null, failure: answer.failure }));
      } else if (answer.kind === 'ok') {
        const value = read(answer.data);
        etag.current = { path, etag: value === null ? null : answer.etag };
        setState({ path, value, failure: value === null ? { kind: 'no_json' } : null });
      } else {
        setState((before) => ({ ...before, failure: null }));
      }
      if (everyMs > 0) {
        timer = setTimeout(() => void turn(), document.hidden ? Math.max(everyMs, 60_000) : everyMs);
      }
    };
    void turn();
    return () => {
      stopper.abort();
      clearTimeout(timer);
    };
  }, [base, path, read, everyMs, round]);

  const current = state.path === path;
  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { value: current ? state.value : null, failure: current ? state.failure : null, loading: path !== null && !current, reload };
}
