/** What became of processes that were to be terminated. */
import { Notes, Reader, isObject } from './read';

export type Outcome = 'done' | 'failed' | 'unknown';

export interface KillResult {
  pid: number;
  outcome: Outcome;
  message: string | null;
}

/** One per pid that was asked for: one that the answer leaves out is unknown, not done. */
export function readKillResults(answer: unknown, pids: readonly number[]): KillResult[] {
  const found = new Map<number, KillResult>();
  const reader = new Reader(isObject(answer) ? answer : {}, new Notes(), '');
  reader.list(
    10_000,
    (result) => {
      const pid = result.integer('pid');
      const status = result.text('status');
      if (pid !== null) {
        const outcome = status === 'success' ? 'done' : status === null || status === 'unknown' ? 'unknown' : 'failed';
        found.set(pid, { pid, outcome, message: result.text('message') });
      }
    },
    'results',
  );
  return pids.map((pid) => found.get(pid) ?? { pid, outcome: 'unknown', message: null });
}
