/** A GPU's last hour on its card. All cards of a host share one question to the hub. */
import { useCallback, useMemo } from 'react';
import { useTexts } from '../i18n';
import { historyPath, readHistory, type History } from '../model/history';
import type { Gpu } from '../model/types';
import { useShared } from '../state/shared';
import { trendOf } from '../state/trends';
import Plot from './Plot';
import { Trend } from './Trend';

const hour = 3600;

export default function GpuHistory({ host, gpu }: { host: string; gpu: Gpu }) {
  const texts = useTexts();
  const read = useCallback((answer: unknown) => readHistory(answer, host), [host]);
  const makePath = useCallback((now: number) => {
    const to = Math.floor(now / 1000);
    return historyPath(host, 'gpu.*.gpu', to - hour, to, 30);
  }, [host]);
  const { value, at } = useShared(`gpu ${host}`, makePath, read);
  const history = useMemo((): History | null => {
    const series = value?.series.find((line) => line.gpuIndex !== null && line.gpuIndex === gpu.index);
    return value !== null && series !== undefined ? { times: value.times, series: [series] } : null;
  }, [value, gpu.index]);
  const to = Math.floor(at / 1000);
  return (
    <div className="gpu-history">
      <small>{history === null ? texts.trend : texts.lastHour}</small>
      {history === null ? (
        <Trend values={trendOf(host, gpu.key)} label={texts.trend} />
      ) : (
        <Plot history={history} unit="percent" bounded from={to - hour} to={to} height={96} label={texts.lastHour} small />
      )}
    </div>
  );
}
