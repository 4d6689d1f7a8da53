import type { Level } from '../model/levels';

const radius = 30;
const length = Math.PI * radius * 1.5;

/** Three quarters of a circle, filled to the figure's share. */
export function Gauge({ label, text, share, level, detail }: {
  label: string;
  text: string;
  /** From 0 to 1; null is unknown. */
  share: number | null;
  level: Level;
  detail?: string | undefined;
}) {
  const filled = share === null ? 0 : Math.max(0, Math.min(1, share)) * length;
  return (
    <figure className="gauge" role="img" aria-label={`${label} ${text}${detail === undefined ? '' : `, ${detail}`}`}>
      <svg viewBox="0 0 76 66" aria-hidden="true">
        <path className="gauge-track" d="M16.8 59.2 A30 30 0 1 1 59.2 59.2" />
        <path className={`gauge-fill level-${level}`} d="M16.8 59.2 A30 30 0 1 1 59.2 59.2" strokeDasharray={`${filled} ${length * 2}`} />
        <text x="38" y="43" textAnchor="middle">{text}</text>
      </svg>
      <figcaption>
        {label}
        {detail !== undefined && <small>{detail}</small>}
      </figcaption>
    </figure>
  );
}
