export function hostName(index: number): string;
export function reportOf(index: number, nowMs: number, options?: { gpus?: number; processes?: number; online?: boolean }): Record<string, unknown>;
export function tasksOf(hosts: string[]): Record<string, unknown>;
export function modulesDocument(): Record<string, unknown>;
export function alertsDocument(hosts: string[], nowMs: number): Record<string, unknown>;
export function historyDocument(host: string, metric: string, from: number, to: number, step: number, gpus?: number): Record<string, unknown>;
