// @vitest-environment jsdom
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readHost } from '../../src/model/report';
import { CompactGpuCard } from '../../src/parts/GpuCard';
import { useSettings } from '../../src/state/settings';

const now = Date.parse('2026-11-28T05:00:00Z');
let root: Root;
let page: HTMLElement;

function show(queueJob: unknown, language: 'en' | 'zh' = 'en'): string | null {
  const gpu = readHost('gpu-01', { timestamp: '2026-11-28T05:00:00Z', gpu_data: [{ id: 0, name: 'NVIDIA L4', queue_job: queueJob }] }, now).gpus?.[0];
  if (gpu === undefined) {
    throw new Error('the report has a GPU');
  }
  useSettings.setState({ language });
  act(() => root.render(<CompactGpuCard host="gpu-01" gpu={gpu} />));
  return page.querySelector('.queue-holder')?.textContent ?? null;
}

beforeEach(() => {
  vi.stubGlobal('IS_REACT_ACT_ENVIRONMENT', true);
  vi.useFakeTimers({ now });
  page = document.createElement('main');
  root = createRoot(page);
});
afterEach(() => {
  act(() => root.unmount());
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('a GPU card', () => {
  const job = { user: 'lin', queue: 'night', job: 17, since: '2026-11-28T02:55:00Z' };

  it('says who holds it and for how long', () => {
    expect(show(job)).toBe('Queuelinjob 172 h 5 min');
    expect(page.querySelector('.queue-holder .tag')?.getAttribute('title')).toContain('night');
  });
  it('says so in Chinese', () => {
    expect(show(job, 'zh')).toBe('队列lin作业 172 h 5 min');
  });
  it('grows older by itself', () => {
    show(job);
    act(() => {
      vi.advanceTimersByTime(60_000);
    });
    expect(page.querySelector('.queue-holder time')?.textContent).toBe('2 h 6 min');
  });
  it('says nothing where no job holds it, or the report does not tell', () => {
    expect(show(null)).toBeNull();
    expect(show(undefined)).toBeNull();
  });
  it('shows what it does not know as such, and no time below 0', () => {
    expect(show({})).toBe('Queue–job ––');
    expect(show({ ...job, since: '2030-01-01T00:00:00Z' })).toBe('Queuelinjob 170 s');
  });
  it('takes names for text', () => {
    show({ ...job, user: '<img src=x onerror=alert(1)>', queue: '"><script>' });
    expect(page.querySelectorAll('img, script')).toHaveLength(0);
    expect(page.querySelector('.queue-holder bdi')?.textContent).toBe('<img src=x onerror=alert(1)>');
  });
});
