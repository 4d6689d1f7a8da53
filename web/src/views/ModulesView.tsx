import { useMemo } from 'react';
import { useTexts, type Texts } from '../i18n';
import { bytesText, durationText, numberText, percentText, unknownText } from '../model/format';
import { readModules, type Module, type Spread } from '../model/modules';
import { DataTable, type Column } from '../parts/DataTable';
import { ResourceFrame } from '../parts/ResourceFrame';
import { useResource } from '../state/resource';

const mebibyte = 1024 * 1024;

/** From the median to p95 a bar, the highest a line; the scale is that of the column. */
function SpreadCell({ spread, scale, text }: { spread: Spread; scale: number; text: (value: number | null) => string }) {
  const texts = useTexts();
  if (spread.p50 === null && spread.max === null) {
    return unknownText;
  }
  const at = (value: number | null): number => (value === null || scale <= 0 ? 0 : Math.min(100, (value / scale) * 100));
  const label = texts.spread(text(spread.p50), text(spread.p95), text(spread.max));
  return (
    <span className="spread" role="img" aria-label={label} title={label}>
      <span className="spread-text">{text(spread.p95)}</span>
      <span className="spread-track">
        <span className="spread-bar" style={{ left: `${at(spread.p50)}%`, width: `${Math.max(1.5, at(spread.p95) - at(spread.p50))}%` }} />
        <span className="spread-max" style={{ left: `${at(spread.max)}%` }} />
      </span>
    </span>
  );
}

type SpreadField = 'runTimeSeconds' | 'cpuCores' | 'memoryPeakBytes' | 'gpuMemoryPeakMib';

function spreadColumn(id: string, title: string, field: SpreadField, modules: readonly Module[], text: (value: number | null) => string): Column<Module> {
  const scale = Math.max(0, ...modules.map((module) => module[field].max ?? 0));
  return { id, title, sortValue: (module) => module[field].p95, cell: (module) => <SpreadCell spread={module[field]} scale={scale} text={text} />, numeric: true };
}

function moduleColumns(texts: Texts, modules: readonly Module[]): Column<Module>[] {
  return [
    {
      id: 'info',
      title: texts.module,
      sortValue: (module) => module.name,
      cell: (module) => (
        <div className="process-name">
          <bdi className="process-title">{module.name ?? unknownText}</bdi>
          <bdi className="process-command">{module.gpuModels === null ? unknownText : module.gpuModels.join(', ') || texts.noGpuUsed}</bdi>
        </div>
      ),
    },
    { id: 'runs', title: texts.runs, numeric: true, sortValue: (module) => module.runs, cell: (module) => numberText(module.runs) },
    {
      id: 'failed',
      title: texts.failed,
      numeric: true,
      sortValue: (module) => module.failed,
      cell: (module) => (
        <>
          {numberText(module.failed)}
          {module.oomKilled !== null && module.oomKilled > 0 && <span className="tag bad">{`${module.oomKilled} ${texts.oom}`}</span>}
        </>
      ),
    },
    spreadColumn('run-time', texts.runTime, 'runTimeSeconds', modules, durationText),
    spreadColumn('cores', texts.cpuCores, 'cpuCores', modules, (value) => numberText(value, 1)),
    spreadColumn('memory-peak', texts.memoryPeak, 'memoryPeakBytes', modules, bytesText),
    spreadColumn('gpu-memory-peak', texts.gpuMemoryPeak, 'gpuMemoryPeakMib', modules, (value) => bytesText(value === null ? null : value * mebibyte)),
    { id: 'utilization', title: texts.utilization, numeric: true, sortValue: (module) => module.gpuUtilizationPercent, cell: (module) => percentText(module.gpuUtilizationPercent) },
    { id: 'gpu-hours', title: texts.gpuHours, numeric: true, sortValue: (module) => module.gpuHours, cell: (module) => numberText(module.gpuHours, 1) },
    { id: 'cost', title: texts.cost, numeric: true, sortValue: (module) => module.costCoreHours, cell: (module) => numberText(module.costCoreHours) },
  ];
}

/** The dearest ones beside each other. */
function CostPlot({ modules }: { modules: readonly Module[] }) {
  const texts = useTexts();
  const dear = modules.filter((module) => (module.costCoreHours ?? 0) > 0).sort((a, b) => (b.costCoreHours ?? 0) - (a.costCoreHours ?? 0)).slice(0, 8);
  const sum = modules.reduce((total, module) => total + (module.costCoreHours ?? 0), 0);
  if (dear.length === 0) {
    return null;
  }
  return (
    <section className="panel" aria-label={texts.costShare}>
      <h2>{texts.costShare}</h2>
      <ul className="bars">
        {dear.map((module) => {
          const share = ((module.costCoreHours ?? 0) / sum) * 100;
          return (
            <li key={module.key}>
              <bdi>{module.name ?? unknownText}</bdi>
              <span className="bar-track">
                <span style={{ width: `${share}%` }} />
              </span>
              <span className="numeric">{`${numberText(module.costCoreHours)} · ${percentText(share)}`}</span>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Modules({ modules }: { modules: readonly Module[] }) {
  const texts = useTexts();
  const columns = useMemo(() => moduleColumns(texts, modules), [texts, modules]);
  if (modules.length === 0) {
    return <p className="quiet">{texts.noModules}</p>;
  }
  return (
    <>
      <CostPlot modules={modules} />
      <DataTable caption={texts.modules} columns={columns} rows={modules} keyOf={(module) => module.key} sort={{ column: 'cost', descending: true }} />
      <p className="quiet">{texts.spreadLegend}</p>
    </>
  );
}

export default function ModulesView() {
  const resource = useResource('api/modules', readModules, 60_000);
  return <ResourceFrame resource={resource}>{(modules) => <Modules modules={modules} />}</ResourceFrame>;
}
