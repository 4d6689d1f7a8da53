import { lazy, memo, Suspense } from 'react';
import { useTexts } from '../i18n';
import { mebibytesText, numberText, percentText, unknownText, usageText } from '../model/format';
import { heatLevel, loadLevel } from '../model/levels';
import type { Gpu } from '../model/types';
import { trendOf } from '../state/trends';
import { Gauge } from './Gauge';
import { Meter } from './Meter';
import { ProcessTable } from './ProcessTable';
import { QueueHolder } from './QueueHolder';
import { Trend } from './Trend';

const GpuHistory = lazy(() => import('./GpuHistory'));

const mebibyte = 1024 * 1024;

function memoryText(gpu: Gpu): string {
  const { memoryUsedMb: used, memoryTotalMb: total } = gpu;
  return usageText(used === null ? null : used * mebibyte, total === null ? null : total * mebibyte);
}

function temperatureText(celsius: number | null): string {
  return celsius === null ? unknownText : `${numberText(celsius)} °C`;
}

function wattsText(gpu: Gpu): string {
  return gpu.powerWatts === null ? unknownText : `${numberText(gpu.powerWatts)} W`;
}

function Title({ gpu }: { gpu: Gpu }) {
  const texts = useTexts();
  return (
    <header>
      <h4>{texts.gpuNumber(gpu.index)}</h4>
      <bdi className="gpu-name" title={gpu.uuid ?? undefined}>
        {gpu.name ?? unknownText}
      </bdi>
      <span className={`heat level-${heatLevel(gpu.temperatureC)}`} aria-label={`${texts.temperature} ${temperatureText(gpu.temperatureC)}`} role="img">
        {temperatureText(gpu.temperatureC)}
      </span>
    </header>
  );
}

export const CompactGpuCard = memo(function CompactGpuCard({ host, gpu }: { host: string; gpu: Gpu }) {
  const texts = useTexts();
  return (
    <article className="gpu-card compact" aria-label={`${texts.gpuNumber(gpu.index)} ${gpu.name ?? ''}`}>
      <Title gpu={gpu} />
      {gpu.queueJob !== null && <QueueHolder job={gpu.queueJob} />}
      <Meter label={texts.gpu} percent={gpu.utilizationPercent} />
      <Meter label={texts.gpuMemory} percent={gpu.memoryPercent} hint={memoryText(gpu)} />
      <footer>
        <Trend values={trendOf(host, gpu.key)} label={texts.trend} />
        <span className="quiet">{gpu.processes === null ? unknownText : texts.processCount(gpu.processes.length)}</span>
        <span className="quiet">{wattsText(gpu)}</span>
      </footer>
    </article>
  );
});

export const DetailedGpuCard = memo(function DetailedGpuCard({ host, gpu, online }: { host: string; gpu: Gpu; online: boolean }) {
  const texts = useTexts();
  const power = gpu.powerWatts !== null && gpu.powerLimitWatts !== null && gpu.powerLimitWatts > 0 ? gpu.powerWatts / gpu.powerLimitWatts : null;
  const title = `${texts.gpuNumber(gpu.index)} ${gpu.name ?? ''}`;
  const of = (percent: number | null): number | null => (percent === null ? null : percent / 100);
  return (
    <article className="gpu-card detailed" aria-label={title}>
      <Title gpu={gpu} />
      {gpu.queueJob !== null && <QueueHolder job={gpu.queueJob} />}
      <div className="gauges">
        <Gauge label={texts.utilization} text={percentText(gpu.utilizationPercent)} share={of(gpu.utilizationPercent)} level={loadLevel(gpu.utilizationPercent)} />
        <Gauge label={texts.gpuMemory} text={percentText(gpu.memoryPercent)} share={of(gpu.memoryPercent)} level={loadLevel(gpu.memoryPercent)} detail={memoryText(gpu)} />
        <Gauge label={texts.temperature} text={temperatureText(gpu.temperatureC)} share={of(gpu.temperatureC)} level={heatLevel(gpu.temperatureC)} />
        <Gauge
          label={texts.power}
          text={wattsText(gpu)}
          share={power}
          level={power === null ? 'unknown' : loadLevel(power * 100)}
          detail={gpu.powerLimitWatts === null ? undefined : `/ ${numberText(gpu.powerLimitWatts)} W`}
        />
        <Gauge label={texts.fan} text={percentText(gpu.fanPercent)} share={of(gpu.fanPercent)} level={loadLevel(gpu.fanPercent)} />
        <Suspense fallback={<div className="gpu-history" />}>
          <GpuHistory host={host} gpu={gpu} />
        </Suspense>
      </div>
      <ProcessTable host={host} processes={gpu.processes} caption={`${texts.processes}, ${title}`} online={online} />
    </article>
  );
});

/** In the list: one small cell for each card. */
export const GpuCell = memo(function GpuCell({ index, name, utilization, memory, usedMb, totalMb, celsius, holder }: {
  index: number | null;
  name: string | null;
  utilization: number | null;
  memory: number | null;
  usedMb: number | null;
  totalMb: number | null;
  celsius: number | null;
  holder: string | null;
}) {
  const texts = useTexts();
  const label = `${texts.gpuNumber(index)} ${name ?? ''}: ${texts.utilization} ${percentText(utilization)}, ${texts.gpuMemory} ${mebibytesText(usedMb)} / ${mebibytesText(totalMb)}, ${temperatureText(celsius)}${holder === null ? '' : `, ${texts.heldBy(holder)}`}`;
  const height = (percent: number | null): string => `${percent === null ? 0 : Math.max(0, Math.min(100, percent))}%`;
  return (
    <div className={`gpu-cell level-${loadLevel(utilization)}`} role="img" aria-label={label} title={label}>
      <span className="gpu-cell-fill" style={{ height: height(utilization) }} />
      <span className="gpu-cell-memory">
        <span className={`level-${loadLevel(memory)}`} style={{ height: height(memory) }} />
      </span>
      <span className="gpu-cell-index">{index ?? '?'}</span>
      <span className="gpu-cell-text">{utilization === null ? unknownText : Math.round(utilization)}</span>
    </div>
  );
});
