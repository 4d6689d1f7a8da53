/** What wemol-report says of modules, as GET /api/modules answers (its schema wemol-report/1). */
import { Notes, Reader, isObject } from './read';

export interface Spread {
  known: number | null;
  p50: number | null;
  p95: number | null;
  max: number | null;
}

export interface Module {
  key: string;
  name: string | null;
  /** null: unknown; an empty list: it used none. */
  gpuModels: string[] | null;
  runs: number | null;
  failed: number | null;
  exitCodeKnown: number | null;
  oomKilled: number | null;
  runTimeSeconds: Spread;
  cpuCores: Spread;
  memoryPeakBytes: Spread;
  gpuMemoryPeakMib: Spread;
  gpuUtilizationPercent: number | null;
  energyWh: number | null;
  cpuHours: number | null;
  gpuHours: number | null;
  costCoreHours: number | null;
}

function readSpread(module: Reader, name: string): Spread {
  const spread = module.object(name);
  return { known: spread.amount('known'), p50: spread.amount('p50'), p95: spread.amount('p95'), max: spread.amount('max') };
}

export function readModules(answer: unknown): Module[] | null {
  if (!isObject(answer)) {
    return null;
  }
  return new Reader(answer, new Notes(), '').list(
    5000,
    (module, position): Module => {
      const models = module.raw('gpu_models');
      return {
        key: `${position}`,
        name: module.text('module_name'),
        gpuModels: Array.isArray(models) ? models.filter((model): model is string => typeof model === 'string') : null,
        runs: module.amount('runs'),
        failed: module.amount('failed'),
        exitCodeKnown: module.amount('exit_code_known'),
        oomKilled: module.amount('oom_killed'),
        runTimeSeconds: readSpread(module, 'run_time_seconds'),
        cpuCores: readSpread(module, 'cpu_cores_mean'),
        memoryPeakBytes: readSpread(module, 'memory_peak_bytes'),
        gpuMemoryPeakMib: readSpread(module, 'gpu_memory_peak_mib'),
        gpuUtilizationPercent: module.amount('gpu_utilization_percent_mean'),
        energyWh: module.amount('energy_wh'),
        cpuHours: module.amount('cpu_hours'),
        gpuHours: module.amount('gpu_hours'),
        costCoreHours: module.amount('cost_core_hours'),
      };
    },
    'modules',
  );
}
