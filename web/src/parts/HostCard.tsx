import { lazy, memo, Suspense, type MouseEvent } from 'react';
import { useTexts } from '../i18n';
import { routeHash } from '../app/routes';
import { unknownText, usageText } from '../model/format';
import type { Host } from '../model/types';
import { hostColors } from '../state/store';
import { Age } from './Age';
import { GpuCell } from './GpuCard';
import { Icon } from './Icon';
import { Meter } from './Meter';
import { StatusPill } from './StatusPill';

const HostDetail = lazy(() => import('./HostDetail'));

export function HostMeters({ host }: { host: Host }) {
  const texts = useTexts();
  const hint = ({ usedBytes, totalBytes }: Host['memory']): string => {
    const text = usageText(usedBytes, totalBytes);
    return text === '– / –' ? unknownText : text;
  };
  return (
    <div className="meters">
      <Meter label={texts.cpu} percent={host.cpuPercent} />
      <Meter label={texts.memory} percent={host.memory.percent} hint={hint(host.memory)} />
      <Meter label={texts.disk} percent={host.disk.percent} hint={hint(host.disk)} />
    </div>
  );
}

export function GpuStrip({ host }: { host: Host }) {
  const texts = useTexts();
  if (host.gpus === null || host.gpus.length === 0) {
    return <p className="gpu-none">{host.gpus === null ? texts.gpuUnknown : texts.noGpu}</p>;
  }
  return (
    <div className="gpu-strip" role="group" aria-label={texts.gpus}>
      {host.gpus.map((gpu) => (
        <GpuCell key={gpu.key} index={gpu.index} name={gpu.name} utilization={gpu.utilizationPercent} memory={gpu.memoryPercent} usedMb={gpu.memoryUsedMb} totalMb={gpu.memoryTotalMb} celsius={gpu.temperatureC} holder={gpu.queueJob === null ? null : (gpu.queueJob.user ?? unknownText)} />
      ))}
    </div>
  );
}

interface Props {
  host: Host;
  expanded: boolean;
  toggle: (name: string) => void;
}

export const HostCard = memo(function HostCard({ host, expanded, toggle }: Props) {
  const texts = useTexts();
  const { name } = host;
  const onClick = (event: MouseEvent): void => {
    const used = event.target instanceof Element && event.target.closest('a, button, input') !== null;
    if (!expanded && !used && window.getSelection()?.isCollapsed !== false) {
      toggle(name);
    }
  };
  return (
    // The button does the same by keyboard; for the mouse the whole card is the target.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/click-events-have-key-events
    <article onClick={onClick} className={`host-card${host.online ? '' : ' offline'}${expanded ? ' expanded' : ''}`} aria-label={name} data-host={name} style={{ '--host-hue': hostColors().hue(name) }}>
      <header>
        <h3>
          <button type="button" className="host-toggle" aria-expanded={expanded} aria-label={expanded ? texts.collapse(name) : texts.expand(name)} onClick={() => toggle(name)}>
            <Icon name="chevron" />
            <bdi className="host-name" title={name}>
              {name}
            </bdi>
          </button>
        </h3>
        <StatusPill online={host.online} />
      </header>
      <p className="host-facts">
        <span className="address" title={texts.address}>
          <bdi>{host.address ?? unknownText}</bdi>
        </span>
        <Age time={host.updatedAt} />
        {host.unreadable.length > 0 && (
          <span className="unreadable" role="img" title={`${texts.unreadable(host.unreadable.length)}: ${host.unreadable.join(', ')}`} aria-label={texts.unreadable(host.unreadable.length)}>
            <Icon name="warning" />
          </span>
        )}
        <a className="open-alone" href={routeHash('window', name)} aria-label={`${texts.openWindow}: ${name}`}>
          <Icon name="open" />
        </a>
      </p>
      <HostMeters host={host} />
      <GpuStrip host={host} />
      {expanded && (
        <Suspense fallback={<p className="quiet">{texts.loading}…</p>}>
          <HostDetail host={host} />
        </Suspense>
      )}
    </article>
  );
});
