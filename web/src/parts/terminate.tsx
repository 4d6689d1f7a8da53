/** Asks, has processes terminated, and tells for each what became of it. */
import { App } from 'antd';
import { useCallback } from 'react';
import { ask, type Answer } from '../api/client';
import { useTexts, type Texts } from '../i18n';
import { readKillResults, type KillResult } from '../model/kills';
import type { Process } from '../model/types';
import { useApiBase } from '../state/api';
import { useStore } from '../state/store';
import { failureText } from './failureText';

/** pid 1 and below is never a process to end. */
export function canTerminate(process: Process): boolean {
  return process.pid !== null && process.pid > 1;
}

export function processLabel(process: Process): string {
  return `${process.pid ?? '?'} ${process.name ?? ''}`.trim();
}

function refusalText(texts: Texts, answer: Exclude<Answer, { kind: 'ok' }>): string {
  if (answer.kind !== 'failed') {
    return texts.loginHint;
  }
  const { failure } = answer;
  if (failure.kind === 'status' && failure.status === 404) {
    return texts.notConnected;
  }
  if (failure.kind === 'status' && failure.status === 403) {
    return `${texts.notAllowed}${failure.message === null ? '' : ` (${failure.message})`}`;
  }
  return failureText(texts, failure);
}

function ResultReason({ result: { reason, message } }: { result: KillResult }) {
  const texts = useTexts();
  const text = reason === null ? message : texts.killReasons[reason];
  return text === null || text === '' ? null : <small>{text}</small>;
}

function Results({ results, processes }: { results: readonly KillResult[]; processes: readonly Process[] }) {
  const texts = useTexts();
  const words = { done: texts.outcomeDone, failed: texts.outcomeFailed, unknown: texts.outcomeUnknown };
  return (
    <ul className="results">
      {results.map((result) => (
        <li key={result.pid} className={`result-${result.outcome}`}>
          <code>{result.pid}</code> <bdi>{processes.find((process) => process.pid === result.pid)?.name}</bdi> <strong>{words[result.outcome]}</strong>
          <ResultReason result={result} />
        </li>
      ))}
    </ul>
  );
}

export function useTerminate(hostname: string): (processes: readonly Process[], done: () => void) => void {
  const { modal } = App.useApp();
  const texts = useTexts();
  const base = useApiBase();
  return useCallback(
    (processes, done) => {
      const pids = [...new Set(processes.flatMap((process) => (process.pid === null ? [] : [process.pid])))];
      // The start tells whether the pid is still the process that was meant.
      const identities = pids.map((pid) => ({ pid, create_time: processes.find((process) => process.pid === pid)?.createTime ?? null }));
      const terminate = async (): Promise<void> => {
        const answer = await ask(base, 'api/kill-processes', { method: 'POST', body: { hostname, pids, processes: identities }, timeoutMs: 20_000 });
        if (answer.kind === 'unauthorized') {
          useStore.setState({ loginNeeded: true });
          return;
        }
        if (answer.kind !== 'ok') {
          modal.error({ title: texts.terminateResult(0, pids.length), content: refusalText(texts, answer), okText: texts.close });
          return;
        }
        const results = readKillResults(answer.data, pids);
        const ended = results.filter((result) => result.outcome === 'done').length;
        const show = ended === results.length ? modal.success : modal.warning;
        show({ title: texts.terminateResult(ended, results.length), content: <Results results={results} processes={processes} />, okText: texts.close, width: 520 });
        done();
      };
      modal.confirm({
        title: texts.terminateTitle(pids.length, hostname),
        content: (
          <>
            <p>{texts.terminateText}</p>
            <ul className="results">
              {processes.slice(0, 20).map((process) => (
                <li key={process.key}>
                  <code>{process.pid}</code> <bdi>{process.name}</bdi> {process.user !== null && <small>{process.user}</small>}
                </li>
              ))}
              {processes.length > 20 && <li>+{processes.length - 20}</li>}
            </ul>
          </>
        ),
        okText: texts.terminate,
        okButtonProps: { danger: true },
        cancelText: texts.cancel,
        width: 520,
        onOk: terminate,
      });
    },
    [modal, texts, base, hostname],
  );
}
