/** One question to the hub for all parts of the page that want the same answer, asked anew each minute. */
import { useEffect, useState } from 'react';
import { ask } from '../api/client';
import { useApiBase } from './api';

const freshMs = 60_000;

interface Kept {
  at: number;
  answer: Promise<unknown>;
}

const kept = new Map<string, Kept>();

async function fetchData(base: string, path: string): Promise<unknown> {
  const answer = await ask(base, path);
  return answer.kind === 'ok' ? answer.data : null;
}

export function useShared<Value>(name: string, makePath: (now: number) => string, read: (answer: unknown) => Value | null): { value: Value | null; at: number } {
  const base = useApiBase();
  const [state, setState] = useState<{ value: Value | null; at: number }>({ value: null, at: 0 });
  useEffect(() => {
    let gone = false;
    const key = `${base} ${name}`;
    const turn = (): void => {
      const now = Date.now();
      let entry = kept.get(key);
      if (entry === undefined || now - entry.at >= freshMs) {
        entry = { at: now, answer: fetchData(base, makePath(now)) };
        kept.set(key, entry);
      }
      const { at, answer } = entry;
      void answer.then((data) => {
        if (!gone) {
          setState({ value: read(data), at });
        }
      });
    };
    turn();
    const timer = setInterval(turn, freshMs);
    return () => {
      gone = true;
      clearInterval(timer);
    };
  }, [base, name, makePath, read]);
  return state;
}
