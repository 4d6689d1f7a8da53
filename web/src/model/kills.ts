/** What became of processes that were to be terminated. */
import { Notes, Reader, isObject } from './read';

export type Outcome = 'done' | 'failed' | 'unknown';

/** Why, where the message is one of those that the contract words in Chinese. */
export type KillReason = 'ended' | 'missing' | 'denied' | 'lasts' | 'silent';

export interface KillResult {
  pid: number;
  outcome: Outcome;
  reason: KillReason | null;
  message: string | null;
}

const wordings: [RegExp, KillReason][] = [
  [/^进程 \d+ 已终止$/, 'ended'],
  [/^进程 \d+ 不存在$/, 'missing'],
  [/^没有权限终止进程 \d+$/, 'denied'],
  [/^进程 \d+ 尚未结束$/, 'lasts'],
  [/^没有收到进程 \d+ 的结果$/, 'silent'],
];

function reasonOf(message: string | null): KillReason | null {
  return wordings.find(([wording]) => wording.test(message ?? ''))?.[1] ?? null;
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
        const message = result.text('message');
        found.set(pid, { pid, outcome, reason: reasonOf(message), message });
      }
    },
    'results',
  );
  return pids.map((pid) => found.get(pid) ?? { pid, outcome: 'unknown', reason: null, message: null });
}
